"""What each frame says minus the law: whether the law misses something."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QRectF
from qtpy.QtWidgets import QWidget

from napari_insitu_tem.state.laws.report import LawReport
from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.axis import ValueAxis, dress
from napari_insitu_tem.widgets.timeline.mouse_view import MouseView

_LEFT_PX, _BELOW_PX, _TOP_PX, _RIGHT_PX = 58, 42, 4, 8
_HEIGHT_PX = 156


class ResidualsPlot(MouseView):
    """Residuals with their uncertainties against time or charge."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_HEIGHT_PX)
        self.setToolTip("What each frame alone says, minus the law (1 s.d.)")
        self._theme: Theme = DARK
        self._bottom = ValueAxis("bottom", _BELOW_PX, label_px=80)
        self._left = ValueAxis("left", _LEFT_PX, label_px=36)
        self._zero = pg.InfiniteLine(0.0, angle=0)
        self._bars = pg.PlotCurveItem(connect="pairs")
        self._dots = pg.ScatterPlotItem(size=4, pxMode=True)
        for item in (self._zero, self._bars, self._dots):
            self.box.addItem(item, ignoreBounds=True)
        for axis in (self._bottom, self._left):
            axis.linkToView(self.box)
            self.addItem(axis)
        self.set_theme(DARK)

    def place_items(self, width: float, height: float) -> None:
        """The axes on the left and below."""
        inside = max(width - _LEFT_PX - _RIGHT_PX, 1), height - _BELOW_PX - _TOP_PX
        self.box.setGeometry(QRectF(_LEFT_PX, _TOP_PX, *inside))
        self._left.setGeometry(QRectF(0, _TOP_PX, _LEFT_PX, inside[1]))
        self._bottom.setGeometry(
            QRectF(_LEFT_PX, _TOP_PX + inside[1], inside[0], _BELOW_PX)
        )

    def show_report(self, report: LawReport) -> None:
        """Show the residuals of the law that is drawn."""
        x, away, u = report.residuals()
        ends = np.stack([away - u, away + u], axis=1)
        self._dots.setData(x, away)
        self._bars.setData(np.repeat(x, 2), ends.ravel())
        what = "time" if report.law.request.against == "time" else "charge passed"
        self._bottom.setLabel(f"{what} ({report.law.x_unit})", color=self._theme.text)
        self._left.setLabel(f"residual ({report.law.length})")
        most = float(np.abs(ends).max()) if ends.size else 1.0
        first, last = (float(x.min()), float(x.max())) if x.size else (0.0, 1.0)
        margin = 0.03 * (last - first)
        self.box.setRange(
            xRange=(first - margin, last + margin),
            yRange=(-1.05 * most, 1.05 * most),
            padding=0,
        )
        self.set_theme(self._theme)

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
        self._bars.setPen(pg.mkPen(theme.potential, width=1))
        self._dots.setPen(pg.mkPen(None))
        self._dots.setBrush(pg.mkBrush(theme.potential))
