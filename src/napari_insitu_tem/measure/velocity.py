"""Velocity of a front: a local line through neighbouring picks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Velocity:
    """Slope of the position at each pick.

    Attributes
    ----------
    velocity, u_velocity
        (N,) slope and standard uncertainty, in the unit of position over that of time;
        NaN where there is only one pick.
    n
        (N,) number of moments that each slope rests on.
    """

    velocity: FloatArray
    u_velocity: FloatArray
    n: NDArray[np.int64]


def local_velocity(
    times: ArrayLike, positions: ArrayLike, u_positions: ArrayLike, window: int = 5
) -> Velocity:
    """Fit a line through the picks around each pick.

    Parameters
    ----------
    times
        (N,) in any order; picks at the same time are averaged first.
    positions, u_positions
        (N,) positions and their independent standard uncertainties. Picks with a NaN
        take no part and get NaN.
    window
        Number of neighbouring moments in a fit, the moment itself in the middle where
        there are enough on both sides.

    Notes
    -----
    Least squares with weights ``w = 1/u**2`` about the weighted mean time:
    ``v = sum(w dt x) / sum(w dt**2)``. The stated uncertainty is the larger of the
    propagated one, ``u(v)**2 = sum((w dt u)**2) / sum(w dt**2)**2``, and, from three
    moments on, that of the scatter about the line,
    ``sum(w r**2) / (n - 2) / sum(w dt**2)`` [1]_. Two moments give the difference
    quotient.

    A front that curves within the window is smoothed: the slope is that of the chord.

    .. [1] P. R. Bevington, D. K. Robinson, Data Reduction and Error Analysis for the
       Physical Sciences, chapter 6.
    """
    t, x, u = np.broadcast_arrays(
        np.asarray(times, dtype=np.float64),
        np.asarray(positions, dtype=np.float64),
        np.asarray(u_positions, dtype=np.float64),
    )
    known = np.isfinite(t) & np.isfinite(x) & np.isfinite(u)
    nothing = np.full(t.shape, np.nan)
    result = Velocity(nothing, nothing.copy(), np.zeros(t.shape, np.int64))
    moments, inverse = np.unique(t[known], return_inverse=True)
    k = min(max(int(window), 2), moments.size)
    if k < 2:
        return result
    count = np.bincount(inverse)
    mean = np.bincount(inverse, weights=x[known]) / count
    u_mean = np.sqrt(np.bincount(inverse, weights=u[known] ** 2)) / count
    slope, u_slope = _slopes(moments, mean, u_mean, k)
    result.velocity[known] = slope[inverse]
    result.u_velocity[known] = u_slope[inverse]
    result.n[known] = k
    return result


def _slopes(
    t: FloatArray, x: FloatArray, u: FloatArray, k: int
) -> tuple[FloatArray, FloatArray]:
    """Weighted line through k moments around each of the ordered moments."""
    first = np.clip(np.arange(t.size) - k // 2, 0, t.size - k)
    near = first[:, None] + np.arange(k)
    # Where an uncertainty is zero there is no weight to give: all count the same.
    certain = np.any(u[near] == 0, axis=1, keepdims=True)
    weight = np.where(certain, 1.0, 1.0 / np.where(certain, 1.0, u[near]) ** 2)
    total = weight.sum(axis=1, keepdims=True)
    dt = t[near] - (weight * t[near]).sum(axis=1, keepdims=True) / total
    dx = x[near] - (weight * x[near]).sum(axis=1, keepdims=True) / total
    square = (weight * dt**2).sum(axis=1)
    slope = (weight * dt * dx).sum(axis=1) / square
    propagated = np.sqrt(((weight * dt * u[near]) ** 2).sum(axis=1)) / square
    if k < 3:
        return slope, propagated
    rest = (weight * (dx - slope[:, None] * dt) ** 2).sum(axis=1)
    scattered = np.sqrt(rest / (k - 2) / square)
    return slope, np.maximum(propagated, scattered)
