"""Drawn outlines as runs between corners, cut into stretches."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.outlines.curve import corners_of, oriented, runs_of
from napari_insitu_tem.measure.outlines.shapes import Outline, area_of

BOX = np.array([[10.0, 10], [10, 80], [40, 80], [40, 10]])


def circle(corners, radius=20.0, hand=0.0, rng=None):
    angle = 2 * np.pi * np.arange(corners) / corners
    points = np.stack([50 + radius * np.sin(angle), 60 + radius * np.cos(angle)], 1)
    return points if rng is None else points + rng.normal(0, hand, points.shape)


@pytest.mark.parametrize("turn", [1, -1])
def test_normals_point_outwards_whichever_way_it_is_drawn(turn):
    outline = Outline.drawn(BOX[::turn])
    stretches = outline.stretches
    away = stretches.middle - [25, 45]
    assert np.all(np.sum(away * stretches.normal, axis=1) > 10)
    assert set(np.round(stretches.half_chord, 6)) == {15.0, 35.0}


def test_a_box_has_four_corners_and_a_drawn_circle_none(rng):
    assert corners_of(oriented(BOX)).size == 4
    assert [run.is_closed for run in runs_of(oriented(BOX))] == [False] * 4
    for corners in (8, 12, 24):
        for _ in range(20):
            drawn = circle(corners, hand=1.2, rng=rng)
            assert corners_of(oriented(drawn)).size == 0


def test_an_outline_that_grows_keeps_its_corners():
    outline = Outline.drawn(BOX)
    grown = outline.moved(np.full(len(outline.stretches), 2.0))
    assert area_of(grown.ring) == pytest.approx(74 * 34)
    assert np.sum(outline.shares) == pytest.approx(200)
    corners = {tuple(np.round(run.points[0], 6)) for run in grown.runs}
    assert corners == {(8.0, 8.0), (8.0, 82.0), (42.0, 82.0), (42.0, 8.0)}


def test_a_circle_that_grows_is_a_circle():
    outline = Outline.drawn(circle(24))
    for _ in range(4):
        middle = outline.stretches.middle - [50, 60]
        radius = np.hypot(*middle.T)
        bulge = outline.stretches.length**2 * outline.stretches.curvature / 24
        outline = outline.moved(25 - radius - bulge)
    radius = np.hypot(*(outline.ring - [50, 60]).T)
    assert radius == pytest.approx(25, abs=0.05)
    assert outline.stretches.curvature == pytest.approx(1 / 25, rel=0.05)
    assert outline.stretches.half_chord == pytest.approx(25, rel=0.02)
