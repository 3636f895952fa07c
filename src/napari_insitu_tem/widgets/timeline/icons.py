"""The pictures on the timeline's buttons, drawn in the colours of the theme."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QIcon, QPainter, QPen, QPixmap, QPolygonF

_SIZE = 32


def icon(name: str, colour: str) -> QIcon:
    """One of the pictures below, in a colour.

    Parameters
    ----------
    name
        A key of `PICTURES`.
    colour
        Hex colour.
    """
    pixmap = QPixmap(_SIZE, _SIZE)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(QColor(colour), 2.6)
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    PICTURES[name](painter, QColor(colour))
    painter.end()
    return QIcon(pixmap)


def _polygon(*points: tuple[float, float]) -> QPolygonF:
    return QPolygonF([QPointF(x, y) for x, y in points])


def _play(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    painter.drawPolygon(_polygon((9, 6), (26, 16), (9, 26)))


def _pause(painter: QPainter, colour: QColor) -> None:
    painter.setBrush(colour)
    for x in (8, 19):
        painter.drawRect(QRectF(x, 7, 5, 18))


def _loop(painter: QPainter, colour: QColor) -> None:
    painter.drawArc(QRectF(6, 8, 20, 16), 60 * 16, 270 * 16)
    painter.setBrush(colour)
    painter.drawPolygon(_polygon((16, 3), (24, 8), (16, 13)))


def _range(painter: QPainter, colour: QColor) -> None:
    fill = QColor(colour)
    fill.setAlpha(90)
    painter.fillRect(QRectF(9, 8, 14, 16), fill)
    for x in (8, 24):
        painter.drawLine(QPointF(x, 5), QPointF(x, 27))


def _lock(painter: QPainter, colour: QColor, *, is_open: bool = False) -> None:
    painter.drawArc(QRectF(17 if is_open else 10, 5, 12, 16), 0, 180 * 16)
    for x in (17, 29) if is_open else (10, 22):
        painter.drawLine(QPointF(x, 13), QPointF(x, 15))
    painter.setBrush(colour)
    painter.drawRoundedRect(QRectF(6, 15, 20, 12), 2, 2)


def _unlock(painter: QPainter, colour: QColor) -> None:
    _lock(painter, colour, is_open=True)


def _fit(painter: QPainter, colour: QColor) -> None:
    painter.drawLine(QPointF(9, 16), QPointF(23, 16))
    painter.setBrush(colour)
    painter.drawPolygon(_polygon((5, 16), (11, 11), (11, 21)))
    painter.drawPolygon(_polygon((27, 16), (21, 11), (21, 21)))


def _lanes(painter: QPainter, colour: QColor) -> None:
    for y in (8, 16, 24):
        painter.drawLine(QPointF(5, y), QPointF(27, y))


PICTURES: dict[str, Callable[[QPainter, QColor], None]] = {
    "play": _play,
    "pause": _pause,
    "loop": _loop,
    "range": _range,
    "lock": _lock,
    "unlock": _unlock,
    "fit": _fit,
    "lanes": _lanes,
}
