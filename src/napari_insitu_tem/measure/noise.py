"""The noise of a frame, from the frame itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Distance in px beyond which the noise of two pixels is taken as independent.
_FAR = 6
#: Smoothing in px after which edges show, and the part of the image that is flattest.
_SMOOTH, _FLAT_PART = 3.0, 0.5
#: Correlations below this are what chance gives.
_LEAST_CORRELATION = 0.02
#: Pixels below which nothing can be said.
_LEAST_PIXELS = 200


def averaging_noise(image: NDArray[Any]) -> float:
    """Standard deviation of the noise as a mean over many pixels sees it.

    Divided by the square root of their number it is that of the mean of neighbouring
    pixels. It exceeds the standard deviation of single pixels where a camera spreads
    each electron over several of them.

    Parameters
    ----------
    image
        (y, x) image; NaN takes no part.

    Returns
    -------
    0 where the image is too small to tell.

    Notes
    -----
    From the differences of pixels a distance k apart along rows and columns, within the
    flatter half of the image (by its smoothed gradient, so that edges take no part):
    half their variance is ``v (1 - rho_k)``. With ``v`` from k = 6 the correlation
    follows for shorter distances, and the variance of a mean is
    ``v / n (1 + 2 sum rho_k)**2`` where rows and columns are alike. Texture of the
    specimen counts as noise.
    """
    values = np.asarray(image, dtype=np.float64)
    flat = _flat_part(values)
    if flat.sum() < _LEAST_PIXELS:
        return 0.0
    variance = _half_variance(values, flat, _FAR)
    if not variance > 0:
        return 0.0
    total = 0.0
    for distance in range(1, _FAR):
        correlation = 1.0 - _half_variance(values, flat, distance) / variance
        if correlation < _LEAST_CORRELATION:
            break
        total += correlation
    return float(np.sqrt(variance) * (1.0 + 2.0 * total))


def gain_from_noise(image: NDArray[Any]) -> float | None:
    """Counts per electron that would give the noise of an image.

    Only as good as `averaging_noise`, and only where the camera has no dark level; for
    a noise in proportion to the brightness, not to tell the gain.

    Parameters
    ----------
    image
        (y, x) image; NaN takes no part.

    Returns
    -------
    None where it cannot be told.
    """
    values = np.asarray(image, dtype=np.float64)
    noise = averaging_noise(values)
    flat = _flat_part(values)
    level = float(values[flat].mean()) if flat.any() else 0.0
    return noise**2 / level if noise > 0 and level > 0 else None


def _flat_part(values: FloatArray) -> NDArray[np.bool_]:
    """Where the image is flattest."""
    from scipy.ndimage import gaussian_gradient_magnitude

    known = np.isfinite(values)
    if not known.any():
        return known
    filled = np.where(known, values, np.median(values[known]))
    slope = gaussian_gradient_magnitude(filled, _SMOOTH, mode="nearest")
    return np.asarray(known & (slope <= np.quantile(slope, _FLAT_PART)))


def _half_variance(values: FloatArray, flat: NDArray[np.bool_], distance: int) -> float:
    """Half the mean squared difference of flat pixels at a distance."""
    total, count = 0.0, 0
    for a, b, use in (
        (values[distance:], values[:-distance], flat[distance:] & flat[:-distance]),
        (
            values[:, distance:],
            values[:, :-distance],
            flat[:, distance:] & flat[:, :-distance],
        ),
    ):
        step = a[use] - b[use]
        total += float(np.sum(step**2))
        count += step.size
    return 0.5 * total / max(count, 1)
