"""What the mouse does over the lanes, with real events."""

from __future__ import annotations

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QToolTip

from mouse import CTRL, MIDDLE, SHIFT, Mouse
from napari_insitu_tem.model.experiment import Experiment
from timeline_scene import event, length, make_movie, make_trace

S = 10**9
FRAME_AT_40 = 15


@pytest.fixture
def steps(session) -> list[object]:
    """Every playhead that was emitted."""
    seen: list[object] = []
    session.playhead_changed.connect(seen.append)
    return seen


# -- seeking --------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["potential", "current", "coverage"])
def test_click_goes_to_the_frame(session, lane, steps, key) -> None:
    over = Mouse(lane(key).view)
    over.click(over.at(40.5))
    assert session.playhead.frame == FRAME_AT_40
    assert len(steps) == 1


def test_click_on_the_time_axis(session, timeline) -> None:
    over = Mouse(timeline.axis_row.view)
    over.click(over.at(40.5, 3))
    assert session.playhead.frame == FRAME_AT_40


def test_scrubbing_is_coalesced_and_ends_where_the_button_is_released(
    session, mouse, steps
) -> None:
    places = [mouse.at(20 + 0.3 * i) for i in range(200)]
    mouse.drag(*places)
    # Released at 79.7 s: no waiting, no dropped last position.
    assert session.playhead.frame == 34
    assert len(steps) <= 20
    assert steps[-1].frame == 34


def test_scrubbing_follows_while_the_button_is_held(session, mouse, qtbot) -> None:
    mouse.press(mouse.at(20.5))
    mouse.drag_to(mouse.at(30.5))
    mouse.drag_to(mouse.at(60.5))
    qtbot.waitUntil(lambda: session.playhead.frame == 25, timeout=500)
    mouse.release(mouse.at(60.5))
    assert session.playhead.frame == 25


def test_no_echo(session, timeline, mouse, steps, monkeypatch) -> None:
    """A step moves the marks, and the marks move nothing."""
    seeks = []
    monkeypatch.setattr(timeline.navigation._seek, "_apply", seeks.append)
    for frame in (3, 10, 49, 0):
        session.go_to(frame)
    assert [step.frame for step in steps] == [3, 10, 49, 0]
    assert seeks == []


def test_other_lanes_do_not_move_what_they_show(timeline, lane, mouse) -> None:
    before = timeline.time_window.shown
    mouse.drag(mouse.at(20), mouse.at(60), mouse.at(80))
    assert timeline.time_window.shown == before


# -- view -----------------------------------------------------------------------------


def test_wheel_zooms_about_the_mouse_in_time_only(timeline, lane, mouse) -> None:
    values = lane("potential").view.box.viewRange()[1]
    place = mouse.at(60.0)
    before = mouse.view.mouse_at(place).time_s
    span = timeline.time_window.span
    mouse.wheel(place, 2)
    assert timeline.time_window.span == pytest.approx(span / 1.25**2)
    assert mouse.view.mouse_at(place).time_s == pytest.approx(before)
    assert lane("potential").view.box.viewRange()[1] == values
    for row in timeline.stack.rows:
        assert row.view.box.viewRange()[0] == pytest.approx(timeline.time_window.shown)


def test_shift_and_wheel_pans(timeline, mouse) -> None:
    timeline.time_window.show(50, 100)
    mouse.wheel(mouse.at(75), -1, SHIFT)
    assert timeline.time_window.shown == pytest.approx((55, 105))


def test_double_click_shows_all(timeline, mouse) -> None:
    timeline.time_window.show(50, 60)
    mouse.double_click(mouse.at(55))
    assert timeline.time_window.is_fitted
    assert timeline.time_window.extent == (0, 220)


@pytest.mark.parametrize(
    "how", [{"button": MIDDLE}, {"modifiers": CTRL}], ids=["middle", "ctrl"]
)
def test_panning_keeps_the_grabbed_moment_under_the_mouse(
    timeline, session, mouse, how, steps
) -> None:
    timeline.time_window.show(50, 100)
    start, end = mouse.at(80), mouse.at(65)
    mouse.drag(start, mouse.at(75), end, **how)
    assert mouse.view.mouse_at(end).time_s == pytest.approx(80)
    assert steps == []


# -- a stretch of time ----------------------------------------------------------------


