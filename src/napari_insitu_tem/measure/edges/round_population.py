"""Blur, attenuation and background that round bodies of one movie have in common."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.least_squares import Limits
from napari_insitu_tem.measure.edges.noise_model import NoiseModel
from napari_insitu_tem.measure.edges.population import (
    LEAST_BATCH,
    Population,
    learn_population,
)
from napari_insitu_tem.measure.edges.round_law import LawFit, fit_law
from napari_insitu_tem.measure.edges.round_model import EXPONENTIAL
from napari_insitu_tem.measure.edges.round_rims import rim_steps, weigh_rims
from napari_insitu_tem.measure.step_posterior import USUAL_FACTOR, USUAL_WIDTH

FloatArray = NDArray[np.float64]

#: Background, its slope, attenuation and log of the blur among the values of a body.
_SHARED = np.array([0, 1, 2, 5])
_BASE, _STRENGTH, _RADIUS, _CENTRE, _BLUR = 0, 2, 3, 4, 5
#: Standard uncertainty of the log of the blur from which a profile tells nothing of it.
_KNOWN_BLUR = 0.5
#: Blurs of which the common one is then chosen, by how many profiles, and the spread
#: of the log of the blur that is taken.
_TRIED, _ASKED, _BLUR_SPREAD = np.geomspace(0.5, 6.0, 8), 120, 0.2
#: Steps to which the chance of the blurs that were tried is interpolated.
_FINE = 200
#: Times that the population is learnt; fits are better known after each.
_ROUNDS = 2
#: Least and largest spread of the background (of its mean), of its slope (of the body's
#: depth a radius), of the attenuation (of its mean) and of the log of the blur.
_LEAST = np.array([0.001, 0.002, 0.03, 0.05])
_WIDEST = np.array([0.3, 0.3, 1.0, 1.0])


def share_nuisances(
    fit: LawFit, y: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel, law: str
) -> LawFit:
    """Fit bodies again, knowing what they have in common.

    The radii are never drawn together. The attenuation may be common to all bodies, or
    grow with their radius (one material): whichever the bodies say. A body that is
    unlike the others, or fewer than `LEAST_BATCH` of them, are left as they are.
    """
    wide = fit.limits
    for _ in range(_ROUNDS):
        limits = _limits_of(fit, wide, y, law)
        if limits is None:
            return fit
        fit = fit_law(
            y, is_there, noise, fit.model.rows, law, fit.fits.values, limits=limits
        )
    return fit


def _limits_of(fit: LawFit, wide: Limits, y: FloatArray, law: str) -> Limits | None:
    """The wide limits with what the fits have in common as what is usual."""
    good = _is_good(fit, y.shape[1])
    if good.sum() < LEAST_BATCH:
        return None
    values, information = _measured(fit)
    radius = fit.fits.values[:, _RADIUS]
    middle = float(np.median(radius[good]))
    choices = []
    for scale in (np.ones_like(radius), radius / middle):
        by = np.ones_like(values)
        by[:, _SHARED == _STRENGTH] = scale[:, None]
        found = _learn(
            values[good] / by[good], _scaled(information, by)[good], middle, law
        )
        if found is not None:
            score = found.score + 2 * np.sum(np.log(by[good]))
            choices.append((score, found, by))
    if not choices:
        return None
    _, found, by = min(choices, key=lambda choice: choice[0])
    usual = np.zeros_like(fit.fits.values)
    precision = np.zeros_like(usual)
    usual[:, _SHARED] = found.mean * by
    precision[:, _SHARED] = fit.scatter[:, None] / (found.variance * by**2)
    if not _tells_blur(information[good]):
        some = _some(np.flatnonzero(good))
        mean, variance = _common_blur(fit.of(some), y[some])
        usual[:, _BLUR] = mean
        precision[:, _BLUR] = fit.scatter / (variance + _BLUR_SPREAD**2)
    strange = ~good
    strange[good] = found.foreign
    usual[strange], precision[strange] = wide.usual, wide.precision
    return replace(wide, usual=usual, precision=precision)


def _tells_blur(information: FloatArray) -> bool:
    """Whether a profile knows its blur well enough for all to know the common one.

    In strong noise a rim is found where chance makes it look sharp.
    """
    own = np.linalg.inv(information)[:, -1, -1]
    return bool(np.median(own) < _KNOWN_BLUR**2)


def _some(which: NDArray[np.intp]) -> NDArray[np.intp]:
    """A few of them, from first to last."""
    count = min(which.size, _ASKED)
    return which[np.linspace(0, which.size - 1, count).astype(np.intp)]


def _common_blur(fit: LawFit, y: FloatArray) -> tuple[float, float]:
    """Mean and variance of the log of a common blur, over all places of the rims."""
    from scipy.interpolate import CubicSpline

    tried = np.log(_TRIED)
    chance = np.empty(tried.size)
    steps = rim_steps(fit.fits, fit.scatter)
    for i, log_blur in enumerate(tried):
        values = fit.fits.values.copy()
        values[:, _BLUR] = log_blur
        precision = np.zeros_like(values)
        precision[:, _BLUR] = fit.scatter / _BLUR_SPREAD**2
        limits = replace(fit.limits, usual=values, precision=precision)
        moved = replace(fit.fits, values=values)
        rims = weigh_rims(fit.model, y, fit.weights, moved, fit.scatter, limits, steps)
        chance[i] = rims.evidence.sum()
    fine = np.linspace(tried[0], tried[-1], _FINE)
    usual, spread = np.log(USUAL_WIDTH), USUAL_FACTOR
    chance = CubicSpline(tried, chance)(fine) - 0.5 * ((fine - usual) / spread) ** 2
    chance = np.exp(chance - chance.max())
    chance /= chance.sum()
    mean = float(chance @ fine)
    return mean, float(chance @ (fine - mean) ** 2)


def _learn(
    values: FloatArray, information: FloatArray, radius: float, law: str
) -> Population | None:
    base, _, strength, _ = np.median(np.abs(values), axis=0)
    depth = strength * base if law == EXPONENTIAL else strength
    unit = np.array([max(base, depth), depth / radius, strength, 1.0])
    return learn_population(values, information, _WIDEST * unit, _LEAST * unit)


def _scaled(information: FloatArray, by: FloatArray) -> FloatArray:
    """The information about values that were divided."""
    return information * by[:, :, None] * by[:, None, :]


def _measured(fit: LawFit) -> tuple[FloatArray, FloatArray]:
    """(N, 4) shared values as each profile alone has them, (N, 4, 4) information."""
    assert fit.limits.precision is not None and fit.limits.usual is not None
    prior = np.broadcast_to(fit.limits.precision, fit.fits.values.shape)
    usual = np.broadcast_to(fit.limits.usual, fit.fits.values.shape)
    own = fit.fits.information - prior[:, :, None] * np.eye(6)
    own /= fit.scatter[:, None, None]
    rest = np.array([_RADIUS, _CENTRE])
    cross = own[:, _SHARED[:, None], rest]
    inner = own[:, rest[:, None], rest]
    info = own[:, _SHARED[:, None], _SHARED] - cross @ np.linalg.solve(
        inner, cross.swapaxes(1, 2)
    )
    info = 0.5 * (info + info.swapaxes(1, 2))
    least = 1e-9 * np.einsum("nii->ni", info).clip(1e-12)
    info += least[:, :, None] * np.eye(_SHARED.size)
    shared = fit.fits.values[:, _SHARED]
    # At the solution the profile pulls as much one way as what is usual the other.
    pull = (prior * (fit.fits.values - usual))[:, _SHARED] / fit.scatter[:, None]
    return shared + np.linalg.solve(info, pull[..., None])[..., 0], info


def _is_good(fit: LawFit, samples: int) -> NDArray[np.bool_]:
    """(N,) whether a fit can say something about the others."""
    values = fit.fits.values
    radius, centre = values[:, _RADIUS], values[:, _CENTRE]
    inside = (centre - radius > 1) & (centre + radius < samples - 2)
    free = np.all((values > fit.limits.low) & (values < fit.limits.high), axis=1)
    seen = np.abs(values[:, 2]) > 3 * np.sqrt(
        np.einsum("nii->ni", np.nan_to_num(fit.covariance, nan=np.inf))[:, 2]
    )
    return np.asarray(inside & free & seen & np.isfinite(values).all(axis=1))
