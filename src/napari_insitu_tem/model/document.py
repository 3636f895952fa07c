"""Document: everything a user may edit, as one immutable value.

An edit makes a new document that shares what did not change, so undo is going back to
the old one, and what an edit did is the difference of two documents.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.alignment import Alignment
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.counting import Counting
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.errors import ExperimentError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.rate_law import FrontLaw
from napari_insitu_tem.model.record import Record

T = TypeVar("T")


@dataclass(frozen=True)
class EventTerm:
    """A word of the event vocabulary.

    Attributes
    ----------
    label
        The word.
    colour
        Hex colour on the timeline.
    key
        The key that marks it, "" for none.
    """

    label: str
    colour: str
    key: str = ""


DEFAULT_VOCABULARY: tuple[EventTerm, ...] = (
    EventTerm("contact", "#56B4E9", "F2"),
    EventTerm("reaction starts", "#009E73", "F3"),
    EventTerm("reaction ends", "#E69F00", "F4"),
    EventTerm("crack", "#D55E00", "F5"),
    EventTerm("gas bubble", "#CC79A7", "F6"),
    EventTerm("beam off", "#8C8C8C", "F7"),
    EventTerm("note", "#B8A400", "F8"),
)


@dataclass(frozen=True)
class ObjectSettings:
    """What holds for one measured object.

    Attributes
    ----------
    reference_frames
        Frames whose mean is the reference of its expansion; empty: its first frame.
    volume_model
        See the column `volume_model`.
    """

    reference_frames: tuple[int, ...] = ()
    volume_model: str = ""


@dataclass(frozen=True)
class Settings:
    """What holds for the experiment.

    Attributes
    ----------
    u_pick_px
        Standard uncertainty of placing one end by hand, in px.
    observer
        Written into new rows.
    velocity_frames
        Number of a front's picks in the local fit of its velocity.
    """

    u_pick_px: float = 1.0
    observer: str = ""
    velocity_frames: int = 5


def _nothing() -> Mapping[str, T]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Document:
    """All that can be edited and undone.

    Attributes
    ----------
    records
        Id to record, in the order of making.
    objects
        (object name) to its settings.
    alignments
        (movie name) to the history of its alignments; the last one holds.
    calibrations
        (movie name) to the history of typed calibrations; the last one holds, None
        means uncalibrated, and without an entry the file's own holds.
    intervals
        (movie name) to a typed frame interval in s, for movies without times.
    datasets
        (movie name) to the key of the dataset of its file that was chosen; without an
        entry it is the one that was opened.
    drifts
        (movie name) to its drift, corrected or not.
    beams
        (movie name) to how its electron dose is known.
    laws
        Key of a front (`rate_law.law_key`) to the rate laws fitted to it last.
    flipped
        Names of the traces whose current is recorded cathodic positive.
    vocabulary, settings
        See there.
    """

    records: Mapping[str, Record] = field(default_factory=_nothing)
    objects: Mapping[str, ObjectSettings] = field(default_factory=_nothing)
    alignments: Mapping[str, tuple[Alignment, ...]] = field(default_factory=_nothing)
    calibrations: Mapping[str, tuple[Calibration | None, ...]] = field(
        default_factory=_nothing
    )
    intervals: Mapping[str, float] = field(default_factory=_nothing)
    datasets: Mapping[str, str] = field(default_factory=_nothing)
    beams: Mapping[str, Beam] = field(default_factory=_nothing)
    drifts: Mapping[str, MovieDrift] = field(default_factory=_nothing)
    laws: Mapping[str, FrontLaw] = field(default_factory=_nothing)
    flipped: frozenset[str] = frozenset()
    vocabulary: tuple[EventTerm, ...] = DEFAULT_VOCABULARY
    settings: Settings = Settings()

    def of_kind(self, kind: str, movie: str | None = None) -> tuple[Record, ...]:
        """Records of a kind, of one movie or of all, in order."""
        return tuple(
            record
            for record in self.records.values()
            if record.kind == kind and movie in (None, record.movie)
        )

    def rows_alike(self, record: Record) -> list[Record]:
        """Rows of the same thing: kind, movie, object, quantity, front, path.

        A layer between two boundaries and one around a wire are different things.
        """
        shape = record.geometry.shape if record.kind == "sei" else None
        return [
            other
            for other in self.of_kind(record.kind, record.movie)
            if other.object == record.object
            and shape in (None, other.geometry.shape)
            and all(
                other.get(name) == record.get(name)
                for name in ("quantity", "front", "path")
            )
        ]

    def object_names(self) -> tuple[str, ...]:
        """Names of all measured objects, in the order of their first appearance."""
        named = [
            record.object
            for record in self.records.values()
            if record.object and record.kind != "path"
        ]
        return tuple(dict.fromkeys([*self.objects, *named]))

    def object_settings(self, name: str) -> ObjectSettings:
        """Settings of an object; defaults where none were made."""
        return self.objects.get(name, ObjectSettings())

    def with_records(self, records: Iterable[Record]) -> Document:
        """Add records, or replace those with the same id in place."""
        merged = dict(self.records)
        merged.update((record.id, record) for record in records)
        return replace(self, records=MappingProxyType(merged))

    def without_records(self, ids: Iterable[str]) -> Document:
        """Remove records.

        Raises
        ------
        ExperimentError
            There is no such row.
        """
        gone = set(ids)
        unknown = gone - set(self.records)
        if unknown:
            raise ExperimentError(f"There is no row {sorted(unknown)[0]}.")
        kept = {k: v for k, v in self.records.items() if k not in gone}
        return replace(self, records=MappingProxyType(kept))

    def with_object(self, name: str, settings: ObjectSettings) -> Document:
        """Set what holds for an object."""
        return replace(self, objects=_with(self.objects, name, settings))

    def renamed_object(self, old: str, new: str) -> Document:
        """Give an object, with its rows and settings, another name."""
        objects = {new if k == old else k: v for k, v in self.objects.items()}
        rows = [r.changed(object=new) for r in self.records.values() if r.object == old]
        laws = [
            replace(law, object=new) if law.object == old else law
            for law in self.laws.values()
        ]
        renamed = replace(
            self,
            objects=MappingProxyType(objects),
            laws=MappingProxyType({law.key: law for law in laws}),
        )
        return renamed.with_records(rows)

    def with_alignment(self, movie: str, alignment: Alignment) -> Document:
        """Align a movie; the earlier alignments stay in its history."""
        history = (*self.alignments.get(movie, ()), alignment)
        return replace(self, alignments=_with(self.alignments, movie, history))

    def with_calibration(self, movie: str, calibration: Calibration | None) -> Document:
        """Calibrate a movie; the earlier calibrations stay in its history."""
        history = (*self.calibrations.get(movie, ()), calibration)
        return replace(self, calibrations=_with(self.calibrations, movie, history))

    def with_interval(self, movie: str, interval_s: float) -> Document:
        """Type a frame interval."""
        return replace(self, intervals=_with(self.intervals, movie, float(interval_s)))

    def with_dataset(self, movie: str, key: str) -> Document:
        """Choose another dataset of a movie's file."""
        return replace(self, datasets=_with(self.datasets, movie, key))

    def without_typed(self, movie: str) -> Document:
        """Forget what was typed of a movie's frames: scale, interval, drift, beam."""
        parts: dict[str, Any] = {
            name: MappingProxyType(
                {k: v for k, v in getattr(self, name).items() if k != movie}
            )
            for name in ("calibrations", "intervals", "drifts", "beams")
            if movie in getattr(self, name)
        }
        return replace(self, **parts) if parts else self

    def with_beam(self, movie: str, beam: Beam | None) -> Document:
        """Say how a movie's dose is known; None: it is not."""
        if beam is not None:
            return replace(self, beams=_with(self.beams, movie, beam))
        kept = {name: known for name, known in self.beams.items() if name != movie}
        return replace(self, beams=MappingProxyType(kept))

    def counting(self, movie: str) -> Counting | None:
        """The gain of a movie's counts, typed or estimated; None where not known."""
        beam = self.beams.get(movie)
        if beam is None or beam.gain is None:
            return None
        return Counting(beam.gain, beam.offset or 0.0)

    def with_law(self, law: FrontLaw) -> Document:
        """Keep the rate laws of a front; earlier ones of that front give way."""
        return replace(self, laws=_with(self.laws, law.key, law))

    def without_law(self, key: str) -> Document:
        """Forget the rate laws of a front."""
        kept = {name: law for name, law in self.laws.items() if name != key}
        return replace(self, laws=MappingProxyType(kept))

    def with_drift(self, movie: str, drift: MovieDrift | None) -> Document:
        """Set the drift of a movie; None forgets it."""
        rest = {k: v for k, v in self.drifts.items() if k != movie}
        if drift is not None:
            rest[movie] = drift
        return replace(self, drifts=MappingProxyType(rest))

    def corrected_drift(self, movie: str) -> MovieDrift | None:
        """The drift that is corrected in a movie; None where none is."""
        drift = self.drifts.get(movie)
        return drift if drift is not None and drift.is_on else None

    def carried(
        self, geometry: Geometry, movie: str, start: int, stop: int
    ) -> Geometry:
        """A shape of one frame where the drift has moved it in another.

        Unchanged where no drift is corrected.
        """
        drift = self.corrected_drift(movie)
        if drift is None or start == stop or geometry.shape == "none":
            return geometry
        dy, dx = drift.moved(start, stop)
        return geometry.moved(float(dy), float(dx))

    def path_points(self, path: Record, frame: int) -> NDArray[np.float64]:
        """(n, 2) vertices of a path, (y, x), as it lies in a frame."""
        return self.carried(path.geometry, path.movie, path.frame, frame).array()


def without_preview(document: Document, preview: Document, base: Document) -> Document:
    """A document made from a preview, without what only the preview had changed.

    Parameters
    ----------
    document
        Made from `preview` by some edit.
    preview
        Made from `base`, for the time being.
    base
        What holds.
    """
    parts = {
        part.name: getattr(base, part.name)
        for part in fields(Document)
        if getattr(document, part.name) is getattr(preview, part.name)
    }
    if "records" not in parts:
        shown, _ = changed_records(base, preview)
        pending = {k for k in shown if document.records.get(k) is preview.records[k]}
        kept = {
            key: base.records[key] if key in pending else record
            for key, record in document.records.items()
            if key not in pending or key in base.records
        }
        parts["records"] = MappingProxyType(kept)
    elif len(parts) == len(fields(Document)):
        return base
    return replace(document, **parts)


def _with(mapping: Mapping[str, T], key: str, value: T) -> Mapping[str, T]:
    return MappingProxyType({**mapping, key: value})


def changed_records(before: Document, after: Document) -> tuple[set[str], set[str]]:
    """Ids of records that are new or different, and of records that are gone."""
    old, new = before.records, after.records
    touched = {key for key, record in new.items() if old.get(key) is not record}
    return touched, set(old) - set(new)
