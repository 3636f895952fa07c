"""Sums over samples, or over places, of what depends on their distance alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Numbers that are transformed at once.
_BATCH = 2_000_000


class Offsets:
    """Distances of samples from places on a grid that is as fine or finer.

    Everything that a front's template is compared with is such a sum; by fast Fourier
    transforms it costs no more than reading the data.

    Parameters
    ----------
    length
        Number of samples, at 0, 1, 2, ...
    grid
        (G,) places, an integer fraction of a sample apart, one of them at a sample.
    """

    def __init__(self, length: int, grid: FloatArray) -> None:
        self.grid, self.length = grid, length
        self.finer = round(1.0 / (grid[1] - grid[0]))
        self._first = round(grid[0] * self.finer)
        last = (length - 1) * self.finer
        lags = np.arange(-(grid.size - 1), last + 1)
        self._size = 1 << int(np.ceil(np.log2(lags.size)))
        self._at = lags % self._size
        #: (M,) all distances of a sample from a place, sample minus place.
        self.distances = (lags - self._first) / self.finer

    def over_samples(self, values: FloatArray, kernel: FloatArray) -> FloatArray:
        """(T, G) sums over samples of (T, L) values times the kernel of (M,) distances.

        A single row stands for all.
        """
        wave = self._kernel(kernel).conj()
        result = np.empty((len(values), self.grid.size))
        for rows in self._batches(len(values)):
            spread = np.fft.irfft(self._samples(values[rows]) * wave, self._size)
            result[rows] = spread[:, : self.grid.size]
        return result

    def over_places(self, chances: FloatArray, kernel: FloatArray) -> FloatArray:
        """(T, L) sums over places of (T, G) chances times the kernel."""
        wave = self._kernel(kernel)
        result = np.empty((len(chances), self.length))
        for rows in self._batches(len(chances)):
            moved = np.fft.irfft(self._places(chances[rows]) * wave, self._size)
            result[rows] = moved[:, : self.length * self.finer : self.finer]
        return result

    def aligned(self, values: FloatArray, chances: FloatArray) -> FloatArray:
        """(M,) sums of (T, L) values, moved by where they may have to be.

        A single row of values stands for all frames.
        """
        total = np.zeros(self._size // 2 + 1, dtype=np.complex128)
        if len(values) == 1:
            chances = chances.sum(axis=0, keepdims=True)
        for rows in self._batches(len(chances)):
            pairs = self._places(chances[rows]).conj() * self._samples(values[rows])
            total += pairs.sum(axis=0)
        return np.asarray(np.fft.irfft(total, self._size)[self._at])

    def _batches(self, frames: int) -> Iterator[slice]:
        step = max(1, _BATCH // self._size)
        for first in range(0, frames, step):
            yield slice(first, first + step)

    def _kernel(self, kernel: FloatArray) -> NDArray[np.complex128]:
        around = np.zeros(self._size)
        around[self._at] = kernel
        return np.fft.rfft(around)

    def _samples(self, values: FloatArray) -> NDArray[np.complex128]:
        between = np.zeros((len(values), self._size))
        between[:, : self.length * self.finer : self.finer] = values
        return np.fft.rfft(between, axis=1)

    def _places(self, chances: FloatArray) -> NDArray[np.complex128]:
        return np.fft.rfft(chances, self._size, axis=1)
