"""Shapes followed from frame to frame: the last one is where the next is looked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from napari_insitu_tem.measure.fronts.flags import JUMP, OUT_OF_FRAME
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.counting import CountedMovie, with_placing
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.measuring import label_of, row_to_copy
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking.finding import (
    EdgeFinder,
    Finder,
    FoundShape,
    LayerFinder,
    WireFinder,
)
from napari_insitu_tem.state.tracking.plan import (
    Direction,
    Outcome,
    Plan,
    chosen_frames,
)
from napari_insitu_tem.state.wires import is_wire

#: A shape jumps if a point moves farther than so many times what is usual, and than
#: so many pixels.
_FAR, _LEAST_PX = 6.0, 4.0
#: Moves from which the usual one is known.
_ENOUGH = 5
#: Frames in a row in which it may not be found before it is given up.
_PATIENCE = 5


class ShapeTracker:
    """Follows a drawn shape by finding it on frame after frame.

    Parameters
    ----------
    kind
        The kind of its rows.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def plan(self, session: Session, direction: Direction) -> Plan:
        """See `Tracker`. It goes from the selected row, or the last one before now."""
        tool = session.toolbox[self._kind]
        seed = row_to_copy(session, tool) if session.playhead else None
        if seed is None:
            raise MeasurementError(
                "There is no shape to follow on this frame or before it.",
                hint="Draw one.",
            )
        frames = chosen_frames(session, seed.movie)
        every = max(tool.stride, 1)
        ways = []
        if direction != "backward":
            ways.append(range(seed.frame + every, frames.stop, every))
        if direction != "forward":
            ways.append(range(seed.frame - every, frames.start - 1, -every))
        if not any(len(way) for way in ways):
            raise MeasurementError("There is no other frame to follow the shape to.")
        label = f"follow {label_of(seed)} of {seed.object}"
        return _plan(session, seed, ways, label)

    def correction(self, session: Session, record: Record) -> Plan | None:
        """Follow again the tracked rows that came from this one.

        Those after it, up to the next row of the user's own; where there is none before
        it, those before it, which were followed backwards.
        """
        rows = session.document.rows_alike(record)
        own = [r.frame for r in rows if r.method != "tracked" and r.id != record.id]
        tracked = [r.frame for r in rows if r.method == "tracked"]
        after = min((f for f in own if f > record.frame), default=10**9)
        before = max((f for f in own if f < record.frame), default=-1)
        ways = [sorted(f for f in tracked if record.frame < f < after)]
        if before < 0:
            earlier = [f for f in tracked if f < record.frame]
            ways.append(sorted(earlier, reverse=True))
        ways = [way for way in ways if way]
        if not ways:
            return None
        label = f"move {label_of(record)} and follow it again"
        return _plan(session, record, ways, label)


def _plan(
    session: Session,
    seed: Record,
    ways: Iterable[Iterable[int]],
    label: str,
) -> Plan:
    """The plan of following a shape along each of some ways."""
    present = session.document.rows_alike(seed)
    movie = CountedMovie.of(session, seed.movie)
    find = _finder(session, seed, movie.gain)
    observer = session.document.settings.observer
    walk = _Walk(movie, session.document, seed, tuple(present), observer, find)
    paths = [list(way) for way in ways]

    def rows(document: Document) -> tuple[Record, ...]:
        return tuple(document.rows_alike(seed))

    return Plan(
        title=f"Following {label_of(seed)} of {seed.object}",
        label=label,
        movie=movie.movie,
        rows=rows,
        seen=tuple(present),
        follow=lambda progress: walk.follow(paths, progress),
    )


def _finder(session: Session, seed: Record, gain: float | None) -> Finder:
    """What finds a shape on a frame from where it was on the one before; a new one."""
    width = session.toolbox[seed.kind].width
    if seed.geometry.shape == "band":
        return LayerFinder(gain)
    if is_wire(seed):
        return WireFinder(width, gain)
    body = "" if seed.flag else str(seed.get("body"))
    return EdgeFinder(width, gain, body)


