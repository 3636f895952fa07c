"""Marks: the playhead, the selected stretch and the mouse's moment, over one lane.

Moving a mark repaints the strips it leaves and enters, and nothing else.
"""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF

from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.lane_view import LaneView, PixelItem

Span = tuple[float, float]

_EDGE_REACH_PX = 5.0
_LINE_PX = 2.0
_HANDLE_PX = 6.0


class Marks:
    """The marks of a view.

    Parameters
    ----------
    view
        The lane's view.
    has_handle
        Draw a handle on the playhead, as on the time axis.
    """

    def __init__(self, view: LaneView, *, has_handle: bool = False) -> None:
        self._behind = _Selected(view)
        self._front = _Moments(view, has_handle=has_handle)

    @property
    def playhead_s(self) -> Span | None:
        """Start and end of the current frame's exposure, as drawn."""
        return self._front.playhead

    @property
    def range_s(self) -> Span | None:
        """The selected stretch, as drawn."""
        return self._behind.span

    @property
    def hover_s(self) -> float | None:
        """The mouse's moment, as drawn."""
        return self._front.hover

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        for item in (self._behind, self._front):
            item.theme = theme
            item.update()

    def set_playhead(self, window_s: Span | None) -> None:
        """Show the frame's start as a line and its exposure as a band behind it."""
        self._front.strip(self._front.playhead)
        self._front.playhead = window_s
        self._front.strip(window_s)

    def set_range(self, range_s: Span | None) -> None:
        """Show the selected stretch of time."""
        self._behind.strip(self._behind.span)
        self._behind.span = range_s
        self._behind.strip(range_s)

    def set_hover(self, time_s: float | None) -> None:
        """Show the moment under the mouse."""
        front = self._front
        for moment in (front.hover, time_s):
            front.strip(None if moment is None else (moment, moment))
        front.hover = time_s


class _Strips(PixelItem):
    """Base: something upright that is repainted in strips."""

    def __init__(self, view: LaneView) -> None:
        super().__init__(view)
        self.theme: Theme | None = None

    def strip(self, span: Span | None) -> None:
        """Repaint the pixels of a stretch of time."""
        if span is not None:
            left, right = self.x_of(span[0]), self.x_of(span[1])
            margin = _HANDLE_PX + 2
            width, height = self.boundingRect().width(), self.boundingRect().height()
            left, right = max(left, -margin), min(right, width + margin)
            if right >= left:
                self._repaint(
                    QRectF(left - margin, 0, right - left + 2 * margin, height)
                )

    def _repaint(self, place: QRectF) -> None:
        """Repaint a part of the lane together with all else that waits for it.

        Not by `update`: every scene would at once make the whole window be composed,
        so that a step of the playhead took as many compositions as there are lanes.
        """
        shown = self._view.mapFromScene(self.mapRectToScene(place)).boundingRect()
        self._view.viewport().update(shown)

    def band(self, painter: QPainter, span: Span, colour: QColor) -> QRectF:
        """Fill a stretch of time; where it was filled."""
        area = self.boundingRect()
        left, right = self.x_of(span[0]), self.x_of(span[1])
        place = QRectF(left, 0, right - left, area.height()).intersected(
            area.adjusted(-2, 0, 2, 0)
        )
        painter.fillRect(place, colour)
        return place


class _Selected(_Strips):
    """The selected stretch, behind everything."""

    def __init__(self, view: LaneView) -> None:
        super().__init__(view)
        self.span: Span | None = None
        self.setZValue(-50)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """A tinted band with edges."""
        if self.span is None or self.theme is None:
            return
        colour = QColor(self.theme.selection)
        colour.setAlpha(60 if self.theme.is_dark else 75)
        place = self.band(painter, self.span, colour)
        painter.setPen(QPen(QColor(self.theme.selection), 1))
        for x in (place.left(), place.right()):
            painter.drawLine(QLineF(x, 0, x, place.height()))


class _Moments(_Strips):
    """The playhead and the mouse's moment, in front of everything."""

    def __init__(self, view: LaneView, *, has_handle: bool) -> None:
        super().__init__(view)
        self.playhead: Span | None = None
        self.hover: float | None = None
        self._has_handle = has_handle
        self.setZValue(50)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Upright lines; the playhead is the stronger one."""
        if self.theme is None:
            return
        height = self.boundingRect().height()
        if self.hover is not None:
            painter.setPen(QPen(QColor(self.theme.faint_text), 1, Qt.PenStyle.DotLine))
            x = self.x_of(self.hover)
            painter.drawLine(QLineF(x, 0, x, height))
        if self.playhead is not None:
            self._paint_playhead(painter, self.playhead, self.theme, height)

    def _paint_playhead(
        self, painter: QPainter, window: Span, theme: Theme, height: float
    ) -> None:
        exposure = QColor(theme.playhead)
        exposure.setAlpha(45)
        if window[1] > window[0]:
            self.band(painter, window, exposure)
        x = self.x_of(window[0])
        painter.setPen(QPen(QColor(theme.playhead), _LINE_PX))
        painter.drawLine(QLineF(x, 0, x, height))
        if self._has_handle:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setBrush(QColor(theme.playhead))
            painter.setPen(Qt.PenStyle.NoPen)
            half = _HANDLE_PX
            corners = ((-half, 0.0), (half, 0.0), (0.0, half + 2))
            painter.drawPolygon(QPolygonF([QPointF(x + a, b) for a, b in corners]))


def edge_near(range_s: Span | None, time_s: float, s_per_px: float) -> int | None:
    """The edge of the selected stretch under the mouse: 0 left, 1 right, or None."""
    if range_s is None:
        return None
    away = [abs(edge - time_s) / s_per_px for edge in range_s]
    near = 0 if away[0] <= away[1] else 1
    return near if away[near] <= _EDGE_REACH_PX else None
