"""Positions along a polyline: where a point lies on it, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class PathPosition:
    """Where a point lies along a path.

    Attributes
    ----------
    position
        Length along the path from its first vertex to the nearest place on it.
    point
        That place, (y, x).
    distance
        From the point to that place.
    beyond
        How far the point lies beyond an end, measured along the path's direction
        there; 0 between the ends.
    direction
        Unit vector of the path at that place, (y, x).
    """

    position: float
    point: tuple[float, float]
    distance: float
    beyond: float
    direction: tuple[float, float]


def position_along(path: ArrayLike, point: ArrayLike) -> PathPosition:
    """Project a point onto the nearest place of a path.

    Parameters
    ----------
    path
        (n, 2) vertices (y, x).
    point
        (y, x), in the same unit.

    Raises
    ------
    MeasurementError
        The path has no length.

    Notes
    -----
    The foot of the perpendicular on each segment, kept between its ends; the nearest
    one counts. Placing the point with a standard uncertainty u along each axis gives
    the position a standard uncertainty u, since it follows the point's motion along
    `direction` alone.
    """
    vertices, steps, lengths = _segments(path)
    p = np.asarray(point, dtype=np.float64).reshape(2)
    units = steps / lengths[:, None]
    along = np.einsum("ij,ij->i", p - vertices[:-1], units)
    kept = np.clip(along, 0.0, lengths)
    feet = vertices[:-1] + kept[:, None] * units
    distances = np.hypot(*(feet - p).T)
    i = int(np.argmin(distances))
    beyond = 0.0
    if i == 0 and along[i] < 0:
        beyond = -float(along[i])
    elif i == len(lengths) - 1 and along[i] > lengths[i]:
        beyond = float(along[i] - lengths[i])
    return PathPosition(
        position=float(lengths[:i].sum() + kept[i]),
        point=(float(feet[i, 0]), float(feet[i, 1])),
        distance=float(distances[i]),
        beyond=beyond,
        direction=(float(units[i, 0]), float(units[i, 1])),
    )


def point_at(path: ArrayLike, position: ArrayLike) -> FloatArray:
    """(..., 2) places at lengths along a path, kept between its ends.

    Raises
    ------
    MeasurementError
        The path has no length.
    """
    vertices, _, lengths = _segments(path)
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    where = np.asarray(position, dtype=np.float64)
    return np.stack([np.interp(where, at, vertices[:, axis]) for axis in (0, 1)], -1)


def length_of(path: ArrayLike) -> float:
    """Length of a path of (n, 2) vertices."""
    p = np.asarray(path, dtype=np.float64).reshape(-1, 2)
    return float(np.hypot(*np.diff(p, axis=0).T).sum())


def _segments(path: ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Vertices without repeats, the steps between them and their lengths."""
    p = np.asarray(path, dtype=np.float64).reshape(-1, 2)
    steps = np.diff(p, axis=0)
    moves = np.hypot(steps[:, 0], steps[:, 1]) > 0
    if not moves.any():
        raise MeasurementError("The path has no length.", hint="Draw it longer.")
    p = p[np.concatenate([[True], moves])]
    steps = np.diff(p, axis=0)
    return p, steps, np.hypot(steps[:, 0], steps[:, 1])
