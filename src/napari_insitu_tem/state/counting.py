"""Frames to measure on: a movie's counts, and the gain that says how they scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.counting import Counting
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Attributes, Record, pairs
from napari_insitu_tem.state.session import Session

#: Attributes that say how a row was placed or measured on its frame.
_PLACING = ("width_px", "gain_counts", "body")


@dataclass(frozen=True, eq=False)
class CountedMovie:
    """A movie as everything that measures on its frames reads it.

    Attributes
    ----------
    movie
        The movie.
    counting
        The gain of its counts and their offset, which is taken off the frames; None
        where the gain is not known.
    """

    movie: Movie
    counting: Counting | None

    @classmethod
    def of(cls, session: Session, name: str) -> CountedMovie:
        """A movie of the open experiment with the gain that is known now."""
        return cls.known(session.experiment.movie(name), session.document)

    @classmethod
    def known(cls, movie: Movie, document: Document) -> CountedMovie:
        """A movie with the gain that a document knows."""
        return cls(movie, document.counting(movie.name))

    @property
    def shape(self) -> tuple[int, ...]:
        """(t, y, x)."""
        return tuple(self.movie.shape)

    @property
    def gain(self) -> float | None:
        """Counts per electron; None where not known."""
        return None if self.counting is None else self.counting.gain

    def frame(self, index: int) -> NDArray[Any]:
        """(y, x) counts of a frame, without the offset where it is known.

        Raises
        ------
        ReadError
            The frame cannot be read.
        """
        return self.in_counts(np.asarray(self.movie.frame(index)))

    def in_counts(self, counts: NDArray[Any]) -> NDArray[Any]:
        """What was made of frames as they are read, without the offset."""
        return counts if self.counting is None else self.counting.without_offset(counts)


def placing(*, width: float | None = None, gain: float | None = None) -> Attributes:
    """How a row was placed on its frame, as attributes."""
    known: dict[str, Any] = {}
    if width is not None:
        known["width_px"] = int(width)
    if gain is not None:
        known["gain_counts"] = float(gain)
    return pairs(known)


def with_placing(
    record: Record, *, width: float | None = None, gain: float | None = None
) -> Record:
    """The row with how it was placed on its frame; without what it said before."""
    kept = {name: v for name, v in record.attributes if name not in _PLACING}
    more = dict(placing(width=width, gain=gain))
    return record.changed(attributes=pairs({**kept, **more}))
