"""LaneView: the drawing area of one lane, with its axis."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QRectF
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QWidget

from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.axis import TimeAxis, ValueAxis, dress
from napari_insitu_tem.widgets.timeline.mouse_view import MouseView

AXIS_PX = 50
RIGHT_MARGIN_PX = 10
TIME_AXIS_PX = 20


class LaneView(MouseView):
    """A view box with a value axis on its left, or with the time axis below.

    Parameters
    ----------
    time_axis
        Shown below, instead of the labels of the value axis.
    """

    def __init__(
        self, *, time_axis: TimeAxis | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.value_axis = ValueAxis("left", AXIS_PX)
        self.time_axis = time_axis
        self._show_values = time_axis is None
        axes = [self.value_axis] if time_axis is None else [time_axis]
        for axis in axes:
            axis.linkToView(self.box)
            self.addItem(axis)

    def place_items(self, width: float, height: float) -> None:
        """The value axis on the left, the time axis below."""
        below = 0 if self.time_axis is None else TIME_AXIS_PX
        inside = max(width - AXIS_PX - RIGHT_MARGIN_PX, 1)
        self.value_axis.setGeometry(QRectF(0, 0, AXIS_PX, height - below))
        self.box.setGeometry(QRectF(AXIS_PX, 0, inside, height - below))
        if self.time_axis is not None:
            self.time_axis.setGeometry(QRectF(AXIS_PX, height - below, inside, below))

    def show_time(self, start: float, stop: float) -> None:
        """Show a stretch of time."""
        self.box.setXRange(start, stop, padding=0)
        # Now, not at the next paint: that would then paint twice.
        self.box.updateMatrix()

    def show_values(self, low: float, high: float) -> None:
        """Show a range of the value axis, with a margin."""
        span = high - low
        margin = 0.08 * span if span > 0 else 0.05 * abs(high) or 1.0
        self.box.setYRange(low - margin, high + margin, padding=0)
        self.box.updateMatrix()

    def label_values(self, is_labelled: bool) -> None:
        """Write numbers on the value axis, or none where there is nothing."""
        is_labelled &= self._show_values
        if self.value_axis.style["showValues"] != is_labelled:
            self.value_axis.setStyle(showValues=is_labelled)

    def hide_values(self) -> None:
        """Leave the value axis empty: the lane has no values."""
        self.value_axis.setStyle(showValues=False, tickLength=0)
        self._show_values = False

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.setBackground(theme.background)
        self.box.setBackgroundColor(theme.lane)
        dress(self.value_axis, theme)
        if not self._show_values:
            self.value_axis.setPen(None)
        if self.time_axis is not None:
            dress(self.time_axis, theme)
            self.time_axis.setTextPen(theme.text)


class PixelItem(pg.GraphicsObject):
    """Something painted in pixels over the lane instead of in its units.

    Parameters
    ----------
    view
        The lane's view.
    """

    def __init__(self, view: LaneView) -> None:
        super().__init__(view.box)
        self._view = view
        view.box.sigRangeChanged.connect(self._refresh)
        view.box.sigResized.connect(self._resize)

    def boundingRect(self) -> QRectF:
        """The whole lane."""
        return self._view.box.rect()

    def x_of(self, time_s: Any) -> Any:
        """Pixels from the left of one or many times."""
        (start, stop), _ = self._view.box.viewRange()
        return (time_s - start) * (self.boundingRect().width() / (stop - start))

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Paint; to be done by the kind of item."""
        raise TypeError(f"{type(self).__name__} does not say what it looks like")

    def _refresh(self, *_: Any) -> None:
        self.update()

    def _resize(self, *_: Any) -> None:
        self.prepareGeometryChange()
        self.update()
