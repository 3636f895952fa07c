"""The image around an outline, straightened: one profile for each stretch of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.sampling import sample_bilinear

FloatArray = NDArray[np.float64]

#: Part of a stretch that must be in the frame for its mean to count.
_LEAST_IN_FRAME = 0.5
#: Least part of a pixel that a sample counts for, where the normals meet.
_LEAST_SHARE = 0.05


@dataclass(frozen=True, eq=False)
class Stretches:
    """S stretches of an outline, each cut into lines along its normals.

    Attributes
    ----------
    places, normals
        (S, W, 2) points (y, x) of the outline, and outward unit normals.
    length
        (S,) of the stretches in px.
    curvature
        (S,) in 1/px, positive where the outline is convex.
    half_chord
        (S,) half of the way along the inward normal to the opposite side.
    """

    places: FloatArray
    normals: FloatArray
    length: FloatArray
    curvature: FloatArray
    half_chord: FloatArray

    def __len__(self) -> int:
        return len(self.length)

    @property
    def middle(self) -> FloatArray:
        """(S, 2) of the stretches."""
        return np.asarray(self.places.mean(axis=1))

    @property
    def normal(self) -> FloatArray:
        """(S, 2) mean outward unit normals."""
        mean = self.normals.mean(axis=1)
        length = np.hypot(mean[:, 0], mean[:, 1])[:, None]
        return np.asarray(mean / np.maximum(length, 1e-12))


@dataclass(frozen=True, eq=False)
class Strips:
    """The image along stretches.

    Attributes
    ----------
    stretches
        Where it was taken.
    samples
        (n,) offsets along the outward normal, one px apart.
    values
        (S, n) means along the stretch, 0 where there is none.
    pixels
        (S, n) number of pixels in each mean; 0 takes no part.
    """

    stretches: Stretches
    samples: FloatArray
    values: FloatArray
    pixels: FloatArray

    def without(self, sites: NDArray[np.bool_]) -> Strips:
        """The same where some of the stretches take no part."""
        return replace(self, pixels=np.where(sites[:, None], 0.0, self.pixels))

    def between(self, low: FloatArray, high: FloatArray) -> Strips:
        """The same with samples between two (S,) offsets alone."""
        seen = self.samples >= low[:, None]
        seen &= self.samples <= high[:, None]
        return replace(self, pixels=np.where(seen, self.pixels, 0.0))


def cut_strips(
    image: NDArray[Any], stretches: Stretches, inside: int, outside: int
) -> Strips:
    """Sample the image around an outline.

    Parameters
    ----------
    image
        (y, x).
    stretches
        The outline.
    inside, outside
        How far the profiles go, in px.
    """
    samples = np.arange(-inside, outside + 1, dtype=np.float64)
    lines = sample_bilinear(image, places_on(stretches, samples))
    known = np.isfinite(lines)
    count = known.sum(axis=1)
    total = np.where(known, lines, 0.0).sum(axis=1)
    share = count / lines.shape[1]
    wide = 1.0 + stretches.curvature[:, None] * samples
    pixels = stretches.length[:, None] * share * np.maximum(wide, _LEAST_SHARE)
    pixels[share < _LEAST_IN_FRAME] = 0.0
    values = np.where(pixels > 0, total / np.maximum(count, 1), 0.0)
    return Strips(stretches, samples, values, pixels)


def places_on(stretches: Stretches, samples: FloatArray) -> FloatArray:
    """(S, W, n, 2) where the image is sampled."""
    away = samples[:, None] * stretches.normals[:, :, None]
    return np.asarray(stretches.places[:, :, None] + away)
