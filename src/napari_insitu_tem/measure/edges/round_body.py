"""Diameters of round wires and balls from profiles across their projection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.noise_model import NoiseModel
from napari_insitu_tem.measure.edges.result import (
    LOW_CONTRAST,
    OUT_OF_FRAME,
    UNRESOLVED,
    EdgeFits,
)
from napari_insitu_tem.measure.edges.round_law import (
    LawFit,
    as_depth,
    as_exponent,
    fit_law,
)
from napari_insitu_tem.measure.edges.round_model import EXPONENTIAL, LINEAR
from napari_insitu_tem.measure.edges.round_population import share_nuisances
from napari_insitu_tem.measure.edges.round_rims import weigh_rims
from napari_insitu_tem.measure.edges.round_starts import find_bodies

FloatArray = NDArray[np.float64]

#: A body of a lower signal to noise is taken for noise, of which the search has already
#: picked the largest.
_LEAST_SIGNAL = 5.5
#: A body narrower than this many blurs cannot be told from a line.
_RESOLVED = 4.0
#: Relative uncertainty of the diameter from which it is not known.
_VAGUE = 0.35
#: How much better (chi-squared) the unusual law of attenuation has to fit all profiles
#: together, and a body that is not wholly seen its own one.
_OTHER_LAW, _OUTSIDE = 4.0, 6.0
#: What one profile can say at most about the law.
_ONE_VOICE = 30.0


def fit_round_bodies(
    y: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
    model: str,
    attenuation: str | None = None,
) -> EdgeFits:
    """Fit the projection of a wire ("wire") or of a ball ("sphere") to each profile.

    Notes
    -----
    The model is that of `RoundModel`. All radii and centres on a coarse grid are tried
    with levels from linear least squares; from the best one on six values are fitted:
    background and its slope, attenuation, radius, centre, blur (which is known before
    to a factor of e). What ten bodies or more have in common of slope, attenuation and
    blur is learnt from them, and all are fitted again, see
    `round_population.share_nuisances`. Unless the law of attenuation is given, bodies
    darker than their background attenuate exponentially and brighter ones linearly, or
    by the other law where it fits all of them together clearly better.
    With a gain each sample is weighted by its expected noise. Radius and centre are
    posterior means, see `round_rims.weigh_rims`.

    A diameter is not given (NaN) where no body stands out, where one of its rims is
    beyond the profile, or where it is not resolved.
    """
    rows = float(noise.rows) if model == "sphere" else 0.0
    bodies = _fitted(y, is_there, noise, rows, attenuation)
    flag = _flags(bodies, is_there)
    lost = np.where(flag == "", 1.0, np.nan)
    return EdgeFits(
        position=bodies.centre * lost,
        u_position=bodies.u_centre * lost,
        levels=bodies.levels,
        blur=bodies.blur,
        flag=flag,
        u_levels=bodies.u_levels,
        slopes=np.repeat(bodies.slope[:, None], 2, axis=1),
        diameter=2 * bodies.radius * lost,
        u_diameter=2 * bodies.u_radius * lost,
        attenuation=bodies.law,
        rows=noise.rows,
        gain=noise.gain,
        model=model,
    )


@dataclass(frozen=True, eq=False)
class _Bodies:
    """N bodies: place, size, blur, levels (background, body), signal to noise."""

    centre: FloatArray
    u_centre: FloatArray
    radius: FloatArray
    u_radius: FloatArray
    blur: FloatArray
    slope: FloatArray
    levels: FloatArray
    u_levels: FloatArray
    signal: FloatArray
    law: NDArray[np.str_]


def _fitted(
    y: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
    rows: float,
    attenuation: str | None,
) -> _Bodies:
    """The best fit of each profile: from either start, by either law."""
    inside, anywhere, differs = find_bodies(y, is_there, rows)
    owner = np.concatenate([np.arange(len(y)), np.flatnonzero(differs)])
    start = np.concatenate([inside, anywhere[differs]])
    there, known = is_there[owner], noise.of(owner)
    exponential = fit_law(y[owner], there, known, rows, EXPONENTIAL, as_exponent(start))
    depth = as_depth(exponential.fits.values)
    linear = fit_law(y[owner], there, known, rows, LINEAR, depth)
    scores = [
        _score(f, there, noise, exponential.correlated) for f in (exponential, linear)
    ]
    if attenuation is None:
        scores[0][exponential.fits.values[:, 0] <= 0] = np.inf
        _prefer_law(scores, start[:, 2] < 0)
    else:
        scores[int(attenuation == EXPONENTIAL)][:] = np.inf
    order = np.lexsort([np.concatenate(scores), np.tile(owner, 2)])
    _, first = np.unique(np.tile(owner, 2)[order], return_index=True)
    pick = order[first]
    best = pick % owner.size
    bodies: list[tuple[NDArray[np.intp], _Bodies]] = []
    for fit, law, mine in (
        (exponential, EXPONENTIAL, pick < owner.size),
        (linear, LINEAR, pick >= owner.size),
    ):
        which = np.flatnonzero(mine)
        own = share_nuisances(
            fit.of(best[which]), y[which], is_there[which], noise.of(which), law
        )
        bodies.append((which, _described(own, y[which], law)))
    return _joined(bodies)


def _prefer_law(scores: list[FloatArray], is_dark: NDArray[np.bool_]) -> None:
    """Leave one law to all dark bodies, and one to all bright ones.

    One profile can hardly tell the laws apart, many of one movie can.
    """
    for group, usual in ((is_dark, 0), (~is_dark, 1)):
        other = 1 - usual
        better = np.clip(scores[usual] - scores[other], -_ONE_VOICE, _ONE_VOICE)[group]
        lost = other if better.sum() <= _OTHER_LAW else usual
        if not np.isinf(scores[1 - lost][group]).any():
            scores[lost][group] = np.inf


def _score(
    fit: LawFit, is_there: NDArray[np.bool_], noise: NoiseModel, correlated: float
) -> FloatArray:
    """(K,) chi-squared of a fit, more for a body that is not wholly seen."""
    samples = is_there.shape[1]
    score = fit.fits.cost
    if not noise.is_known:
        size = np.einsum("kn,kn->k", fit.weights, fit.fits.residuals**2)
        least = 1e-10 * fit.weights.max(axis=1) * fit.fits.values[:, 2] ** 2
        score = is_there.sum(axis=1) * np.log(size + least + 1e-300) / correlated
    radius, centre = fit.fits.values[:, 3], fit.fits.values[:, 4]
    out = (centre - radius < 0) | (centre + radius > samples - 1)
    return np.asarray(score + _OUTSIDE * out)


def _described(fit: LawFit, y: FloatArray, law: str) -> _Bodies:
    """What a fit says of its bodies."""
    base, slope, strength, _, centre, log_blur = fit.fits.values.T
    covariance = fit.covariance
    u = np.sqrt(np.maximum(np.einsum("nii->ni", covariance), 0.0))
    rims = weigh_rims(fit.model, y, fit.weights, fit.fits, fit.scatter, fit.limits)
    there = base + slope * (centre - 0.5 * (y.shape[1] - 1))
    depth, u_depth = strength, u[:, 2]
    if law == EXPONENTIAL:
        depth = base * np.expm1(-strength)
        u_depth = np.abs(base) * np.exp(-strength) * u_depth
    return _Bodies(
        centre=rims.centre,
        u_centre=rims.u_centre,
        radius=rims.radius,
        u_radius=rims.u_radius,
        blur=np.exp(log_blur),
        slope=slope,
        levels=np.stack([there, there + depth], axis=1),
        u_levels=np.stack([u[:, 0], np.hypot(u[:, 0], u_depth)], axis=1),
        signal=_signal(fit, y),
        law=np.full(len(y), law),
    )


def _signal(fit: LawFit, y: FloatArray) -> FloatArray:
    """(N,) root of what a body takes from the chi-squared of a straight line."""
    x = np.arange(y.shape[1]) - 0.5 * (y.shape[1] - 1)
    line = np.stack([np.ones_like(x), x / max(x.max(), 1.0)])
    weighted = fit.weights[:, None, :] * line
    normal = weighted @ line.T
    right = np.einsum("nkx,nx->nk", weighted, y)
    values = np.linalg.solve(normal + 1e-12 * np.eye(2), right[..., None])[..., 0]
    without = np.sum(fit.weights * (y - values @ line) ** 2, axis=1)
    with_it = np.sum(fit.weights * fit.fits.residuals**2, axis=1)
    return np.asarray(np.sqrt(np.maximum(without - with_it, 0.0) / fit.scatter))


def _joined(parts: list[tuple[NDArray[np.intp], _Bodies]]) -> _Bodies:
    """All bodies in the order of their profiles."""
    order = np.argsort(np.concatenate([which for which, _ in parts]))
    names = vars(parts[0][1])
    columns = {
        name: np.concatenate([getattr(bodies, name) for _, bodies in parts])[order]
        for name in names
    }
    return _Bodies(**columns)


def _flags(bodies: _Bodies, is_there: NDArray[np.bool_]) -> NDArray[np.str_]:
    """Why a body is not to be trusted."""
    samples = is_there.shape[1]
    first = is_there.argmax(axis=1)
    last = samples - 1 - is_there[:, ::-1].argmax(axis=1)
    radius, centre = bodies.radius, bodies.centre
    inside = (centre - radius > first) & (centre + radius < last)
    seen = bodies.signal > _LEAST_SIGNAL
    known = bodies.u_radius < _VAGUE * radius
    resolved = 2 * radius > _RESOLVED * bodies.blur
    return np.select(
        [~seen, ~inside, ~(known & resolved)],
        [LOW_CONTRAST, OUT_OF_FRAME, UNRESOLVED],
        default="",
    )
