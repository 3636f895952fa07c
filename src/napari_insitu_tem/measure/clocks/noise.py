"""Noise that is white, red, or both, and what it makes of a fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Lowest frequencies, which a fitted baseline takes away, are left out.
_FIRST = 3
#: Bands of the spectrum in a decade.
_BANDS = 50
#: Strengths of the red noise against the white, and its corner frequencies, that are
#: tried (a frequency of one is that of Nyquist).
_RED = np.concatenate([[0.0], np.logspace(-1, 7, 49)])
_CORNERS = np.logspace(-3.5, -0.3, 17)


def noise_spectrum(residuals: FloatArray) -> FloatArray:
    """(2 n - 1 // 2 + 1,) power of the noise at the frequencies of `mirrored`.

    Notes
    -----
    White noise on top of a first-order autoregression,
    ``w + r / (1 + (f / f0)^2)``, by Whittle's likelihood of the periodogram [1]_.

    .. [1] P. Whittle, J. R. Stat. Soc. B 15 (1953) 125.
    """
    transformed = np.fft.rfft(mirrored(residuals))
    power = np.abs(transformed) ** 2 / (2 * len(residuals))
    f = np.arange(len(power)) / len(power)
    first = min(2 * _FIRST, len(power) // 4)
    seen, at, count = _in_bands(power[first:], f[first:])
    # All shapes of a grid at once, each with the level that fits it best.
    red = _RED[:, None, None] / (1 + (at / _CORNERS[:, None]) ** 2)
    shape = 1 + red
    level = (count * seen / shape).sum(axis=-1) / count.sum()
    cost = (count * np.log(shape)).sum(axis=-1) + count.sum() * np.log(level)
    i, j = np.unravel_index(int(cost.argmin()), cost.shape)
    fitted = level[i, j] * (1 + _RED[i] / (1 + (f / _CORNERS[j]) ** 2))
    return np.asarray(fitted, np.float64)


def _in_bands(
    power: FloatArray, f: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Mean power, mean frequency and count of bands a fiftieth of a decade wide."""
    band = np.floor(_BANDS * np.log10(f / f[0])).astype(np.int64)
    band = np.unique(band, return_inverse=True)[1]
    count = np.bincount(band).astype(np.float64)
    mean = np.bincount(band, power) / count
    return np.maximum(mean, 1e-300), np.bincount(band, f) / count, count


def mirrored(values: FloatArray) -> FloatArray:
    """Values followed by themselves backwards, along the first axis."""
    return np.concatenate([values, values[::-1]])


def whitened(values: FloatArray, spectrum: FloatArray) -> FloatArray:
    """Values filtered so that noise of a spectrum becomes white, of variance one."""
    from scipy.fft import irfft, rfft

    transformed = rfft(mirrored(values), axis=0)
    root = np.sqrt(spectrum).reshape(-1, *[1] * (values.ndim - 1))
    filtered = irfft(transformed / root, n=2 * len(values), axis=0)
    return np.asarray(filtered[: len(values)])
