"""By which law the round bodies of a batch attenuate, and where each was found."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.noise_model import NoiseModel
from napari_insitu_tem.measure.edges.round_law import (
    LawFit,
    as_depth,
    as_exponent,
    fit_law,
)
from napari_insitu_tem.measure.edges.round_model import EXPONENTIAL, LINEAR
from napari_insitu_tem.measure.edges.round_population import share_nuisances
from napari_insitu_tem.measure.edges.round_rims import Rims, weigh_rims
from napari_insitu_tem.measure.edges.round_starts import find_bodies

FloatArray = NDArray[np.float64]

#: How much better (chi-squared) the unusual law of attenuation has to fit all profiles
#: together, also in standard deviations of that sum over profiles.
_OTHER_LAW, _CERTAIN = 4.0, 3.0
#: How much better a body has to fit that is not wholly seen.
_OUTSIDE = 6.0
#: What one profile can say at most about the law.
_ONE_VOICE = 30.0


def fit_laws(
    y: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
    rows: float,
    attenuation: str | None,
) -> dict[str, LawFit]:
    """Fit each profile by either law, or by the given one, from its best start."""
    inside, anywhere, differs = find_bodies(y, is_there, rows)
    owner = np.concatenate([np.arange(len(y)), np.flatnonzero(differs)])
    start = np.concatenate([inside, anywhere[differs]])
    there, known = is_there[owner], noise.of(owner)
    fits = {}
    for law in (LINEAR, EXPONENTIAL) if attenuation is None else (attenuation,):
        own = as_exponent(start) if law == EXPONENTIAL else start
        fit = fit_law(y[owner], there, known, rows, law, own)
        score = _score(fit, y[owner], there, known) + _OUTSIDE * _is_cut(fit)
        order = np.lexsort([score, owner])
        fits[law] = fit.of(order[np.unique(owner[order], return_index=True)[1]])
        start = as_depth(fit.fits.values) if law == EXPONENTIAL else fit.fits.values
    return fits


def darker(fit: LawFit) -> NDArray[np.bool_]:
    """(N,) whether bodies are darker than their background."""
    sign = 1.0 if fit.model.attenuation == EXPONENTIAL else -1.0
    return np.asarray(sign * fit.fits.values[:, 2] > 0)


@dataclass(frozen=True, eq=False)
class Chosen:
    """The fits of some of the profiles (`which`), and where their rims are."""

    fit: LawFit
    rims: Rims
    which: NDArray[np.intp]

    def of(self, some: NDArray[np.bool_]) -> Chosen:
        """Those of some of them."""
        return Chosen(self.fit.of(some), self.rims.of(some), self.which[some])


def choose_law(
    fits: dict[str, LawFit],
    y: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
    *,
    is_dark: bool,
) -> list[Chosen]:
    """Give all bodies of a kind one law, and fits that know what they have in common.

    One profile can hardly tell the laws apart, many of one movie can: by fits that
    share blur and attenuation, which alone would make up for the wrong law, and over
    all places where the rims may be. Where there can be no exponential attenuation, on
    a background below 0, it is the linear one.
    """
    everyone = np.arange(len(y))
    found = {}
    for law, fit in fits.items():
        own = share_nuisances(fit, y, is_there, noise, law)
        rims = weigh_rims(own.model, y, own.weights, own.fits, own.scatter, own.limits)
        found[law] = Chosen(own, rims, everyone)
    if len(found) == 1:
        return list(found.values())
    usual, other = (EXPONENTIAL, LINEAR) if is_dark else (LINEAR, EXPONENTIAL)
    score = _evidences(found, y, is_there, noise)
    impossible = found[EXPONENTIAL].fit.fits.values[:, 0] <= 0
    better = (score[usual] - score[other])[~impossible]
    law = other if _is_clear(better) else usual
    if law == LINEAR or impossible.all():
        return [found[LINEAR]]
    if not impossible.any():
        return [found[EXPONENTIAL]]
    return [found[EXPONENTIAL].of(~impossible), found[LINEAR].of(impossible)]


def _evidences(
    found: dict[str, Chosen],
    y: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
) -> dict[str, FloatArray]:
    """Minus twice the logarithm of the (N,) likelihoods of the laws.

    All laws know equally well before what the bodies have in common: what one of them
    knows better, it would be rewarded for in every profile.
    """
    if not noise.is_known:
        # What a wrong law leaves is correlated, and no reason to trust it more.
        least = min(own.fit.correlated for own in found.values())
        return {
            law: _score(own.fit, y, is_there, noise) * (own.fit.correlated / least)
            for law, own in found.items()
        }
    units = {law: _depth_units(own.fit) for law, own in found.items()}
    alike = np.min([_precision(f.fit) * units[law] ** 2 for law, f in found.items()], 0)
    result = {}
    for law, own in found.items():
        fit, unit = own.fit, units[law]
        precision = alike / unit**2 * fit.scatter[:, None]
        limits = replace(fit.limits, precision=precision)
        rims = weigh_rims(fit.model, y, fit.weights, fit.fits, fit.scatter, limits)
        free = np.where(alike[:, 2] > 0, 1.0, unit[:, 2])
        spread = np.log(np.where(is_there, fit.weights, 1.0)).sum(axis=1)
        result[law] = 2 * np.log(free) - 2 * rims.evidence - spread
    return result


def _precision(fit: LawFit) -> FloatArray:
    """(N, 6) inverse variance of what is known before."""
    shape = fit.fits.values.shape
    if fit.limits.precision is None:
        return np.zeros(shape)
    return np.broadcast_to(fit.limits.precision, shape) / fit.scatter[:, None]


def _depth_units(fit: LawFit) -> FloatArray:
    """(N, 6) changes of the values that change the depth by its own size, or by 1."""
    unit = np.ones_like(fit.fits.values)
    strength = fit.fits.values[:, 2]
    if fit.model.attenuation == EXPONENTIAL:
        strength = np.expm1(strength)
    unit[:, 2] = np.maximum(np.abs(strength), 1e-100)
    return unit


def _is_clear(better: FloatArray) -> bool:
    """Whether the sum over profiles is large, and larger than their scatter."""
    better = np.clip(better, -_ONE_VOICE, _ONE_VOICE)
    scatter = _CERTAIN * float(np.std(better)) * np.sqrt(max(better.size, 1))
    return bool(better.sum() > max(_OTHER_LAW, scatter))


def _score(
    fit: LawFit, y: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel
) -> FloatArray:
    """(K,) minus twice the logarithm of the likelihood, and what is known before."""
    fits = fit.fits
    size = np.einsum("kn,kn->k", fit.weights, fits.residuals**2)
    if noise.gain is not None:
        own = _counted(y - fits.residuals, y, is_there, noise)
        return np.asarray(own + fits.cost - size)
    if noise.least is not None:
        return np.asarray(fits.cost)
    least = 1e-10 * fit.weights.max(axis=1) * fits.values[:, 2] ** 2
    score = is_there.sum(axis=1) * np.log(size + least + 1e-300) / fit.correlated
    return np.asarray(score)


def _counted(
    mean: FloatArray, y: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel
) -> FloatArray:
    """(K,) minus twice the logarithm of the likelihood of counted electrons."""
    assert noise.gain is not None
    least = noise.at_level(mean) * noise.rows / noise.gain
    level = np.maximum(mean, least)
    own = np.where(is_there, level - y * np.log(level), 0.0)
    return np.asarray(2 * noise.rows / noise.gain * own.sum(axis=1))


def _is_cut(fit: LawFit) -> NDArray[np.bool_]:
    """(K,) whether a rim is beyond the profile."""
    radius, centre = fit.fits.values[:, 3], fit.fits.values[:, 4]
    samples = fit.model.samples
    return np.asarray((centre - radius < 0) | (centre + radius > samples - 1))
