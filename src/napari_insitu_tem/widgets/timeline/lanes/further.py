"""Further columns of the record, such as temperature, gas or bias: a lane each."""

from __future__ import annotations

from typing import ClassVar

from napari_insitu_tem.io.tables.column_names import Label, known_unit, read_label
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.formatting import quantity_text, si_scale
from napari_insitu_tem.widgets.timeline.lanes.signal import SignalLane

#: Units that are read better with a prefix; others are left as they are.
_PREFIXED = ("V", "A", "C", "W", "Pa", "Ohm", "ohm", "Ω", "Hz")
#: Endings of names that are units, beside those of other tables.
_ENDINGS = {"percent": "%", "sccm": "sccm", "kohm": "kΩ"}
_SYMBOLS = {"degC": "°C", "deg C": "°C", "oC": "°C", "Ohm": "Ω", "ohm": "Ω"}


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
    def offer(cls, session: Session, variant: str) -> str:
        """Its name and unit: "Temperature (°C)"."""
        label = _label(variant)
        unit = _symbol(label)
        return f"{_title(label)} ({unit})" if unit else _title(label)

    def build(self) -> None:
        """Add the line."""
        self._label = _label(self.variant)
        super().build()
        self._unit = _symbol(self._label)

    @property
    def signal(self) -> str:
        """The column."""
        return self.variant

    @property
    def title(self) -> str:
        """The name of the column, without its unit."""
        return _title(self._label)

    @property
    def colour(self) -> str:
        """A colour of its own, the same in every session."""
        return self.theme.series_colour(sum(map(ord, self.variant)))

    def _choose_unit(self) -> None:
        """A prefix for SI units, none for others."""
        unit, factor = _symbol(self._label), 1.0
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
        symbol = _symbol(self._label)
        if self._label.unit in _PREFIXED:
            return quantity_text(value, symbol)
        return f"{value:.4g} {symbol}".strip()


def _label(column: str) -> Label:
    """Name and unit of a column: "temperature_degC" as well as "Gas flow (sccm)"."""
    label = read_label(column)
    name, _, ending = label.name.rpartition("_")
    unit = _ENDINGS.get(ending, known_unit(ending))
    if label.unit or not (name and unit):
        return label
    return Label(column, name, unit)


def _title(label: Label) -> str:
    """The name in words, its first letter a capital."""
    name = label.name.strip("<> ").replace("_", " ").strip() or label.text
    return name[:1].upper() + name[1:]


def _symbol(label: Label) -> str:
    """The unit as it is written on a label."""
    return _SYMBOLS.get(label.unit, label.unit)
