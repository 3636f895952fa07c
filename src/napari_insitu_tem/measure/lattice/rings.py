"""Rings of a diffraction frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.lattice.centre import distances

FloatArray = NDArray[np.float64]

#: Widths (1 s.d.) in px in which rings are searched, and how much wider the surrounding
#: is against which they show.
_WIDTHS, _WIDER = (1.5, 3.0, 6.0), 3.0
#: A ring's height in its standard deviations: in the profile, and in the fit.
_LEAST, _SEEN = 6.0, 6.0
#: Fewest pixels of a circle, and variance of one with less over the largest other.
_FILLED, _NOTHING = 3, 100.0
#: Radius in px, and part of the longer side, within which all is the direct beam.
_BEAM, _BEAM_PART = 6.0, 0.04
#: Rings nearer than this many widths are one; most pixels that are fitted.
_APART, _MOST_PIXELS = 2.0, 60_000
#: Most iterations of a fit, and the unit in px in which its background is a cubic.
_ITERATIONS, _UNIT = 25, 10.0


@dataclass(frozen=True, eq=False)
class Ring:
    """A ring: radius, (2,) centre (y, x), their uncertainties, counts in it."""

    radius: float
    u_radius: float
    centre: FloatArray
    u_centre: FloatArray
    flux: float


def fit_rings(values: FloatArray, centre: FloatArray, gain: float | None) -> list[Ring]:
    """Fit all rings that stand out of the mean over the angle."""
    rings: list[Ring] = []
    for radius, width in _candidates(values, centre):
        ring = _fit(values, centre, radius, width, gain)
        if ring is not None and all(
            abs(ring.radius - other.radius) > _APART * width for other in rings
        ):
            rings.append(ring)
    return rings


def _candidates(values: FloatArray, centre: FloatArray) -> list[tuple[float, float]]:
    """Radius and width of bumps of the radial profile, the clearest first."""
    from scipy.ndimage import gaussian_filter1d

    profile, variance = _profile(values, centre)
    if not profile.size:
        return []
    first = int(max(_BEAM, _BEAM_PART * max(values.shape)))
    found = []
    for width in _WIDTHS:
        half = min(int(4 * _WIDER * width), profile.size - 1)
        kernel = np.zeros(2 * half + 1)
        kernel[kernel.size // 2] = 1.0
        kernel = gaussian_filter1d(kernel, width) - gaussian_filter1d(
            kernel, _WIDER * width
        )
        longer, doubt = (
            np.pad(part, half, mode="edge") for part in (profile, variance)
        )
        bump = np.convolve(longer, kernel, mode="valid")
        noise = np.sqrt(np.convolve(doubt, kernel**2, mode="valid"))
        height = bump / np.maximum(noise, 1e-300)
        inner = np.arange(1, len(bump) - 1)
        is_top = (bump[inner] > bump[inner - 1]) & (bump[inner] >= bump[inner + 1])
        inside = (inner > first + width) & (inner < len(bump) - 2 * width)
        for at in inner[is_top & inside & (height[inner] > _LEAST)]:
            found.append((float(height[at]), float(at), width))
    found.sort(reverse=True)
    return [(radius, width) for _, radius, width in found[:24]]


def _profile(values: FloatArray, centre: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean over the angle for whole radii, and its variance, out to the last circle."""
    known = np.isfinite(values)
    bin_ = np.rint(distances(values.shape, centre)).astype(np.intp)[known]
    counts = values[known]
    number = np.bincount(bin_)
    reach = int(min(max(np.array(values.shape) - 1 - centre), max(centre)))
    filled = np.flatnonzero(number[: max(reach, 1) + 1] >= _FILLED)
    if not filled.size:
        return np.zeros(0), np.zeros(0)
    safe = np.maximum(number, 1)
    mean = np.bincount(bin_, counts) / safe
    spread = np.bincount(bin_, (counts - mean[bin_]) ** 2) / np.maximum(number - 1, 1)
    # Circles behind a beam stop are bridged, and tell nothing.
    every = np.arange(filled[-1] + 1)
    variance = np.full(every.size, _NOTHING * float(np.max((spread / safe)[filled])))
    variance[filled] = (spread / safe)[filled]
    return np.interp(every, filled, mean[filled]), variance


