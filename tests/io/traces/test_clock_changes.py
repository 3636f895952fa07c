"""Local times that fall back by an hour: the record runs on."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.io.traces.table_starts import over_clock_changes
from napari_insitu_tem.model.errors import ReadError

CLOCKS = ("02:59:50.500", "02:59:55.500", "02:00:00.500", "02:00:05.500")


def test_a_table_of_dates_runs_on_where_daylight_saving_ends(tmp_path) -> None:
    path = tmp_path / "night.csv"
    rows = [f"2024-10-27 {clock},3.{i},{i}" for i, clock in enumerate(CLOCKS)]
    path.write_text("\n".join(["Date,Voltage (V),Current (mA)", *rows]))
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == [0, 5, 10, 15]
    assert trace.start == datetime(2024, 10, 27, 2, 59, 50, 500000)
    assert trace.values("charge_C")[-1] == pytest.approx(22.5e-3)
    assert "set back from daylight saving" in trace.warnings[0]


def test_absolute_times_of_eclab_do_so_too(tmp_path, eclab) -> None:
    times = [f"10/27/2024 {clock}0" for clock in CLOCKS]
    columns = {"mode": ["3"] * 4, "time/s": times, "Ewe/V": [3.0] * 4}
    path = tmp_path / "a_01_OCV_C01.mpt"
    started = "10/27/2024 02:59:40.500"
    path.write_text(eclab(columns, started=started), encoding="cp1252", newline="")
    assert read_trace(path).frame.time_s.tolist() == [10, 15, 20, 25]


def test_elapsed_times_are_left_alone_by_the_dates_beside_them(tmp_path) -> None:
    path = tmp_path / "both.csv"
    rows = [f"{5 * i},2024-10-27 {c},3.{i},{i}" for i, c in enumerate(CLOCKS)]
    header = "Test Time (s),Date Time,Voltage (V),Current (mA)"
    path.write_text("\n".join([header, *rows]))
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == [0, 5, 10, 15]
    assert trace.start == datetime(2024, 10, 27, 2, 59, 50, 500000)


@pytest.mark.parametrize("clock", ["01:59:00.000", "02:30:00.000", "02:59:55.400"])
def test_times_that_run_backwards_in_another_way_are_refused(tmp_path, clock) -> None:
    path = tmp_path / "back.csv"
    rows = [f"2024-10-27 {c},3.1,1" for c in (*CLOCKS[:2], clock)]
    path.write_text("\n".join(["Date,Voltage (V),Current (mA)", *rows]))
    with pytest.raises(ReadError, match="run backwards"):
        read_trace(path)


def test_each_change_adds_an_hour_but_one_a_year_at_most() -> None:
    year = 365 * 86400.0
    seconds = np.array([0.0, 3500, 100, np.nan, year, year - 3540])
    moved, turns = over_clock_changes(seconds)
    assert turns == 2
    wanted = [0, 3500, 3700, np.nan, year + 3600, year + 3660]
    np.testing.assert_array_equal(moved, wanted)
    latest_first = -3300.0 * np.arange(4)
    assert over_clock_changes(latest_first)[1] == 0
