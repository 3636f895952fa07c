"""From expected electrons to what a counting camera writes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Camera:
    """counts = offset + gain * Poisson(electrons) + read noise, rounded and clipped.

    Attributes
    ----------
    gain
        Counts for an electron.
    offset
        Counts without an electron.
    read_noise
        Standard deviation in counts; 0 for a counting camera.
    dtype
        Unsigned integer type of the file.
    """

    gain: float = 1.0
    offset: float = 0.0
    read_noise: float = 0.0
    dtype: str = "uint8"

    def expose(self, expected: ArrayLike, rng: np.random.Generator) -> NDArray[np.uint]:
        """Take one frame.

        Parameters
        ----------
        expected
            (y, x) mean electrons a pixel, zero or more.
        rng
            Source of the noise.

        Returns
        -------
        ndarray
            (y, x) counts in the camera's type.
        """
        electrons = rng.poisson(np.asarray(expected, dtype=np.float64))
        counts = self.offset + self.gain * electrons.astype(np.float64)
        if self.read_noise > 0:
            counts += rng.normal(0.0, self.read_noise, counts.shape)
        top = np.iinfo(self.dtype).max
        return np.asarray(np.clip(np.rint(counts), 0, top).astype(self.dtype))

    def electrons(self, counts: ArrayLike) -> FloatArray:
        """Undo gain and offset."""
        return (np.asarray(counts, dtype=np.float64) - self.offset) / self.gain


def illumination(
    shape: tuple[int, int],
    dose_e_px: float,
    *,
    centre: tuple[float, float],
    width_px: float,
) -> FloatArray:
    """Electrons a pixel of an uneven beam that falls off as a Gaussian.

    Parameters
    ----------
    shape
        (y, x).
    dose_e_px
        At the brightest place.
    centre
        (y, x) of the brightest place.
    width_px
        Standard deviation of the beam.
    """
    y, x = np.ogrid[: shape[0], : shape[1]]
    away = (y - centre[0]) ** 2 + (x - centre[1]) ** 2
    return np.asarray(dose_e_px * np.exp(-0.5 * away / width_px**2))


def dose_per_area(dose_e_px: ArrayLike, pixel_size_nm: float) -> FloatArray:
    """Electrons a pixel as electrons per square angstrom."""
    return np.asarray(dose_e_px, dtype=np.float64) / (10.0 * pixel_size_nm) ** 2
