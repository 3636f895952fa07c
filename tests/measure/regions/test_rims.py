"""Edges of flat bodies and rims of balls."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

from napari_insitu_tem.measure.regions.contour import drawn_contour
from napari_insitu_tem.measure.regions.noise import Noise
from napari_insitu_tem.measure.regions.rims import rim_profile, step_profile
from napari_insitu_tem.measure.regions.roundness import roundness_of
from region_scene import ellipse

AWAY = np.linspace(-25, 12, 149)[None, :]


def test_a_rim_is_the_blurred_ray_through_a_ball():
    fine = np.arange(-40, 60, 0.01)
    rays = np.sqrt(np.maximum(1 - (1 - fine / 40) ** 2, 0)) * (fine > 0)
    blurred = gaussian_filter1d(rays, 150)
    found = rim_profile(AWAY, 1.5, 40.0).inner
    assert found[0] == pytest.approx(np.interp(-AWAY[0], fine, blurred), abs=2e-3)


@pytest.mark.parametrize("kind", [step_profile, lambda a, w: rim_profile(a, w, 40.0)])
def test_slopes_are_those_of_the_profile(kind):
    here = kind(AWAY, 1.5)
    by_edge = (kind(AWAY - 0.05, 1.5).inner - kind(AWAY + 0.05, 1.5).inner) / 0.1
    by_width = (kind(AWAY, 1.52).inner - kind(AWAY, 1.48).inner) / 0.04
    assert here.bell == pytest.approx(by_edge, abs=3e-3)
    assert here.by_width == pytest.approx(by_width, abs=6e-3)


@pytest.mark.parametrize(("power", "is_ball"), [(0.5, True), (0.0, False)])
def test_balls_and_even_bodies_are_told_apart(rng, power, is_ball):
    y, x = np.mgrid[:128, :128] - 64.0
    inside = np.maximum(1 - (y**2 + x**2) / 40**2, 0)
    frame = rng.poisson(10 - 3 * np.where(inside > 0, inside**power, 0.0))
    contour = drawn_contour(ellipse(36.5, 36.5, (64, 64))[::10])
    found = roundness_of(frame, contour, 10.0, 1.7, Noise(0.0, 1.0))
    assert (found.gained > 25) == is_ball
    assert (found.gained < -25) != is_ball
    assert (found.misfit < 0.08) == is_ball
