"""Laplace's equation between two boundaries, on the grid points inside the layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.thickness.strip import Strip

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_INNER, _OUTER, _WALL = 0, 1, 2

#: Shortest distance to a boundary along a grid line, as a part of the grid's step.
_SHORTEST = 1e-6

#: Layers of grid points outside to which the directions are continued.
_SWEEPS = 3


@dataclass(frozen=True, eq=False)
class DirectionField:
    """Unit vectors along the gradient of the potential, from inner to outer.

    Attributes
    ----------
    origin, step
        Place (y, x) of the grid point (0, 0), and the distance of grid points.
    keys
        (N,) sorted numbers of the grid points, ``row * columns + column``.
    columns
        Columns of the grid.
    directions
        (N, 2) unit vectors (y, x).
    """

    origin: FloatArray
    step: float
    keys: IntArray
    columns: int
    directions: FloatArray

    def at(self, places: FloatArray) -> FloatArray:
        """(K, 2) directions between the grid points; zero where nothing is known."""
        g = (places - self.origin) / self.step
        low = np.floor(g)
        fy, fx = (g - low).T
        key = (low[:, 0] * self.columns + low[:, 1]).astype(np.int64)
        total = np.zeros(places.shape)
        for dy, dx, weight in (
            (0, 0, (1 - fy) * (1 - fx)),
            (0, 1, (1 - fy) * fx),
            (1, 0, fy * (1 - fx)),
            (1, 1, fy * fx),
        ):
            index, is_there = _find(self.keys, key + dy * self.columns + dx)
            share = np.where(is_there, weight, 0.0)
            total += share[:, None] * self.directions[index]
        size = np.hypot(*total.T)[:, None]
        return np.asarray(np.where(size > 1e-9, total / np.maximum(size, 1e-9), 0.0))


def solve_potential(strip: Strip, step: float) -> DirectionField | None:
    """The field of a strip, or None where no grid point lies between the boundaries.

    The potential is 0 on the inner boundary and 1 on the outer one, with no flux
    through the side walls. Only grid points inside are held. A grid line is cut where
    it crosses a boundary, so that boundaries have their places to second order
    (Shortley and Weller); the side walls go between grid points.
    """
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import spsolve

    lines = [(strip.inner, _INNER), (strip.outer, _OUTER)]
    lines += [(wall, _WALL) for wall in strip.walls]
    everything = np.concatenate([points for points, _ in lines])
    origin = everything.min(axis=0) - (_SWEEPS + 1.37) * step
    size = np.ceil(np.ptp(everything, axis=0) / step) + 2 * _SWEEPS + 4
    columns = int(size.max())
    on_rows, on_columns = (
        _crossings(lines, origin, step, axis, columns) for axis in (0, 1)
    )
    keys = _inside(on_rows[0], columns)
    if keys.size == 0:
        return None
    arms = _arms(keys, columns, on_rows, on_columns)
    count = keys.size
    entries, rows, cols = [], [], []
    diagonal, right = np.zeros(count), np.zeros(count)
    for first, second in (arms[:2], arms[2:]):
        both = first.length + second.length
        for arm in (first, second):
            weight = np.where(arm.kind == _WALL, 0.0, 2.0 / (arm.length * both))
            diagonal -= weight
            inside = arm.kind < 0
            entries.append(weight[inside])
            rows.append(np.flatnonzero(inside))
            cols.append(arm.neighbour[inside])
            right -= np.where(arm.kind == _OUTER, weight, 0.0)
    alone = diagonal == 0
    entries.append(np.where(alone, 1.0, diagonal))
    rows.append(np.arange(count))
    cols.append(np.arange(count))
    matrix = csc_array(
        (np.concatenate(entries), (np.concatenate(rows), np.concatenate(cols))),
        shape=(count, count),
    )
    potential = spsolve(matrix, right, permc_spec="COLAMD")
    gradient = np.column_stack(
        [_slope(potential, *arms[2:]), _slope(potential, *arms[:2])]
    )
    keys, directions = _continued(keys, gradient, columns)
    return DirectionField(origin, step, keys, columns, directions)


@dataclass(frozen=True, eq=False)
class _Arm:
    """From each grid point one way along an axis, in units of the grid's step.

    `kind` is -1 where the next grid point is reached, whose index is `neighbour`.
    """

    length: FloatArray
    kind: IntArray
    neighbour: NDArray[np.intp]


def _crossings(
    lines: list[tuple[FloatArray, int]],
    origin: FloatArray,
    step: float,
    axis: int,
    columns: int,
) -> tuple[FloatArray, IntArray]:
    """Where boundaries cross the grid lines on which the coordinate `axis` is whole.

    Returns
    -------
    (C,) sorted ``line * columns + place``, (C,) which boundary.
    """
    places, kinds = [], []
    for points, kind in lines:
        g = (points - origin) / step
        a, b = g[:-1], g[1:]
        low = np.floor(np.minimum(a[:, axis], b[:, axis])).astype(np.int64)
        high = np.floor(np.maximum(a[:, axis], b[:, axis])).astype(np.int64)
        number = high - low
        segment = np.repeat(np.arange(len(a)), number)
        before = np.cumsum(number) - number
        line = low[segment] + 1 + np.arange(segment.size) - before[segment]
        step_along = b[segment, axis] - a[segment, axis]
        part = (line - a[segment, axis]) / step_along
        other = 1 - axis
        at = a[segment, other] + part * (b[segment, other] - a[segment, other])
        places.append(line * float(columns) + at)
        kinds.append(np.full(segment.size, kind, dtype=np.int64))
    place, kind_of = np.concatenate(places), np.concatenate(kinds)
    order = np.argsort(place, kind="stable")
    return place[order], kind_of[order]


def _inside(crossings: FloatArray, columns: int) -> IntArray:
    """(N,) keys of the grid points between odd and even crossings of each row."""
    first = np.floor(crossings[0::2]).astype(np.int64) + 1
    last = np.ceil(crossings[1::2]).astype(np.int64) - 1
    number = np.maximum(last - first + 1, 0)
    before = np.cumsum(number) - number
    start = np.repeat(first - before, number)
    return np.asarray(start + np.arange(start.size))


def _arms(
    keys: IntArray,
    columns: int,
    on_rows: tuple[FloatArray, IntArray],
    on_columns: tuple[FloatArray, IntArray],
) -> tuple[_Arm, _Arm, _Arm, _Arm]:
    """Left, right, up and down."""
    row, column = np.divmod(keys, columns)
    turned = column * columns + row
    left, right = _two_arms(keys, keys.astype(np.float64), on_rows, 1)
    up, down = _two_arms(keys, turned.astype(np.float64), on_columns, columns)
    return left, right, up, down


def _two_arms(
    keys: IntArray,
    place: FloatArray,
    crossings: tuple[FloatArray, IntArray],
    stride: int,
) -> tuple[_Arm, _Arm]:
    at, kinds = crossings
    after = np.searchsorted(at, place)
    arms = []
    for sign, near in ((-1, after - 1), (1, after)):
        is_there = (near >= 0) & (near < at.size)
        index = np.clip(near, 0, at.size - 1)
        away = np.where(is_there, np.abs(at[index] - place), np.inf)
        neighbour, known = _find(keys, keys + sign * stride)
        cut = away < 1.0
        kind = np.where(cut, kinds[index], np.where(known, -1, _WALL))
        length = np.where(cut & (kind != _WALL), np.maximum(away, _SHORTEST), 1.0)
        arms.append(_Arm(length, kind, neighbour))
    return arms[0], arms[1]


def _slope(potential: FloatArray, before: _Arm, after: _Arm) -> FloatArray:
    """Derivative along an axis, to second order with unequal arms."""
    ends = []
    for arm in (before, after):
        value = np.where(arm.kind < 0, potential[arm.neighbour], 0.0)
        value = np.where(arm.kind == _OUTER, 1.0, value)
        ends.append(np.where(arm.kind == _WALL, potential, value))
    a, b = before.length, after.length
    upper = a**2 * (ends[1] - potential) + b**2 * (potential - ends[0])
    return np.asarray(upper / (a * b * (a + b)))


def _continued(
    keys: IntArray, gradient: FloatArray, columns: int
) -> tuple[IntArray, FloatArray]:
    """Unit vectors, continued linearly to grid points outside."""
    size = np.hypot(*gradient.T)[:, None]
    unit = np.where(size > 0, gradient / np.maximum(size, 1e-300), 0.0)
    around = [dy * columns + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]
    for _ in range(_SWEEPS):
        new = np.unique(np.concatenate([keys + move for move in around]))
        new = new[~_find(keys, new)[1]]
        total = np.zeros((new.size, 2))
        for move in around:
            near, is_near = _find(keys, new + move)
            far, is_far = _find(keys, new + 2 * move)
            value = np.where(
                (is_near & is_far)[:, None], 2 * unit[near] - unit[far], unit[near]
            )
            weight = 1.0 if move in (-1, 1, -columns, columns) else 0.5
            total += weight * value * is_near[:, None]
        length = np.hypot(*total.T)[:, None]
        total = np.where(length > 1e-9, total / np.maximum(length, 1e-9), 0.0)
        keys, unit = np.concatenate([keys, new]), np.concatenate([unit, total])
        order = np.argsort(keys)
        keys, unit = keys[order], unit[order]
    return keys, unit


def _find(
    keys: IntArray, wanted: IntArray
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Index of each wanted key, and whether it is there."""
    index = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
    return index, np.asarray(keys[index] == wanted)
