"""Outlines followed by `measure.track_region`: a particle that grows and drifts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.track import RegionTrack, track_region
from napari_insitu_tem.measure.sizes import polygon_area
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.counting import CountedMovie, with_placing
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.measuring import label_of, row_to_copy
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking.plan import (
    Direction,
    Outcome,
    Plan,
    chosen_frames,
)

FloatArray = NDArray[np.float64]

#: Most corners of an outline that is kept: more say no more and slow the canvas down.
_CORNERS = 72


class RegionTracker:
    """Follows a drawn outline."""

    def plan(self, session: Session, direction: Direction) -> Plan:
        """See `Tracker`. It goes from the selected row, or the last one before now."""
        tool = session.toolbox["expansion"]
        seed = row_to_copy(session, tool) if session.playhead else None
        if seed is None:
            raise MeasurementError(
                "There is no outline to follow on this frame or before it.",
                hint="Draw one.",
            )
        allowed = chosen_frames(session, seed.movie)
        first = seed.frame if direction == "forward" else allowed.start
        last = seed.frame if direction == "backward" else allowed.stop - 1
        frames = range(min(first, seed.frame), max(last, seed.frame) + 1)
        if len(frames) < 2:
            raise MeasurementError("There is no other frame to follow the outline to.")
        every = max(tool.stride, 1)
        written = frozenset(f for f in frames if (f - seed.frame) % every == 0)
        label = f"follow {label_of(seed)} of {seed.object}"
        return _plan(session, seed, frames, written, label)

    def correction(self, session: Session, record: Record) -> Plan | None:
        """Follow again the tracked outlines that came from this one.

        Those after it, up to the next of the user's own; where there is none before it,
        those before it, which were followed backwards.
        """
        rows = session.document.rows_alike(record)
        own = [r.frame for r in rows if r.method != "tracked" and r.id != record.id]
        tracked = [r.frame for r in rows if r.method == "tracked"]
        after = min((f for f in own if f > record.frame), default=10**9)
        is_first = not any(f < record.frame for f in own)
        mine = [f for f in tracked if record.frame < f < after]
        mine += [f for f in tracked if f < record.frame and is_first]
        if not mine:
            return None
        used = [*mine, record.frame]
        label = f"move {label_of(record)} and follow it again"
        frames = range(min(used), max(used) + 1)
        return _plan(session, record, frames, frozenset(mine), label)


def _plan(
    session: Session,
    seed: Record,
    frames: range,
    written: frozenset[int],
    label: str,
) -> Plan:
    """The plan of following an outline both ways through some frames."""
    present = tuple(session.document.rows_alike(seed))
    movie = CountedMovie.of(session, seed.movie)
    observer = session.document.settings.observer
    work = _Work(movie, seed, present, frames, written, observer)

    def rows(document: Document) -> tuple[Record, ...]:
        return tuple(document.rows_alike(seed))

    return Plan(
        title=f"Following {label_of(seed)} of {seed.object}",
        label=label,
        movie=movie.movie,
        rows=rows,
        seen=present,
        follow=work.follow,
    )


class _Part:
    """Some frames of a movie, read when they are asked for."""

    def __init__(self, movie: CountedMovie, frames: range) -> None:
        self._movie, self._frames = movie, frames
        self.shape = (len(frames), *movie.shape[1:3])

    def __len__(self) -> int:
        return len(self._frames)

    def __getitem__(self, index: int) -> NDArray[Any]:
        return self._movie.frame(self._frames[index])


@dataclass(frozen=True, eq=False)
class _Work:
    """One run of a plan, in a thread."""

    movie: CountedMovie
    seed: Record
    present: tuple[Record, ...]
    frames: range
    written: frozenset[int]
    observer: str

    def follow(self, progress: Progress) -> Outcome:
        """Follow the outline and turn it into rows."""
        own = [r for r in self.present if r.method != "tracked"]
        first = self.frames.start
        track = track_region(
            _Part(self.movie, self.frames),
            self.seed.geometry.array(),
            start=self.seed.frame - first,
            anchors={
                row.frame - first: row.geometry.array()
                for row in own
                if row.frame in self.frames and row.frame != self.seed.frame
            },
            gain=self.movie.gain,
            progress=progress,
        )
        return self._outcome(track, {row.frame for row in own})

    def _outcome(self, track: RegionTrack, own: set[int]) -> Outcome:
        records: list[Record] = []
        gone: set[str] = set()
        lost: Counter[str] = Counter()
        for t, frame in enumerate(self.frames):
            old = [
                r for r in self.present if r.method == "tracked" and r.frame == frame
            ]
            if frame in self.written and frame not in own | {self.seed.frame}:
                if np.isfinite(track.area[t]) and len(track.outline[t]) > 3:
                    records.append(self._row(track, t, old[0] if old else None))
                    old = old[1:]
                else:
                    lost[str(track.flag[t])] += 1
            gone.update(row.id for row in old if row.id != self.seed.id)
        return Outcome(tuple(records), frozenset(gone), self._note(records, lost))

    def _row(self, track: RegionTrack, t: int, old: Record | None) -> Record:
        corners = _thinned(track.outline[t], float(track.area[t]))
        found: dict[str, Any] = {
            "geometry": Geometry.of("polygon", corners),
            "u_pick_px": float(track.u_area[t]) / polygon_area(corners).sensitivity,
            "flag": str(track.flag[t]),
            "method": "tracked",
        }
        if old is None:
            old = Record.new(
                self.seed.kind,
                object=self.seed.object,
                movie=self.seed.movie,
                frame=self.frames[t],
                geometry=found["geometry"],
                observer=self.observer,
                attributes=dict(self.seed.attributes),
            )
        return with_placing(old, gain=self.movie.gain).changed(**found)

    def _note(self, records: list[Record], lost: Counter[str]) -> str:
        """How many rows, how many of them doubted, and where there is no outline."""
        count, doubted = len(records), sum(bool(row.flag) for row in records)
        note = f"{count} row{'s' * (count != 1)} followed"
        note += f", {doubted} of them doubted." if doubted else "."
        for word, number in lost.items():
            frames = "1 frame has" if number == 1 else f"{number} frames have"
            note += f" {frames} none: {in_words(word)}"
        return note


def _thinned(outline: FloatArray, area: float) -> FloatArray:
    """Corners of a closed outline, at most so many, that enclose the same area."""
    corners = outline[:-1]
    if len(corners) > _CORNERS:
        at = np.linspace(0, len(corners), _CORNERS, endpoint=False).astype(int)
        corners = corners[at]
    size = polygon_area(corners).value
    middle = corners.mean(axis=0)
    return np.asarray(middle + (corners - middle) * np.sqrt(area / size))
