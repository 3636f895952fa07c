"""Aligning a movie by a signal of its own that follows one of the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.measure.clocks.result import (
    AMBIGUOUS,
    CONSTANT,
    LOW_CORRELATION,
    NO_OVERLAP,
    WEAK_CORRELATION,
    SignalAlignment,
)
from napari_insitu_tem.measure.clocks.signals import align_signals
from napari_insitu_tem.model.alignment import (
    RATE_TOLERANCE,
    Alignment,
    suspicious_hours,
)
from napari_insitu_tem.model.errors import AlignmentError, ReadError, TimeBaseError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.model.timebase import utc_now
from napari_insitu_tem.state.session import Session

FloatArray = NDArray[np.float64]

#: Columns of the record that are offered, with their names.
COLUMNS = {"charge_C": "charge", "potential_V": "potential", "current_A": "current"}

#: Kinds of rows that are signals, and the columns that tell one from another.
_THINGS = {
    "expansion": ("quantity", "object"),
    "front": ("front", "object"),
    "sei": ("object",),
}
#: Fewest frames of a signal.
_LEAST_FRAMES = 16

_REFUSALS = {
    LOW_CORRELATION: "they do not follow each other more closely than chance.",
    NO_OVERLAP: "they have too little time in common.",
    CONSTANT: "one of them does not change.",
}
_APPARENT = (
    "An apparent offset: what the image does may come later than the current, and that "
    "lag is in it."
)


@dataclass(frozen=True)
class MovieSignal:
    """A number a frame.

    Attributes
    ----------
    name
        For the user: "mean brightness", "diameter of wire".
    kind
        Kind of the rows; "" for the brightness of the frames.
    thing
        (column, value) that its rows have.
    """

    name: str
    kind: str = ""
    thing: tuple[tuple[str, str], ...] = ()


BRIGHTNESS = MovieSignal("mean brightness")


@dataclass(frozen=True, eq=False)
class SignalPlan:
    """An alignment about to be looked for.

    Attributes
    ----------
    title
        What is being done, for a progress bar.
    movie
        Name of the movie.
    names
        The signal of the movie and that of the record.
    find
        Does the work; runs in a thread and changes nothing.
    """

    title: str
    movie: str
    names: tuple[str, str]
    find: Callable[[Progress], SignalAlignment]


def record_columns(session: Session) -> dict[str, str]:
    """Columns of the record that hold numbers, and their names."""
    record = session.experiment.record
    if record is None:
        return {}
    names = COLUMNS | {column: column for column in record.others}
    return {
        column: name
        for column, name in names.items()
        if record.has(column) and np.isfinite(record.values(column)).any()
    }


def movie_signals(session: Session) -> list[MovieSignal]:
    """What the movie under the playhead has a number for in enough frames."""
    movie = session.movie
    if movie is None:
        return []
    found = [BRIGHTNESS]
    for kind, columns in _THINGS.items():
        if not session.document.of_kind(kind, movie.name):
            continue
        table = session.table(kind, movie.name)
        table = table[np.isfinite(table["value"].to_numpy(float))]
        for values, rows in table.groupby(list(columns), sort=False):
            if rows["frame"].nunique() >= _LEAST_FRAMES:
                thing = tuple(zip(columns, map(str, values), strict=True))
                words = [value for _, value in thing if value]
                name = " of ".join(words) if kind != "sei" else f"layer of {words[0]}"
                found.append(MovieSignal(name, kind, thing))
    return found


def plan_signals(
    session: Session,
    signal: MovieSignal,
    column: str,
    within_s: float | None = None,
) -> SignalPlan:
    """What aligning the movie under the playhead by signals means now.

    Parameters
    ----------
    session
        The open experiment.
    signal
        Of the movie.
    column
        Of the record.
    within_s
        How far the offset may be from the present one; None: anywhere.

    Raises
    ------
    AlignmentError
        There is no movie, no record, or not that column.
    TimeBaseError
        The movie has no times.
    """
    movie, record = session.movie, session.experiment.record
    if movie is None or record is None or not record.has(column):
        raise AlignmentError("Open a movie and the potentiostat's record first.")
    if movie.times is None:
        raise TimeBaseError(
            f"{movie.name} has no frame times.", hint="Type its frame interval."
        )
    start, stop = movie.times.windows_ns
    middle = (start + (stop - start) / 2) / 1e9
    rows = _rows(session, signal, len(movie)) if signal.kind else None
    trace_s, values = record.time_ns / 1e9, record.values(column)
    present = session.experiment.alignment(movie.name).offset_s
    within = None if within_s is None else (present - within_s, present + within_s)

    def find(progress: Progress) -> SignalAlignment:
        numbers = brightness(movie, progress) if rows is None else rows
        there = np.isfinite(numbers)
        known = np.isfinite(values)
        return align_signals(
            middle[there],
            numbers[there],
            trace_s[known],
            values[known],
            within=within,
            progress=progress,
        )

    names = signal.name, COLUMNS.get(column, column)
    return SignalPlan(f"Aligning {movie.name} by signals", movie.name, names, find)


def _rows(session: Session, signal: MovieSignal, count: int) -> FloatArray:
    """(T,) mean value of the rows of each frame; NaN without one."""
    movie = session.movie
    assert movie is not None
    table: pd.DataFrame = session.table(signal.kind, movie.name)
    for column, value in signal.thing:
        table = table[table[column].to_numpy(object) == value]
    out = np.full(count, np.nan)
    means = table.groupby("frame")["value"].mean()
    inside = [int(frame) for frame in means.index if 0 <= int(frame) < count]
    out[inside] = means.loc[inside].to_numpy(float)
    return out


def brightness(movie: Movie, progress: Progress) -> FloatArray:
    """(T,) mean of each frame; NaN where it cannot be read.

    Raises
    ------
    CancelledError
        The user stopped it.
    """
    out = np.full(len(movie), np.nan)
    for index in range(len(movie)):
        progress(index, len(movie), "Reading frames")
        try:
            frame = np.asarray(movie.frame(index), dtype=np.float64)
        except ReadError:
            continue
        good = np.isfinite(frame)
        if good.any():
            out[index] = frame[good].mean()
    return out


def alignment_of(fit: SignalAlignment, names: tuple[str, str]) -> Alignment:
    """The alignment that a fit gives.

    Raises
    ------
    AlignmentError
        The signals cannot carry it; says why, and what they do say.
    """
    signal, column = names
    pair = f"{signal} and {column}"
    if fit.flag in _REFUSALS:
        told = f" Their correlation is {fit.correlation:.2f}."
        raise AlignmentError(
            f"Not aligned by {pair}: {_REFUSALS[fit.flag]}"
            f"{told if np.isfinite(fit.correlation) else ''}",
            hint="Choose signals that are proportional to each other, or mark events.",
        )
    if fit.flag == AMBIGUOUS:
        raise AlignmentError(
            f"Not aligned by {pair}: another offset fits about as well as "
            f"{fit.offset_at_pivot:+.2f} s (a cycle more or less).",
            hint="Say how far the offset may be from the present one.",
        )
    u_rate = fit.u_rate if np.isfinite(fit.u_rate) else RATE_TOLERANCE
    note = [
        f"{signal[:1].upper()}{signal[1:]} follows the {column}, "
        f"correlation {abs(fit.correlation):.2f}"
        f"{' (loose: check it)' if fit.flag == WEAK_CORRELATION else ''}.",
        _APPARENT,
        suspicious_hours(fit.offset_at_pivot),
    ]
    return Alignment(
        offset_s=float(fit.offset_at_pivot),
        rate=float(fit.rate),
        pivot_s=float(fit.pivot),
        u_offset_s=float(fit.u_offset_at_pivot),
        u_rate=float(u_rate),
        method="signals",
        note=" ".join(part for part in note if part),
        created_utc=utc_now(),
    )


def set_by_signals(
    session: Session, plan: SignalPlan, fit: SignalAlignment
) -> Alignment:
    """Align the movie as one undoable step.

    Raises
    ------
    AlignmentError
        The signals cannot carry it; nothing is changed.
    """
    alignment = alignment_of(fit, plan.names)
    # Unless the movie was closed meanwhile.
    session.experiment.movie(plan.movie)
    session.edit(
        f"align {plan.movie} by {plan.names[0]} and {plan.names[1]}",
        session.document.with_alignment(plan.movie, alignment),
    )
    return alignment
