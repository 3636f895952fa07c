from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem.model.joining import average_over_windows
from napari_insitu_tem.model.timebase import to_ns
from napari_insitu_tem.model.trace import Trace, merge_traces


def make(seconds, breaks=None, averaged=False, **columns) -> Trace:
    return Trace.from_columns(
        {"time_s": np.asarray(seconds, float), **columns},
        breaks=breaks,
        averaged_current=averaged,
    )


def join(trace: Trace, start, stop=None) -> pd.DataFrame:
    start = to_ns(np.atleast_1d(np.asarray(start, float)))
    stop = start if stop is None else to_ns(np.atleast_1d(np.asarray(stop, float)))
    return average_over_windows(trace, start, stop)


def brute_force(trace: Trace, column: str, a: int, b: int) -> float:
    """The definition, interval by interval, in exact sums of single pieces."""
    t, v = trace.time_ns.tolist(), trace.values(column)
    stair = column == "current_A" and trace.averaged_current
    inside = [k for k in range(len(t)) if (a <= t[k] < b or t[k] == a == b)]
    area = length = 0.0
    for k in range(1, len(t)):
        if trace.breaks[k] or not np.isfinite(v[k]):
            continue
        if not stair and not np.isfinite(v[k - 1]):
            continue
        left, right = max(a, t[k - 1]), min(b, t[k])
        span = t[k] - t[k - 1]

        def height(x, k=k, span=span):
            return (
                v[k]
                if stair
                else v[k - 1] + (v[k] - v[k - 1]) * ((x - t[k - 1]) / span)
            )

        if right > left:
            area += (height(left) + height(right)) / 2 * (right - left)
            length += right - left
        elif a == b and t[k - 1] < a < t[k]:
            return height(a)
    if length:
        return area / length
    found = [v[k] for k in inside if np.isfinite(v[k])]
    return float(np.mean(found)) if found else np.nan


def random_trace(rng, averaged: bool) -> Trace:
    size = int(rng.integers(2, 80))
    steps = rng.choice([0.0, 0.05, 0.1, 0.1, 0.1, 1.0, 30.0], size)
    potential, current = rng.normal(3, 1, size), rng.normal(0, 1e-6, size)
    potential[rng.random(size) < 0.1] = np.nan
    current[rng.random(size) < 0.1] = np.nan
    return make(
        np.round(np.cumsum(steps) - 5.0, 3),
        breaks=rng.random(size) < 0.1,
        averaged=averaged,
        potential_V=potential,
        current_A=current,
    )


@pytest.mark.parametrize("averaged", [False, True])
def test_windows_agree_with_the_definition(rng, averaged: bool) -> None:
    for _ in range(40):
        trace = random_trace(rng, averaged)
        low, high = trace.span_ns
        start = rng.integers(low - 10**9, high + 10**9, 40)
        width = rng.choice([0, 0, 10**6, 10**8, 10**9, 40 * 10**9], 40)
        start[:10] = rng.choice(trace.time_ns, 10)  # begin exactly on a sample
        table = average_over_windows(trace, start, start + width)
        for column in ("potential_V", "current_A"):
            truth = [
                brute_force(trace, column, int(a), int(a + w))
                for a, w in zip(start, width, strict=True)
            ]
            np.testing.assert_allclose(
                table[column], truth, rtol=1e-9, atol=1e-15, err_msg=column
            )


def test_a_ramp_has_the_value_of_the_middle_of_the_window() -> None:
    seconds = np.arange(0.0, 10.0, 0.25)
    table = join(make(seconds, potential_V=0.1 * seconds), [1.1, 3.05], [1.3, 4.95])
    np.testing.assert_allclose(table.potential_V, [0.12, 0.4], rtol=1e-12)


def test_frames_denser_than_the_trace_are_interpolated() -> None:
    trace = make([0.0, 60.0, 120.0], potential_V=[3.0, 3.6, 3.0])
    table = join(trace, [10.0, 30.0, 90.0])
    np.testing.assert_allclose(table.potential_V, [3.1, 3.3, 3.3], rtol=1e-12)
    assert table.n_samples.tolist() == [0, 0, 0]
    assert table.potential_sd_V.isna().all()


def test_a_mean_current_is_a_stair_that_ends_at_each_sample() -> None:
    trace = make([0.0, 1.0, 2.0], averaged=True, current_A=[9.0, 1.0, 3.0])
    table = join(trace, [0.25, 1.0, 1.5, 0.5], [0.75, 1.0, 1.5, 1.5])
    np.testing.assert_allclose(table.current_A, [1.0, 1.0, 3.0, 2.0])


def test_nothing_is_said_outside_the_record() -> None:
    trace = make(np.arange(5.0), potential_V=np.arange(5.0), cycle=[1] * 5)
    table = join(trace, [-3.0, -2.0, 4.5, 4.0 + 1e-9], [-2.0, -1e-9, 6.0, 6.0])
    assert table.drop(columns="n_samples").isna().all(axis=None)
    assert not table.n_samples.any()


