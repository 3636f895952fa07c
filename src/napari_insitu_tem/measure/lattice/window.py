"""The part of an image in which a lattice is measured."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]
Box = tuple[int, int, int, int]

_HINT = "Give a box (y0, x0, y1, x1), two slices, or the vertices (y, x) of a box."


def one_image(image: ArrayLike) -> FloatArray:
    """(y, x) image as floats; infinities count as missing.

    Raises
    ------
    MeasurementError
        It is not one image with pixels in it.
    """
    values = np.asarray(image)
    if values.dtype.kind not in "buif":
        raise MeasurementError("An image of numbers is needed.")
    values = values.astype(np.float64)
    if values.ndim == 3 and values.shape[0] == 1:
        values = values[0]
    if values.ndim != 2 or values.size == 0:
        raise MeasurementError(
            f"One image (y, x) is needed, not an array of shape {values.shape}."
        )
    values[~np.isfinite(values)] = np.nan
    return values


def box_of(window: Any, shape: tuple[int, int]) -> Box:
    """The box (y0, x0, y1, x1) of a window, half open, cut at the image's border.

    It may be empty: y1 <= y0 or x1 <= x0 where the window lies outside.

    Raises
    ------
    MeasurementError
        It is not a window.
    """
    if window is None:
        return 0, 0, shape[0], shape[1]
    if len(window) == 2 and all(isinstance(part, slice) for part in window):
        ends = [part.indices(n) for part, n in zip(window, shape, strict=True)]
        if any(step != 1 for *_, step in ends):
            raise MeasurementError("A window cannot skip pixels.", hint=_HINT)
        return ends[0][0], ends[1][0], ends[0][1], ends[1][1]
    try:
        numbers = np.asarray(window, dtype=np.float64)
    except (TypeError, ValueError):
        numbers = np.zeros(0)
    if numbers.shape == (4,):
        low, high = numbers[:2], numbers[2:]
    elif numbers.ndim == 2 and numbers.shape[1] == 2 and len(numbers) > 1:
        low, high = numbers.min(axis=0), numbers.max(axis=0) + 1
    else:
        raise MeasurementError("This is not a window in an image.", hint=_HINT)
    if not np.all(np.isfinite(numbers)) or np.any(high <= low):
        raise MeasurementError("The window has no area.", hint=_HINT)
    low = np.clip(np.rint(low), 0, shape).astype(int)
    high = np.clip(np.rint(high), 0, shape).astype(int)
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])
