"""The charge against time."""

from __future__ import annotations

from typing import ClassVar

from napari_insitu_tem.widgets.timeline.lanes.signal import SignalLane


class ChargeLane(SignalLane):
    """Charge passed since the record began; off until asked for."""

    kind: ClassVar[str] = "charge"
    shown_at_first: ClassVar[bool] = False
    column: ClassVar[str] = "charge_C"
    base_unit: ClassVar[str] = "C"
    marks_zero: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """The name of the signal."""
        return "Charge"

    @property
    def colour(self) -> str:
        """Colour of the line."""
        return self.theme.charge
