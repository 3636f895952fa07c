"""How much matter the beam meets: path lengths through round bodies, seen from above.

A wire lies in the image plane and the beam crosses it at right angles, so the path
through it depends on the distance from its axis as the path through a sphere depends
on the distance from its centre: one formula serves both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def chord(distance: ArrayLike, radius: ArrayLike) -> FloatArray:
    """Path of the beam through a cylinder or a sphere, 2 sqrt(R^2 - d^2).

    Parameters
    ----------
    distance
        Distance from the axis (cylinder) or from the centre (sphere); broadcast with
        `radius`, in the same unit.
    radius
        Radius of the body.

    Returns
    -------
    ndarray
        In the same unit; 0 outside the body.
    """
    inside = np.square(radius) - np.square(distance)
    return np.asarray(2.0 * np.sqrt(np.maximum(inside, 0.0)))


def shell_chord(
    distance: ArrayLike, core_radius: ArrayLike, radius: ArrayLike
) -> FloatArray:
    """Path through the shell alone of a core-shell cylinder or sphere."""
    return chord(distance, radius) - chord(distance, core_radius)


def distance_to_axis(
    y: ArrayLike, x: ArrayLike, start: tuple[float, float], angle_deg: float
) -> tuple[FloatArray, FloatArray]:
    """Coordinates of points along and across a straight axis.

    Parameters
    ----------
    y, x
        Points, same shape.
    start
        (y, x) of the axis' origin.
    angle_deg
        Direction of the axis, from +x towards +y.

    Returns
    -------
    along, across
        Signed distances in the unit of the points; across is positive on the side
        that +y is turned to.
    """
    along_y, along_x = axis_direction(angle_deg)
    dy, dx = np.subtract(y, start[0]), np.subtract(x, start[1])
    along = dy * along_y + dx * along_x
    across = dy * along_x - dx * along_y
    return np.asarray(along), np.asarray(across)


def axis_direction(angle_deg: float) -> tuple[float, float]:
    """Unit vector (y, x) along an axis."""
    angle = np.deg2rad(angle_deg)
    return float(np.sin(angle)), float(np.cos(angle))


def axis_normal(angle_deg: float) -> tuple[float, float]:
    """Unit vector (y, x) across an axis, towards +y for a small angle."""
    along_y, along_x = axis_direction(angle_deg)
    return along_x, -along_y
