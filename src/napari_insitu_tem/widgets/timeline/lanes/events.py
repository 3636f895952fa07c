"""Events: instants as flags, durations as spans."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.widgets.theme import Theme, luminance
from napari_insitu_tem.widgets.timeline.formatting import length_text, time_text
from napari_insitu_tem.widgets.timeline.gestures import Gesture, Mouse
from napari_insitu_tem.widgets.timeline.lane_view import LaneView, PixelItem
from napari_insitu_tem.widgets.timeline.lanes.base import Lane, touches
from napari_insitu_tem.widgets.timeline.lanes.rows import PickRow
from napari_insitu_tem.widgets.timeline.moments import Moments

_FLAG_PX = 9
_REACH_PX = 6.0
_LEAST_TEXT_PX = 26.0


@dataclass(frozen=True)
class Mark:
    """An event on the time axis.

    Attributes
    ----------
    record
        The row.
    colour
        Of its word in the vocabulary; "" for a word that is not in it.
    start_s, stop_s
        Equal for an instant.
    """

    record: Record
    colour: str
    start_s: float
    stop_s: float

    @property
    def label(self) -> str:
        """The word."""
        return str(self.record.get("label")) or "event"

    @property
    def is_span(self) -> bool:
        """Whether it lasts."""
        return self.stop_s > self.start_s


class EventsLane(Lane):
    """All events of all movies."""

    kind: ClassVar[str] = "events"
    wanted_by: ClassVar[tuple[str, ...]] = ("records",)
    stretches: ClassVar[bool] = False

    @classmethod
    def is_wanted(cls, session: Session) -> bool:
        """Whether there are events."""
        return bool(session.document.of_kind("event"))

    def build(self) -> None:
        """Add the flags and spans."""
        self.marks: list[Mark] = []
        self.view.hide_values()
        self.view.box.setYRange(0, 1, padding=0)
        self._item = _Marks(self.view)

    @property
    def title(self) -> str:
        """What is shown."""
        return "Events"

    @property
    def preferred_height(self) -> int:
        """A flag and its text."""
        return 30

    @property
    def least_height(self) -> int:
        """As preferred."""
        return 30

    def update(self, change: Change | None) -> None:
        """Place the events by the frames they are on."""
        if not touches(change, "records", "alignments", "intervals", "vocabulary"):
            return
        document = self.session.document
        colours = {term.label: term.colour for term in document.vocabulary}
        records = document.of_kind("event")
        movies = [record.movie for record in records]
        moments = Moments(self.session.experiment)
        start = moments.start_s(movies, [record.frame for record in records])
        stop = moments.start_s(movies, [_end_frame(record) for record in records])
        self.marks = [
            Mark(record, colours.get(record.get("label"), ""), float(a), float(b))
            for record, a, b in zip(records, start, stop, strict=True)
            if np.isfinite(a)
        ]
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        super().set_theme(theme)
        self._show()

    def selection_changed(self) -> None:
        """Outline the selected events."""
        self._show()

    def _show(self) -> None:
        self._item.show(self.marks, self.session.selection, self.theme)

    def mark_at(self, mouse: Mouse) -> Mark | None:
        """The event under the mouse: the nearest flag, else a span."""
        if not self.marks:
            return None
        start = np.array([mark.start_s for mark in self.marks])
        stop = np.array([max(m.stop_s, m.start_s) for m in self.marks])
        outside = np.maximum(np.maximum(start - mouse.time_s, mouse.time_s - stop), 0)
        away = outside / mouse.s_per_px
        # Of several under the mouse, the shortest: spans may enclose instants.
        order = np.lexsort((stop - start, away > _REACH_PX))
        best = int(order[0])
        return self.marks[best] if away[best] <= _REACH_PX else None

    def tip_at(self, mouse: Mouse) -> str:
        """The event under the mouse in words."""
        mark = self.mark_at(mouse)
        if mark is None:
            return ""
        lines = [mark.label, time_text(mark.start_s)]
        if mark.is_span:
            lines[1] += f", lasts {length_text(mark.stop_s - mark.start_s)}"
        elif mark.record.get("end_frame", None) is None:
            lines[1] += ", not ended"
        lines += [text for text in (mark.record.object, mark.record.comment) if text]
        return "\n".join(lines)

    def cursor_at(self, mouse: Mouse) -> Qt.CursorShape | None:
        """A pointing hand over an event."""
        found = self.mark_at(mouse)
        return None if found is None else Qt.CursorShape.PointingHandCursor

    def gesture_at(self, mouse: Mouse) -> Gesture | None:
        """A click on an event selects it and goes to its frame."""
        mark = self.mark_at(mouse)
        return None if mark is None else PickRow(self.session, mark.record.id, mouse)


def _end_frame(record: Record) -> int:
    """Last frame of an event; its first one where it has not ended."""
    end = record.get("end_frame", None)
    return record.frame if end is None else int(end)


class _Marks(PixelItem):
    """Paints flags, spans and as many words as there is room for."""

    def __init__(self, view: LaneView) -> None:
        super().__init__(view)
        self._marks: list[Mark] = []
        self._selected: frozenset[str] = frozenset()
        self._theme: Theme | None = None

    def show(self, marks: list[Mark], selected: frozenset[str], theme: Theme) -> None:
        """Paint these events; spans first, so that flags stay visible on them."""
        self._marks = sorted(marks, key=lambda m: (not m.is_span, m.start_s))
        self._selected, self._theme = selected, theme
        self.update()

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Paint all visible events."""
        if self._theme is None or not self._marks:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        font = QFont()
        font.setPointSizeF(max(self._theme.font_pt - 0.5, 6))
        painter.setFont(font)
        width = self.boundingRect().width()
        left = self.x_of(np.array([mark.start_s for mark in self._marks]))
        right = self.x_of(
            np.array([m.stop_s if m.is_span else m.start_s for m in self._marks])
        )
        ordered = np.append(np.sort(left), np.inf)
        for i in np.flatnonzero((right >= -_FLAG_PX) & (left <= width)):
            mark, x = self._marks[i], float(left[i])
            if mark.is_span:
                self._paint_span(painter, mark, x, float(right[i]))
            else:
                # Up to the next event on its right, or to the lane's end.
                after = ordered[np.searchsorted(ordered, x + 0.5)]
                self._paint_flag(painter, mark, x, min(float(after), width) - x)

    def _paint_span(
        self, painter: QPainter, mark: Mark, left: float, right: float
    ) -> None:
        area = self.boundingRect()
        span = QRectF(left, 3, max(right - left, 2), area.height() - 6)
        shown = span.intersected(area.adjusted(-2, 0, 2, 0))
        colour = self._colour(mark)
        painter.setPen(self._outline(mark, colour))
        fill = QColor(colour)
        fill.setAlpha(215)
        painter.setBrush(fill)
        painter.drawRect(shown)
        if shown.width() > _LEAST_TEXT_PX:
            on_it = "#000000" if luminance(colour.name()) > 0.22 else "#ffffff"
            self._paint_text(painter, mark, shown.adjusted(5, 0, -4, 0), QColor(on_it))

    def _paint_flag(self, painter: QPainter, mark: Mark, x: float, room: float) -> None:
        height = self.boundingRect().height()
        colour = self._colour(mark)
        painter.setPen(QPen(colour, 1.5))
        painter.drawLine(QPointF(x, 2), QPointF(x, height - 1))
        painter.setPen(self._outline(mark, colour))
        painter.setBrush(colour)
        size = _FLAG_PX + 2 * (mark.record.id in self._selected)
        tip = QPolygonF(
            [QPointF(x, 3), QPointF(x + size, 3 + size / 2), QPointF(x, 3 + size)]
        )
        painter.drawPolygon(tip)
        if room > _LEAST_TEXT_PX and self._theme is not None:
            place = QRectF(x + size + 3, 0, room - size - 6, height)
            self._paint_text(painter, mark, place, QColor(self._theme.text))

    def _paint_text(
        self, painter: QPainter, mark: Mark, place: QRectF, colour: QColor
    ) -> None:
        text = QFontMetricsF(painter.font()).elidedText(
            mark.label, Qt.TextElideMode.ElideRight, max(place.width(), 0)
        )
        if len(text) < 3 and text != mark.label:
            return
        painter.setPen(colour)
        painter.drawText(
            place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text
        )

    def _colour(self, mark: Mark) -> QColor:
        plain = "#8c8c8c" if self._theme is None else self._theme.faint_text
        return QColor(mark.colour or plain)

    def _outline(self, mark: Mark, colour: QColor) -> QPen:
        if mark.record.id in self._selected and self._theme is not None:
            return QPen(QColor(self._theme.text), 2)
        return QPen(colour, 1)
