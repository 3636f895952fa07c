"""Measurements that a careful user would make on the simulated movies.

Shapes are the true ones, placed in the drifting image with a seeded error of the hand.
Nothing else of the truth goes in.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.alignment import align_by_events, align_by_stamps
from napari_insitu_tem.model.document import (
    DEFAULT_VOCABULARY,
    Document,
    EventTerm,
    ObjectSettings,
    Settings,
)
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record, pairs
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.simulate.bodies import axis_normal
from napari_insitu_tem.simulate.clocks import middles_s
from napari_insitu_tem.simulate.experiment import Simulated
from napari_insitu_tem.simulate.nanowire import Nanowire
from napari_insitu_tem.simulate.sei_electrode import SeiElectrode
from napari_insitu_tem.simulate.truth import FrameTruth, LayerTruth, WireTruth

FloatArray = NDArray[np.float64]
T = TypeVar("T", bound=FrameTruth)

OBSERVER = "example"

#: Words for the moments when the liquid cell is switched.
CELL_TERMS = (
    EventTerm("cell on", "#0072B2", "8"),
    EventTerm("cell off", "#999933", "9"),
)


@dataclass
class Hand:
    """Places points with an error and numbers what it makes.

    Attributes
    ----------
    movie
        Name of the movie.
    u_px
        Standard deviation of the error along each axis.
    rng
        Its source.
    first
        When the first measurement is made; the others follow at ten-second intervals.
    """

    movie: str
    u_px: float
    rng: np.random.Generator
    first: datetime
    made: int = field(default=0, init=False)

    def near(self, points: ArrayLike) -> FloatArray:
        """Points (y, x) with an error, to a thousandth of a pixel."""
        exact = np.asarray(points, dtype=np.float64)
        off = self.rng.normal(0.0, self.u_px, exact.shape)
        return np.asarray(np.round(exact + off, 3))

    def record(
        self,
        kind: str,
        frame: int,
        geometry: Geometry,
        *,
        name: str = "",
        comment: str = "",
        **attributes: Any,
    ) -> Record:
        """A manual record with a reproducible id and date."""
        when = self.first + timedelta(seconds=10 * self.made)
        self.made += 1
        return Record(
            id=f"r{self.rng.bytes(6).hex()[:11]}",
            kind=kind,
            object=name,
            movie=self.movie,
            frame=int(frame),
            geometry=geometry,
            observer=OBSERVER,
            comment=comment,
            created_utc=f"{when:%Y-%m-%dT%H:%M:%S}.000Z",
            attributes=pairs(attributes),
        )


def wire_records(
    made: Simulated[Nanowire, WireTruth], *, u_px: float = 1.0, seed: int = 1
) -> list[Record]:
    """Diameter near the wire's end, the front along the axis, and the events.

    Parameters
    ----------
    made
        The simulated experiment.
    u_px
        Standard deviation of placing a point, along each axis.
    seed
        Of the hand's errors.
    """
    hand = _hand(made, u_px, seed)
    wire, truth = made.specimen, made.truth
    near = wire.stations_nm[0]
    records = []
    for frame in (1, 4, 6, 9, 11, 14, 19, 26, 36, 50, 62):
        ends = _across(wire, near, truth.near_diameter_nm[frame], truth.drift_px[frame])
        records.append(
            hand.record(
                "expansion",
                frame,
                Geometry.of("line", hand.near(ends)),
                name="NW-A",
                quantity="diameter",
                volume_model="cylinder",
            )
        )
    records.append(_axis(hand, wire, truth, frame=20))
    for frame in (8, 9, 11, 13, 16, 20, 26, 32, 40, 48, 56):
        spot = wire.place_px(truth.front_nm[frame], truth.drift_px[frame])
        records.append(
            hand.record(
                "front",
                frame,
                Geometry.of("point", hand.near(spot)),
                name="NW-A",
                front="lithiation",
                path="axis of NW-A",
            )
        )
    return [*records, *_events(hand, made)]


def sei_records(
    made: Simulated[SeiElectrode, LayerTruth], *, u_px: float = 0.7, seed: int = 2
) -> list[Record]:
    """Bands of the SEI over the particle, and the events.

    Parameters
    ----------
    made, u_px, seed
        As for `wire_records`.
    """
    hand = _hand(made, u_px, seed)
    electrode = made.specimen
    moments = made.clocks.to_trace_s(middles_s(made.times))
    angles = np.linspace(-70.0, 70.0, 15)
    records = []
    for frame in (11, 12, 14, 24, 30, 32, 40, 52, 62):
        shift = made.truth.drift_px[frame]
        thickness = electrode.thickness_at(angles, moments[frame])
        inner = electrode.on_arc_px(angles, electrode.radius_nm, shift)
        outer = electrode.on_arc_px(angles, electrode.radius_nm + thickness, shift)
        band = Geometry.of("band", hand.near(inner), hand.near(outer))
        records.append(hand.record("sei", frame, band, name="particle 1"))
    return [*records, *_events(hand, made)]


def wire_document(made: Simulated[Nanowire, WireTruth]) -> Document:
    """The wire's records, its reference frames, and the clocks tied by the events."""
    settings = ObjectSettings(reference_frames=(1, 4, 6), volume_model="cylinder")
    document = Document(settings=Settings(observer=OBSERVER))
    document = document.with_object("NW-A", settings)
    return _aligned(document.with_records(wire_records(made)), made)


