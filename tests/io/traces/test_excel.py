"""Workbooks: which sheet is the record, numbers and units as a spreadsheet has them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.trace import Trace
from records import workbook

pytest.importorskip("openpyxl")

TIME = [0.0, 5.0, 10.0, 15.0, 20.0, 25.0]
AT = datetime(2024, 3, 14, 9, 30)
HEADER = ["Date_Time", "Test_Time(s)", "Cycle_Index", "Voltage(V)", "Current(A)"]
ROWS = [[AT + timedelta(seconds=t), t, 1, 3 + t / 100, 1e-3] for t in TIME]


def read(tmp_path: Path, sheets: dict[str, list[list[object]]]) -> Trace:
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(sheets))
    return read_trace(path)


def check(trace: Trace) -> None:
    assert trace.frame.time_s.tolist() == TIME
    np.testing.assert_allclose(trace.values("potential_V"), 3 + np.array(TIME) / 100)
    assert set(trace.values("current_A")) == {1e-3}


def test_the_record_is_the_sheet_with_most_signals_and_rows(tmp_path) -> None:
    """Not the one of statistics, nor a spectrum, nor one without a current."""
    statistics = [[*HEADER, "Vmax(V)"], *([AT, t, 1, 3.0, 0.0, 4] for t in (9.0, 25.0))]
    potentials = [["Test_Time(s)", "Voltage(V)"], *([float(t), 9.0] for t in range(9))]
    spectrum = [["Freq", "Zmod", "Zphz"], [1e3, 0.02, 0.0], [1e2, 0.03, 9.0]]
    sheets = {
        "Statistics": statistics,
        "Raw": potentials,
        "ACIM": spectrum,
        "Channel": [HEADER, *ROWS],
    }
    trace = read(tmp_path, sheets)
    check(trace)
    assert trace.start == AT
    assert trace.metadata["sheets"] == ["Channel"]
    assert "Statistics, Raw, ACIM" in trace.warnings[0]


def test_sheets_of_one_header_go_on_or_are_records_of_their_own(tmp_path) -> None:
    parts = {"1": [HEADER, *ROWS[:3]], "2": [HEADER, *ROWS[3:]]}
    check(read(tmp_path, parts))
    trace = read(tmp_path, {"A": [HEADER, *ROWS], "B": [HEADER, *ROWS]})
    check(trace)
    assert "records of their own were left out: B" in trace.warnings[0]


def test_numbers_that_are_text_with_a_decimal_comma(tmp_path) -> None:
    rows = [[f"{t:.1f}", f"{3 + t / 100:.2f}", "1.00"] for t in TIME]
    commas = [[cell.replace(".", ",") for cell in row] for row in rows]
    check(read(tmp_path, {"a": [["Zeit (s)", "U (V)", "I (mA)"], *commas]}))


def test_a_line_of_units_below_the_names(tmp_path) -> None:
    rows = [[t, 3 + t / 100, 1.0] for t in TIME]
    sheets = {"a": [["by me"], ["Time", "Ewe", "I"], ["s", "V", "mA"], *rows]}
    trace = read(tmp_path, sheets)
    check(trace)
    assert trace.metadata["mapping"]["columns"]["potential_V"] == ["Ewe", "V"]


def test_times_of_a_spreadsheet(tmp_path) -> None:
    rows = [[timedelta(seconds=t), 3 + t / 100, 1e-3] for t in TIME]
    check(read(tmp_path, {"a": [["TestTime", "Voltage/V", "Current/A"], *rows]}))


@pytest.mark.parametrize(
    ("header", "what"),
    [
        (["Frequency (Hz)", "Re(Z)/Ohm", "Time (s)"], "an impedance spectrum"),
        (["Potential (V)", "Current (A)", "Index"], "a curve of current"),
    ],
)
def test_what_is_no_record_is_said(tmp_path, header, what) -> None:
    rows = [[1e4 / (k + 1), k * 0.1, k * 1.0] for k in range(6)]
    with pytest.raises(ReadError, match=f"its sheet 'a' is {what}"):
        read(tmp_path, {"a": [header, *rows]})
