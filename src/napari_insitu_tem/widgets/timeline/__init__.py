"""The timeline: lanes on one time axis with one playhead."""

from __future__ import annotations

from napari_insitu_tem.widgets.timeline.widget import TimelineWidget

__all__ = ["TimelineWidget"]