def sei_document(made: Simulated[SeiElectrode, LayerTruth]) -> Document:
    """The layer's records, and the clocks tied by the events."""
    document = Document(
        settings=Settings(observer=OBSERVER),
        vocabulary=(*DEFAULT_VOCABULARY, *CELL_TERMS),
    )
    document = document.with_object("particle 1", ObjectSettings())
    return _aligned(document.with_records(sei_records(made)), made)


def event_pairs(made: Simulated[Any, T]) -> list[tuple[float, float]]:
    """(movie time, trace time) in s of the events, as far as the movie shows them.

    An event lies between the middles of the last exposure before it and the first one
    that shows it; the midpoint of the two is what can be said.
    """
    middles = middles_s(made.times)
    found = []
    for event in made.events:
        frame = first_frame_showing(middles, event.movie_time_s)
        between = (middles[frame - 1] + middles[frame]) / 2
        found.append((round(float(between), 3), round(event.trace_time_s, 3)))
    return found


def first_frame_showing(middles: FloatArray, time_s: float) -> int:
    """Index of the first frame whose exposure is at least half after a moment."""
    return int(np.searchsorted(middles, time_s))


def _hand(made: Simulated[Any, T], u_px: float, seed: int) -> Hand:
    morning = made.clocks.movie_start.replace(hour=9, minute=0, second=0, tzinfo=UTC)
    first = morning + timedelta(days=1)
    rng = np.random.default_rng([made.seed, seed])
    return Hand(made.name, u_px, rng, first)


def _across(
    wire: Nanowire, along_nm: float, diameter_nm: float, shift: FloatArray
) -> FloatArray:
    """(2, 2) ends (y, x) of a line across the wire."""
    middle = np.asarray(wire.place_px(along_nm, shift))
    half = np.asarray(axis_normal(wire.angle_deg)) * diameter_nm / 2
    return np.stack(
        [middle - half / wire.pixel_size_nm, middle + half / wire.pixel_size_nm]
    )


def _axis(hand: Hand, wire: Nanowire, truth: WireTruth, frame: int) -> Record:
    """The path along which the front is picked, from the wire's end."""
    shift = truth.drift_px[frame]
    ends = [wire.place_px(along, shift) for along in (0.0, 225.0, 450.0)]
    path = Geometry.of("path", np.round(ends, 3))
    return hand.record("path", frame, path, name="axis of NW-A")


def _events(hand: Hand, made: Simulated[Any, T]) -> list[Record]:
    middles = middles_s(made.times)
    records = []
    for event in made.events:
        frame = last = first_frame_showing(middles, event.movie_time_s)
        if event.end_movie_time_s is not None:
            last = first_frame_showing(middles, event.end_movie_time_s) - 1
        nowhere = Geometry.nothing()
        records.append(
            hand.record("event", frame, nowhere, label=event.label, end_frame=last)
        )
    return records


def _aligned(document: Document, made: Simulated[Any, T]) -> Document:
    """First by the files' stamps, then better by the events."""
    clocks = made.clocks
    by_stamps = align_by_stamps(
        StartStamp(clocks.movie_start), StartStamp(clocks.trace_start)
    )
    interval = made.movie().audit.interval_s
    by_events = align_by_events(event_pairs(made), u_movie_s=interval / np.sqrt(12))
    when = f"{clocks.movie_start + timedelta(days=1):%Y-%m-%d}T08:55:00.000Z"
    for alignment in (by_stamps, by_events):
        document = document.with_alignment(
            made.name, replace(alignment, created_utc=when)
        )
    return document
