"""Kymographs of the drawn paths, made when asked for and kept while they hold."""

from __future__ import annotations

import weakref
from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from psygnal import Signal

from napari_insitu_tem.measure.fronts.track import FrontTrack
from napari_insitu_tem.measure.kymograph import Kymograph, reslice
from napari_insitu_tem.measure.paths import point_at, position_along
from napari_insitu_tem.model.counting import Counting
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.measuring import new_record, touched
from napari_insitu_tem.state.session import Session

#: Averaging width in px of a path that says nothing else.
WIDTH_PX = 11

#: A place of a kymograph within so many px of a front belongs to it.
NEAR_PX = 15.0


@dataclass(frozen=True)
class KymographOrder:
    """What a kymograph is made of; two equal orders give the same one.

    Attributes
    ----------
    path_id
        Id of the path's row.
    movie
        Name of the movie.
    geometry
        The path.
    width_px
        Averaging width across it.
    frames
        Tells one movie of that name from another.
    drift
        The drift that is corrected: the path follows it. None: nothing moves.
    drawn
        The frame on which the path was drawn.
    """

    path_id: str
    movie: str
    geometry: Geometry
    width_px: int
    frames: Hashable = None
    drift: MovieDrift | None = None
    drawn: int = 0


@dataclass(frozen=True, eq=False)
class Followed:
    """Fronts as they were last followed along a path.

    Attributes
    ----------
    order
        The kymograph.
    object, names
        Whose fronts, in their order along the path.
    frames
        The stretch of frames; frame `frames[t]` is column t of the track.
    anchors
        Picks and their uncertainties, counted from the first frame.
    track
        What was found.
    counting
        The gain of the movie's counts with which it was.
    """

    order: KymographOrder
    object: str
    names: tuple[str, ...]
    frames: range
    anchors: tuple[dict[int, list[float]], dict[int, list[float]]]
    track: FrontTrack
    counting: Counting | None = None


class Kymographs:
    """The kymographs of a session.

    Attributes
    ----------
    followed
        Path's id to the fronts that were last followed along it.

    Signals
    -------
    made(str)
        The kymograph of this path is there.
    """

    made = Signal(str)

    def __init__(self, session: Session) -> None:
        self._session: Session = weakref.proxy(session)
        self._kept: dict[str, tuple[KymographOrder, Kymograph]] = {}
        self.followed: dict[str, Followed] = {}

    def order(self, path: Record) -> KymographOrder:
        """What the kymograph of a path is made of now."""
        movie = self._session.experiment.movie(path.movie)
        drift = self._session.document.corrected_drift(path.movie)
        if drift is not None and len(drift.shift) != len(movie):
            drift = None
        return KymographOrder(
            path.id,
            path.movie,
            path.geometry,
            width_of(path),
            id(movie.frames),
            drift,
            path.frame if drift is not None else 0,
        )

    def of(self, path: Record) -> Kymograph | None:
        """The kymograph of a path, None while it has to be made (again)."""
        kept = self._kept.get(path.id)
        return kept[1] if kept and kept[0] == self.order(path) else None

    def latest(self, path: Record) -> Kymograph | None:
        """The last one made for a path, even if the path has moved since."""
        kept = self._kept.get(path.id)
        return kept[1] if kept else None

    def make(
        self, order: KymographOrder, progress: Progress = no_progress
    ) -> Kymograph:
        """Make a kymograph; may run in a thread. Nothing is kept.

        Raises
        ------
        ReadError
            A frame cannot be read.
        CancelledError
            The user stopped it.
        """
        movie = self._session.experiment.movie(order.movie)
        drift = order.drift
        return reslice(
            movie,
            order.geometry.array(),
            order.width_px,
            shift=None if drift is None else drift.path_shift(order.drawn),
            progress=progress,
        )

    def keep(self, order: KymographOrder, kymograph: Kymograph) -> None:
        """Keep a kymograph that was made and tell those who wait for it."""
        if self._kept.get(order.path_id) == (order, kymograph):
            return
        self._kept[order.path_id] = order, kymograph
        self.made.emit(order.path_id)


_STORES: weakref.WeakKeyDictionary[Session, Kymographs] = weakref.WeakKeyDictionary()


def kymographs_of(session: Session) -> Kymographs:
    """The kymographs that all widgets of a session share."""
    if session not in _STORES:
        _STORES[session] = Kymographs(session)
    return _STORES[session]


def width_of(path: Record) -> int:
    """Averaging width in px of a path's kymograph."""
    return int(path.get("width_px", WIDTH_PX) or WIDTH_PX)


def set_width(session: Session, path: Record, width_px: int) -> None:
    """Average a path's kymograph over another width, as one step."""
    changed = path.changed(width_px=max(1, int(width_px)))
    session.edit(
        f"set width of {path.object}",
        session.document.with_records([changed]),
        merge_key=f"width {path.id}",
    )


def pick_front(session: Session, path: Record, frame: int, position: float) -> Record:
    """A row for a front at a frame and a position along a path, in px.

    The front and object are those of the session's front tool. Not yet in the document.

    Raises
    ------
    MeasurementError
        The tool lacks an object.
    """
    tool = session.toolbox["front"]
    point = _point_on(session, path, frame, position)
    record = new_record(session, tool, point)
    return record.changed(movie=path.movie, frame=int(frame), path=path.object)


def take_front_near(session: Session, path: Record, frame: int, position: float) -> str:
    """Set the front tool to the front at a place of a kymograph; its name.

    The front of the tool's object that passes within 15 px of the place in that frame,
    its rows being interpolated; else a front that has no row on this path yet: the
    tool's, or one with a new name.
    """
    tool = session.toolbox["front"]
    places: dict[str, dict[int, float]] = {}
    document = session.document
    for row in document.of_kind("front", path.movie):
        if row.object == tool.object and row.get("path") == path.object:
            points = document.path_points(path, row.frame)
            at = position_along(points, row.geometry.array()[0]).position
            places.setdefault(str(row.get("front")), {})[row.frame] = float(at)
    away = {
        name: abs(_interpolated(by_frame, frame) - position)
        for name, by_frame in places.items()
    }
    nearest = min(away, key=lambda name: away[name], default="")
    name = str(tool.get("front"))
    if away and away[nearest] <= NEAR_PX:
        name = nearest
    elif name in places:
        name = _free_front_name(session)
    session.toolbox.change("front", front=name)
    return name


def _interpolated(by_frame: dict[int, float], frame: int) -> float:
    frames = sorted(by_frame)
    return float(np.interp(frame, frames, [by_frame[f] for f in frames]))


def _free_front_name(session: Session) -> str:
    taken = {str(row.get("front")) for row in session.document.of_kind("front")}
    number = 1
    while f"front {number}" in taken:
        number += 1
    return f"front {number}"


def moved_pick(session: Session, path: Record, pick: Record, position: float) -> Record:
    """A pick at another position along its path: manual, unflagged."""
    return touched(pick, _point_on(session, path, pick.frame, position))


def _point_on(session: Session, path: Record, frame: int, position: float) -> Geometry:
    points = session.document.path_points(path, frame)
    return Geometry.of("point", point_at(points, np.float64(position)))