@dataclass(eq=False)
class _Walk:
    """A shape on its way through frames; runs in a thread."""

    movie: CountedMovie
    document: Document
    seed: Record
    present: tuple[Record, ...]
    observer: str
    find: Finder
    records: list[Record] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    missing: list[int] = field(default_factory=list)
    why: dict[int, str] = field(default_factory=dict)

    def follow(self, ways: list[list[int]], progress: Progress) -> Outcome:
        """Go along every way until it ends or the shape is lost."""
        done, total = 0, sum(map(len, ways))
        for way in ways:
            last, lost = self.seed, list[int]()
            moves: list[float] = []
            for frame in way:
                progress(done, total, f"frame {frame}")
                done += 1
                step = self._step(last, frame, moves)
                if step is None:
                    lost.append(frame)
                    if len(lost) > _PATIENCE:
                        break
                    continue
                self.missing += lost
                last, lost = step, []
            if lost:
                where = f"Stopped at frame {lost[0]}: "
                self.notes.append(where + in_words(self.why[lost[0]]))
                self.gone |= self._tracked_in(way[way.index(lost[0]) :])
        self.gone |= self._tracked_in(self.missing)
        progress(total, total, "")
        return Outcome(tuple(self.records), frozenset(self.gone), self._note())

    def _note(self) -> str:
        """How many rows, how many of them doubted, and where it stopped."""
        count, doubted = len(self.records), sum(bool(r.flag) for r in self.records)
        note = f"{count} row{'s' * (count != 1)} followed"
        note += f", {doubted} of them doubted." if doubted else "."
        notes = self.notes
        if self.missing:
            count = len(self.missing)
            why = in_words(self.why[self.missing[0]])
            frames = "1 frame has" if count == 1 else f"{count} frames have"
            notes = [f"{frames} none: {why}", *notes]
        return " ".join([note, *notes])

    def _step(self, last: Record, frame: int, moves: list[float]) -> Record | None:
        """The row of a frame, from the last one; None where it is not found."""
        here = [row for row in self.present if row.frame == frame]
        own = [row for row in here if row.method != "tracked"]
        if own:
            return own[-1]
        start = self.document.carried(last.geometry, last.movie, last.frame, frame)
        found = self._found(frame, start)
        if found.flag:
            self.why[frame] = found.flag
            return None
        self.gone |= {row.id for row in here[1:]}
        row = self._row(
            here[0] if here else None,
            frame,
            geometry=found.geometry,
            u_pick_px=found.u_pick_px,
            flag=found.doubt or (JUMP if _is_jump(found.moved_px, moves) else ""),
            method="tracked",
        ).changed(**dict(found.attributes))
        moves.append(found.moved_px)
        self.records.append(row)
        return row

    def _found(self, frame: int, last: Geometry) -> FoundShape:
        """The shape on a frame; one that cannot be looked for is out of it."""
        image = self.movie.frame(frame)
        try:
            return self.find(image, last)
        except MeasurementError:
            return FoundShape(last, None, OUT_OF_FRAME, 0.0)

    def _tracked_in(self, frames: list[int]) -> set[str]:
        """Ids of tracked rows of frames in which it was not found."""
        lost = set(frames)
        return {r.id for r in self.present if r.method == "tracked" and r.frame in lost}

    def _row(self, old: Record | None, frame: int, **found: Any) -> Record:
        if old is not None:
            return with_placing(old).changed(**found)
        return Record.new(
            self.seed.kind,
            object=self.seed.object,
            movie=self.seed.movie,
            frame=frame,
            observer=self.observer,
            attributes=dict(with_placing(self.seed).attributes),
            **found,
        )


def _is_jump(moved_px: float, moves: list[float]) -> bool:
    """Whether a move is much longer than those before."""
    if len(moves) < _ENOUGH:
        return False
    return moved_px > max(_FAR * float(np.median(moves)), _LEAST_PX)
