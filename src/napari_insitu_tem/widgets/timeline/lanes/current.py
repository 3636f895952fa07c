"""The current against time."""

from __future__ import annotations

from typing import ClassVar

from napari_insitu_tem.widgets.timeline.lanes.signal import SignalLane


class CurrentLane(SignalLane):
    """Current, anodic positive, from amperes to picoamperes."""

    kind: ClassVar[str] = "current"
    column: ClassVar[str] = "current_A"
    base_unit: ClassVar[str] = "A"
    marks_zero: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """The name of the signal."""
        return "Current"

    @property
    def colour(self) -> str:
        """Colour of the line."""
        return self.theme.current
