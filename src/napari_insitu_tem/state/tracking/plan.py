"""What following rows through frames is: planned, done in a thread, put in place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.session import Session

Direction = Literal["forward", "backward", "all"]


@dataclass(frozen=True)
class Outcome:
    """Rows that were followed.

    Attributes
    ----------
    records
        New rows, and old ones that changed; those that were followed say `tracked`.
    gone
        Ids of tracked rows that hold no longer.
    note
        What happened, in a sentence or two: how many rows, why it stopped.
    """

    records: tuple[Record, ...] = ()
    gone: frozenset[str] = frozenset()
    note: str = ""


def _nothing() -> None:
    """Nothing to be done."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Rows about to be followed.

    Attributes
    ----------
    title
        What is being done, for a progress bar: "Following front 1".
    label
        What was done, for the undo menu.
    movie
        The movie that is read.
    rows
        The rows of a document on which the outcome rests.
    seen
        Those rows when it was planned. Where they are others by the time it is done,
        the outcome is void.
    follow
        Does the work; runs in a thread and changes nothing.
    done
        Called in the main thread after `follow`: keeps what others can use.
    """

    title: str
    label: str
    movie: Movie
    rows: Callable[[Document], tuple[Record, ...]]
    seen: tuple[Record, ...]
    follow: Callable[[Progress], Outcome]
    done: Callable[[], None] = field(default=_nothing)

    def is_open(self, session: Session) -> bool:
        """Whether the movie is still in the experiment, and the same one."""
        movies = session.experiment.movies
        names = [movie.name for movie in movies if movie.frames is self.movie.frames]
        return self.movie.name in names

    def is_current(self, document: Document) -> bool:
        """Whether the document still holds what the plan rests on."""
        now = self.rows(document)
        return len(now) == len(self.seen) and all(
            a is b for a, b in zip(now, self.seen, strict=True)
        )


class Tracker(Protocol):
    """Follows the rows of one kind; registered in `tracking.TRACKERS`."""

    def plan(self, session: Session, direction: Direction) -> Plan:
        """What following the tool's object means now.

        Raises
        ------
        MeasurementError
            There is nothing to follow, or nowhere to.
        """

    def correction(self, session: Session, record: Record) -> Plan | None:
        """What a row that the user just placed or moved changes; None for nothing."""


def chosen_frames(session: Session, movie: str) -> range:
    """Frames of a movie that begin in the selected stretch of time, or all.

    Raises
    ------
    MeasurementError
        The stretch holds no frame of this movie.
    """
    film = session.experiment.movie(movie)
    whole = range(len(film))
    if session.range_ns is None or film.times is None:
        return whole
    first, last = session.range_ns
    start = session.experiment.frame_times(movie).start_ns
    inside = [i for i in whole if first <= start[i] <= last]
    if not inside:
        raise MeasurementError(
            "The selected stretch of time holds no frame of this movie.",
            hint="Select another one in the timeline, or clear it.",
        )
    return range(inside[0], inside[-1] + 1)
