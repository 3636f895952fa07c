"""PyramidCurve: draws a pyramid at the resolution of the screen."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QPainter, QPainterPath, QPen

from napari_insitu_tem.widgets.timeline.pyramid import Pyramid


class PyramidCurve(pg.GraphicsObject):
    """A line through a signal, thinned out to the pixels of the view when painted."""

    def __init__(self) -> None:
        super().__init__()
        self._pyramid: Pyramid | None = None
        self._pen = QPen()
        self._path = QPainterPath()
        self._drawn_for: tuple[float, float, int] | None = None
        self.setFlag(self.GraphicsItemFlag.ItemUsesExtendedStyleOption)

    def set_pyramid(self, pyramid: Pyramid | None) -> None:
        """Draw another signal."""
        self.prepareGeometryChange()
        self._pyramid = pyramid
        self._drawn_for = None
        self.update()

    def set_colour(self, colour: str) -> None:
        """Draw in another colour."""
        self._pen = pg.mkPen(colour, width=1)
        self._pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        self.update()

    def boundingRect(self) -> QRectF:
        """All of the signal, whatever is visible."""
        pyramid = self._pyramid
        if pyramid is None or pyramid.x_bounds is None or pyramid.y_bounds is None:
            return QRectF()
        (x0, x1), (y0, y1) = pyramid.x_bounds, pyramid.y_bounds
        dx = (x1 - x0) or 1e-3
        dy = 0.02 * (y1 - y0) or 1e-6 * abs(y0) or 1e-12
        return QRectF(x0 - dx, y0 - dy, x1 - x0 + 2 * dx, y1 - y0 + 2 * dy)

    def viewRangeChanged(self) -> None:
        """Draw anew: another stretch is visible."""
        self.update()

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw the line."""
        view = self.getViewBox()
        if self._pyramid is None or view is None:
            return
        (start, stop), _y = view.viewRange()
        ratio = painter.device().devicePixelRatioF()
        pixels = max(round(view.width() * ratio), 2)
        if self._drawn_for != (start, stop, pixels):
            line = self._pyramid.view(start, stop, pixels)
            self._path = pg.functions.arrayToQPath(
                line.x, line.y, line.connect, finiteCheck=False
            )
            self._drawn_for = (start, stop, pixels)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(self._pen)
        painter.drawPath(self._path)