def test_shift_and_drag_selects_a_stretch_in_all_lanes(
    session, timeline, mouse, steps
) -> None:
    mouse.drag(mouse.at(60), mouse.at(50), mouse.at(30), modifiers=SHIFT)
    start, stop = session.range_ns
    assert (start / S, stop / S) == pytest.approx((30, 60), abs=0.01)
    for row in timeline.stack.rows:
        assert row.marks.range_s == pytest.approx((30, 60), abs=0.01)
    assert steps == []


def test_edges_of_the_stretch_can_be_dragged(session, mouse) -> None:
    session.set_range((30 * S, 60 * S))
    mouse.drag(mouse.at(60.1), mouse.at(80), mouse.at(90))
    assert session.range_ns[0] == 30 * S
    assert session.range_ns[1] / S == pytest.approx(90, abs=0.01)
    # Past the other edge it turns over.
    mouse.drag(mouse.at(90), mouse.at(20))
    assert session.range_ns[0] / S == pytest.approx(20, abs=0.01)
    assert session.range_ns[1] == 30 * S


def test_edges_show_a_cursor(session, mouse) -> None:
    session.set_range((30 * S, 60 * S))
    mouse.hover(mouse.at(30.1))
    assert mouse.view.viewport().cursor().shape() == Qt.CursorShape.SizeHorCursor
    mouse.hover(mouse.at(45))
    assert mouse.view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor


def test_button_lets_a_plain_drag_select(session, timeline, mouse) -> None:
    timeline.header.range.setChecked(True)
    mouse.drag(mouse.at(30), mouse.at(60))
    assert session.range_ns is not None
    mouse.click(mouse.at(100))
    assert session.range_ns is None
    timeline.header.range.setChecked(False)
    mouse.drag(mouse.at(30), mouse.at(60))
    assert session.range_ns is None


def test_escape_clears_the_stretch(session, timeline, qtbot) -> None:
    session.set_range((30 * S, 60 * S))
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    assert session.range_ns is None


def test_escape_puts_back_the_stretch_before_the_drag(
    session, timeline, mouse, qtbot
) -> None:
    session.set_range((30 * S, 60 * S))
    mouse.press(mouse.at(60))
    mouse.drag_to(mouse.at(90))
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    mouse.release(mouse.at(95))
    assert session.range_ns == (30 * S, 60 * S)


def test_playing_the_selected_stretch(session, timeline, qtbot) -> None:
    session.set_range((30 * S, 34 * S))
    timeline.player.set_speed(100)
    timeline.header.play.setChecked(True)
    qtbot.waitUntil(lambda: not timeline.player.is_playing, timeout=3000)
    assert session.playhead.frame == 11
    assert not timeline.header.play.isChecked()


def test_playing_where_nothing_is_says_so(session, timeline) -> None:
    session.set_range((150 * S, 160 * S))
    timeline.header.play.setChecked(True)
    assert not timeline.header.play.isChecked()
    assert "no frame to play" in timeline.header.hint_text.text()


# -- marking a moment -----------------------------------------------------------------


def test_marking_a_moment_of_the_trace(session, timeline, mouse, steps) -> None:
    marked = []
    session.moment_marked.connect(marked.append)
    session.set_marking(True)
    assert mouse.view.viewport().cursor().shape() == Qt.CursorShape.CrossCursor
    assert "Click the moment on the trace" in timeline.header.hint_text.text()
    mouse.click(mouse.at(123.0))
    assert [moment / S for moment in marked] == pytest.approx([123.0], abs=0.01)
    assert not session.is_marking
    assert mouse.view.viewport().cursor().shape() != Qt.CursorShape.CrossCursor
    assert "Click" not in timeline.header.hint_text.text()
    assert steps == []


def test_escape_stops_marking(session, timeline, qtbot) -> None:
    session.set_marking(True)
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    assert not session.is_marking


# -- aligning by dragging -------------------------------------------------------------


@pytest.fixture
def bar(timeline, lane) -> Mouse:
    """The mouse over the coverage lane, with the alignment unlocked."""
    timeline.header.unlock.setChecked(True)
    return Mouse(lane("coverage").view)


