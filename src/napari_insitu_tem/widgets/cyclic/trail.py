"""Trail: one signal against another, thinned out to what the screen can show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.widgets.timeline.pyramid import Polyline, thinned

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

#: Lines of more points than this are painted as pixels.
MOST_POINTS = 30_000
#: Passes that are this much further away than the nearest one count as well.
_REACH_PX = 4.0
#: Steps to the side longer than this are not filled in when painted as pixels.
_MOST_STEP_PX = 200
#: With more steps than this, the columns that they pass over are full anyway.
_MOST_STEPS = 100_000


@dataclass(frozen=True)
class Port:
    """What is visible, and the size of the screen for it.

    Attributes
    ----------
    x, y
        Ranges of both axes.
    width, height
        Pixels.
    """

    x: tuple[float, float]
    y: tuple[float, float]
    width: int
    height: int


@dataclass(frozen=True)
class Drawing:
    """What to paint: a line for each colour, or else pixels.

    Attributes
    ----------
    lines
        (number of the colour, line).
    pixels
        (height, width) number of the colour plus one, 0 for none; row 0 at the bottom.
    """

    lines: tuple[tuple[int, Polyline], ...] = ()
    pixels: NDArray[np.uint8] | None = None


class Trail:
    """N samples in the order of time.

    Parameters
    ----------
    x, y
        (N,) both signals; a NaN in either interrupts the line.
    breaks
        (N,) True at samples that do not continue the one before.
    colour
        (N,) small number of the colour of each sample, not decreasing.
    """

    def __init__(
        self, x: ArrayLike, y: ArrayLike, breaks: ArrayLike, colour: ArrayLike
    ) -> None:
        at: FloatArray = np.asarray(x, dtype=np.float64)
        value: FloatArray = np.asarray(y, dtype=np.float64)
        known = np.isfinite(at) & np.isfinite(value)
        starts = np.array(breaks, dtype=bool)
        starts[1:] |= ~known[:-1]
        counts = np.cumsum(starts)[known]
        self.rows: IntArray = np.flatnonzero(known)
        self.x, self.y = at[known], value[known]
        self.starts: BoolArray = np.diff(counts, prepend=-1) > 0
        self.colour: NDArray[np.uint8] = np.asarray(colour, np.uint8)[known]

    def __len__(self) -> int:
        return int(self.x.size)

    @cached_property
    def bounds(self) -> tuple[tuple[float, float], tuple[float, float]] | None:
        """Ranges of x and y, None without a sample."""
        if not len(self):
            return None
        return (
            (float(self.x.min()), float(self.x.max())),
            (float(self.y.min()), float(self.y.max())),
        )

    def part(self, first_row: int, last_row: int) -> Trail:
        """The samples of rows `first_row` (inside) to `last_row` (outside)."""
        a, b = np.searchsorted(self.rows, (first_row, last_row))
        part = object.__new__(Trail)
        part.rows, part.x, part.y = self.rows[a:b], self.x[a:b], self.y[a:b]
        part.starts, part.colour = self.starts[a:b].copy(), self.colour[a:b]
        part.starts[:1] = True
        return part

    def row_at(
        self,
        x: float,
        y: float,
        x_per_px: float,
        y_per_px: float,
        prefer: IntArray | None = None,
    ) -> int | None:
        """Row of the record nearest to a place on the screen.

        Where the trail passes there several times, within some pixels, the pass that
        comes first in `prefer` is taken, and of that the nearest row.

        Parameters
        ----------
        x, y
            The place.
        x_per_px, y_per_px
            Size of a pixel.
        prefer
            (rows of the record) a number for each, smaller for those preferred.
        """
        if not len(self):
            return None
        away = np.hypot((self.x - x) / x_per_px, (self.y - y) / y_per_px)
        near = np.flatnonzero(away <= float(away.min()) + _REACH_PX)
        if prefer is not None and near.size > 1:
            passes = np.cumsum(np.diff(near, prepend=near[0]) > 1)
            best = passes[np.argmin(prefer[self.rows[near]])]
            near = near[passes == best]
        return int(self.rows[near[np.argmin(away[near])]])

    def draw(self, port: Port) -> Drawing:
        """What to paint of what is visible."""
        x, y, starts, colour = self._visible(port)
        if not x.size:
            return Drawing()
        width = (port.x[1] - port.x[0]) / port.width
        column = np.floor((x - port.x[0]) / width).astype(np.int64)
        other = np.append(True, colour[1:] != colour[:-1])
        new = starts | other
        new[1:] |= column[1:] != column[:-1]
        bounds = np.append(np.flatnonzero(new), x.size)
        low = np.minimum.reduceat(y, bounds[:-1])
        high = np.maximum.reduceat(y, bounds[:-1])
        if bounds.size > MOST_POINTS // 2:
            pixels = _pixels(port, column, y, starts, colour, bounds, (low, high))
            return Drawing(pixels=pixels)
        return Drawing(_lines(x, y, starts, colour, bounds, (low, high)))

    def _is_inside(self, port: Port) -> bool:
        bounds = self.bounds
        return bounds is not None and all(
            shown[0] <= least and largest <= shown[1]
            for shown, (least, largest) in zip((port.x, port.y), bounds, strict=True)
        )

    def _visible(
        self, port: Port
    ) -> tuple[FloatArray, FloatArray, BoolArray, NDArray[np.uint8]]:
        """The samples at the ends of every piece of line that is in sight."""
        x, y = self.x, self.y
        if x.size < 2 or self._is_inside(port):
            return x, y, self.starts, self.colour
        hit = np.ones(x.size - 1, bool)
        for values, (low, high) in ((x, port.x), (y, port.y)):
            before, after = values[:-1], values[1:]
            hit &= (np.maximum(before, after) >= low) & (
                np.minimum(before, after) <= high
            )
        hit &= ~self.starts[1:]
        alone = (x >= port.x[0]) & (x <= port.x[1])
        alone &= (y >= port.y[0]) & (y <= port.y[1])
        keep = np.append(hit, False) | np.append(False, hit) | alone
        if keep.all():
            return x, y, self.starts, self.colour
        starts = self.starts.copy()
        starts[1:] |= ~hit
        return x[keep], y[keep], starts[keep], self.colour[keep]


def _lines(
    x: FloatArray,
    y: FloatArray,
    starts: BoolArray,
    colour: NDArray[np.uint8],
    bounds: IntArray,
    extremes: tuple[FloatArray, FloatArray],
) -> tuple[tuple[int, Polyline], ...]:
    """One line for each run of a colour, beginning where the run before it ended."""
    out = []
    of_group = colour[bounds[:-1]]
    runs = np.flatnonzero(np.append(True, of_group[1:] != of_group[:-1]))
    for a, b in zip(runs, [*runs[1:], of_group.size], strict=True):
        edges = bounds[a : b + 1]
        low, high = (values[a:b] for values in extremes)
        if a and not starts[edges[0]]:
            before = y[edges[0] - 1]
            edges = np.append(edges[0] - 1, edges)
            low, high = np.append(before, low), np.append(before, high)
        out.append((int(of_group[a]), thinned(x, y, starts, edges, (low, high))))
    return tuple(out)


def _pixels(
    port: Port,
    column: IntArray,
    y: FloatArray,
    starts: BoolArray,
    colour: NDArray[np.uint8],
    bounds: IntArray,
    extremes: tuple[FloatArray, FloatArray],
) -> NDArray[np.uint8]:
    """The pixels that the line covers: upright spans, a column each."""
    first = bounds[:-1]
    scale = port.height / (port.y[1] - port.y[0])
    low, high = ((values - port.y[0]) * scale for values in extremes)
    before = np.maximum(first - 1, 0)
    from_y = (y[before] - port.y[0]) * scale
    from_column, to_column = column[before], column[first]
    goes_on = ~starts[first]
    goes_on[0] = False
    step = to_column - from_column
    beside = goes_on & (np.abs(step) <= 1)
    low = np.where(beside, np.minimum(low, from_y), low)
    high = np.where(beside, np.maximum(high, from_y), high)
    far = goes_on & (np.abs(step) > 1) & (np.abs(step) <= _MOST_STEP_PX)
    if np.count_nonzero(far) > _MOST_STEPS:
        far[:] = False
    to_y = (y[first] - port.y[0]) * scale
    between = _between(from_column[far], step[far], from_y[far], to_y[far])
    columns = np.concatenate([to_column, between[0]])
    lows = np.concatenate([low, between[1]])
    highs = np.concatenate([high, between[2]])
    colours = np.concatenate([colour[first], colour[first[far]].repeat(between[3])])
    return _filled(port, columns, lows, highs, colours)


def _between(
    column: IntArray, step: IntArray, from_y: FloatArray, to_y: FloatArray
) -> tuple[IntArray, FloatArray, FloatArray, IntArray]:
    """Upright spans in the columns that steps to the side pass over."""
    count = np.abs(step) - 1
    total = int(count.sum())
    within = np.arange(total) - np.repeat(np.cumsum(count) - count, count) + 1
    columns = np.repeat(column, count) + np.repeat(np.sign(step), count) * within
    slope = np.repeat((to_y - from_y) / np.maximum(count + 1, 1), count)
    middle = np.repeat(from_y, count) + slope * within
    half = np.abs(slope) / 2
    return columns, middle - half, middle + half, count


def _filled(
    port: Port,
    columns: IntArray,
    lows: FloatArray,
    highs: FloatArray,
    colours: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    """Paint upright spans, later colours over earlier ones."""
    width, height = port.width, port.height
    seen = (columns >= 0) & (columns < width) & (highs >= 0) & (lows < height)
    columns, colours = columns[seen], colours[seen]
    bottom = np.clip(lows[seen], 0, height - 1).astype(np.int64)
    top = np.clip(highs[seen], 0, height - 1).astype(np.int64)
    # One more row, in which spans that reach the top end.
    kinds = int(colours.max()) + 1 if colours.size else 0
    line = (colours.astype(np.int64) * width + columns) * (height + 1)
    size = kinds * width * (height + 1)
    change = np.bincount(line + bottom, minlength=size)
    change -= np.bincount(line + top + 1, minlength=size)
    depth = np.cumsum(change.reshape(kinds, width, height + 1), axis=2)
    image = np.zeros((width, height), np.uint8)
    for number in range(kinds):
        image[depth[number, :, :height] > 0] = number + 1
    return np.ascontiguousarray(image.T)
