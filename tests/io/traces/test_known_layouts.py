"""Layouts of exports that the reader of delimited text must take without asking."""

from __future__ import annotations

from datetime import UTC, datetime
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
    rows = rows_of("{h:.9f}\t{n}\t{h:.9f}\t{s}\tPause\t{e}\t{i}\t0\t25.5\t{c}")
    trace = read(tmp_path, [*lines, *rows])
    check_values(trace, start=datetime(2023, 6, 19, 17, 56, 53), steps=4)


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


def restarting(count: int = 40, rest: int = 20) -> list[float]:
    """Times that begin again with each step."""
    return [0.5 * (k % rest) for k in range(count)]


def test_neware_rows_in_one_table(tmp_path) -> None:
    """The time of the step begins again; the cumulative one is the record's."""
    header = (
        "DataPoint,Cycle Index,Step Index,Step Type,Time,Cumulative Time,Current(A),"
        "Voltage(V),Capacity(Ah),Spec. Cap.(mAh/g),Date,Power(W)"
    )
    form = "{n},{c},{s},Rest,00:00:%06.3f,00:00:{m},{i},{e},0,0,2022-05-18 16:27:{m},0"
    rows = [row % t for row, t in zip(rows_of(form), restarting(), strict=True)]
    trace = read(tmp_path, [header, *rows])
    check_values(trace, start=datetime(2022, 5, 18, 16, 27), steps=4)


def test_times_of_steps_beside_dates(tmp_path) -> None:
    """Where only the dates run through the record, they are its time."""
    header = (
        "Record number,Step ID,State,Time(h:min:s.ms),Voltage(V),Current(A),Realtime"
    )
    form = "{n},{s},Rest,00:00:%06.3f,{e},{i},2022-05-18 16:27:{m}"
    rows = [row % t for row, t in zip(rows_of(form), restarting(), strict=True)]
    trace = read(tmp_path, [header, *rows])
    check_values(trace, start=datetime(2022, 5, 18, 16, 27), steps=4)


def test_chinese_names_in_chinese_bytes(tmp_path) -> None:
    header = "数据序号,循环号,工步号,工步类型,时间,总时间,电流(A),电压(V),绝对时间"
    form = "{n},{c},{s},搁置,00:00:%06.3f,00:00:{m},{i},{e},2022-05-18 16:27:{m}"
    rows = [row % t for row, t in zip(rows_of(form), restarting(), strict=True)]
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join([header, *rows]).encode("gb18030"))
    trace = read_trace(path)
    check_values(trace, start=datetime(2022, 5, 18, 16, 27), steps=4)
    assert trace.frame["工步类型"].tolist() == ["搁置"] * 40


def test_dates_and_times_of_day_in_columns_of_their_own(tmp_path) -> None:
    """A day alone is no start; dates of dots are day first."""
    header = "Datum;Uhrzeit;Zeit [s];Spannung [V];Strom [A]"
    rows = rows_of("04.05.2023;10:00:{m};{t};{e};{i}")
    path = tmp_path / "a.csv"
    path.write_bytes("\n".join([header, *rows]).encode("cp1252"))
    trace = read_trace(path)
    check_values(trace, start=datetime(2023, 5, 4, 10))
    assert trace.warnings == ()
    rows = rows_of("04.05.2023;{t};{e};{i}")
    path.write_text("\n".join(["Datum;Zeit [s];Spannung [V];Strom [A]", *rows]))
    check_values(read_trace(path), start=None)


def test_a_clock_beside_a_day_counts_from_midnight(tmp_path) -> None:
    rows = rows_of("2023-05-14,10:00:{m},{e},{i}")
    trace = read(tmp_path, ["Date,Time,Voltage (V),Current (A)", *rows])
    np.testing.assert_allclose(trace.frame.time_s, TIME + 36000)
    assert trace.start == datetime(2023, 5, 14)


def test_days_with_midnight_behind_them_are_days(tmp_path) -> None:
    """A spreadsheet writes a day as its midnight."""
    rows = rows_of("2023-05-14 00:00:00,10:00:{m},{e},{i}")
    trace = read(tmp_path, ["Date,Time,Voltage (V),Current (A)", *rows])
    np.testing.assert_allclose(trace.frame.time_s, TIME + 36000)
    assert trace.start == datetime(2023, 5, 14)


def test_days_as_a_spreadsheet_counts_them(tmp_path) -> None:
    days = [45000.5 + t / 86400 for t in TIME]  # 2023-03-15, noon
    rows = [f"{day:.9f},{row}" for day, row in
            zip(days, rows_of("{t},{c},{s},{i},{e}"), strict=True)]  # fmt: skip
    header = "Date_Time,Test_Time(s),Cycle_Index,Step_Index,Current(A),Voltage(V)"
    check_values(
        read(tmp_path, [header, *rows]), start=datetime(2023, 3, 15, 12), steps=4
    )


