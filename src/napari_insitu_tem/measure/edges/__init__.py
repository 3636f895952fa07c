"""Edges to sub-pixel precision: steps, round bodies, fronts in two dimensions."""

from __future__ import annotations

from napari_insitu_tem.measure.edges.front_2d import EdgeFit2d, locate_edge_2d
from napari_insitu_tem.measure.edges.locate import locate_edges
from napari_insitu_tem.measure.edges.result import (
    LOW_CONTRAST,
    OUT_OF_FRAME,
    UNRESOLVED,
    EdgeFits,
)

__all__ = [
    "LOW_CONTRAST",
    "OUT_OF_FRAME",
    "UNRESOLVED",
    "EdgeFit2d",
    "EdgeFits",
    "locate_edge_2d",
    "locate_edges",
]
