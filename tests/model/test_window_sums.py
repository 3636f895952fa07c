from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.model.window_sums import range_moments, range_sums


def random_ranges(rng, size: int, count: int):
    bounds = np.sort(rng.integers(0, size + 1, (count, 2)), axis=1)
    return bounds[:, 0].astype(np.int64), bounds[:, 1].astype(np.int64)


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
def test_sums_agree_with_slices(rng, size: int) -> None:
    values = rng.normal(size=size)
    first, last = random_ranges(rng, size, 200)
    expected = [values[a:b].sum() for a, b in zip(first, last, strict=True)]
    np.testing.assert_allclose(range_sums(values, first, last), expected, atol=1e-12)


def test_moments_leave_out_missing_values(rng) -> None:
    values = 3.4 + 1e-5 * rng.normal(size=777)
    values[rng.random(777) < 0.3] = np.nan
    first, last = random_ranges(rng, 777, 300)
    count, mean, squares = range_moments(values, first, last)
    for k, (a, b) in enumerate(zip(first, last, strict=True)):
        inside = values[a:b][np.isfinite(values[a:b])]
        assert count[k] == inside.size
        if inside.size:
            assert mean[k] == pytest.approx(inside.mean(), rel=1e-14)
            true = ((inside - inside.mean()) ** 2).sum()
            assert squares[k] == pytest.approx(true, rel=1e-6, abs=1e-22)


def test_a_small_signal_survives_beside_a_huge_one() -> None:
    values = np.concatenate([np.full(1000, 1e9), np.full(1000, 1e-9)])
    first, last = np.array([1000]), np.array([2000])
    assert range_sums(values, first, last)[0] == pytest.approx(1e-6, rel=1e-12)


def test_empty_and_reversed_ranges_hold_nothing() -> None:
    first, last = np.array([3, 5]), np.array([3, 2])
    count, mean, squares = range_moments(np.arange(9.0), first, last)
    assert not count.any() and not mean.any() and not squares.any()