def test_marks_between_thousands(tmp_path) -> None:
    header = "Cyc#,Step,TestTime(s),StepTime(s),Capacity(Ah),Current(A),Voltage(V)"
    rows = rows_of('{c},{s},"5,577,{n:03d}.50",  0d 00:22:05.05,1,"1,{n:03d}.25",{e}')
    trace = read(tmp_path, [header, *rows])
    np.testing.assert_allclose(trace.frame.time_s, 5577000.5 + np.arange(1, 41))
    np.testing.assert_allclose(trace.values("current_A"), 1000.25 + np.arange(1, 41))


def test_whole_thousands_beside_marked_ones(tmp_path) -> None:
    """1.250 among 1.250,5 is a number with a mark, not one and a quarter."""
    rows = [f"{k};1.{k:03d}" + (",5" if k % 2 else "") + ";3,5" for k in range(40)]
    trace = read(tmp_path, ["Zeit [s];Strom [A];Spannung [V]", "", *rows])
    expected = 1000 + np.arange(40) + 0.5 * (np.arange(40) % 2)
    np.testing.assert_allclose(trace.values("current_A"), expected)


def test_the_columns_of_a_gamry_curve(tmp_path) -> None:
    """Their maker's units, where a table of them names none."""
    header = "Pt,T,Vf,Im,Vu,Sig,Ach,IERange,Over"
    rows = rows_of("{n},{t},{e},{i},0,{e},0,7,...........")
    check_values(read(tmp_path, [header, *rows]), start=None)


def test_one_time_in_two_units(tmp_path) -> None:
    header = "Elapsed time (s),Elapsed time (hr),Voltage (V),Current (A)"
    check_values(read(tmp_path, [header, *rows_of("{t},{h:.6f},{e},{i}")]), start=None)


def test_numbered_columns_above_the_names_are_no_second_header(tmp_path) -> None:
    names = "Time (s)\tWE(1).Potential (V)\tWE(1).Current (A)"
    lines = ["Column 1\tColumn 2\tColumn 3", names]
    check_values(read(tmp_path, [*lines, *rows_of("{t}\t{e}\t{i}")]), start=None)


def test_a_discharge_without_a_sign_is_negative(tmp_path) -> None:
    """Even where nothing in the file is charged."""
    rows = [row.replace("X", "CC DChg") for row in rows_of("{t},{e},{i},X")]
    trace = read(tmp_path, ["Time (s),Voltage (V),Current (A),Step Type", *rows])
    np.testing.assert_allclose(trace.values("current_A"), -CURRENT, rtol=1e-5)
    assert "without a sign" in trace.warnings[0]


@pytest.mark.parametrize("units", ["(s)|(V)|(A)", "[s]|[V vs Ag/AgCl]|[A]", "s|V|A"])
def test_a_line_of_units_in_brackets(tmp_path, units) -> None:
    lines = ["Time\tPotential\tCurrent", units.replace("|", "\t")]
    trace = read(tmp_path, [*lines, *rows_of("{t}\t{e}\t{i}")])
    check_values(trace, start=None)
    assert trace.reference == ("Ag/AgCl" if "Ag" in units else "")


def test_the_minus_of_typesetters(tmp_path) -> None:
    rows = [row.replace("-", "\u2212") for row in rows_of("{t},-{e},-{i:e}")]
    trace = read(tmp_path, ["Time (s),Voltage (V),Current (A)", *rows])
    np.testing.assert_allclose(trace.values("potential_V"), -POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), -CURRENT, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "scale", "zero"),
    [
        ("timestamp", 1.0, 0.0),
        ("Timestamp_ms", 1e3, 0.0),
        ("Time (s)", 1.0, 0.0),
        ("Time (s)", 1.0, 2_082_844_800.0),  # as LabVIEW counts
    ],
)
def test_seconds_that_are_moments(tmp_path, name, scale, zero) -> None:
    """No record lasts fifty years: they are seconds since 1970 or 1904, and UTC."""
    times = [f"{(1_700_000_000 + zero + t) * scale:.1f}" for t in TIME]
    rows = [f"{at},{row}" for at, row in zip(times, rows_of("{e},{i}"), strict=True)]
    trace = read(tmp_path, [f"{name},Voltage (V),Current (A)", *rows])
    check_values(trace, start=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC))
    assert ("1904" if zero else "1970") in trace.warnings[0]


