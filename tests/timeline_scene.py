"""A movie, a trace with a gap, and rows to measure on them."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.trace import Trace

FRAMES = 50


def make_movie(name: str = "wire", frames: int = FRAMES, start_s: float = 0.0) -> Movie:
    """One frame in two seconds, exposed for half a second; 0.5 nm a pixel."""
    return Movie.from_array(
        np.zeros((frames, 8, 8), np.uint8),
        name=name,
        pixel_size_nm=0.5,
        times_s=start_s + 2.0 * np.arange(frames),
        exposures_s=0.5,
    )


def make_trace(rows: int = 2001, name: str = "record") -> Trace:
    """0.1 s apart with 20 s missing after half of it; 0 to 2 V; 3 nA; cycle 1."""
    time = 0.1 * np.arange(rows)
    time[rows // 2 :] += 20.0 * (rows > 100)
    return Trace.from_columns(
        {
            "time_s": time,
            "potential_V": np.linspace(0, 2, rows),
            "current_A": np.full(rows, 3e-9),
            "cycle": np.ones(rows, int),
        },
        name=name,
    )


def length(frame: int, px: float, name: str = "NW-A", **fields: Any) -> Record:
    """A row of the expansion table: a line of `px` pixels."""
    return Record.new(
        "expansion",
        object=name,
        movie="wire",
        frame=frame,
        geometry=Geometry.of("line", [[1, 1], [1, 1 + px]]),
        attributes={"quantity": "length"},
        **fields,
    )


def event(label: str, frame: int, end: int | None) -> Record:
    """A row of the event table."""
    more = {} if end is None else {"end_frame": end}
    return Record.new(
        "event",
        object="",
        movie="wire",
        frame=frame,
        geometry=Geometry.nothing(),
        attributes={"label": label, **more},
    )
