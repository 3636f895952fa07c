"""Session: the open experiment, its playhead, selection and history.

Every widget of one viewer shares one session. Widgets change it through the methods
below and follow it through its signals; none of them keeps a copy.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from psygnal import Signal

from napari_insitu_tem.measure.tables import TableBuilder
from napari_insitu_tem.model.document import Document, without_preview
from napari_insitu_tem.model.errors import ExperimentError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import FrameTimes
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.history import Edit, History
from napari_insitu_tem.state.tool import Toolbox


@dataclass(frozen=True)
class Playhead:
    """The current moment: a frame of a movie."""

    movie: str
    frame: int


@dataclass(frozen=True)
class Change:
    """What happened to the document.

    Attributes
    ----------
    label
        What was done, "" for a preview.
    before, after
        The documents.
    is_preview
        The user is still dragging; not in the history yet.
    is_restored
        Undone, or done again.
    """

    label: str
    before: Document
    after: Document
    is_preview: bool = False
    is_restored: bool = False


class Session:
    """One open experiment.

    Signals
    -------
    experiment_changed()
        Another experiment is open, or a movie or a trace came or went.
    document_changed(Change)
        Rows, alignment, calibration, objects, vocabulary or settings changed.
    playhead_changed(Playhead | None)
        Another frame or another movie.
    selection_changed(frozenset[str])
        Other rows are selected.
    range_changed(tuple[int, int] | None)
        Another stretch of time (ns, experiment's clock) is selected.
    saved_changed(bool)
        Whether all edits are on disk.
    marking_changed(bool)
        The next click on the timeline marks a moment of the trace.
    moment_marked(int)
        That moment, in ns on the experiment's clock.
    message(str)
        A sentence for the user that is not an error.
    """

    experiment_changed = Signal()
    document_changed = Signal(object)
    playhead_changed = Signal(object)
    selection_changed = Signal(object)
    range_changed = Signal(object)
    saved_changed = Signal(bool)
    marking_changed = Signal(bool)
    moment_marked = Signal(object)
    message = Signal(str)

    def __init__(self, experiment: Experiment | None = None) -> None:
        self._experiment = experiment or Experiment()
        self.toolbox = Toolbox()
        self._start_over()

    def _start_over(self, *, is_saved: bool = True) -> None:
        self.history = History(is_saved=is_saved)
        self._base: Document | None = None
        self._builder = TableBuilder(self._experiment)
        self._playhead: Playhead | None = None
        self._selection: frozenset[str] = frozenset()
        self._range_ns: tuple[int, int] | None = None
        self._is_marking = False
        if self._experiment.movies:
            self._playhead = Playhead(self._experiment.movies[0].name, 0)

    # -- experiment ---------------------------------------------------------------

    @property
    def experiment(self) -> Experiment:
        """The open experiment."""
        return self._experiment

    def open(self, experiment: Experiment, *, is_saved: bool = True) -> None:
        """Replace the open experiment; its history starts anew.

        Parameters
        ----------
        experiment
            The new one.
        is_saved
            False for one that holds edits which are not on disk (recovered ones).
        """
        self._experiment = experiment
        self._start_over(is_saved=is_saved)
        self.toolbox.activate("")
        self.toolbox.follow(experiment.document)
        self.experiment_changed.emit()
        self.playhead_changed.emit(self._playhead)
        self.selection_changed.emit(self._selection)
        self.range_changed.emit(None)
        self.saved_changed.emit(is_saved)

    def add_movie(self, movie: Movie) -> Movie:
        """Add a movie and align it by the start stamps where both files have one."""
        added = self._experiment.add_movie(movie)
        self.movie_joined(added.name)
        return added

    def movie_joined(self, name: str) -> None:
        """Take in a movie that was just added to the experiment."""
        self._align_by_stamps([name])
        if self._playhead is None:
            self._playhead = Playhead(name, 0)
        self.experiment_changed.emit()
        self.playhead_changed.emit(self._playhead)

    def add_trace(self, trace: Trace) -> Trace:
        """Add a trace; movies that are not aligned yet are, by the start stamps."""
        added = self._experiment.add_trace(trace)
        self._align_by_stamps([movie.name for movie in self._experiment.movies])
        self.experiment_changed.emit()
        return added

    def remove_movie(self, name: str) -> None:
        """Take a movie out; its rows stay in the document."""
        self.cancel_preview()
        self._experiment.remove_movie(name)
        if self._playhead is not None and self._playhead.movie == name:
            rest = self._experiment.movies
            self._playhead = Playhead(rest[0].name, 0) if rest else None
        self.experiment_changed.emit()
        self.playhead_changed.emit(self._playhead)

    def remove_trace(self, name: str) -> None:
        """Take a trace out."""
        self._experiment.remove_trace(name)
        self.experiment_changed.emit()

    def _align_by_stamps(self, movies: Iterable[str]) -> None:
        for name in movies:
            if name in self.document.alignments:
                continue
            stamps = self._experiment.suggest_alignment(name)
            if stamps is not None:
                aligned = self.document.with_alignment(name, stamps)
                self.edit(f"align {name} by start times", aligned)

    # -- document -----------------------------------------------------------------

    @property
    def document(self) -> Document:
        """The present document, previews included."""
        return self._experiment.document

    def edit(
        self,
        label: str,
        document: Document,
        *,
        merge_key: str = "",
        onto: Document | None = None,
        ends_preview: bool = False,
    ) -> None:
        """Put a new document in place as one undoable step.

        Parameters
        ----------
        label
            What the user did: "draw diameter".
        document
            The new document.
        merge_key, onto
            See `History.push`.
        ends_preview
            The step finishes what was previewed. Otherwise a pending preview, which
            belongs to something else that is still being drawn, is left out of it.
        """
        before = self._base if self._base is not None else self.document
        if self._base is not None and not ends_preview:
            document = without_preview(document, self.document, self._base)
            self.cancel_preview()
        self._base = None
        if document is before:
            return
        self._experiment.document = document
        step = Edit(label, before, document)
        self.history.push(step, merge_key=merge_key, onto=onto)
        self._drop_lost_selection()
        self.document_changed.emit(Change(label, before, document))
        self._follow_datasets(before)
        self.saved_changed.emit(False)

    def preview(self, document: Document) -> None:
        """Show a document while the user is still dragging; not in the history."""
        before = self.document
        if self._base is None:
            self._base = before
        self._experiment.document = document
        self.document_changed.emit(Change("", before, document, is_preview=True))

    def cancel_preview(self) -> None:
        """Go back to the document before the previews."""
        if self._base is None:
            return
        before, self._experiment.document = self.document, self._base
        self._base = None
        self.document_changed.emit(Change("", before, self.document, is_preview=True))

    def undo(self) -> str:
        """Take the last step back; what it was, or ""."""
        self.cancel_preview()
        edit = self.history.undo()
        return self._restore(edit, edit.before if edit else None)

    def redo(self) -> str:
        """Do the last undone step again; what it was, or ""."""
        self.cancel_preview()
        edit = self.history.redo()
        return self._restore(edit, edit.after if edit else None)

    def _restore(self, edit: Edit | None, document: Document | None) -> str:
        if edit is None or document is None:
            return ""
        before, self._experiment.document = self.document, document
        self._drop_lost_selection()
        self.document_changed.emit(
            Change(edit.label, before, document, is_restored=True)
        )
        self._follow_datasets(before)
        self.saved_changed.emit(self.history.is_saved)
        return edit.label

    def _follow_datasets(self, before: Document) -> None:
        """Another dataset of a movie's file is another movie for whoever shows it."""
        if before.datasets is self.document.datasets:
            return
        here = self._playhead
        if here is not None:
            last = len(self._experiment.movie(here.movie)) - 1
            self._playhead = Playhead(here.movie, min(here.frame, last))
        self.experiment_changed.emit()
        self.playhead_changed.emit(self._playhead)

    def mark_saved(self) -> None:
        """Say that the present document is on disk."""
        self.history.mark_saved()
        self.saved_changed.emit(True)

    @property
    def has_unsaved_edits(self) -> bool:
        """Whether the document differs from the one on disk."""
        return not self.history.is_saved

    # -- tables -------------------------------------------------------------------

    def table(self, kind: str, movie: str | None = None) -> pd.DataFrame:
        """All rows of a kind with every derived column."""
        return self._builder.kind(kind, movie)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables of all kinds."""
        return self._builder.tables()

    def signals(self, movie: str) -> pd.DataFrame:
        """The record at every frame of a movie."""
        return self._builder.signals(movie)

    # -- playhead -----------------------------------------------------------------

    @property
    def playhead(self) -> Playhead | None:
        """The current moment; None without a movie."""
        return self._playhead

    @property
    def movie(self) -> Movie | None:
        """The movie under the playhead."""
        if self._playhead is None:
            return None
        return self._experiment.movie(self._playhead.movie)

    @property
    def time_ns(self) -> int | None:
        """Start of the current frame on the experiment's clock, if it has a time."""
        movie = self.movie
        if movie is None or movie.times is None or self._playhead is None:
            return None
        times = self._experiment.frame_times(movie.name)
        return int(times.start_ns[self._playhead.frame])

    def go_to(self, frame: int, movie: str | None = None) -> None:
        """Move the playhead to a frame; beyond the ends, to the nearest one.

        Raises
        ------
        ExperimentError
            There is no movie, or none of that name.
        """
        if movie is None:
            if self._playhead is None:
                raise ExperimentError("There is no movie to move in.")
            movie = self._playhead.movie
        last = len(self._experiment.movie(movie)) - 1
        target = Playhead(movie, int(np.clip(frame, 0, last)))
        if target != self._playhead:
            self._playhead = target
            self.playhead_changed.emit(target)
            self._carry_selection()

    def seek(self, time_ns: int) -> None:
        """Move the playhead to the frame shown at a time of the experiment's clock.

        The movie that covers the time is taken, the present one first; outside all
        movies, the nearest end.
        """
        choice = self._covering(time_ns)
        if choice is not None:
            name, times = choice
            self.go_to(times.frame_at(time_ns), name)

    def _covering(self, time_ns: int) -> tuple[str, FrameTimes] | None:
        best: tuple[int, str, FrameTimes] | None = None
        present = self._playhead.movie if self._playhead else ""
        names = [movie.name for movie in self._experiment.movies]
        for name in sorted(names, key=lambda n: n != present):
            if self._experiment.movie(name).times is None:
                continue
            times = self._experiment.frame_times(name)
            first, last = times.span_ns
            away = max(first - time_ns, time_ns - last, 0)
            if best is None or away < best[0]:
                best = (away, name, times)
        return None if best is None else best[1:]

    # -- selection and range ------------------------------------------------------

    @property
    def selection(self) -> frozenset[str]:
        """Ids of the selected rows."""
        return self._selection

    def select(self, ids: Iterable[str], *, follow: bool = False) -> None:
        """Select rows; with `follow`, a single one brings its frame up."""
        chosen = frozenset(ids) & frozenset(self.document.records)
        if chosen != self._selection:
            self._selection = chosen
            self.selection_changed.emit(chosen)
        if follow and len(chosen) == 1:
            record = self.document.records[next(iter(chosen))]
            if any(m.name == record.movie for m in self._experiment.movies):
                self.go_to(record.frame, record.movie)

    def _carry_selection(self) -> None:
        """Let a selected row hand over to the row of the same thing on this frame.

        What the docks show and what Delete takes is then what the user sees. Events
        are no series, and several selected rows were chosen as they are.
        """
        here, chosen = self._playhead, tuple(self._selection)
        if here is None or len(chosen) != 1:
            return
        record = self.document.records[chosen[0]]
        if record.kind == "event" or Playhead(record.movie, record.frame) == here:
            return
        rows = self.document.rows_alike(record)
        there = [r.id for r in rows if Playhead(r.movie, r.frame) == here]
        if there:
            self.select(there[-1:])

    def _drop_lost_selection(self) -> None:
        kept = self._selection & frozenset(self.document.records)
        if kept != self._selection:
            self._selection = kept
            self.selection_changed.emit(kept)

    @property
    def range_ns(self) -> tuple[int, int] | None:
        """The selected stretch of time, or None for all."""
        return self._range_ns

    def set_range(self, range_ns: tuple[int, int] | None) -> None:
        """Select a stretch of time on the experiment's clock."""
        if range_ns is not None:
            range_ns = (min(range_ns), max(range_ns))
        if range_ns != self._range_ns:
            self._range_ns = range_ns
            self.range_changed.emit(range_ns)

    # -- marking a moment of the trace ---------------------------------------------

    @property
    def is_marking(self) -> bool:
        """Whether the next click on the timeline marks a moment."""
        return self._is_marking

    def set_marking(self, is_marking: bool) -> None:
        """Ask the timeline for a moment, or stop asking."""
        if is_marking != self._is_marking:
            self._is_marking = is_marking
            self.marking_changed.emit(is_marking)

    def mark_moment(self, time_ns: int) -> None:
        """Answer: the user clicked at this moment."""
        self.set_marking(False)
        self.moment_marked.emit(int(time_ns))

    def say(self, sentence: str) -> None:
        """Tell the user something that is not an error."""
        self.message.emit(sentence)
