"""Fronts followed through the kymograph of their path, from the user's picks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from napari_insitu_tem.measure.fronts.track import FrontTrack
from napari_insitu_tem.measure.kymograph import Kymograph
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.kymographs import (
    Followed,
    KymographOrder,
    Kymographs,
    kymographs_of,
)
from napari_insitu_tem.state.measuring import path_of, path_record
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking.front_outcome import FrontWriter
from napari_insitu_tem.state.tracking.front_rows import Following, FrontRows
from napari_insitu_tem.state.tracking.plan import (
    Direction,
    Outcome,
    Plan,
    chosen_frames,
)


class FrontTracker:
    """Follows all picked fronts of an object on a path together."""

    def plan(self, session: Session, direction: Direction) -> Plan:
        """See `Tracker`."""
        tool = session.toolbox["front"]
        given = FrontRows.of(
            session.document, path_record(session, tool), tool.object.strip()
        )
        frames = _stretch(session, given, direction)
        names = given.fronts_in(frames)
        if len(frames) < 2:
            raise MeasurementError("There is no other frame to follow the front to.")
        every = max(tool.stride, 1)
        origin = min(r.frame for r in given.picks if r.frame in frames)
        wanted = frozenset(f for f in frames if (f - origin) % every == 0)
        label = f"follow {_listed(names)}"
        return _plan(session, given, frames, names, label, wanted, frozenset(frames))

    def correction(self, session: Session, record: Record) -> Plan | None:
        """Follow again what was tracked between the picks beside this one.

        All picks and all frames of the track are used, since its levels and blur are
        those of the whole. A pick holds the front to about a pixel, so that beyond the
        neighbouring ones nothing depends on this one but through those: these rows
        stay.
        """
        path = path_of(session.document, record)
        if path is None:
            return None
        given = FrontRows.of(session.document, path, record.object)
        name = str(record.get("front"))
        mine = [row.frame for row in given.tracked if row.get("front") == name]
        if not mine:
            return None
        tracked = [row.frame for row in given.tracked]
        used = [*tracked, record.frame]
        frames = range(min(used), max(used) + 1)
        names = given.fronts_in(frames)
        others = [r.frame for r in given.picks if r.get("front") == name]
        after = min((f for f in others if f > record.frame), default=frames.stop)
        before = max((f for f in others if f < record.frame), default=-1)
        every = _usual_step(mine)
        between = range(max(before + 1, min(mine)), min(after, max(mine) + 1))
        written = frozenset(f for f in between if (f - mine[0]) % every == 0)
        label = "move front and follow it again"
        return _plan(session, given, frames, names, label, written, written)


def _usual_step(frames: list[int]) -> int:
    """Frames from one row to the next, where most are as far apart."""
    steps = np.diff(np.unique(frames))
    return int(np.median(steps)) if steps.size else 1


def _stretch(session: Session, given: FrontRows, direction: Direction) -> range:
    """Frames in which fronts are to be followed."""
    allowed = chosen_frames(session, given.path.movie)
    picks = sorted({row.frame for row in given.picks if row.frame in allowed})
    if not picks:
        where = " in the selected stretch" if session.range_ns is not None else ""
        raise MeasurementError(
            f"No front of {given.object!r} is picked on {given.path.object}{where}.",
            hint="Place it on one frame; the others follow from there.",
        )
    playhead = session.playhead
    here = playhead.frame if playhead is not None else picks[0]
    if playhead is None or playhead.movie != given.path.movie:
        here = picks[0]
    if direction == "forward":
        first = max((f for f in picks if f <= here), default=picks[0])
        return range(first, allowed.stop)
    if direction == "backward":
        last = min((f for f in picks if f >= here), default=picks[-1])
        return range(allowed.start, last + 1)
    return allowed


def _plan(
    session: Session,
    given: FrontRows,
    frames: range,
    names: tuple[str, ...],
    label: str,
    written: frozenset[int],
    cleared: frozenset[int],
) -> Plan:
    """The plan of following fronts.

    Parameters
    ----------
    session, given, frames, names, label
        The fronts `names` are followed through `frames`.
    written, cleared
        Frames that get rows, and frames whose tracked rows go if they get none.
    """
    settings = session.document.settings
    counting = session.document.counting(given.path.movie)
    following = Following(given, frames, names, settings.u_pick_px, counting)
    store = kymographs_of(session)
    order, kept = store.order(given.path), store.of(given.path)
    writer = FrontWriter(following, written, cleared, settings.observer)
    work = _Work(following, writer, kept)

    def make(progress: Progress) -> Kymograph:
        return store.make(order, progress)

    def rows(document: Document) -> tuple[Record, ...]:
        path = document.records.get(given.path.id)
        if path is None or document.corrected_drift(path.movie) != given.drift:
            return ()
        return path, *FrontRows.of(document, path, given.object).rows

    def done() -> None:
        work.keep_in(store, order)

    return Plan(
        title=f"Following {_listed(names)}",
        label=label,
        movie=session.experiment.movie(given.path.movie),
        rows=rows,
        seen=(given.path, *given.rows),
        follow=lambda progress: work.follow(make, progress),
        done=done,
    )


class _Work:
    """One run of a plan, in a thread."""

    def __init__(
        self, following: Following, writer: FrontWriter, kymograph: Kymograph | None
    ) -> None:
        self._following = following
        self._writer = writer
        self._kymograph = kymograph
        self._track: FrontTrack | None = None

    def follow(
        self, make: Callable[[Progress], Kymograph], progress: Progress
    ) -> Outcome:
        """Make the kymograph if need be, follow, and turn it into rows."""
        if self._kymograph is None:
            self._kymograph = make(progress)
        self._track = self._following.track(self._kymograph, progress)
        return self._writer.outcome(self._track)

    def keep_in(self, store: Kymographs, order: KymographOrder) -> None:
        """Let others have the kymograph and the track."""
        if self._kymograph is None or self._track is None:
            return
        store.keep(order, self._kymograph)
        following = self._following
        store.followed[order.path_id] = Followed(
            order,
            following.given.object,
            following.names,
            following.frames,
            following.anchors(),
            self._track,
            following.counting,
        )


def _listed(names: tuple[str, ...]) -> str:
    """Names in a sentence."""
    shown = [name or "front" for name in names]
    if len(shown) < 2:
        return shown[0] if shown else "front"
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
