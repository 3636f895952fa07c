"""What frames say: the surface and its derivatives, and the search for its top."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from napari_insitu_tem.measure.laws.likelihood import (
    PickLikelihood,
    SurfaceLikelihood,
)
from napari_insitu_tem.measure.laws.scoring import climb

GRID = np.arange(0, 60, 0.25)
T = np.arange(12.0)
PLACES = 20 + 1.3 * T


def surface(spread=1.5, offset=0.0):
    log = norm.logpdf(GRID, PLACES[:, None] + offset, spread)
    return SurfaceLikelihood(T, GRID, log + 7.0, PLACES)


@pytest.mark.parametrize("roughness", [0.0, 0.4, 2.0])
def test_a_surface_of_bells_is_a_list_of_picks(rng, roughness):
    at = PLACES + rng.normal(0, 1.5, T.size)
    found = surface().at(at, roughness)
    width = np.hypot(1.5, roughness)
    expected = norm.logpdf(at, PLACES, width)
    level = found.value - expected
    assert level == pytest.approx(np.full(T.size, level.mean()), abs=1e-3)
    assert found.slope == pytest.approx((PLACES - at) / width**2, abs=0.01)
    assert found.bend == pytest.approx(np.full(T.size, 1 / width**2), abs=0.01)


def test_frames_that_say_nothing_are_left_out():
    log = norm.logpdf(GRID, PLACES[:, None], 1.5)
    log[3] = -2.0
    frames = SurfaceLikelihood(T, GRID, log, PLACES)
    assert list(frames.times) == [t for t in T if t != 3]


def test_residuals_are_what_a_frame_alone_says():
    away, spread = surface(offset=0.8).residuals(PLACES)
    assert away == pytest.approx(np.full(T.size, 0.8), abs=0.05)
    assert spread == pytest.approx(np.full(T.size, 1.5), abs=0.05)


def test_picks_of_unknown_uncertainty_take_the_roughness():
    frames = PickLikelihood(T, PLACES, np.full(T.size, np.nan))
    heights = frames.at(PLACES + 1.0, 2.0)
    assert heights.value == pytest.approx(np.full(T.size, norm.logpdf(1.0, 0, 2.0)))
    assert heights.slope == pytest.approx(np.full(T.size, -0.25))


def test_a_climb_finds_the_top_and_respects_bounds():
    bounds = np.array([-50.0, 0.0]), np.array([50.0, 1.0])
    wide = bounds[0], 9 * bounds[1]
    start = np.array([18.0, 0.2])

    def line(values):
        return values[0] + values[1] * T

    free = climb(surface(), line, 0.0, start, wide)
    assert free.values == pytest.approx([20.0, 1.3], abs=1e-2)
    held = climb(surface(), line, 0.0, start, bounds)
    assert held.values[1] == 1.0
    assert held.values[0] == pytest.approx(20 + 0.3 * T.mean(), abs=0.05)
