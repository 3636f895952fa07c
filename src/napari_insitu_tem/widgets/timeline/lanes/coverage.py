"""The movies as bars, with their gaps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from napari_insitu_tem.state.session import Change, Playhead, Session
from napari_insitu_tem.widgets.theme import Theme, mix
from napari_insitu_tem.widgets.timeline.alignment_drag import AlignDrag
from napari_insitu_tem.widgets.timeline.gestures import Gesture, Mouse
from napari_insitu_tem.widgets.timeline.lane_view import LaneView, PixelItem
from napari_insitu_tem.widgets.timeline.lanes.base import Lane, touches
from napari_insitu_tem.widgets.timeline.moments import Moments, covered_s

ROW_PX = 22
_PADDING_PX = 3
_LEAST_BAR_PX = 4.0


@dataclass(frozen=True)
class Bar:
    """A movie on the time axis.

    Attributes
    ----------
    movie
        Its name.
    stretches
        (K, 2) where it has frames, in seconds.
    row
        Row of bars, from 0 at the top.
    """

    movie: str
    stretches: NDArray[np.float64]
    row: int = 0

    @property
    def span(self) -> tuple[float, float]:
        """First and last moment."""
        return float(self.stretches[0, 0]), float(self.stretches[-1, 1])


def packed(bars: list[Bar]) -> list[Bar]:
    """The bars in as few rows as they need not to overlap."""
    ends: list[float] = []
    placed = {}
    for bar in sorted(bars, key=lambda bar: bar.span):
        start, stop = bar.span
        row = next((i for i, end in enumerate(ends) if start >= end), len(ends))
        ends[row : row + 1] = [stop]
        placed[bar.movie] = Bar(bar.movie, bar.stretches, row)
    return [placed[bar.movie] for bar in bars]


class CoverageLane(Lane):
    """One bar a movie; the one under the playhead stands out."""

    kind: ClassVar[str] = "coverage"
    wanted_by: ClassVar[tuple[str, ...]] = ("intervals",)
    stretches: ClassVar[bool] = False

    @classmethod
    def is_wanted(cls, session: Session) -> bool:
        """Whether a movie has times."""
        experiment = session.experiment
        return any(experiment.movie(m.name).times for m in experiment.movies)

    def build(self) -> None:
        """Add the bars."""
        self.bars: list[Bar] = []
        self.view.hide_values()
        self.view.box.setYRange(0, 1, padding=0)
        self._item = _Bars(self.view)

    @property
    def title(self) -> str:
        """What the bars are."""
        return "Movies" if len(self.bars) > 1 else "Movie"

    @property
    def rows(self) -> int:
        """Number of rows of bars."""
        return max((bar.row for bar in self.bars), default=0) + 1

    @property
    def preferred_height(self) -> int:
        """A row of text each."""
        return self.rows * ROW_PX + 2 * _PADDING_PX

    @property
    def least_height(self) -> int:
        """All of it."""
        return self.preferred_height

    def update(self, change: Change | None) -> None:
        """Draw the movies where their alignment puts them."""
        if not touches(change, "alignments", "intervals"):
            return
        moments = Moments(self.session.experiment)
        found = [
            Bar(movie.name, covered_s(times))
            for movie in self.session.experiment.movies
            if (times := moments.of(movie.name)) is not None
        ]
        if change is not None and change.is_preview:
            # Bars keep their rows while one of them is dragged.
            rows = {bar.movie: bar.row for bar in self.bars}
            self.bars = [Bar(b.movie, b.stretches, rows.get(b.movie, 0)) for b in found]
        else:
            self.bars = packed(found)
            self.labels_changed.emit()
        self._show()

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        super().set_theme(theme)
        self._show()

    def playhead_moved(self, playhead: Playhead | None) -> None:
        """Highlight the movie under the playhead."""
        if (playhead.movie if playhead else "") != self._item.current:
            self._show()

    def options_changed(self) -> None:
        """Show whether the bars can be dragged."""
        self._show()

    def _show(self) -> None:
        playhead = self.session.playhead
        self._item.show(
            self.bars,
            self.rows,
            playhead.movie if playhead else "",
            self.theme,
            is_unlocked=self.options.alignment_unlocked,
        )

    def bar_at(self, mouse: Mouse) -> Bar | None:
        """The bar under the mouse."""
        place = QPointF(mouse.x, mouse.y)
        return next((b for b in self.bars if self._item.rect(b).contains(place)), None)

    def tip_at(self, mouse: Mouse) -> str:
        """The movie, its time base and its alignment in words."""
        bar = self.bar_at(mouse)
        if bar is None:
            return ""
        experiment = self.session.experiment
        movie = experiment.movie(bar.movie)
        lines = [bar.movie, str(movie.audit)]
        if experiment.has_trace:
            lines.append(experiment.alignment(bar.movie).describe())
        return "\n".join(lines)

    def cursor_at(self, mouse: Mouse) -> Qt.CursorShape | None:
        """A hand where a bar can be dragged."""
        if self.options.alignment_unlocked and self.bar_at(mouse) is not None:
            return Qt.CursorShape.OpenHandCursor
        return None

    def gesture_at(self, mouse: Mouse) -> Gesture | None:
        """Dragging a bar aligns its movie, once unlocked."""
        bar = self.bar_at(mouse) if self.options.alignment_unlocked else None
        return None if bar is None else AlignDrag(self.session, bar.movie, mouse)


class _Bars(PixelItem):
    """Paints the bars and the names on them."""

    def __init__(self, view: LaneView) -> None:
        super().__init__(view)
        self._bars: list[Bar] = []
        self._rows = 1
        self.current = ""
        self._theme: Theme | None = None
        self._is_unlocked = False

    def show(
        self,
        bars: list[Bar],
        rows: int,
        current: str,
        theme: Theme,
        *,
        is_unlocked: bool,
    ) -> None:
        """Paint these bars."""
        self._bars, self._rows, self.current = bars, rows, current
        self._theme, self._is_unlocked = theme, is_unlocked
        self.update()

    def rect(self, bar: Bar) -> QRectF:
        """Where a bar lies, in pixels."""
        area = self.boundingRect()
        height = (area.height() - 2 * _PADDING_PX) / self._rows
        left, right = self.x_of(np.array(bar.span))
        width = max(right - left, _LEAST_BAR_PX)
        top = _PADDING_PX + bar.row * height
        return QRectF(left, top + 1, width, height - 2)

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Paint all bars."""
        if self._theme is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for bar in self._bars:
            self._paint_bar(painter, bar, self._theme)

    def _paint_bar(self, painter: QPainter, bar: Bar, theme: Theme) -> None:
        whole = self.rect(bar)
        area = self.boundingRect()
        shown = whole.intersected(area)
        if shown.isEmpty():
            return
        is_current = bar.movie == self.current
        strong = theme.selection if is_current else mix(theme.lane, theme.text, 0.4)
        fill = QColor(mix(theme.lane, strong, 0.75 if is_current else 0.5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        for left, right in self._visible(bar, area.width()):
            painter.drawRect(QRectF(left, whole.top(), right - left, whole.height()))
        outline = QPen(QColor(strong), 1)
        if self._is_unlocked:
            outline = QPen(QColor(theme.warning), 1.5, Qt.PenStyle.DashLine)
        painter.setPen(outline)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(whole.adjusted(0.5, 0.5, -0.5, -0.5))
        self._paint_name(painter, bar, shown, theme, bold=is_current)

    def _visible(self, bar: Bar, width: float) -> list[tuple[float, float]]:
        """Pixels of the visible stretches; gaps too narrow to see are closed."""
        left, right = self.x_of(bar.stretches).T
        inside = (right >= 0) & (left <= width)
        left, right = np.clip(left[inside], -1, width), right[inside]
        right = np.clip(np.maximum(right, left + 1), -1, width + 1)
        if left.size > width / 4:
            apart = np.flatnonzero(left[1:] - right[:-1] >= 1)
            left = left[np.concatenate([[0], apart + 1])]
            right = right[np.concatenate([apart, [-1]])]
        else:
            # A gap is one pixel wide at least.
            right[:-1] = np.clip(right[:-1], left[:-1], left[1:] - 1)
        if left.size:
            right[-1] = max(right[-1], left[0] + _LEAST_BAR_PX)
        return [(float(a), float(b)) for a, b in zip(left, right, strict=True)]

    def _paint_name(
        self, painter: QPainter, bar: Bar, shown: QRectF, theme: Theme, *, bold: bool
    ) -> None:
        """The name on the bar, or beside it where the bar is too narrow."""
        font = QFont()
        font.setPointSizeF(max(theme.font_pt - 0.5, 6))
        font.setBold(bold)
        painter.setFont(font)
        painter.setPen(QColor(theme.text))
        metrics = QFontMetricsF(font)
        needed = metrics.horizontalAdvance(bar.movie) + 12
        place = shown.adjusted(6, 0, -6, 0)
        if needed > shown.width() and shown.width() < 60:
            place = QRectF(shown.right() + 6, shown.top(), needed, shown.height())
        text = metrics.elidedText(
            bar.movie, Qt.TextElideMode.ElideMiddle, max(place.width(), 0)
        )
        painter.drawText(
            place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text
        )
