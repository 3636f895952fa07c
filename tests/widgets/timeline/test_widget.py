"""The timeline follows its session, and says so in words where it cannot."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QApplication, QMenu, QWidget

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.theme import DARK, LIGHT
from napari_insitu_tem.widgets.timeline import TimelineWidget
from napari_insitu_tem.widgets.timeline.pyramid import Pyramid
from napari_insitu_tem.widgets.timeline.readout import Reading
from timeline_scene import event, length, make_movie, make_trace

S = 10**9


def keys(timeline: TimelineWidget) -> list[str]:
    return [row.key for row in timeline.stack.rows]


def shown(timeline: TimelineWidget) -> list[str]:
    return [row.key for row in timeline.stack.shown_rows]


def playhead_s(timeline: TimelineWidget) -> list[float | None]:
    marks = [row.marks for row in timeline.stack.rows] + [timeline.axis_row.marks]
    return [None if m.playhead_s is None else m.playhead_s[0] for m in marks]


# -- playhead -------------------------------------------------------------------------


def test_playhead_stands_at_the_frames_start_in_every_lane(timeline, session) -> None:
    session.go_to(7)
    assert set(playhead_s(timeline)) == {10 + 2 * 7}
    assert timeline.axis_row.marks.playhead_s == (24.0, 24.5)


def test_playhead_follows_the_alignment(timeline, session) -> None:
    session.go_to(7)
    aligned = Experiment(make_movie(), make_trace()).align(offset_s=30.0).document
    session.edit("align", aligned)
    assert set(playhead_s(timeline)) == {30 + 2 * 7}
    session.undo()
    assert set(playhead_s(timeline)) == {10 + 2 * 7}


def test_a_step_draws_no_curve_anew(timeline, session, qtbot, monkeypatch) -> None:
    calls = []
    view = Pyramid.view
    monkeypatch.setattr(
        Pyramid, "view", lambda *args: calls.append(args) or view(*args)
    )
    for frame in range(0, 40, 5):
        session.go_to(frame)
        qtbot.wait(1)
        timeline.repaint()
    assert calls == []
    timeline.time_window.zoom(0.5, 50)
    timeline.grab()
    assert calls


def test_frame_without_a_time_is_said(session, show) -> None:
    still = Movie.from_array(np.zeros((5, 4, 4), np.uint8), name="still")
    timeline = show(session)
    session.add_movie(still)
    session.go_to(2, "still")
    assert set(playhead_s(timeline)) == {None}
    assert "has no frame times" in timeline.header.readout.text()
    assert "Type the frame interval" in timeline.header.hint_text.text()
    session.edit("interval", session.document.with_interval("still", 2.0))
    assert set(playhead_s(timeline)) == {4.0}
    assert timeline.header.hint_text.text().count("interval") == 0


def test_view_follows_a_playhead_that_leaves_it(timeline, session) -> None:
    session.go_to(0)
    timeline.time_window.show(0, 30)
    session.go_to(20)
    assert timeline.time_window.shown[0] < 50 < timeline.time_window.shown[1]
    # The user looks elsewhere: stepping does not pull the view back.
    timeline.time_window.show(150, 170)
    session.go_to(21)
    assert timeline.time_window.shown == (150, 170)


def test_readout_and_hover(timeline, session, mouse) -> None:
    session.go_to(20)
    text = timeline.header.readout.text()
    for part in ("20 of 50", "50.000 s", "V", "3.000 nA", "cycle"):
        assert part in text
    mouse.hover(mouse.at(40.0))
    said = timeline.header.hover.text()
    assert "40." in said
    assert "+0.4" in said
    assert "3.000 nA" in said
    # Where the record has a gap there is no value.
    mouse.hover(mouse.at(110.0))
    assert "nA" not in timeline.header.hover.text()
    assert all(
        row.marks.hover_s == pytest.approx(110, abs=0.2) for row in timeline.stack.rows
    )
    timeline.navigation.hovered.emit(None)
    assert timeline.axis_row.marks.hover_s is None


def test_the_readout_ends_between_two_values(timeline, session) -> None:
    session.go_to(20)
    header = timeline.header
    timeline.resize(420, 420)
    QApplication.processEvents()
    narrow = header.readout.text()
    assert narrow.endswith("…")
    assert "50.000 s" in narrow
    assert "cycle" in header.readout.toolTip()
    header.show_readings([Reading("frame", "20 of 50"), Reading("", "word " * 40)])
    assert header.readout.text().endswith("…</span>")
    assert header.readout.sizeHint().width() <= header.width()
    session.go_to(21)
    timeline.resize(1100, 420)
    QApplication.processEvents()
    assert "cycle" in header.readout.text()
    assert "…" not in header.readout.text()


# -- lanes ----------------------------------------------------------------------------


def test_lanes_that_show_at_first(timeline) -> None:
    assert keys(timeline) == ["coverage", "potential", "current", "charge"]
    assert shown(timeline) == ["coverage", "potential", "current"]


def test_lanes_have_titles_and_units(session, show, lane) -> None:
    def labels(key: str) -> tuple[str, str]:
        row = lane(key)
        return row.lane.title, row.lane.unit

    assert labels("potential") == ("Potential", "V")
    assert labels("current") == ("Current", "nA")
    against = replace(make_trace(), reference="Ag/AgCl")
    session.open(Experiment(make_movie(), against))
    assert labels("potential") == ("Potential", "V vs Ag/AgCl")


def test_lanes_come_and_go_with_rows(timeline, session) -> None:
    session.edit(
        "draw", session.document.with_records([length(3, 4), event("crack", 5, 5)])
    )
    assert keys(timeline)[:2] == ["coverage", "events"]
    assert "values:expansion|length|nm" in keys(timeline)
    session.undo()
    assert "events" not in keys(timeline)
    session.redo()
    assert "events" in keys(timeline)


def test_lanes_come_and_go_with_files(timeline, session) -> None:
    session.remove_trace("record")
    assert keys(timeline) == ["coverage"]
    assert "No trace yet" in timeline.header.hint_text.text()
    session.remove_movie("wire")
    assert keys(timeline) == []
    assert "Nothing is open yet" in timeline.stack.said
    assert not timeline.axis_row.isVisible()
    session.add_trace(make_trace())
    assert "potential" in keys(timeline)
    session.add_movie(make_movie("other"))
    assert "coverage" in keys(timeline)
    assert timeline.stack.said == ""
    assert timeline.axis_row.isVisible()


def test_hidden_lanes_stay_hidden(timeline, session) -> None:
    timeline.stack.show_lane("current", False)
    timeline.stack.show_lane("charge", True)
    assert shown(timeline) == ["coverage", "potential", "charge"]
    session.open(Experiment(make_movie(), make_trace()))
    assert shown(timeline) == ["coverage", "potential", "charge"]


def test_menu_shows_and_hides_lanes(timeline) -> None:
    timeline._lanes_menu.aboutToShow.emit()
    actions = {action.text(): action for action in timeline._lanes_menu.actions()}
    actions["Current (nA)"].setChecked(False)
    actions["Charge (nC)"].setChecked(True)
    assert shown(timeline) == ["coverage", "potential", "charge"]
    actions["Time: h:mm:ss"].trigger()
    assert timeline.axis_row.axis.is_clock


def test_choices_are_remembered(timeline, session, show) -> None:
    timeline.stack.show_lane("current", False)
    timeline.axis_row.set_time_style("clock")
    other = show(session)
    other.restore_view_state(timeline.view_state())
    assert shown(other) == ["coverage", "potential"]
    assert other.axis_row.axis.is_clock


def test_lanes_and_axis_are_in_line(timeline, session, show) -> None:
    session.edit(
        "draw", session.document.with_records([length(3, 4), event("crack", 5, 5)])
    )
    for size in ((1100, 420), (1100, 200), (800, 200), (900, 500)):
        timeline.resize(*size)
        QApplication.processEvents()
        views = [row.view for row in timeline.stack.shown_rows]
        edges = {
            (
                v.mapTo(timeline, v.plot_rect().topLeft().toPoint()).x(),
                v.plot_rect().width(),
            )
            for v in [*views, timeline.axis_row.view]
        }
        assert len(edges) == 1


def test_height_of_a_lane_can_be_dragged(timeline, lane) -> None:
    row = lane("potential")
    grip = timeline.stack._grips["potential"]
    grip.dragged.emit(150)
    assert row.height() == 150
    grip.dragged.emit(5)
    assert row.height() == row.lane.least_height
    grip.reset.emit()
    assert abs(row.height() - lane("current").height()) <= 1


def test_values_can_follow_the_view(timeline, lane) -> None:
    view = lane("potential").view
    assert view.box.viewRange()[1][1] > 2
    timeline.options.set(values_follow_view=True)
    timeline.time_window.show(10, 20)
    low, high = view.box.viewRange()[1]
    assert 0 < low < 0.1
    assert high < 0.25


def test_charge_and_current_have_their_own_prefix(timeline, lane) -> None:
    axis = lane("current").view.value_axis
    assert axis.tickStrings([3e-9], axis.scale, 1e-9) == ["3"]
    assert lane("charge").lane.unit == "nC"


def test_flipped_trace_is_drawn_anew(timeline, session, lane) -> None:
    flipped = replace(session.document, flipped=frozenset({"record"}))
    session.edit("flip", flipped)
    assert lane("current").lane.text_at(50) == "−3.000 nA"


# -- odd experiments ------------------------------------------------------------------


def nan_trace() -> Trace:
    time = np.arange(10.0)
    nan = np.full(10, np.nan)
    return Trace.from_columns(
        {
            "time_s": time,
            "potential_V": nan,
            "current_A": np.where(time > 5, time, np.nan),
        }
    )


@pytest.mark.parametrize(
    "experiment",
    [
        Experiment(),
        Experiment(make_movie(frames=1)),
        Experiment(make_movie(frames=1), make_trace(1)),
        Experiment(make_movie(), make_trace(0)),
        Experiment(make_movie(), make_trace(1)),
        Experiment(make_movie(), make_trace(2)),
        Experiment(make_movie(), nan_trace()),
        Experiment(trace=make_trace()),
        Experiment(Movie.from_array(np.zeros((3, 4, 4)), name="still"), make_trace()),
        Experiment(movies=[make_movie("a"), make_movie("b", start_s=1000.0)]),
    ],
    ids=lambda e: f"{len(e.movies)} movies {len(e.record) if e.record else 0} rows",
)
def test_odd_experiments_are_shown(session, show, experiment) -> None:
    timeline = show(session)
    session.open(experiment)
    timeline.grab()
    timeline.time_window.zoom(0.3, 0.0)
    session.seek(5 * S)
    if session.movie is not None:
        session.go_to(10**6)
    timeline.grab()
    start, stop = timeline.time_window.shown
    assert np.isfinite([start, stop]).all()
    assert stop > start


def test_movie_far_from_the_trace_offers_to_fit_both(timeline, session) -> None:
    session.open(Experiment(make_movie(), make_trace()).align(offset_s=5000.0))
    assert "do not overlap" in timeline.header.hint_text.text()
    timeline.time_window.show(0, 10)
    assert timeline.header.hint_button.text() == "Fit both"
    timeline.header.hint_button.click()
    start, stop = timeline.time_window.shown
    assert start < 0
    assert stop > 5090


def test_another_experiment_is_shown_whole(timeline, session) -> None:
    timeline.time_window.show(0, 1)
    session.open(Experiment(make_movie("b", frames=5)))
    assert timeline.time_window.is_fitted
    assert timeline.time_window.extent == (0, 8.5)
    assert set(playhead_s(timeline)) == {0}


# -- looks ----------------------------------------------------------------------------


def test_themes(timeline, session) -> None:
    session.edit(
        "draw", session.document.with_records([length(3, 4), event("crack", 5, 9)])
    )

    def corner() -> str:
        return timeline.grab().toImage().pixelColor(2, timeline.height() // 2).name()

    timeline.set_theme(LIGHT)
    assert corner() == LIGHT.background
    timeline.set_theme(DARK)
    assert corner() == DARK.background


@pytest.mark.parametrize("width", [520, 900, 1366])
def test_nothing_forces_the_window_wide(timeline, width) -> None:
    timeline.resize(width, 260)
    QApplication.processEvents()
    assert timeline.width() == width
    header = timeline.header
    for button in (header.play, header.speed, header.unlock, header.lanes):
        assert header.rect().contains(button.geometry())
    assert header.readout.width() > 300


def test_arrow_keys_are_left_to_the_slider(timeline, session) -> None:
    session.go_to(10)
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Space):
        press = QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)
        QApplication.sendEvent(timeline, press)
        assert not press.isAccepted()
    assert session.playhead.frame == 10
    # No part of it can take the focus and then eat them.
    takers = [
        widget
        for widget in timeline.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not isinstance(widget, QMenu)
    ]
    assert takers == []


def test_home_and_end(timeline, session, qtbot) -> None:
    session.go_to(10)
    qtbot.keyClick(timeline, Qt.Key.Key_End)
    assert session.playhead.frame == 49
    qtbot.keyClick(timeline, Qt.Key.Key_Home)
    assert session.playhead.frame == 0


# -- closing --------------------------------------------------------------------------


def listeners(session: Session) -> int:
    signals = (
        session.experiment_changed,
        session.document_changed,
        session.playhead_changed,
        session.selection_changed,
        session.range_changed,
        session.marking_changed,
    )
    return sum(len(signal) for signal in signals)


def test_closing_lets_go_of_the_session(timeline, session) -> None:
    timeline.header.play.setChecked(True)
    timeline.close()
    assert listeners(session) == 0
    assert not timeline.player.is_playing
    session.go_to(30)
    timeline.show()
    assert listeners(session) == 6
    assert set(playhead_s(timeline)) == {70}


def test_destroyed_timeline_is_not_called(session, qtbot) -> None:
    timeline = TimelineWidget(session)
    timeline.show()
    qtbot.waitExposed(timeline)
    gone = weakref.ref(timeline)
    timeline.hide()
    timeline.deleteLater()
    qtbot.waitUntil(lambda: listeners(session) == 0)
    del timeline
    gc.collect()
    assert gone() is None
    session.go_to(12)
    session.set_range((0, S))


def test_no_window_is_left_behind(session, qtbot) -> None:
    before = set(QApplication.topLevelWidgets())
    timeline = TimelineWidget(session)
    qtbot.addWidget(timeline)
    new = [w for w in QApplication.topLevelWidgets() if w not in before]
    orphans = [w for w in new if w is not timeline and w.parent() is None]
    assert orphans == []


def test_the_only_row_of_an_object_has_a_readable_axis(session, timeline) -> None:
    """Its change is 0, and 0 ± nothing is no range."""
    session.edit("draw", session.document.with_records([length(3, 4)]))
    row = next(row for row in timeline.stack.rows if row.key.startswith("values:"))
    row.view.show_values(0.0, 0.0)
    low, high = row.view.box.viewRange()[1]
    assert (low, high) == (-1.0, 1.0)
