"""Steps of a record that does not number them: where what is controlled changes.

A change of the control is a jump between two steady levels of the current (rest,
charge, discharge) or of the potential (a step of a chronoamperogram), the moment at
which a held current gives way to a held potential, or that at which a potential leaves
a hold for a sweep or comes to one. Turns of a sweep are none: they part half cycles.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from napari_insitu_tem.model.turning_points import turning_points

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Samples that a level is judged by: no step is shorter.
WINDOW = 5
#: A jump exceeds the ranges of the samples before and after it by this factor, the
#: noise of the whole record by that one,
JUMP_RANGES = 4.0
JUMP_NOISES = 8.0
#: and this share of the largest current, or this potential in V.
JUMP_SHARE = 0.01
JUMP_V = 0.005
#: A held potential stays within this many V, a held current within this share of it.
HELD_V = 0.002
HELD_SHARE = 0.005
#: More steps than this share of the samples are no steps.
MOST = 0.1


def control_steps(potential: FloatArray, current: FloatArray) -> IntArray:
    """Find the samples that begin a step.

    Parameters
    ----------
    potential, current
        (N,) in V and A; a signal that was not recorded is NaN throughout. Samples
        without a value of a signal that was recorded are passed over.

    Returns
    -------
    (K,) int
        First samples of the steps after the first, increasing; none where the control
        never changes, or changes so often that it is noise.
    """
    has_e, has_i = np.isfinite(potential), np.isfinite(current)
    known = np.ones(potential.size, bool)
    for here in (has_e, has_i):
        if here.any():
            known &= here
    if not (has_e.any() or has_i.any()) or known.sum() < 2 * WINDOW:
        return np.zeros(0, np.int64)
    rows = np.flatnonzero(known)
    e = potential[rows] if has_e.any() else None
    i = current[rows] if has_i.any() else None
    with np.errstate(over="ignore", invalid="ignore"):  # numbers of a damaged file
        starts = _jumps(e, i)
        if e is not None and i is not None:
            starts = _with_gradual(e, i, starts)
    if starts.size > MOST * rows.size:
        return np.zeros(0, np.int64)
    return np.asarray(rows[starts], np.int64)


def _jumps(e: FloatArray | None, i: FloatArray | None) -> IntArray:
    """Jumps of either signal; those of both at once are one."""
    found: list[int] = []
    if i is not None:
        floor = JUMP_SHARE * float(np.quantile(np.abs(i), 0.999))
        at = _level_changes(i, floor)
        found += at if e is None else _of_the_control(e, i, at)
    if e is not None:
        found += _level_changes(e, JUMP_V)
    return _apart(found)


def _of_the_control(e: FloatArray, i: FloatArray, jumps: list[int]) -> list[int]:
    """The jumps of a current that is controlled.

    Where the potential stays, a current jumps by itself (a nucleation, a bubble), and
    where it turns, that of a voltammogram does. There, only jumps between currents
    that are held from one such place to the next are the control's.
    """
    turns, limit = turning_points(e), max(HELD_V / 2, 4 * _noise(e))
    places = np.unique([0, *jumps, *turns.tolist(), e.size])
    kept = []
    for k in jumps:
        at_turn = turns.size and int(np.abs(turns - k).min()) <= WINDOW
        if at_turn or _is_held(_around(e, k), limit):
            begin = places[places <= k - WINDOW].max(initial=0)
            end = places[places >= k + WINDOW].min(initial=e.size)
            if not _are_levels(i[begin + 1 : k - 1], i[k + 1 : end - 1]):
                continue
        kept.append(k)
    return kept


def _are_levels(before: FloatArray, after: FloatArray) -> bool:
    """Whether two currents are one value and noise each, far from one another."""
    if min(before.size, after.size) < WINDOW - 2:
        return False
    levels = [float(np.median(side)) for side in (before, after)]
    for side, level in zip((before, after), levels, strict=True):
        limit = max(4 * HELD_SHARE * abs(level), 4 * _noise(side))
        if limit > 0.2 * abs(levels[1] - levels[0]):
            return False
        if (np.abs(side - level) <= limit).mean() < 0.9:
            return False
    return True


def _level_changes(values: FloatArray, floor: float) -> list[int]:
    """First samples after a jump between two steady levels, larger than `floor`."""
    if values.size < 2 * WINDOW:
        return []
    windows = sliding_window_view(values, WINDOW)
    level = np.median(windows, axis=1)
    spread = _inner_range(windows)
    before, after = slice(0, -WINDOW), slice(WINDOW, None)  # of each sample k - WINDOW
    slope = (windows[:, -1] - windows[:, 0]) / (WINDOW - 1)
    trend = WINDOW * (slope[before] + slope[after]) / 2
    jump = np.abs(level[after] - level[before] - trend)
    noise = np.maximum(spread[before], spread[after])
    floor = max(floor, JUMP_NOISES * _noise(values), 2.5 * _resolution(values))
    is_jump = (jump > JUMP_RANGES * noise) & (jump > floor)
    found = []
    for run in _runs(is_jump):
        k = _steepest(values, run)
        change = float(np.abs(values[min(k + 1, values.size - 1)] - values[k - 1]))
        change = max(change, abs(float(values[k] - values[max(k - 2, 0)])))
        if change >= 0.6 * jump[run[0] : run[1] + 1].max():  # at once, not by and by
            found.append(k)
    return found


def _inner_range(windows: NDArray[np.float64]) -> FloatArray:
    """(M,) range of each window without its one most outlying sample."""
    ordered = np.sort(windows, axis=1)
    return np.asarray(
        np.minimum(ordered[:, -2] - ordered[:, 0], ordered[:, -1] - ordered[:, 1])
    )


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """First and last index of each stretch of true values."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _steepest(values: FloatArray, run: tuple[int, int]) -> int:
    """The sample that the largest difference leads to, near a run of jumps."""
    first, last = run[0] + WINDOW, run[1] + WINDOW
    begin = max(first - 1, 1)
    differences = np.abs(np.diff(values[begin - 1 : last + 2]))
    return begin + int(np.argmax(differences))


