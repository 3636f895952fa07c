"""Outlines that cross themselves: the loops are cut off."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ComplexArray = NDArray[np.complex128]

#: Most loops that are cut off one outline.
_MOST_LOOPS = 12


def without_loops(places: ComplexArray) -> ComplexArray:
    """A closed polygon, counterclockwise in x and y, without loops in it.

    Notes
    -----
    A polygon that does not cross itself turns once around; each loop adds a turn or
    takes one away. Of the two parts at a crossing the one with the larger area is kept.
    An outline that keeps a loop where there is nothing would feed it from frame to
    frame.
    """
    kept = places
    for _ in range(_MOST_LOOPS):
        if _turns(kept) == 1:
            break
        crossing = _first_crossing(kept)
        if crossing is None:
            break
        i, j = crossing
        parts = (kept[i + 1 : j + 1], np.concatenate([kept[: i + 1], kept[j + 1 :]]))
        kept = max(parts, key=_area)
        if len(kept) < 4:
            return places
    return kept


def _turns(places: ComplexArray) -> int:
    """How often the way around turns about itself."""
    ways = np.roll(places, -1) - places
    ways = ways[np.abs(ways) > 0]
    if len(ways) < 3:
        return 0
    return round(float(np.angle(np.roll(ways, -1) / ways).sum()) / (2 * np.pi))


def _area(places: ComplexArray) -> float:
    return 0.5 * float(np.sum((places.conj() * np.roll(places, -1)).imag))


def _first_crossing(places: ComplexArray) -> tuple[int, int] | None:
    """Numbers of two sides that cross, the first of them smallest; None without any."""
    a, b = places, np.roll(places, -1)
    side = (b - a).conj()[:, None]
    starts = (side * (a[None, :] - a[:, None])).imag
    ends = (side * (b[None, :] - a[:, None])).imag
    parted = starts * ends < 0
    crossing = np.triu(parted & parted.T, 2)
    found = np.argwhere(crossing)
    return (int(found[0, 0]), int(found[0, 1])) if len(found) else None
