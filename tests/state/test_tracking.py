"""Rows are followed from the user's own, and again after a correction."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from hands import make_movie as make_wire
from napari_insitu_tem.model.errors import CancelledError, MeasurementError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.state.kymographs import kymographs_of, moved_pick
from napari_insitu_tem.state.measuring import add_record, new_record
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking import (
    placed_rows,
    plan_correction,
    plan_tracking,
    put_tracked,
    register_tracker,
)
from napari_insitu_tem.state.tracking.finding import to_the_ends
from tracking_scene import (
    FRAMES,
    first_front,
    make_movie,
    make_session,
    pick,
    second_front,
    x_of,
)


def track(session, kind="front", direction="all"):
    """Follow at once, as the window does in the background."""
    plan = plan_tracking(session, kind, direction)
    outcome = plan.follow(no_progress)
    plan.done()
    assert put_tracked(session, plan, outcome)
    return outcome


def correction(session, change):
    """What an edit makes necessary; None for nothing."""
    rows = placed_rows(change)
    return plan_correction(session, rows[0]) if rows else None


def fronts(session, name="front 1"):
    """Frame to row of a front."""
    rows = session.document.of_kind("front")
    return {row.frame: row for row in rows if row.get("front") == name}


@pytest.fixture
def session():
    return make_session()


def test_one_pick_is_followed_through_all_frames(session):
    pick(session, 10, first_front(10))
    outcome = track(session)
    rows = fronts(session)
    assert sorted(rows) == list(range(FRAMES))
    assert rows[10].method == "manual"
    assert {row.method for frame, row in rows.items() if frame != 10} == {"tracked"}
    found = np.array([x_of(rows[f]) for f in range(FRAMES)])
    u = np.array([rows[f].u_pick_px or 1.0 for f in range(FRAMES)])
    away = (found - first_front(np.arange(FRAMES)))[1:]
    assert np.abs(away / u[1:]).max() < 5
    assert np.sqrt(np.mean(away**2)) < 1.0
    assert outcome.note.startswith("39 rows followed")
    table = session.table("front").set_index("frame")
    # In nm: half of the pixels, and the tracker's own uncertainty.
    assert table["u_value"][20] == pytest.approx(0.5 * rows[20].u_pick_px)
    assert table["method"][20] == "tracked"


@pytest.mark.parametrize(
    ("direction", "frames"),
    [("forward", range(20, FRAMES)), ("backward", range(31))],
)
def test_forward_and_backward_go_from_the_pick_beside_the_playhead(
    session, direction, frames
):
    pick(session, 30, first_front(30))
    pick(session, 20, first_front(20))
    session.go_to(25)
    track(session, direction=direction)
    assert sorted(set(fronts(session)) | {20, 30}) == sorted(set(frames) | {20, 30})


def test_the_selected_stretch_of_time_limits_it(session):
    pick(session, 10, first_front(10))
    session.set_range((int(4e9), int(8e9)))
    track(session)
    assert sorted(fronts(session)) == list(range(8, 17))
    session.set_range((int(15e9), int(18e9)))
    with pytest.raises(MeasurementError, match="selected stretch"):
        plan_tracking(session, "front", "all")


def test_only_every_nth_frame_gets_a_row_and_others_are_replaced(session):
    pick(session, 10, first_front(10))
    track(session)
    session.toolbox.change("front", stride=5)
    track(session)
    assert sorted(fronts(session)) == list(range(0, FRAMES, 5))


def test_following_again_keeps_rows_that_hold_and_is_one_step(session):
    pick(session, 10, first_front(10))
    before = session.document
    track(session)
    rows = fronts(session)
    track(session)
    assert all(fronts(session)[f] is row for f, row in rows.items())
    assert session.undo() == "follow front 1"
    assert session.document is before


def test_two_fronts_are_followed_together_in_their_order():
    session = make_session(fronts=2)
    pick(session, 30, first_front(30), "outer")
    pick(session, 5, second_front(5), "inner")
    track(session)
    for name, truth in (("outer", first_front), ("inner", second_front)):
        rows = fronts(session, name)
        frames = np.arange(5, FRAMES)
        found = np.array([x_of(rows[f]) for f in frames])
        assert np.sqrt(np.mean((found - truth(frames)) ** 2)) < 1.0
    table = session.table("front")
    assert len(table) == 2 * FRAMES


def test_a_correction_is_an_anchor_and_only_rows_between_picks_change(session):
    pick(session, 5, first_front(5))
    pick(session, 25, first_front(25))
    track(session)
    before = fronts(session)
    changes = []
    session.document_changed.connect(changes.append)
    (path,) = session.document.of_kind("path")
    moved = moved_pick(session, path, before[15], first_front(15) + 1.0)
    session.edit("move front", session.document.with_records([moved]))
    plan = correction(session, changes[-1])
    steps = session.history.undo_label
    outcome = plan.follow(no_progress)
    assert put_tracked(session, plan, outcome, onto=changes[-1].after)
    after = fronts(session)
    assert after[15] is moved
    assert after[15].method == "manual"
    assert {f for f in before if after[f] is not before[f]} <= set(range(6, 25))
    assert any(after[f] is not before[f] for f in (13, 14, 16, 17))
    assert (steps, session.history.undo_label) == (
        "move front",
        "move front and follow it again",
    )
    session.undo()
    assert fronts(session) == before
    # What is undone, or done again, is not followed up.
    assert correction(session, changes[-1]) is None
    session.redo()
    assert correction(session, changes[-1]) is None


def test_after_another_edit_following_again_is_a_step_of_its_own(session):
    pick(session, 5, first_front(5))
    track(session)
    changes = []
    session.document_changed.connect(changes.append)
    (path,) = session.document.of_kind("path")
    moved = moved_pick(session, path, fronts(session)[15], first_front(15) + 1.0)
    session.edit("move front", session.document.with_records([moved]))
    edited = changes[-1]
    plan = correction(session, edited)
    outcome = plan.follow(no_progress)
    session.edit("type interval", session.document.with_interval("wire", 0.25))
    assert put_tracked(session, plan, outcome, onto=edited.after)
    session.undo()
    assert session.history.undo_label == "type interval"


def test_a_pick_on_a_followed_frame_takes_the_place_of_the_row(session):
    pick(session, 5, first_front(5))
    track(session)
    pick(session, 12, first_front(12))
    rows = [row for row in session.document.of_kind("front") if row.frame == 12]
    assert [row.method for row in rows] == ["manual"]


@pytest.mark.parametrize(("off", "flag"), [(0.5, ""), (6.0, "low_contrast")])
def test_a_doubted_pick_is_doubted_no_longer_where_following_confirms_it(
    session, off, flag
):
    row = pick(session, 30, first_front(30) + off)
    pick(session, 10, first_front(10))
    doubted = session.document.with_records([row.changed(flag="low_contrast")])
    session.edit("doubt", doubted)
    track(session)
    now = session.document.records[row.id]
    assert now.flag == flag
    assert now.method == "manual" and now.geometry == row.geometry


def test_rows_that_changed_meanwhile_make_it_void(session):
    first = pick(session, 10, first_front(10))
    plan = plan_tracking(session, "front", "all")
    outcome = plan.follow(no_progress)
    session.edit("delete row", session.document.without_records([first.id]))
    before = session.document
    assert not put_tracked(session, plan, outcome)
    assert session.document is before


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_movie_that_was_closed_meanwhile_makes_it_void(session, comes_back):
    pick(session, 10, first_front(10))
    plan = plan_tracking(session, "front", "all")
    outcome = plan.follow(no_progress)
    session.remove_movie("wire")
    if comes_back:  # of the same name, but perhaps another one
        session.add_movie(make_movie(seed=2))
    before = session.document
    assert not put_tracked(session, plan, outcome)
    assert session.document is before


def test_cancelling_leaves_everything_as_it_was(session):
    pick(session, 10, first_front(10))
    before = session.document
    plan = plan_tracking(session, "front", "all")

    def stop(done, total, text=""):
        if "front" in text:
            raise CancelledError("enough")

    with pytest.raises(CancelledError):
        plan.follow(stop)
    assert session.document is before
    assert kymographs_of(session).followed == {}


def test_without_a_pick_it_says_what_to_do(session):
    with pytest.raises(MeasurementError, match="is picked on path 1"):
        plan_tracking(session, "front", "all")


def test_picks_that_cross_are_refused():
    session = make_session(fronts=2)
    pick(session, 10, 60.0, "a")
    pick(session, 10, 30.0, "b")
    pick(session, 20, 30.0, "a")
    pick(session, 20, 80.0, "b")
    plan = plan_tracking(session, "front", "all")
    with pytest.raises(MeasurementError, match="order"):
        plan.follow(no_progress)


# -- shapes --------------------------------------------------------------------------


def thickening_wire(frames=12, lost=()):
    """A bright wire that is 20 px wide at first and 2 px wider every second frame."""
    rng = np.random.default_rng(3)
    y = np.arange(96)[:, None]
    stack = []
    for t in range(frames):
        inside = abs(y - 47.5) < 10 + 0.5 * t
        level = 50 if t in lost else 50 + 60.0 * inside
        stack.append(rng.poisson(level * np.ones((96, 64))))
    return Movie.from_array(
        np.array(stack, dtype=np.uint16), name="wire", pixel_size_nm=0.5
    )


def wire_session(**about):
    session = Session(Experiment(thickening_wire(**about)))
    line = Geometry.of("line", [[38.0, 30.0], [57.0, 30.0]])
    record = new_record(session, session.toolbox["expansion"], line)
    return session, add_record(session, record, snap_it=True)


def test_a_diameter_is_followed_from_frame_to_frame():
    session, _ = wire_session()
    outcome = track(session, "expansion", "forward")
    table = session.table("expansion").set_index("frame")
    assert list(table.index) == list(range(12))
    truth = 0.5 * (20 + 2 * (np.arange(12) // 2))
    assert np.abs(table["value"] - truth).max() < 0.5
    assert set(table["method"][1:]) == {"tracked"}
    assert table["change_percent"][11] == pytest.approx(50, abs=5)
    assert outcome.note == "11 rows followed."
    session.undo()
    assert len(session.table("expansion")) == 1


def test_it_stops_where_the_edge_is_lost_for_good_and_says_why():
    session, _ = wire_session(lost=range(5, 12))
    outcome = track(session, "expansion", "all")
    table = session.table("expansion").set_index("frame")
    assert list(table.index) == list(range(5))
    assert set(table["flag"]) == {""}
    assert "Stopped at frame 5: no step in brightness" in outcome.note


def test_a_bad_frame_in_between_gets_no_row_and_is_named():
    session, _ = wire_session(lost=(6,))
    outcome = track(session, "expansion", "all")
    table = session.table("expansion").set_index("frame")
    assert list(table.index) == [*range(6), *range(7, 12)]
    assert "1 frame has none: no step in brightness" in outcome.note


def test_a_row_of_the_users_own_is_kept_and_gone_on_from():
    session, seed = wire_session()
    line = Geometry.of("line", [[20.0, 30.0], [70.0, 30.0]])
    own = type(seed).new(
        "expansion", object=seed.object, movie="wire", frame=4, geometry=line,
        attributes=dict(seed.attributes),
    )  # fmt: skip
    session.edit("draw", session.document.with_records([own]))
    session.select([seed.id])
    track(session, "expansion", "forward")
    assert session.document.records[own.id] is own


def test_a_corrected_shape_is_followed_on_to_the_next_of_the_users_own():
    session, _ = wire_session()
    track(session, "expansion", "forward")
    changes = []
    session.document_changed.connect(changes.append)
    rows = {r.frame: r for r in session.document.of_kind("expansion")}
    line = Geometry.of("line", [[44.0, 30.0], [57.0, 30.0]])
    moved = rows[5].changed(geometry=line, method="manual", u_pick_px=None)
    session.edit("move", session.document.with_records([moved]))
    plan = correction(session, changes[-1])
    assert put_tracked(session, plan, plan.follow(no_progress))
    after = {r.frame: r for r in session.document.of_kind("expansion")}
    assert all(after[f] is rows[f] for f in range(5))
    assert after[5] is moved


def layer_movie(frames=4):
    """A dark layer between a bright core and the ground, 10 px thick and growing."""
    rng = np.random.default_rng(5)
    y = np.arange(80)[:, None]
    stack = []
    for t in range(frames):
        level = np.where(y < 30, 60.0, np.where(y < 40 + t, 20.0, 40.0))
        stack.append(rng.poisson(level * np.ones((80, 48))))
    return Movie.from_array(np.array(stack, np.uint16), name="sei", pixel_size_nm=0.5)


def test_a_layer_is_followed_by_the_joint_fit_of_its_boundaries():
    session = Session(Experiment(layer_movie()))
    ends = [[[29.0, 5.0], [29.0, 42.0]], [[41.0, 5.0], [41.0, 42.0]]]
    band = Geometry.of("band", *ends)
    record = new_record(session, session.toolbox["sei"], band)
    add_record(session, record, snap_it=False)
    track(session, "sei", "forward")
    table = session.table("sei").set_index("frame")
    truth = 0.5 * (10 + np.arange(4))
    away = (table["value"] - truth)[1:]
    assert np.abs(away).max() < 0.15
    assert (np.abs(away) < 4 * table["u_value"][1:]).all()
    assert (table["u_value"][1:] < 0.15).all()
    assert list(table["method"]) == ["manual", "tracked", "tracked", "tracked"]


def disc_movie(frames=5):
    """A dark disc whose radius grows from 15 px by 1 px a frame, and drifts."""
    rng = np.random.default_rng(6)
    y, x = np.mgrid[:96, :96]
    stack = []
    for t in range(frames):
        away = np.hypot(y - 45 - t, x - 48)
        level = 60 - 40 * ndtr((15.0 + t - away) / 1.5)
        stack.append(rng.poisson(level))
    return Movie.from_array(np.array(stack, np.uint16), name="disc", pixel_size_nm=0.5)


def outline(radius, y=45.0):
    turn = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    return np.stack([y + radius * np.sin(turn), 48 + radius * np.cos(turn)], axis=1)


def test_an_outline_is_followed_as_a_region_and_again_after_a_correction():
    session = Session(Experiment(disc_movie()))
    session.toolbox.change("expansion", quantity="area", shape="polygon")
    shape = Geometry.of("polygon", outline(15.5))
    record = new_record(session, session.toolbox["expansion"], shape)
    add_record(session, record, snap_it=False)
    track(session, "expansion", "forward")
    table = session.table("expansion").set_index("frame")
    truth = 0.25 * np.pi * (15.0 + np.arange(5)) ** 2
    away = (table["value"] - truth)[1:]
    assert list(table["method"]) == ["manual"] + 4 * ["tracked"]
    assert (np.abs(away) < 4 * table["u_value"][1:]).all()
    assert (table["u_value"][1:] < 0.02 * truth[1:]).all()

    changes = []
    session.document_changed.connect(changes.append)
    rows = {r.frame: r for r in session.document.of_kind("expansion")}
    moved = rows[3].changed(
        geometry=Geometry.of("polygon", outline(18.2, 48.0)), method="manual"
    )
    session.edit("move", session.document.with_records([moved]))
    plan = correction(session, changes[-1])
    assert put_tracked(session, plan, plan.follow(no_progress))
    after = {r.frame: r for r in session.document.of_kind("expansion")}
    assert all(after[f] is rows[f] for f in range(3))
    assert after[3] is moved
    assert after[4].method == "tracked"


def test_another_kind_can_be_followed(session, monkeypatch):
    monkeypatch.setattr("napari_insitu_tem.state.tracking.TRACKERS", {})
    with pytest.raises(MeasurementError, match="not followed"):
        plan_tracking(session, "sei", "all")

    class Own:
        def plan(self, session, direction):
            return direction

        def correction(self, session, record):
            return None

    register_tracker("sei", Own())
    assert plan_tracking(session, "sei", "forward") == "forward"


def test_no_movie_no_shape():
    session = Session(Experiment(make_wire()))
    with pytest.raises(MeasurementError, match="no shape to follow"):
        plan_tracking(session, "expansion", "forward")


def test_a_layer_does_not_become_shorter_from_frame_to_frame():
    x = np.arange(10.5, 90.0)
    found = np.stack([40 + 0.1 * x, x], axis=1)
    drawn = np.array([[41.0, 9.8], [49.1, 91.0]])
    whole = to_the_ends(found, drawn)
    assert whole[[0, -1], 1] == pytest.approx([9.8, 91.0], abs=0.02)
    assert whole[:, 0] == pytest.approx(40 + 0.1 * whole[:, 1])
    assert np.array_equal(to_the_ends(found, drawn[::-1] * [1, 0]), found)
    ring = np.concatenate([found, found[:1]])
    assert to_the_ends(ring, drawn) is ring
