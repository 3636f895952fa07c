"""Shapes and their text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import (
    Geometry,
    ellipse_corners,
    ellipse_from_corners,
    is_simple_ring,
)

finite = st.floats(-1e5, 1e5, allow_nan=False)
points = st.tuples(finite, finite)


def test_wkt_is_x_y_and_pixels_are_y_x():
    assert Geometry.of("point", [[2.5, 7.0]]).wkt == "POINT (7.0 2.5)"
    assert Geometry.of("line", [[1, 2], [3, 4]]).wkt == "LINESTRING (2.0 1.0, 4.0 3.0)"
    ring = Geometry.of("polygon", [[0, 0], [0, 9], [9, 9]])
    assert ring.wkt == "POLYGON ((0.0 0.0, 9.0 0.0, 9.0 9.0, 0.0 0.0))"
    assert Geometry.nothing().wkt == ""


@given(st.lists(points, min_size=3, max_size=8), st.sampled_from(["path", "polygon"]))
def test_wkt_reads_back_equal_to_the_last_bit(vertices, shape):
    geometry = Geometry.of(shape, vertices)
    if shape == "polygon" and vertices[0] == vertices[-1]:
        return
    assert Geometry.from_wkt(geometry.wkt) == geometry


@given(points, points)
def test_points_and_lines_read_back_equal(a, b):
    for geometry in (Geometry.of("point", [a]), Geometry.of("line", [a, b])):
        assert Geometry.from_wkt(geometry.wkt) == geometry


def test_an_ellipse_is_its_axes_and_a_band_its_boundaries():
    ellipse = Geometry.of("ellipse", [[0, 5], [20, 5]], [[10, 0], [10, 10]])
    band = Geometry.of("band", [[40, 0], [40, 90]], [[30, 0], [30, 90]])
    assert Geometry.from_wkt(ellipse.wkt) == ellipse
    assert Geometry.from_wkt(band.wkt) == band


def test_corners_of_an_ellipse_and_back():
    ellipse = Geometry.of("ellipse", [[2, 1], [20, 9]], [[15, -4], [7, 14]])
    assert ellipse_from_corners(ellipse_corners(ellipse)) == ellipse


@pytest.mark.parametrize(
    "text",
    [
        "POINT (1)",
        "POINT (1 2, 3 4)",
        "LINESTRING (1 2)",
        "CIRCLE (1 2)",
        "POINT (a b)",
        "POLYGON ((1 1, 2 2))",
        "POINT (nan 1)",
        "garbage",
        "MULTILINESTRING ((1 2, 3 4))",
    ],
)
def test_other_text_is_refused_in_words(text):
    with pytest.raises(MeasurementError):
        Geometry.from_wkt(text)


def test_too_few_points_are_refused():
    with pytest.raises(MeasurementError, match="polygon needs at least 3"):
        Geometry.of("polygon", [[0, 0], [1, 1]])


def test_rings_that_cross_touch_or_enclose_nothing_are_not_simple():
    square = np.array([[0, 0], [0, 9], [9, 9], [9, 0]])
    assert is_simple_ring(square)
    assert is_simple_ring(square[::-1])
    assert not is_simple_ring(square[[0, 2, 1, 3]])
    assert not is_simple_ring([[0, 0], [0, 9], [0, 4]])
    assert not is_simple_ring([[0, 0], [0, 9], [0, 0], [5, 5]])