def test_locked_bar_does_not_move(session, lane) -> None:
    over = Mouse(lane("coverage").view)
    over.drag(over.at(30), over.at(60))
    assert session.experiment.alignment().offset_s == 10
    assert session.history.undo_label == ""
    assert session.playhead.frame == 25


def test_dragging_the_bar_aligns_as_one_step(session, timeline, bar, qtbot) -> None:
    changes = []
    session.document_changed.connect(changes.append)
    bar.press(bar.at(30))
    bar.drag_to(bar.at(40))
    bar.drag_to(bar.at(55))
    qtbot.waitUntil(lambda: session.experiment.alignment().offset_s > 30)
    assert changes[-1].is_preview
    assert "offset +35" in timeline.header.hint_text.text()
    assert "moved +25" in timeline.header.hint_text.text()
    assert timeline.axis_row.marks.playhead_s[0] == pytest.approx(35, abs=0.3)
    bar.release(bar.at(60))
    alignment = session.experiment.alignment()
    assert alignment.method == "dragged"
    assert alignment.offset_s == pytest.approx(40, abs=0.3)
    # Not finer than a pixel of the screen says.
    assert alignment.offset_s == round(alignment.offset_s, 1)
    assert session.history.undo_label == "drag alignment"
    assert len(session.document.alignments["wire"]) == 2
    session.undo()
    assert session.experiment.alignment().offset_s == 10
    assert session.history.undo_label == ""


def test_escape_puts_the_bar_back(session, timeline, bar, qtbot) -> None:
    before = session.document
    bar.press(bar.at(30))
    bar.drag_to(bar.at(60))
    qtbot.waitUntil(lambda: session.experiment.alignment().offset_s > 30)
    qtbot.keyClick(timeline, Qt.Key.Key_Escape)
    bar.release(bar.at(70))
    assert session.document is before
    assert session.history.undo_label == ""


def test_click_on_a_bar_changes_nothing(session, bar) -> None:
    before = session.document
    bar.click(bar.at(30))
    assert session.document is before
    assert session.history.undo_label == ""


def test_bar_has_a_hand_only_when_unlocked(timeline, lane, qtbot) -> None:
    over = Mouse(lane("coverage").view)
    shape = over.view.viewport().cursor
    over.hover(over.at(30))
    assert shape().shape() != Qt.CursorShape.OpenHandCursor
    timeline.header.unlock.setChecked(True)
    assert "unlocked" in timeline.header.hint_text.text()
    over.hover(over.at(30))
    assert shape().shape() == Qt.CursorShape.OpenHandCursor
    assert QToolTip.isVisible()
    over.hover(over.at(200))
    assert shape().shape() != Qt.CursorShape.OpenHandCursor
    qtbot.waitUntil(lambda: not QToolTip.isVisible())


def test_points_move_along_with_the_bar(session, bar, lane, qtbot) -> None:
    session.edit("draw", session.document.with_records([length(5, 4)]))
    points = lane("values:expansion|length|nm").lane
    assert points.points.time_s.tolist() == [20]
    bar.press(bar.at(30))
    bar.drag_to(bar.at(60))
    qtbot.waitUntil(lambda: points.points.time_s[0] > 45)
    bar.release(bar.at(60))
    assert points.points.time_s[0] == pytest.approx(50, abs=0.3)


def test_grabbed_moment_stays_under_the_mouse_with_another_rate(
    session, bar, timeline
) -> None:
    fitted = Experiment(make_movie(), make_trace()).align(
        pairs=[(0, 10), (40, 50.2), (90, 100.5)]
    )
    session.open(fitted)
    held = int(session.experiment.alignment().to_movie_ns(80 * S))
    bar.drag(bar.at(80), bar.at(90), bar.at(120))
    assert session.experiment.alignment().rate == 1.0
    there = int(session.experiment.alignment().to_trace_ns(held))
    assert there / S == pytest.approx(120, abs=0.3)


# -- rows -----------------------------------------------------------------------------


@pytest.fixture
def rows(session, timeline) -> list[object]:
    """Three lengths (the last one flagged) and two events."""
    records = [
        length(0, 4.0),
        length(20, 5.0),
        length(30, 6.0, "NW-B", flag="low_contrast"),
        event("crack", 10, 10),
        event("gas bubble", 20, 30),
    ]
    session.edit("draw", session.document.with_records(records))
    return records


