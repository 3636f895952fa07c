"""The cyclic view: one signal of the record against another."""

from __future__ import annotations

from napari_insitu_tem.widgets.cyclic.view import CyclicView

__all__ = ["CyclicView"]