def test_digatron(tmp_path) -> None:
    """A line of units that is mostly empty; times finer than the stamps beside them."""
    lines = [
        "Measurement ID,557,,,,", "Start Time,3/14/2024 9:30:00 AM",
        "Time Stamp,Step,Status,Prog Time,Cycle,Procedure,Voltage,Current,Capacity,",
        ",,,,,,[V],[A],[Ah],",
    ]  # fmt: skip
    rows = rows_of("3/14/2024 9:30:{m} AM,{s},PAU,00:00:{m},{c},x,{e},{i},0,")
    rows = [f"{a}{b[4:]}" for a, _, b in (r.partition(".") for r in rows)]
    trace = read(tmp_path, ["\n".join(lines), *rows])
    check_values(trace, start=datetime(2024, 3, 14, 9, 30), steps=4)


def test_bitrode(tmp_path) -> None:
    """Seconds with a capital S, or a line of units that says how times are written."""
    header = "Total Time (S),Cycle,Loop Counter #1,Step,Current (A),Voltage (V),Mode"
    rows = rows_of("{t},{c},0,{s},{i},{e},CHRG")
    check_values(read(tmp_path, [header, *rows]), start=None, steps=4)
    lines = ["Total Time,Cycle,Step,Current,Voltage,Ampere-Hours,Mode",
             "(h:m:s),,,(A),(V),(AH),"]  # fmt: skip
    rows = rows_of("00:00:{m},{c},{s},{i},{e},0,CHRG")
    check_values(read(tmp_path, ["\n".join(lines), *rows]), start=None, steps=4)


def test_arbin_without_units(tmp_path) -> None:
    """Its names are nobody else's; the moment of the start is in seconds of 1970."""
    header = "Data_Point,Test_Time,DateTime,Step_Index,Cycle_Index,Current,Voltage"
    rows = [
        f"{k},{t},{1710408600 + t},{1 + k // 10},{1 + k // 20},{c},{e}"
        for k, (t, e, c) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]
    trace = read(tmp_path, [header, *rows])
    check_values(trace, start=datetime(2024, 3, 14, 9, 30, tzinfo=UTC), steps=4)


def test_squidstat_counts_repeats_and_the_charge(tmp_path) -> None:
    """Steps numbered with their repeat; the charge is the instrument's own."""
    header = (
        '"Step number","Step name","Elapsed Time (s)","Working Electrode (V)",'
        '"Current (mA)","Cumulative Charge (mAh)"'
    )
    rows = [
        f"{1 + k // 10}_1,Cyclic Voltammetry,{t},{e},{c * 1e3},{-1e-3 * k}"
        for k, (t, e, c) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]
    trace = read(tmp_path, [header, *rows])
    check_values(trace, start=None, steps=4)
    assert trace.frame.step.tolist() == [1 + k // 10 for k in range(40)]
    assert trace.charge_source == "instrument"
    np.testing.assert_allclose(trace.values("charge_C"), -3.6e-3 * np.arange(40))


def test_basytec_with_a_date_and_a_time_of_day(tmp_path) -> None:
    """The time of day beside the elapsed time is not a second elapsed time."""
    lines = ["~Start of Test: 19.06.2023 17:56:00",
             "~Time[h]\tDataSet\tDate\tTime\tLine\tCommand\tU[V]\tI[A]"]  # fmt: skip
    rows = rows_of("{h:.9f}\t{n}\t19.06.2023\t17:56:{m}\t{s}\tPause\t{e}\t{i}")
    rows = [row.replace(".000\t", "\t").replace(".500\t", "\t") for row in rows]
    trace = read(tmp_path, ["\n".join(lines), *rows])
    check_values(trace, start=datetime(2023, 6, 19, 17, 56), steps=4)


def test_maccor_without_a_number_of_the_row(tmp_path) -> None:
    """Columns chosen by the user, the month as a word and a year of two digits."""
    header = "Cycle\tStep\tTest Time [s]\tCurrent [A]\tVoltage [V]\tMd\tDPT Time"
    rows = rows_of("{c}\t{s}\t{t}\t{i}\t{e}\tC\t14-Mar-24 09:30:00 AM")
    trace = read(tmp_path, [header, *rows])
    check_values(trace, start=datetime(2024, 3, 14, 9, 30), steps=4)


def test_letters_in_any_other_column_are_no_states(tmp_path) -> None:
    rows = rows_of("{t},{e},{i},X")
    rows = [f"{row[:-1]}{'abcd'[k % 4]}" for k, row in enumerate(rows)]
    trace = read(tmp_path, ["Time (s),Voltage (V),Current (A),Note", *rows])
    check_values(trace, start=None)
