"""Where an image fits on another: all places at once, by correlation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
FloatArray = NDArray[np.float64]

#: Places must share at least this part of the greatest overlap.
_LEAST_OVERLAP = 0.2
#: A rival is as likely where it is lower by fewer standard deviations, or at least
#: this part of the top.
_SURER_BY, _AS_HIGH = 3.0, 0.9
#: Part of the image's side that a hill may be long.
_LONG = 0.2
#: Standard deviations that the best of many places of mere noise does not reach.
CLEAR = 6.0


@dataclass(frozen=True)
class Match:
    """The best place of an image on a reference.

    Attributes
    ----------
    shift
        (2,) displacement (dy, dx) of the content in the image against the reference.
    height
        The correlation there in standard deviations of what noise would give.
    is_ambiguous
        Whether another place fits about as well.
    """

    shift: FloatArray
    height: float
    is_ambiguous: bool


class Reference:
    """A reference image, transformed once, on which images are searched.

    Parameters
    ----------
    image
        (y, x) values about zero; 0 where not known.
    known
        (y, x) where it is known; None for (nearly) everywhere.
    corner
        Coordinates of its first pixel.
    shape
        (rows, columns) of the images to be searched.
    """

    def __init__(
        self,
        image: Image,
        known: NDArray[np.bool_] | None,
        corner: tuple[int, int],
        shape: tuple[int, int],
    ) -> None:
        from scipy.fft import next_fast_len, rfft2

        size = [n + m for n, m in zip(image.shape, shape, strict=True)]
        self._size = (next_fast_len(size[0], True), next_fast_len(size[1], True))
        self._image = np.conj(rfft2(image, self._size))
        self._power = np.abs(self._image) ** 2
        # Displacements run from minus the reference's size to plus the image's.
        self._least = np.array([1 - n for n in image.shape])
        self._long = _LONG * min(shape)
        self._corner = np.array(corner, dtype=np.float64)
        self._span = (size[0] - 1, size[1] - 1)
        overlap = self._overlap(known, image.shape, shape)
        least = max(_LEAST_OVERLAP * float(overlap.max()), 1.0)
        self._weight = np.sqrt(overlap.max() / np.maximum(overlap, least))
        self._weight[overlap < least] = 0
        # The mean square over all displacements, with few pixels in common at most of
        # them, against that at full overlap.
        self._share = float(overlap.sum(dtype=np.float64) / overlap.max())
        self._energy = float(np.sum(image.astype(np.float64) ** 2))

    def _overlap(
        self,
        known: NDArray[np.bool_] | None,
        own: tuple[int, ...],
        shape: tuple[int, int],
    ) -> Image:
        """Pixels that both share at each displacement."""
        from scipy.fft import rfft2

        if known is not None:
            there = np.conj(rfft2(known.astype(np.float32), self._size))
            return self._surface(rfft2(np.ones(shape, np.float32), self._size), there)
        sides = []
        for n, m in zip(own, shape, strict=True):
            at = np.arange(1 - n, m)
            sides.append(np.minimum(m, at + n) - np.maximum(at, 0))
        return np.asarray(sides[0][:, None] * sides[1][None], np.float32)

    def _surface(self, image: NDArray[Any], reference: NDArray[Any]) -> Image:
        """Correlation at all displacements, the most negative ones first."""
        from scipy.fft import irfft2

        surface = irfft2(image * reference, self._size)
        rolled = np.roll(surface, tuple(-self._least), (0, 1))
        return np.asarray(rolled[: self._span[0], : self._span[1]])

    def find(self, image: Image, expected: FloatArray) -> Match | None:
        """The best place; of several that are as good the nearest to the expected."""
        from scipy.fft import rfft2

        if self._energy == 0:
            return None
        spectrum = rfft2(image, self._size)
        surface = self._surface(spectrum, self._image) * self._weight
        at = divmod(int(surface.argmax()), self._span[1])
        top = float(surface[at])
        if not top > 0:
            return None
        noise = self._noise(spectrum, self._least + at, top)
        limit = min(top - _SURER_BY * noise, _AS_HIGH * top)
        near = self._corner + expected - self._least
        at, is_ambiguous = _nearest_top(surface, limit, near, self._long)
        shift = self._least + at + _fraction(surface, at) - self._corner
        return Match(shift, top / max(noise, 1e-30), is_ambiguous)

    def _noise(self, spectrum: NDArray[Any], at: FloatArray, top: float) -> float:
        """Standard deviation that the correlation has by what does not fit."""
        y = np.exp(-2j * np.pi * np.arange(self._size[0]) * at[0] / self._size[0])
        columns = spectrum.shape[1]
        x = np.exp(-2j * np.pi * np.arange(columns) * at[1] / self._size[1])
        part = top / self._energy
        moved = np.conj(self._image) * (y[:, None] * x).astype(np.complex64)
        rest = np.abs(spectrum - np.float32(part) * moved) ** 2 * self._power
        total = 2 * rest.sum(dtype=np.float64) - rest[:, 0].sum(dtype=np.float64)
        return float(np.sqrt(total / np.prod(self._size) / self._share))


def _nearest_top(
    surface: Image, limit: float, near: FloatArray, long: float
) -> tuple[tuple[int, int], bool]:
    """Top of the hill above a limit that is nearest, and whether there are others.

    A hill longer than `long` is a ridge: along it no place is better than another.
    """
    from scipy.ndimage import find_objects, label

    hills, count = label(surface > limit)
    y, x = np.nonzero(hills)
    nearest = int(np.argmin((y - near[0]) ** 2 + (x - near[1]) ** 2))
    number = int(hills[y[nearest], x[nearest]])
    rows, columns = find_objects(hills, number)[number - 1]
    inside = np.where(hills[rows, columns] == number, surface[rows, columns], -np.inf)
    at = divmod(int(inside.argmax()), inside.shape[1])
    is_ridge = max(inside.shape) > long
    return (rows.start + at[0], columns.start + at[1]), count > 1 or is_ridge


def _fraction(surface: Image, at: tuple[int, int]) -> FloatArray:
    """Top of the parabola through a place and its neighbours, along each axis."""
    out = np.zeros(2)
    for axis in (0, 1):
        if not 0 < at[axis] < surface.shape[axis] - 1:
            continue
        line = surface[:, at[1]] if axis == 0 else surface[at[0]]
        a, b, c = (float(v) for v in line[at[axis] - 1 : at[axis] + 2])
        if a + c < 2 * b:
            out[axis] = np.clip(0.5 * (a - c) / (a + c - 2 * b), -0.5, 0.5)
    return out
