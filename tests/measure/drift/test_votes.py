"""Blocks of a frame that vote on its displacement."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_insitu_tem.measure.drift.votes import vote

STEP = np.array([0.3, -0.2])


@pytest.fixture
def slopes():
    texture = gaussian_filter(np.random.default_rng(3).standard_normal((128, 160)), 2)
    return np.stack(np.gradient(texture / texture.std())).astype(np.float32)


def voted(slopes, disturbance, rng, noise=0.5):
    """What is voted of a frame displaced by STEP, disturbed, with noise."""
    rest = np.tensordot(STEP, slopes, 1) + disturbance
    rest = (rest + noise * rng.standard_normal(rest.shape)).astype(np.float32)
    weight = np.ones(rest.shape, np.float32)
    bends = np.stack([slopes[i] * slopes[j] for i, j in ((0, 0), (0, 1), (1, 1))])
    return vote(rest, weight, slopes, bends, np.eye(2))


def test_all_agree_to_the_bound(slopes, rng):
    found = voted(slopes, 0.0, rng)
    bound = 0.5 / np.sqrt(np.sum(slopes**2, axis=(1, 2)))
    stated = np.sqrt(np.diag(found.covariance))
    assert stated == pytest.approx(bound, rel=0.2)
    assert (np.abs(found.step - STEP) < 4 * bound).all()


def test_a_part_that_moves_on_its_own_is_outvoted(slopes, rng):
    away = np.zeros(slopes.shape[1:])
    away[30:90, 40:110] = 2.5 * slopes[1][30:90, 40:110]
    found = voted(slopes, away, rng)
    # Least squares would be off by a fifth of 2.5 px.
    assert np.abs(found.step - STEP).max() < 0.08


def test_levels_that_differ_from_block_to_block_do_not_pull(slopes, rng):
    columns = np.arange(slopes.shape[2])
    plain = voted(slopes, 0.0, np.random.default_rng(8))
    found = voted(slopes, 2.0 * np.sign(columns - 77), np.random.default_rng(8))
    assert found.step == pytest.approx(plain.step, abs=0.04)


def test_nothing_to_compare_is_not_known():
    nothing = np.zeros((64, 64), np.float32)
    found = vote(
        nothing, nothing, np.stack([nothing] * 2), np.stack([nothing] * 3), np.eye(2)
    )
    assert not np.isfinite(found.step).any()
