"""Diameters of round wires and balls from profiles across their projection."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.least_squares import Fits, Limits, fit_profiles
from napari_insitu_tem.measure.edges.noise_model import NoiseModel, correlation_factor
from napari_insitu_tem.measure.edges.result import (
    LOW_CONTRAST,
    OUT_OF_FRAME,
    UNRESOLVED,
    EdgeFits,
)
from napari_insitu_tem.measure.edges.round_model import (
    EXPONENTIAL,
    LINEAR,
    RoundModel,
)
from napari_insitu_tem.measure.step_posterior import USUAL_FACTOR, USUAL_WIDTH

FloatArray = NDArray[np.float64]

#: A body fainter than this many of its own uncertainties is taken for noise, of which
#: the search has already picked the largest.
_LEAST_BODY = 5.0
#: A body narrower than this many blurs cannot be told from a line.
_RESOLVED = 2.0
#: Relative uncertainty of the diameter from which it is not known.
_VAGUE = 0.35
#: The other law of attenuation is taken where it fits better by more (chi-squared).
_OTHER_LAW = 4.0

#: Radii of the search, in samples, their ratio, and their part of the profile.
_LEAST_RADIUS, _RATIO, _LARGEST_PART = 2.0, 1.12, 0.7
#: Distance of the centres of the search as a part of the radius.
_APART = 0.125
#: Blur at the start, and bounds of it (the upper one as a part of the profile).
_BLUR, _LEAST_BLUR, _LARGEST_BLUR = 1.5, 0.25, 0.125
#: Bounds of the exponent at the centre of a body.
_EXPONENTS = (-3.0, 8.0)
#: Fits with renewed weights where the noise follows the level.
_ROUNDS = 2


def fit_round_bodies(
    y: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel, model: str
) -> EdgeFits:
    """Fit the projection of a wire ("wire") or of a ball ("sphere") to each profile.

    Notes
    -----
    The model is that of `RoundModel`. All radii and centres on a coarse grid are tried
    with levels from linear least squares; from the best one on six values are fitted:
    background and its slope, attenuation, radius, centre, blur. A body darker than its
    background attenuates exponentially and a brighter one linearly, unless the other
    law fits clearly better. With a gain each sample is weighted by its expected noise.

    A diameter is not given (NaN) where no body stands out, where one of its rims is
    beyond the profile, or where it is not resolved.
    """
    rows = float(noise.rows) if model == "sphere" else 0.0
    start = _starts(y, is_there, rows)
    exponential = _fit(y, is_there, noise, rows, EXPONENTIAL, _as_exponent(start))
    linear = _fit(y, is_there, noise, rows, LINEAR, _as_depth(exponential.fits.values))
    laws = {EXPONENTIAL: exponential, LINEAR: linear}
    is_first = _choose(laws, start, is_there, noise)
    first, second = (_described(laws[law]) for law in _LAWS)
    chosen = {
        name: np.where(is_first.reshape(-1, *[1] * (a.ndim - 1)), a, second[name])
        for name, a in first.items()
    }
    flag = _flags(chosen, is_there)
    lost = np.where(flag == "", 1.0, np.nan)
    return EdgeFits(
        position=chosen["position"] * lost,
        u_position=chosen["u_position"] * lost,
        levels=chosen["levels"],
        blur=chosen["blur"],
        flag=flag,
        u_levels=chosen["u_levels"],
        slopes=np.repeat(chosen["slope"][:, None], 2, axis=1),
        diameter=2 * chosen["radius"] * lost,
        u_diameter=2 * chosen["u_radius"] * lost,
        attenuation=np.where(is_first, EXPONENTIAL, LINEAR),
        rows=noise.rows,
        gain=noise.gain,
        model=model,
    )


_LAWS = (EXPONENTIAL, LINEAR)


@dataclass(frozen=True, eq=False)
class _Fit:
    """The fit of one law to all profiles."""

    law: str
    fits: Fits
    covariance: FloatArray
    middle: float


def _fit(
    y: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
    rows: float,
    law: str,
    start: FloatArray,
) -> _Fit:
    model = RoundModel(y.shape[1], rows, law)
    limits = _limits(y.shape[1])
    if law == EXPONENTIAL:
        limits.low[2], limits.high[2] = _EXPONENTS
        limits.leap[2] = 0.5
    values = start
    weights = is_there / _rough_variance(y, is_there, noise)[:, None]
    for _ in range(1 if noise.gain is None else _ROUNDS):
        if noise.gain is not None:
            level = model(np.clip(values, limits.low, limits.high))[0]
            weights = is_there / noise.at_level(level)
        fits = fit_profiles(model, y, weights, values, limits)
        values = fits.values
    covariance = fits.covariance() * _scatter(fits, is_there, noise)[:, None, None]
    return _Fit(law, fits, covariance, 0.5 * (y.shape[1] - 1))


def _as_exponent(values: FloatArray) -> FloatArray:
    """Values of the linear law as those of the exponential one."""
    result = values.copy()
    base = np.maximum(values[:, 0], 1e-3 * np.abs(values[:, 2]) + 1e-12)
    result[:, 0] = base
    result[:, 2] = -np.log(np.maximum(1 + values[:, 2] / base, 0.05))
    return result


def _as_depth(values: FloatArray) -> FloatArray:
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


def _limits(samples: int) -> Limits:
    """Bounds of background, slope, attenuation, radius, centre, log of the blur."""
    far = np.inf
    blur = np.log([_LEAST_BLUR, max(_LARGEST_BLUR * samples, _BLUR)])
    step = max(2.0, samples / 30)
    low = np.array([-far, -far, -far, 0.5, -0.5 * samples, blur[0]])
    high = np.array([far, far, far, 1.5 * samples, 1.5 * samples, blur[1]])
    leap = np.array([far, far, far, step, step, 0.7])
    done = np.array([far, far, far, 2e-3, 2e-3, far])
    usual = np.array([0, 0, 0, 0, 0, np.log(USUAL_WIDTH)])
    precision = np.array([0, 0, 0, 0, 0, 1 / USUAL_FACTOR**2])
    return Limits(low, high, leap, done, usual, precision)


def _scatter(fits: Fits, is_there: NDArray[np.bool_], noise: NoiseModel) -> FloatArray:
    """(N,) what the inverse information is multiplied with."""
    if noise.gain is not None:
        return np.ones(len(fits.cost))
    own = fits.cost / np.maximum(is_there.sum(axis=1) - 6, 1)
    if noise.least is not None:
        return np.asarray(np.maximum(own, 1.0))
    return np.asarray(own * correlation_factor(fits.residuals, is_there))


def _choose(
    laws: dict[str, _Fit],
    start: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
) -> NDArray[np.bool_]:
    """(N,) whether the attenuation is exponential."""
    first, second = (laws[law].fits for law in _LAWS)
    better = second.cost - first.cost  # of the exponential law
    if noise.gain is None:
        least = 1e-12 * (second.cost + first.cost) + 1e-300
        ratio = (second.cost + least) / (first.cost + least)
        count = is_there.sum(axis=1)
        better = count * np.log(ratio) / correlation_factor(first.residuals, is_there)
    is_dark = start[:, 2] < 0
    known = first.values[:, 0] > 0
    return np.asarray(
        known & np.where(is_dark, better > -_OTHER_LAW, better > _OTHER_LAW)
    )


def _described(fit: _Fit) -> dict[str, FloatArray]:
    """What a fit says of its bodies."""
    base, slope, strength, radius, centre, log_blur = fit.fits.values.T
    variance = np.maximum(np.einsum("nii->ni", fit.covariance), 0.0)
    u = np.sqrt(variance)
    there = base + slope * (centre - fit.middle)
    if fit.law == EXPONENTIAL:
        body = base * np.expm1(-strength)
        u_body = np.abs(base) * np.exp(-strength) * u[:, 2]
    else:
        body, u_body = strength, u[:, 2]
    return {
        "position": centre,
        "u_position": u[:, 4],
        "radius": radius,
        "u_radius": u[:, 3],
        "blur": np.exp(log_blur),
        "slope": slope,
        "levels": np.stack([there, there + body], axis=1),
        "u_levels": np.stack([u[:, 0], np.hypot(u[:, 0], u_body)], axis=1),
        "body": body,
        "u_body": u_body,
    }


def _flags(
    chosen: dict[str, FloatArray], is_there: NDArray[np.bool_]
) -> NDArray[np.str_]:
    """Why a body is not to be trusted."""
    samples = is_there.shape[1]
    first = is_there.argmax(axis=1)
    last = samples - 1 - is_there[:, ::-1].argmax(axis=1)
    radius, centre = chosen["radius"], chosen["position"]
    inside = (centre - radius > first) & (centre + radius < last)
    seen = np.abs(chosen["body"]) > _LEAST_BODY * chosen["u_body"]
    known = chosen["u_radius"] < _VAGUE * radius
    resolved = 2 * radius > _RESOLVED * chosen["blur"]
    return np.select(
        [~seen, ~inside, ~(known & resolved)],
        [LOW_CONTRAST, OUT_OF_FRAME, UNRESOLVED],
        default="",
    )


def _starts(y: FloatArray, is_there: NDArray[np.bool_], rows: float) -> FloatArray:
    """(N, 6) the best body of a coarse grid, in the values of the linear law."""
    samples = y.shape[1]
    shapes, radii, centres = _shapes(samples)
    x = np.arange(samples)
    filled = y.copy()
    for i in np.flatnonzero(~is_there.all(axis=1)):
        filled[i] = np.interp(x, x[is_there[i]], y[i, is_there[i]])
    line = _line(samples)
    levels = filled @ line.T
    rest = filled - levels @ line
    norm = np.sqrt(np.sum(shapes**2, axis=1))
    best = np.abs(rest @ (shapes / norm[:, None]).T).argmax(axis=1)
    strength = np.einsum("nk,nk->n", rest, shapes[best]) / norm[best] ** 2
    raw = RoundModel(samples, 0.0, LINEAR)(
        np.stack(
            [
                np.zeros(len(y)),
                np.zeros(len(y)),
                strength,
                radii[best],
                centres[best],
                np.full(len(y), np.log(_BLUR)),
            ],
            axis=1,
        )
    )[0]
    levels = (filled - raw) @ line.T
    base = levels[:, 0] / np.sqrt(samples)
    middle = x - 0.5 * (samples - 1)
    slope = levels[:, 1] / np.sqrt(np.sum(middle**2))
    radius = np.sqrt(radii[best] ** 2 + rows**2 / 12)
    blur = np.full(len(y), np.log(_BLUR))
    return np.stack([base, slope, strength, radius, centres[best], blur], axis=1)


def _line(samples: int) -> FloatArray:
    """(2, n) orthonormal level and slope."""
    x = np.arange(samples) - 0.5 * (samples - 1)
    level = np.full(samples, 1 / np.sqrt(samples))
    return np.stack([level, x / np.sqrt(np.sum(x**2))])


@lru_cache(maxsize=8)
def _shapes(samples: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(M, n) bodies less what a level and a slope do, their radii and centres."""
    largest = max(_LARGEST_PART * samples, 2 * _LEAST_RADIUS)
    count = int(np.log(largest / _LEAST_RADIUS) / np.log(_RATIO)) + 1
    pairs = []
    for radius in _LEAST_RADIUS * _RATIO ** np.arange(count):
        apart = max(0.5, _APART * radius)
        for centre in np.arange(-0.1 * samples, 1.1 * samples, apart):
            pairs.append((radius, centre))
    radii, centres = np.array(pairs).T
    zero, one = np.zeros_like(radii), np.ones_like(radii)
    values = [zero, zero, one, radii, centres, np.log(_BLUR) * one]
    shapes = np.concatenate(
        [
            RoundModel(samples, 0.0, LINEAR)(np.stack(values, axis=1)[i : i + 200])[0]
            for i in range(0, len(radii), 200)
        ]
    )
    line = _line(samples)
    shapes -= (shapes @ line.T) @ line
    seen = np.sum(shapes**2, axis=1) > 1e-3
    return shapes[seen], radii[seen], centres[seen]
