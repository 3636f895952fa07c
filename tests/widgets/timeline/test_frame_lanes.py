"""Lanes of dose, image change, and further columns of the record."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtWidgets import QMenu

from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.changes import changes_of
from napari_insitu_tem.state.dosing import change_beam, set_beam
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.menus import fill_lanes_menu, lane_menu
from napari_insitu_tem.widgets.timeline.readout import readings

CHANGE, REFERENCE = "change:before", "change:reference"


def film() -> Movie:
    """Twelve frames; from frame 6 on a square is dark."""
    rng = np.random.default_rng(2)
    counts = np.full((12, 64, 64), 400.0)
    counts[6:, 16:48, 16:48] = 150.0
    return Movie.from_array(
        rng.poisson(counts).astype(np.uint16),
        name="film",
        pixel_size_nm=1.0,
        times_s=2.0 * np.arange(12),
        exposures_s=1.0,
    )


def record() -> Trace:
    time = np.arange(0.0, 60.0)
    return Trace.from_columns(
        {
            "time_s": time,
            "potential_V": time / 60,
            "temperature_degC": 25 + time,
            "Gas flow (mA)": 0.1 * time,
            "bias_V": 1e-3 * time,
            "note": ["x"] * 60,
        },
        name="record",
    )


@pytest.fixture
def session() -> Session:
    return Session(Experiment(film(), record()).align(offset_s=10.0))


@pytest.fixture
def keys(timeline):
    return lambda: [row.key for row in timeline.stack.rows]


def entries(timeline) -> dict[str, QMenu]:
    menu = QMenu(timeline)
    fill_lanes_menu(menu, timeline)
    return {action.text(): action.menu() for action in menu.actions()}


def test_a_known_dose_has_two_lanes(session, timeline, keys, lane):
    assert "dose:rate" not in keys()
    change_beam(session, way="parallel", current_A=1.602176634e-13, area_nm2=1e4)
    assert keys()[-2:] == ["dose:rate", "dose:total"]
    rate, total = lane("dose:rate").lane, lane("dose:total").lane
    assert (rate.title, rate.unit) == ("Dose rate", "e/Å²/s")
    assert (total.title, total.unit) == ("Dose", "e/Å²")
    assert rate.value_bounds(None) == pytest.approx((0.0, 1.0))
    # On the trace's clock a frame of 1 s begins every 2 s from 10 s on.
    assert total.text_at(11.0) == "1 e/Å²"
    assert total.text_at(33.0) == "12 e/Å²"
    assert rate.text_at(9.0) == ""
    set_beam(session, Beam("parallel", current_A=3.2e-13, area_nm2=1e4))
    assert rate.value_bounds(None)[1] == pytest.approx(2.0, rel=0.01)
    session.undo()
    assert total.text_at(33.0) == "12 e/Å²"
    session.undo()
    assert "dose:rate" not in keys()


def test_further_columns_are_offered_with_their_units(timeline, keys, lane):
    more = entries(timeline)["Add lane"]
    texts = [action.text() for action in more.actions()]
    assert texts[:3] == ["Temperature (°C)", "Gas flow (mA)", "Bias (V)"]
    more.actions()[0].trigger()
    row = lane("signal:temperature_degC")
    assert row.isVisible()
    assert (row.lane.title, row.lane.unit) == ("Temperature", "°C")
    assert row.lane.text_at(10.0) == "35 °C"
    assert row.lane.value_bounds(None) == (25.0, 84.0)
    assert "Temperature (°C)" in entries(timeline)
    timeline.stack.show_lane("signal:bias_V", True)
    bias = lane("signal:bias_V").lane
    assert (bias.title, bias.unit) == ("Bias", "mV")
    assert bias.text_at(10.0) == "10.00 mV"
    timeline.stack.show_lane("signal:bias_V", False)
    assert "signal:bias_V" not in keys()


def test_added_lanes_are_remembered(session, timeline, show):
    timeline.stack.show_lane("signal:bias_V", True)
    other = show(session)
    other.restore_view_state(timeline.view_state())
    assert "signal:bias_V" in [row.key for row in other.stack.rows]


def test_image_change_is_computed_when_its_lane_is_added(
    session, timeline, keys, lane, qtbot
):
    assert CHANGE not in keys()
    store = changes_of(session)
    timeline.stack.show_lane(CHANGE, True)
    qtbot.waitUntil(lambda: store.of("film") is not None, timeout=20_000)
    change = store.of("film")
    shown = lane(CHANGE).lane
    assert np.nanargmax(change.dissimilarity) == 6
    # the middle of frame 6
    assert shown.value_at(22.5) == pytest.approx(change.dissimilarity[6])
    assert shown.text_at(22.5).startswith("change 0.")
    # the other lane has what it needs at once
    timeline.stack.show_lane(REFERENCE, True)
    reference = lane(REFERENCE).lane
    assert reference.value_at(22.5) == pytest.approx(change.dissimilarity_reference[6])
    (low, high), _ = lane(CHANGE).view.box.viewRange()
    assert low < high


def test_another_reference_is_taken_from_the_menu(session, timeline, lane, qtbot):
    store = changes_of(session)
    timeline.stack.show_lane(REFERENCE, True)
    qtbot.waitUntil(lambda: store.of("film") is not None, timeout=20_000)
    early = store.of("film").dissimilarity_reference
    assert early[9] > 2 * early[2]
    session.go_to(8)
    menu = lane_menu(timeline, lane(REFERENCE).lane)
    here = next(a for a in menu.actions() if a.text() == "Compare with this frame (8)")
    here.trigger()
    menu.close()
    qtbot.waitUntil(lambda: store.of("film") is not None, timeout=20_000)
    late = store.of("film").dissimilarity_reference
    assert late[2] > 2 * late[9]
    assert lane(REFERENCE).lane.value_at(14.5) == pytest.approx(late[2])


def test_a_lane_that_is_taken_out_stops_computing(session, timeline, keys, qtbot):
    timeline.stack.show_lane(CHANGE, True)
    timeline.stack.show_lane(CHANGE, False)
    assert CHANGE not in keys()
    timeline.stack.show_lane(CHANGE, True)
    qtbot.waitUntil(lambda: changes_of(session).of("film") is not None, timeout=20_000)


def test_a_holders_log_of_its_own_is_one_line(show, qtbot):
    time = np.arange(0.0, 60.0)
    log = Trace.from_columns(
        {"time_s": time + 0.3, "temperature_degC": 25 + time}, name="holder"
    )
    cell = Trace.from_columns({"time_s": time, "potential_V": time / 60}, name="cell")
    timeline = show(Session(Experiment(traces=[cell, log])))
    timeline.stack.show_lane("signal:temperature_degC", True)
    rows = {row.key: row.lane for row in timeline.stack.rows}
    assert rows["signal:temperature_degC"].text_at(10.8) == "35.5 °C"
    assert rows["potential"].text_at(30.5) == "+0.5083 V"


def test_a_log_without_potential_shows_its_first_column_at_once(show):
    log = Trace.from_columns(
        {
            "time_s": np.arange(0, 100, 2.0),
            "temperature_degC": 20 + 0.5 * np.arange(0, 100, 2.0),
            "power_W": np.ones(50),
        }
    )
    session = Session(Experiment(film(), log).align(offset_s=10.0))
    timeline = show(session)
    shown = [row.key for row in timeline.stack.shown_rows]
    assert "signal:temperature_degC" in shown
    assert "signal:power_W" not in shown
    read = {one.name: one.text for one in readings(session)}
    time_s = session.time_ns / 1e9
    assert read["Temperature"] == f"{20 + 0.5 * time_s:.4g} °C"
    timeline.stack.show_lane("signal:temperature_degC", False)
    assert "signal:temperature_degC" not in [r.key for r in timeline.stack.rows]


def test_a_log_that_does_not_cover_a_frame_says_so():
    log = Trace.from_columns({"time_s": [0.0, 1.0], "temperature_degC": [20.0, 21.0]})
    session = Session(Experiment(film(), log).align(offset_s=500.0))
    assert "does not cover" in readings(session)[-1].text
