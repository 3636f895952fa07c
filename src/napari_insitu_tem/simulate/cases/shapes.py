"""Bodies as optical depths at points of the image, in pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

#: Points of the fine grid a pixel, as `raster.Raster` has them.
_FINE = 2


def inside(depth_px: ArrayLike) -> FloatArray:
    """How much of a point of the fine grid is inside a straight edge.

    Parameters
    ----------
    depth_px
        Distance from the edge, positive inside.
    """
    return np.asarray(np.clip(0.5 + _FINE * np.asarray(depth_px), 0.0, 1.0))


def strip(place: ArrayLike, start: ArrayLike, end: ArrayLike) -> FloatArray:
    """1 between two edges, 0 elsewhere."""
    return np.minimum(
        inside(np.subtract(place, start)), inside(np.subtract(end, place))
    )


def disc(
    y: ArrayLike, x: ArrayLike, centre: tuple[float, float], radius: float
) -> FloatArray:
    """1 inside a circle, 0 outside."""
    if radius <= 0:
        shape = np.broadcast_shapes(np.shape(y), np.shape(x))
        return np.zeros(shape)
    away = np.hypot(np.subtract(y, centre[0]), np.subtract(x, centre[1]))
    return inside(radius - away)


def circle(centre: tuple[float, float], radius: float, points: int = 48) -> FloatArray:
    """(points + 1, 2) closed outline (y, x)."""
    angle = np.linspace(0.0, 2 * np.pi, points + 1)
    ring = np.stack([np.sin(angle), np.cos(angle)], axis=1) * radius
    ring[-1] = ring[0]
    return np.asarray(ring + centre)


def line(*points: tuple[float, float]) -> FloatArray:
    """(n, 2) points (y, x) of a line."""
    return np.asarray(points, dtype=np.float64)
