"""From a scene given at any point to the mean of each pixel, blurred.

Pixel centres are at integers: pixel i covers [i - 1/2, i + 1/2). A scene is evaluated
on a grid that is finer than the pixels, blurred there, and averaged over each pixel,
so that an edge may lie anywhere between pixel centres without a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Raster:
    """The pixels of a camera and the finer grid beneath them.

    Attributes
    ----------
    shape
        (y, x) in pixels.
    oversampling
        Points of the fine grid along each side of a pixel.
    """

    shape: tuple[int, int]
    oversampling: int = 2

    @cached_property
    def points(self) -> tuple[FloatArray, FloatArray]:
        """(y, x) of the fine grid's points in pixels, as an open mesh."""
        y, x = (self._axis(size) for size in self.shape)
        return y[:, None], x[None, :]

    def pixels(self, fine: FloatArray, blur_px: float = 0.0) -> FloatArray:
        """Blur values on the fine grid and average them over each pixel.

        Parameters
        ----------
        fine
            Values at `points`, broadcastable to the fine grid.
        blur_px
            Standard deviation of the Gaussian point spread, in pixels.

        Returns
        -------
        ndarray
            (y, x) means over the pixels.
        """
        from scipy.ndimage import gaussian_filter

        rows, columns = (size * self.oversampling for size in self.shape)
        fine = np.broadcast_to(fine, (rows, columns))
        if blur_px > 0:
            fine = gaussian_filter(fine, blur_px * self.oversampling, mode="nearest")
        blocks = fine.reshape(
            self.shape[0], self.oversampling, self.shape[1], self.oversampling
        )
        return np.asarray(blocks.mean(axis=(1, 3)))

    def _axis(self, size: int) -> FloatArray:
        steps = np.arange(size * self.oversampling) + 0.5
        return steps / self.oversampling - 0.5


def smooth_noise(size: int, correlation: float, rng: np.random.Generator) -> FloatArray:
    """(size,) Gaussian noise of unit variance with a correlation length in samples."""
    from scipy.ndimage import gaussian_filter1d

    noise = gaussian_filter1d(
        rng.standard_normal(size), correlation / np.sqrt(2), mode="wrap"
    )
    return np.asarray((noise - noise.mean()) / noise.std())
