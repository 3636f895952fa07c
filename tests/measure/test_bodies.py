"""Volumes under each model against the formulas of solids."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.bodies import body_of
from napari_insitu_tem.model.geometry import Geometry

LINE = Geometry.of("line", [[0, 0], [0, 10]])
SQUARE = Geometry.of("polygon", [[0, 0], [0, 10], [10, 10], [10, 0]])
BOW = Geometry.of("polygon", [[0, 0], [10, 10], [0, 10], [10, 0]])
OVAL = Geometry.of("ellipse", [[0, -8], [0, 8]], [[-5, 0], [5, 0]])
ONE = (1.0, 1.0)


def volume(body, length=1.0):
    return body.factor * body.base.value**body.p * length**body.q


@pytest.mark.parametrize(
    ("geometry", "model", "length", "truth"),
    [
        (LINE, "sphere", 1.0, np.pi / 6 * 1000),
        (LINE, "cylinder_length", 30.0, np.pi / 4 * 100 * 30),
        (SQUARE, "cylinder_length", 10.0, np.pi / 4 * 100 * 10),
        (LINE, "ellipsoid", 30.0, 4 / 3 * np.pi * 15 * 5**2),
        (OVAL, "ellipsoid", 1.0, 4 / 3 * np.pi * 8 * 5**2),
        (SQUARE, "sphere", 1.0, 4 / 3 * np.pi * (100 / np.pi) ** 1.5),
    ],
)
def test_volumes(geometry, model, length, truth):
    assert volume(body_of(geometry, "volume", model, ONE), length) == pytest.approx(
        truth
    )


def test_an_outline_with_a_length_is_the_same_spheroid_as_its_ellipse():
    angle = 2 * np.pi * np.arange(2000) / 2000
    outline = np.column_stack([5 * np.sin(angle), 8 * np.cos(angle)])
    body = body_of(Geometry.of("polygon", outline), "volume", "ellipsoid", ONE)
    assert volume(body, 16.0) == pytest.approx(4 / 3 * np.pi * 8 * 25, rel=1e-5)


def test_diameter_of_an_outline_is_that_of_the_equal_circle():
    body = body_of(SQUARE, "diameter", "", ONE)
    assert body.size.value == pytest.approx(2 * np.sqrt(100 / np.pi))


@pytest.mark.parametrize(
    ("geometry", "quantity", "flag"),
    [
        (SQUARE, "length", "wrong_shape"),
        (LINE, "area", "wrong_shape"),
        (LINE, "d_spacing", "wrong_shape"),
        (BOW, "area", "self_crossing"),
        (LINE, "diameter", ""),
    ],
)
def test_what_a_shape_cannot_say_is_flagged(geometry, quantity, flag):
    body = body_of(geometry, quantity, "", ONE)
    assert body.flag == flag
    assert np.isnan(body.size.value) == bool(flag)