def _fit(
    values: FloatArray,
    centre: FloatArray,
    radius: float,
    width: float,
    gain: float | None,
) -> Ring | None:
    """Gauss-Newton of a Gaussian across the ring on a cubic, centre free.

    Unknowns: centre y, x, radius, log of the width, height, four of the background.
    """
    away = distances(values.shape, centre)
    chosen = (np.abs(away - radius) < 5 * width + 2) & np.isfinite(values)
    places, counts = np.argwhere(chosen), values[chosen]
    if len(counts) < 40:
        return None
    skip = max(1, len(counts) // _MOST_PIXELS)
    places, counts = places[::skip], counts[::skip]
    mean = float(np.mean(counts))
    v = np.array([*centre, radius, np.log(width), 0.0, mean, 0.0, 0.0, 0.0])
    state: tuple[FloatArray, FloatArray] | None = None
    for turn in range(_ITERATIONS):
        model, slopes = _ring(v, places, radius)
        variance = np.ones_like(counts)
        if gain is not None and turn > 0:
            variance = gain * np.maximum(model, 0.05 * mean + 1e-12)
        used = slopes[:, 4:] if turn == 0 else slopes
        information = (used / variance[:, None]).T @ used
        step = np.linalg.pinv(information, rcond=1e-12, hermitian=True) @ (
            (used / variance[:, None]).T @ (counts - model)
        )
        if turn == 0:
            v[4:] += step
            continue
        step[:3] = np.clip(step[:3], -0.5 * width, 0.5 * width)
        step[3] = np.clip(step[3], -0.3, 0.3)
        v += step
        chi2 = float(np.mean((counts - model) ** 2 / variance))
        state = information, np.array(chi2 * skip)
        if np.abs(step[:3]).max() < 1e-5:
            break
    return _checked(v, state, radius, width)


def _checked(
    v: FloatArray,
    state: tuple[FloatArray, FloatArray] | None,
    radius: float,
    width: float,
) -> Ring | None:
    """The ring of a fit, None where it is none."""
    if state is None or not np.all(np.isfinite(v)):
        return None
    covariance = np.linalg.pinv(state[0], rcond=1e-14, hermitian=True) * float(state[1])
    u = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    fitted = float(np.exp(v[3]))
    stayed = abs(v[2] - radius) < 2 * width + 1 and 0.3 < fitted < 4 * width
    if not (stayed and v[4] > _SEEN * u[4] and u[2] < fitted):
        return None
    flux = float(np.sqrt(2 * np.pi) * fitted * v[4] * 2 * np.pi * v[2])
    return Ring(float(v[2]), float(u[2]), v[:2].copy(), u[:2].copy(), flux)


def _ring(
    v: FloatArray, places: NDArray[np.intp], around: float
) -> tuple[FloatArray, FloatArray]:
    """Brightness of a ring, and its derivatives by the unknowns."""
    dy, dx = places[:, 0] - v[0], places[:, 1] - v[1]
    r = np.maximum(np.hypot(dy, dx), 1e-9)
    width = np.exp(v[3])
    z = (r - v[2]) / width
    bell = np.exp(-0.5 * z * z)
    across = v[4] * bell * z / width
    s = (r - around) / _UNIT
    slopes = np.stack(
        [
            across * dy / r,
            across * dx / r,
            across,
            across * z * width,
            bell,
            np.ones_like(s),
            s,
            s * s,
            s**3,
        ],
        axis=1,
    )
    return v[4] * bell + v[5] + s * (v[6] + s * (v[7] + s * v[8])), slopes
