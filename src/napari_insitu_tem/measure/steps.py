"""Least squares of blurred steps, many profiles at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.step_posterior import LEAST_WIDTH

FloatArray = NDArray[np.float64]

#: Largest width of a step, as a part of the profile.
LARGEST_WIDTH = 0.25

_ITERATIONS = 60
#: A fit is done when its position moves by less than this, in samples.
_TOLERANCE = 1e-4
#: Largest move in one iteration: of the position in samples, of the log of the width.
_FARTHEST, _WIDEST = 3.0, 0.7
#: Damping at the start, and from which a fit gives up.
_DAMPING, _STUCK = 1e-2, 1e8


@dataclass(eq=False)
class Steps:
    """Steps ``low + (high - low) Phi((x - position) / width)`` of N profiles.

    Attributes
    ----------
    values
        (N, 4) position, low, high, logarithm of the width.
    information
        (N, 4, 4) weighted normal matrix at the solution.
    cost
        (N,) weighted sum of squared residuals.
    residuals
        (N, n) profile minus model, 0 where there is no sample.
    """

    values: FloatArray
    information: FloatArray
    cost: FloatArray
    residuals: FloatArray

    def covariance(self) -> FloatArray:
        """(N, 4, 4) inverse of the information, NaN where it has none."""
        matrix = self.information.copy()
        size = np.sqrt(np.einsum("nii->ni", matrix))
        known = np.isfinite(size).all(axis=1) & (size > 0).all(axis=1)
        result = np.full(matrix.shape, np.nan)
        scale = size[known, :, None] * size[known, None, :]
        # Scaled to a unit diagonal; the addition only keeps it from being singular.
        scaled = matrix[known] / scale + 1e-12 * np.eye(4)
        result[known] = np.linalg.inv(scaled) / scale
        return result


def fit_steps(y: FloatArray, weights: FloatArray, start: FloatArray) -> Steps:
    """Weighted least squares by Levenberg-Marquardt on all profiles together.

    Parameters
    ----------
    y
        (N, n) profiles, finite; samples that are missing have weight 0.
    weights
        (N, n) inverse variances, or 1 where they are not known.
    start
        (N, 4) first values.

    Notes
    -----
    Marquardt's damping of the normal matrix's diagonal, one damping a profile; profiles
    that are done leave the batch [1]_. A width at one of its bounds is held there.

    .. [1] D. W. Marquardt, J. SIAM 11 (1963) 431.
    """
    bounds = np.log([LEAST_WIDTH, LARGEST_WIDTH * y.shape[1]])
    values = start.copy()
    values[:, 3] = np.clip(values[:, 3], *bounds)
    state = _evaluate(values, y, weights, bounds)
    damping = np.full(len(y), _DAMPING)
    active = np.arange(len(y))
    for _ in range(_ITERATIONS):
        step = _step(state, active, damping[active])
        trial = values[active] + step
        trial[:, 3] = np.clip(trial[:, 3], *bounds)
        tried = _evaluate(trial, y[active], weights[active], bounds)
        better = tried.cost <= state.cost[active]
        won = active[better]
        values[won] = trial[better]
        state.take(won, tried, better)
        damping[won] *= 0.2
        damping[active[~better]] *= 8.0
        done = better & (np.abs(step[:, 0]) < _TOLERANCE)
        active = active[~done & (damping[active] < _STUCK)]
        if active.size == 0:
            break
    return Steps(values, state.information, state.cost, state.residuals)


@dataclass(eq=False)
class _State:
    """What is known at the present values of every profile."""

    residuals: FloatArray
    cost: FloatArray
    slope: FloatArray
    information: FloatArray

    def take(
        self,
        rows: NDArray[np.intp],
        other: _State,
        chosen: NDArray[np.bool_],
    ) -> None:
        """Replace some profiles by those chosen of another state."""
        self.residuals[rows] = other.residuals[chosen]
        self.cost[rows] = other.cost[chosen]
        self.slope[rows] = other.slope[chosen]
        self.information[rows] = other.information[chosen]


def _evaluate(
    values: FloatArray, y: FloatArray, weights: FloatArray, bounds: FloatArray
) -> _State:
    from scipy.special import ndtr

    x = np.arange(y.shape[1], dtype=np.float64)
    position, low, high, log_width = (values[:, i, None] for i in range(4))
    width = np.exp(log_width)
    z = (x - position) / width
    part = ndtr(z)
    bell = np.exp(-0.5 * z * z) * (1.0 / np.sqrt(2 * np.pi)) * (high - low)
    residuals = np.where(weights > 0, y - (low + (high - low) * part), 0.0)
    free = (log_width > bounds[0]) & (log_width < bounds[1])
    by_width = np.where(free, -bell * z, 0.0)
    jacobian = np.stack([-bell / width, 1.0 - part, part, by_width], axis=1)
    weighted = jacobian * weights[:, None, :]
    information = weighted @ jacobian.transpose(0, 2, 1)
    information[:, 3, 3] += ~free[:, 0]
    slope = (weighted @ residuals[:, :, None])[..., 0]
    cost = np.sum(weights * residuals**2, axis=1)
    return _State(residuals, cost, slope, information)


def _step(state: _State, active: NDArray[np.intp], damping: FloatArray) -> FloatArray:
    """(A, 4) damped Gauss-Newton step of the active profiles, kept from leaping."""
    matrix = state.information[active].copy()
    diagonal = np.einsum("nii->ni", matrix)
    floor = 1e-12 * diagonal.max(axis=1, keepdims=True) + 1e-300
    diagonal += damping[:, None] * diagonal + floor
    slope = state.slope[active][..., None]
    step = np.asarray(np.linalg.solve(matrix, slope)[..., 0], dtype=np.float64)
    step[:, 0] = np.clip(step[:, 0], -_FARTHEST, _FARTHEST)
    step[:, 3] = np.clip(step[:, 3], -_WIDEST, _WIDEST)
    return step
