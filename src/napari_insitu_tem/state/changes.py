"""How much the frames of a movie change: computed when asked for, and kept."""

from __future__ import annotations

import weakref
from dataclasses import dataclass

from psygnal import Signal

from napari_insitu_tem.measure.change import FrameChange, frame_change
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.state.session import Session


@dataclass(frozen=True)
class ChangeOrder:
    """What the change of a movie is computed from.

    Attributes
    ----------
    movie
        Its name.
    reference
        The frame that every frame is compared with, too.
    frames
        Which pixels; another movie of the same name has others.
    """

    movie: str
    reference: int
    frames: int


class Changes:
    """The changes of a session's movies.

    Signals
    -------
    changed(str)
        The change of this movie is there, or another reference holds.
    """

    changed = Signal(str)

    def __init__(self, session: Session) -> None:
        self._session: Session = weakref.proxy(session)
        self._kept: dict[str, tuple[ChangeOrder, FrameChange]] = {}
        self._references: dict[str, int] = {}
        self._running: set[ChangeOrder] = set()

    def order(self, movie: str) -> ChangeOrder:
        """What the change of a movie is to be computed from now."""
        film = self._session.experiment.movie(movie)
        reference = min(self._references.get(movie, 0), len(film) - 1)
        return ChangeOrder(movie, reference, id(film.frames))

    def of(self, movie: str) -> FrameChange | None:
        """The change of a movie, None while it has to be computed (again)."""
        kept = self._kept.get(movie)
        return kept[1] if kept and kept[0] == self.order(movie) else None

    def compare_with(self, movie: str, frame: int) -> None:
        """Take another frame of a movie as the reference."""
        self._references[movie] = int(frame)
        self.changed.emit(movie)

    def make(self, order: ChangeOrder, progress: Progress = no_progress) -> FrameChange:
        """Compute a change; may run in a thread. Nothing is kept.

        Raises
        ------
        CancelledError
            The user stopped it.
        """
        movie = self._session.experiment.movie(order.movie)
        return frame_change(movie, reference=order.reference, progress=progress)

    def begin(self, order: ChangeOrder) -> bool:
        """Say that somebody computes this; False where somebody does already."""
        if order in self._running:
            return False
        self._running.add(order)
        return True

    def give_up(self, order: ChangeOrder) -> None:
        """Say that nobody computes this any more."""
        self._running.discard(order)

    def keep(self, order: ChangeOrder, change: FrameChange) -> None:
        """Keep what was computed and tell those who wait for it."""
        self._running.discard(order)
        self._kept[order.movie] = order, change
        self.changed.emit(order.movie)


_STORES: weakref.WeakKeyDictionary[Session, Changes] = weakref.WeakKeyDictionary()


def changes_of(session: Session) -> Changes:
    """The changes that all widgets of a session share."""
    if session not in _STORES:
        _STORES[session] = Changes(session)
    return _STORES[session]
