"""Frames one by one, from whatever holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.errors import MeasurementError, ReadError
from napari_insitu_tem.model.movie import Movie


class Frames:
    """(y, x) frames by index, from a movie, an array, a list or a lazy array."""

    def __init__(self, source: Any, length: int) -> None:
        self._source, self._length = source, length

    def __len__(self) -> int:
        return self._length

    def frame(self, index: int) -> NDArray[Any] | None:
        """One frame, contiguous; None where it cannot be read."""
        source = self._source
        try:
            read = source.frame(index) if isinstance(source, Movie) else source[index]
        except ReadError:
            return None
        frame = np.ascontiguousarray(read)
        if frame.ndim != 2:
            raise MeasurementError(
                f"Frame {index} is not a (y, x) image but has {frame.ndim} axes."
            )
        if frame.dtype.kind not in "fiub":
            raise MeasurementError(f"Frame {index} does not hold real numbers.")
        return frame.astype(np.uint8) if frame.dtype.kind == "b" else frame


def as_frames(source: Any) -> Frames:
    """Wrap what holds frames; one (y, x) image is a movie of one frame.

    Raises
    ------
    MeasurementError
        There are no frames.
    """
    if isinstance(source, Movie):
        return Frames(source, int(source.shape[0]))
    if not hasattr(source, "__getitem__"):
        source = list(source)
    shape = getattr(source, "shape", None)
    if shape is not None and len(shape) == 2:
        source, shape = np.asarray(source)[None], (1, *shape)
    length = len(source) if shape is None else int(shape[0])
    if length == 0 or (shape is not None and 0 in shape):
        raise MeasurementError("There are no frames to track a region in.")
    if shape is not None and len(shape) != 3:
        raise MeasurementError(
            f"A region needs frames (t, y, x), not an array of {len(shape)} axes."
        )
    return Frames(source, length)