def _around(values: FloatArray, k: int) -> FloatArray:
    return values[max(k - WINDOW, 0) : k + WINDOW]


def _is_held(potential: FloatArray, limit: float) -> bool:
    """Whether a potential stays within a range, a single sample excepted."""
    ordered = np.sort(potential)
    if ordered.size < 3:
        return False
    inner = min(ordered[-2] - ordered[0], ordered[-1] - ordered[1])
    return bool(inner <= limit)


def _apart(found: list[int]) -> IntArray:
    """Sorted, those nearer to the one before than a window left out."""
    kept: list[int] = []
    for k in sorted(found):
        if not kept or k - kept[-1] >= WINDOW:
            kept.append(k)
    return np.asarray(kept, np.int64)


def _with_gradual(e: FloatArray, i: FloatArray, starts: IntArray) -> IntArray:
    """The jumps, and the changes without one inside the stretches between them."""
    found = starts.tolist()
    ends = [0, *found, e.size]
    for begin, end in pairwise(ends):
        if end - begin < 2 * WINDOW:
            continue
        part_e, part_i = e[begin:end], i[begin:end]
        for at in (
            _to_constant_potential(part_e, part_i),
            *_sweep_ends(part_e, part_i),
        ):
            if at is not None:
                found.append(begin + at)
    return _apart(found)


def _to_constant_potential(e: FloatArray, i: FloatArray) -> int | None:
    """Where a held current gives way to a held potential (CC to CV)."""
    level = float(np.median(i[:WINDOW]))
    held = np.abs(i - level) <= max(HELD_SHARE * abs(level), 4 * _noise(i))
    at = _prefix(held)
    if level == 0.0 or not WINDOW <= at <= e.size - WINDOW:
        return None
    rest_e, rest_i = e[at:], i[at:]
    end = float(np.median(rest_e))
    close = np.abs(rest_e - end) <= max(HELD_V, 4 * _noise(rest_e))
    drift = abs(float(e[at] - e[0]))
    fell = abs(float(np.median(rest_i[-WINDOW:]))) < 0.98 * abs(level)
    if close.mean() < 0.9 or drift < 5 * HELD_V or not fell:
        return None
    held = np.abs(e - end) <= max(HELD_V, 4 * _noise(rest_e))
    return min(at, e.size - _prefix(held[::-1]))  # the potential shows it at once


def _sweep_ends(e: FloatArray, i: FloatArray) -> list[int]:
    """Where a potential leaves a hold for a sweep, and where one comes to a hold.

    Under a held current it is not the potential that is controlled.
    """
    level = float(np.median(i))
    limit = max(HELD_SHARE * float(np.abs(i).max()), 4 * _noise(i))
    if (np.abs(i - level) <= limit).mean() > 0.9:
        return []
    leaves = _hold_before_sweep(e)
    comes = _hold_before_sweep(e[::-1])
    found = [leaves, None if comes is None else e.size - comes]
    return [at for at in found if at is not None]


def _hold_before_sweep(e: FloatArray) -> int | None:
    """Length of a hold at the beginning, if a sweep follows it."""
    limit = max(HELD_V / 2, 4 * _noise(e))
    at = _prefix(np.abs(e - np.median(e[:WINDOW])) <= limit)
    if not 2 * WINDOW <= at <= e.size - 2 * WINDOW:
        return None
    quarter = at // 4
    trend = abs(
        float(np.median(e[at // 2 : at // 2 + quarter]) - np.median(e[:quarter]))
    )
    after = e[at : at + max(2 * WINDOW, quarter)]
    net, path = abs(float(after[-1] - after[0])), float(np.abs(np.diff(after)).sum())
    sweeps = net > 5 * limit and net >= 0.8 * path
    return at if trend <= limit / 4 and sweeps else None


def _prefix(held: NDArray[np.bool_]) -> int:
    """Length of the held beginning; two samples in a row end it, one does not."""
    lost = np.flatnonzero(~held[:-1] & ~held[1:])
    return int(lost[0]) if lost.size else held.size


def _noise(values: FloatArray) -> float:
    """Standard deviation of white noise, by second differences, robust to steps."""
    if values.size < 4:
        return 0.0
    second = values[2:] - 2 * values[1:-1] + values[:-2]
    return float(1.4826 * np.median(np.abs(second)) / np.sqrt(6.0))


def _resolution(values: FloatArray) -> float:
    """Smallest step of a digitised signal that toggles by it; 0 where none shows."""
    differences = np.abs(np.diff(values))
    steps = differences[differences > 0]
    if steps.size < 0.05 * values.size:
        return 0.0
    smallest = float(steps.min())
    return smallest if smallest < 0.15 * float(np.ptp(values)) else 0.0
