"""Mean counts of frames, and a place without specimen to take them from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.frame_stack import FrameStack, frame_stack
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.progress import Progress, no_progress

#: (y0, x0, y1, x1) in px, the last two excluded.
Region = tuple[int, int, int, int]

#: Most frames that are read for the counts, and to find a place.
MOST_FRAMES, _LOOKED_AT = 500, 16
#: The place is a square of this part of the frame's shorter side, at least so wide.
_PART, _LEAST_PX = 8, 8


def mean_counts(
    frames: Any,
    region: Region | None = None,
    *,
    most: int = MOST_FRAMES,
    progress: Progress = no_progress,
) -> tuple[tuple[int, float], ...]:
    """Mean counts of a pixel of frames that are spread evenly over the movie.

    Parameters
    ----------
    frames
        (t, y, x) frames, lazy or not, or a movie; read one at a time.
    region
        Where; None: the whole frame.
    most
        Frames that are read at most, the first and the last among them.
    progress
        Told how far it is; what it raises to cancel passes through.

    Returns
    -------
    tuple of (frame, counts)
        In order; frames that cannot be read are left out.

    Raises
    ------
    MeasurementError
        Not frames, the region lies beside them, or none can be read.
    """
    stack = frame_stack(frames)
    y0, x0, y1, x1 = region or (0, 0, *stack.shape[1:])
    if not (0 <= y0 < y1 <= stack.shape[1] and 0 <= x0 < x1 <= stack.shape[2]):
        raise MeasurementError("The region for the counts does not lie in the frames.")
    found = []
    chosen = _spread(stack, most)
    for done, index in enumerate(chosen):
        progress(done, len(chosen), "Counts")
        frame = stack.raw(index)
        if frame is None:
            continue
        mean = float(np.mean(frame[y0:y1, x0:x1], dtype=np.float64))
        if np.isfinite(mean):
            found.append((index, mean))
    progress(len(chosen), len(chosen), "Counts")
    if not found:
        raise MeasurementError("No frame of the movie has counts that can be read.")
    return tuple(found)


def find_empty(frames: Any, *, progress: Progress = no_progress) -> Region:
    """The square that stays brightest through the movie: likely without specimen.

    A bright-field image is meant. Squares of an eighth of the frame's shorter side are
    compared by their lowest brightness in 16 frames, so that one into which the
    specimen grows or drifts is passed over.

    Parameters
    ----------
    frames
        (t, y, x) frames, lazy or not, or a movie.
    progress
        Told how far it is; what it raises to cancel passes through.

    Raises
    ------
    MeasurementError
        Not frames, or none can be read.
    """
    stack = frame_stack(frames)
    height, width = stack.shape[1:]
    side = min(max(min(height, width) // _PART, _LEAST_PX), height, width)
    lowest: NDArray[np.float64] | None = None
    chosen = _spread(stack, _LOOKED_AT)
    for done, index in enumerate(chosen):
        progress(done, len(chosen), "Looking for a place without specimen")
        frame = stack.raw(index)
        if frame is None:
            continue
        tiles = _tiles(frame, side)
        lowest = tiles if lowest is None else np.fmin(lowest, tiles)
    if lowest is None or not np.isfinite(lowest).any():
        raise MeasurementError("No frame of the movie can be read.")
    row, column = np.unravel_index(np.nanargmax(lowest), lowest.shape)
    y0, x0 = int(row) * side, int(column) * side
    return y0, x0, y0 + side, x0 + side


def _spread(stack: FrameStack, most: int) -> list[int]:
    """Frames spread evenly from the first to the last."""
    count = min(len(stack), max(most, 1))
    return [int(i) for i in np.unique(np.linspace(0, len(stack) - 1, count).round())]


def _tiles(frame: NDArray[Any], side: int) -> NDArray[np.float64]:
    """Mean over squares, over that of the frame."""
    rows, columns = (n // side for n in frame.shape)
    cut = frame[: rows * side, : columns * side].astype(np.float64)
    means = cut.reshape(rows, side, columns, side).mean(axis=(1, 3))
    whole = abs(means.mean())
    return np.asarray(means / whole if whole > 0 else means)
