"""Pyramid: a sampled signal that can be drawn at any zoom from a few points a pixel.

Extremes of blocks of samples are kept at several sizes. For a view, the samples are
grouped by the pixel column they fall in, whatever their spacing in time, and each
group is replaced by its first sample, its extremes and its last one: the drawn line
covers the same pixels as the line through all samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

_FIRST_BLOCK = 16
_FACTOR = 8

#: Points that a pixel column may be drawn with.
_PER_PIXEL = 4


@dataclass(frozen=True)
class Polyline:
    """Points to draw.

    Attributes
    ----------
    x, y
        (M,) the points.
    connect
        (M,) whether a point is joined to the next one.
    """

    x: FloatArray
    y: FloatArray
    connect: BoolArray

    def __len__(self) -> int:
        return int(self.x.size)


class Pyramid:
    """A signal and its extremes over blocks of samples.

    Parameters
    ----------
    x
        (N,) positions, not decreasing.
    y
        (N,) values; a NaN interrupts the line.
    breaks
        (N,) True at samples that do not continue the one before.
    """

    def __init__(
        self, x: ArrayLike, y: ArrayLike, breaks: ArrayLike | None = None
    ) -> None:
        at: FloatArray = np.asarray(x, dtype=np.float64)
        value: FloatArray = np.asarray(y, dtype=np.float64)
        starts = np.zeros(at.size, bool) if breaks is None else np.array(breaks, bool)
        known = np.isfinite(value)
        if not known.all():
            starts[1:] |= ~known[:-1]
            starts = _carried(starts, known)
            at, value = at[known], value[known]
        if starts.size:
            starts[0] = True
        self.x, self.y, self.starts = at, value, starts
        self._break_at = np.flatnonzero(starts)
        self._levels = _levels(self.y)

    def __len__(self) -> int:
        return int(self.x.size)

    @property
    def x_bounds(self) -> tuple[float, float] | None:
        """First and last position, None without a sample."""
        return (float(self.x[0]), float(self.x[-1])) if len(self) else None

    @cached_property
    def y_bounds(self) -> tuple[float, float] | None:
        """Least and largest value, None without a sample."""
        return self._between(0, len(self))

    def y_bounds_in(self, start: float, stop: float) -> tuple[float, float] | None:
        """Least and largest value of the samples inside a stretch of x."""
        first = int(np.searchsorted(self.x, start, side="left"))
        last = int(np.searchsorted(self.x, stop, side="right"))
        return self._between(first, last)

    def _between(self, first: int, last: int) -> tuple[float, float] | None:
        if last <= first:
            return None
        low, high = self.extremes(np.array([first]), np.array([last]))
        return float(low[0]), float(high[0])

    def value_at(self, x: float) -> float:
        """The value on the line through the samples; NaN off it."""
        i = int(np.searchsorted(self.x, x, side="right")) - 1
        if i < 0:
            return float("nan")
        if self.x[i] == x:
            return float(self.y[i])
        if i + 1 >= len(self) or self.starts[i + 1]:
            return float("nan")
        part = (x - self.x[i]) / (self.x[i + 1] - self.x[i])
        return float(self.y[i] + part * (self.y[i + 1] - self.y[i]))

    def extremes(
        self, first: IntArray, last: IntArray
    ) -> tuple[FloatArray, FloatArray]:
        """Least and largest value of groups of samples.

        Parameters
        ----------
        first, last
            (G,) bounds of each group, `first` inside and `last` outside; no group is
            empty.

        Returns
        -------
        (G,), (G,)
        """
        mean = float(np.mean(last - first)) if first.size else 0.0
        fitting = [level for level in self._levels if level.size**2 <= 4 * mean]
        if not fitting:
            return _reduced(np.minimum, self.y, first, last), _reduced(
                np.maximum, self.y, first, last
            )
        level = fitting[-1]
        begin, end = -(-first // level.size), last // level.size
        inner = end > begin
        head = np.where(inner, begin * level.size, last)
        tail = np.where(inner, end * level.size, last)
        out = []
        for reduce, blocks in ((np.minimum, level.low), (np.maximum, level.high)):
            value = self.y[first].copy()
            for a, b, source in (
                (first, head, self.y),
                (tail, last, self.y),
                (begin, end, blocks),
            ):
                some = b > a
                part = _reduced(reduce, source, a[some], b[some])
                value[some] = reduce(value[some], part)
            out.append(value)
        return out[0], out[1]

    def view(self, start: float, stop: float, pixels: int) -> Polyline:
        """Points that draw the signal between two positions.

        One sample beyond each end is included, so that the line reaches the edges.

        Parameters
        ----------
        start, stop
            Positions at the left and right edge.
        pixels
            Number of pixel columns between them.
        """
        first = max(int(np.searchsorted(self.x, start, side="right")) - 1, 0)
        last = min(int(np.searchsorted(self.x, stop, side="left")) + 1, len(self))
        if last <= first or pixels < 1 or not stop > start:
            return Polyline(np.empty(0), np.empty(0), np.empty(0, bool))
        if last - first <= _PER_PIXEL * pixels:
            chosen = slice(first, last)
            return joined(self.x[chosen], self.y[chosen], self.starts[chosen])
        bounds = self._groups(first, last, start, (stop - start) / pixels, pixels)
        extremes = self.extremes(bounds[:-1], bounds[1:])
        return thinned(self.x, self.y, self.starts, bounds, extremes)

    def _groups(
        self, first: int, last: int, start: float, width: float, pixels: int
    ) -> IntArray:
        """Bounds of the groups of samples in each pixel column, split at breaks.

        Columns lie on a grid that does not move with the view, so that the picture is
        steady while panning.
        """
        columns = (np.floor(start / width) + np.arange(pixels + 2)) * width
        edges = np.clip(np.searchsorted(self.x, columns), first, last)
        a, b = np.searchsorted(self._break_at, (first + 1, last))
        # More breaks than this are finer than the pixels anyway.
        b = b if b - a <= _PER_PIXEL * pixels else a
        bounds = [np.array([first, last]), edges, self._break_at[a:b]]
        return np.unique(np.concatenate(bounds)).astype(np.int64)


@dataclass(frozen=True)
class _Level:
    """Extremes of consecutive blocks of `size` samples."""

    size: int
    low: FloatArray
    high: FloatArray


def _levels(y: FloatArray) -> list[_Level]:
    """Blocks of growing size; samples after the last whole block are in none."""
    levels: list[_Level] = []
    size, low, high = _FIRST_BLOCK, y, y
    step = _FIRST_BLOCK
    while low.size >= step:
        whole = low.size // step * step
        low = low[:whole].reshape(-1, step).min(axis=1)
        high = high[:whole].reshape(-1, step).max(axis=1)
        levels.append(_Level(size, low, high))
        size, step = size * _FACTOR, _FACTOR
    return levels


def _reduced(
    reduce: np.ufunc, values: FloatArray, first: IntArray, last: IntArray
) -> FloatArray:
    """Reduce values[first:last] of every (not empty) group, in order of position."""
    if first.size == 0:
        return np.empty(0)
    if np.any(first[1:] - last[:-1] > _FIRST_BLOCK):
        # Far apart: what lies between them is not worth a look.
        size = last - first
        ends = np.cumsum(size)
        inside = np.arange(ends[-1]) + np.repeat(first - ends + size, size)
        return np.asarray(reduce.reduceat(values[inside], ends - size))
    pairs = np.stack([first, last], axis=1).ravel()[:-1]
    return np.asarray(reduce.reduceat(values[: last[-1]], pairs)[::2])


def thinned(
    x: FloatArray,
    y: FloatArray,
    starts: BoolArray,
    bounds: IntArray,
    extremes: tuple[FloatArray, FloatArray],
) -> Polyline:
    """Replace each group of samples by its first one, its extremes and its last one.

    Parameters
    ----------
    x, y, starts
        (N,) samples; `starts` is True where one is not joined to the one before.
    bounds
        (G + 1,) where groups begin, and where the last one ends.
    extremes
        (G,) least and (G,) largest y of each group.
    """
    first, last = bounds[:-1], bounds[1:] - 1
    middle = (x[first] + x[last]) / 2
    at = np.stack([x[first], middle, middle, x[last]], axis=1)
    value = np.stack([y[first], *extremes, y[last]], axis=1)
    size = last - first + 1
    kept = np.ones(at.shape, bool)
    kept[:, 1:3] = (size > 2)[:, None]
    kept[:, 3] = size > 1
    begins = np.zeros(at.shape, bool)
    begins[:, 0] = starts[first]
    return joined(at[kept], value[kept], begins[kept])


def joined(x: FloatArray, y: FloatArray, starts: BoolArray) -> Polyline:
    """Join the points except at starts; a lone point is doubled to show as a dot."""
    connect = np.append(~starts[1:], False)
    before = np.append(False, connect[:-1])
    alone = ~connect & ~before
    if not alone.any():
        return Polyline(x, y, connect)
    counts = np.where(alone, 2, 1)
    at = np.cumsum(counts)[alone] - 2
    connect = np.repeat(connect, counts)
    connect[at] = True
    return Polyline(np.repeat(x, counts), np.repeat(y, counts), connect)


def _carried(starts: BoolArray, keep: BoolArray) -> BoolArray:
    """Keep a start where any of the samples left out before it had one."""
    count = np.cumsum(starts)[keep]
    return np.asarray(np.diff(count, prepend=0) > 0)
