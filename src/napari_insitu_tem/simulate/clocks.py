"""Frame times of a real camera, and two clocks that do not agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.alignment import Alignment
from napari_insitu_tem.model.timebase import FrameTimes, to_ns, to_seconds

FloatArray = NDArray[np.float64]


def irregular_frames(
    count: int,
    period_s: float,
    exposure_s: float,
    rng: np.random.Generator,
    *,
    first_s: float = 0.0,
    jitter_s: float = 0.0,
    lost: Iterable[int] = (),
) -> FrameTimes:
    """Times of a camera that is read out late now and then and loses frames.

    Parameters
    ----------
    count
        Number of frames that were taken, lost ones included.
    period_s, exposure_s
        From start to start, and the part of it during which the camera collects.
    rng
        Source of the jitter.
    first_s
        Start of the first frame on the movie's clock.
    jitter_s
        Standard deviation of a frame's delay; clipped so that exposures never overlap.
    lost
        Indices of the frames that were not saved.

    Returns
    -------
    FrameTimes
        Of the saved frames, to the millisecond.
    """
    room = (period_s - exposure_s) / 2
    late = np.clip(rng.normal(0.0, jitter_s, count), -room, room)
    late[0] = 0.0
    start = np.round(first_s + period_s * np.arange(count) + late, 3)
    start = np.delete(start, np.array(sorted(lost), dtype=np.intp))
    return FrameTimes.from_seconds(
        start, np.full(start.size, exposure_s), source="simulated"
    )


def middles_s(times: FrameTimes) -> FloatArray:
    """(T,) middle of each exposure in s."""
    start, stop = times.windows_ns
    return (to_seconds(start) + to_seconds(stop)) / 2


@dataclass(frozen=True)
class Clocks:
    """The camera's clock, the potentiostat's, and what their files say.

    Attributes
    ----------
    movie_start
        Stamp of the movie's zero, on the camera PC's clock.
    offset_s
        True time on the trace's clock when the movie's stands at zero.
    rate_ppm
        How much faster the potentiostat's clock runs, in parts per million.
    error_s
        How far the potentiostat PC's wall clock is ahead of the camera PC's.
    """

    movie_start: datetime
    offset_s: float
    rate_ppm: float = 0.0
    error_s: float = 0.0

    @property
    def trace_start(self) -> datetime:
        """Stamp of the trace's zero, on the potentiostat PC's (wrong) clock."""
        return self.movie_start + timedelta(seconds=self.error_s - self.offset_s)

    @property
    def alignment(self) -> Alignment:
        """The true tie between the clocks."""
        return Alignment(
            offset_s=self.offset_s,
            rate=1.0 + 1e-6 * self.rate_ppm,
            u_offset_s=0.0,
            method="typed",
            note="The truth of the simulation.",
        )

    def to_trace_s(self, movie_s: ArrayLike) -> FloatArray:
        """Movie clock to trace clock, both in s, any shape."""
        return to_seconds(self.alignment.to_trace_ns(to_ns(movie_s)))

    def to_movie_s(self, trace_s: ArrayLike) -> FloatArray:
        """Trace clock to movie clock, both in s."""
        return to_seconds(self.alignment.to_movie_ns(to_ns(trace_s)))
