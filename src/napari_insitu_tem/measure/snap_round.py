"""A line across a round wire: its ends on the rims, which a step fit does not find."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges import EdgeFits, locate_edges
from napari_insitu_tem.measure.edges.least_squares import Limits, fit_profiles
from napari_insitu_tem.measure.edges.round_model import EXPONENTIAL, RoundModel
from napari_insitu_tem.measure.step_posterior import width_prior
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: Up to which chi-squared a sample a round body describes a profile at all.
_DESCRIBES = 2.0
#: Most that one profile can say for or against a round body, as a logarithm of odds.
_ONE_VOICE = 6.0


@dataclass(frozen=True, eq=False)
class RoundLine:
    """The rims of a wire.

    Attributes
    ----------
    rims
        (2,) samples from the first of the profile.
    u_rim
        Standard uncertainty of either.
    roundness
        Logarithm of the odds, from this profile alone, that it is a wire and no ribbon.
    """

    rims: FloatArray
    u_rim: float
    roundness: float


def rims_of_wire(profile: FloatArray, noise: float) -> RoundLine | None:
    """Find the rims of a round wire, and how likely it is one and no flat ribbon.

    Parameters
    ----------
    profile
        (n,) brightness across the wire, NaN where there is none.
    noise
        Standard deviation of a sample.

    Returns
    -------
    None where nothing like a wire is there.

    Notes
    -----
    A ribbon of a large blur looks much like a wire. Both models have six values (the
    ribbon is two steps with a level between them); the difference of their chi-squared
    is taken, to which the blur of each adds as it is unusual
    (`step_posterior.width_prior`).
    """
    try:
        fit = locate_edges(profile, model="wire", least_noise=noise)
    except MeasurementError:
        return None
    if fit.flag[0]:
        return None
    known = np.isfinite(profile)
    y = np.where(known, profile, 0.0)
    wire = float(np.sum((y - _wire(fit, profile.size))[known] ** 2))
    flat, blur = _ribbon(y, known, fit)
    freedom = max(int(known.sum()) - 6, 1)
    if wire > _DESCRIBES * freedom * max(noise**2, flat / freedom):
        return None
    variance = max(min(wire, flat) / freedom, 1e-300)
    usual = width_prior(np.log([max(blur, 0.3), max(float(fit.blur[0]), 0.3)]))
    better = 0.5 * ((flat - wire) / variance + usual[0] - usual[1])
    half = 0.5 * float(fit.diameter[0])
    rims = float(fit.position[0]) + half * np.array([-1.0, 1.0])
    u_rim = np.hypot(float(fit.u_position[0]), 0.5 * float(fit.u_diameter[0]))
    roundness = float(np.clip(better, -_ONE_VOICE, _ONE_VOICE))
    return RoundLine(rims, float(u_rim), roundness)


def _wire(fit: EdgeFits, samples: int) -> FloatArray:
    """(n,) brightness of the fitted wire."""
    (background, body), slope = fit.levels[0], fit.slopes[0, 0]
    centre, law = fit.position[0], str(fit.attenuation[0])
    base = background - slope * (centre - 0.5 * (samples - 1))
    depth = body - background
    strength = -np.log1p(depth / base) if law == EXPONENTIAL else depth
    values = [base, slope, strength, fit.diameter[0] / 2, centre, np.log(fit.blur[0])]
    brightness = RoundModel(samples, 0.0, law).brightness(np.array([values]))
    return np.asarray(brightness[0])


def _ribbon(
    y: FloatArray, known: NDArray[np.bool_], fit: EdgeFits
) -> tuple[float, float]:
    """What a flat ribbon (two steps of one blur, on a slope) leaves, and its blur."""
    from scipy.special import ndtr

    x = np.arange(y.size, dtype=np.float64)
    middle = x - 0.5 * (y.size - 1)

    def ribbon(values: FloatArray) -> tuple[FloatArray, FloatArray]:
        base, slope, depth, left, right, log_blur = (
            values[:, i, None] for i in range(6)
        )
        blur = np.exp(log_blur)
        z, w = (x - left) / blur, (x - right) / blur
        inside = ndtr(z) - ndtr(w)
        rise, fall = (np.exp(-0.5 * v * v) / np.sqrt(2 * np.pi) for v in (z, w))
        columns = [
            np.ones_like(inside),
            np.broadcast_to(middle, inside.shape),
            inside,
            -depth * rise / blur,
            depth * fall / blur,
            -depth * (rise * z - fall * w),
        ]
        return base + slope * middle + depth * inside, np.stack(columns, axis=1)

    (background, body), half = fit.levels[0], 0.46 * fit.diameter[0]
    centre, far = fit.position[0], np.inf
    start = [background, fit.slopes[0, 0], body - background]
    start += [centre - half, centre + half, np.log(2.0)]
    size = float(y.size)
    limits = Limits(
        low=np.array([-far, -far, -far, -size, -size, np.log(0.3)]),
        high=np.array([far, far, far, 2 * size, 2 * size, np.log(size / 8 + 1)]),
        leap=np.array([far, far, far, 2.0, 2.0, 0.5]),
        done=np.array([far, far, far, 1e-2, 1e-2, far]),
    )
    weights = known.astype(np.float64)[None]
    fits = fit_profiles(ribbon, y[None], weights, np.array([start]), limits)
    return float(fits.cost[0]), float(np.exp(fits.values[0, 5]))
