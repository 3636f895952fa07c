"""The fronts of an object along a path: its rows, and what is followed from them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.fronts.track import FrontTrack, track_front
from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.measure.paths import position_along
from napari_insitu_tem.model.counting import Counting
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.model.record import Record

#: How far a pick may be wrong in px (1 s.d.) whose snapping found no edge.
_UNSURE_PX = 3.0


@dataclass(frozen=True, eq=False)
class FrontRows:
    """The rows of one object's fronts on one path.

    Attributes
    ----------
    path
        The path's row.
    object
        The object.
    rows
        All fronts of this object on this path, picked or tracked.
    drift
        The drift that is corrected in the movie: the path follows it.
    """

    path: Record
    object: str
    rows: tuple[Record, ...]
    drift: MovieDrift | None = None

    @classmethod
    def of(cls, document: Document, path: Record, name: str) -> FrontRows:
        """The rows that a document has."""
        rows = tuple(
            row
            for row in document.of_kind("front", path.movie)
            if row.object == name and row.get("path") == path.object
        )
        return cls(path, name, rows, document.corrected_drift(path.movie))

    @property
    def picks(self) -> list[Record]:
        """The user's own rows: anchors."""
        return [row for row in self.rows if row.method != "tracked"]

    @property
    def tracked(self) -> list[Record]:
        """Rows that were followed."""
        return [row for row in self.rows if row.method == "tracked"]

    def points(self, frame: int) -> NDArray[np.float64]:
        """(n, 2) vertices of the path as it lies in a frame."""
        points = self.path.geometry.array()
        if self.drift is None:
            return points
        return points + self.drift.moved(self.path.frame, frame)

    def position(self, row: Record) -> float:
        """Distance of a row along the path in px."""
        points = self.points(row.frame)
        return float(position_along(points, row.geometry.array()[0]).position)

    def fronts_in(self, frames: range) -> tuple[str, ...]:
        """Names of the fronts that are picked in these frames, from the path's start.

        Fronts keep their order along a path; it is that of the mean of their picks,
        interpolated to the same frames.
        """
        places: dict[str, dict[int, float]] = {}
        for row in self.picks:
            if row.frame in frames:
                by_frame = places.setdefault(str(row.get("front")), {})
                by_frame[row.frame] = self.position(row)
        every = sorted({frame for by_frame in places.values() for frame in by_frame})

        def middle(name: str) -> float:
            frames, known = zip(*sorted(places[name].items()), strict=True)
            return float(np.mean(np.interp(every, frames, known)))

        return tuple(sorted(places, key=middle))


@dataclass(frozen=True, eq=False)
class Following:
    """Fronts to be followed in a stretch of frames.

    Attributes
    ----------
    given
        The rows there are.
    frames
        The stretch.
    names
        The fronts, in their order along the path.
    u_pick_px
        How far a pick may be wrong where it does not say so itself.
    counting
        The gain of the movie's counts; None where it is not known.
    """

    given: FrontRows
    frames: range
    names: tuple[str, ...]
    u_pick_px: float
    counting: Counting | None = None

    @property
    def gain(self) -> float | None:
        """Counts per electron; None where not known."""
        return None if self.counting is None else self.counting.gain

    def anchors(self) -> tuple[dict[int, list[float]], dict[int, list[float]]]:
        """Frame of the stretch to positions and uncertainties of its fronts, in px."""
        places: dict[tuple[int, int], list[tuple[float, float]]] = {}
        for row in self.given.picks:
            name = str(row.get("front"))
            if row.frame in self.frames and name in self.names:
                key = row.frame - self.frames.start, self.names.index(name)
                found = self.given.position(row), self._unsure(row)
                places.setdefault(key, []).append(found)
        position: dict[int, list[float]] = {}
        spread: dict[int, list[float]] = {}
        for (frame, front), repeats in sorted(places.items()):
            nowhere = [float("nan")] * len(self.names)
            where, u = np.mean(repeats, axis=0).tolist()
            position.setdefault(frame, list(nowhere))[front] = where
            spread.setdefault(frame, list(nowhere))[front] = u
        return position, spread

    def _unsure(self, row: Record) -> float:
        if row.u_pick_px is not None:
            return float(row.u_pick_px)
        return _UNSURE_PX if row.flag else self.u_pick_px

    def track(self, kymograph: Kymograph, progress: Progress) -> FrontTrack:
        """Follow them.

        Raises
        ------
        MeasurementError
            The picks contradict each other, or the path is too short.
        CancelledError
            The user stopped it.
        """
        data = kymograph.data[self.frames.start : self.frames.stop]
        if self.counting is not None:
            data = self.counting.without_offset(data)
        part = Kymograph(data, kymograph.width, kymograph.step, kymograph.path)
        anchors, spread = self.anchors()
        return track_front(
            part,
            gain=self.gain,
            fronts=len(self.names),
            anchors=anchors,
            u_anchors=spread,
            progress=progress,
        )
