"""Where a round body may be in a profile: a search on a coarse grid."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.round_model import LINEAR, RoundModel

FloatArray = NDArray[np.float64]

#: Radii of the search, in samples, their ratio, and their part of the profile.
_LEAST_RADIUS, _RATIO, _LARGEST_PART = 2.0, 1.12, 0.7
#: Distance of the centres of the search as a part of the radius.
_APART = 0.125
#: Blur of the bodies that are tried, in samples.
_BLUR = 1.5
#: Lengths of profiles for which bodies are made, as they take a while: multiples.
_LENGTHS = 32


def find_bodies(
    y: FloatArray, is_there: NDArray[np.bool_], rows: float
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Try every radius and centre with levels from linear least squares.

    Returns
    -------
    (N, 6) best body with both rims within the profile, (N, 6) best of all, in the
    values of the linear `RoundModel`, and (N,) whether they differ.
    """
    samples = y.shape[1]
    shapes, radii, centres = _shapes(samples)
    x = np.arange(samples)
    filled = y.copy()
    for i in np.flatnonzero(~is_there.all(axis=1)):
        filled[i] = np.interp(x, x[is_there[i]], y[i, is_there[i]])
    line = _line(samples)
    rest = filled - (filled @ line.T) @ line
    norm = np.sqrt(np.sum(shapes**2, axis=1))
    explained = np.abs(rest @ (shapes / norm[:, None]).T)
    best = explained.argmax(axis=1)
    inside = (centres - radii > 0) & (centres + radii < samples - 1)
    within = np.where(inside, explained, -1.0).argmax(axis=1)
    found = []
    for index in (within, best):
        strength = np.einsum("nk,nk->n", rest, shapes[index]) / norm[index] ** 2
        radius, centre = radii[index], centres[index]
        found.append(_values(filled, strength, radius, centre, rows))
    return found[0], found[1], within != best


def _values(
    y: FloatArray,
    strength: FloatArray,
    radius: FloatArray,
    centre: FloatArray,
    rows: float,
) -> FloatArray:
    """(N, 6) all values of bodies of known depth, size and place."""
    zero, blur = np.zeros_like(radius), np.full(radius.shape, np.log(_BLUR))
    values = np.stack([zero, zero, strength, radius, centre, blur], axis=1)
    body, _ = RoundModel(y.shape[1], 0.0, LINEAR)(values)
    line = _line(y.shape[1])
    values[:, :2] = (y - body) @ line.T * line.max(axis=1)
    middle = np.arange(y.shape[1]) - 0.5 * (y.shape[1] - 1)
    values[:, 1] /= middle.max()
    # Cut across its averaged rows, a ball looks smaller than it is.
    values[:, 3] = np.sqrt(radius**2 + rows**2 / 12)
    return values


def _line(samples: int) -> FloatArray:
    """(2, n) orthonormal level and slope."""
    x = np.arange(samples) - 0.5 * (samples - 1)
    level = np.full(samples, 1 / np.sqrt(samples))
    return np.stack([level, x / np.sqrt(np.sum(x**2))])


@lru_cache(maxsize=8)
def _shapes(samples: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(M, n) bodies less what a level and a slope do, their radii and centres."""
    bodies, radii, centres = _bodies(-(-samples // _LENGTHS) * _LENGTHS)
    line = _line(samples)
    shapes = bodies[:, :samples] - (bodies[:, :samples] @ line.T) @ line
    largest = max(_LARGEST_PART * samples, 2 * _LEAST_RADIUS)
    seen = (np.sum(shapes**2, axis=1) > 1e-3) & (radii <= largest)
    return shapes[seen], radii[seen], centres[seen]


@lru_cache(maxsize=4)
def _bodies(samples: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(M, n) bodies of all sizes and places, their radii and centres."""
    largest = max(_LARGEST_PART * samples, 2 * _LEAST_RADIUS)
    count = int(np.log(largest / _LEAST_RADIUS) / np.log(_RATIO)) + 1
    pairs = []
    for radius in _LEAST_RADIUS * _RATIO ** np.arange(count):
        apart = max(0.5, _APART * radius)
        for centre in np.arange(-0.1 * samples, 1.1 * samples, apart):
            pairs.append((radius, centre))
    radii, centres = np.array(pairs).T
    zero, one = np.zeros_like(radii), np.ones_like(radii)
    values = [zero, zero, one, radii, centres, np.log(_BLUR) * one]
    brightness = RoundModel(samples, 0.0, LINEAR).brightness
    parts = [
        brightness(np.stack(values, axis=1)[i : i + 200])
        for i in range(0, len(radii), 200)
    ]
    return np.concatenate(parts), radii, centres
