"""The potential against time."""

from __future__ import annotations

from typing import ClassVar

from napari_insitu_tem.widgets.timeline.formatting import potential_text
from napari_insitu_tem.widgets.timeline.lanes.signal import SignalLane


class PotentialLane(SignalLane):
    """Potential in volts, "vs" its reference where that is known."""

    kind: ClassVar[str] = "potential"
    column: ClassVar[str] = "potential_V"
    base_unit: ClassVar[str] = "V"

    @property
    def title(self) -> str:
        """The name of the signal."""
        return "Potential"

    @property
    def unit(self) -> str:
        """Volts, and against what."""
        reference = "" if self._record is None else self._record.reference
        return f"V vs {reference}" if reference else "V"

    @property
    def colour(self) -> str:
        """Colour of the line."""
        return self.theme.potential

    def _choose_unit(self) -> None:
        """Potentials are always read in volts."""

    def text_at(self, time_s: float) -> str:
        """The value on the line."""
        value = self._pyramid.value_at(time_s)
        return "" if value != value else potential_text(value)
