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
    from scipy.fft import dctn, idctn

    waves = np.asarray(dctn(values, norm="ortho"))
    y, x = (np.arange(n) / (2.0 * n) for n in values.shape)
    waves[np.hypot(y[:, None], x) >= cut] = 0.0
    return np.asarray(idctn(waves, norm="ortho"))


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
