"""Schedule: the frames to play and how long each is shown, without empty time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.timebase import NS_PER_S, FrameTimes
from napari_insitu_tem.state.session import Playhead

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Schedule:
    """N frames in the order of playing.

    Attributes
    ----------
    movies
        Names of the movies.
    movie, frame
        (N,) which movie (index into `movies`) and which of its frames.
    ends_ns
        (N,) playing time at which each frame gives way to the next one.
    is_timed
        Whether the frames have times; without them the playing times mean nothing.
    """

    movies: tuple[str, ...]
    movie: IntArray
    frame: IntArray
    ends_ns: IntArray
    is_timed: bool = True

    def __len__(self) -> int:
        return int(self.frame.size)

    @property
    def total_ns(self) -> int:
        """Playing time of all frames."""
        return int(self.ends_ns[-1]) if len(self) else 0

    def at(self, position_ns: float) -> int:
        """Number of the frame that shows at a playing time."""
        number = int(np.searchsorted(self.ends_ns, position_ns, side="right"))
        return min(max(number, 0), len(self) - 1)

    def begin_ns(self, number: int) -> int:
        """Playing time at which a frame begins to show."""
        return int(self.ends_ns[number - 1]) if number > 0 else 0

    def playhead(self, number: int) -> Playhead:
        """What to go to."""
        return Playhead(self.movies[self.movie[number]], int(self.frame[number]))

    def number_of(self, playhead: Playhead | None) -> int | None:
        """Where a frame stands in the schedule; None if it is not to be played."""
        if playhead is None or playhead.movie not in self.movies:
            return None
        movie = self.movies.index(playhead.movie)
        found = np.flatnonzero((self.movie == movie) & (self.frame == playhead.frame))
        return int(found[0]) if found.size else None


def schedule(
    experiment: Experiment,
    range_ns: tuple[int, int] | None = None,
    *,
    first: str = "",
) -> Schedule:
    """All frames of the experiment in the order of time, or those of a stretch.

    Each frame shows until the next one starts. Time in which no movie has frames takes
    no time to play. Where movies overlap, `first` is played, then the one that was
    added earlier.

    Parameters
    ----------
    experiment
        Movies without times are left out, unless `first` is one: then all its frames
        are played, and only they.
    range_ns
        Frames that show in this stretch only.
    first
        Name of the movie that is preferred.
    """
    names = sorted((m.name for m in experiment.movies), key=lambda name: name != first)
    timed = [name for name in names if experiment.movie(name).times is not None]
    if first in names and first not in timed:
        return _untimed(first, len(experiment.movie(first)))
    parts: list[tuple[IntArray, IntArray]] = []
    starts: list[IntArray] = []
    taken: list[tuple[int, int]] = []
    for name in timed:
        times = experiment.frame_times(name)
        frames, begin, shown = _shown(times)
        keep = _inside(begin, shown, range_ns) & ~_covered(begin, taken)
        parts.append((frames[keep], shown[keep]))
        starts.append(begin[keep])
        taken.append(times.span_ns)
    return _assembled(tuple(timed), parts, starts)


def _shown(times: FrameTimes) -> tuple[IntArray, IntArray, IntArray]:
    """Frames in the order of time, their starts, and how long each is shown."""
    order = np.argsort(times.start_ns, kind="stable")
    begin = times.start_ns[order]
    steps = np.diff(begin)
    forward = steps[steps > 0]
    if forward.size:
        usual = int(np.median(forward))
    elif times.exposure_ns is not None:
        usual = int(times.exposure_ns[0])
    else:
        usual = NS_PER_S
    # A frame before a gap is shown for a usual while, not until after the gap.
    steps = np.where(steps > 1.8 * usual, usual, steps)
    return order, begin, np.append(steps, max(usual, 1))


def _inside(
    begin: IntArray, shown: IntArray, range_ns: tuple[int, int] | None
) -> NDArray[np.bool_]:
    if range_ns is None:
        return np.ones(begin.shape, bool)
    return (begin < range_ns[1]) & (begin + shown > range_ns[0])


def _covered(begin: IntArray, taken: Sequence[tuple[int, int]]) -> NDArray[np.bool_]:
    covered = np.zeros(begin.shape, bool)
    for start, stop in taken:
        covered |= (begin >= start) & (begin < stop)
    return covered


def _untimed(name: str, frames: int) -> Schedule:
    number = np.arange(frames, dtype=np.int64)
    return Schedule((name,), np.zeros_like(number), number, number + 1, is_timed=False)


def _assembled(
    names: tuple[str, ...],
    parts: Sequence[tuple[IntArray, IntArray]],
    starts: Sequence[IntArray],
) -> Schedule:
    """The frames of all movies in the order of time."""
    empty = np.zeros(0, np.int64)
    order = np.argsort(np.concatenate([empty, *starts]), kind="stable")
    sizes = [frames.size for frames, _ in parts]
    return Schedule(
        names,
        np.repeat(np.arange(len(parts), dtype=np.int64), sizes)[order],
        np.concatenate([empty, *(frames for frames, _ in parts)])[order],
        np.cumsum(np.concatenate([empty, *(shown for _, shown in parts)])[order]),
    )
