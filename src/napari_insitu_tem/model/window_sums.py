"""Sums and moments over many ranges of one long array, without loss of digits.

Differences of running totals would do the same, but lose what a small value in a short
window has next to the total of a long record. Here every window is put together from
blocks of 1, 2, 4, ... neighbours that lie inside it (a segment tree), so that nothing
outside a window touches its result.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
State = tuple[FloatArray, ...]


def range_sums(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    """Sum of `values[first:last]` for each range.

    Parameters
    ----------
    values
        (N,) finite.
    first, last
        (W,) bounds, 0 <= first, last <= N; empty ranges give 0.
    """
    return _fold((values,), first, last, lambda a, b: (a[0] + b[0],))[0]


def range_moments(
    values: FloatArray, first: IntArray, last: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Count, mean and sum of squared deviations of the finite values in each range.

    Parameters
    ----------
    values
        (N,) NaN where there is none.
    first, last
        (W,) bounds as for `range_sums`.

    Returns
    -------
    count, mean, squares
        (W,) each; the mean of an empty range is 0. Blocks are merged pairwise
        (Chan, Golub & LeVeque, 1979).
    """
    finite = np.isfinite(values)
    leaves = (
        finite.astype(np.float64),
        np.where(finite, values, 0.0),
        np.zeros(values.size),
    )
    count, mean, squares = _fold(leaves, first, last, _merge)
    return count, mean, squares


def _merge(a: State, b: State) -> State:
    count = a[0] + b[0]
    share = b[0] / np.maximum(count, 1.0)
    apart = b[1] - a[1]
    mean = a[1] + apart * share
    squares = a[2] + b[2] + apart**2 * a[0] * share
    return count, np.where(a[0] > 0, mean, b[1]), squares


def _fold(
    leaves: State,
    first: IntArray,
    last: IntArray,
    merge: Callable[[State, State], State],
) -> State:
    """Merge the leaves of each range; zeros stand for an empty one."""
    low, high = first.copy(), np.maximum(last, first)
    total: State = tuple(np.zeros(first.size) for _ in leaves)
    level = leaves
    while np.any(low < high):
        odd = (low < high) & (low % 2 == 1)
        _take(total, odd, level, low, merge)
        low[odd] += 1
        odd = (low < high) & (high % 2 == 1)
        high[odd] -= 1
        _take(total, odd, level, high, merge)
        low //= 2
        high //= 2
        level = _pairs(level, merge)
    return total


def _take(
    total: State,
    chosen: NDArray[np.bool_],
    level: State,
    index: IntArray,
    merge: Callable[[State, State], State],
) -> None:
    if not chosen.any():
        return
    block = tuple(part[index[chosen]] for part in level)
    merged = merge(tuple(part[chosen] for part in total), block)
    for part, value in zip(total, merged, strict=True):
        part[chosen] = value


def _pairs(level: State, merge: Callable[[State, State], State]) -> State:
    """The next level: neighbours merged, an odd one at the end filled up."""
    if level[0].size % 2:
        level = tuple(np.append(part, 0.0) for part in level)
    return merge(
        tuple(part[0::2] for part in level), tuple(part[1::2] for part in level)
    )
