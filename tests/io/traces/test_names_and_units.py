"""Names of columns that are told by their units, their words or their language."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError
from napari_insitu_tem.model.trace import Trace

TIME = np.arange(40) * 0.5
POTENTIAL = 0.2 + TIME / 100
CURRENT = (TIME + 1) * 1e-6


def read(tmp_path: Path, lines: list[str]) -> Trace:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_trace(path)


def rows_of(form: str) -> list[str]:
    """{t} s, {e} V, {i} A, {c} cycle, {s} step, {m} seconds of the minute."""
    return [
        form.format(t=t, e=e, i=i, c=1 + k // 20, s=1 + k // 10, m=f"{t:06.3f}")
        for k, (t, e, i) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]


def check_values(trace: Trace, *, start: datetime | None, steps: int = 0) -> None:
    np.testing.assert_allclose(trace.frame.time_s, TIME, atol=1e-5)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT, rtol=1e-5)
    assert trace.start == start
    assert not steps or len(set(trace.frame.step)) == steps


def test_neware_with_short_names(tmp_path) -> None:
    header = (
        "Record Index\tStep\tCycle\tRelative Time(h:min:s.ms)\tAbsolute Time\t"
        "Voltage(V)\tCur(mA)\tCapaCity(mAh)"
    )
    rows = [
        f"{k}\t{1 + k // 10}\t{1 + k // 20}\t0:00:0{(k % 10) / 2}\t"
        f"2024-03-14 09:30:{t:04.1f}\t{e}\t{c * 1e3}\t0"
        for k, (t, e, c) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]
    trace = read(tmp_path, [header, *rows])
    check_values(trace, start=datetime(2024, 3, 14, 9, 30), steps=4)


def test_digatron_in_german(tmp_path) -> None:
    header = "Zeitstempel;Schritt;Programmdauer;Schrittdauer;Zyklus;Spannung;Strom"
    units = ";;;;;[V];[A]"
    rows = rows_of("14.03.2024 09:30:00;{s};00:00:{m};00:00:00;{c};{e};{i}")
    trace = read(tmp_path, [f"{header}\n{units}", *rows])
    check_values(trace, start=datetime(2024, 3, 14, 9, 30), steps=4)


@pytest.mark.parametrize(
    "header",
    [
        "Time from start (s),Terminal voltage (V),SMU-1 Current (A)",
        "SMU-1 Time (s),SMU-1 Voltage (V),Amps [A]",
    ],
)
def test_the_only_column_of_its_unit_that_speaks_of_it(tmp_path, header) -> None:
    """Before, such a potential was left out without a word."""
    check_values(read(tmp_path, [header, *rows_of("{t},{e},{i}")]), start=None)


@pytest.mark.parametrize(
    "header",
    [
        "Time (s),Gate voltage (V),I (A)",
        "Time (s),First voltage (V),Second voltage (V)",
    ],
)
def test_another_electrode_is_not_taken_for_the_cell(tmp_path, header) -> None:
    try:
        trace = read(tmp_path, [header, *rows_of("{t},{e},{i}")])
    except NeedsMappingError:
        return
    assert not trace.has("potential_V")


def test_a_line_of_remarks_below_the_units(tmp_path) -> None:
    lines = "Time\tVoltage\tCurrent\ns\tV\tA\nCell 1\tCell 1\tCell 1"
    check_values(read(tmp_path, [lines, *rows_of("{t}\t{e}\t{i}")]), start=None)


def test_the_suggestion_goes_by_the_units(tmp_path) -> None:
    rows = rows_of("{t},{e},{i}")
    with pytest.raises(NeedsMappingError) as raised:
        read(tmp_path, ["Time (s),U_Zelle (V),I_Zelle (A)", *rows])
    columns = raised.value.preview.suggested.columns
    assert columns["potential_V"].column == "U_Zelle (V)"
    assert columns["current_A"].column == "I_Zelle (A)"


def test_hundreds_of_volts_are_doubted(tmp_path) -> None:
    rows = [f"{k},{1853 + k},0.1" for k in range(6)]
    trace = read(tmp_path, ["Time (s),Voltage (V),Current (mA)", *rows])
    assert "reaches 1858 V" in trace.warnings[0]


@pytest.mark.parametrize("unit", ["A/kg", "mA/cm2", "mA/g", "µA/cm²"])
def test_a_current_per_mass_or_area_is_no_current(tmp_path, unit) -> None:
    header = f"~Time[s]\tU[V]\tI[{unit}]"
    trace = read(tmp_path, [header, *rows_of("{t}\t{e}\t{i}")])
    assert not trace.has("current_A")
    assert "per mass or area" in trace.warnings[0]


def test_a_header_that_a_logger_writes_again(tmp_path) -> None:
    """Where the times go on below it, the record does, after a break."""
    rows = [f"{k},{0.1 + k / 1e3},1e-6" for k in range(300)]
    header = "Time (s),E (V),I (A)"
    trace = read(tmp_path, [header, *rows[:200], header, *rows[200:]])
    assert trace.frame.time_s.tolist() == list(range(300))
    assert np.flatnonzero(trace.breaks).tolist() == [200]
    with pytest.raises(ReadError, match="several tables"):
        read(tmp_path, [header, *rows[:200], header, *rows])


@pytest.mark.parametrize(
    "header",
    [
        "Time in s;Spannung in V;Strom in A",
        "ElapsedTime_s;CellVoltage_V;CellCurrent_A",
        "time.s;voltage.V;current.A",
        "time (sec);voltage (v);current (a)",
    ],
)
def test_other_ways_to_write_a_unit(tmp_path, header) -> None:
    check_values(read(tmp_path, [header, *rows_of("{t};{e};{i}")]), start=None)


@pytest.mark.parametrize(
    ("unit", "scale"), [("ma", 1e-3), ("microamps", 1e-6), ("mAmps", 1e-3)]
)
def test_units_of_current_in_words(tmp_path, unit, scale) -> None:
    rows = [f"{k},0.1,{k}" for k in range(6)]
    trace = read(tmp_path, [f"Time (s),E (V),Current ({unit})", *rows])
    np.testing.assert_allclose(trace.values("current_A"), np.arange(6) * scale)


def test_a_strange_unit_is_asked_about(tmp_path) -> None:
    """Before, the column was left out without a word."""
    rows = rows_of("{t},{e},{i}")
    with pytest.raises(NeedsMappingError) as raised:
        read(tmp_path, ["Time (s),E (V),Current (furlongs)", *rows])
    assert "is not known" in raised.value.preview.doubts[0]
    assert raised.value.preview.suggested.columns["current_A"].unit == "A"


def test_a_column_in_the_other_decimal_mark(tmp_path) -> None:
    rows = rows_of("{t};{e};{i}")
    rows = [",".join(row.split(".", 1)) for row in rows]
    check_values(read(tmp_path, ["t/s;E/V;I/A", *rows]), start=None)


def test_marks_of_an_overflow_are_no_readings(tmp_path) -> None:
    rows = [f"{k},0.1,{'9.9E37' if k == 2 else k}" for k in range(6)]
    trace = read(tmp_path, ["Time (s),E (V),I (A)", *rows])
    assert np.isnan(trace.values("current_A")).tolist() == [k == 2 for k in range(6)]
