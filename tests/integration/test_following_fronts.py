"""A front is traced, corrected, doubted and described by a law, in the real window."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from mouse import Mouse
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.state.kymographs import moved_pick
from tracking_scene import FRAMES, START, first_front, make_session, pick, x_of

PATIENCE_MS = 60_000
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def link(window: Any) -> Any:
    """The window with a movie, its path, the timeline and the front dock."""
    link = link_of(window)
    link.session.open(make_session().experiment)
    yield link
    link.session.mark_saved()


@pytest.fixture
def dock(window: Any, link: Any) -> Any:
    dock = show_dock(window, "Front position")
    return getattr(dock, "inner", dock)


@pytest.fixture
def lane(window: Any, link: Any, qtbot: Any) -> Any:
    """The row of the kymograph's lane, once the image is there."""
    timeline = show_dock(window, "Timeline")
    timeline = getattr(timeline, "inner", timeline)

    def row() -> Any:
        rows = timeline.stack.rows
        return next((r for r in rows if r.key.startswith("kymograph")), None)

    qtbot.waitUntil(
        lambda: row() is not None and row().lane._image._grey is not None,
        timeout=PATIENCE_MS,
    )
    return row()


def wait_for_tracking(link: Any, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not link.tracking.is_busy, timeout=PATIENCE_MS)


def fronts(link: Any) -> dict[int, Any]:
    return {row.frame: row for row in link.session.document.of_kind("front")}


def place(lane: Any, frame: float, x: float) -> Any:
    """Where a front is in the kymograph: s, and nm along the path."""
    return Mouse(lane.view).at_value(0.5 * frame + 0.05, 0.5 * (x - START))


def test_one_click_in_the_kymograph_traces_a_front(link, dock, lane, qtbot):
    session, mouse = link.session, Mouse(lane.view)
    spot = place(lane, 24, first_front(24) + 2)
    assert "Alt+click" in lane.lane.tip_at(lane.view.mouse_at(spot))
    mouse.click(spot, modifiers=ALT)
    assert link.tracking.is_busy
    assert dock.track_bar._work.isVisibleTo(dock)
    wait_for_tracking(link, qtbot)
    rows = fronts(link)
    assert Counter(row.method for row in rows.values()) == {
        "tracked": FRAMES - 1,
        "snapped": 1,
    }
    away = [x_of(rows[f]) - first_front(f) for f in range(1, FRAMES)]
    assert np.sqrt(np.mean(np.square(away))) < 1.0
    assert "39 rows followed" in dock.message.text()
    # One step takes the pick and the trace back.
    session.undo()
    assert fronts(link) == {}
    session.redo()

    # Dragging a followed point makes it the user's own, and is followed up.
    session.toolbox.change("front", snap=False)
    before = fronts(link)
    x = x_of(before[30])
    mouse.drag(*(place(lane, 30, x + d) for d in (0, 5, 10)))
    assert fronts(link)[30].method == "manual"
    wait_for_tracking(link, qtbot)
    after = fronts(link)
    assert after[30].method == "manual"
    assert all(after[f] is before[f] for f in range(24))
    assert session.history.undo_label == "move front and follow it again"
    session.undo()
    assert fronts(link) == before
    # The same from the menu of the lane, for another front.
    spot = place(lane, 20, first_front(20) - 60)
    lane.lane.cursor_at(lane.view.mouse_at(spot))
    assert "trace" in [choice.key for choice in lane.lane.choices()]
    lane.lane.choose("trace")
    wait_for_tracking(link, qtbot)
    assert session.toolbox["front"].get("front") == "front 2"


