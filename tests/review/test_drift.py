"""A reaction front on a specimen that drifts: right with the drift corrected."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.paths import point_at
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.state.drifts import plan_drift, set_drift, switch_drift
from napari_insitu_tem.state.kymographs import set_width

#: A steady drift with a random walk on top.
DRIFT = {"drift_px_s": (0.05, -0.08), "drift_step_px": 0.1}


def estimated(desk):
    """Press the dock's button, and wait."""
    plan = plan_drift(desk.session)
    set_drift(desk.session, plan.movie, plan.find(no_progress))
    return desk.session.document.drifts[plan.movie]


def true_shift(desk):
    """(T, 2) where the content has moved to since the first frame."""
    truth = desk.truth[["drift_y_px", "drift_x_px"]].to_numpy()
    return truth - truth[0]


def follow_front(desk, frame=30):
    """Draw the path on the first frame, click the front on a later one, track."""
    shift = desk.truth[["drift_y_px", "drift_x_px"]].to_numpy()
    points = desk.drawn("path")
    drawn = desk.draw("path", "path", points + shift[0], object="path")
    set_width(desk.session, drawn, 11)
    along = desk.truth["front_nm"][frame] / desk.made.pixel_size_nm + 1.0
    point = point_at(points, along) + shift[frame]
    at = {"frame": frame, "object": "wire", "front": "front 1", "path": "path"}
    desk.draw("front", "point", [point], snap=False, **at)
    desk.track("front")
    rows = desk.table("front", front="front 1")
    rows = rows[rows["method"] == "tracked"]
    truth = desk.truth["front_nm"].to_numpy()[rows["frame"]]
    return rows, np.abs(rows["value"] - truth) / rows["u_value"]


def test_with_the_drift_corrected_the_front_is_where_it_is(desk):
    desk = desk("sulfur-in-tube", **DRIFT)
    drift = estimated(desk)
    away = (drift.known - true_shift(desk)) / np.array(drift.u_shift).clip(1e-9)
    assert np.median(np.abs(away[1:])) < 1.5
    rows, away = follow_front(desk)
    assert len(rows) == len(desk.truth) - 1
    assert set(rows["flag"]) == {""}
    assert np.mean(away < 2) > 0.85
    assert np.median(away) < 1.0
    assert away.max() < 5


def test_without_correction_it_is_not(desk):
    desk = desk("sulfur-in-tube", **DRIFT)
    estimated(desk)
    switch_drift(desk.session, desk.session.movie.name, False)
    _, away = follow_front(desk)
    assert np.mean(away < 2) < 0.5
    assert np.median(away) > 2
    assert away.max() > 5


def test_switching_the_drift_moves_the_positions_and_undo_brings_them_back(desk):
    desk = desk("sulfur-in-tube", **DRIFT)
    drift = estimated(desk)
    follow_front(desk)
    on = desk.table("front")["value"].to_numpy()
    switch_drift(desk.session, desk.session.movie.name, False)
    off = desk.table("front")["value"].to_numpy()
    along = drift.known[:, 1] * desk.made.pixel_size_nm
    assert off - on == pytest.approx(along, abs=0.3)
    desk.session.undo()
    assert desk.table("front")["value"].to_numpy() == pytest.approx(on)
