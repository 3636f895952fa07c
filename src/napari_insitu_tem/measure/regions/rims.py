"""What an edge looks like across an outline: a step, or the rim of a round body."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Samples of a rim for each width of the blur, and how many widths the blur reaches.
_FINE, _TAIL = 6, 5.0


@dataclass(frozen=True, eq=False)
class Profile:
    """Part of the full contrast at each sample, and its slopes.

    Attributes
    ----------
    inner
        (A, H) part.
    bell
        (A, H) its derivative by the place of the edge.
    by_width
        (A, H) its derivative by the width of the blur.
    """

    inner: FloatArray
    bell: FloatArray
    by_width: FloatArray


def step_profile(away: FloatArray, width: float) -> Profile:
    """A blurred step, as of a flat body, at distances outwards from the edge."""
    from scipy.special import ndtr

    z = away / width
    bell = np.exp(-0.5 * z * z) / (np.sqrt(2 * np.pi) * width)
    return Profile(ndtr(-z), bell, bell * z)


def rim_profile(away: FloatArray, width: float, radius: float) -> Profile:
    """The blurred rim of a ball of a radius, 1 at its centre.

    Notes
    -----
    At the depth d the ray through a ball is ``sqrt(1 - (1 - d / R)**2)`` of that
    through its centre. The rim is averaged over fine cells, blurred by a Gaussian w and
    its derivatives, and looked up; by the width it changes as by the heat equation,
    ``w`` times the second derivative by the place. An ellipsoid has the same rim but
    for a factor along the outline, which is left to the level inside.
    """
    step = width / _FINE
    tail = int(_TAIL * _FINE)
    deepest = max(float(-away.min()), 0.0) + step
    count = int(np.ceil(deepest / step)) + 2
    cells = np.arange(-2 * tail, count + tail + 1)
    edges = np.asarray((cells - 0.5) * step, dtype=np.float64)
    rays = np.diff(_ray_integral(edges, radius)) / step
    t = np.arange(-tail, tail + 1) / _FINE
    blur = np.exp(-0.5 * t * t)
    blur /= blur.sum()
    kernels = (blur, -t * blur / width, (t * t - 1) * blur / width)
    depth = (np.arange(len(rays) - 2 * tail) - tail) * step
    tables = [np.convolve(rays, kernel, mode="valid") for kernel in kernels]
    at = (-away - depth[0]) / step
    low = np.clip(at.astype(np.int64), 0, len(depth) - 2)
    part = np.clip(at - low, 0.0, 1.0)
    values = [table[low] + part * (table[low + 1] - table[low]) for table in tables]
    return Profile(values[0], values[1], values[2])


def _ray_integral(depth: FloatArray, radius: float) -> FloatArray:
    """Integral of the ray through a ball up to a depth, in parts of the longest."""
    u = np.clip(depth / radius - 1.0, -1.0, 1.0)
    half = 0.5 * (u * np.sqrt(np.maximum(1 - u * u, 0.0)) + np.arcsin(u))
    return np.asarray(radius * half)
