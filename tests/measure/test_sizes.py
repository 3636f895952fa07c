"""Sizes of shapes against analytic ones, uncertainties against simulated picks."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.sizes import (
    crosses_itself,
    ellipse_area,
    ellipse_semi_axes,
    ellipsoid_volume,
    path_length,
    polygon_area,
)

SCALE = (1.5, 0.7)
PATH = np.array([[3.0, 2.0], [40.0, 30.0], [55.0, 90.0], [20.0, 140.0]])
FIRST = np.array([[10.0, 40.0], [70.0, 90.0]])
CENTRE = FIRST.mean(axis=0)
SECOND = CENTRE + np.array([[-18.0, 21.6], [18.0, -21.6]])


def ring(n=24, radius=40.0):
    angle = 2 * np.pi * np.arange(n) / n
    return radius * np.column_stack([np.sin(angle), np.cos(angle)]) + 60


def test_lengths_on_square_and_other_pixels():
    assert path_length([[0, 0], [3, 4]]).value == 5
    assert path_length([[0, 0], [3, 4]], (2, 1)).value == pytest.approx(np.hypot(6, 4))
    assert path_length(PATH).value == pytest.approx(
        np.hypot(37, 28) + np.hypot(15, 60) + np.hypot(35, 50)
    )


def test_a_line_has_two_independent_ends():
    assert path_length([[0, 0], [30, 40]]).sensitivity == pytest.approx(np.sqrt(2))


def test_polygon_area_is_that_of_the_shoelace():
    assert polygon_area([[0, 0], [0, 4], [3, 4], [3, 0]]).value == 12
    assert polygon_area([[0, 0], [3, 0], [3, 4], [0, 4]], (2, 5)).value == 120
    regular = 0.5 * 24 * 40**2 * np.sin(2 * np.pi / 24)
    assert polygon_area(ring()).value == pytest.approx(regular, rel=1e-12)


def test_ellipse_area_and_axes_are_exact_at_any_angle():
    assert ellipse_area([[5, 0], [5, 20]], [[0, 10], [10, 10]]).value == pytest.approx(
        np.pi * 10 * 5, rel=1e-14
    )
    a, b = ellipse_semi_axes(FIRST, SECOND)
    assert (a, b) == pytest.approx((np.hypot(30, 25), np.hypot(18, 21.6)))
    assert ellipse_area(FIRST, SECOND).value == pytest.approx(np.pi * a * b)
    wide = ellipse_semi_axes(FIRST, SECOND, SCALE)
    area = ellipse_area(FIRST, SECOND, SCALE).value
    assert np.pi * wide[0] * wide[1] == pytest.approx(area, rel=1e-12)


def test_a_circle_placed_by_four_ends():
    size = ellipse_area([[0, -9], [0, 9]], [[-9, 0], [9, 0]])
    assert size.sensitivity == pytest.approx(np.pi * 9)


def test_ellipsoid_turns_about_its_longer_axis():
    size = ellipsoid_volume([[5, 0], [5, 20]], [[0, 10], [10, 10]])
    assert size.value == pytest.approx(4 / 3 * np.pi * 10 * 5**2)
    sphere = ellipsoid_volume([[0, -9], [0, 9]], [[-9, 0], [9, 0]])
    assert sphere.value == pytest.approx(4 / 3 * np.pi * 9**3)


def test_powers_carry_the_uncertainty():
    size = path_length([[0, 0], [0, 10]]).power(3, np.pi / 6)
    assert size.value == pytest.approx(np.pi / 6 * 1000)
    assert size.sensitivity == pytest.approx(3 * np.pi / 6 * 100 * np.sqrt(2))


@pytest.mark.parametrize(
    ("measure", "parts"),
    [
        (path_length, (PATH,)),
        (polygon_area, (ring(),)),
        (polygon_area, (ring(7) * [1.0, 0.4],)),
        (ellipse_area, (FIRST, SECOND)),
        (ellipsoid_volume, (FIRST, SECOND)),
    ],
)
@pytest.mark.parametrize("scale", [(1.0, 1.0), SCALE])
def test_stated_uncertainty_is_the_scatter_of_noisy_picks(rng, measure, parts, scale):
    u = 0.5
    picked = [
        measure(*(p + u * rng.standard_normal(p.shape) for p in parts), scale).value
        for _ in range(4000)
    ]
    stated = u * measure(*parts, scale).sensitivity
    assert np.std(picked) == pytest.approx(stated, rel=0.04)


def test_an_outline_that_crosses_itself_is_found():
    assert crosses_itself([[0, 0], [0, 4], [3, 0], [3, 4]])
    assert not crosses_itself([[0, 0], [0, 4], [3, 4], [3, 0]])
    assert not crosses_itself(ring(60))
    assert not crosses_itself(ring(3000))
    swapped = ring(60)
    swapped[[20, 40]] = swapped[[40, 20]]
    assert crosses_itself(swapped)
    assert not crosses_itself([[0, 0], [0, 1], [0, 2], [0, 3], [2, 3], [2, 0]])
    assert not crosses_itself([[0, 0], [1, 1], [0, 1]])
    twice = [[0, 0], [0, 4], [0, 4], [3, 4], [3, 0], [0, 0]]
    assert not crosses_itself(twice)
