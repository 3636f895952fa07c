"""Lengths, areas and volumes of drawn shapes, and how placing the points moves them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

#: (y, x) size of a pixel; results are in its unit, its square or its cube.
Scale = tuple[float, float]


@dataclass(frozen=True)
class Size:
    """A length, area or volume.

    Attributes
    ----------
    value
        In the unit of the scale, its square or its cube.
    sensitivity
        Standard uncertainty of `value` where each point is placed with an independent
        standard uncertainty of 1 px along either axis. It is proportional to that of
        the points, so that `sensitivity * u_pick_px` is the uncertainty by placing.
    """

    value: float
    sensitivity: float

    def power(self, exponent: float, factor: float = 1.0) -> Size:
        """`factor * value ** exponent`, first order."""
        if self.value <= 0:
            return Size(0.0, float("nan"))
        value = factor * self.value**exponent
        return Size(value, abs(exponent) * value / self.value * self.sensitivity)


def path_length(points: ArrayLike, scale: Scale = (1.0, 1.0)) -> Size:
    """Length of a line or polyline through (n, 2) points (y, x).

    Notes
    -----
    The derivative of the length by a vertex is the difference of the unit vectors of
    the segments that meet there (one unit vector at an end), so a straight line has
    ``u(L) = sqrt(2) u_pick`` [1]_. Noise of inner vertices also lengthens a polyline in
    second order, by about ``u_pick**2 / spacing`` a vertex: draw few of them.

    .. [1] JCGM 100:2008 (GUM), section 5.1.2, law of propagation of uncertainty.
    """
    p = _scaled(points, scale)
    steps = np.diff(p, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    with np.errstate(invalid="ignore", divide="ignore"):
        unit = np.where(lengths[:, None] > 0, steps / lengths[:, None], 0.0)
    gradient = np.zeros_like(p)
    gradient[:-1] -= unit
    gradient[1:] += unit
    return Size(float(lengths.sum()), _spread(gradient, scale))


def polygon_area(points: ArrayLike, scale: Scale = (1.0, 1.0)) -> Size:
    """Area of a polygon of (n, 2) corners (y, x), the first not repeated.

    Notes
    -----
    Shoelace formula ``A = |sum(x_i y_i+1 - x_i+1 y_i)| / 2`` (Gauss). A corner moves
    the area by half the distance of its two neighbours times its motion across the
    line that joins them, hence ``u(A)**2 = (u_pick / 2)**2 sum |p_i+1 - p_i-1|**2``.
    Where the outline crosses itself the formula counts parts with opposite sign: see
    `crosses_itself`.
    """
    p = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    y, x = (p - p.mean(axis=0)).T
    twice = np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    chords = np.roll(p, -1, axis=0) - np.roll(p, 1, axis=0)
    pixel = scale[0] * scale[1]
    spread = 0.5 * float(np.sqrt(np.sum(chords**2)))
    return Size(0.5 * abs(float(twice)) * pixel, spread * pixel)


def ellipse_area(
    first: ArrayLike, second: ArrayLike, scale: Scale = (1.0, 1.0)
) -> Size:
    """Area of an ellipse from its two axes, each a (2, 2) array of ends (y, x).

    Notes
    -----
    ``A = pi |a x b|`` with the half axes as vectors. Each of the four ends moves the
    area by ``pi / 2`` times the other half axis, hence
    ``u(A)**2 = u_pick**2 (pi**2 / 2) (a**2 + b**2)``, which is ``pi r u_pick`` for a
    circle. The product of the half axes is the same for the conjugate diameters that a
    pixel which is not square makes of them, so the area is exact there, too.
    """
    half = _half_axes(first, second, (1.0, 1.0))
    pixel = scale[0] * scale[1]
    area = np.pi * abs(float(np.linalg.det(half)))
    spread = np.pi / np.sqrt(2.0) * float(np.linalg.norm(half))
    return Size(area * pixel, spread * pixel)


def ellipse_semi_axes(
    first: ArrayLike, second: ArrayLike, scale: Scale = (1.0, 1.0)
) -> tuple[float, float]:
    """Longer and shorter half axis.

    Notes
    -----
    Singular values of the matrix of both half axes, which hold for conjugate diameters
    (axes drawn on pixels that are not square) as well.
    """
    values = np.linalg.svd(_half_axes(first, second, scale), compute_uv=False)
    return float(values[0]), float(values[1])


def ellipsoid_volume(
    first: ArrayLike, second: ArrayLike, scale: Scale = (1.0, 1.0)
) -> Size:
    """Volume of the ellipse turned about its longer axis (a prolate body).

    Notes
    -----
    ``V = 4/3 pi a b**2`` with half axes ``a >= b``. With singular vectors ``u_k, v_k``
    the derivative of half axis k by the matrix of half axes is ``u_k v_k^T``.
    """
    half = _half_axes(first, second, scale)
    left, (a, b), right = np.linalg.svd(half)
    by_a, by_b = np.outer(left[:, 0], right[0]), np.outer(left[:, 1], right[1])
    slope = 4 / 3 * np.pi * (b**2 * by_a + 2 * a * b * by_b)
    # Columns of the matrix are half axes, (end - end) / 2: each end moves them by 1/2.
    ends = 0.5 * np.concatenate([slope.T, -slope.T])
    return Size(float(4 / 3 * np.pi * a * b**2), _spread(ends, scale))


def crosses_itself(points: ArrayLike) -> bool:
    """Whether a closed outline of (n, 2) corners crosses or touches itself."""
    p = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    p = p[np.any(p != np.roll(p, 1, axis=0), axis=1)]  # a corner clicked twice
    n = len(p)
    if n < 4:
        return False
    start, stop = p, np.roll(p, -1, axis=0)
    i, j = _overlapping(np.minimum(start, stop)[:, 1], np.maximum(start, stop)[:, 1])
    gap = np.abs(i - j)
    apart = (gap > 1) & (gap < n - 1)
    return bool(segments_cross(start, stop, start, stop, i[apart], j[apart]).any())


def _overlapping(
    low: FloatArray, high: FloatArray
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """All pairs of intervals that overlap, each pair once."""
    order = np.argsort(low)
    end = np.searchsorted(low[order], high[order], side="right")
    count = np.maximum(end - np.arange(order.size) - 1, 0)
    first = np.repeat(np.arange(order.size), count)
    begin = np.repeat(np.cumsum(count) - count, count)
    second = first + 1 + np.arange(first.size) - begin
    return order[first], order[second]


def segments_cross(
    a: FloatArray,
    b: FloatArray,
    c: FloatArray,
    d: FloatArray,
    i: NDArray[np.intp],
    j: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Whether segment i from `a` to `b` meets segment j from `c` to `d`.

    Segments that lie on one line do not count as meeting.
    """
    p, q, r, s = a[i], b[i], c[j], d[j]
    near = np.all(
        (np.minimum(p, q) <= np.maximum(r, s)) & (np.minimum(r, s) <= np.maximum(p, q)),
        axis=1,
    )
    r_side, s_side = _side(p, q, r), _side(p, q, s)
    p_side, q_side = _side(r, s, p), _side(r, s, q)
    apart = (r_side * s_side <= 0) & (p_side * q_side <= 0)
    on_one_line = (r_side == 0) & (s_side == 0)
    return np.asarray(near & apart & ~on_one_line)


def _side(a: FloatArray, b: FloatArray, c: FloatArray) -> FloatArray:
    """On which side of the line from a to b the point c lies."""
    u, v = b - a, c - a
    return np.asarray(np.sign(u[:, 1] * v[:, 0] - u[:, 0] * v[:, 1]))


def _half_axes(first: ArrayLike, second: ArrayLike, scale: Scale) -> FloatArray:
    """2 x 2 matrix whose columns are the half axes."""
    a, b = _scaled(first, scale), _scaled(second, scale)
    return np.array([(a[1] - a[0]) / 2, (b[1] - b[0]) / 2]).T


def _scaled(points: ArrayLike, scale: Scale) -> FloatArray:
    p = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    return np.asarray(p * np.asarray(scale))


def _spread(gradient: FloatArray, scale: Scale) -> float:
    """Sensitivity from the derivative by each scaled point."""
    return float(np.sqrt(np.sum((gradient * np.asarray(scale)) ** 2)))
