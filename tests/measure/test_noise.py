"""Noise of a frame, with and without a camera that spreads its electrons."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_insitu_tem.measure.noise import averaging_noise

Y, X = np.mgrid[:120, :120].astype(float)
DISC = np.where(np.hypot(Y - 60, X - 60) < 30, 0.7, 1.0)


@pytest.mark.parametrize("dose", [3, 30, 300])
def test_counting_noise_beside_edges(rng, dose):
    frame = rng.poisson(dose * DISC)
    assert averaging_noise(frame) == pytest.approx(np.sqrt(0.9 * dose), rel=0.12)


@pytest.mark.parametrize("spread", [0.5, 0.8, 1.2])
def test_a_point_spread_does_not_hide_it(rng, spread):
    frame = gaussian_filter(rng.poisson(30 * DISC).astype(float), spread)
    assert averaging_noise(frame) == pytest.approx(np.sqrt(0.9 * 30), rel=0.25)


def test_too_small_or_flat_an_image_has_none():
    assert averaging_noise(np.ones((5, 5))) == 0
    assert averaging_noise(np.ones((50, 50))) == 0
    assert averaging_noise(np.full((50, 50), np.nan)) == 0
