"""The likeliest values of a law's parameters, and how sure they are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.laws.likelihood import FrameLikelihood, Heights

FloatArray = NDArray[np.float64]
Positions = Callable[[FloatArray], FloatArray]

_ITERATIONS = 60
#: Gain in log-likelihood that is not worth another step.
_ENOUGH = 1e-5
_DAMPING, _STUCK = 1e-3, 1e9
#: Step of a numerical derivative, relative to the scale of a value.
_STEP = 1e-5
#: Tries to find how wide a maximum is.
_WIDTH_TRIES = 12


@dataclass(frozen=True, eq=False)
class Fitted:
    """A maximum of the likelihood.

    Attributes
    ----------
    values
        (K,) of the law.
    likelihood
        Logarithm, summed over frames.
    heights
        Of each frame.
    """

    values: FloatArray
    likelihood: float
    heights: Heights


def climb(
    frames: FrameLikelihood,
    positions: Positions,
    roughness: float,
    start: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
) -> Fitted:
    """Climb to a maximum by damped scoring (Levenberg and Marquardt).

    Parameters
    ----------
    frames
        What each frame says.
    positions
        (T,) positions for (K,) values.
    roughness
        How far the front strays from the law, in px (1 s.d.).
    start
        (K,) values to begin with.
    bounds
        Least and largest values.
    """
    values = np.clip(start, *bounds)
    now = _at(frames, positions, roughness, values)
    damping = _DAMPING
    for _ in range(_ITERATIONS):
        matrix, slope = _equations(frames, positions, roughness, now, bounds)
        diagonal = np.einsum("ii->i", matrix).copy()
        floor = 1e-12 * diagonal.max() + 1e-300
        tried = now
        while damping < _STUCK:
            damped = matrix + np.diag(damping * diagonal + floor)
            step = np.linalg.solve(damped, slope)
            trial = np.clip(now.values + step, *bounds)
            tried = _at(frames, positions, roughness, trial)
            if tried.likelihood >= now.likelihood:
                break
            damping *= 8.0
        gain = tried.likelihood - now.likelihood
        now, damping = tried, max(0.2 * damping, 1e-9)
        if not gain > _ENOUGH:
            break
    return now


def _at(
    frames: FrameLikelihood,
    positions: Positions,
    roughness: float,
    values: FloatArray,
) -> Fitted:
    heights = frames.at(positions(values), roughness)
    total = float(heights.value.sum())
    return Fitted(values, total if np.isfinite(total) else -np.inf, heights)


def _equations(
    frames: FrameLikelihood,
    positions: Positions,
    roughness: float,
    now: Fitted,
    bounds: tuple[FloatArray, FloatArray],
) -> tuple[FloatArray, FloatArray]:
    """Normal matrix and slope; values at a bound that they push against stay."""
    jacobian = derivatives(positions, now.values, bounds)
    usual = 1.0 / (frames.spread**2 + roughness**2)
    bend = np.clip(now.heights.bend, 0.1 * usual, None)
    matrix = (jacobian * bend[:, None]).T @ jacobian
    slope = jacobian.T @ now.heights.slope
    low, high = bounds
    held = ((now.values <= low) & (slope < 0)) | ((now.values >= high) & (slope > 0))
    matrix[held], matrix[:, held] = 0.0, 0.0
    matrix[held, held] = 1.0
    slope[held] = 0.0
    return matrix, slope


def derivatives(
    positions: Positions,
    values: FloatArray,
    bounds: tuple[FloatArray, FloatArray] | None = None,
) -> FloatArray:
    """(T, K) derivatives of the positions, by differences."""
    columns = []
    for k, value in enumerate(values):
        step = _STEP * max(abs(value), 1.0)
        above, below = values.copy(), values.copy()
        above[k], below[k] = value + step, value - step
        if bounds is not None:
            above[k] = min(above[k], bounds[1][k])
            below[k] = max(below[k], bounds[0][k])
        apart = max(above[k] - below[k], 1e-300)
        columns.append((positions(above) - positions(below)) / apart)
    return np.array(columns).T


def information(
    frames: FrameLikelihood,
    positions: Positions,
    roughness: float,
    fitted: Fitted,
    bounds: tuple[FloatArray, FloatArray],
) -> FloatArray:
    """(K, K) minus the second derivatives of the log-likelihood, by differences.

    Over steps that cost about half a unit, so that it is the width of the maximum that
    counts and not its tip: at an onset the curvature itself may be infinite.
    """

    def height(at: FloatArray) -> float:
        return float(frames.at(positions(at), roughness).value.sum())

    values = fitted.values
    room = np.minimum(values - bounds[0], bounds[1] - values)
    jacobian = derivatives(positions, values, bounds)
    usual = np.sum(jacobian**2, axis=0) / (frames.spread**2 + roughness**2)
    first = 1.0 / np.sqrt(np.maximum(usual, 1e-12))
    steps = np.array(
        [
            _width(height, values, k, min(step, most), fitted.likelihood, most)
            for k, (step, most) in enumerate(zip(first, room, strict=True))
        ]
    )
    matrix = np.zeros((values.size, values.size))
    moves = np.diag(steps)
    for k, a in enumerate(moves):
        if steps[k] <= 0:
            continue
        ends = height(values + a) + height(values - a)
        matrix[k, k] = (2 * fitted.likelihood - ends) / steps[k] ** 2
        for j, b in enumerate(moves[:k]):
            if steps[j] <= 0:
                continue
            mixed = height(values + a - b) + height(values - a + b)
            mixed -= height(values + a + b) + height(values - a - b)
            matrix[k, j] = matrix[j, k] = mixed / (4 * steps[k] * steps[j])
    return matrix


def _width(
    height: Callable[[FloatArray], float],
    values: FloatArray,
    k: int,
    step: float,
    top: float,
    most: float,
) -> float:
    """Step of one value, both ways, that costs about half a unit of likelihood."""
    for _ in range(_WIDTH_TRIES):
        if step <= 0:
            return 0.0
        move = np.zeros(values.size)
        move[k] = step
        drop = top - 0.5 * (height(values + move) + height(values - move))
        if 0.3 < drop < 0.8 or (step >= most and drop < 0.5):
            break
        factor = np.sqrt(0.5 / drop) if drop > 0.005 else 10.0
        step = min(step * float(np.clip(factor, 0.1, 10.0)), most)
    return step
