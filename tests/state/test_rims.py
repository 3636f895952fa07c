"""Outlines and ellipses of round bodies, drawn and followed as the docks do it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_insitu_tem.measure.sizes import polygon_area
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.measuring import add_record, new_record, touched
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking import plan_tracking, put_tracked

RADII = 22 + 1.5 * np.arange(4)
Y, X = np.mgrid[:88, :88] - 44.0


def session_with(*, is_round=True, dose=150):
    """A particle that grows from frame to frame."""
    rng = np.random.default_rng(4)
    frames = []
    for radius in RADII:
        inside = 1 - (Y**2 + X**2) / radius**2
        thick = np.sqrt(np.maximum(inside, 0)) if is_round else inside > 0
        frames.append(rng.poisson(dose * gaussian_filter(np.exp(-0.6 * thick), 1.3)))
    stack = np.array(frames, np.uint16)
    return Session(Experiment(Movie.from_array(stack, name="m", pixel_size_nm=1.0)))


def outline(radius, corners=16):
    angle = 2 * np.pi * np.arange(corners) / corners
    ring = np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return Geometry.of("polygon", 44 + radius * ring)


def draw(session, geometry, *, snap=True):
    session.toolbox.change("expansion", object="p", quantity="area", volume_model="")
    record = new_record(session, session.toolbox["expansion"], geometry)
    return add_record(session, record, snap_it=snap)


def follow(session):
    plan = plan_tracking(session, "expansion", "forward")
    assert put_tracked(session, plan, plan.follow(no_progress))
    return session.table("expansion").sort_values("frame")


@pytest.mark.parametrize(("is_round", "body"), [(True, "ball"), (False, "flat")])
def test_the_row_says_what_the_rim_was_taken_for(is_round, body):
    row = draw(session_with(is_round=is_round), outline(21))
    assert (row.method, row.flag, row.get("body")) == ("snapped", "", body)
    area = polygon_area(row.geometry.parts[0])
    u_area = area.sensitivity * row.u_pick_px
    assert abs(area.value - np.pi * RADII[0] ** 2) < max(3 * u_area, 15)


def test_a_row_that_the_user_moves_says_no_more():
    row = draw(session_with(), outline(21))
    moved = touched(row, outline(23))
    assert (moved.method, moved.get("body"), moved.u_pick_px) == ("manual", "", None)


@pytest.mark.parametrize("snap", [True, False])
def test_an_outline_of_a_round_particle_is_followed_by_its_rim(snap):
    session = session_with()
    draw(session, outline(RADII[0] if not snap else 21), snap=snap)
    rows = follow(session)
    assert rows["method"].tolist() == [
        "snapped" if snap else "manual",
        *["tracked"] * 3,
    ]
    assert set(rows["body"].iloc[1:]) == {"ball"}
    away = rows["value"].to_numpy() - np.pi * RADII**2
    assert np.all(np.abs(away[1:]) < 3.5 * rows["u_value"].to_numpy()[1:])


def test_an_outline_of_a_flat_particle_is_followed_as_a_region():
    session = session_with(is_round=False)
    draw(session, outline(21))
    rows = follow(session)
    assert rows["body"].iloc[0] == "flat"
    assert rows["value"].to_numpy() == pytest.approx(np.pi * RADII**2, rel=0.02)


def test_an_ellipse_is_followed_by_the_rim_of_the_ball():
    session = session_with()
    ends = [[[44, 23], [44, 65]], [[22, 44], [65, 44]]]
    draw(session, Geometry.of("ellipse", *ends))
    rows = follow(session)
    assert set(rows["body"]) == {"ball"}
    assert rows["value"].to_numpy() == pytest.approx(np.pi * RADII**2, rel=0.025)


def test_what_finds_no_edge_stays_as_drawn_and_is_told():
    session = session_with()
    far = Geometry.of("polygon", [[3, 3], [3, 14], [14, 14], [14, 3]])
    row = draw(session, far)
    assert row.geometry == far
    assert (row.method, row.flag) == ("manual", "low_contrast")
    assert row.get("body") == ""
    assert row.u_pick_px is None


def test_doubt_is_kept_with_the_row_and_has_words(monkeypatch):
    from napari_insitu_tem.measure.snapped import Snapped
    from napari_insitu_tem.state import measuring

    found = Snapped(outline(21.5), 0.8, "flat_or_round", 1.0, body="ball")
    monkeypatch.setattr(measuring, "snap", lambda *_, **__: found)
    row = draw(session_with(), outline(21))
    assert (row.method, row.flag) == ("snapped", "flat_or_round")
    assert row.geometry == outline(21.5)
    assert "round" in in_words(row.flag)
