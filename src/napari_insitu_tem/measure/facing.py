"""From places on one boundary to the other one: nearest, or along the normal."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.curves import Curve
from napari_insitu_tem.measure.sizes import segments_cross

FloatArray = NDArray[np.float64]

#: Pairs of rays and segments that are tried at once.
_CHUNK = 200_000


@dataclass(frozen=True, eq=False)
class Facing:
    """What lies opposite each of K places.

    Attributes
    ----------
    distance
        (K,) to the opposite place; NaN where there is none.
    foot
        (K, 2) the opposite place (y, x).
    vertex
        (K,) where it lies among the vertices of the other curve.
    is_covered
        (K,) whether the other curve lies opposite, not only beyond its end.
    """

    distance: FloatArray
    foot: FloatArray
    vertex: FloatArray
    is_covered: NDArray[np.bool_]


def nearest_on(curve: Curve, places: FloatArray) -> Facing:
    """The nearest point of a curve to each place.

    A place beyond an open end, whose nearest point is that end, is not covered.
    """
    from scipy.spatial import cKDTree

    p = curve.points
    _, near = cKDTree(p).query(places, k=min(3, len(p)))
    near = near.reshape(len(places), -1)
    best = np.full(len(places), np.inf)
    segment = np.zeros(len(places), np.intp)
    along = np.zeros(len(places))
    for candidate in np.concatenate([near - 1, near], axis=1).T:
        i = np.clip(candidate, 0, len(p) - 2)
        step = p[i + 1] - p[i]
        length = np.maximum(np.sum(step**2, axis=1), 1e-300)
        f = np.sum((places - p[i]) * step, axis=1) / length
        kept = np.clip(f, 0.0, 1.0)
        away = np.hypot(*(p[i] + kept[:, None] * step - places).T)
        closer = away < best
        best = np.where(closer, away, best)
        segment = np.where(closer, i, segment)
        along = np.where(closer, f, along)
    part = np.clip(along, 0.0, 1.0)
    foot = p[segment] + part[:, None] * (p[segment + 1] - p[segment])
    beyond = np.zeros(len(places), dtype=bool)
    if not curve.is_closed:
        beyond = (segment == 0) & (along < -1e-9)
        beyond |= (segment == len(p) - 2) & (along > 1 + 1e-9)
    return Facing(best, foot, _vertex_at(curve, segment, part), ~beyond)


def along_normals(curve: Curve, places: FloatArray, tangents: FloatArray) -> Facing:
    """Where the normal at each place first meets the curve.

    The normals point to the side on which most of the curve lies nearest.
    """
    normals = np.stack([tangents[:, 1], -tangents[:, 0]], axis=1)
    side = np.sum((nearest_on(curve, places).foot - places) * normals, axis=1)
    normals *= 1.0 if np.sum(side) >= 0 else -1.0
    a, step = curve.points[:-1], np.diff(curve.points, axis=0)
    rows = max(1, _CHUNK // len(a))
    distance = np.full(len(places), np.nan)
    segment = np.zeros(len(places), np.intp)
    part = np.zeros(len(places))
    for first in range(0, len(places), rows):
        chosen = slice(first, first + rows)
        found = _first_hits(places[chosen], normals[chosen], a, step)
        distance[chosen], segment[chosen], part[chosen] = found
    foot = places + distance[:, None] * normals
    vertex = _vertex_at(curve, segment, part)
    return Facing(distance, foot, vertex, np.isfinite(distance))


def _first_hits(
    places: FloatArray, normals: FloatArray, a: FloatArray, step: FloatArray
) -> tuple[FloatArray, NDArray[np.intp], FloatArray]:
    """Distance, segment and part of it of the first segment that each ray meets."""
    to_a = a[None] - places[:, None]
    ny, nx = normals[:, None, 0], normals[:, None, 1]
    sy, sx = step[None, :, 0], step[None, :, 1]
    across = ny * sx - nx * sy
    with np.errstate(divide="ignore", invalid="ignore"):
        ray = (to_a[..., 0] * sx - to_a[..., 1] * sy) / across
        part = (to_a[..., 0] * nx - to_a[..., 1] * ny) / across
    hit = (ray >= 0) & (part >= -1e-12) & (part <= 1 + 1e-12)
    ray = np.where(hit, ray, np.inf)
    best = ray.argmin(axis=1)
    row = np.arange(len(places))
    distance = ray[row, best]
    found = np.isfinite(distance)
    return (
        np.where(found, distance, np.nan),
        best,
        np.where(found, np.clip(part[row, best], 0, 1), 0.0),
    )


def curves_cross(first: Curve, second: Curve) -> bool:
    """Whether two curves cross."""
    found = nearest_on(second, first.points)
    size = np.hypot(*np.diff(first.points, axis=0).T).max()
    size += np.hypot(*np.diff(second.points, axis=0).T).max()
    close = np.flatnonzero(found.distance <= size)
    if close.size == 0:
        return False
    a, b = first.points[:-1], first.points[1:]
    c, d = second.points[:-1], second.points[1:]
    mine = np.unique(np.clip(np.concatenate([close - 1, close]), 0, len(a) - 1))
    near_second = nearest_on(first, second.points).distance <= size
    others = np.flatnonzero(near_second)
    theirs = np.unique(np.clip(np.concatenate([others - 1, others]), 0, len(c) - 1))
    if theirs.size == 0:
        return False
    i, j = (grid.ravel() for grid in np.meshgrid(mine, theirs))
    return bool(segments_cross(a, b, c, d, i, j).any())


def _vertex_at(curve: Curve, segment: NDArray[np.intp], part: FloatArray) -> FloatArray:
    """Where places on segments lie among the drawn vertices."""
    low, high = curve.vertex[segment], curve.vertex[segment + 1]
    return np.asarray(low + part * (high - low))
