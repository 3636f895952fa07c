"""Velocity of a front: a local line through neighbouring picks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

#: Steps on either side over which the length of a followed front's steps is averaged.
_NEAR = 10
#: Logarithm of a correlation that is none.
_NONE = 50.0


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
    times: ArrayLike,
    positions: ArrayLike,
    u_positions: ArrayLike,
    window: int = 5,
    *,
    followed: ArrayLike = False,
    least_step: ArrayLike = 0.0,
) -> Velocity:
    """Fit a line through the picks around each pick.

    Parameters
    ----------
    times
        (N,) in any order; picks at the same time are averaged first.
    positions, u_positions
        (N,) positions and their standard uncertainties, independent of each other but
        for those of a followed front. Picks with a NaN take no part and get NaN.
    window
        Number of neighbouring moments in a fit, the moment itself in the middle where
        there are enough on both sides.
    followed
        (N,) which positions were followed through all frames together, so that
        neighbours share their errors.
    least_step
        (N,) steps of a followed front that are expected even where it rests.

    Notes
    -----
    Least squares with weights ``w = 1/u**2`` about the weighted mean time:
    ``v = sum(w dt x) / sum(w dt**2)``. The stated uncertainty is the larger of the
    propagated one, ``u(v)**2 = sum((w dt u)**2) / sum(w dt**2)**2``, and, from three
    moments on, that of the scatter about the line,
    ``sum(w r**2) / (n - 2) / sum(w dt**2)`` [1]_. Two moments give the difference
    quotient.

    Neighbours of a followed front share their errors: its uncertainty is
    ``u(v)**2 = sum_ij(w_i dt_i w_j dt_j cov_ij) / sum(w dt**2)**2`` with the
    correlation ``exp(-q / (2 u**2))`` from one moment to the next. This is that of a
    random walk whose steps have the variance q and that is seen in noise, far from its
    ends [2]_; q is half the mean square of the steps near by, the variance of steps of
    all lengths in one direction (exponentially distributed), plus the least step
    squared.

    A front that curves within the window is smoothed: the slope is that of the chord.

    .. [1] P. R. Bevington, D. K. Robinson, Data Reduction and Error Analysis for the
       Physical Sciences, chapter 6.
    .. [2] H. E. Rauch, F. Tung, C. T. Striebel, AIAA J. 3 (1965) 1445.
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
    is_followed = np.broadcast_to(followed, t.shape)[known].astype(np.float64)
    least = np.broadcast_to(np.asarray(least_step, dtype=np.float64), t.shape)[known]
    alone = _apart(
        mean,
        u_mean,
        np.bincount(inverse, weights=is_followed) == count,
        np.bincount(inverse, weights=least) / count,
    )
    slope, u_slope = _slopes(moments, mean, u_mean, k, alone)
    result.velocity[known] = slope[inverse]
    result.u_velocity[known] = u_slope[inverse]
    result.n[known] = k
    return result


def _apart(
    x: FloatArray, u: FloatArray, followed: NDArray[np.bool_], least: FloatArray
) -> FloatArray:
    """(M,) sums of minus the logarithm of the correlation from moment to moment."""
    both = followed[1:] & followed[:-1]
    square = np.where(both, np.diff(x) ** 2, 0.0)
    box = np.ones(2 * _NEAR + 1)
    mean = np.convolve(square, box)[_NEAR:-_NEAR]
    mean /= np.maximum(np.convolve(both.astype(np.float64), box)[_NEAR:-_NEAR], 1.0)
    walk = 0.5 * mean + (0.5 * (least[1:] + least[:-1])) ** 2
    double = np.maximum(u[1:] ** 2 + u[:-1] ** 2, 1e-300)
    each = np.where(both, np.minimum(walk / double, _NONE), _NONE)
    return np.concatenate([[0.0], np.cumsum(each)])


def _slopes(
    t: FloatArray, x: FloatArray, u: FloatArray, k: int, alone: FloatArray
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
    share = weight * dt * u[near]
    apart = np.abs(alone[near][:, :, None] - alone[near][:, None, :])
    together = np.einsum("ni,nij,nj->n", share, np.exp(-apart), share)
    propagated = np.sqrt(np.maximum(together, 0.0)) / square
    if k < 3:
        return slope, propagated
    rest = (weight * (dx - slope[:, None] * dt) ** 2).sum(axis=1)
    scattered = np.sqrt(rest / (k - 2) / square)
    return slope, np.maximum(propagated, scattered)