def test_buttons_keys_cancel_and_doubts(link, dock, canvas, qtbot, window):
    session, bar = link.session, dock.track_bar
    assert not bar.buttons["all"].isEnabled()
    pick(session, 10, first_front(10))
    before = session.document
    qtbot.mouseClick(bar.buttons["all"], Qt.MouseButton.LeftButton)
    assert link.tracking.is_busy
    qtbot.mouseClick(bar.cancel, Qt.MouseButton.LeftButton)
    wait_for_tracking(link, qtbot)
    assert session.document is before
    assert "as they were" in dock.message.text()

    canvas.native.setFocus()
    session.toolbox.activate("front")
    session.toolbox.activate("")
    canvas.key(Qt.Key.Key_K)
    wait_for_tracking(link, qtbot)
    assert sorted(fronts(link)) == list(range(10, FRAMES))
    canvas.key(Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    wait_for_tracking(link, qtbot)
    assert sorted(fronts(link)) == list(range(FRAMES))

    flagged = [fronts(link)[f].changed(flag="jump") for f in (7, 20)]
    session.edit("flag", session.document.with_records(flagged))
    assert bar.doubted.text() == "2 doubted"
    session.select([])
    session.go_to(0)
    canvas.key(Qt.Key.Key_J)
    assert session.playhead.frame == 7
    assert "moved much farther" in dock.row_view._text.text()
    canvas.key(Qt.Key.Key_J)
    assert session.playhead.frame == 20
    qtbot.mouseClick(bar.previous, Qt.MouseButton.LeftButton)
    assert session.playhead.frame == 7

    bar.list.aboutToShow.emit()
    listed = bar.list.actions()
    assert [action.text().split(",")[0] for action in listed] == ["frame 7", "frame 20"]
    listed[1].trigger()
    assert session.playhead.frame == 20


def test_corrections_in_quick_succession_are_all_followed_up(link, qtbot):
    session = link.session
    for frame in (5, 20, 35):
        pick(session, frame, first_front(frame))
    link.tracking.track("front", "all")
    wait_for_tracking(link, qtbot)
    (path,) = session.document.of_kind("path")
    before, said = fronts(link), []
    link.tracking.ended.connect(said.append)
    for frame in (12, 28):
        x = first_front(frame) + 1.5 - START
        moved = moved_pick(session, path, before[frame], x)
        session.edit("move front", session.document.with_records([moved]))
    wait_for_tracking(link, qtbot)
    after = fronts(link)
    assert [after[f].method for f in (12, 28)] == ["manual", "manual"]
    # The first was overtaken by the second, and done anew; then the second.
    assert said == ["", "13 rows followed.", "13 rows followed."]
    assert all(after[f] is before[f] for f in (4, 5, 20, 35, 36))
    # A correction that is taken back meanwhile is not followed up.
    moved = moved_pick(session, path, after[8], x_of(after[8]) + 8 - START)
    session.edit("move front", session.document.with_records([moved]))
    assert link.tracking.is_busy
    session.undo()
    wait_for_tracking(link, qtbot)
    assert fronts(link) == after


def test_closing_the_movie_while_it_is_followed_adds_no_row(link, dock, lane, qtbot):
    session, said = link.session, []
    for frame in (8, 28):
        pick(session, frame, first_front(frame))
    session.message.connect(said.append)
    link.tracking.track("front", "all")
    session.remove_movie("wire")
    wait_for_tracking(link, qtbot)
    assert said[-1] == "wire was closed meanwhile: nothing was followed."
    assert len(session.document.of_kind("front")) == 2


def test_a_rate_law_is_fitted_shown_saved_and_forgotten(
    link, dock, lane, qtbot, tmp_path
):
    session, laws = link.session, dock.laws
    laws.set_open(True)
    laws.fit()
    assert "too few rows" in laws.verdict.text()
    for frame in range(0, FRAMES, 3):
        pick(session, frame, first_front(frame))
    laws.form.start.set_value(10.0)
    laws.form.only_picks.setChecked(True)
    laws.fit()
    qtbot.waitUntil(lambda: laws.report() is not None, timeout=PATIENCE_MS)
    assert laws.verdict.text().startswith("Parabolic")
    assert "parabolic constant" in laws.numbers.text()
    assert laws.residuals.isVisibleTo(dock)
    assert len(lane.lane._laws._lines) == 2
    laws.save_to(tmp_path / "law.csv")
    text = (tmp_path / "law.csv").read_text("utf-8")
    assert "parabolic_constant" in text
    laws._copy()
    session.edit("delete", session.document.without_records([fronts(link)[3].id]))
    assert "changed since" in laws.verdict.text()
    assert lane.lane._laws._lines == []
    assert "parabolic constant" in laws.numbers.text()
    session.undo()
    assert laws.verdict.text().startswith("Parabolic")
    assert len(lane.lane._laws._lines) == 2
    laws.form.start.box.setChecked(False)
    laws._forget()
    assert laws.report() is None
    session.undo()
    assert laws.form.start.value == 10.0  # as it was fitted
