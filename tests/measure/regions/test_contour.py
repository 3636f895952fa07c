"""Outlines as smooth curves."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.regions.contour import (
    drawn_contour,
    reaches,
    wave_basis,
    wave_products,
)
from region_scene import ellipse


@pytest.mark.parametrize("turn", [1, -1])
def test_a_circle_whichever_way_it_was_drawn(turn):
    circle = drawn_contour(ellipse(20, 20, (30, 40))[::turn])
    assert circle.area == pytest.approx(np.pi * 400, rel=1e-3)
    assert circle.perimeter == pytest.approx(2 * np.pi * 20, rel=1e-3)
    assert circle.curvature == pytest.approx(1 / 20, rel=1e-2)
    assert circle.centroid == pytest.approx(40 + 30j)
    outward = (circle.nodes - (40 + 30j)) / 20
    assert np.abs(circle.normals - outward).max() < 0.01
    inwards, outwards = reaches(circle)
    assert inwards == pytest.approx(20, rel=1e-2) and np.isinf(outwards).all()


def test_vertices_are_closed_and_enclose_the_area():
    shape = drawn_contour(ellipse(30, 12, (40, 40), 0.5))
    y, x = shape.vertices().T
    assert (y[0], x[0]) == (y[-1], x[-1])
    assert 0.5 * abs(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1])) == pytest.approx(
        shape.area, rel=1e-3
    )


def test_growing_a_circle_along_its_normals():
    circle = drawn_contour(ellipse(20, 20, (30, 40)))
    larger = circle.displaced(np.full(len(circle.nodes), 3.0))
    assert larger.radius == pytest.approx(23, abs=0.02)


def test_products_of_waves_are_those_of_the_matrix(rng):
    basis, _ = wave_basis(60, 12)
    weight = rng.random(60)
    assert wave_products(weight, 12) == pytest.approx(
        basis.T @ (basis * weight[:, None])
    )


@pytest.mark.parametrize("bad", [[[0, 0]], [[0, 0], [1, 1], [2, 2]], np.zeros((4, 3))])
def test_what_encloses_nothing(bad):
    assert drawn_contour(bad) is None
