"""Kymographs: the intensity along a path, frame by frame."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.paths import length_of, point_at
from napari_insitu_tem.measure.sampling import StripSampler
from napari_insitu_tem.model.errors import MeasurementError, ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

#: Seconds between two reports of progress.
_REPORT_EVERY_S = 0.05


class _Frames(Protocol):
    """Any (t, y, x) array that gives a frame by its index."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(t, y, x)."""

    def __getitem__(self, index: Any, /) -> Any: ...


@dataclass(frozen=True, eq=False)
class Kymograph:
    """Mean intensity across a path, for every frame.

    Attributes
    ----------
    data
        (T, L) mean over the width; NaN where the path lies out of the frame.
    width
        Width over which was averaged, in px.
    step
        Distance along the path from one column to the next, in px.
    path
        (n, 2) vertices (y, x); column k lies `k * step` from the first.
    """

    data: NDArray[Any]
    width: float
    step: float
    path: NDArray[np.float64]

    @property
    def positions(self) -> NDArray[np.float64]:
        """(L,) distance of each column from the first vertex, in px."""
        return np.arange(self.data.shape[1], dtype=np.float64) * self.step


def reslice(
    frames: Movie | _Frames,
    path: ArrayLike,
    width: float,
    *,
    step: float = 1.0,
    shift: ArrayLike | None = None,
    progress: Progress | None = None,
) -> Kymograph:
    """Average across a path for every frame.

    Parameters
    ----------
    frames
        A movie (colour as luminance), or a (t, y, x) array, lazy or not; one frame is
        read at a time.
    path
        (n, 2) vertices (y, x).
    width
        Width over which is averaged, across the path, in px; at least 1.
    step
        Distance between samples along the path, in px.
    shift
        (T, 2) where the content of each frame has moved to, (dy, dx) in px: `shift` of
        `estimate_drift`. The path, drawn where nothing has moved yet, follows it; the
        frames are not resampled. NaN: the frame is left out. None: nothing moves.
    progress
        Told how far it is; what it raises to cancel passes through.

    Returns
    -------
    Kymograph
        Its data as float32; NaN in frames that cannot be read or have no shift.

    Raises
    ------
    MeasurementError
        The path has no length, or width, step or frames are impossible.
    ReadError
        No frame can be read.

    Notes
    -----
    Bilinear interpolation on lines about one pixel apart; see `sampling.StripSampler`.
    """
    vertices = np.array(path, dtype=np.float64).reshape(-1, 2)
    if not (np.isfinite(width) and width > 0 and np.isfinite(step) and step > 0):
        raise MeasurementError("Width and step must be positive numbers of pixels.")
    shape = frames.shape[:3] if isinstance(frames, Movie) else tuple(frames.shape)
    if len(shape) != 3:
        raise MeasurementError(
            f"A kymograph needs frames (t, y, x), not an array of {len(shape)} axes."
        )
    points, across = _along(vertices, step)
    moves = _checked_shift(shift, int(shape[0]))
    sampler = _Sampler(points, across, width, (int(shape[1]), int(shape[2])))
    data = np.empty((shape[0], len(points)), dtype=np.float32)
    report = progress or no_progress
    told, unread = -np.inf, 0
    for index in range(shape[0]):
        if time.monotonic() - told > _REPORT_EVERY_S:
            report(index, shape[0], "Reslicing")
            told = time.monotonic()
        if not np.isfinite(moves[index]).all():
            data[index] = np.nan
            continue
        try:
            frame = frames.frame(index) if isinstance(frames, Movie) else frames[index]
        except ReadError:
            data[index] = np.nan
            unread += 1
            if unread == shape[0]:
                raise
            continue
        data[index] = sampler(np.asarray(frame), moves[index])
    report(shape[0], shape[0], "Reslicing")
    return Kymograph(data, float(width), float(step), vertices)


def _checked_shift(shift: ArrayLike | None, count: int) -> NDArray[np.float64]:
    """(T, 2) shifts, 0 where none are given."""
    if shift is None:
        return np.zeros((count, 2))
    moves = np.asarray(shift, dtype=np.float64)
    if moves.shape != (count, 2):
        raise MeasurementError(
            f"The shift has the shape {moves.shape}; {count} frames need ({count}, 2)."
        )
    return moves


class _Sampler:
    """Means across a strip that moves, worked out anew only when it has moved."""

    def __init__(
        self,
        points: NDArray[np.float64],
        across: NDArray[np.float64],
        width: float,
        frame_shape: tuple[int, int],
    ) -> None:
        self._points, self._across = points, across
        self._width, self._shape = width, frame_shape
        self._at = np.full(2, np.nan)
        self._sampler: StripSampler | None = None

    def __call__(
        self, frame: NDArray[Any], at: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        if self._sampler is None or not np.array_equal(at, self._at):
            self._sampler = StripSampler(
                self._points + at, self._across, self._width, self._shape
            )
            self._at = at
        return self._sampler(frame)


def _along(
    vertices: NDArray[np.float64], step: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(L, 2) samples along a path and (L, 2) unit vectors across it."""
    count = int(np.floor(length_of(vertices) / step + 1e-9)) + 1
    where = np.arange(count) * step
    points = point_at(vertices, where)
    steps = np.diff(vertices, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    moves = lengths > 0
    units = steps[moves] / lengths[moves][:, None]
    ends = np.cumsum(lengths[moves])
    segment = np.minimum(np.searchsorted(ends, where, side="right"), len(units) - 1)
    across = np.column_stack([units[segment, 1], -units[segment, 0]])
    return points, across
