"""SignalLane: a column of the record as a line against time."""

from __future__ import annotations

from typing import ClassVar

import pyqtgraph as pg

from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.curve import PyramidCurve
from napari_insitu_tem.widgets.timeline.formatting import quantity_text, si_scale
from napari_insitu_tem.widgets.timeline.lanes.base import Lane, touches
from napari_insitu_tem.widgets.timeline.pyramid import Pyramid


class SignalLane(Lane):
    """Base of the lanes that show one column of the record."""

    #: The column of the record.
    column: ClassVar[str] = ""
    #: Its unit without a prefix.
    base_unit: ClassVar[str] = ""
    #: Whether a line marks zero.
    marks_zero: ClassVar[bool] = False

    @classmethod
    def is_wanted(cls, session: Session) -> bool:
        """Whether the record has the column."""
        record = session.experiment.record
        return record is not None and record.has(cls.column)

    def build(self) -> None:
        """Add the line."""
        self._record: Trace | None = None
        self._pyramid = Pyramid([], [])
        self._unit = self.base_unit
        self._zero = pg.InfiniteLine(0.0, angle=0)
        self._zero.setVisible(self.marks_zero)
        self._curve = PyramidCurve()
        self.view.box.addItem(self._zero, ignoreBounds=True)
        self.view.box.addItem(self._curve, ignoreBounds=True)

    @property
    def signal(self) -> str:
        """The column of the record that this lane shows."""
        return self.column

    @property
    def unit(self) -> str:
        """Unit of the labels, with the prefix that suits the record."""
        return self._unit

    def update(self, change: Change | None) -> None:
        """Draw the record, if it is another one."""
        if not touches(change, "flipped"):
            return
        record = self.session.experiment.record
        if record is self._record:
            return
        self._record = record
        if record is None:
            self._pyramid = Pyramid([], [])
        else:
            part = record.part(self.signal)
            values = part.values(self.signal)
            self._pyramid = Pyramid(part.time_ns / 1e9, values, part.breaks)
        self._curve.set_pyramid(self._pyramid)
        self._choose_unit()
        self.labels_changed.emit()

    def _choose_unit(self) -> None:
        bounds = self._pyramid.y_bounds or (0.0, 0.0)
        factor, self._unit = si_scale(max(map(abs, bounds)), self.base_unit)
        self.view.value_axis.setScale(factor)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        super().set_theme(theme)
        self._curve.set_colour(self.colour)
        self._zero.setPen(theme.line)

    def value_bounds(
        self, window: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        """Least and largest value."""
        if window is None:
            return self._pyramid.y_bounds
        return self._pyramid.y_bounds_in(*window) or self._pyramid.y_bounds

    def text_at(self, time_s: float) -> str:
        """The value on the line; none across a break or beyond the record."""
        value = self._pyramid.value_at(time_s)
        return "" if value != value else quantity_text(value, self.base_unit)
