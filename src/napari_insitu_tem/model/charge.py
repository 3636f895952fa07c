"""Charge from current, by the rule that fits how the current was recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

GAP_FACTOR = 10.0


def find_gaps(time_ns: NDArray[np.int64], neighbours: int = 10) -> NDArray[np.bool_]:
    """Mark the samples that follow a gap in the record.

    A spacing is a gap where it exceeds ten times the larger of the record's median
    spacing and the median of its neighbours, so that logarithmic or adaptive sampling
    is not taken for one.

    Parameters
    ----------
    time_ns
        (N,) times, not decreasing.
    neighbours
        Spacings looked at on either side.

    Returns
    -------
    (N,) bool
        True at the first sample after a gap; the first sample is never one.
    """
    gaps = np.zeros(time_ns.size, dtype=bool)
    steps = np.diff(time_ns)
    positive = steps[steps > 0]
    if positive.size < 2:
        return gaps
    overall = float(np.median(positive))
    for i in np.flatnonzero(steps > GAP_FACTOR * overall):
        around = np.concatenate(
            [steps[max(i - neighbours, 0) : i], steps[i + 1 : i + 1 + neighbours]]
        )
        local = float(np.median(around)) if around.size else overall
        gaps[i + 1] = steps[i] > GAP_FACTOR * max(local, overall)
    return gaps


def integrate_charge(
    time_ns: NDArray[np.int64],
    current_A: FloatArray,
    *,
    breaks: NDArray[np.bool_] | None = None,
    averaged: bool = False,
) -> FloatArray:
    """Cumulative charge in coulombs.

    Parameters
    ----------
    time_ns
        (N,) times.
    current_A
        (N,) current, anodic positive.
    breaks
        (N,) True at samples that do not continue the one before (gap, new table);
        nothing is added over such an interval, nor over one with a NaN.
    averaged
        The current of a sample is its mean since the sample before (charge divided by
        time): right rectangles. Otherwise trapezoids.

    Returns
    -------
    (N,) float
        Charge since the first sample.
    """
    if time_ns.size == 0:
        return np.zeros(0)
    seconds = np.diff(time_ns) / 1e9
    level = current_A[1:] if averaged else (current_A[1:] + current_A[:-1]) / 2
    parts = np.where((seconds > 0) & np.isfinite(level), seconds * level, 0.0)
    if breaks is not None:
        parts[breaks[1:]] = 0.0
    return np.concatenate([[0.0], np.cumsum(parts)])
