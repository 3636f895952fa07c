"""The shadow of a beam stop in a diffraction frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Bins along the longer side, and those of the neighbourhood that is compared with.
_BINS, _AROUND = 96, 19
#: A shadow is darker than this part of its neighbourhood, and has so many bins at
#: least; its edge is blurred over so many.
_DARK, _LEAST, _EDGE = 0.4, 20, 2
#: Standard deviations by which the middle bin must be lit at all.
_LIT = 4.0


def without_stop(values: FloatArray) -> FloatArray:
    """(y, x) values with NaN where a beam stop shades them.

    Its edges would be taken for rings and spots, and its form for the symmetry of the
    pattern. A shadow is a region much darker than the median of what is around it,
    which rings, spots and the halo of the beam are not.
    """
    from scipy.ndimage import binary_dilation, label, median_filter

    side = max(1, -(-max(values.shape) // _BINS))
    rows, columns = (n // side for n in values.shape)
    cut = values[: rows * side, : columns * side]
    bins = cut.reshape(rows, side, columns, side)
    known = np.isfinite(bins)
    count = known.sum(axis=(1, 3))
    mean = np.where(known, bins, 0.0).sum(axis=(1, 3)) / np.maximum(count, 1)
    floor = min(0.0, float(mean.min()))
    around = np.asarray(median_filter(mean - floor, _AROUND, mode="nearest"))
    away = np.where(known, bins - mean[:, None, :, None], 0.0)
    noise = np.sqrt((away**2).sum(axis=(1, 3))) / np.maximum(count, 1)
    usual = np.asarray(median_filter(noise, _AROUND, mode="nearest"))
    dark = (mean - floor < _DARK * around) & (around > _LIT * usual)
    regions, number = label(dark)
    sizes = np.bincount(regions.ravel(), minlength=number + 1)
    sizes[0] = 0
    shade = binary_dilation((sizes >= _LEAST)[regions], iterations=_EDGE)
    if not shade.any() or shade.mean() > 0.5:
        return values
    whole = np.zeros(values.shape, dtype=np.bool_)
    fine = shade.repeat(side, axis=0).repeat(side, axis=1)
    whole[: fine.shape[0], : fine.shape[1]] = fine
    return np.asarray(np.where(whole, np.nan, values))
