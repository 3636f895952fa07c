"""TrailItem: paints a trail; a heavy one is painted once and then moved about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QRectF, Qt, QTimer
from qtpy.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from napari_insitu_tem.widgets.cyclic.trail import Drawing, Port, Trail

#: Trails of more samples are drawn anew only when the view rests.
HEAVY = 100_000
_REST_MS = 60


class TrailItem(pg.GraphicsObject):
    """A trail in the units of its view box.

    Parameters
    ----------
    width_px
        Width of the line.
    """

    def __init__(self, width_px: float = 1.0) -> None:
        super().__init__()
        self._width = width_px
        self._trail: Trail | None = None
        self._colours: list[QColor] = []
        self._drawn_for: Port | None = None
        self._paths: list[tuple[int, QPainterPath]] = []
        self._image: QImage | None = None
        self._rest = QTimer()
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._draw_anew)

    def set_trail(self, trail: Trail | None) -> None:
        """Paint another trail."""
        self.prepareGeometryChange()
        self._trail = trail
        self._drawn_for = None
        self.update()

    def set_colours(self, colours: Sequence[QColor]) -> None:
        """Colour of each number of the trail's `colour`."""
        self._colours = list(colours)
        self._drawn_for = None
        self.update()

    def boundingRect(self) -> QRectF:
        """All of the trail."""
        bounds = None if self._trail is None else self._trail.bounds
        if bounds is None:
            return QRectF()
        (x0, x1), (y0, y1) = bounds
        dx, dy = (x1 - x0) * 0.05 or 1e-12, (y1 - y0) * 0.05 or 1e-15
        return QRectF(x0 - dx, y0 - dy, x1 - x0 + 2 * dx, y1 - y0 + 2 * dy)

    def viewRangeChanged(self) -> None:
        """Another part is visible."""
        self.update()

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Paint what was drawn for this view; of a heavy trail, what there is."""
        port = self._port(painter.device().devicePixelRatioF())
        if self._trail is None or port is None or not self._colours:
            return
        if port != self._drawn_for:
            if len(self._trail) < HEAVY or self._drawn_for is None:
                self._draw(port)
            else:
                self._rest.start()
        if self._image is not None and self._drawn_for is not None:
            drawn = self._drawn_for
            place = QRectF(
                drawn.x[0],
                drawn.y[0],
                drawn.x[1] - drawn.x[0],
                drawn.y[1] - drawn.y[0],
            )
            painter.drawImage(place, self._image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for number, path in self._paths:
            pen = QPen(self._colours[number % len(self._colours)], self._width)
            pen.setCosmetic(True)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawPath(path)

    def _port(self, ratio: float) -> Port | None:
        view = self.getViewBox()
        if view is None or view.width() < 1 or view.height() < 1:
            return None
        x, y = view.viewRange()
        size = round(view.width() * ratio), round(view.height() * ratio)
        return Port((x[0], x[1]), (y[0], y[1]), *size)

    def _draw_anew(self) -> None:
        """The view rests: draw for what is visible now."""
        self._drawn_for = None
        self.update()

    def _draw(self, port: Port) -> None:
        assert self._trail is not None
        drawing = self._trail.draw(port)
        self._drawn_for = port
        self._paths = [
            (
                number,
                pg.functions.arrayToQPath(
                    line.x, line.y, line.connect, finiteCheck=False
                ),
            )
            for number, line in drawing.lines
        ]
        self._image = self._coloured(drawing)

    def _coloured(self, drawing: Drawing) -> QImage | None:
        """The pixels in their colours; the view's y axis turns it the right way up."""
        if drawing.pixels is None:
            return None
        table = np.zeros((256, 4), np.uint8)
        for number in range(255):
            colour = self._colours[number % len(self._colours)]
            table[number + 1] = colour.getRgb()
        rgba = np.ascontiguousarray(table[drawing.pixels])
        height, width = drawing.pixels.shape
        image = QImage(
            rgba.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888
        )
        return image.copy()
