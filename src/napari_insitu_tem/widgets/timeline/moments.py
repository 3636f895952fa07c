"""Moments: times of frames on the experiment's clock, in seconds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.timebase import FrameTimes

FloatArray = NDArray[np.float64]


class Moments:
    """Frame times of an experiment as they are now; asked for once a movie.

    Parameters
    ----------
    experiment
        Read only.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._movies = {movie.name for movie in experiment.movies}
        self._times: dict[str, FrameTimes | None] = {}

    def of(self, movie: str) -> FrameTimes | None:
        """Frame times of a movie, None where it or its times are missing."""
        if movie not in self._times:
            known = (
                movie in self._movies
                and self._experiment.movie(movie).times is not None
            )
            self._times[movie] = self._experiment.frame_times(movie) if known else None
        return self._times[movie]

    def start_s(self, movies: Sequence[str], frames: Sequence[int]) -> FloatArray:
        """(N,) start of each frame; NaN where it has no time."""
        out = np.full(len(frames), np.nan)
        names = np.asarray(movies, dtype=object)
        indices = np.asarray(frames, dtype=np.int64)
        for name in set(movies):
            times = self.of(name)
            if times is None:
                continue
            mine = (names == name) & (indices >= 0) & (indices < len(times))
            out[mine] = times.start_ns[indices[mine]] / 1e9
        return out

    def stop_s(self, movies: Sequence[str], frames: Sequence[int]) -> FloatArray:
        """(N,) end of each frame's exposure; NaN where it has no time."""
        out = np.full(len(frames), np.nan)
        names = np.asarray(movies, dtype=object)
        indices = np.asarray(frames, dtype=np.int64)
        for name in set(movies):
            times = self.of(name)
            if times is None:
                continue
            mine = (names == name) & (indices >= 0) & (indices < len(times))
            out[mine] = times.windows_ns[1][indices[mine]] / 1e9
        return out

    def extent_s(self) -> tuple[float, float] | None:
        """First and last moment of the record and of all movies."""
        spans = [times.span_ns for m in self._movies if (times := self.of(m))]
        record = self._experiment.record
        if record is not None and len(record):
            spans.append(record.span_ns)
        if not spans:
            return None
        return min(s for s, _ in spans) / 1e9, max(e for _, e in spans) / 1e9


def covered_s(times: FrameTimes) -> FloatArray:
    """Stretches in which a movie has frames, without its gaps.

    A gap is a spacing over 1.8 medians, as in the audit of the movie's times.

    Returns
    -------
    (K, 2) float
        Start and stop of each stretch, in seconds, in order.
    """
    start = np.sort(times.start_ns)
    last = times.span_ns[1]
    if start.size < 2:
        return np.array([[start[0], max(last, start[0])]]) / 1e9
    steps = np.diff(start)
    forward = steps[steps > 0]
    period = float(np.median(forward)) if forward.size else 0.0
    late = np.flatnonzero(steps > 1.8 * period) if period else np.zeros(0, int)
    begins = np.concatenate([start[:1], start[late + 1]])
    ends = np.concatenate([start[late] + np.int64(period), [last]])
    return np.stack([begins, ends], axis=1) / 1e9
