"""What is asked about before it goes, and what is not worth a question."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.unsaved import has_work_at_risk


@pytest.fixture
def session():
    """Movie and record, aligned by themselves when they were opened."""
    noon = datetime(2026, 1, 5, 12)
    session = Session()
    session.add_trace(
        Trace.from_columns(
            {"time_s": [0.0, 9.0], "potential_V": [0.0, 1.0]}, stamp=StartStamp(noon)
        )
    )
    movie = np.zeros((3, 4, 4))
    session.add_movie(Movie.from_array(movie, times_s=[0.0, 1.0, 2.0], start=noon))
    assert session.experiment.alignment().method == "stamps"
    return session


def test_opening_files_is_no_work(session):
    assert session.has_unsaved_edits
    assert not has_work_at_risk(session)


def test_every_kind_of_edit_is_work(session):
    document, name = session.document, session.movie.name
    edits = (
        document.with_calibration(name, Calibration.square(0.5)),
        document.with_interval(name, 2.0),
        replace(document, flipped=frozenset({"trace"})),
        replace(document, settings=replace(document.settings, observer="A")),
    )
    for edited in edits:
        session.edit("edit", edited)
        assert has_work_at_risk(session)
        session.undo()
        assert not has_work_at_risk(session)


def test_typed_alignment_is_work(session):
    experiment = Experiment(session.experiment.movies[0])
    typed = experiment.align(offset_s=2.0).alignment()
    name = session.movie.name
    session.edit("type", session.document.with_alignment(name, typed))
    assert has_work_at_risk(session)


def test_any_edit_of_a_saved_experiment_is_work(session):
    session.experiment.folder = Path("wire.insitu")
    assert has_work_at_risk(session)
    session.mark_saved()
    assert not has_work_at_risk(session)
