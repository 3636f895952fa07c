"""What the dose dock sets and says, without a window."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from napari_insitu_tem.measure.gain import MOVING, OFFSET
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.errors import ExperimentError, MeasurementError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.state.dosing import (
    beam_of,
    change_beam,
    dose_sentence,
    doubts_of,
    earlier_dose,
    needs_counts,
    plan_counts,
    plan_gain,
    put_beam,
    set_beam,
)
from napari_insitu_tem.state.session import Session


def film(**about) -> Movie:
    values = np.full((4, 40, 40), 12, np.uint16)
    return Movie.from_array(values, times_s=2.0 * np.arange(4), **about)


@pytest.fixture
def session() -> Session:
    return Session(Experiment(film(pixel_size_nm=2.0, exposures_s=np.full(4, 0.5))))


def test_nothing_is_known_at_first(session):
    assert dose_sentence(Session()) == "Open a movie first."
    assert dose_sentence(session) == "The dose of this movie is not known yet."
    with pytest.raises(ExperimentError):
        change_beam(Session(), gain=2.0)


def test_what_is_missing_is_said_with_the_place_to_set_it(session):
    bare = Session(Experiment(film()))
    change_beam(bare, way="probe", current_A=1e-11)
    assert dose_sentence(bare) == (
        "Missing: the dwell time and the pixel size. "
        "The pixel size is set in the Experiment dock."
    )
    change_beam(bare, way="parallel", is_on_between=False)
    assert dose_sentence(bare) == (
        "Missing: the illuminated diameter or area and the exposure of a frame."
    )
    change_beam(session, gain=4.0)
    assert dose_sentence(session) == "Missing: the counts of the frames."
    assert needs_counts(session)


def test_counts_read_for_a_typed_gain_are_one_step_with_it(session):
    change_beam(session, gain=3.0, u_gain=0.15)
    plan = plan_counts(session, None)
    found = plan.work(no_progress)
    assert put_beam(session, plan, found, onto=session.document)
    # 4 e on 400 A2 in 0.5 s
    assert dose_sentence(session) == (
        "0.0200 e/Å²/s, 0.0400 e/Å² by the last frame, ±5 %."
    )
    session.undo()
    assert session.document.beams == {}


def test_a_typed_gain_is_no_estimate_any_more(session):
    set_beam(session, Beam(gain=2.0, u_gain=0.1, gain_flag=MOVING))
    assert len(doubts_of(beam_of(session))) == 1
    change_beam(session, gain=3.0)
    beam = beam_of(session)
    assert (beam.gain_source, beam.gain_flag, beam.u_gain) == ("typed", "", None)
    assert doubts_of(beam) == ()


def test_doubts_are_said():
    beam = Beam(gain=2.0, gain_flag=OFFSET, offset=101.5, counts=((0, 1.0),))
    dark, whole = doubts_of(beam)
    assert "101.5 counts" in dark
    assert whole.startswith("Whole frames")
    assert doubts_of(Beam("probe", gain_flag=MOVING)) == ()


def test_a_place_that_is_most_of_the_frame_is_doubted_like_whole_frames(session):
    height, width = session.movie.shape[1:3]
    beam = Beam(gain=2.0, counts=((0, 1.0),))
    most = replace(beam, region=(0, 0, height, width - 1))
    (said,) = doubts_of(most, session.movie)
    assert "of the frame: what the specimen scatters away is missing" in said
    corner = replace(beam, region=(0, 0, height // 4, width // 4))
    assert doubts_of(corner, session.movie) == ()


def test_a_diameter_takes_the_place_of_an_area(session):
    change_beam(session, area_nm2=100.0)
    change_beam(session, diameter_nm=5.0)
    assert beam_of(session).area_nm2 is None
    change_beam(session, area_nm2=100.0)
    assert beam_of(session).diameter_nm is None


def test_frames_without_noise_give_no_gain(session):
    plan = plan_gain(session)
    with pytest.raises(MeasurementError, match="no noise"):
        plan.work(no_progress)
    assert session.document.beams == {}


def test_frames_without_a_rate_are_counted(session):
    sizes = np.full((4, 2), 2.0)
    sizes[2] = np.nan
    movie = film(exposures_s=np.full(4, 0.5))
    object.__setattr__(movie, "frame_sizes_nm", sizes)
    changed = Session(Experiment(movie))
    set_beam(changed, Beam(gain=3.0, counts=((0, 12.0),)))
    assert dose_sentence(changed) == (
        "0.0200 e/Å²/s, 0.0400 e/Å² by the last frame, uncertainty not stated. "
        "1 frame has no rate; the sum goes on with the rate before."
    )


def test_the_same_again_is_no_step(session):
    change_beam(session, gain=3.0)
    document = session.document
    change_beam(session, gain=3.0)
    assert session.document is document
    set_beam(session, None)
    assert session.document.beams == {}


def test_the_doses_of_earlier_movies_add_up_where_asked():
    began = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
    movies = [
        film(
            name=name,
            pixel_size_nm=2.0,
            exposures_s=np.full(4, 0.5),
            start=began + timedelta(minutes=minutes),
        )
        for name, minutes in (("third", 20), ("first", 0), ("second", 10))
    ]
    session = Session(Experiment(movies[0]))
    for movie in movies[1:]:
        session.add_movie(movie)
    beam = {"way": "parallel", "current_A": 1e-9, "diameter_nm": 1000.0}
    rate = 1e-9 / 1.602176634e-19 / (np.pi * 5000.0**2)
    session.go_to(0, "third")
    with pytest.raises(MeasurementError, match="first, which came earlier"):
        earlier_dose(session)
    session.go_to(0, "first")
    change_beam(session, **beam, before_e_A2=5.0)
    assert earlier_dose(session) == 0.0
    for name, frames in (("second", 4), ("third", 8)):
        session.go_to(0, name)
        change_beam(session, **beam)
        change_beam(session, before_e_A2=earlier_dose(session))
        received = 5.0 + rate * 0.5 * frames
        assert beam_of(session).before_e_A2 == pytest.approx(received)
    dose = session.experiment.dose("third")
    assert dose.dose[-1] == pytest.approx(5.0 + rate * 0.5 * 12)


def test_movies_without_a_start_have_no_order(session):
    assert earlier_dose(session) == 0.0
    session.add_movie(film(name="other"))
    with pytest.raises(MeasurementError, match="no order"):
        earlier_dose(session)
