"""Reports of layers: an SEI that thickens, thins, jumps; an interphase that stops."""

from __future__ import annotations

import numpy as np
import pytest

EVERY = 3


def follow(desk, every=EVERY):
    """Draw both boundaries on the first frame, and follow them on every n-th one."""
    sides = desk.drawn("inner"), desk.drawn("outer")
    desk.draw("sei", "band", *sides, object="layer", snap=False, stride=every)
    desk.track("sei")
    return desk.table("sei", method="tracked")


def assert_true(desk, rows, every=EVERY):
    """Nearly all frames have a row, within its uncertainty of the truth."""
    assert len(rows) >= 0.95 * ((len(desk.truth) - 1) // every)
    truth = desk.truth["thickness_nm"].to_numpy()[rows["frame"]]
    away = (rows["value"] - truth) / rows["u_value"]
    assert np.sqrt(np.mean(away**2)) < 1.8
    assert abs(np.mean(rows["value"] - truth)) < 0.15


def test_an_sei_thickens(desk):
    desk = desk("sei-thickening")
    rows = follow(desk)
    assert_true(desk, rows)
    last = desk.truth["thickness_nm"].iloc[rows["frame"].iloc[-1]]
    assert rows["value"].iloc[-1] == pytest.approx(last, abs=0.4)
    assert last > 4 * desk.known["first_nm"]


def test_an_sei_thins_to_twelve_nanometres(desk):
    desk = desk("sei-thinning")
    rows = follow(desk)
    assert_true(desk, rows)
    assert rows["value"].iloc[-2:].mean() == pytest.approx(12.2, abs=0.3)


def test_an_interphase_grows_for_forty_seconds_and_stops(desk):
    desk = desk("interphase")
    rows = follow(desk)
    assert_true(desk, rows)
    time = rows["time_s"] + rows["frame_duration_s"] / 2
    growing = time < desk.known["stop_s"] - 1
    growing &= time > desk.known["stop_s"] - 39
    speed = np.polyfit(time[growing], rows["value"][growing], 1)[0]
    assert speed == pytest.approx(desk.known["growth_nm_per_s"], rel=0.02)
    stopped = rows["value"][time > desk.known["stop_s"] + 1]
    assert stopped.mean() == pytest.approx(desk.known["last_nm"], abs=0.3)


def test_an_sei_becomes_thicker_at_a_step_of_the_potential(desk):
    desk = desk("sei-steps")
    rows = follow(desk, every=2)
    assert_true(desk, rows, every=2)
    grown = rows[
        rows["value"] > (desk.known["before_nm"] + desk.known["between_nm"]) / 2
    ]
    first = grown.iloc[0]
    assert abs(first["time_s"] - desk.known["first_step_s"]) <= 60
    assert first["potential_V"] == pytest.approx(desk.known["first_step_V"], abs=0.01)
    assert first["flag"] == "jump"  # so fast that a user should look
