"""Charge from current, by the rule that fits how the current was recorded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

GAP_FACTOR = 10.0
#: A number that changes at more than this share of the samples is no step.
MOST_STEPS = 0.25


def find_gaps(time_ns: NDArray[np.int64], neighbours: int = 3) -> NDArray[np.bool_]:
    """Mark the samples that follow a gap in the record.

    A spacing is a gap where it exceeds ten times the larger of the record's median
    spacing and the median of its neighbours. Logarithmic or adaptive sampling, or a
    rest sampled more slowly than the rest of the record, is not taken for gaps.

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
    suspects = np.flatnonzero(steps > GAP_FACTOR * overall)
    if suspects.size:
        local = np.maximum(_median_around(steps, suspects, neighbours), overall)
        gaps[suspects[steps[suspects] > GAP_FACTOR * local] + 1] = True
    return gaps


def _median_around(
    steps: NDArray[np.int64], where: NDArray[np.intp], neighbours: int
) -> FloatArray:
    """Median of the spacings on both sides of each, itself left out."""
    reach = [k for k in range(-neighbours, neighbours + 1) if k]
    index = where[:, None] + np.array(reach)
    inside = (index >= 0) & (index < steps.size)
    around = np.where(
        inside, steps[np.clip(index, 0, steps.size - 1)].astype(float), np.nan
    )
    return np.asarray(np.nanmedian(around, axis=1))


def step_starts(step: FloatArray) -> NDArray[np.bool_]:
    """Mark the samples at which a step of the instrument begins.

    Parameters
    ----------
    step
        (N,) number of the step, NaN where there is none.

    Returns
    -------
    (N,) bool
        False throughout where the number changes so often that it counts samples.
    """
    starts = np.zeros(step.size, dtype=bool)
    starts[1:] = np.isfinite(step[1:]) & np.isfinite(step[:-1]) & (np.diff(step) != 0)
    if starts.sum() > MOST_STEPS * step.size:
        starts[:] = False
    return starts


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
        (N,) True at samples that do not continue the one before (gap, step, new table);
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
    current_A = np.asarray(current_A, np.float64)
    seconds = np.diff(time_ns) / 1e9
    level = current_A[1:] if averaged else (current_A[1:] + current_A[:-1]) / 2
    parts = np.where((seconds > 0) & np.isfinite(level), seconds * level, 0.0)
    if breaks is not None:
        parts[breaks[1:]] = 0.0
    return np.concatenate([[0.0], np.cumsum(parts)])
