"""Marking events: instants, and spans that begin with one key and end with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from napari_insitu_tem.model.document import EventTerm
from napari_insitu_tem.model.errors import ExperimentError, MeasurementError
from napari_insitu_tem.model.geometry import Geometry, Point
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.session import Session


def mark_event(
    session: Session,
    label: str,
    *,
    position: Point | None = None,
    with_duration: bool = False,
) -> Record:
    """Mark an event at the playhead.

    With a duration, the first call begins the event and the next one, on a later frame,
    ends it.

    Parameters
    ----------
    session
        The open experiment.
    label
        A word of the vocabulary.
    position
        Where it happened, (y, x) in pixels; the middle of the frame by default.
    with_duration
        Whether the event lasts.

    Raises
    ------
    MeasurementError
        There is no movie.
    """
    playhead, movie = session.playhead, session.movie
    if playhead is None or movie is None:
        raise MeasurementError("Open a movie before marking events.")
    going_on = open_event(session, label) if with_duration else None
    if going_on is not None and going_on.frame != playhead.frame:
        ended = _ended(going_on, playhead.frame)
        session.edit(f"end event {label}", session.document.with_records([ended]))
        session.select([ended.id])
        return ended
    height, width = movie.shape[1:3]
    where = position or ((height - 1) / 2, (width - 1) / 2)
    record = Record.new(
        "event",
        object=session.toolbox["event"].object,
        movie=playhead.movie,
        frame=playhead.frame,
        geometry=Geometry.of("point", where),
        observer=session.document.settings.observer,
        attributes={"label": label}
        | ({} if with_duration else {"end_frame": playhead.frame}),
    )
    session.edit(f"mark event {label}", session.document.with_records([record]))
    session.select([record.id])
    return record


def open_event(session: Session, label: str) -> Record | None:
    """The event of this word that has begun on this movie and not ended."""
    playhead = session.playhead
    if playhead is None:
        return None
    for record in reversed(session.document.of_kind("event", playhead.movie)):
        if record.get("label") == label and record.get("end_frame", None) is None:
            return record
    return None


def _ended(record: Record, frame: int) -> Record:
    first, last = sorted((record.frame, frame))
    return record.changed(frame=first, end_frame=last)


def set_vocabulary(session: Session, terms: Sequence[EventTerm]) -> None:
    """Replace the vocabulary as one step.

    Raises
    ------
    ExperimentError
        Two words or two keys are the same, or a word is empty.
    """
    labels = [term.label.strip() for term in terms]
    keys = [term.key for term in terms if term.key]
    if "" in labels:
        raise ExperimentError("An event needs a word.")
    for what, values in (("word", labels), ("key", keys)):
        double = next((v for v in values if values.count(v) > 1), None)
        if double is not None:
            raise ExperimentError(f"Two events have the {what} {double!r}.")
    document = replace(session.document, vocabulary=tuple(terms))
    session.edit("edit event vocabulary", document)
