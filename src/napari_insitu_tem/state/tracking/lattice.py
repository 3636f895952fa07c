"""The lattice in a box, measured in the same box on every frame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from napari_insitu_tem.measure.drift.result import NO_DATA
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import MeasurementError, ReadError
from napari_insitu_tem.model.progress import Progress
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.counting import CountedMovie
from napari_insitu_tem.state.doubts import in_words
from napari_insitu_tem.state.lattices import (
    Guess,
    found_in,
    guess_of,
    measured_in,
    with_guess,
)
from napari_insitu_tem.state.measuring import label_of, row_to_copy
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking.plan import (
    Direction,
    Outcome,
    Plan,
    chosen_frames,
)


class LatticeTracker:
    """Measures a box on frame after frame; it stays where it is on the specimen.

    The lattice that was found last is the one that is looked for next, so that it may
    turn and widen as far as it likes, and is not mistaken for another. A frame on which
    it is not seen gets a row without a value that says why.
    """

    def plan(self, session: Session, direction: Direction) -> Plan:
        """See `Tracker`. It goes from the selected row, or the last one before now."""
        tool = session.toolbox["expansion"]
        seed = row_to_copy(session, tool) if session.playhead else None
        if seed is None:
            raise MeasurementError(
                "There is no box to follow on this frame or before it.",
                hint="Draw one.",
            )
        frames = chosen_frames(session, seed.movie)
        every = max(tool.stride, 1)
        after = range(seed.frame + every, frames.stop, every)
        before = range(seed.frame - every, frames.start - 1, -every)
        ways = {"forward": [after], "backward": [before]}.get(
            direction, [after, before]
        )
        if not any(len(way) for way in ways):
            raise MeasurementError("There is no other frame to measure the box on.")
        return _plan(session, seed, ways, f"follow {label_of(seed)} of {seed.object}")

    def correction(self, session: Session, record: Record) -> Plan | None:
        """Measure again the tracked boxes that came from this one.

        Those after it, up to the next row of the user's own; where there is none before
        it, those before it, too.
        """
        rows = session.document.rows_alike(record)
        own = [r.frame for r in rows if r.method != "tracked" and r.id != record.id]
        tracked = [r.frame for r in rows if r.method == "tracked"]
        end = min((f for f in own if f > record.frame), default=10**9)
        ways = [sorted(f for f in tracked if record.frame < f < end)]
        if not any(f < record.frame for f in own):
            ways.append(sorted((f for f in tracked if f < record.frame), reverse=True))
        if not any(ways):
            return None
        label = f"move {label_of(record)} and follow it again"
        return _plan(session, record, ways, label)


def _plan(
    session: Session, seed: Record, ways: Sequence[Sequence[int]], label: str
) -> Plan:
    """The plan of measuring a box along each of some ways."""
    present = tuple(session.document.rows_alike(seed))
    movie = CountedMovie.of(session, seed.movie)
    walk = _Walk(movie, session.document, seed, present)

    def rows(document: Document) -> tuple[Record, ...]:
        return tuple(document.rows_alike(seed))

    return Plan(
        title=f"Following {label_of(seed)} of {seed.object}",
        label=label,
        movie=movie.movie,
        rows=rows,
        seen=present,
        follow=lambda progress: walk.follow(ways, progress),
    )


@dataclass(eq=False)
class _Walk:
    """A box on its way through frames; runs in a thread."""

    movie: CountedMovie
    document: Document
    seed: Record
    present: tuple[Record, ...]
    records: list[Record] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def follow(self, ways: Sequence[Sequence[int]], progress: Progress) -> Outcome:
        """Measure along every way."""
        done, total = 0, sum(map(len, ways))
        for way in ways:
            last, guess = self.seed, found_in(self.seed) or guess_of(self.seed)
            for frame in way:
                progress(done, total, f"frame {frame}")
                done += 1
                last = self._step(last, frame, guess)
                guess = found_in(last) or guess
        progress(total, total, "")
        return Outcome(tuple(self.records), frozenset(self.gone), self._note())

    def _step(self, last: Record, frame: int, guess: Guess) -> Record:
        """The row of a frame: the user's own, or the box of the last one, measured."""
        here = [row for row in self.present if row.frame == frame]
        own = [row for row in here if row.method != "tracked"]
        if own:
            return own[-1]
        self.gone |= {row.id for row in here[1:]}
        row = self._row(here[0] if here else None, last, frame)
        row = with_guess(row, guess)
        try:
            row = measured_in(self.movie, row)
        except ReadError:
            row = row.changed(flag=NO_DATA)
        self.records.append(row)
        return row

    def _row(self, old: Record | None, last: Record, frame: int) -> Record:
        """A row that is not measured yet."""
        here = self.document.carried(last.geometry, last.movie, last.frame, frame)
        if old is not None:
            return old.changed(geometry=here)
        return Record.new(
            self.seed.kind,
            object=self.seed.object,
            movie=self.seed.movie,
            frame=frame,
            geometry=here,
            observer=self.document.settings.observer,
            method="tracked",
            attributes=dict(self.seed.attributes),
        )

    def _note(self) -> str:
        """How many rows, and why some have no value."""
        count = len(self.records)
        note = f"{count} row{'s' * (count != 1)} followed."
        lost = Counter(row.flag for row in self.records if row.flag)
        for word, number in lost.items():
            frames = "1 frame has" if number == 1 else f"{number} frames have"
            note += f" {frames} no value: {in_words(word)}"
        return note
