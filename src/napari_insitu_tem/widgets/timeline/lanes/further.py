"""Further columns of the record, such as temperature, gas or bias: a lane each."""

from __future__ import annotations

from typing import ClassVar

from napari_insitu_tem.model.trace import SIGNALS
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.column_titles import (
    column_label,
    column_title,
    name_of,
    symbol_of,
)
from napari_insitu_tem.widgets.timeline.formatting import quantity_text, si_scale
from napari_insitu_tem.widgets.timeline.lanes.signal import SignalLane

#: Units that are read better with a prefix; others are left as they are.
_PREFIXED = ("V", "A", "C", "W", "Pa", "Ohm", "ohm", "Ω", "Hz")


class FurtherLane(SignalLane):
    """One further column; its name is the variant."""

    kind: ClassVar[str] = "signal"
    wanted_by: ClassVar[tuple[str, ...]] = ("flipped",)
    made_when_asked: ClassVar[bool] = True

    @classmethod
    def variants(cls, session: Session) -> tuple[str, ...]:
        """The further numeric columns of the record."""
        record = session.experiment.record
        return () if record is None else record.others

    @classmethod
    def usual(cls, session: Session) -> tuple[str, ...]:
        """The first of them where there is nothing else to look at: holder logs."""
        record = session.experiment.record
        if record is None or any(map(record.has, SIGNALS)):
            return ()
        return record.others[:1]

    @classmethod
    def offer(cls, session: Session, variant: str) -> str:
        """Its name and unit: "Temperature (°C)"."""
        return column_title(variant)

    def build(self) -> None:
        """Add the line."""
        self._label = column_label(self.variant)
        super().build()
        self._unit = symbol_of(self._label)

    @property
    def signal(self) -> str:
        """The column."""
        return self.variant

    @property
    def title(self) -> str:
        """The name of the column, without its unit."""
        return name_of(self._label)

    @property
    def colour(self) -> str:
        """A colour of its own, the same in every session."""
        return self.theme.series_colour(sum(map(ord, self.variant)))

    def _choose_unit(self) -> None:
        """A prefix for SI units, none for others."""
        unit, factor = symbol_of(self._label), 1.0
        if self._label.unit in _PREFIXED:
            bounds = self._pyramid.y_bounds or (0.0, 0.0)
            factor, unit = si_scale(max(map(abs, bounds)), unit)
        self._unit = unit
        self.view.value_axis.setScale(factor)

    def text_at(self, time_s: float) -> str:
        """The value on the line."""
        value = self._pyramid.value_at(time_s)
        if value != value:
            return ""
        symbol = symbol_of(self._label)
        if self._label.unit in _PREFIXED:
            return quantity_text(value, symbol)
        return f"{value:.4g} {symbol}".strip()
