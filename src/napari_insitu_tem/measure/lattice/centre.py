"""The middle of a diffraction pattern, and distances from it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Smoothing that keeps spots, and that takes the diffuse background away, as a part of
#: the longer side.
_FINE, _COARSE = 1.0, 0.06


def centre_of(values: FloatArray) -> FloatArray:
    """(2,) place (y, x) about which a pattern is the same when turned by 180 degrees.

    The pattern's root, without its diffuse background, convolved with itself is largest
    at twice the centre; a beam stop or a missing corner does little to it.
    """
    from scipy.fft import irfft2, next_fast_len, rfft2
    from scipy.ndimage import gaussian_filter

    known = np.isfinite(values)
    floor = np.quantile(values[known], 0.01)
    root = np.sqrt(np.clip(np.where(known, values, floor) - floor, 0.0, None))
    there = known.astype(np.float64)
    fine, coarse = (
        gaussian_filter(root * there, width)
        / np.maximum(gaussian_filter(there, width), 1e-3)
        for width in (_FINE, _COARSE * max(values.shape))
    )
    fine -= coarse
    fine[~known] = 0.0
    size = [next_fast_len(2 * n, real=True) for n in values.shape]
    spectrum = rfft2(fine, s=size)
    both = irfft2(spectrum * spectrum, s=size)
    row, column = np.unravel_index(int(np.argmax(both)), both.shape)
    near = np.arange(-1, 2)
    dy = _vertex(*both[(row + near) % both.shape[0], column])
    dx = _vertex(*both[row, (column + near) % both.shape[1]])
    return np.array([row + dy, column + dx], dtype=np.float64) / 2


def distances(shape: tuple[int, ...], centre: FloatArray) -> FloatArray:
    """(y, x) distance of each pixel from a place."""
    y, x = (np.arange(n) - c for n, c in zip(shape, centre, strict=True))
    return np.asarray(np.hypot(y[:, None], x))


def _vertex(low: float, top: float, high: float) -> float:
    """Place of a parabola's vertex through three values at -1, 0, 1."""
    bend = low - 2 * top + high
    return float(0.5 * (low - high) / bend) if bend < 0 else 0.0
