"""A stretch of a movie, as a movie of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import FrameArray, Movie
from napari_insitu_tem.model.timebase import FrameTimes


class _PartSource:
    """Frames of another movie, which keeps and closes them."""

    def __init__(self, frames: FrameArray, first: int, count: int) -> None:
        self._frames, self._first = frames, first
        self.in_memory = True  # what is read is kept by the other movie
        self.shape: tuple[int, ...] = (count, *frames.shape[1:])
        self.dtype: np.dtype[Any] = frames.dtype

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index` of the stretch."""
        return self._frames.frame(self._first + index)

    def close(self) -> None:
        """Nothing to release."""


def movie_part(movie: Movie, first: int, last: int) -> Movie:
    """The frames `first` to `last`, both of them too, on the clock of the whole movie.

    Raises
    ------
    ReadError
        The movie does not have these frames.
    """
    if not 0 <= first <= last < len(movie):
        raise ReadError(
            f"{movie.name} has the frames 0 to {len(movie) - 1}, not {first} to "
            f"{last}.",
            hint="Choose a stretch inside it.",
        )
    kept = slice(first, last + 1)
    times, sizes = movie.times, movie.frame_sizes_nm
    if times is not None:
        exposures = None if times.exposure_ns is None else times.exposure_ns[kept]
        times = FrameTimes(times.start_ns[kept], exposures, times.source)
    return replace(
        movie,
        frames=FrameArray(_PartSource(movie.frames, first, last + 1 - first)),
        times=times,
        frame_sizes_nm=None if sizes is None else sizes[kept],
    )
