"""Aligning a movie with the record: what a dock, a key or a script asks for.

Every function is one undoable step; the earlier alignments stay in the history.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from napari_insitu_tem.model.alignment import (
    Alignment,
    align_by_events,
    align_by_offset,
    suspicious_hours,
)
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import AlignmentError, TimeBaseError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import NS_PER_S, FrameTimes
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.session import Session

Pair = tuple[float, float]

#: Standard deviation of a uniform distribution of width one.
_UNIFORM = 1 / np.sqrt(12)


def with_offset(
    session: Session, movie: str, offset_s: float, u_offset_s: float = float("nan")
) -> Document:
    """The document with a typed offset; not yet in place.

    Raises
    ------
    AlignmentError
        The offset is not a finite number.
    """
    alignment = align_by_offset(offset_s, u_offset_s=u_offset_s)
    return session.document.with_alignment(movie, alignment)


def align_by_start_times(session: Session, movie: str) -> None:
    """Align by the start times in both files.

    Raises
    ------
    AlignmentError
        One of the files has none.
    """
    stamps = session.experiment.suggest_alignment(movie)
    if stamps is None:
        raise AlignmentError(
            f"{movie} and the trace do not both have a start time.",
            hint="Type the offset, or mark the same event in both.",
        )
    aligned = session.document.with_alignment(movie, stamps)
    session.edit(f"align {movie} by start times", aligned)


def align_again(session: Session, movie: str, place: int) -> None:
    """Take an alignment from a movie's history again.

    Parameters
    ----------
    session
        The open experiment.
    movie
        Its name.
    place
        Index into the history.
    """
    alignment = session.document.alignments[movie][place]
    aligned = session.document.with_alignment(movie, alignment)
    session.edit(f"align {movie} as before", aligned)


def alignment_doubts(experiment: Experiment, movie: str) -> tuple[str, ...]:
    """What the user should look at before trusting an alignment, a sentence each.

    An offset of whole or half hours; frames that the record does not cover.
    """
    alignment = experiment.alignment(movie)
    doubts = [suspicious_hours(alignment.offset_s)]
    record = experiment.record
    if record is not None and len(record) and experiment.movie(movie).times is not None:
        doubts.append(_uncovered(experiment.frame_times(movie), record))
    return tuple(doubt for doubt in doubts if doubt)


def _uncovered(times: FrameTimes, record: Trace) -> str:
    begin, end = record.span_ns
    starts, stops = times.windows_ns
    covered = int(np.count_nonzero((stops >= begin) & (starts <= end)))
    if covered == len(times):
        return ""
    if covered:
        return (
            f"The trace covers {covered} of {len(times)} frames; the others have "
            "neither potential nor current."
        )
    first, last = times.span_ns
    return (
        f"Movie and trace do not overlap: the movie runs from {first / 1e9:.6g} to "
        f"{last / 1e9:.6g} s, the trace from {begin / 1e9:.6g} to {end / 1e9:.6g} s."
    )


# -- events marked in both ---------------------------------------------------------


def frame_moment_s(movie: Movie, frame: int) -> float:
    """The moment of the movie's clock when something first seen in a frame happened.

    It was not there yet in the frame before and is there in this one, so it happened
    between the middles of their exposures; halfway is the best guess, a frame interval
    divided by the square root of twelve its standard uncertainty. In the first frame it
    is the middle of the exposure. An unknown exposure counts as none.

    Raises
    ------
    TimeBaseError
        The movie has no times.
    """
    if movie.times is None:
        raise TimeBaseError(
            f"{movie.name} has no frame times.", hint="Type its frame interval."
        )
    start, stop = movie.times.windows_ns
    before = max(frame - 1, 0)
    middles = (start[[before, frame]] + stop[[before, frame]]) / 2
    return float(middles.mean()) / NS_PER_S


def pairs_of(session: Session, movie: str) -> tuple[Pair, ...]:
    """The pairs (movie time, trace time), in s, that the alignment was fitted to."""
    alignment = session.experiment.alignment(movie)
    return alignment.pairs if alignment.method == "events" else ()


def add_pair(session: Session, movie: str, pair: Pair) -> Alignment:
    """Add an event marked in both, and fit.

    Raises
    ------
    AlignmentError
        The pairs contradict each other.
    """
    pairs = sorted([*pairs_of(session, movie), pair])
    return _fit(session, movie, pairs, f"mark event in {movie} and trace")


def remove_pair(session: Session, movie: str, place: int) -> None:
    """Take a pair away, and fit the rest; without any the movie is not aligned."""
    pairs = [pair for i, pair in enumerate(pairs_of(session, movie)) if i != place]
    label = f"remove event from the alignment of {movie}"
    if pairs:
        _fit(session, movie, pairs, label)
    else:
        session.edit(label, session.document.with_alignment(movie, Alignment()))


def _fit(session: Session, movie: str, pairs: Sequence[Pair], label: str) -> Alignment:
    interval = session.experiment.movie(movie).audit.interval_s
    alignment = align_by_events(
        pairs,
        u_movie_s=0.0 if np.isnan(interval) else interval * _UNIFORM,
        u_trace_s=_spacing_s(session, [pair[1] for pair in pairs]) * _UNIFORM,
    )
    session.edit(label, session.document.with_alignment(movie, alignment))
    return alignment


def _spacing_s(session: Session, moments_s: Sequence[float]) -> float:
    """Spacing of the record's samples around moments, root mean square; 0 without."""
    record = session.experiment.record
    if record is None or len(record) < 2:
        return 0.0
    moments = np.asarray(moments_s) * NS_PER_S
    after = np.clip(np.searchsorted(record.time_ns, moments), 1, len(record) - 1)
    spacing = (record.time_ns[after] - record.time_ns[after - 1]) / NS_PER_S
    return float(np.sqrt(np.mean(spacing**2)))
