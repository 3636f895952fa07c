"""Layouts of exports that the reader of delimited text must take without asking."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import NeedsMappingError
from napari_insitu_tem.model.trace import Trace

TIME = np.arange(40) * 0.5
POTENTIAL = 0.2 + TIME / 100
CURRENT = (TIME + 1) * 1e-6
NOVA = (
    "Potential applied (V)", "Time (s)", "WE(1).Current (A)", "Scan", "Index",
    "WE(1).Potential (V)", "Corrected time (s)", "WE(1).Charge (C)",
)  # fmt: skip


def read(tmp_path: Path, lines: list[str], decimal: str = ".") -> Trace:
    path = tmp_path / "a.txt"
    body = [line.replace(".", decimal) for line in lines[1:]]
    path.write_text("\n".join([lines[0], *body]) + "\n")
    return read_trace(path)


@pytest.mark.parametrize("decimal", [".", ","])
def test_metrohm_nova(tmp_path, decimal) -> None:
    """The measured potential goes before the applied one; whole times are kept."""
    rows = [
        f"{e + 0.5:.6f};{t + 3:.4f};{c:.6E};{i // 20 + 1};{i + 1};{e:.6f};{t:.4f};"
        f"{t:.3E}"
        for i, (t, e, c) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]
    trace = read(tmp_path, [";".join(NOVA), *rows], decimal)
    np.testing.assert_allclose(trace.frame.time_s, TIME + 3)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT, rtol=1e-5)
    np.testing.assert_allclose(trace.values("charge_C"), TIME)
    assert trace.charge_source == "instrument"
    assert trace.frame.cycle.tolist() == [1] * 20 + [2] * 20
    assert trace.start is None
    assert trace.warnings == ()


@pytest.mark.parametrize("more", ["", "\t0.1"])
def test_ivium(tmp_path, more) -> None:
    """A date above, and rows with a column more than the header."""
    rows = [
        f"{t:.4f}\t{e:.5f}\t{c:.5E}\t{more}"
        for t, e, c in zip(TIME, POTENTIAL, CURRENT, strict=True)
    ]
    trace = read(tmp_path, ["24/03/2021 19:42:30", "time /s\tE /V\tI /A", *rows])
    np.testing.assert_allclose(trace.frame.time_s, TIME)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT, rtol=1e-5)
    assert trace.start == datetime(2021, 3, 24, 19, 42, 30)
    assert "was taken for the start" in trace.warnings[0]


def check_values(trace: Trace, *, start: datetime | None, steps: int = 0) -> None:
    """The record at the top, two cycles of twenty rows; steps of ten where told."""
    np.testing.assert_allclose(trace.frame.time_s, TIME, atol=1e-5)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT, rtol=1e-5)
    assert trace.start == start
    assert not steps or len(set(trace.frame.step)) == steps


def rows_of(form: str) -> list[str]:
    """A line for each sample: {t} s, {h} h, {e} V, {i} A, {n} row, {c} cycle, {s} step,
    {m} seconds of the minute."""
    return [
        form.format(
            t=t, h=t / 3600, e=e, i=c, n=k + 1, c=1 + k // 20, s=1 + k // 10,
            m=f"{t:06.3f}",
        )
        for k, (t, e, c) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]  # fmt: skip


def test_arbin(tmp_path) -> None:
    """A tabulator within the cell of the date; rows wider than the header."""
    header = (
        "Data Point,Date Time,Test Time (s),Step Time (s),Cycle Index,Step Index,"
        "Current (A),Voltage (V),Power (W),Charge Capacity (Ah),ACR (Ohm)"
    )
    rows = rows_of("{n},\t05/13/2024 11:19:{m},{t},{t},{c},{s},{i},{e},0,0,0,")
    trace = read(tmp_path, ["\ufeff" + header, *rows])
    check_values(trace, start=datetime(2024, 5, 13, 11, 19), steps=4)
    assert trace.frame.cycle.tolist() == [1] * 20 + [2] * 20


def test_basytec(tmp_path) -> None:
    """Lines that begin with a tilde, times in hours, a start with the day first."""
    lines = [
        "~Resultfile from Basytec Battery Test System",
        "~Date and Time of Data Converting: 07.07.2023 10:55:58",
        "~Start of Test: 19.06.2023 17:56:53",
        "~Time[h]\tDataSet\tt-Step[h]\tLine\tCommand\tU[V]\tI[A]\tAh[Ah]\tT1[°C]\tCyc-Count",
    ]
    rows = rows_of("{h:.9f}\t{n}\t{h:.9f}\t3\tPause\t{e}\t{i}\t0\t25.5\t{c}")
    trace = read(tmp_path, [*lines, *rows])
    check_values(trace, start=datetime(2023, 6, 19, 17, 56, 53))


def test_novonix(tmp_path) -> None:
    lines = [
        "[Summary]", "Novonix UHPC data file", "Channel: 01",
        "Started: 2025-07-19 15:26:20", "[End Summary]", "[Data]",
        "Date and Time,Cycle Number,Step Type,Run Time (h),Step Time (h),Current (A),"
        "Potential (V),Capacity (Ah),Temperature (°C),Energy (Wh),Step Number",
    ]  # fmt: skip
    rows = rows_of("2025-07-19 3:26:{m} PM,{c},0,{h:.9f},0,{i},{e},0,25,0,{s}")
    rows = [row.replace(":26:0", ":26:2").replace(":26:1", ":26:3") for row in rows]
    trace = read(tmp_path, [*lines, *rows])
    check_values(trace, start=datetime(2025, 7, 19, 15, 26, 20), steps=4)


def test_landt(tmp_path) -> None:
    """Names with their units behind an underscore, and a comma at the end of rows."""
    header = (
        "channel_index,cycle_index,step_index,date_time_iso_string,test_time_s,"
        "step_time_s,current_A,voltage_V,discharge_capacity_Ah,step_name"
    )
    rows = rows_of("{n},{c},{s},05/13/2024 11:19:{m},{t},{t},{i},{e},0,rest,")
    trace = read(tmp_path, ["cell model:,,,,,,,,,", header, *rows])
    check_values(trace, start=datetime(2024, 5, 13, 11, 19), steps=4)


def test_squidstat(tmp_path) -> None:
    """The measured potential goes before the same on the scale of a reference."""
    header = (
        '"Step number","Step name","Elapsed Time (s)","Working Electrode (V)",'
        '"Working Electrode vs. NHE (V)","Current (A)","Current Density (A/m^2)",'
        '"Cumulative Charge (mAh)","Counter Electrode (V)"'
    )
    rows = rows_of('{s},"Constant Current",{t},{e},9,{i},9,0,-1')
    check_values(read(tmp_path, [header, *rows]), start=None, steps=4)


def test_keithley(tmp_path) -> None:
    """What KickStart writes: lines about the instrument, then a table."""
    lines = ["Model,2450", "Serial,04412345", "", "Time (s),Voltage (V),Current (A)"]
    check_values(read(tmp_path, [*lines, *rows_of("{t},{e},{i}")]), start=None)


def test_keithley_without_units_is_asked_about(tmp_path) -> None:
    with pytest.raises(NeedsMappingError, match="unit of the potential"):
        read(tmp_path, ["Relative Time,Voltage,Current", *rows_of("{t},{e},{i}")])


def test_ivium_cyclic(tmp_path) -> None:
    rows = [f"{t}\t{1e6 * c}\t{e}" for t, e, c in
            zip(TIME, POTENTIAL, CURRENT, strict=True)]  # fmt: skip
    check_values(read(tmp_path, ["time (s)\tI/uA\tE/V", *rows]), start=None)


def test_a_table_of_temperatures(tmp_path) -> None:
    """Nothing to ask about where a holder's record cannot have a potential."""
    rows = [f"{i}\t{3 * i}\t{20 + i}\tframe{i}.tif" for i in range(40)]
    trace = read(tmp_path, ["frame\tseconds\ttemperature_C\tname", *rows])
    np.testing.assert_allclose(trace.frame.time_s, 3 * np.arange(40))
    np.testing.assert_allclose(trace.values("temperature_C"), 20 + np.arange(40))
    assert "potential_V" not in trace.frame


def test_another_number_beside_the_temperature_is_asked_about(tmp_path) -> None:
    rows = [f"{i}\t{20 + i}\t{i / 7}" for i in range(40)]
    with pytest.raises(NeedsMappingError, match="potential or a current"):
        read(tmp_path, ["seconds\ttemperature_C\tsignal", *rows])
