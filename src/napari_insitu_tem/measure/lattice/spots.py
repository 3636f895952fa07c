"""Spots of a diffraction frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.lattice.centre import distances

FloatArray = NDArray[np.float64]

#: Smoothing in px in which spots show, and that of what is around them.
_FINE, _COARSE = 1.5, 6.0
#: Spots stand out from their circle by this many of its standard deviations (robust).
_LEAST = 8.0
#: Radius in px, and part of the longer side, within which all is the direct beam.
_BEAM, _BEAM_PART = 6.0, 0.04
#: Most spots, half side of the fitted window in px, and largest width (1 s.d.).
_MOST, _HALF, _WIDEST = 60, 7, 4.5
#: A spot's flux in its own uncertainties.
_SEEN = 6.0


@dataclass(frozen=True, eq=False)
class Spot:
    """A spot: (2,) place (y, x), its uncertainty along an axis, and counts in it."""

    place: FloatArray
    u_place: float
    flux: float


def fit_spots(values: FloatArray, centre: FloatArray, gain: float | None) -> list[Spot]:
    """Fit all spots that stand out from the circle on which they lie."""
    fits = (_fit(values, at, gain) for at in _candidates(values, centre))
    return [spot for spot in fits if spot is not None]


def _candidates(values: FloatArray, centre: FloatArray) -> NDArray[np.intp]:
    """(n, 2) pixels of spots, the brightest first."""
    from scipy.ndimage import gaussian_filter, maximum_filter

    known = np.isfinite(values)
    filled = np.where(known, values, np.median(values[known]))
    sharp = gaussian_filter(filled, _FINE) - gaussian_filter(filled, _COARSE)
    away = distances(values.shape, centre)
    circle = away.astype(np.intp).ravel()
    order = np.argsort(circle, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(circle[order])) + 1)
    height = np.zeros(values.size)
    flat = sharp.ravel()
    for part in parts:
        middle = np.median(flat[part])
        spread = 1.4826 * np.median(np.abs(flat[part] - middle))
        height[part] = (flat[part] - middle) / max(spread, 1e-12 * abs(middle) + 1e-300)
    score = height.reshape(values.shape)
    is_top = (sharp >= maximum_filter(sharp, 2 * _HALF - 3)) & (score > _LEAST)
    is_top &= away > max(_BEAM, _BEAM_PART * max(values.shape))
    for axis in (0, 1):
        inside = np.arange(values.shape[axis])
        clear = (inside >= _HALF) & (inside < values.shape[axis] - _HALF)
        is_top &= clear[:, None] if axis == 0 else clear
    places = np.argwhere(is_top)
    return np.asarray(places[np.argsort(-sharp[is_top])[:_MOST]])


def _fit(values: FloatArray, at: NDArray[np.intp], gain: float | None) -> Spot | None:
    """Least squares of a round Gaussian on a plane."""
    from scipy.optimize import least_squares

    box = tuple(slice(int(k) - _HALF, int(k) + _HALF + 1) for k in at)
    part = values[box]
    known = np.isfinite(part)
    if known.mean() < 0.9:
        return None
    y, x = np.mgrid[-_HALF : _HALF + 1, -_HALF : _HALF + 1][:, known]
    counts = part[known]
    floor = float(np.median(counts))
    noise = np.sqrt(np.maximum(counts * (gain or 1.0), max(abs(floor), 1e-6)))
    if gain is None:
        noise = np.ones_like(counts)

    def residuals(v: FloatArray) -> FloatArray:
        bell = np.exp(-0.5 * ((y - v[1]) ** 2 + (x - v[2]) ** 2) / v[3] ** 2)
        return np.asarray((v[0] * bell + v[4] + v[5] * y + v[6] * x - counts) / noise)

    start = np.array([float(counts.max()) - floor, 0, 0, 1.5, floor, 0, 0])
    scale = [max(abs(start[0]), 1e-9), 1, 1, 1, max(abs(start[0]), 1e-9)]
    fit = least_squares(residuals, start, x_scale=[*scale, scale[0] / 5, scale[0] / 5])
    u = _uncertainties(np.asarray(fit.jac), np.asarray(fit.fun), gain is not None)
    width = abs(fit.x[3])
    good = fit.x[0] > _SEEN * u[0] and np.abs(fit.x[1:3]).max() < _HALF / 2
    if not (good and 0.3 < width < _WIDEST):
        return None
    flux = float(2 * np.pi * fit.x[0] * width**2)
    return Spot(at + fit.x[1:3], float(np.sqrt(np.mean(u[1:3] ** 2))), flux)


def _uncertainties(jac: FloatArray, left: FloatArray, weighted: bool) -> FloatArray:
    """Of the unknowns; without weights each residual tells of its pixel's noise."""
    inverse = np.linalg.pinv(jac.T @ jac, hermitian=True)
    free = left.size - jac.shape[1]
    if weighted:
        covariance = inverse * max(float(left @ left) / free, 1e-12)
    else:
        score = jac * left[:, None]
        covariance = inverse @ (score.T @ score) @ inverse * left.size / free
    return np.asarray(np.sqrt(np.maximum(np.diag(covariance), 0.0)))
