"""The frames as napari shows them: one that cannot be read is black, and said."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import FrameArray


class ShownFrames:
    """A movie's frames for an image layer.

    An error inside napari's slicing would leave the slider stuck; measurements read
    the frames themselves and meet the error.

    Parameters
    ----------
    frames
        The movie's frames.
    """

    def __init__(self, frames: FrameArray) -> None:
        self.frames = frames
        self._told: set[str] = set()

    @property
    def shape(self) -> tuple[int, ...]:
        """(t, y, x) or (t, y, x, channel)."""
        return self.frames.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a pixel."""
        return self.frames.dtype

    @property
    def ndim(self) -> int:
        """3, or 4 with colour."""
        return self.frames.ndim

    @property
    def size(self) -> int:
        """Number of pixels in all frames."""
        return self.frames.size

    def __len__(self) -> int:
        return len(self.frames)

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """What napari asks for; zeros where it cannot be read."""
        try:
            return self.frames[key]
        except ReadError as error:
            self._tell(error)
            return np.zeros(self._shape_of(key), self.dtype)

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """All frames in memory, if they are not too many."""
        return self.frames.__array__(dtype, copy)

    def _shape_of(self, key: Any) -> tuple[int, ...]:
        """The shape that an index gives, found on an array that takes no memory."""
        empty = np.broadcast_to(np.zeros((), self.dtype), self.shape)
        return tuple(empty[key].shape)

    def _tell(self, error: ReadError) -> None:
        """Show a sentence once for each thing that is wrong."""
        from napari.utils.notifications import show_warning

        sentence = str(error)
        if sentence not in self._told:
            self._told.add(sentence)
            show_warning(sentence)
