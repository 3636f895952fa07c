"""Fit of one blurred step a profile: posterior, refined, sloping where asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.noise_model import NoiseModel, correlation_factor
from napari_insitu_tem.measure.edges.result import (
    LOW_CONTRAST,
    OUT_OF_FRAME,
    UNRESOLVED,
)
from napari_insitu_tem.measure.edges.slopes import Sloping, find_sloping
from napari_insitu_tem.measure.edges.step_model import fit_steps, step_model
from napari_insitu_tem.measure.step_posterior import (
    LEAST_WIDTH,
    StepPosterior,
    is_too_fine,
    step_posterior,
    widest_step,
)

FloatArray = NDArray[np.float64]

#: A step smaller than this many of its own uncertainties is taken for noise, of which
#: the fit has already picked the largest.
_LEAST_STEP = 4.0

#: The place of a step is hardly known where its uncertainty is more than this part of
#: the profile (and more than two widths): chance may then have moved it anywhere.
_VAGUE = 1.0 / 16.0

#: What the model's step misses of an edge sharper than a pixel, in samples (1 s.d.).
_PIXELATION = 0.03

#: Ratio of the two levels from which the noise is clearly not the same on both sides.
_UNEQUAL = 2.0


@dataclass(eq=False)
class StepFits:
    """Steps of N profiles.

    Attributes
    ----------
    values
        (N, 6) position, low, high, logarithm of the width, slope before, slope after.
    u_position, u_levels, u_step
        (N,), (N, 2), (N,) standard uncertainties of the place, of the levels and of
        their difference.
    doubtful
        (N,) whether a slope of the background may be there, and the edge elsewhere.
    """

    values: FloatArray
    u_position: FloatArray
    u_levels: FloatArray
    u_step: FloatArray
    doubtful: NDArray[np.bool_]


def fit_step_profiles(
    y: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel
) -> StepFits:
    """Fit each profile; see `locate_edges` for the method."""
    weights = is_there.astype(np.float64)
    shared = weights[:1] if np.all(is_there == is_there[0]) else weights
    found = _posterior(y, shared, is_there, noise)
    variance = _variances(found, noise, y.shape[1])
    sloping = find_sloping(
        y, weights / variance, found.template, found.best, is_known=noise.is_known
    )
    correlated = 1.0
    if not noise.is_known:
        correlated = _correlation(y, is_there, found, sloping)
    if correlated > 1:
        found = step_posterior(y, shared, correlated=correlated)
    steps = StepFits(
        np.concatenate([found.best, np.zeros((len(y), 2))], axis=1),
        found.u_position.copy(),
        found.u_levels,
        found.u_step,
        np.zeros(len(y), dtype=bool),
    )
    steps.values[:, 0], steps.values[:, 3] = found.position, found.log_width
    _refine(steps, found, y, weights, variance, noise, correlated)
    _doubt(steps, sloping, correlated)
    _take_sloping(steps, sloping, weights, noise, correlated)
    return steps


def _posterior(
    y: FloatArray, shared: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel
) -> StepPosterior:
    """What each profile says of a level step, its noise taken as white."""
    if noise.gain is not None:
        variance = noise.counting(y, is_there)
        return step_posterior(y, shared, variance, is_counting=True)
    found = step_posterior(y, shared)
    if noise.least is None:
        return found
    return step_posterior(y, shared, np.maximum(noise.least, found.variance))


def _correlation(
    y: FloatArray,
    is_there: NDArray[np.bool_],
    found: StepPosterior,
    sloping: Sloping,
) -> float:
    """How correlated the noise is, by what the better of both fits leave.

    Whether a sloping fit is better depends on it: from white noise on, twice.
    """
    level = np.where(is_there, y - step_model(found.best, y.shape[1])[0], 0.0)
    correlated = 1.0
    for _ in range(3):
        residuals = level.copy()
        better = sloping.demanded(correlated)
        residuals[sloping.which[better]] = sloping.fits.residuals[better]
        correlated = correlation_factor(residuals, is_there)
    return correlated


def _variances(found: StepPosterior, noise: NoiseModel, samples: int) -> FloatArray:
    """(N, n) or (N, 1) variance of each sample, given the steps."""
    if noise.gain is None:
        return found.variance[:, None]
    return noise.at_level(step_model(found.best, samples)[0])


def _refine(
    steps: StepFits,
    found: StepPosterior,
    y: FloatArray,
    weights: FloatArray,
    variance: FloatArray,
    noise: NoiseModel,
    correlated: float,
) -> None:
    """Least squares where the grid is too coarse, or the noise uneven."""
    low, high = np.sort(found.best[:, 1:3], axis=1).T
    unequal = (high > _UNEQUAL * low) & (noise.gain is not None)
    too_fine = is_too_fine(found, y.shape[1])
    again = np.flatnonzero(unequal | too_fine)
    if again.size == 0:
        return
    there = weights[again]
    fits = fit_steps(y[again], there / variance[again], found.best[again])
    scatter = np.full(again.size, correlated)
    if not noise.is_known:
        scatter *= fits.cost / np.maximum(there.sum(axis=1) - 4, 1)
    u = np.sqrt(fits.covariance()[:, 0, 0] * scatter)
    sharp = np.exp(fits.values[:, 3]) < 1.01 * LEAST_WIDTH
    u = np.hypot(u, _PIXELATION * sharp)
    steps.values[again, :4] = fits.values
    steps.u_position[again] = np.where(too_fine[again], u, steps.u_position[again])


def _doubt(steps: StepFits, sloping: Sloping, correlated: float) -> None:
    """Mark edges that a possible slope would move; they may be at either place."""
    doubtful = sloping.doubtful(correlated, steps.u_position[sloping.which])
    which = sloping.which[doubtful]
    steps.doubtful[which] = True
    steps.u_position[which] = np.hypot(steps.u_position[which], sloping.apart[doubtful])


def _take_sloping(
    steps: StepFits,
    sloping: Sloping,
    weights: FloatArray,
    noise: NoiseModel,
    correlated: float,
) -> None:
    """Put the sloping fits where they are demanded."""
    scatter = np.full(sloping.which.size, correlated)
    if not noise.is_known:
        count = weights[sloping.which].sum(axis=1)
        scatter *= sloping.fits.cost / np.maximum(count - 6, 1)
    covariance = sloping.fits.covariance() * scatter[:, None, None]
    taken = sloping.demanded(correlated) & np.isfinite(covariance).all(axis=(1, 2))
    which, covariance = sloping.which[taken], covariance[taken]
    steps.values[which] = sloping.fits.values[taken]
    variance = np.einsum("nii->ni", covariance)
    steps.u_position[which] = np.sqrt(variance[:, 0])
    steps.u_levels[which] = np.sqrt(variance[:, 1:3])
    step = variance[:, 1] + variance[:, 2] - 2 * covariance[:, 1, 2]
    steps.u_step[which] = np.sqrt(np.maximum(step, 0.0))


def step_flags(steps: StepFits, is_there: NDArray[np.bool_]) -> NDArray[np.str_]:
    """(N,) why an edge is not to be trusted."""
    position, low, high = steps.values[:, :3].T
    width = np.exp(steps.values[:, 3])
    samples = is_there.shape[1]
    first = is_there.argmax(axis=1)
    last = samples - 1 - is_there[:, ::-1].argmax(axis=1)
    seen = np.abs(high - low) > _LEAST_STEP * steps.u_step
    at_end = ~((position > first + 1.0) & (position < last - 1.0))
    vague = ~(steps.u_position <= np.maximum(2 * width, _VAGUE * (last - first + 1)))
    too_wide = width >= 0.99 * widest_step(samples)
    return np.select(
        [~seen, at_end, vague | too_wide | steps.doubtful],
        [LOW_CONTRAST, OUT_OF_FRAME, UNRESOLVED],
        default="",
    )
