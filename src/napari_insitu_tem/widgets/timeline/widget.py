"""TimelineWidget: lanes on one time axis with one playhead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qtpy.QtCore import QPoint, QSize, Qt
from qtpy.QtGui import QCloseEvent, QKeyEvent, QShowEvent
from qtpy.QtWidgets import QMenu, QVBoxLayout, QWidget

from napari_insitu_tem.model.timebase import NS_PER_S
from napari_insitu_tem.state.session import Change, Playhead, Session
from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.axis_row import AxisRow
from napari_insitu_tem.widgets.timeline.formatting import time_text
from napari_insitu_tem.widgets.timeline.header import Header
from napari_insitu_tem.widgets.timeline.hints import (
    MARK_HINT,
    UNLOCKED_HINT,
    Hint,
    hint,
)
from napari_insitu_tem.widgets.timeline.lane_view import LaneView
from napari_insitu_tem.widgets.timeline.lanes.base import Lane, Options, touches
from napari_insitu_tem.widgets.timeline.links import Links
from napari_insitu_tem.widgets.timeline.marks import Marks
from napari_insitu_tem.widgets.timeline.menus import fill_lanes_menu, lane_menu
from napari_insitu_tem.widgets.timeline.moments import Moments
from napari_insitu_tem.widgets.timeline.navigation import Navigation
from napari_insitu_tem.widgets.timeline.player import Player
from napari_insitu_tem.widgets.timeline.readout import readings
from napari_insitu_tem.widgets.timeline.row import LaneRow
from napari_insitu_tem.widgets.timeline.stack import LaneStack
from napari_insitu_tem.widgets.timeline.time_window import TimeWindow

_CLOCKS = ("alignments", "intervals", "flipped")


class TimelineWidget(QWidget):
    """The timeline of a session.

    Parameters
    ----------
    session
        What is shown and changed; the widget keeps no copy of it.
    parent
        The Qt parent.
    """

    def __init__(self, session: Session, *, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.options = Options()
        self.time_window = TimeWindow(self)
        self.player = Player(session, parent=self)
        self.navigation = Navigation(session, self.time_window, self)
        self.header = Header(self)
        self.stack = LaneStack(session, self.options, self)
        self.axis_row = AxisRow(self)
        self._theme: Theme = DARK
        self._moments = Moments(session.experiment)
        self._experiment: object = None
        self._playhead_s: tuple[float, float] | None = None
        self._movie = ""
        self._said = ""
        self._links = Links()
        self._build()
        self._connect_parts()
        self.destroyed.connect(self._links.disconnect)
        self._connect_session()
        self.set_theme(DARK)

    def _build(self) -> None:
        # A click gives the focus for Home, End and Esc; arrow keys go on to napari.
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setMinimumSize(390, 180)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.header)
        column.addWidget(self.stack, 1)
        column.addWidget(self.axis_row)
        self._lanes_menu = QMenu(self)
        self.header.lanes.setMenu(self._lanes_menu)
        self.header.lanes.setPopupMode(
            self.header.lanes.ToolButtonPopupMode.InstantPopup
        )

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(1100, 300)

    def _connect_parts(self) -> None:
        header, navigation = self.header, self.navigation
        self.time_window.changed.connect(self._on_window)
        self.stack.row_made.connect(self._on_row_made)
        self.stack.width_changed.connect(self.axis_row.set_width)
        self.stack.rows_changed.connect(self._show_hint)
        self.options.changed.connect(self._on_options)
        navigation.attach(self.axis_row.view)
        navigation.hovered.connect(self._on_hover)
        navigation.gesture_changed.connect(self._on_gesture)
        navigation.menu_wanted.connect(self._on_menu)
        self.player.playing_changed.connect(self._on_playing)
        self._lanes_menu.aboutToShow.connect(self._fill_lanes_menu)
        header.play.toggled.connect(self._on_play)
        header.loop.toggled.connect(self._on_loop)
        header.range.toggled.connect(self._on_select_range)
        header.fit.clicked.connect(self.time_window.fit)
        header.unlock.toggled.connect(self._on_unlock)
        header.speed_chosen.connect(self.player.set_speed)
        header.hint_action.connect(self.time_window.fit)

    def _connect_session(self) -> None:
        session, links = self.session, self._links
        links.connect(session.experiment_changed, self._on_experiment)
        links.connect(session.document_changed, self._on_document)
        links.connect(session.playhead_changed, self._on_playhead)
        links.connect(session.selection_changed, self._on_selection)
        links.connect(session.range_changed, self._on_range)
        links.connect(session.marking_changed, self._on_marking)
        self._on_experiment()

    # -- looks ----------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.setStyleSheet(f"TimelineWidget {{ background: {theme.background}; }}")
        self.header.set_theme(theme)
        self.stack.set_theme(theme)
        self.axis_row.set_theme(theme)
        self._write_readings()
        self._show_hint()

    def view_state(self) -> dict[str, Any]:
        """What the user chose to see, as plain values for the experiment's file."""
        return {**self.stack.state(), "time_style": self.axis_row.axis.time_style}

    def restore_view_state(self, state: Mapping[str, Any]) -> None:
        """Show what `view_state` gave."""
        self.stack.restore(state)
        if state.get("time_style") in ("auto", "seconds", "clock"):
            self.axis_row.set_time_style(state["time_style"])

    # -- following the session --------------------------------------------------------

    def _on_experiment(self) -> None:
        """Another experiment, or another movie or trace in it."""
        is_other = self._experiment is not self.session.experiment
        self._experiment = self.session.experiment
        self._said = ""
        self.stack.update_lanes(None)
        self._follow_clocks()
        if is_other:
            self.player.stop()
            self.time_window.fit()
        else:
            self.player.restart()
        self._fit_values()
        self._on_playhead(self.session.playhead)
        self._on_range(self.session.range_ns)
        self._show_hint()

    def _on_document(self, change: Change) -> None:
        self.stack.update_lanes(change)
        self._fit_values()
        if not touches(change, *_CLOCKS):
            return
        self._moments = Moments(self.session.experiment)
        self._mark_playhead()
        if not change.is_preview:
            self._follow_clocks()
            self.player.restart()
            self._write_readings()
            self._show_hint()

    def _follow_clocks(self) -> None:
        """Movies or the record lie elsewhere on the axis."""
        self._moments = Moments(self.session.experiment)
        self.time_window.set_extent(*(self._moments.extent_s() or (0.0, 1.0)))

    def _on_playhead(self, playhead: Playhead | None) -> None:
        before = self._playhead_s
        self._mark_playhead()
        for row in self.stack.rows:
            row.lane.playhead_moved(playhead)
        self._write_readings()
        if self._movie != (playhead.movie if playhead else ""):
            self._movie = playhead.movie if playhead else ""
            self._show_hint()
        self.player.follow(playhead)
        start, stop = self.time_window.shown
        was_visible = before is None or start <= before[0] <= stop
        if self._playhead_s and was_visible and not self.navigation.is_busy:
            self.time_window.reveal(self._playhead_s[0])

    def _mark_playhead(self) -> None:
        """Move the playhead's marks; nothing else is drawn anew."""
        playhead = self.session.playhead
        times = self._moments.of(playhead.movie) if playhead else None
        self._playhead_s = None
        if playhead is not None and times is not None:
            start, stop = times.windows_ns
            frame = playhead.frame
            self._playhead_s = _seconds((int(start[frame]), int(stop[frame])))
        for marks in self._all_marks():
            marks.set_playhead(self._playhead_s)

    def _on_selection(self, _: frozenset[str]) -> None:
        for row in self.stack.rows:
            row.lane.selection_changed()

    def _on_range(self, range_ns: tuple[int, int] | None) -> None:
        for marks in self._all_marks():
            marks.set_range(_seconds(range_ns))
        self.player.restart()

    def _on_marking(self, is_marking: bool) -> None:
        for view in self._all_views():
            if is_marking:
                view.viewport().setCursor(Qt.CursorShape.CrossCursor)
            else:
                view.viewport().unsetCursor()
        self._show_hint()

    # -- the parts ------------------------------------------------------------------

    def _all_marks(self) -> Iterator[Marks]:
        yield self.axis_row.marks
        for row in self.stack.rows:
            yield row.marks

    def _all_views(self) -> Iterator[LaneView]:
        yield self.axis_row.view
        for row in self.stack.rows:
            yield row.view

    def _on_row_made(self, row: LaneRow) -> None:
        row.view.show_time(*self.time_window.shown)
        row.fit_values(self.time_window.shown)
        row.marks.set_playhead(self._playhead_s)
        row.marks.set_range(_seconds(self.session.range_ns))
        self.navigation.attach(row.view, row.lane)

    def _on_window(self, start: float, stop: float) -> None:
        for row in self.stack.rows:
            row.view.show_time(start, stop)
        self.axis_row.show_time(start, stop)
        if self.options.values_follow_view:
            self._fit_values()

    def _fit_values(self) -> None:
        for row in self.stack.rows:
            row.fit_values(self.time_window.shown)

    def _on_options(self) -> None:
        self._fit_values()
        for row in self.stack.rows:
            row.lane.options_changed()
        self._show_hint()

    def _on_hover(self, time_s: float | None) -> None:
        for marks in self._all_marks():
            marks.set_hover(time_s)
        if time_s is None:
            self.header.show_hover("")
            return
        values = [row.lane.text_at(time_s) for row in self.stack.shown_rows]
        known = [value for value in values if value]
        self.header.show_hover("  ·  ".join(["mouse " + time_text(time_s), *known]))

    def _on_gesture(self, text: str) -> None:
        if text:
            self.header.show_hint(Hint(text))
        else:
            self._show_hint()

    def _write_readings(self) -> None:
        self.header.show_readings(readings(self.session))

    def _show_hint(self) -> None:
        if self.session.is_marking:
            shown = Hint(MARK_HINT, is_warning=True)
        elif self._said:
            shown = Hint(self._said, is_warning=True)
        elif self.options.alignment_unlocked:
            shown = Hint(UNLOCKED_HINT, is_warning=True)
        else:
            shown = hint(self.session)
        has_lanes = bool(self.stack.shown_rows)
        self.axis_row.setVisible(has_lanes)
        self.stack.say(shown.text or "All lanes are hidden.")
        self.header.show_hint(shown if has_lanes else Hint())

    # -- buttons and menus ------------------------------------------------------------

    def _on_play(self, is_on: bool) -> None:
        said = ""
        if not is_on:
            self.player.stop()
        elif not self.player.is_playing and not self.player.start():
            self.header.play.setChecked(False)
            said = "There is no frame to play in the selected stretch of time."
        self._said = said
        self._show_hint()

    def _on_playing(self, is_playing: bool) -> None:
        self.header.play.setChecked(is_playing)

    def _on_loop(self, is_on: bool) -> None:
        self.player.loops = is_on

    def _on_select_range(self, is_on: bool) -> None:
        self.navigation.selects_range = is_on

    def _on_unlock(self, is_on: bool) -> None:
        self.options.set(alignment_unlocked=is_on)

    def _fill_lanes_menu(self) -> None:
        fill_lanes_menu(self._lanes_menu, self)

    def _on_menu(self, lane: Lane | None, place: QPoint) -> None:
        lane_menu(self, lane).popup(place)

    # -- keys and closing -------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Home, End and Esc; every other key is left to napari."""
        key, session = event.key(), self.session
        movie = session.movie
        if key == Qt.Key.Key_Home and movie is not None:
            session.go_to(0)
        elif key == Qt.Key.Key_End and movie is not None:
            session.go_to(len(movie) - 1)
        elif key != Qt.Key.Key_Escape or not self._escape():
            event.ignore()

    def _escape(self) -> bool:
        """Take back what is going on; whether there was something."""
        session = self.session
        if self.navigation.cancel():
            return True
        if session.is_marking:
            session.set_marking(False)
            return True
        if session.range_ns is not None:
            session.set_range(None)
            return True
        return False

    def closeEvent(self, event: QCloseEvent) -> None:
        """Stop playing and let go of the session."""
        self.navigation.cancel()
        self.player.stop()
        self._links.disconnect()
        super().closeEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up when shown again after a close."""
        if not self._links.are_made:
            self._connect_session()
        super().showEvent(event)


def _seconds(range_ns: tuple[int, int] | None) -> tuple[float, float] | None:
    """Nanoseconds to seconds."""
    return (
        None if range_ns is None else (range_ns[0] / NS_PER_S, range_ns[1] / NS_PER_S)
    )
