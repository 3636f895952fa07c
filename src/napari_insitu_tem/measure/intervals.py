"""What the record says of an interval: mean potential and current, charge passed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.joining import average_over_windows
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Part of an interval that may lie in breaks of the record, as where one technique
#: follows another, before the interval counts as not covered.
_MAY_BE_MISSING = 0.01


@dataclass(frozen=True)
class IntervalMeans:
    """The record over intervals.

    Attributes
    ----------
    potential_V, current_A
        (N,) time-weighted means; NaN where not covered, or not recorded.
    charge_C
        (N,) charge passed from start to stop, anodic positive.
    is_covered
        (N,) whether the record covers the interval without a gap.
    """

    potential_V: FloatArray
    current_A: FloatArray
    charge_C: FloatArray
    is_covered: NDArray[np.bool_]


def average_over_intervals(
    trace: Trace, start_ns: ArrayLike, stop_ns: ArrayLike
) -> IntervalMeans:
    """Means of the record, and charge, over intervals on its clock.

    Parameters
    ----------
    trace
        The record.
    start_ns, stop_ns
        (N,) the intervals.

    Notes
    -----
    Means are time-weighted integrals of the straight lines between samples. The charge
    is the sum of the record's own increments, interpolated at both ends; an increment
    across a break (where an instrument may begin to count anew) is left out. An
    interval that the record does not reach, or with more than 1 % of its time in
    breaks, gets NaN.
    """
    start = np.asarray(start_ns, dtype=np.int64)
    stop = np.asarray(stop_ns, dtype=np.int64)
    covered = _covered(trace, start, stop)
    means = average_over_windows(trace, start, stop)
    potential, current, charge = (
        np.where(covered, values, np.nan)
        for values in (
            means["potential_V"].to_numpy(float),
            means["current_A"].to_numpy(float),
            _charge_passed(trace, start, stop),
        )
    )
    return IntervalMeans(potential, current, charge, covered)


def _covered(trace: Trace, start: IntArray, stop: IntArray) -> NDArray[np.bool_]:
    if len(trace) == 0:
        return np.zeros(start.shape, bool)
    first, last = trace.span_ns
    steps = np.diff(trace.time_ns, prepend=trace.time_ns[0])
    broken = np.cumsum(np.where(trace.breaks, steps, 0)).astype(float)
    missing = _at(trace, broken, stop) - _at(trace, broken, start)
    inside = (start >= first) & (stop <= last)
    return np.asarray(inside & (missing <= _MAY_BE_MISSING * (stop - start)))


def _charge_passed(trace: Trace, start: IntArray, stop: IntArray) -> FloatArray:
    if not trace.has("charge_C"):
        return np.full(start.shape, np.nan)
    steps = np.diff(trace.values("charge_C"), prepend=np.nan)
    steps[trace.breaks | ~np.isfinite(steps)] = 0.0
    passed = np.cumsum(steps)
    return _at(trace, passed, stop) - _at(trace, passed, start)


def _at(trace: Trace, values: FloatArray, when: IntArray) -> FloatArray:
    """A running sum at times between samples."""
    zero = trace.time_ns[0]
    at = np.interp((when - zero) / 1e9, (trace.time_ns - zero) / 1e9, values)
    return np.asarray(at, dtype=np.float64)
