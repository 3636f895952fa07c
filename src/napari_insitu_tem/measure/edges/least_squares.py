"""Least squares of many profiles at once, for any model with its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: (A, p) values to the (A, n) model and its (A, p, n) derivatives.
Model = Callable[[FloatArray], tuple[FloatArray, FloatArray]]

_ITERATIONS = 40
#: Damping at the start, and from which a fit gives up.
_DAMPING, _STUCK = 1e-2, 1e8


@dataclass(frozen=True, eq=False)
class Limits:
    """How far the p values may go.

    Attributes
    ----------
    low, high
        (p,) bounds.
    leap
        (p,) largest move in one iteration.
    done
        (p,) a fit is done when no value moves by more than this.
    usual, precision
        (p,), or (N, p) by profile: what is known of the values before, a mean and an
        inverse variance, in the unit of the weights; None: nothing.
    """

    low: FloatArray
    high: FloatArray
    leap: FloatArray
    done: FloatArray
    usual: FloatArray | None = None
    precision: FloatArray | None = None

    def of(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Limits:
        """The limits of some of the profiles."""
        if self.usual is None or self.precision is None or self.usual.ndim == 1:
            return self
        usual, precision = self.usual[which], self.precision[which]
        return replace(self, usual=usual, precision=precision)


@dataclass(eq=False)
class Fits:
    """Fits of N profiles.

    Attributes
    ----------
    values
        (N, p).
    information
        (N, p, p) weighted normal matrix at the solution; the unit matrix for a value at
        its bound.
    cost
        (N,) weighted sum of squared residuals, and of the distance from what is usual.
    residuals
        (N, n) profile minus model, 0 where there is no sample.
    """

    values: FloatArray
    information: FloatArray
    cost: FloatArray
    residuals: FloatArray

    def covariance(self) -> FloatArray:
        """(N, p, p) inverse of the information, NaN where it has none."""
        matrix = self.information.copy()
        size = np.sqrt(np.einsum("nii->ni", matrix))
        known = np.isfinite(size).all(axis=1) & (size > 0).all(axis=1)
        result = np.full(matrix.shape, np.nan)
        scale = size[known, :, None] * size[known, None, :]
        # Scaled to a unit diagonal; the addition only keeps it from being singular.
        scaled = matrix[known] / scale + 1e-12 * np.eye(matrix.shape[1])
        result[known] = np.linalg.inv(scaled) / scale
        return result


def fit_profiles(
    model: Model, y: FloatArray, weights: FloatArray, start: FloatArray, limits: Limits
) -> Fits:
    """Weighted least squares by Levenberg-Marquardt on all profiles together.

    Parameters
    ----------
    model
        Gives the model of some profiles and its derivatives by their values.
    y
        (N, n) profiles, finite; samples that are missing have weight 0.
    weights
        (N, n) inverse variances, or 1 where they are not known.
    start
        (N, p) first values.
    limits
        Bounds and steps of the values.

    Notes
    -----
    Marquardt's damping of the normal matrix's diagonal, one damping a profile; profiles
    that are done leave the batch [1]_. A value at a bound that the profile pushes
    outwards is held there.

    .. [1] D. W. Marquardt, J. SIAM 11 (1963) 431.
    """
    values = np.clip(start, limits.low, limits.high)
    state = _evaluate(model, values, y, weights, limits)
    damping = np.full(len(y), _DAMPING)
    active = np.arange(len(y))
    for _ in range(_ITERATIONS):
        step = _step(state, active, damping[active], limits.leap)
        trial = np.clip(values[active] + step, limits.low, limits.high)
        step = trial - values[active]
        own = limits.of(active)
        tried = _evaluate(model, trial, y[active], weights[active], own)
        better = tried.cost <= state.cost[active]
        won = active[better]
        values[won] = trial[better]
        state.take(won, tried, better)
        damping[won] *= 0.2
        damping[active[~better]] *= 8.0
        done = better & np.all(np.abs(step) <= limits.done, axis=1)
        active = active[~done & (damping[active] < _STUCK)]
        if active.size == 0:
            break
    return Fits(values, state.information, state.cost, state.residuals)


@dataclass(eq=False)
class _State:
    """What is known at the present values of every profile."""

    residuals: FloatArray
    cost: FloatArray
    slope: FloatArray
    information: FloatArray

    def take(
        self, rows: NDArray[np.intp], other: _State, chosen: NDArray[np.bool_]
    ) -> None:
        """Replace some profiles by those chosen of another state."""
        self.residuals[rows] = other.residuals[chosen]
        self.cost[rows] = other.cost[chosen]
        self.slope[rows] = other.slope[chosen]
        self.information[rows] = other.information[chosen]


def _evaluate(
    model: Model,
    values: FloatArray,
    y: FloatArray,
    weights: FloatArray,
    limits: Limits,
) -> _State:
    mean, jacobian = model(values)
    residuals = np.where(weights > 0, y - mean, 0.0)
    weighted = jacobian * weights[:, None, :]
    slope = (weighted @ residuals[:, :, None])[..., 0]
    information = weighted @ jacobian.transpose(0, 2, 1)
    cost = np.sum(weights * residuals**2, axis=1)
    if limits.usual is not None and limits.precision is not None:
        away = limits.usual - values
        cost += np.sum(limits.precision * away**2, axis=1)
        slope += limits.precision * away
        np.einsum("nii->ni", information)[:] += limits.precision
    held = (values <= limits.low) & (slope < 0) | (values >= limits.high) & (slope > 0)
    slope[held] = 0.0
    both = held[:, :, None] | held[:, None, :]
    np.copyto(information, 0.0, where=both)
    np.einsum("nii->ni", information)[held] = 1.0
    return _State(residuals, cost, slope, information)


def _step(
    state: _State, active: NDArray[np.intp], damping: FloatArray, leap: FloatArray
) -> FloatArray:
    """(A, p) damped Gauss-Newton step of the active profiles, kept from leaping."""
    matrix = state.information[active].copy()
    diagonal = np.einsum("nii->ni", matrix)
    floor = 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300
    diagonal += damping[:, None] * diagonal + floor
    slope = state.slope[active][..., None]
    step = np.asarray(np.linalg.solve(matrix, slope)[..., 0], dtype=np.float64)
    return np.clip(step, -leap, leap)
