"""A trace averaged over the windows in which frames were exposed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.model.trace import COUNTERS, SIGNALS, Trace
from napari_insitu_tem.model.window_sums import range_moments, range_sums

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: A further column that counts.
HALF_CYCLE = "half_cycle"


def average_over_windows(
    trace: Trace, start_ns: IntArray, stop_ns: IntArray
) -> pd.DataFrame:
    """Time-weighted mean of every signal over each window.

    Between samples a signal is a straight line (a mean current is a stair); it is not
    continued across a break of the record, over a sample without a value, or beyond
    the ends. A window that the record covers in part gets the mean over that part, a
    window that it does not cover gets empty cells. Samples with a break on either side
    cover no time: a window that holds nothing else gets their plain mean.

    Parameters
    ----------
    trace
        The record.
    start_ns, stop_ns
        (T,) windows [start, stop) on the trace's clock; equal for an instant.

    Returns
    -------
    DataFrame
        One row a window: `potential_V`, `current_A`, `charge_C` and their `_sd_`
        columns (standard deviation of the samples inside, NaN below two), `cycle`,
        `step` (Int64, of the last sample at or before the window's middle),
        `n_samples` (samples inside).
    """
    start, stop = _windows(start_ns, stop_ns)
    out: dict[str, object] = {}
    for column in SIGNALS:
        name, unit = column.rsplit("_", 1)
        out[column], out[f"{name}_sd_{unit}"] = _moments(trace, column, start, stop)
    for column in COUNTERS:
        part = trace.part(column)
        row = _row_at_middle(part, start, stop)
        out[column] = _counter(part.values(column), row)
    first, last = _samples_inside(trace.time_ns, start, stop)
    out["n_samples"] = last - first
    return pd.DataFrame(out)


def further_over_windows(
    trace: Trace, start_ns: IntArray, stop_ns: IntArray
) -> pd.DataFrame:
    """Time-weighted mean of every further column over each window.

    Parameters
    ----------
    trace, start_ns, stop_ns
        As of `average_over_windows`.

    Returns
    -------
    DataFrame
        One row a window, a column for each of `trace.others` under its own name; the
        number of a half cycle is that of the window's middle, as of `cycle`.
    """
    start, stop = _windows(start_ns, stop_ns)
    out: dict[str, object] = {}
    for name in trace.others:
        if name == HALF_CYCLE:
            part = trace.part(name)
            out[name] = _counter(part.values(name), _row_at_middle(part, start, stop))
        else:
            out[name] = _moments(trace, name, start, stop)[0]
    return pd.DataFrame(out, index=range(start.size))


def _windows(start_ns: IntArray, stop_ns: IntArray) -> tuple[IntArray, IntArray]:
    start = np.asarray(start_ns, np.int64)
    return start, np.maximum(np.asarray(stop_ns, np.int64), start)


def _moments(
    trace: Trace, column: str, start: IntArray, stop: IntArray
) -> tuple[FloatArray, FloatArray]:
    """(T,) mean of a column over each window, and (T,) SD of the samples inside."""
    part = trace.part(column)
    values = part.values(column)
    stair = column == "current_A" and trace.averaged_current
    first, last = _samples_inside(part.time_ns, start, stop)
    count, plain, squares = range_moments(values, first, last)
    mean = _line_mean(part, values, start, stop, stair=stair)
    spread = np.sqrt(squares / np.maximum(count - 1, 1))
    return (
        np.where(np.isnan(mean) & (count > 0), plain, mean),
        np.where(count >= 2, spread, np.nan),
    )


def _samples_inside(
    time: IntArray, start: IntArray, stop: IntArray
) -> tuple[IntArray, IntArray]:
    """Bounds of the samples in each window; an instant holds those at that time."""
    first = np.searchsorted(time, start, side="left")
    until = np.searchsorted(time, stop, side="left")
    at = np.searchsorted(time, stop, side="right")
    last = np.where(stop > start, until, at)
    return first.astype(np.int64), last.astype(np.int64)


def _line_mean(
    trace: Trace, values: FloatArray, start: IntArray, stop: IntArray, *, stair: bool
) -> FloatArray:
    """Mean of the line through the samples, NaN where it covers nothing."""
    result = np.full(start.shape, np.nan)
    if len(trace) < 2 or not np.isfinite(values).any():
        return result
    line = _Line(trace.time_ns, values, trace.breaks, stair=stair)
    inside = (stop >= trace.time_ns[0]) & (start <= trace.time_ns[-1])
    area, length = line.integrate(start, stop)
    wide = length > 0
    result[wide] = area[wide] / length[wide]
    instant = inside & (start == stop)
    result[instant] = line.at(start[instant])
    return result


class _Line:
    """The samples joined by straight lines, or by steps that end at each sample."""

    def __init__(
        self, time: IntArray, values: FloatArray, breaks: BoolArray, *, stair: bool
    ) -> None:
        end = values[1:]
        begin = end if stair else values[:-1]
        self.good = ~breaks[1:] & np.isfinite(begin) & np.isfinite(end)
        self.begin = np.where(self.good, begin, 0.0)
        self.end = np.where(self.good, end, 0.0)
        self.time = time
        self.step = np.diff(time)

    def integrate(
        self, start: IntArray, stop: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """(T,) integral in ns and (T,) covered ns of each window."""
        a = np.clip(start, self.time[0], self.time[-1])
        b = np.clip(stop, self.time[0], self.time[-1])
        i, j = self._interval(a), self._interval(b)
        # One interval: from a to b. Several: the end of the first, those between,
        # the beginning of the last.
        head_area, head = self._part(i, a, np.minimum(b, self.time[i + 1]))
        tail_area, tail = self._part(j, np.maximum(a, self.time[j]), b)
        several = j > i
        whole = np.where(self.good, self.step, 0)
        lengths = np.concatenate([[0], np.cumsum(whole)])
        means = (self.begin + self.end) / 2
        middle_area = range_sums(means * whole, i + 1, np.maximum(j, i + 1))
        middle = lengths[np.maximum(j, i + 1)] - lengths[i + 1]
        area = head_area + np.where(several, middle_area + tail_area, 0.0)
        length = head + np.where(several, middle + tail, 0)
        return area, length.astype(np.float64)

    def at(self, when: IntArray) -> FloatArray:
        """(T,) the line at instants between samples, NaN at them and where none is."""
        i = self._interval(when)
        between = (when > self.time[i]) & (when < self.time[i + 1])
        return np.where(between & self.good[i], self._height(i, when), np.nan)

    def _interval(self, when: IntArray) -> IntArray:
        i = np.searchsorted(self.time, when, side="right") - 1
        return np.clip(i, 0, self.step.size - 1).astype(np.int64)

    def _height(self, i: IntArray, when: IntArray) -> FloatArray:
        share = (when - self.time[i]) / np.maximum(self.step[i], 1)
        return np.asarray(self.begin[i] + (self.end[i] - self.begin[i]) * share)

    def _part(
        self, i: IntArray, a: IntArray, b: IntArray
    ) -> tuple[FloatArray, IntArray]:
        """Area and length between two times inside one interval."""
        length = np.where(self.good[i], np.maximum(b - a, 0), 0)
        return (self._height(i, a) + self._height(i, b)) / 2 * length, length


def _row_at_middle(trace: Trace, start: IntArray, stop: IntArray) -> IntArray:
    """The sample whose cycle and step hold for a window, -1 for none.

    The last one at or before the middle, unless a break lies between; then whichever
    side of the break is inside the window.
    """
    time = trace.time_ns
    if time.size == 0:
        return np.full(start.shape, -1)
    middle = start + (stop - start) // 2
    before = np.searchsorted(time, middle, side="right") - 1
    after = before + 1
    known = np.clip(before, 0, time.size - 1)
    follows = np.clip(after, 0, time.size - 1)
    linked = (before >= 0) & (after < time.size) & ~trace.breaks[follows]
    use_before = (before >= 0) & (
        linked | (time[known] == middle) | (time[known] >= start)
    )
    use_after = ~use_before & (after < time.size) & (time[follows] <= stop)
    return np.where(use_before, before, np.where(use_after, after, -1))


def _counter(values: FloatArray, row: IntArray) -> pd.arrays.IntegerArray:
    picked = np.full(row.shape, np.nan)
    known = row >= 0
    picked[known] = values[row[known]]
    missing = ~np.isfinite(picked)
    whole = np.where(missing, 0, np.rint(picked)).astype(np.int64)
    return pd.arrays.IntegerArray(whole, missing)
