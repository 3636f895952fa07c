"""How sure the parameters of a fitted law are, and which of them the frames tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.laws.base import RateLaw
from napari_insitu_tem.measure.laws.likelihood import FrameLikelihood
from napari_insitu_tem.measure.laws.scoring import Fitted, derivatives, information
from napari_insitu_tem.measure.laws.search import Maxima

FloatArray = NDArray[np.float64]
Booleans = NDArray[np.bool_]

#: A logarithm less certain than this says nothing but its order of magnitude.
_VAGUE = 2.5
#: The same where neither the start nor the onset is given: the maximum is then so far
#: from a normal distribution that its width is of little use.
_VAGUE_IF_FREE = 0.5
#: Change of a parameter, as a part of it, from which such a value leaves it unknown.
_SHARE = 0.1
#: Least eigenvalue of the information in units of the values' own.
_SINGULAR = 1e-10
#: Lags over which neighbouring frames are found to stray together.
_LAGS = 10


@dataclass(frozen=True, eq=False)
class Estimates:
    """Parameters of a law.

    Attributes
    ----------
    values, uncertainties
        Name -> value and standard uncertainty; NaN where the frames cannot tell.
    covariance
        Of the parameters in their order.
    is_known
        Whether all of them are told.
    """

    values: dict[str, float]
    uncertainties: dict[str, float]
    covariance: FloatArray
    is_known: bool


def estimates(frames: FrameLikelihood, law: RateLaw, found: Maxima) -> Estimates:
    """Parameters with the width of their maximum, and of others as likely.

    The inverse of the information gives the covariance of the fitted values and the
    derivatives that of the parameters. Where several maxima are likely, the scatter
    among them is added by their weight.
    """
    parts = [found.highest, *found.others]
    weights = np.exp([fit.likelihood - found.highest.likelihood for fit in parts])
    weights /= weights.sum()
    best = _reported(law, found.highest.values)
    whole = np.zeros((best.size, best.size))
    unknown = np.zeros(best.size, dtype=bool)
    for fit, weight in zip(parts, weights, strict=True):
        covariance, is_vague = _covariance(frames, law, fit, found.roughness)
        whole += weight * covariance
        apart = _reported(law, fit.values) - best
        whole += weight * np.outer(apart, apart)
        if fit is found.highest:
            unknown = is_vague
    u = np.sqrt(np.einsum("ii->i", whole).clip(0.0))
    names = list(law.parameters(found.highest.values))
    values = np.where(unknown, np.nan, best)
    u = np.where(unknown, np.nan, u)
    return Estimates(
        dict(zip(names, values.tolist(), strict=True)),
        dict(zip(names, u.tolist(), strict=True)),
        whole,
        not unknown.any(),
    )


def _reported(law: RateLaw, values: FloatArray) -> FloatArray:
    return np.array(list(law.parameters(values).values()))


def _covariance(
    frames: FrameLikelihood, law: RateLaw, fit: Fitted, roughness: float
) -> tuple[FloatArray, Booleans]:
    """Covariance of the parameters, and which of them are not told."""
    inverse, is_vague = _inverse(frames, law, fit, roughness)
    jacobian = derivatives(lambda v: _reported(law, v), fit.values)
    size = _SHARE * np.abs(_reported(law, fit.values))
    unknown = np.any(np.abs(jacobian) > size[:, None], axis=1, where=is_vague)
    covariance = jacobian @ inverse @ jacobian.T
    return covariance * _together(frames, fit, roughness), unknown


def _inverse(
    frames: FrameLikelihood, law: RateLaw, fit: Fitted, roughness: float
) -> tuple[FloatArray, Booleans]:
    """(K, K) inverse of the information, 0 where there is none; which are vague."""
    low, high = law.bounds()
    edge = 1e-6 * np.where(np.isfinite(high - low), high - low, 0.0)
    vague = (fit.values <= low + edge) | (fit.values >= high - edge)
    matrix = information(
        frames,
        lambda values: law.positions(values, frames.times),
        roughness,
        fit,
        (low, high),
    )
    vague |= np.einsum("ii->i", matrix) <= 0
    told = np.flatnonzero(~vague)
    size = np.sqrt(np.einsum("ii->i", matrix)[told])
    scaled = matrix[np.ix_(told, told)] / np.outer(size, size)
    strength, axes = np.linalg.eigh(scaled)
    result = np.zeros_like(matrix)
    part = (axes / strength.clip(_SINGULAR)) @ axes.T / np.outer(size, size)
    result[np.ix_(told, told)] = part
    spread = np.sqrt(np.einsum("ii->i", result))
    most = _VAGUE_IF_FREE if len(law.frees) > 1 else _VAGUE
    return result, vague | (law.is_log & (spread > most))


def _together(frames: FrameLikelihood, fit: Fitted, roughness: float) -> float:
    """Factor of the variance, for few frames and for frames that stray together."""
    number, count = frames.times.size, fit.values.size
    own = roughness**2 / (roughness**2 + frames.noise**2 + 1e-300)
    factor = 1.0 + own * count / max(number - count, 1)
    score = fit.heights.slope
    power = float(score @ score)
    if power <= 0 or number < 3 * _LAGS:
        return factor
    total = 0.0
    for lag in range(1, _LAGS + 1):
        share = float(score[lag:] @ score[:-lag]) / power
        if share < 2.0 / np.sqrt(number):
            break
        total += share
    return factor * (1.0 + 2.0 * total)
