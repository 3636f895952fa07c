"""The noise of a pixel by its brightness."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Noise:
    """Variance of a pixel: ``floor + gain * level``."""

    floor: float
    gain: float

    def of(self, level: ArrayLike) -> FloatArray:
        """Variance at a brightness."""
        counted = self.gain * np.maximum(np.asarray(level, dtype=np.float64), 0.0)
        return np.asarray(np.maximum(self.floor + counted, 1e-12))
