"""What varies slowly across a window, and its missing pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def slow_part(values: FloatArray, cut: float) -> FloatArray:
    """Projection on the cosines of less than `cut` cycles a pixel.

    The cosines of the discrete cosine transform (type II) have no jump at the border,
    so that a gradient across the window needs few of them and does not leak into the
    fringes.
    """
    rows, columns = (_cosines(n, cut) for n in values.shape)
    waves = rows @ values @ columns.T
    y, x = (
        np.arange(len(waves)) / (2.0 * n)
        for waves, n in zip((rows, columns), values.shape, strict=True)
    )
    waves[np.hypot(y[:, None], x) >= cut] = 0.0
    return np.asarray(rows.T @ waves @ columns)


def _cosines(length: int, cut: float) -> FloatArray:
    """(k, length) orthonormal cosines of less than `cut` cycles a pixel."""
    count = max(1, min(length, int(np.ceil(2 * length * cut))))
    k, at = np.arange(count)[:, None], np.arange(length) + 0.5
    waves = np.sqrt(2.0 / length) * np.cos(np.pi * k * at / length)
    waves[0] = np.sqrt(1.0 / length)
    return np.asarray(waves)


def filled(values: FloatArray, known: NDArray[np.bool_]) -> FloatArray:
    """Missing pixels replaced by the local mean of those that are there."""
    from scipy.ndimage import gaussian_filter

    if known.all():
        return values
    width = max(values.shape) / 16
    weight = gaussian_filter(known.astype(np.float64), width)
    mean = values[known].mean()
    around = gaussian_filter(np.where(known, values - mean, 0.0), width)
    away = np.divide(around, weight, out=np.zeros_like(around), where=weight > 1e-3)
    return np.asarray(np.where(known, values, mean + away))
