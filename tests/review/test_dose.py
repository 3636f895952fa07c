"""Dose of a gentle beam, through what the dock asks for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem import Experiment, read_movie, read_trace
from napari_insitu_tem.io.saving.experiment_folder import (
    load_experiment,
    save_experiment,
)
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.simulate.cases import simulate_case
from napari_insitu_tem.simulate.cases.case_files import write_case
from napari_insitu_tem.state.dosing import (
    beam_of,
    change_beam,
    dose_sentence,
    plan_counts,
    plan_empty_region,
    plan_gain,
    put_beam,
)
from napari_insitu_tem.state.session import Session


def follow(session, plan) -> None:
    assert put_beam(session, plan, plan.work(no_progress))


def test_the_dose_of_a_gentle_beam_is_found_from_its_movie_alone(desk):
    at = desk("gentle-beam")
    session, known = at.session, at.known
    follow(session, plan_gain(session))
    follow(session, plan_empty_region(session))
    beam = beam_of(session)
    assert abs(beam.gain - known["gain"]) < 2 * beam.u_gain
    assert beam.u_gain < 0.05 * beam.gain
    dose = session.experiment.dose()
    away = dose.rate - known["dose_rate_e_A2_s"]
    assert np.all(np.abs(away) < 3 * dose.u_rate)
    assert abs(dose.dose[-1] - known["total_dose_e_A2"]) < 2 * dose.u_dose[-1]
    assert dose.u_dose[-1] < 0.05 * dose.dose[-1]


def test_the_counts_of_whole_frames_are_a_lower_limit(desk):
    at = desk("gentle-beam")
    session = at.session
    change_beam(session, gain=at.known["gain"], u_gain=0.0)
    follow(session, plan_counts(session, None))
    total = session.experiment.dose().dose[-1]
    assert 0.9 < total / at.known["total_dose_e_A2"] < 0.99


def test_the_dose_stands_in_every_row_and_in_words(desk):
    at = desk("gentle-beam")
    session = at.session
    at.draw(
        "expansion", "line", [(90, 60), (90, 120)], frame=19, object="p", snap=False
    )
    at.draw("event", "none", frame=39, label="crack")
    assert "dose_e_A2" not in at.table("expansion")
    change_beam(session, gain=at.known["gain"], u_gain=0.2)
    follow(session, plan_empty_region(session))
    row = at.table("expansion").iloc[0]
    assert row["dose_rate_e_A2_s"] == pytest.approx(0.1, rel=0.03)
    assert row["dose_e_A2"] == pytest.approx(10.0, rel=0.01)
    assert row["u_dose_e_A2"] == pytest.approx(0.5, rel=0.02)
    assert at.table("event")["dose_e_A2"][0] == pytest.approx(20.0, rel=0.01)
    assert list(at.table("expansion").columns[-4:]) == [
        "dose_rate_e_A2_s",
        "u_dose_rate_e_A2_s",
        "dose_e_A2",
        "u_dose_e_A2",
    ]
    said = dose_sentence(session)
    assert "e/Å²/s, 20." in said or "e/Å²/s, 19.9" in said
    assert said.endswith("e/Å² by the last frame, ±5 %.")


def test_a_beam_current_says_the_same(desk):
    at = desk("gentle-beam")
    session = at.session
    # 0.1 e/A2/s over a circle of 2 um: 50.3 pA
    current = 0.1 * 1.602176634e-19 * 100 * np.pi / 4 * 2000.0**2
    change_beam(
        session,
        way="parallel",
        current_A=current,
        diameter_nm=2000.0,
        u_current_relative=0.03,
        u_extent_relative=0.02,
    )
    dose = session.experiment.dose()
    assert dose.dose[-1] == pytest.approx(20.0)
    assert dose.u_relative == pytest.approx(0.05)


def test_a_scan_says_the_same(desk):
    at = desk("gentle-beam")
    session = at.session
    # 0.5 e/A2 on pixels of 0.8 nm: 32 e in 5 s / 128**2
    dwell = 5.0 / 128**2
    current = 32 * 1.602176634e-19 / dwell
    change_beam(session, way="probe", current_A=current, dwell_s=dwell)
    dose = session.experiment.dose()
    assert dose.rate == pytest.approx(0.1)
    assert dose.dose[-1] == pytest.approx(20.0)


def test_one_undo_takes_each_step_back(desk):
    session = desk("gentle-beam").session
    before = session.document
    follow(session, plan_gain(session))
    assert session.undo() == "estimate gain of gentle_beam"
    assert session.document is before
    session.redo()
    assert session.experiment.dose() is not None


def test_a_result_is_void_once_the_user_said_something_else(desk):
    session = desk("gentle-beam").session
    plan = plan_gain(session)
    found = plan.work(no_progress)
    change_beam(session, gain=5.0)
    assert not put_beam(session, plan, found)
    assert beam_of(session).gain == 5.0


def test_it_is_saved_and_opened_equal(tmp_path):
    files = write_case(simulate_case("gentle-beam", seed=1), tmp_path / "case")
    session = Session(Experiment(read_movie(files[0]), read_trace(files[1])))
    follow(session, plan_gain(session))
    before = session.signals(session.movie.name)
    folder = tmp_path / "dose.insitu"
    save_experiment(session.experiment, folder, session.tables())
    opened = load_experiment(folder)
    assert opened.document.beams == session.document.beams
    pd.testing.assert_frame_equal(opened.signals_at_frames(), before)
