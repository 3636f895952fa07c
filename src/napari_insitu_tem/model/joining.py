"""A trace averaged over the windows in which frames were exposed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.model.trace import COUNTERS, SIGNALS, Trace

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def average_over_windows(
    trace: Trace, start_ns: IntArray, stop_ns: IntArray
) -> pd.DataFrame:
    """Time-weighted mean of every signal over each window.

    Between samples a signal is a straight line (a mean current is a stair); it is not
    continued across a break of the record or beyond its ends. A window that the record
    covers in part gets the mean over that part, a window that it does not cover gets
    empty cells.

    Parameters
    ----------
    trace
        The record.
    start_ns, stop_ns
        (T,) windows on the trace's clock; equal for an instant.

    Returns
    -------
    DataFrame
        One row a window: `potential_V`, `current_A`, `charge_C` and their `_sd_`
        columns (standard deviation of the samples inside), `cycle`, `step` (Int64, of
        the last sample at or before the window's middle), `n_samples`.
    """
    start = np.asarray(start_ns, np.int64)
    stop = np.maximum(np.asarray(stop_ns, np.int64), start)
    first = np.searchsorted(trace.time_ns, start, side="left")
    last = np.searchsorted(trace.time_ns, stop, side="right")
    out: dict[str, object] = {}
    for column in SIGNALS:
        values = trace.values(column)
        stair = column == "current_A" and trace.averaged_current
        out[column] = _window_mean(trace, values, start, stop, stair=stair)
        name, unit = column.rsplit("_", 1)
        out[f"{name}_sd_{unit}"] = _window_sd(values, first, last)
    covered = _covered(trace, start, stop)
    for column in COUNTERS:
        out[column] = _counter_at(trace, column, (start + stop) // 2, covered)
    out["n_samples"] = np.where(covered, last - first, 0)
    return pd.DataFrame(out)


def _intervals(
    trace: Trace, values: FloatArray
) -> tuple[IntArray, FloatArray, NDArray[np.bool_]]:
    """Times, values and for each interval whether it can be used."""
    good = ~trace.breaks[1:] & np.isfinite(values[1:]) & np.isfinite(values[:-1])
    return trace.time_ns, values, good


def _window_mean(
    trace: Trace,
    values: FloatArray,
    start: IntArray,
    stop: IntArray,
    *,
    stair: bool,
) -> FloatArray:
    result = np.full(start.shape, np.nan)
    if len(trace) == 0 or not np.isfinite(values).any():
        return result
    time, level, good = _intervals(trace, values)
    if len(trace) > 1:
        area, length = _cumulative(time, level, good, stair=stair)
        a1, l1 = _at(stop, time, level, good, area, length, stair=stair)
        a0, l0 = _at(start, time, level, good, area, length, stair=stair)
        known = l1 - l0
        wide = (stop > start) & (known > 0)
        result[wide] = (a1 - a0)[wide] / known[wide]
    alone = np.isnan(result)
    result[alone] = _instant(start, stop, time, level, good, stair=stair)[alone]
    return result


def _cumulative(
    time: IntArray, level: FloatArray, good: NDArray[np.bool_], *, stair: bool
) -> tuple[FloatArray, FloatArray]:
    """Integral of the signal and of the covered time up to each sample, in ns."""
    step = np.diff(time).astype(float)
    mean = level[1:] if stair else (level[1:] + level[:-1]) / 2
    area = np.where(good, np.where(good, mean, 0.0) * step, 0.0)
    length = np.where(good, step, 0.0)
    return (
        np.concatenate([[0.0], np.cumsum(area)]),
        np.concatenate([[0.0], np.cumsum(length)]),
    )


def _at(
    when: IntArray,
    time: IntArray,
    level: FloatArray,
    good: NDArray[np.bool_],
    area: FloatArray,
    length: FloatArray,
    *,
    stair: bool,
) -> tuple[FloatArray, FloatArray]:
    """The two integrals at arbitrary times."""
    inside = np.clip(when, time[0], time[-1])
    i = np.clip(np.searchsorted(time, inside, side="right") - 1, 0, time.size - 2)
    part = (inside - time[i]).astype(float)
    span = np.maximum((time[i + 1] - time[i]).astype(float), 1.0)
    use = good[i] & (part > 0)
    begin = np.where(use, level[i + 1] if stair else level[i], 0.0)
    end = np.where(use, level[i + 1], 0.0)
    here = begin + (end - begin) * part / span
    extra = np.where(use, (begin + here) / 2 * part, 0.0)
    return area[i] + extra, length[i] + np.where(use, part, 0.0)


def _instant(
    start: IntArray,
    stop: IntArray,
    time: IntArray,
    level: FloatArray,
    good: NDArray[np.bool_],
    *,
    stair: bool,
) -> FloatArray:
    """Value at the middle of a window that holds no covered length."""
    middle = start + (stop - start) // 2
    i = np.searchsorted(time, middle, side="right") - 1
    result = np.full(middle.shape, np.nan)
    hit = (i >= 0) & (time[np.maximum(i, 0)] == middle)
    result[hit] = level[i[hit]]
    between = (i >= 0) & (i < time.size - 1) & ~hit
    j = i[between]
    weight = (middle[between] - time[j]) / np.maximum(time[j + 1] - time[j], 1)
    line = level[j + 1] if stair else level[j] + (level[j + 1] - level[j]) * weight
    result[between] = np.where(good[j], line, np.nan)
    return result


def _window_sd(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Sample standard deviation inside each window, NaN below two samples."""
    finite = np.isfinite(values)
    centre = float(np.mean(values[finite])) if finite.any() else 0.0
    shifted = np.where(finite, values - centre, 0.0)
    count = np.concatenate([[0], np.cumsum(finite)])
    total = np.concatenate([[0.0], np.cumsum(shifted)])
    square = np.concatenate([[0.0], np.cumsum(shifted**2)])
    n = (count[last] - count[first]).astype(float)
    s, q = total[last] - total[first], square[last] - square[first]
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (q - s**2 / n) / (n - 1)
    return np.where(n >= 2, np.sqrt(np.maximum(variance, 0.0)), np.nan)


def _covered(trace: Trace, start: IntArray, stop: IntArray) -> NDArray[np.bool_]:
    if len(trace) == 0:
        return np.zeros(start.shape, bool)
    first, last = trace.span_ns
    return np.asarray((stop >= first) & (start <= last))


def _counter_at(
    trace: Trace, column: str, when: IntArray, covered: NDArray[np.bool_]
) -> pd.arrays.IntegerArray:
    values = trace.values(column)
    i = np.searchsorted(trace.time_ns, when, side="right") - 1
    known = covered & (i >= 0)
    picked = np.full(when.shape, np.nan)
    picked[known] = values[i[known]]
    missing = ~np.isfinite(picked)
    whole = np.where(missing, 0, np.rint(picked)).astype(np.int64)
    return pd.arrays.IntegerArray(whole, missing)
