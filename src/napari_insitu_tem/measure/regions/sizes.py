"""Sizes of an outline: Feret diameters with their uncertainties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.contour import Contour

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Feret:
    """Smallest and largest distance of two parallel lines that touch an outline.

    Attributes
    ----------
    least, most
        In px.
    u_least, u_most
        Standard uncertainties in px.
    """

    least: float
    most: float
    u_least: float
    u_most: float


def feret_diameters(contour: Contour, u_outward: FloatArray) -> Feret:
    """Feret diameters of an outline.

    Parameters
    ----------
    contour
        The outline.
    u_outward
        (A,) standard uncertainty of its nodes along their normals.

    Notes
    -----
    The width of the convex hull is smallest across one of its sides [1]_, largest
    between two of its corners. The two touching places are taken as independent:
    ``u**2 = u_1**2 + u_2**2``.

    .. [1] H. Freeman, R. Shapira, Commun. ACM 18 (1975) 409.
    """
    from scipy.spatial import ConvexHull, QhullError

    z = contour.nodes
    points = np.column_stack([z.real, z.imag])
    try:
        hull = ConvexHull(points).vertices
    except QhullError:
        return Feret(np.nan, np.nan, np.nan, np.nan)
    corners = z[hull]
    sides = np.roll(corners, -1) - corners
    across = 1j * sides / np.maximum(np.abs(sides), 1e-12)
    heights = (across.conj()[:, None] * (corners[None, :] - corners[:, None])).real
    widths = heights.max(axis=1) - heights.min(axis=1)
    side = int(widths.argmin())
    opposite = int(np.abs(heights[side]).argmax())
    apart = np.abs(corners[:, None] - corners[None, :])
    a, b = np.unravel_index(int(apart.argmax()), apart.shape)
    u = u_outward[hull]
    return Feret(
        float(widths[side]),
        float(apart[a, b]),
        float(np.hypot(u[side], u[opposite])),
        float(np.hypot(u[a], u[b])),
    )
