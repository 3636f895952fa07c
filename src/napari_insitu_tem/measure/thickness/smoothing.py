"""Finely drawn boundaries made as smooth as a layer's thickness needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.curves import Curve

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FloatArray = NDArray[np.float64]

#: Vertices closer than this, in px, are those of a traced line, not drawn corners.
_FINE = 2.0

#: A boundary that would move by less than this in px (r.m.s.) is smooth.
_SMOOTH_ENOUGH = 0.15

#: Reach of the smoothing in standard deviations, and how often the length along the
#: line is taken again from the smoothed one.
_REACH, _ROUNDS = 3.5, 3


def smoothing_of(curve: Curve, sigma: float) -> csr_array[Any, Any] | None:
    """The (n, n) matrix that smooths the vertices of a finely drawn curve.

    Parameters
    ----------
    curve
        The boundary.
    sigma
        Standard deviation of the Gaussian weights along the boundary, in px.

    Returns
    -------
    None where the boundary is left as it is: with vertices farther apart than 2 px, too
    short to be smoothed, or so smooth that it would move by less than 0.15 px.

    Notes
    -----
    A local straight line with Gaussian weights, applied again to what it leaves
    ("twicing"), so that a bend of radius R keeps its place to fourth order, by
    ``sigma**4 / (4 R**3)``. The length along a noisy line is longer than the line, so
    it is taken from the smoothed one, in rounds.
    """
    from scipy.sparse import csr_array, eye_array

    vertices = curve.vertices
    if len(vertices) < 8 or sigma <= 0:
        return None
    net = _length_along(vertices[:: max(1, len(vertices) // 64)], curve.is_closed)[1]
    if net / len(vertices) > _FINE or net < 4 * sigma:
        return None
    # At first the vertices are taken as evenly spaced.
    along, total = np.arange(len(vertices)) * net / len(vertices), net
    for _ in range(_ROUNDS):
        once = local_lines(along, total if curve.is_closed else None, sigma)
        matrix = once @ (2.0 * eye_array(len(vertices)) - once)
        along, total = _length_along(matrix @ vertices, curve.is_closed)
    moved = matrix @ vertices - vertices
    if float(np.sqrt(np.mean(moved**2))) < _SMOOTH_ENOUGH:
        return None
    return csr_array(matrix)


def _length_along(points: FloatArray, is_closed: bool) -> tuple[FloatArray, float]:
    """(n,) length up to each point, and the whole length."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    rest = float(np.hypot(*(points[0] - points[-1]))) if is_closed else 0.0
    return along, float(along[-1]) + rest


def local_lines(
    along: FloatArray, period: float | None, sigma: float
) -> csr_array[Any, Any]:
    """Weights of the local straight lines at each of n places."""
    from scipy.sparse import csr_array

    n = along.size
    copies = [0.0] if period is None else [-period, 0.0, period]
    wide = np.concatenate([along + shift for shift in copies])
    index = np.tile(np.arange(n), len(copies))
    first = np.searchsorted(wide, along - _REACH * sigma)
    number = np.searchsorted(wide, along + _REACH * sigma) - first
    row = np.repeat(np.arange(n), number)
    before = np.cumsum(number) - number
    column = np.repeat(first - before, number) + np.arange(row.size)
    away = (wide[column] - along[row]) / sigma
    weight = np.exp(-0.5 * away**2)
    m0, m1, m2 = (np.bincount(row, weight * away**k, n) for k in range(3))
    spread = m0 * m2 - m1**2
    is_line = spread > 1e-9 * m0**2
    tilt = np.where(is_line, m1, 0.0)
    level = np.where(is_line, m2, 1.0)
    share = weight * (level[row] - tilt[row] * away)
    share /= np.where(is_line, spread, m0)[row]
    return csr_array((share, (row, index[column])), shape=(n, n))
