"""Drift: planned, put in place, switched, forgotten, put into words."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import CancelledError, MeasurementError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.drifts import (
    doubted_frames,
    drift_sentence,
    forget_drift,
    mask_of,
    plan_drift,
    set_drift,
    switch_drift,
)
from napari_insitu_tem.state.kymographs import kymographs_of, pick_front
from napari_insitu_tem.state.measuring import add_record, copy_forward
from napari_insitu_tem.state.session import Session

MOVE = np.array([[t, -t] for t in range(6)])


def wandering():
    """A textured specimen that goes a pixel down and a pixel left in every frame."""
    ground = np.random.default_rng(3).normal(100, 20, (90, 90))
    frames = np.stack([ground[10 - t : 74 - t, 10 + t : 74 + t] for t in range(6)])
    return Movie.from_array(
        frames.astype(np.float32),
        name="film",
        pixel_size_nm=2.0,
        times_s=np.arange(6.0),
    )


@pytest.fixture
def session():
    return Session(Experiment(wandering()))


def estimated(session, region=None):
    plan = plan_drift(session, region)
    set_drift(session, plan.movie, plan.find(no_progress))
    return session.document.drifts["film"]


def box(y0, x0, y1, x1):
    return Geometry.of("polygon", [(y0, x0), (y0, x1), (y1, x1), (y1, x0)])


def test_the_drift_is_found_and_is_one_step(session):
    drift = estimated(session)
    assert drift.known == pytest.approx(MOVE, abs=0.02)
    assert drift.is_on
    assert session.history.undo_label == "estimate drift of film"
    session.undo()
    assert session.document.drifts == {}


def test_only_the_region_is_compared_and_kept(session):
    region = box(20, 20, 60, 60)
    drift = estimated(session, region)
    assert drift.region == region
    assert drift.known == pytest.approx(MOVE, abs=0.05)


def test_mask_is_true_inside_the_region():
    mask = mask_of(box(10, 20, 40, 60), wandering())
    assert mask.shape == (64, 64)
    assert mask[25, 40]
    assert not mask[25, 10]


@pytest.mark.parametrize("region", [box(10, 10, 15, 60), box(100, 100, 150, 150)])
def test_a_region_that_is_too_small_or_outside_is_refused(session, region):
    with pytest.raises(MeasurementError, match="smaller than 16 px"):
        plan_drift(session, region)


def test_without_contrast_it_is_refused_in_words():
    flat = Movie.from_array(np.full((4, 64, 64), 7, np.uint8), name="flat")
    plan = plan_drift(Session(Experiment(flat)))
    with pytest.raises(MeasurementError, match="cannot be told"):
        plan.find(no_progress)


def test_one_frame_or_none_has_no_drift():
    with pytest.raises(MeasurementError, match="Open a movie"):
        plan_drift(Session())
    one = Movie.from_array(np.zeros((1, 64, 64)), name="one")
    with pytest.raises(MeasurementError, match="single frame"):
        plan_drift(Session(Experiment(one)))


def test_after_cancel_everything_is_as_before(session):
    def stop(done, total, text=""):
        raise CancelledError("Drift")

    with pytest.raises(CancelledError):
        plan_drift(session).find(stop)
    assert session.document.drifts == {}
    assert not session.has_unsaved_edits


def test_it_is_switched_and_forgotten_and_both_are_undone(session):
    drift = estimated(session)
    switch_drift(session, "film", True)
    assert session.history.undo_label == "estimate drift of film"
    switch_drift(session, "film", False)
    assert session.document.corrected_drift("film") is None
    forget_drift(session, "film")
    assert session.document.drifts == {}
    session.undo()
    session.undo()
    assert session.document.drifts == {"film": drift}


def test_kymograph_follows_the_specimen_from_where_its_path_was_drawn(session):
    drift = estimated(session)
    path = Record.new(
        "path",
        object="path 1",
        movie="film",
        frame=3,
        geometry=Geometry.of("path", [(30.0, 15.0), (30.0, 50.0)]),
        attributes={"width_px": 1},
    )
    session.edit("path", session.document.with_records([path]))
    store = kymographs_of(session)
    order = store.order(path)
    steady = store.make(order).data
    assert np.abs(steady - steady[3]).max() < 5
    switch_drift(session, "film", False)
    assert store.order(path) != order
    raw = store.make(store.order(path)).data
    assert np.abs(raw - raw[3]).max() > 20
    np.testing.assert_array_equal(raw[3], steady[3])
    switch_drift(session, "film", True)
    assert store.order(path) == order
    assert drift.is_on


def test_a_front_is_placed_and_measured_on_the_path_where_it_lies(session):
    estimated(session)
    path = Record.new(
        "path",
        object="path 1",
        movie="film",
        frame=0,
        geometry=Geometry.of("path", [(30.0, 15.0), (30.0, 50.0)]),
    )
    session.edit("path", session.document.with_records([path]))
    session.toolbox.change("front", object="wire", path="path 1")
    session.go_to(5)
    row = pick_front(session, path, 5, 12.0)
    assert row.geometry.array()[0] == pytest.approx((35.0, 22.0), abs=0.1)
    beside = row.changed(geometry=Geometry.of("point", (38.0, 22.0)))
    placed = add_record(session, beside, snap_it=False)
    assert placed.geometry.array()[0] == pytest.approx((35.0, 22.0), abs=0.1)
    assert session.table("front")["value"][0] == pytest.approx(24.0, abs=0.2)
    assert session.table("front")["flag"][0] == ""


def test_where_the_drift_is_not_known_a_position_is_not_either(session):
    drift = estimated(session)
    shift = drift.known.copy()
    shift[2] = np.nan
    flags = ["", "", "blank", "", "", ""]
    set_drift(session, "film", MovieDrift.of(shift, drift.u_shift, flags))
    path = Record.new(
        "path",
        object="path 1",
        movie="film",
        frame=0,
        geometry=Geometry.of("path", [(30.0, 15.0), (30.0, 50.0)]),
    )
    session.edit("path", session.document.with_records([path]))
    session.toolbox.change("front", object="wire", path="path 1")
    rows = [pick_front(session, path, frame, 12.0) for frame in (1, 2)]
    session.edit("fronts", session.document.with_records(rows))
    table = session.table("front")
    assert list(table["flag"]) == ["", "no_drift"]
    assert np.isnan(table["value"]).tolist() == [False, True]
    kymographs = kymographs_of(session)
    data = kymographs.make(kymographs.order(path)).data
    assert np.isnan(data).all(axis=1).tolist() == [False, False, True] + [False] * 3


def test_the_drift_adds_to_the_uncertainty_of_a_position(session):
    drift = estimated(session)
    sure = drift.u_shift
    u = np.full((6, 2), 3.0)
    set_drift(session, "film", MovieDrift.of(drift.known, u, drift.flag))
    path = Record.new(
        "path",
        object="path 1",
        movie="film",
        frame=0,
        geometry=Geometry.of("path", [(30.0, 15.0), (30.0, 50.0)]),
    )
    session.edit("path", session.document.with_records([path]))
    session.toolbox.change("front", object="wire", path="path 1")
    rows = [pick_front(session, path, frame, 12.0) for frame in (0, 4)]
    session.edit("fronts", session.document.with_records(rows))
    pick = 1.0  # px, two nm each
    expected = [2 * pick, 2 * np.sqrt(pick**2 + 2 * 3.0**2)]
    assert session.table("front")["u_value"].tolist() == pytest.approx(expected)
    assert np.max(sure) < 1.0


def test_a_shape_that_is_copied_forward_goes_with_the_specimen(session):
    estimated(session)
    session.toolbox.change("expansion", object="wire", snap=False, stride=3)
    tool = session.toolbox["expansion"]
    line = Record.new(
        "expansion",
        object="wire",
        movie="film",
        frame=1,
        geometry=Geometry.of("line", [(20.0, 20.0), (20.0, 40.0)]),
        attributes={"quantity": tool.get("quantity")},
    )
    add_record(session, line, snap_it=False)
    session.go_to(1)
    copy = copy_forward(session, tool)
    assert copy.frame == 4
    there = [(23.0, 17.0), (23.0, 37.0)]
    assert copy.geometry.array() == pytest.approx(np.array(there), abs=0.1)


def test_words():
    drift = MovieDrift.of(
        [[0, 0], [3, -4], [np.nan, np.nan]],
        [[0, 0], [0.06, 0.08], [np.nan, np.nan]],
        ["", "jump", "blank"],
    )
    assert doubted_frames(drift) == [(1, "a jump"), (2, "is blank")]
    assert drift_sentence(drift, (2.0, 2.0)) == (
        "Largest shift: 10 nm (5.0 px), in frame 1. Known to 0.05 px (1 s.d.). "
        "2 of 3 frames are in doubt:"
    )
    assert drift_sentence(drift, None).startswith("Largest shift: 5.0 px, in frame 1.")
