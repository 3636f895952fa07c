"""Drift against time: down and to the right, with the playhead."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QRectF
from qtpy.QtWidgets import QWidget

from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.axis import ValueAxis, dress
from napari_insitu_tem.widgets.timeline.gestures import Mouse
from napari_insitu_tem.widgets.timeline.mouse_view import MouseView

FloatArray = NDArray[np.float64]

_LEFT_PX, _BELOW_PX, _TOP_PX, _RIGHT_PX = 52, 42, 4, 8
#: pyqtgraph lets the label below hang out of its axis by as much.
_HANG_PX = 5
_HEIGHT_PX = 174


class DriftPlot(MouseView):
    """Both directions of a drift; a click goes to that frame.

    Parameters
    ----------
    go_to
        Called with the number of the frame that is nearest to a click.
    """

    def __init__(
        self, go_to: Callable[[int], None], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT_PX)
        self.setToolTip("Where the content has moved to; click for that frame")
        self._go_to = go_to
        self._x: FloatArray = np.zeros(0)
        self._theme: Theme = DARK
        self._bottom = ValueAxis("bottom", _BELOW_PX, label_px=70)
        self._left = ValueAxis("left", _LEFT_PX, label_px=34)
        self._zero = pg.InfiniteLine(0.0, angle=0)
        self._playhead = pg.InfiniteLine(0.0, angle=90)
        self._curves = [pg.PlotCurveItem(connect="finite") for _ in range(2)]
        self._doubts = pg.ScatterPlotItem(size=6, pxMode=True)
        for item in (self._zero, *self._curves, self._doubts, self._playhead):
            self.box.addItem(item, ignoreBounds=True)
        for axis in (self._bottom, self._left):
            axis.linkToView(self.box)
            self.addItem(axis)
        self.pressed.connect(self._on_press)
        self.moved.connect(self._on_press)
        self.set_theme(DARK)

    def place_items(self, width: float, height: float) -> None:
        """The axes on the left and below."""
        below = _BELOW_PX + _HANG_PX
        inside = max(width - _LEFT_PX - _RIGHT_PX, 1), height - below - _TOP_PX
        self.box.setGeometry(QRectF(_LEFT_PX, _TOP_PX, *inside))
        self._left.setGeometry(QRectF(0, _TOP_PX, _LEFT_PX, inside[1]))
        self._bottom.setGeometry(
            QRectF(_LEFT_PX, _TOP_PX + inside[1], inside[0], _BELOW_PX)
        )

    def show_drift(
        self,
        x: FloatArray,
        shift: FloatArray,
        doubted: NDArray[np.bool_],
        units: tuple[str, str],
    ) -> None:
        """Show a drift.

        Parameters
        ----------
        x
            (T,) times or numbers of the frames.
        shift
            (T, 2) down and to the right; NaN where it is not known.
        doubted
            (T,) frames that are marked.
        units
            What is on the axes below and on the left: "time (s)", "drift (nm)".
        """
        self._x = x
        for curve, values in zip(self._curves, shift.T, strict=True):
            curve.setData(x, values)
        marked = doubted & np.isfinite(shift).all(axis=1)
        self._doubts.setData(np.tile(x[marked], 2), shift[marked].T.ravel())
        self._bottom.setLabel(units[0])
        self._left.setLabel(units[1])
        low, high = float(np.nanmin(shift)), float(np.nanmax(shift))
        margin = 0.08 * max(high - low, 1e-9)
        first, last = float(x[0]), float(x[-1])
        self.box.setRange(
            xRange=(first, max(last, first + 1e-9)),
            yRange=(min(low, 0.0) - margin, max(high, 0.0) + margin),
            padding=0.02,
        )
        self.set_theme(self._theme)

    def show_frame(self, frame: int) -> None:
        """Put the line of the playhead at a frame."""
        if 0 <= frame < len(self._x):
            self._playhead.setPos(float(self._x[frame]))

    def _on_press(self, mouse: Mouse) -> None:
        if len(self._x):
            self._go_to(int(np.argmin(np.abs(self._x - mouse.time_s))))

    @property
    def colours(self) -> tuple[str, str]:
        """Of the directions down and to the right."""
        return self._theme.series_colour(0), self._theme.series_colour(1)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.setBackground(theme.background)
        self.box.setBackgroundColor(theme.lane)
        for axis in (self._bottom, self._left):
            dress(axis, theme)
            axis.setLabel(axis.labelText, color=theme.text)
            axis.resizeEvent()  # it centres a label when it is resized, not when set
        self._zero.setPen(pg.mkPen(theme.faint_text, width=1))
        self._playhead.setPen(pg.mkPen(theme.playhead, width=1))
        for curve, colour in zip(self._curves, self.colours, strict=True):
            curve.setPen(pg.mkPen(colour, width=1.5))
        self._doubts.setPen(pg.mkPen(theme.warning))
        self._doubts.setBrush(pg.mkBrush(theme.warning))
