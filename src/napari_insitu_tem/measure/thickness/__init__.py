"""Layers: their thickness between two boundaries, and how boundaries are found."""

from __future__ import annotations

from napari_insitu_tem.measure.thickness.layer import layer_thickness
from napari_insitu_tem.measure.thickness.result import LayerThickness

__all__ = ["LayerThickness", "layer_thickness"]
