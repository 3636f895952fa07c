"""The power spectrum of a window, to be looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.lattice.background import filled, slow_part
from napari_insitu_tem.measure.lattice.peaks import power_of
from napari_insitu_tem.measure.lattice.window import box_of, one_image

FloatArray = NDArray[np.float64]

#: Slower than this many cycles a window is left out.
_SLOW_CYCLES = 2.0
_LEAST_SIDE = 8


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Power by frequency.

    Attributes
    ----------
    power
        (n, m) power, the zero frequency in the middle.
    fy, fx
        (n,) and (m,) frequencies in cycles a pixel, ascending.
    """

    power: FloatArray
    fy: FloatArray
    fx: FloatArray


def spectrum_of(image: ArrayLike, window: Any = None) -> Spectrum | None:
    """Power spectrum of a window without its slow part; None for too small a one.

    Parameters
    ----------
    image, window
        As for `lattice_spacing`.

    Raises
    ------
    MeasurementError
        No image, or a window that cannot be one.
    """
    values = one_image(image)
    y0, x0, y1, x1 = box_of(window, (values.shape[0], values.shape[1]))
    part = values[y0:y1, x0:x1]
    known = np.isfinite(part)
    if min(part.shape) < _LEAST_SIDE or not known.any():
        return None
    part = filled(part, known)
    power, fy, fx = power_of(part - slow_part(part, _SLOW_CYCLES / max(part.shape)))
    return Spectrum(power, fy.ravel(), fx.ravel())
