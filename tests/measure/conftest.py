"""Small experiments and rows for the tests of tables."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.trace import Trace


def make_experiment(pixel_size_nm: float | None = 2.0, **movie: Any) -> Experiment:
    """Ten frames a second apart, from 100 s of a record that falls from 3 V."""
    frames = np.zeros((10, 8, 8), np.uint8)
    movie = {"times_s": np.arange(10.0), "exposures_s": 0.5, **movie}
    film = Movie.from_array(frames, name="wire", pixel_size_nm=pixel_size_nm, **movie)
    time = np.arange(0, 200.0, 0.1)
    columns = {
        "time_s": time,
        "potential_V": 3.0 - 0.01 * time,
        "current_A": np.full(time.size, -1e-6),
        "cycle": np.ones(time.size),
    }
    trace = Trace.from_columns(columns, name="record")
    return Experiment(film, trace).align(offset_s=100.0, u_offset_s=0.2)


def with_records(experiment: Experiment, *records: Record) -> Experiment:
    """The experiment with more rows."""
    experiment.document = experiment.document.with_records(records)
    return experiment


def row(
    kind: str, shape: str, *parts: Any, frame: int = 0, attributes: Any = (), **fields
) -> Record:
    """A row of the object NW-A in the movie wire."""
    return Record.new(
        kind,
        **{"object": "NW-A", "movie": "wire", **fields},
        frame=frame,
        geometry=Geometry.of(shape, *parts),
        attributes=dict(attributes),
    )


def line(
    frame: int = 0, length: float = 10.0, quantity: str = "length", **fields
) -> Record:
    """A horizontal line of a length in px."""
    model = fields.pop("model", "")
    attributes = {"quantity": quantity}
    if model:
        attributes["volume_model"] = model
    ends = [[1, 1], [1, 1 + length]]
    return row("expansion", "line", ends, frame=frame, attributes=attributes, **fields)


@pytest.fixture
def build() -> SimpleNamespace:
    """The functions above."""
    return SimpleNamespace(
        experiment=make_experiment, add=with_records, row=row, line=line
    )
