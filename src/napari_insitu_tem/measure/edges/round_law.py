"""Fit of round bodies that attenuate by one law."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.least_squares import Fits, Limits, fit_profiles
from napari_insitu_tem.measure.edges.noise_model import NoiseModel, correlation_factor
from napari_insitu_tem.measure.edges.round_model import EXPONENTIAL, RoundModel
from napari_insitu_tem.measure.step_posterior import USUAL_FACTOR, USUAL_WIDTH

FloatArray = NDArray[np.float64]

#: Least blur, in samples, and the largest as a part of the profile and at least.
_LEAST_BLUR, _LARGEST_BLUR, _LARGEST_AT_LEAST = 0.25, 0.125, 1.5
#: Bounds of the exponent at the centre of a body.
_EXPONENTS = (-3.0, 8.0)
#: Fits with renewed weights where the noise follows the level.
_ROUNDS = 2


@dataclass(frozen=True, eq=False)
class LawFit:
    """The fit of one law to K profiles.

    Attributes
    ----------
    model, limits, weights
        What was fitted, and how.
    fits
        The fits of (K, 6) values, see `RoundModel`.
    scatter
        (K,) variance of the residuals in units of the inverse weights.
    correlated
        Number of samples that carry the information of one independent sample.
    """

    model: RoundModel
    limits: Limits
    weights: FloatArray
    fits: Fits
    scatter: FloatArray
    correlated: float

    def of(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> LawFit:
        """The fits of some of the profiles."""
        fits = self.fits
        some = replace(
            fits,
            values=fits.values[which],
            information=fits.information[which],
            cost=fits.cost[which],
            residuals=fits.residuals[which],
        )
        return replace(
            self,
            fits=some,
            limits=self.limits.of(which),
            weights=self.weights[which],
            scatter=self.scatter[which],
        )

    @property
    def covariance(self) -> FloatArray:
        """(K, 6, 6) of the values."""
        return self.fits.covariance() * self.scatter[:, None, None]


def fit_law(
    y: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
    rows: float,
    law: str,
    start: FloatArray,
    *,
    limits: Limits | None = None,
) -> LawFit:
    """Fit (K, 6) values from a start on, by default with wide limits."""
    model = RoundModel(y.shape[1], rows, law)
    if limits is None:
        limits = _limits(y.shape[1], law)
    values = start
    weights = is_there / _rough_variance(y, is_there, noise)[:, None]
    for _ in range(1 if noise.gain is None else _ROUNDS):
        if noise.gain is not None:
            level = model(np.clip(values, limits.low, limits.high))[0]
            weights = is_there / noise.at_level(level)
        fits = fit_profiles(model, y, weights, values, limits)
        values = fits.values
    correlated = 1.0
    if not noise.is_known:
        correlated = correlation_factor(fits.residuals, is_there)
    scatter = correlated * _scatter(fits, is_there, noise)
    return LawFit(model, limits, weights, fits, scatter, correlated)


def as_exponent(values: FloatArray) -> FloatArray:
    """Values of the linear law as those of the exponential one."""
    result = values.copy()
    base = np.maximum(values[:, 0], 1e-3 * np.abs(values[:, 2]) + 1e-12)
    result[:, 0] = base
    result[:, 2] = -np.log(np.maximum(1 + values[:, 2] / base, 0.05))
    return result


def as_depth(values: FloatArray) -> FloatArray:
    """Values of the exponential law as those of the linear one."""
    result = values.copy()
    result[:, 2] = values[:, 0] * np.expm1(-values[:, 2])
    return result


def _rough_variance(
    y: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel
) -> FloatArray:
    """(N,) variance of a sample: known, or from the differences of neighbours."""
    if noise.least is not None:
        return noise.least
    both = is_there[:, 1:] & is_there[:, :-1]
    step = np.where(both, np.diff(y, axis=1), 0.0)
    half = (step**2).sum(axis=1) / (2 * np.maximum(both.sum(axis=1), 1))
    return np.asarray(np.maximum(half, 1e-10 * np.mean(y**2, axis=1) + 1e-100))


def _limits(samples: int, law: str) -> Limits:
    """Bounds of background, slope, attenuation, radius, centre, log of the blur."""
    far = np.inf
    blur = np.log([_LEAST_BLUR, max(_LARGEST_BLUR * samples, _LARGEST_AT_LEAST)])
    step = max(2.0, samples / 30)
    low = np.array([-far, -far, -far, 0.5, -0.5 * samples, blur[0]])
    high = np.array([far, far, far, 1.5 * samples, 1.5 * samples, blur[1]])
    leap = np.array([far, far, far, step, step, 0.7])
    done = np.array([far, far, far, 1e-2, 1e-2, far])
    usual = np.array([0, 0, 0, 0, 0, np.log(USUAL_WIDTH)])
    precision = np.array([0, 0, 0, 0, 0, 1 / USUAL_FACTOR**2])
    if law == EXPONENTIAL:
        (low[2], high[2]), leap[2] = _EXPONENTS, 0.5
    return Limits(low, high, leap, done, usual, precision)


def _scatter(fits: Fits, is_there: NDArray[np.bool_], noise: NoiseModel) -> FloatArray:
    """(N,) what the inverse information is multiplied with."""
    if noise.gain is not None:
        return np.ones(len(fits.cost))
    own = fits.cost / np.maximum(is_there.sum(axis=1) - 6, 1)
    if noise.least is not None:
        return np.asarray(np.maximum(own, 1.0))
    return np.asarray(own)
