"""Where a potential turns: half cycles and cycles of a record that does not count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: A turn counts once the potential has come back by this much, or this share of its
#: whole span, whichever is more.
RETURN_V = 0.005
RETURN_SHARE = 0.02
#: A sweep: its path is hardly longer than its swings, and each has some samples.
SWEEP_SHARE = 0.8
SWEEP_SAMPLES = 8
#: A change of one sample by more than this share of the span is a jump; a sweep may
#: begin or end with one, steps from level to level are hardly anything else.
JUMP_SHARE = 0.25
MOST_JUMPS = 0.5


def turning_points(potential: FloatArray) -> IntArray:
    """Find the samples at which a potential turns, by hysteresis.

    Parameters
    ----------
    potential
        (N,) in V; NaN is passed over.

    Returns
    -------
    (K,) int
        Indices of the vertices, increasing; the first and last samples are none.
    """
    known = np.flatnonzero(np.isfinite(potential))
    if known.size < 3:
        return np.zeros(0, np.int64)
    values = potential[known]
    needed = max(RETURN_V, RETURN_SHARE * float(np.ptp(values)))
    return np.asarray(known[_vertices(values, needed)], np.int64)


def _vertices(values: FloatArray, needed: float) -> list[int]:
    """Extremes from which the values come back by `needed`, in their order."""
    found: list[int] = []
    low = high = 0  # candidates since the last vertex
    rising: bool | None = None
    for i in _local_extremes(values):
        if values[i] > values[high]:
            high = i
        if values[i] < values[low]:
            low = i
        if rising is not False and values[high] - values[i] >= needed:
            if rising or high > 0:
                found.append(high)
            rising, low = False, i
        elif rising is not True and values[i] - values[low] >= needed:
            if rising is False or low > 0:
                found.append(low)
            rising, high = True, i
    return found


def _local_extremes(values: FloatArray) -> list[int]:
    """Samples at which the direction changes, and both ends."""
    moving = np.flatnonzero(np.diff(values))
    if moving.size == 0:
        return [0]
    signs = np.sign(np.diff(values)[moving])
    turns = moving[1:][signs[1:] != signs[:-1]]
    return [0, *(int(i) for i in turns), values.size - 1]


def half_cycles(potential: FloatArray) -> IntArray:
    """(N,) number, from 0, of the sweep between two turns a sample belongs to.

    A vertex belongs to the sweep that it ends.
    """
    starts = np.zeros(potential.size, np.int64)
    starts[[i + 1 for i in turning_points(potential) if i + 1 < potential.size]] = 1
    return np.cumsum(starts)


def is_swept(potential: FloatArray) -> bool:
    """Whether a potential goes up and down between turns, as in a voltammogram.

    Noise and a drift with noise on it are not: their path is far longer than their
    swings, or their swings have a sample or two. Nor are steps of the potential.
    """
    values = potential[np.isfinite(potential)]
    turns = turning_points(values)
    if turns.size == 0:
        return False
    ends = np.concatenate([[0], turns, [values.size - 1]])
    swings = float(np.abs(np.diff(values[ends])).sum())
    changes = np.abs(np.diff(values))
    path = float(changes.sum())
    jumps = float(changes[changes > JUMP_SHARE * np.ptp(values)].sum())
    if jumps > MOST_JUMPS * path:
        return False
    long = np.diff(ends) >= SWEEP_SAMPLES
    long_enough = 2 * int(long.sum()) >= max(long.size, 4)
    return long_enough and swings >= SWEEP_SHARE * path
