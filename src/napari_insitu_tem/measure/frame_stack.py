"""Frames of a movie, an array or a list, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.errors import MeasurementError, ReadError
from napari_insitu_tem.model.movie import Movie

FloatArray = NDArray[np.float64]


class FrameStack:
    """Lazy (t, y, x) frames.

    Attributes
    ----------
    shape
        (t, y, x).
    dtype
        Of the frames as they are stored.
    """

    def __init__(self, frames: Any, shape: tuple[int, int, int], dtype: Any) -> None:
        self._frames = frames
        self.shape = shape
        self.dtype: np.dtype[Any] = np.dtype(dtype)

    def __len__(self) -> int:
        """Give the number of frames."""
        return self.shape[0]

    def raw(self, index: int) -> NDArray[Any] | None:
        """(y, x) one frame as stored, colour as luminance; None where unreadable."""
        try:
            if isinstance(self._frames, Movie):
                frame = self._frames.frame(index)
            else:
                frame = self._frames[index]
        except ReadError:
            return None
        values = np.asarray(frame)
        return values if values.shape == self.shape[1:] else None

    def frame(self, index: int) -> FloatArray | None:
        """(y, x) one frame as floats; None where unreadable."""
        values = self.raw(index)
        return None if values is None else values.astype(np.float64)


def frame_stack(frames: Any) -> FrameStack:
    """Make frames of a movie, an array (also of one frame), or a list of frames.

    Raises
    ------
    MeasurementError
        There is no frame, or they are not (y, x).
    """
    if isinstance(frames, Movie):
        t, y, x = (int(n) for n in frames.shape[:3])
        return FrameStack(frames, (t, y, x), frames.dtype)
    if not hasattr(frames, "shape"):
        frames = list(frames)
        if not frames:
            raise MeasurementError("There are no frames.")
        first = np.asarray(frames[0])
        shape = (len(frames), *first.shape)
    else:
        shape, first = tuple(int(n) for n in frames.shape), frames
        if len(shape) == 2:
            frames, shape = frames[None], (1, *shape)
    if len(shape) != 3:
        raise MeasurementError(
            f"Frames (t, y, x) are needed, not an array of {len(shape)} axes."
        )
    if 0 in shape:
        raise MeasurementError("There are no frames, or they have no pixels.")
    dtype = getattr(first, "dtype", None) or np.asarray(frames[0]).dtype
    return FrameStack(frames, (shape[0], shape[1], shape[2]), dtype)