def test_partial_cover_is_the_mean_of_the_covered_part() -> None:
    trace = make([0.0, 1.0, 2.0], potential_V=[0.0, 1.0, 2.0])
    table = join(trace, [-5.0, 1.0], [1.0, 99.0])
    np.testing.assert_allclose(table.potential_V, [0.5, 1.5])


def test_nothing_is_interpolated_across_a_gap() -> None:
    seconds = np.concatenate([np.arange(20) * 0.1, 100 + np.arange(20) * 0.1])
    level = np.where(seconds < 50, 1.0, 3.0)
    trace = make(seconds, potential_V=level, current_A=level, step=level)
    table = join(trace, [30.0, 50.0, 1.0, 1.5], [40.0, 50.0, 100.5, 60.0])
    assert table.potential_V[:2].isna().all() and table.charge_C[:2].isna().all()
    assert table.step[:2].isna().all()
    # Both sides in one window: 0.9 s at 1 V and 0.5 s at 3 V, and not the 98 s between.
    assert table.potential_V[2] == pytest.approx((0.9 * 1 + 0.5 * 3) / 1.4)
    assert table.potential_V[3] == pytest.approx(1.0)
    assert table.step[2:].tolist() == [1, 1]


def test_a_break_without_a_gap_is_not_crossed_either() -> None:
    trace = make(
        [0.0, 1.0, 2.0, 3.0], [False, False, True, False], potential_V=[1.0, 1, 5, 5]
    )
    table = join(trace, [1.5, 1.0, 2.0, 0.5], [1.5, 1.0, 2.0, 2.5])
    np.testing.assert_array_equal(table.potential_V, [np.nan, 1.0, 5.0, 3.0])


def test_a_sample_on_its_own_still_counts() -> None:
    times = [*np.arange(20.0), 500.0, *(1000 + np.arange(20.0))]
    trace = make(times, potential_V=np.linspace(0, 1, 41), cycle=np.arange(41))
    table = join(trace, [499.0, 500.0, 498.0], [501.0, 500.0, 499.0])
    np.testing.assert_allclose(table.potential_V, [0.5, 0.5, np.nan])
    assert table.n_samples.tolist() == [1, 1, 0]
    assert table.cycle[:2].tolist() == [20, 20] and table.cycle[2:].isna().all()


def test_samples_are_counted_once_in_adjoining_windows() -> None:
    trace = make(np.arange(10.0), potential_V=np.arange(10.0))
    table = join(trace, [0.0, 2.0, 4.0], [2.0, 4.0, 6.0])
    assert table.n_samples.tolist() == [2, 2, 2]
    np.testing.assert_allclose(table.potential_V, [1.0, 3.0, 5.0])
    np.testing.assert_allclose(table.potential_sd_V, [np.sqrt(0.5)] * 3)


def test_a_small_current_in_a_long_record_keeps_its_digits() -> None:
    seconds = np.arange(200_000) * 0.5
    current = np.where(seconds < 9e4, 1e-3, 1e-10)
    table = join(make(seconds, current_A=current), [95_000.2], [95_000.25])
    assert table.current_A[0] == pytest.approx(1e-10, rel=1e-9)


def test_the_counters_are_those_of_the_middle() -> None:
    trace = make(np.arange(6.0), potential_V=np.ones(6), cycle=[1, 1, 1, 2, 2, 2])
    table = join(trace, [0.0, 2.0, 2.2], [6.0, 4.2, 2.4])
    assert table.cycle.tolist() == [2, 2, 1]
    assert str(table.cycle.dtype) == "Int64" and table.step.isna().all()


@pytest.mark.parametrize("rows", [0, 1])
def test_almost_nothing_recorded(rows: int) -> None:
    table = join(make(np.arange(rows), potential_V=np.ones(rows)), [0.0, 5.0])
    assert table.potential_V.isna().tolist() == [rows == 0, True]
    assert table.n_samples.tolist() == [rows, 0]


def test_a_holders_log_in_between_does_not_interrupt_the_potential() -> None:
    time = np.arange(0.0, 20.0)
    cell = Trace.from_columns(
        {"time_s": time, "potential_V": time / 10, "cycle": np.ones(20, int)}
    )
    holder = Trace.from_columns({"time_s": time + 0.5, "temperature_degC": time})
    start = np.array([3_600_000_000, 7_000_000_000])
    alone = average_over_windows(cell, start, start + 200_000_000)
    both = average_over_windows(
        merge_traces([cell, holder]), start, start + 200_000_000
    )
    for column in ("potential_V", "cycle"):
        assert both[column].tolist() == alone[column].tolist()
    assert both["potential_V"][0] == pytest.approx(0.37)
