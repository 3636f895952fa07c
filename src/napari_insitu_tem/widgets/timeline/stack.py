"""LaneStack: the lanes one above the other, as many as the experiment wants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QFrame, QLabel, QScrollArea, QWidget

from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.heights import shared
from napari_insitu_tem.widgets.timeline.lanes import LANES
from napari_insitu_tem.widgets.timeline.lanes.base import Lane, Options, touches
from napari_insitu_tem.widgets.timeline.row import GRIP_PX, Grip, LaneRow

_MOST_HEIGHT_PX = 600


class LaneStack(QScrollArea):
    """Makes, orders, hides and sizes the lanes.

    Parameters
    ----------
    session, options
        See `Lane`.

    Signals
    -------
    row_made(LaneRow)
        A lane is new; give it the time that is shown, the marks and the mouse.
    rows_changed()
        Lanes came, went, were hidden or shown.
    width_changed(int)
        Width of the rows, without the scroll bar.
    """

    row_made = Signal(object)
    rows_changed = Signal()
    width_changed = Signal(int)

    def __init__(
        self, session: Session, options: Options, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._options = options
        self._theme: Theme = DARK
        self._wanted: dict[type[Lane], tuple[str, ...]] = {}
        self._rows: dict[str, LaneRow] = {}
        self._grips: dict[str, Grip] = {}
        self._choices: dict[str, bool] = {}
        self._heights: dict[str, int] = {}
        self._body = QWidget()
        self._body.setObjectName("lanes")
        self._empty = QLabel(self._body)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self.setWidget(self._body)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumHeight(90)

    # -- which lanes ----------------------------------------------------------------

    @property
    def rows(self) -> list[LaneRow]:
        """All lanes from top to bottom, hidden ones too."""
        return list(self._rows.values())

    @property
    def shown_rows(self) -> list[LaneRow]:
        """The lanes that show."""
        return [row for row in self.rows if self.is_shown(row)]

    def is_shown(self, row: LaneRow) -> bool:
        """Whether a lane shows: as the user chose, else as is usual for its kind."""
        return self._choices.get(row.key, row.lane.shown_at_first)

    def show_lane(self, key: str, is_shown: bool) -> None:
        """Show or hide a lane; add one that is made when asked for, or take it out."""
        self._choices[key] = is_shown
        if any(offered == key for offered, _ in self._when_asked()):
            self._sync(None)
        self.arrange()
        if is_shown and key in self._rows:
            self.ensureWidgetVisible(self._rows[key], 0, 0)
        self.rows_changed.emit()

    def offered(self) -> list[tuple[str, str]]:
        """(key, text) of the lanes that the user may add."""
        return [pair for pair in self._when_asked() if pair[0] not in self._rows]

    def _when_asked(self) -> Iterator[tuple[str, str]]:
        for lane_class, variants in self._wanted.items():
            if lane_class.made_when_asked:
                for variant in variants:
                    text = lane_class.offer(self._session, variant)
                    yield lane_class.key_of(variant), text

    def update_lanes(self, change: Change | None) -> None:
        """Make the lanes fit the session after a change (None: after any)."""
        self._sync(change)
        for row in self.rows:
            row.lane.update(change)

    def _sync(self, change: Change | None) -> None:
        """Make lanes that are wanted, drop those that are not, keep the others."""
        if change is not None and change.is_preview and self._wanted:
            return
        for lane_class in LANES:
            if touches(change, *lane_class.wanted_by):
                self._wanted[lane_class] = lane_class.variants(self._session)
        before, self._rows = self._rows, {}
        for key, lane_class, variant in self._keys():
            row = before.pop(key, None) or self._made(lane_class, variant)
            self._rows[key] = row
        for key, row in before.items():
            row.close_lane()
            row.deleteLater()
            self._grips.pop(key).deleteLater()
            row.hide()
        self.arrange()
        self.rows_changed.emit()

    def _keys(self) -> Iterator[tuple[str, type[Lane], str]]:
        for lane_class in LANES:
            usual = lane_class.usual(self._session)
            for variant in self._wanted.get(lane_class, ()):
                key = lane_class.key_of(variant)
                if not lane_class.made_when_asked or self._choices.get(
                    key, variant in usual
                ):
                    yield key, lane_class, variant

    def _made(self, lane_class: type[Lane], variant: str) -> LaneRow:
        row = LaneRow(lane_class, variant, self._session, self._options, self._body)
        grip = Grip(row, self._body)
        grip.dragged.connect(partial(self._on_grip, row))
        grip.reset.connect(partial(self._on_grip, row, None))
        self._grips[row.key] = grip
        row.set_theme(self._theme)
        grip.set_theme(self._theme)
        row.lane.update(None)
        row.room_changed.connect(self.arrange)
        self.row_made.emit(row)
        return row

    # -- looks ----------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        # By name, so that it is not handed down to the rows and their tool tips.
        self._body.setStyleSheet(
            f"#lanes {{ background: {theme.background}; }}"
            f"#lanes > QLabel {{ color: {theme.faint_text}; background: transparent; }}"
        )
        for row in self.rows:
            row.set_theme(theme)
            self._grips[row.key].set_theme(theme)

    def say(self, text: str) -> None:
        """What to read where there is no lane."""
        self._empty.setText(text)

    @property
    def said(self) -> str:
        """What is to be read where there is no lane; "" while there is one."""
        return "" if self.shown_rows else self._empty.text()

    def _on_grip(self, row: LaneRow, height: int | None) -> None:
        if height is None:
            self._heights.pop(row.key, None)
        else:
            least = row.lane.least_height
            self._heights[row.key] = min(max(height, least), _MOST_HEIGHT_PX)
        self.arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the new height."""
        super().resizeEvent(event)
        self.arrange()
        self.width_changed.emit(self.viewport().width())

    def arrange(self) -> None:
        """Give every lane its place."""
        shown = self.shown_rows
        width = self.viewport().width()
        room = self.viewport().height() - GRIP_PX * len(shown)
        heights = shared(room, [r.room(self._heights.get(r.key)) for r in shown])
        top = 0
        for row, height in zip(shown, heights, strict=True):
            row.setGeometry(0, top, width, height)
            self._grips[row.key].setGeometry(0, top + height, width, GRIP_PX)
            top += height + GRIP_PX
        self._body.resize(width, max(top, self.viewport().height()))
        self._empty.setGeometry(self._body.rect())
        self._empty.setVisible(not shown)
        for row in self.rows:
            is_shown = self.is_shown(row)
            row.setVisible(is_shown)
            self._grips[row.key].setVisible(is_shown)

    # -- remembering ------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """What the user chose: lanes shown or hidden, and heights in pixels."""
        return {"shown": dict(self._choices), "heights": dict(self._heights)}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take such choices over, also for lanes that are still to come."""
        shown, heights = state.get("shown", {}), state.get("heights", {})
        self._choices.update({key: bool(value) for key, value in shown.items()})
        self._heights.update({key: int(value) for key, value in heights.items()})
        if self._wanted:
            self._sync(None)
        self.arrange()
        self.rows_changed.emit()

    def close_lanes(self) -> None:
        """Let go of the session."""
        for row in self.rows:
            row.close_lane()
