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
from napari_insitu_tem.measure.edges.round_choice import choose_law, darker, fit_laws
from napari_insitu_tem.measure.edges.round_law import LawFit
from napari_insitu_tem.measure.edges.round_model import EXPONENTIAL
from napari_insitu_tem.measure.edges.round_rims import Rims

FloatArray = NDArray[np.float64]

#: A body of a lower signal to noise is taken for noise, of which the search has already
#: picked the largest.
_LEAST_SIGNAL = 5.5
#: A body narrower than this many blurs cannot be told from a line.
_RESOLVED = 4.0
#: Relative uncertainty of the diameter from which it is not known.
_VAGUE = 0.35


def fit_round_bodies(
    y: FloatArray,
    is_there: NDArray[np.bool_],
    noise: NoiseModel,
    model: str,
    attenuation: str | None = None,
    span: float = 0.0,
) -> EdgeFits:
    """Fit the projection of a wire ("wire") or of a ball ("sphere") to each profile.

    Notes
    -----
    The model is that of `RoundModel`. All radii and centres on a coarse grid are tried
    with levels from linear least squares; from the best one on six values are fitted:
    background and its slope, attenuation, radius, centre, blur (which is known before
    to a factor of e). What ten bodies or more have in common of background, slope,
    attenuation and blur is learnt from them, and all are fitted again, see
    `round_population.share_nuisances`. Unless the law of attenuation is given, bodies
    darker than their background attenuate exponentially and brighter ones linearly, or
    by the other law where it fits all of them together clearly better, see
    `round_choice.choose_law`.
    With a gain each sample is weighted by its expected noise. Radius and centre are
    posterior means, see `round_rims.weigh_rims`.

    A diameter is not given (NaN) where no body stands out, where one of its rims is
    beyond the profile, or where it is not resolved.
    """
    bodies = _fitted(y, is_there, noise, float(span), attenuation)
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
    """The best fit of each profile, of dark and of bright ones by one law each."""
    fits = fit_laws(y, is_there, noise, rows, attenuation)
    bodies: list[tuple[NDArray[np.intp], _Bodies]] = []
    is_dark = darker(next(iter(fits.values())))
    for which in (np.flatnonzero(is_dark), np.flatnonzero(~is_dark)):
        if which.size:
            some = y[which], is_there[which], noise.of(which)
            own = {law: fit.of(which) for law, fit in fits.items()}
            for chosen in choose_law(own, *some, is_dark=bool(is_dark[which[0]])):
                mine = which[chosen.which]
                bodies.append((mine, _described(chosen.fit, chosen.rims, y[mine])))
    return _joined(bodies)


def _described(fit: LawFit, rims: Rims, y: FloatArray) -> _Bodies:
    """What a fit says of its bodies."""
    base, slope, strength, _, centre, log_blur = fit.fits.values.T
    covariance = fit.covariance
    u = np.sqrt(np.maximum(np.einsum("nii->ni", covariance), 0.0))
    there = base + slope * (centre - 0.5 * (y.shape[1] - 1))
    depth, u_depth = strength, u[:, 2]
    law = fit.model.attenuation
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
