"""What following fronts gives: rows that are new, changed, or hold no longer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from napari_insitu_tem.measure.fronts.track import FrontTrack
from napari_insitu_tem.measure.paths import point_at
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.counting import with_placing
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.kymographs import width_of
from napari_insitu_tem.state.tracking.front_rows import Following
from napari_insitu_tem.state.tracking.plan import Outcome

#: A row is put anew when its place moves by more than this part of its uncertainty, or
#: the uncertainty changes by more than this part of itself.
_MOVED = 0.1
#: Doubts of an edge looked for in one frame, which all frames together may settle.
_OF_ONE_FRAME = ("low_contrast", "unresolved", "out_of_frame", "ambiguous")
#: A doubted pick is confirmed within so many uncertainties of where the front is.
_CONFIRMED = 2.0


@dataclass(eq=False)
class FrontWriter:
    """Turns a track into rows.

    Attributes
    ----------
    following
        What was followed.
    written, cleared
        Frames that get rows, and frames whose tracked rows go if they get none.
    observer
        Written into new rows.
    """

    following: Following
    written: frozenset[int]
    cleared: frozenset[int]
    observer: str
    _rows: list[Record] = field(default_factory=list)
    _confirmed: list[Record] = field(default_factory=list)
    _gone: set[str] = field(default_factory=set)
    _lost: Counter[str] = field(default_factory=Counter)

    def outcome(self, track: FrontTrack) -> Outcome:
        """The rows of all fronts; those that hold as they are are left out."""
        for front, name in enumerate(self.following.names):
            self._write(track, front, name)
        known = {row.id: row for row in self.following.given.tracked}
        changed = [row for row in self._rows if known.get(row.id) is not row]
        records = *changed, *self._confirmed
        return Outcome(records, frozenset(self._gone), self._note())

    def _write(self, track: FrontTrack, front: int, name: str) -> None:
        given = self.following.given
        picks = [row for row in given.picks if row.get("front") == name]
        picked = {row.frame for row in picks}
        self._confirmed += [
            row.changed(flag="")
            for row in picks
            if row.flag in _OF_ONE_FRAME and self._confirms(track, front, row)
        ]
        old: dict[int, list[Record]] = {}
        for row in given.tracked:
            if row.get("front") == name:
                old.setdefault(row.frame, []).append(row)
        for t, frame in enumerate(self.following.frames):
            rest = old.get(frame, [])
            if frame in self.written and frame not in picked:
                made = self._row(track, front, t, rest[0] if rest else None)
                if made is None:
                    self._lost[str(track.flag[front, t])] += 1
                else:
                    self._rows.append(made)
                    rest = rest[1:]
            if frame in self.cleared or frame in picked:
                self._gone.update(row.id for row in rest)

    def _confirms(self, track: FrontTrack, front: int, pick: Record) -> bool:
        """Whether the front, sure in the frames beside a pick, is where it was put."""
        t = pick.frame - self.following.frames.start
        count = track.flag.shape[1]
        beside = [s for s in (t - 1, t + 1) if 0 <= s < count]
        if not 0 <= t < count or not beside or any(track.flag[front, beside]):
            return False
        away = abs(
            float(track.position[front, t]) - self.following.given.position(pick)
        )
        u = np.hypot(track.u_position[front, t], self.following.u_pick_px)
        return bool(away <= _CONFIRMED * u)

    def _row(
        self, track: FrontTrack, front: int, t: int, old: Record | None
    ) -> Record | None:
        """The row of a front in a frame, the old one where it holds; None for none."""
        given = self.following.given
        position = float(track.position[front, t])
        if not np.isfinite(position):
            return None
        points = given.points(self.following.frames[t])
        point = point_at(points, np.float64(position))
        found: dict[str, Any] = {
            "geometry": Geometry.of("point", point),
            "u_pick_px": float(track.u_position[front, t]),
            "flag": str(track.flag[front, t]),
            "method": "tracked",
        }
        width, gain = width_of(given.path), self.following.gain
        if old is not None:
            now = with_placing(old, width=width, gain=gain)
            holds = now == old and self._holds(old, position, found)
            return old if holds else now.changed(**found)
        new = Record.new(
            "front",
            object=given.object,
            movie=given.path.movie,
            frame=self.following.frames[t],
            observer=self.observer,
            attributes={
                "front": self.following.names[front],
                "path": given.path.object,
            },
            **found,
        )
        return with_placing(new, width=width, gain=gain)

    def _holds(self, old: Record, position: float, found: dict[str, Any]) -> bool:
        """Whether an old row says the same, as far as its uncertainty tells."""
        if old.flag != found["flag"] or old.u_pick_px is None:
            return False
        u = float(found["u_pick_px"])
        moved = abs(self.following.given.position(old) - position)
        return moved <= _MOVED * u and abs(old.u_pick_px - u) <= _MOVED * u

    def _note(self) -> str:
        """How many rows, how many of them doubted, and where there is no front."""
        count, doubted = len(self._rows), sum(bool(row.flag) for row in self._rows)
        note = f"{count} row{'s' * (count != 1)} followed"
        note += f", {doubted} of them doubted." if doubted else "."
        for word, number in self._lost.items():
            frames = "1 frame has" if number == 1 else f"{number} frames have"
            note += f" {frames} none: {in_words(word)}"
        return note
