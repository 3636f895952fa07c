"""What the rows of a table are derived from: movies, clocks, the record, a memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.trace import Trace

T = TypeVar("T")

_Windows = tuple[NDArray[np.int64], NDArray[np.int64]]


class Source:
    """An experiment, with what is expensive to derive from it kept.

    What was derived from a record is kept as long as that very record (they are
    immutable) and what else went into it stay the same; signals at frames as long as
    the movie, its alignment, its typed interval and pixel size, its beam and the record
    of the traces do.

    Parameters
    ----------
    experiment
        The experiment that is read; it is never changed.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._experiment = experiment
        self._signals: dict[str, tuple[tuple[object, ...], pd.DataFrame]] = {}
        self._windows: dict[str, tuple[tuple[object, ...], _Windows]] = {}
        self._derived: dict[tuple[str, str], tuple[Record, Hashable, Any]] = {}

    @property
    def document(self) -> Document:
        """What the user made, as it is now."""
        return self._experiment.document

    @property
    def parts(self) -> tuple[object, ...]:
        """All that tables are made from, each replaced when it changes."""
        experiment = self._experiment
        return (experiment.document, *experiment.movies, None, *experiment.traces)

    @property
    def trace(self) -> Trace | None:
        """All traces as one record, None without a trace."""
        return self._experiment.record

    def movie(self, name: str) -> Movie | None:
        """A movie, None where the experiment does not have it."""
        if all(movie.name != name for movie in self._experiment.movies):
            return None
        return self._experiment.movie(name)

    def calibration(self, name: str) -> Calibration | None:
        """A movie's pixel size, None where there is none."""
        movie = self.movie(name)
        return None if movie is None else movie.calibration

    def windows_ns(self, name: str) -> _Windows:
        """Start and stop of each frame's exposure; empty without times."""
        movie = self.movie(name)
        if movie is None or movie.times is None:
            nothing = np.zeros(0, np.int64)
            return nothing, nothing
        key = self._clock_key(name)
        kept = self._windows.get(name)
        if kept is None or not _same(kept[0], key):
            kept = key, self._experiment.frame_times(name).windows_ns
            self._windows[name] = kept
        return kept[1]

    def signals(self, name: str) -> pd.DataFrame:
        """The record at every frame, see `Experiment.usual_signals_at_frames`."""
        key = (*self._clock_key(name), *self._dose_key(name))
        kept = self._signals.get(name)
        if kept is None or not _same(kept[0], key):
            kept = key, self._experiment.usual_signals_at_frames(name)
            self._signals[name] = kept
        return kept[1]

    def _clock_key(self, name: str) -> tuple[object, ...]:
        movie = next((m for m in self._experiment.movies if m.name == name), None)
        return (
            movie,
            self._experiment.alignment(name),
            self.document.intervals.get(name),
            self._experiment.record,
        )

    def _dose_key(self, name: str) -> tuple[object, ...]:
        sizes = self.document.calibrations.get(name)
        return (self.document.beams.get(name), sizes[-1] if sizes else None)

    def derived(
        self, what: str, record: Record, key: Hashable, compute: Callable[[], T]
    ) -> T:
        """`compute()`, or what it gave for the same record and key before."""
        kept = self.recall(what, record, key)
        if kept is None:
            kept = compute()
            self.keep(what, record, key, kept)
        return cast("T", kept)

    def recall(self, what: str, record: Record, key: Hashable) -> Any:
        """What was kept for the same record and key, or None."""
        kept = self._derived.get((what, record.id))
        if kept is None or kept[0] is not record or kept[1] != key:
            return None
        return kept[2]

    def keep(self, what: str, record: Record, key: Hashable, value: object) -> None:
        """Keep what was derived from a record; an earlier value is forgotten."""
        self._derived[what, record.id] = record, key, value


def _same(old: tuple[object, ...], new: tuple[object, ...]) -> bool:
    """Identical, or equal where the class says what that means."""
    return all(a is b or a == b for a, b in zip(old, new, strict=True))


def is_same(old: tuple[object, ...], new: tuple[object, ...]) -> bool:
    """Whether two lists of parts hold the very same objects."""
    return len(old) == len(new) and all(a is b for a, b in zip(old, new, strict=True))
