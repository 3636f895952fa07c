"""Experiment: movies, traces and the document that ties and annotates them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.model.alignment import (
    Alignment,
    align_by_events,
    align_by_offset,
    align_by_stamps,
)
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import ExperimentError, TimeBaseError
from napari_insitu_tem.model.joining import (
    average_over_windows,
    further_over_windows,
)
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.movie_dose import MovieDose, movie_dose
from napari_insitu_tem.model.parallel_traces import set_apart
from napari_insitu_tem.model.start_readings import is_doubtful, settled
from napari_insitu_tem.model.timebase import FrameTimes, to_seconds
from napari_insitu_tem.model.trace import Trace, merge_traces
from napari_insitu_tem.model.trace_clocks import on_one_clock


class Experiment:
    """What is opened, measured, saved and reopened.

    The experiment's clock is that of its first trace, or of its first movie where there
    is no trace. Further traces are placed on it by their start stamps.

    Parameters
    ----------
    movie, trace
        One movie and one trace, for the common case.
    movies, traces
        More of them.
    document
        Annotations, alignments, calibrations.
    """

    def __init__(
        self,
        movie: Movie | None = None,
        trace: Trace | None = None,
        *,
        movies: Iterable[Movie] = (),
        traces: Iterable[Trace] = (),
        document: Document | None = None,
        name: str = "experiment",
    ) -> None:
        self.name = name
        self.folder: Path | None = None
        self.view: dict[str, Any] = {}
        self.warnings: tuple[str, ...] = ()
        # What its folder holds that could not be opened here; saved again as it was.
        self.carried: dict[str, Any] = {}
        self.document = document or Document()
        self._movies: dict[str, Movie] = {}
        self._datasets: dict[tuple[str, str], Movie] = {}
        self._traces: dict[str, Trace] = {}
        self._record_notes: tuple[str, ...] = ()
        self._record: Trace | None = None
        self._record_key: object = None
        for one in ([] if trace is None else [trace], traces):
            for item in one:
                self.add_trace(item)
        for many in ([] if movie is None else [movie], movies):
            for film in many:
                self.add_movie(film)

    # -- what is in it -----------------------------------------------------------

    @property
    def movies(self) -> tuple[Movie, ...]:
        """The movies as they were read, of each the dataset that was chosen."""
        return tuple(self._chosen(name) for name in self._movies)

    @property
    def traces(self) -> tuple[Trace, ...]:
        """The traces as they were read."""
        return tuple(self._traces.values())

    def add_movie(self, movie: Movie) -> Movie:
        """Add a movie; a name that is taken gets a number. Returns it as added."""
        movie = movie.renamed(_free_name(movie.name, self._movies))
        self._movies[movie.name] = movie
        return movie

    def add_dataset(self, name: str, movie: Movie) -> Movie:
        """Keep another dataset of a movie's file; the document chooses it by its key.

        Raises
        ------
        ExperimentError
            There is no movie of that name.
        """
        self.movie(name)
        self._datasets[name, movie.dataset] = movie.renamed(name)
        return self._datasets[name, movie.dataset]

    def dataset(self, name: str, key: str) -> Movie | None:
        """A movie in a dataset of its file; None where that was not read yet."""
        first = self._movies.get(name)
        is_first = first is not None and first.dataset == key
        return first if is_first else self._datasets.get((name, key))

    def _chosen(self, name: str) -> Movie:
        """The movie in the dataset that the document says."""
        key = self.document.datasets.get(name)
        found = None if key is None else self.dataset(name, key)
        return self._movies[name] if found is None else found

    def add_trace(self, trace: Trace) -> Trace:
        """Add a trace; a name that is taken gets a number. Returns it as added."""
        trace = trace.renamed(_free_name(trace.name, self._traces))
        self._traces[trace.name] = trace
        self._record = None
        return trace

    def remove_movie(self, name: str) -> None:
        """Take a movie out; its rows stay in the document."""
        self.movie(name)
        del self._movies[name]
        for key in [key for key in self._datasets if key[0] == name]:
            del self._datasets[key]

    def remove_trace(self, name: str) -> None:
        """Take a trace out."""
        self.trace(name)
        del self._traces[name]
        self._record = None

    def movie(self, name: str | None = None) -> Movie:
        """A movie with its current calibration and frame times.

        Raises
        ------
        ExperimentError
            There is no such movie.
        """
        if name is None and self._movies:
            name = next(iter(self._movies))
        if name not in self._movies:
            raise ExperimentError(f"The experiment has no movie {name!r}.")
        movie = self._chosen(name)
        typed = self.document.calibrations.get(name)
        if typed:
            movie = movie.with_calibration(typed[-1])
        interval = self.document.intervals.get(name)
        if interval is not None and movie.times is None:
            movie = movie.with_interval(interval)
        return movie

    def trace(self, name: str | None = None) -> Trace:
        """A trace as read, its sign flipped if the user said so.

        Raises
        ------
        ExperimentError
            There is no such trace.
        """
        if name is None and self._traces:
            name = next(iter(self._traces))
        if name not in self._traces:
            raise ExperimentError(f"The experiment has no trace {name!r}.")
        trace = self._traces[name]
        return trace.flipped() if name in self.document.flipped else trace

    @property
    def has_trace(self) -> bool:
        """Whether there is at least one trace."""
        return bool(self._traces)

    @property
    def record(self) -> Trace | None:
        """All traces as one record on the experiment's clock; None without a trace.

        A trace that covers the same time as an earlier one keeps its signals under
        names of its own; see `record_notes`.
        """
        if not self._traces:
            return None
        key = (tuple(self._traces), self.document.flipped)
        if self._record is None or self._record_key != key:
            traces = [self.trace(name) for name in self._traces]
            placed, of_clocks = on_one_clock(traces)
            placed, beside = set_apart(placed)
            self._record_notes = (*of_clocks, *beside)
            self._record = merge_traces(placed)
            self._record_key = key
        return self._record

    @property
    def record_notes(self) -> tuple[str, ...]:
        """Sentences about how the traces were put together; none for one trace."""
        return () if self.record is None else self._record_notes

    # -- clocks -------------------------------------------------------------------

    def alignment(self, movie: str | None = None) -> Alignment:
        """The alignment that holds for a movie."""
        history = self.document.alignments.get(self.movie(movie).name, ())
        return history[-1] if history else Alignment()

    def suggest_alignment(self, movie: str | None = None) -> Alignment | None:
        """The alignment from the start stamps, None where a file has none."""
        film = self.movie(movie)
        if not self._traces or film.stamp is None:
            return None
        sure = [
            (other.name, other.stamp)
            for other in self.traces
            if other.stamp is not None and not is_doubtful(other)
        ]
        trace, note = settled(self.trace(), [*sure, (film.name, film.stamp)])
        if trace.stamp is None:
            return None
        overlap = None
        record = self.record
        if film.times is not None and record is not None and len(record):
            first, last = film.times.span_ns
            begin, end = record.span_ns
            overlap = (first / 1e9, last / 1e9, begin / 1e9, end / 1e9)
        found = align_by_stamps(film.stamp, trace.stamp, overlap=overlap)
        return replace(found, note=f"{found.note} {note}".strip()) if note else found

    def align(
        self,
        offset_s: float | None = None,
        *,
        pairs: Iterable[tuple[float, float]] | None = None,
        movie: str | None = None,
        u_offset_s: float = float("nan"),
    ) -> Experiment:
        """Align a movie with the record; returns the experiment itself.

        Parameters
        ----------
        offset_s
            trace time = movie time + offset.
        pairs
            (movie time, trace time) of events marked in both, in s.
        movie
            Its name; the first one by default.
        u_offset_s
            Standard uncertainty of a typed offset.

        With neither `offset_s` nor `pairs` the start stamps of both files are used.

        Raises
        ------
        ExperimentError
            The files have no start stamps.
        AlignmentError
            The numbers cannot be used.
        """
        name = self.movie(movie).name
        if pairs is not None:
            alignment = align_by_events(list(pairs), u_movie_s=self._u_frame(name))
        elif offset_s is not None:
            alignment = align_by_offset(offset_s, u_offset_s=u_offset_s)
        else:
            stamps = self.suggest_alignment(name)
            if stamps is None:
                raise ExperimentError(
                    f"{name} and the trace do not both have a start time.",
                    hint="Give offset_s, or mark an event in both.",
                )
            alignment = stamps
        self.document = self.document.with_alignment(name, alignment)
        return self

    def _u_frame(self, name: str) -> float:
        """Standard uncertainty of marking a frame: a uniform frame interval."""
        interval = self.movie(name).audit.interval_s
        return 0.0 if np.isnan(interval) else interval / np.sqrt(12)

    def calibrate(
        self,
        pixel_size_nm: float,
        *,
        u_relative: float = 0.0,
        movie: str | None = None,
    ) -> Experiment:
        """Type a movie's pixel size; returns the experiment itself.

        Raises
        ------
        CalibrationError
            The size is not positive.
        """
        size = Calibration.square(pixel_size_nm, u_relative=u_relative)
        self.document = self.document.with_calibration(self.movie(movie).name, size)
        return self

    def frame_times(self, movie: str | None = None) -> FrameTimes:
        """A movie's frame times on the experiment's clock.

        Raises
        ------
        TimeBaseError
            The movie has no times and none were typed.
        """
        film = self.movie(movie)
        if film.times is None:
            raise TimeBaseError(
                f"{film.name} has no frame times.", hint="Type its frame interval."
            )
        alignment = self.alignment(film.name)
        start, stop = film.times.windows_ns
        moved = alignment.to_trace_ns(start)
        exposure = None
        if film.times.exposure_ns is not None:
            exposure = alignment.to_trace_ns(stop) - moved
        return FrameTimes(moved, exposure, film.times.source)

    def signals_at_frames(self, movie: str | None = None) -> pd.DataFrame:
        """The record at every frame of a movie.

        Returns
        -------
        DataFrame
            One row a frame: `frame`, `time_s`, `frame_duration_s`, `u_time_s`, then
            `potential_V`, `current_A`, `charge_C`, their standard deviations
            (`potential_sd_V`, ...), `cycle`, `step`, `n_samples`. Cells are empty where
            the movie has no times or the record does not cover the frame. Where the
            movie's dose is known: `dose_rate_e_A2_s`, `dose_e_A2` and their `u_`.
            Last the further columns of the record under their own names (temperature,
            gas, bias), those that bear the name of another column left out.
        """
        film = self.movie(movie)
        table = self.usual_signals_at_frames(film.name)
        record = self.record
        if record is None or film.times is None or not record.others:
            return table
        windows = self.frame_times(film.name).windows_ns
        further = further_over_windows(record, *windows)
        return table.join(further[[c for c in further if c not in table]])

    def usual_signals_at_frames(self, movie: str | None = None) -> pd.DataFrame:
        """`signals_at_frames` without the further columns of the record."""
        film = self.movie(movie)
        return _with_dose(self._signals_of(film), self.dose(film.name))

    def dose(self, movie: str | None = None) -> MovieDose | None:
        """The electron dose of a movie's frames; None where it is not known."""
        film = self.movie(movie)
        beam = self.document.beams.get(film.name)
        return None if beam is None else movie_dose(beam, film)

    def _signals_of(self, film: Movie) -> pd.DataFrame:
        """Frames, times and the record at them."""
        count = len(film)
        table = pd.DataFrame({"frame": np.arange(count)})
        if film.times is None:
            for column in ("time_s", "frame_duration_s", "u_time_s"):
                table[column] = np.nan
            return table.join(_no_signals(count))
        times = self.frame_times(film.name)
        table["time_s"] = to_seconds(times.start_ns)
        table["frame_duration_s"] = (
            np.nan if times.exposure_ns is None else to_seconds(times.exposure_ns)
        )
        table["u_time_s"] = (
            self.alignment(film.name).u_time_s(to_seconds(film.times.start_ns))
            if self.has_trace
            else 0.0
        )
        record = self.record
        if record is None:
            return table.join(_no_signals(count))
        return table.join(average_over_windows(record, *times.windows_ns))


def _with_dose(table: pd.DataFrame, dose: MovieDose | None) -> pd.DataFrame:
    """The table with the dose behind its columns, where there is one."""
    if dose is None:
        return table
    return table.assign(
        dose_rate_e_A2_s=dose.rate,
        u_dose_rate_e_A2_s=dose.u_rate,
        dose_e_A2=dose.dose,
        u_dose_e_A2=dose.u_dose,
    )


def _no_signals(count: int) -> pd.DataFrame:
    empty = Trace.from_columns({"time_s": [], "potential_V": []})
    nowhere = np.zeros(count, np.int64)
    return average_over_windows(empty, nowhere, nowhere)


def _free_name(name: str, taken: dict[str, Any]) -> str:
    if name not in taken:
        return name
    number = 2
    while f"{name} ({number})" in taken:
        number += 1
    return f"{name} ({number})"
