"""A movie in which two fronts run along a wire that thickens, and its path."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.special import ndtr

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.kymographs import pick_front
from napari_insitu_tem.state.measuring import add_record, new_record
from napari_insitu_tem.state.session import Session

FRAMES, START, END = 40, 5.0, 155.0


def first_front(frame: Any) -> Any:
    """x of the front that moves as the square root of time."""
    return 25 + 14 * np.sqrt(np.asarray(frame, float))


def second_front(frame: Any) -> Any:
    """x of a slower one behind it."""
    return 12 + 0.4 * np.asarray(frame, float)


def make_movie(seed: int = 1, *, fronts: int = 1) -> Movie:
    """Counted electrons, (40, 160) pixels of 0.5 nm, a frame in half a second."""
    rng = np.random.default_rng(seed)
    x, t = np.arange(160), np.arange(FRAMES)[:, None]
    mean = 20 + 8 * ndtr((first_front(t) - x) / 2)
    if fronts == 2:
        mean = mean + 10 * ndtr((second_front(t) - x) / 2)
    frames = rng.poisson(np.broadcast_to(mean[:, None], (FRAMES, 40, 160)))
    return Movie.from_array(
        frames.astype(np.uint16),
        name="wire",
        pixel_size_nm=0.5,
        times_s=0.5 * np.arange(FRAMES),
        exposures_s=0.4,
    )


def make_trace() -> Trace:
    """1 nA for 30 s."""
    time = 0.1 * np.arange(301)
    return Trace.from_columns(
        {"time_s": time, "potential_V": 0 * time, "current_A": 1e-9 + 0 * time},
        name="record",
    )


def make_session(*, fronts: int = 1) -> Session:
    """A session with a path along the wire."""
    experiment = Experiment(make_movie(fronts=fronts), make_trace())
    session = Session(experiment.align(offset_s=0.0))
    session.toolbox.change("path", object="path 1")
    line = Geometry.of("path", [[20.0, START], [20.0, END]])
    add_record(
        session, new_record(session, session.toolbox["path"], line), snap_it=False
    )
    return session


def pick(session: Session, frame: int, x: float, front: str = "front 1") -> Record:
    """Place a front by hand."""
    session.toolbox.change("front", front=front)
    session.go_to(frame)
    (path,) = session.document.of_kind("path")
    record = pick_front(session, path, frame, x - START)
    return add_record(session, record, snap_it=False)


def x_of(record: Record) -> float:
    """Where a front is."""
    return float(record.geometry.array()[0, 1])
