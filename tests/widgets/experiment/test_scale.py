"""Pixel size: shown with its source, typed, forgotten, taken back."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.experiment.scale import ScaleSection
from stamped import stamped_movie


@pytest.fixture
def section(qtbot, session):
    section = ScaleSection(session)
    session.document_changed.connect(section.refresh)
    qtbot.addWidget(section)
    return section


def size(session):
    return session.movie.calibration


def test_size_and_source_are_shown(section):
    assert section.state.text() == "0.5 nm/px (given)"
    assert section.size.text() == "0.5 nm/px"
    assert not section.file_button.isEnabled()


def test_typed_size_with_uncertainty_is_one_undoable_step(section, session):
    section.size.setValue(0.25)
    section.spread.setValue(2.0)
    section.set_button.click()
    assert (size(session).x_nm, size(session).u_relative) == (0.25, 0.02)
    assert section.state.text() == "0.25 nm/px +/- 2 % (typed)"
    assert session.history.undo_label == "set pixel size of wire"
    session.undo()
    assert size(session).x_nm == 0.5
    assert section.size.value() == 0.5


def test_enter_in_a_field_sets_it(qtbot, section, session):
    section.size.selectAll()
    qtbot.keyClicks(section.size, "0.125")
    qtbot.keyClick(section.size, Qt.Key.Key_Return)
    assert size(session).x_nm == 0.125


def test_forgetting_and_taking_that_of_the_file_again(section, session):
    section.clear_button.click()
    assert size(session) is None
    assert "px" in section.state.text()
    assert section.size.number is None
    section.file_button.click()
    assert size(session).x_nm == 0.5


def test_setting_nothing_asks_for_a_size(section, session):
    said = []
    session.message.connect(said.append)
    section.clear_button.click()
    section.set_button.click()
    assert size(session) is None
    assert said == ["Type the size of a pixel first."]


def test_setting_the_same_size_again_is_no_step(section, session):
    section.size.setValue(0.25)
    section.set_button.click()
    before = session.document
    section.set_button.click()
    assert session.document is before


def test_without_a_movie_nothing_can_be_typed(qtbot):
    section = ScaleSection(Session())
    qtbot.addWidget(section)
    assert not section.body.isEnabled()


def test_uncalibrated_movie_says_so(qtbot):
    movie = stamped_movie(pixel_size_nm=None)
    section = ScaleSection(Session(Experiment(movie)))
    qtbot.addWidget(section)
    assert section.state.text().startswith("Uncalibrated")
    assert not section.clear_button.isEnabled()


def test_sizes_that_differ_from_frame_to_frame_are_said_for_the_frame(qtbot):
    sizes = np.repeat([[0.4, 0.4], [0.2, 0.2]], [2, 2], axis=0)
    movie = replace(
        Movie.from_array(np.zeros((4, 9, 9)), times_s=np.arange(4.0)),
        frame_sizes_nm=sizes,
    )
    session = Session(Experiment(movie))
    section = ScaleSection(session)
    qtbot.addWidget(section)
    assert section.state.text().startswith(
        "Each frame has its own: 0.4 nm/px at this one, 0.2 to 0.4 in all."
    )
    session.go_to(3)
    section.follow_frame()
    assert "0.2 nm/px at this one" in section.state.text()
