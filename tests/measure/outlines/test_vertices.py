"""Corners along an outline that was placed."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.outlines.place import Placed
from napari_insitu_tem.measure.outlines.shapes import Outline, area_of
from napari_insitu_tem.measure.outlines.vertices import corners_on


def circle(radius, corners=24):
    angle = 2 * np.pi * np.arange(corners) / corners
    return np.stack([50 + radius * np.sin(angle), 60 + radius * np.cos(angle)], 1)


def placed(drawn, move, lost=lambda middle: False):
    """An outline moved outwards, some of its stretches without an edge."""
    before = Outline.drawn(drawn)
    after = before.moved(np.full(len(before.stretches), move))
    words = tuple("low_contrast" * lost(m) for m in before.stretches.middle)
    return Placed(after, before, 1.0, "", words, u_rim=0.1)


def test_a_polygon_encloses_the_area_of_the_outline():
    found = placed(circle(20, 12), 2.0)
    corners = corners_on(found, circle(20, 12))
    assert 12 <= len(corners) <= 60
    assert area_of(corners) == pytest.approx(area_of(found.shape.ring))


@pytest.mark.parametrize("turn", [1, -1])
def test_it_goes_around_as_it_was_drawn(turn):
    drawn = circle(20)[::turn]
    corners = corners_on(placed(drawn, 1.0), drawn)
    near = np.argmin(np.hypot(*(corners[:, None] - drawn).transpose(2, 0, 1)), axis=0)
    assert near[0] == 0
    assert np.all(np.diff(near) > 0)


def test_where_no_edge_was_found_the_drawn_corners_stay():
    drawn = circle(30)
    corners = corners_on(placed(drawn, 3.0, lambda m: bool(m[1] > 80)), drawn).tolist()
    stay = [point for point in drawn.tolist() if point[1] > 83]
    go = [point for point in drawn.tolist() if point[1] < 77]
    assert len(stay) > 4
    assert all(point in corners for point in stay)
    assert not any(point in corners for point in go)
