"""Rate laws are fitted to the chosen front and reported in nm and s."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem.io.json_text import from_json
from napari_insitu_tem.io.saving.experiment_folder import (
    load_experiment,
    save_experiment,
)
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.errors import CancelledError, MeasurementError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.law_columns import LAW_COLUMNS
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.report.bundle import export_bundle
from napari_insitu_tem.report.law_table import law_table
from napari_insitu_tem.state.journal_lines import apply_edit, edit_line
from napari_insitu_tem.state.laws import laws_of
from napari_insitu_tem.state.laws.fitting import plan_laws
from napari_insitu_tem.state.laws.report import LawReport
from napari_insitu_tem.state.laws.request import LawRequest
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking import plan_tracking, put_tracked
from tracking_scene import FRAMES, first_front, make_session, pick

#: x = 25 px + 14 px sqrt(frame): from 10 nm along the path, (7 nm)**2 a frame of 0.5 s,
#: the first frame's middle being at 0.2 s.
START, ONSET, CONSTANT = 10.0, 0.2, 98.0


@pytest.fixture(scope="module")
def tracked():
    """A session whose front was followed; tests do not edit it."""
    session = make_session()
    pick(session, 10, first_front(10))
    plan = plan_tracking(session, "front", "all")
    outcome = plan.follow(no_progress)
    plan.done()
    put_tracked(session, plan, outcome)
    return session


def fitted(session, **request):
    return LawReport(plan_laws(session, LawRequest(**request)).fit(no_progress))


def known(report, law="parabolic"):
    return {p.name: p for p in report.fit(law).parameters}


def test_a_parabolic_front_is_told_with_what_is_known(tracked):
    report = fitted(tracked, start=START, onset=ONSET)
    assert (report.law.best, report.law.flag) == ("parabolic", "")
    assert report.law.source == "kymograph"
    assert sum(report.weights.values()) == pytest.approx(1)
    assert report.weights["linear"] < 1e-6
    found = known(report)
    constant = found["parabolic_constant"]
    assert abs(constant.value - CONSTANT) < 4 * constant.u_value
    assert constant.u_value < 0.01 * CONSTANT
    assert constant.unit == "nm²/s"
    assert (found["start"].value, found["start"].unit) == (pytest.approx(START), "nm")
    assert found["start"].is_given
    assert report.verdict.startswith("Parabolic, with a weight of")


def test_with_start_and_onset_free_it_says_that_it_cannot_tell(tracked):
    report = fitted(tracked)
    assert (report.law.best, report.law.flag) == ("", "not_identifiable")
    assert "neither the start nor the onset" in report.verdict
    for name, truth in (("start", START), ("onset", ONSET)):
        parameter = known(report)[name]
        assert abs(parameter.value - truth) < 4 * parameter.u_value
    assert known(report, "linear-parabolic")["velocity"].value is None


def test_the_curve_and_the_residuals_are_in_nm_at_the_frames(tracked):
    report = fitted(tracked, laws=("parabolic",), start=START, onset=ONSET)
    time_s, value = report.curve()
    assert time_s[0] == pytest.approx(0.2)
    assert len(time_s) == FRAMES
    truth = 0.5 * (first_front(np.arange(FRAMES)) - 5)
    assert np.abs(value - truth).max() < 0.3
    x, away, u = report.residuals()
    assert x.size == away.size == u.size == FRAMES
    assert 0.6 < np.sqrt(np.mean((away / u) ** 2)) < 1.5


def test_against_the_charge_that_passed(tracked):
    """1 nA: the charge in nC is the time in s since the first frame."""
    report = fitted(tracked, laws=("parabolic",), against="charge")
    constant = known(report)["parabolic_constant"]
    assert constant.unit == "nm²/nC"
    assert abs(constant.value - CONSTANT) < 4 * constant.u_value
    assert known(report)["onset"].unit == "nC"
    given = fitted(tracked, laws=("parabolic",), against="charge", onset=0.0)
    assert known(given)["onset"].is_given
    assert not report.law.is_there_and_back


def test_a_selected_stretch_is_fitted_alone(tracked):
    tracked.set_range((int(5e9), int(15e9)))
    try:
        report = fitted(tracked, laws=("linear",))
    finally:
        tracked.set_range(None)
    assert report.law.frames == range(10, 31)
    assert known(report, "linear")["velocity"].value == pytest.approx(1.6, abs=0.3)


def test_the_table_has_the_described_columns(tracked):
    table = law_table(tracked.document, [fitted(tracked, laws=("parabolic",)).law])
    assert list(table.columns) == [column.name for column in LAW_COLUMNS]
    assert list(table["parameter"]) == ["start", "onset", "parabolic_constant"]
    assert table["id"].is_unique
    assert set(table["stale"]) == {""}
    assert table["fitted_utc"].str.endswith("Z").all()
    assert list(law_table(tracked.document).columns) == list(table.columns)


def test_it_can_be_cancelled(tracked):
    def stop(done, total, text=""):
        raise CancelledError("enough")

    with pytest.raises(CancelledError):
        plan_laws(tracked, LawRequest()).fit(stop)


def test_picks_alone_are_fitted_too():
    session = make_session()
    for frame in range(0, FRAMES, 3):
        pick(session, frame, first_front(frame))
    report = fitted(session, laws=("parabolic",), start=START, only_picks=True)
    assert report.law.source == "picks"
    constant = known(report)["parabolic_constant"]
    assert constant.value == pytest.approx(CONSTANT, rel=0.01)
    # Without a track, the kymograph is made and followed for the fit.
    again = fitted(session, laws=("parabolic",), start=START, onset=ONSET)
    assert known(again)["parabolic_constant"].value == pytest.approx(CONSTANT, rel=0.02)


def test_what_is_missing_is_said():
    session = make_session()
    with pytest.raises(MeasurementError, match="too few rows"):
        plan_laws(session, LawRequest())


@pytest.fixture
def kept():
    """A session with picks and a law that was fitted to them, and kept."""
    session = make_session()
    for frame in range(0, FRAMES, 3):
        pick(session, frame, first_front(frame))
    report = fitted(session, laws=("linear", "parabolic"), start=START, only_picks=True)
    laws_of(session).keep(report.law)
    return session, report.law


def test_a_law_is_kept_as_one_step(kept):
    session, law = kept
    store, told = laws_of(session), []
    store.changed.connect(lambda: told.append(1))
    assert store.of(law.path_id, "object 1", "front 1") == LawReport(law)
    assert session.undo() == "fit rate law of front 1"
    assert store.every() == []
    session.redo()
    assert store.every(law.path_id) == [LawReport(law)]
    store.forget(law)
    assert store.every() == []
    assert len(told) == 3
    assert session.undo() == "forget rate law of front 1"


def test_a_law_whose_rows_changed_is_stale_until_that_is_undone(kept):
    session, _ = kept
    store = laws_of(session)
    pick(session, 5, 20.0)
    assert [report.is_current for report in store.every()] == [False]
    assert set(law_table(session.document)["stale"]) == {"yes"}
    session.undo()
    assert [report.is_current for report in store.every()] == [True]
    pick(session, 5, 20.0, "another")  # it bounds what front 1 can be
    assert not store.every()[0].is_current


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: d.with_calibration("wire", Calibration(0.6, 0.6)),
        lambda d: d.with_interval("wire", 0.7),
        lambda d: d.with_beam("wire", Beam(gain=2.0)),
    ],
    ids=["scale", "clock", "gain"],
)
def test_what_a_law_rests_on(kept, edit):
    session, _ = kept
    session.edit("edit", edit(session.document))
    assert not laws_of(session).every()[0].is_current


def test_what_a_law_does_not_rest_on(kept):
    session, law = kept
    session.edit("rename", session.document.renamed_object("object 1", "NW"))
    (report,) = laws_of(session).every()
    assert report.is_current
    assert report.law.key == f"{law.path_id} NW front 1"
    row = session.document.of_kind("front")[0].changed(comment="well seen")
    session.edit("comment", session.document.with_records([row]))
    assert laws_of(session).every()[0].is_current


def test_a_law_is_saved_with_the_experiment(kept, tmp_path):
    session, law = kept
    save_experiment(session.experiment, tmp_path / "x.insitu", session.tables())
    opened = load_experiment(tmp_path / "x.insitu")
    assert opened.document.laws == {law.key: law}
    again = Session()
    store = laws_of(again)
    again.open(opened)
    assert store.every() == [LawReport(law)]
    assert store.every()[0].verdict == LawReport(law).verdict


def test_a_law_that_cannot_be_told_is_saved_too(tracked, tmp_path):
    law = fitted(tracked).law
    experiment = Experiment()
    experiment.document = experiment.document.with_law(law)
    save_experiment(experiment, tmp_path / "x.insitu", {})
    assert load_experiment(tmp_path / "x.insitu").document.laws == {law.key: law}


def test_a_law_is_in_the_journal(kept):
    session, law = kept
    before = session.document.without_law(law.key)
    line = from_json(edit_line("fit", before, session.document), Path("journal"))
    assert apply_edit(before, line, Path("journal")).laws == {law.key: law}


def test_laws_are_exported_beside_the_tables(kept, tmp_path):
    session, law = kept
    written = export_bundle(session.experiment, session.tables(), tmp_path / "out")
    assert tmp_path / "out" / "rate_laws.csv" in written
    table = pd.read_csv(tmp_path / "out" / "rate_laws.csv")
    assert set(table["law"]) == {"linear", "parabolic"}
    best = table[table["best"] == "yes"]
    assert set(best["law"]) == {law.best}
    row = best.set_index("parameter").loc["parabolic_constant"]
    parameter = known(LawReport(law))["parabolic_constant"]
    assert (row["value"], row["u_value"]) == (parameter.value, parameter.u_value)
    assert row["unit"] == "nm²/s"
    weight = LawReport(law).weights["parabolic"]
    assert row["aicc_weight"] == weight
