"""Rate laws are fitted to the chosen front and reported in nm and s."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.model.errors import CancelledError, MeasurementError
from napari_insitu_tem.model.law_columns import LAW_COLUMNS
from napari_insitu_tem.model.progress import no_progress
from napari_insitu_tem.state.laws import laws_of
from napari_insitu_tem.state.laws.fitting import plan_laws
from napari_insitu_tem.state.laws.report import joined_tables
from napari_insitu_tem.state.laws.request import LawRequest
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
    return plan_laws(session, LawRequest(**request)).fit(no_progress)


def known(report, law="parabolic"):
    return {p.name: p for p in report.parameters(law)}


def test_a_parabolic_front_is_told_with_what_is_known(tracked):
    report = fitted(tracked, start=START, onset=ONSET)
    assert (report.best, report.flag, report.source) == ("parabolic", "", "kymograph")
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
    assert (report.best, report.flag) == ("", "not_identifiable")
    assert "neither the start nor the onset" in report.verdict
    for name, truth in (("start", START), ("onset", ONSET)):
        parameter = known(report)[name]
        assert abs(parameter.value - truth) < 4 * parameter.u_value
    assert np.isnan(known(report, "linear-parabolic")["velocity"].value)


def test_the_curve_and_the_residuals_are_in_nm_at_the_frames(tracked):
    report = fitted(tracked, laws=("parabolic",), start=START, onset=ONSET)
    time_s, value = report.curve("parabolic")
    assert time_s[0] == pytest.approx(0.2)
    assert len(time_s) == FRAMES
    truth = 0.5 * (first_front(np.arange(FRAMES)) - 5)
    assert np.abs(value - truth).max() < 0.3
    x, away, u = report.residuals("parabolic")
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
    assert not report.is_there_and_back


def test_a_selected_stretch_is_fitted_alone(tracked):
    tracked.set_range((int(5e9), int(15e9)))
    try:
        report = fitted(tracked, laws=("linear",))
    finally:
        tracked.set_range(None)
    assert report.frames == range(10, 31)
    assert known(report, "linear")["velocity"].value == pytest.approx(1.6, abs=0.3)


def test_the_table_has_the_described_columns(tracked):
    table = joined_tables([fitted(tracked, laws=("parabolic",))])
    assert list(table.columns) == [column.name for column in LAW_COLUMNS]
    assert list(table["parameter"]) == ["start", "onset", "parabolic_constant"]
    assert table["id"].is_unique
    assert list(joined_tables([]).columns) == list(table.columns)


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
    assert report.source == "picks"
    constant = known(report)["parabolic_constant"]
    assert constant.value == pytest.approx(CONSTANT, rel=0.01)
    # Without a track, the kymograph is made and followed for the fit.
    again = fitted(session, laws=("parabolic",), start=START, onset=ONSET)
    assert known(again)["parabolic_constant"].value == pytest.approx(CONSTANT, rel=0.02)


def test_what_is_missing_is_said():
    session = make_session()
    with pytest.raises(MeasurementError, match="too few rows"):
        plan_laws(session, LawRequest())


def test_a_report_is_kept_until_its_rows_change(tracked):
    session = make_session()
    for frame in range(0, FRAMES, 3):
        pick(session, frame, first_front(frame))
    report = fitted(session, laws=("linear",), only_picks=True)
    store, told = laws_of(session), []
    store.changed.connect(lambda: told.append(1))
    store.keep(report)
    assert store.of(report.path.id, "object 1", "front 1") is report
    pick(session, 5, 20.0, "another")
    assert store.every() == []
    assert len(told) == 2
    store.keep(report)
    store.forget(report)
    assert store.every(report.path.id) == []
