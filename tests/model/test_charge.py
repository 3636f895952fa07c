from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.model.charge import find_gaps, integrate_charge
from napari_insitu_tem.model.timebase import to_ns


def gaps(seconds) -> list[int]:
    return np.flatnonzero(find_gaps(to_ns(np.asarray(seconds, float)))).tolist()


def test_a_hole_in_regular_sampling_is_a_gap() -> None:
    times = np.concatenate([np.arange(50) * 0.1, 60 + np.arange(50) * 0.1])
    assert gaps(times) == [50]


def test_a_single_sample_between_two_holes_stands_alone() -> None:
    times = [*np.arange(20) * 1.0, 500.0, *(1000 + np.arange(20) * 1.0)]
    assert gaps(times) == [20, 21]


@pytest.mark.parametrize("rest", [4, 6, 50])
def test_a_rest_sampled_more_slowly_is_no_gap(rest: int) -> None:
    fast = np.arange(100) * 0.3
    slow = fast[-1] + np.arange(1, rest + 1) * 5.0
    after = slow[-1] + np.arange(1, 100) * 0.3
    assert gaps(np.concatenate([fast, slow, after])) == []


def test_logarithmic_sampling_has_no_gaps() -> None:
    assert gaps(np.geomspace(1e-3, 1e4, 200)) == []


@pytest.mark.parametrize("times", [[], [1.0], [1.0, 900.0], [3.0, 3.0, 3.0]])
def test_too_little_to_speak_of_gaps(times) -> None:
    assert gaps(times) == []


def test_charge_of_a_constant_current_is_exact() -> None:
    time = to_ns(np.arange(11) * 0.5)
    charge = integrate_charge(time, np.full(11, 2e-6))
    np.testing.assert_allclose(charge, np.arange(11) * 1e-6, rtol=1e-12)


def test_a_ramp_is_integrated_by_trapezoids() -> None:
    seconds = np.array([0.0, 1.0, 4.0, 4.5])
    charge = integrate_charge(to_ns(seconds), 3.0 * seconds)
    np.testing.assert_allclose(charge, 1.5 * seconds**2)


def test_a_mean_current_is_integrated_by_right_rectangles(rng) -> None:
    seconds = np.cumsum(rng.uniform(0.1, 2.0, 200))
    steps = rng.normal(size=200)
    current = steps / np.diff(seconds, prepend=seconds[0] - 1.0)
    charge = integrate_charge(to_ns(seconds), current, averaged=True)
    np.testing.assert_allclose(charge, np.cumsum(steps) - steps[0], atol=1e-7)


def test_no_charge_flows_over_a_break_nor_over_a_missing_value() -> None:
    time = to_ns(np.arange(6.0))
    current = np.array([1.0, 1.0, np.nan, 1.0, 1.0, 1.0])
    breaks = np.array([0, 0, 0, 0, 1, 0], bool)
    charge = integrate_charge(time, current, breaks=breaks)
    assert charge.tolist() == [0.0, 1.0, 1.0, 1.0, 1.0, 2.0]


def test_repeated_times_add_nothing() -> None:
    charge = integrate_charge(to_ns([0.0, 1.0, 1.0, 2.0]), np.array([1.0, 1, 9, 9]))
    assert charge.tolist() == [0.0, 1.0, 1.0, 10.0]


def test_an_empty_record_has_no_charge() -> None:
    assert integrate_charge(np.zeros(0, np.int64), np.zeros(0)).size == 0
