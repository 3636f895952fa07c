"""Where the shapes look for an edge: places on them and the direction to look in."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.paths import length_of, point_at, position_along
from napari_insitu_tem.model.geometry import Geometry

FloatArray = NDArray[np.float64]

#: A place does not move farther than this part of the way to what lies opposite, so
#: that two sides of a shape do not take the same edge.
_OPPOSITE = 0.45

#: Of a layer at least so many pixels are looked at.
_LEAST_SEEN = 3.0


@dataclass(frozen=True, eq=False)
class Sites:
    """S lines along which edges are looked for.

    Attributes
    ----------
    lines
        (S, n, 2) samples (y, x) one pixel apart; the middle one is the place itself.
    across
        (S, n, 2) unit vectors across the lines.
    reach
        (S,) farthest move in px.
    limits
        (S, 2) offsets between which the image is looked at; None: the whole lines.
    """

    lines: FloatArray
    across: FloatArray
    reach: FloatArray
    limits: FloatArray | None = None

    def is_seen(self) -> NDArray[np.bool_]:
        """(S, n) whether the image is looked at."""
        half = (self.lines.shape[1] - 1) // 2
        if self.limits is None:
            return np.ones(self.lines.shape[:2], dtype=bool)
        t = np.arange(-half, half + 1)
        low, high = self.limits[:, :1], self.limits[:, 1:]
        return np.asarray((t >= low) & (t <= high))

    def place(self, offset: FloatArray) -> FloatArray:
        """(S, 2) places at offsets from the middle, along the lines."""
        middle = (self.lines.shape[1] - 1) // 2
        low = np.clip(np.floor(offset).astype(int) + middle, 0, 2 * middle - 1)
        part = (offset + middle - low)[:, None]
        row = np.arange(len(offset))
        before, after = self.lines[row, low], self.lines[row, low + 1]
        return np.asarray((1 - part) * before + part * after)


def straight_sites(
    centres: FloatArray,
    directions: FloatArray,
    reach: FloatArray,
    half: int,
) -> Sites:
    """Straight lines through places."""
    t = np.arange(-half, half + 1)[:, None]
    lines = centres[:, None] + t * directions[:, None]
    turned = np.stack([directions[:, 1], -directions[:, 0]], axis=1)
    across = np.repeat(turned[:, None], len(t), axis=1)
    return Sites(lines, across, reach)


def line_sites(ends: FloatArray, reach: float, half: int) -> Sites:
    """The two ends of a line, along it."""
    step = ends[1] - ends[0]
    length = float(np.hypot(*step))
    direction = step / length
    directions = np.array([-direction, direction])
    reaches = np.full(2, min(reach, _OPPOSITE * length))
    return straight_sites(ends, directions, reaches, half)


def polyline_sites(points: FloatArray, reach: float, half: int) -> Sites:
    """The vertices of a polyline, along its normal."""
    reaches = np.full(len(points), float(reach))
    return straight_sites(points, normals(points), reaches, half)


def boundary_sites(
    points: FloatArray, other: FloatArray, reach: float, half: int
) -> Sites:
    """The vertices of one boundary of a layer, along its normal.

    Of the layer only the nearer half is looked at, so that the other boundary is not
    taken for this one.
    """
    sites = polyline_sites(points, reach, half)
    limits = np.tile([-float(half), float(half)], (len(points), 1))
    normal = sites.lines[:, half + 1] - sites.lines[:, half]
    for i, point in enumerate(points):
        nearest = position_along(other, point)
        sites.reach[i] = min(reach, _OPPOSITE * nearest.distance)
        is_ahead = float((np.array(nearest.point) - point) @ normal[i]) > 0
        far = max(0.5 * nearest.distance, _LEAST_SEEN)
        limits[i, int(is_ahead)] = far if is_ahead else -far
    return replace(sites, limits=limits)


def point_site(point: FloatArray, path: FloatArray, reach: float, half: int) -> Sites:
    """A point on a path, along the path, which goes on straight beyond its ends."""
    s = position_along(path, point).position + np.arange(-half, half + 1)
    total = length_of(path)
    ends = point_at(path, np.array([0.0, 1e-3, total - 1e-3, total]))
    before = (ends[1] - ends[0]) / np.hypot(*(ends[1] - ends[0]))
    after = (ends[3] - ends[2]) / np.hypot(*(ends[3] - ends[2]))
    line = point_at(path, s)
    line += np.minimum(s, 0.0)[:, None] * before
    line += np.maximum(s - total, 0.0)[:, None] * after
    step = np.gradient(line, axis=0)
    step /= np.maximum(np.hypot(step[:, 0], step[:, 1])[:, None], 1e-12)
    across = np.stack([step[:, 1], -step[:, 0]], axis=1)
    return Sites(line[None], across[None], np.array([float(reach)]))


def normals(points: FloatArray) -> FloatArray:
    """(n, 2) unit normals at vertices, between those of the segments that meet."""
    unit = _unit(np.diff(points, axis=0))
    tangent = _unit(np.concatenate([unit[:1], unit[:-1] + unit[1:], unit[-1:]]))
    return np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)


def _unit(vectors: FloatArray) -> FloatArray:
    length = np.hypot(vectors[:, 0], vectors[:, 1])[:, None]
    return np.asarray(vectors / np.maximum(length, 1e-12))


def half_axes(geometry: Geometry) -> tuple[FloatArray, FloatArray]:
    """Centre and (2, 2) half axes of an ellipse."""
    first, second = geometry.array(0), geometry.array(1)
    centre = (first.mean(axis=0) + second.mean(axis=0)) / 2
    return centre, np.array([(first[1] - first[0]) / 2, (second[1] - second[0]) / 2])
