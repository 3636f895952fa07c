"""Circles through points."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.circles import fit_circle
from napari_insitu_tem.model.errors import MeasurementError


def arc(radius, degrees, n=20):
    angle = np.deg2rad(np.linspace(0, degrees, n))
    return 300 + radius * np.column_stack([np.sin(angle), np.cos(angle)])


@pytest.mark.parametrize("degrees", [30, 120, 342])
def test_exact_points_give_the_circle(degrees):
    circle = fit_circle(arc(57.3, degrees))
    assert circle.radius == pytest.approx(57.3, rel=1e-9)
    assert circle.centre == pytest.approx((300, 300), rel=1e-9)
    assert circle.rms < 1e-9


@pytest.mark.parametrize("degrees", [120, 342])
def test_stated_uncertainty_is_the_scatter(rng, degrees):
    points = arc(57.3, degrees)
    runs = [
        fit_circle(points + 0.5 * rng.standard_normal(points.shape)).radius
        for _ in range(800)
    ]
    stated = 0.5 * fit_circle(points).sensitivity
    assert np.std(runs) == pytest.approx(stated, rel=0.09)


@pytest.mark.parametrize(
    "points", [[[0, 0], [1, 1], [0, 0]], [[0, 0], [1, 1], [2, 2], [5, 5]]]
)
def test_points_that_no_circle_fits_are_refused(points):
    with pytest.raises(MeasurementError):
        fit_circle(points)