def test_click_on_a_point_selects_its_row_and_goes_there(
    session, rows, lane, qtbot
) -> None:
    row = lane("values:expansion|length|nm")
    points = row.lane.points
    over = Mouse(row.view)
    over.click(over.at_value(50.3, points.value[1]))
    assert session.selection == {rows[1].id}
    assert session.playhead.frame == 20
    ring = row.lane._ring.getData()
    assert ring[0].tolist() == [50]
    # Beside all points it is a click like any other.
    over.click(over.at_value(90.5, points.value[1]))
    assert session.playhead.frame == 40


def test_ctrl_click_adds_a_row_to_the_selection(session, rows, lane) -> None:
    row = lane("values:expansion|length|nm")
    over = Mouse(row.view)
    values = row.lane.points.value
    over.click(over.at_value(10, values[0]))
    over.click(over.at_value(50, values[1]), modifiers=CTRL)
    assert session.selection == {rows[0].id, rows[1].id}
    over.click(over.at_value(10, values[0]), modifiers=CTRL)
    assert session.selection == {rows[1].id}


def test_points_say_what_they_are(session, rows, lane, timeline) -> None:
    row = lane("values:expansion|length|nm").lane
    assert (row.title, row.unit) == ("Length change", "%")
    assert [name for _, name in row.legend] == ["NW-A", "NW-B"]
    hollow = [not spot.brush().isOpaque() for spot in row._scatter.points()]
    assert hollow[-1]
    over = Mouse(lane(row.key).view)
    place = over.at_value(50, row.points.value[1])
    tip = row.tip_at(over.view.mouse_at(place))
    for part in ("NW-A", "%", "50.000 s", "frame 20"):
        assert part in tip


def test_point_lane_can_show_the_value_itself(session, rows, lane) -> None:
    row = lane("values:expansion|length|nm").lane
    assert {choice.key for choice in row.choices()} == {"change", "value"}
    row.choose("value")
    assert (row.title, row.unit) == ("Length", "nm")
    assert row.points.value.tolist() == pytest.approx([2.0, 2.5, 3.0])


def test_points_are_the_numbers_of_the_table(session, rows, lane) -> None:
    row = lane("values:expansion|length|nm").lane
    table = session.table("expansion")
    assert row.points.value.tolist() == table["change_percent"].tolist()
    assert row.points.time_s.tolist() == table["time_s"].tolist()
    session.edit(
        "longer", session.document.with_records([rows[1].changed(comment="x")])
    )
    moved = length(20, 8.0).changed(id=rows[1].id)
    session.preview(session.document.with_records([moved]))
    assert (
        row.points.value.tolist()
        == session.table("expansion")["change_percent"].tolist()
    )
    session.cancel_preview()


def test_click_on_an_event_selects_it(session, rows, lane) -> None:
    over = Mouse(lane("events").view)
    over.click(over.at(30.2, 8))
    assert session.selection == {rows[3].id}
    assert session.playhead.frame == 10
    over.click(over.at(60.0, 12))
    assert session.selection == {rows[4].id}


def test_events_say_what_they_are(session, rows, lane) -> None:
    row = lane("events").lane
    crack, bubble = row.marks
    assert (crack.label, crack.is_span, crack.start_s) == ("crack", False, 30)
    assert (bubble.start_s, bubble.stop_s) == (50, 70)
    vocabulary = {term.label: term.colour for term in session.document.vocabulary}
    assert crack.colour == vocabulary["crack"]
    over = Mouse(lane("events").view)
    tip = row.tip_at(over.view.mouse_at(over.at(60, 10)))
    assert "gas bubble" in tip
    assert "lasts 20 s" in tip


def test_bar_says_what_it_is(lane) -> None:
    row = lane("coverage")
    over = Mouse(row.view)
    tip = row.lane.tip_at(over.view.mouse_at(over.at(50, 12)))
    assert "50 frames" in tip
    assert "Offset +10.000 s" in tip


def test_movies_share_rows_where_they_do_not_overlap(session, lane) -> None:
    session.add_movie(make_movie("later", start_s=150.0))
    session.add_movie(make_movie("beside", start_s=50.0))
    rows = {bar.movie: bar.row for bar in lane("coverage").lane.bars}
    assert rows == {"wire": 0, "later": 0, "beside": 1}
