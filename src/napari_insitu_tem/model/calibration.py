"""Pixel size: where it comes from and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import CalibrationError


@dataclass(frozen=True)
class Calibration:
    """Size of a pixel.

    Attributes
    ----------
    y_nm, x_nm
        Distance between pixel centres along each axis, in nm.
    u_relative
        Relative standard uncertainty of the scale (0.02 = 2 %), 0 where not stated.
        It cancels in ratios taken within one movie.
    source
        "metadata", "typed", "scale bar", "lattice spacing".
    details
        How it was found, in a few words: "100 nm over 250.1 +/- 0.3 px, frame 0".
    """

    y_nm: float
    x_nm: float
    u_relative: float = 0.0
    source: str = "metadata"
    details: str = ""

    def __post_init__(self) -> None:
        for size in (self.y_nm, self.x_nm):
            if not (np.isfinite(size) and size > 0):
                raise CalibrationError(
                    f"A pixel size of {size} nm is impossible.",
                    hint="Give a positive number of nanometres, or leave it empty.",
                )
        if not (np.isfinite(self.u_relative) and self.u_relative >= 0):
            raise CalibrationError(
                "The uncertainty of the pixel size must be zero or more."
            )

    @classmethod
    def square(
        cls, size_nm: float, *, u_relative: float = 0.0, source: str = "typed"
    ) -> Calibration:
        """The same size along both axes."""
        return cls(float(size_nm), float(size_nm), u_relative, source)

    @property
    def is_square(self) -> bool:
        """Whether both axes agree to one part in a million."""
        return abs(self.y_nm - self.x_nm) <= 1e-6 * self.x_nm

    @property
    def pixel_size_nm(self) -> float | tuple[float, float]:
        """One number for square pixels, else (y, x)."""
        return self.x_nm if self.is_square else (self.y_nm, self.x_nm)

    @property
    def scale_nm(self) -> tuple[float, float]:
        """(y, x) in nm, the order of napari's `scale`."""
        return self.y_nm, self.x_nm

    def to_nm(self, points: ArrayLike) -> NDArray[np.float64]:
        """(..., 2) pixel coordinates (y, x) to nm."""
        scaled = np.asarray(points, dtype=np.float64) * np.asarray(self.scale_nm)
        return np.asarray(scaled)

    def describe(self) -> str:
        """In words, with the source."""
        size = (
            f"{self.x_nm:.5g} nm/px"
            if self.is_square
            else f"{self.y_nm:.5g} x {self.x_nm:.5g} nm/px (y, x)"
        )
        spread = f" +/- {100 * self.u_relative:.2g} %" if self.u_relative else ""
        more = f": {self.details}" if self.details else ""
        return f"{size}{spread} ({self.source}{more})"
