"""A circle through points, for the radius of a core."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Circle:
    """The circle nearest to points.

    Attributes
    ----------
    centre
        (y, x).
    radius
        Radius.
    sensitivity
        Standard uncertainty of the radius where each point has an independent one of 1
        along either axis.
    slope
        (n, 2) derivative of the radius by each point.
    rms
        Root mean square distance of the points from the circle.
    """

    centre: tuple[float, float]
    radius: float
    sensitivity: float
    slope: FloatArray
    rms: float


def fit_circle(points: ArrayLike) -> Circle:
    """Least squares of the distances to the circle.

    Parameters
    ----------
    points
        (n, 2) points (y, x), at least three.

    Raises
    ------
    MeasurementError
        Fewer than three different points, or points on a line.

    Notes
    -----
    Start: the circle that is linear in its parameters (Kasa); then Gauss-Newton on
    ``|p - c| - r`` [1]_. A short arc fixes the radius poorly, which the sensitivity
    says.

    .. [1] N. Chernov, Circular and Linear Regression (2010), chapters 4 and 5.
    """
    p = np.unique(np.asarray(points, dtype=np.float64).reshape(-1, 2), axis=0)
    given = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if len(p) < 3:
        raise MeasurementError("A circle needs three different points.")
    middle, size = p.mean(axis=0), float(np.ptp(p, axis=0).max())
    q = (given - middle) / size
    design = np.column_stack([q, np.ones(len(q))])
    solution, _, rank, values = np.linalg.lstsq(
        design, np.sum(q**2, axis=1), rcond=1e-9
    )
    if rank < 3 or values[-1] < 1e-6 * values[0]:
        raise MeasurementError(
            "The points lie on a line, so that no circle goes through them.",
            hint="Draw more of the boundary.",
        )
    centre = solution[:2] / 2
    radius = float(np.sqrt(max(solution[2] + centre @ centre, 0.0)))
    for _ in range(50):
        away = q - centre
        distance = np.hypot(*away.T)
        normal = away / np.maximum(distance, 1e-300)[:, None]
        design = np.column_stack([normal, np.ones(len(q))])
        inverse = np.linalg.pinv(design)
        change = inverse @ (distance - radius)
        centre = centre + change[:2]
        radius += float(change[2])
        if np.abs(change).max() < 1e-12 * max(radius, 1.0):
            break
    rest = np.hypot(*(q - centre).T) - radius
    slope = inverse[2][:, None] * normal
    middle = middle + size * centre
    return Circle(
        centre=(float(middle[0]), float(middle[1])),
        radius=size * radius,
        sensitivity=float(np.sqrt(np.sum(slope**2))),
        slope=slope,
        rms=size * float(np.sqrt(np.mean(rest**2))),
    )
