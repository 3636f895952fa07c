"""Delimited text: what is certain is read, what is not is asked, the rest refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.io.tables.mapping import (
    forget_mapping,
    remember_mapping,
    remembered_mapping,
    settings_folder,
)
from napari_insitu_tem.io.traces.delimited import preview_table
from napari_insitu_tem.model.column_mapping import ColumnChoice, ColumnMapping
from napari_insitu_tem.model.errors import (
    CancelledError,
    NeedsMappingError,
    ReadError,
    SaveError,
    UnsupportedFormatError,
)
from napari_insitu_tem.model.trace import Trace

ROWS = [[0.0, 3.1, 0.5], [0.5, 3.2, -0.25], [1.0, 3.3, 1.5], [1.5, 3.4, 2.5]]
TIME = [0.0, 0.5, 1.0, 1.5]
POTENTIAL = [3.1, 3.2, 3.3, 3.4]
CURRENT = np.array([0.5, -0.25, 1.5, 2.5]) * 1e-3


def put(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "cell.csv"
    path.write_bytes(text.encode(encoding))
    return path


def read(tmp_path: Path, text: str, encoding: str = "utf-8") -> Trace:
    return read_trace(put(tmp_path, text, encoding))


def written(header: str, delimiter: str = ",", decimal: str = ".", end="\n") -> str:
    """A header and the rows; the header is written with `|` between its cells."""
    lines = [delimiter.join(header.split("|"))] if header else []
    for row in ROWS:
        lines.append(delimiter.join(str(cell).replace(".", decimal) for cell in row))
    return end.join(lines) + end


def assert_read(trace: Trace) -> None:
    np.testing.assert_allclose(trace.frame.time_s, TIME)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT)


# -- layout ---------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    ("delimiter", "decimal"),
    [(",", "."), (";", "."), (";", ","), ("\t", "."), ("\t", ","), ("|", ",")],
)
def test_delimiter_decimal_and_line_end(tmp_path, delimiter, decimal, end) -> None:
    text = written("time/s|Ewe (V)|I [mA]", delimiter, decimal, end)
    trace = read(tmp_path, text)
    assert_read(trace)
    assert trace.warnings == ()


def test_columns_aligned_with_spaces(tmp_path) -> None:
    text = "  t/s      E/V     I/mA\n" + "".join(
        f"{a:8.3f} {b:8.3f} {c:9.4f}\n" for a, b, c in ROWS
    )
    assert_read(read(tmp_path, text))


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("micro", ["µ", "\u03bc"])
def test_encodings_and_both_micro_signs(tmp_path, encoding, micro) -> None:
    if encoding == "cp1252" and micro != "µ":
        return
    text = written(f"Time (s)|Potential (V)|Current ({micro}A)")
    trace = read(tmp_path, text, encoding)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT * 1e-3)


def test_a_micro_sign_that_was_lost_on_the_way(tmp_path) -> None:
    trace = read(tmp_path, written("Time (s)|Potential (V)|Current (\ufffdA)"))
    np.testing.assert_allclose(trace.values("current_A"), CURRENT * 1e-3)


def test_a_stray_mark_at_the_end_of_the_file(tmp_path) -> None:
    text = written("s|V|mA", end="\r\n") + "\ufeff"
    assert_read(read(tmp_path, text, "utf-16"))


@pytest.mark.parametrize(
    ("header", "factors"),
    [
        ("time/s|<Ewe>/V|<I>/mA", (1, 1, 1)),
        ("time/s|<Ewe/V>|I/mA", (1, 1, 1)),
        ("Time (min)|U (mV)|I (A)", (60, 1e-3, 1e3)),
        ("t[h]|Voltage[V]|Current[nA]", (3600, 1, 1e-6)),
        ("Test Time / s|Voltage / V|Current / A", (1, 1, 1e3)),
        ("test_time_s|voltage_V|current_A", (1, 1, 1e3)),
        ("time, ms|E, V|I, uA", (1e-3, 1, 1e-3)),
        ("s|V|µA", (1, 1, 1e-3)),
        ("Zeit (s)|Spannung (V)|Strom (mA)", (1, 1, 1)),
        ("Time (s)|WE(1).Potential (V)|WE(1).Current (A)", (1, 1, 1e3)),
        ("~Time[s]|U[V]|I[A]", (1, 1, 1e3)),
        ("# time (s)|potential (V)|current (pA)", (1, 1, 1e-9)),
    ],
)
def test_every_way_to_write_a_unit(tmp_path, header, factors) -> None:
    trace = read(tmp_path, written(header, ";"))
    np.testing.assert_allclose(trace.frame.time_s, np.array(TIME) * factors[0])
    np.testing.assert_allclose(
        trace.values("potential_V"), np.array(POTENTIAL) * factors[1]
    )
    np.testing.assert_allclose(trace.values("current_A"), CURRENT * factors[2])


def test_units_in_a_line_of_their_own(tmp_path) -> None:
    text = written("Time|Potential|Current|Flag").replace("\n", "\ns,V,mA,#\n", 1)
    assert_read(read(tmp_path, text))


def test_the_reference_of_a_potential_is_kept(tmp_path) -> None:
    trace = read(tmp_path, written("t/s|E / V vs. Li/Li+|I/mA", ";"))
    assert trace.reference == "Li/Li+"
    assert_read(trace)


def test_lines_above_a_blank_line_and_lines_below(tmp_path) -> None:
    text = (
        "Cell: A, 1.5 mg\nRate, 0.1\nRemarks, none, at all\n\n"
        + written("time (s)|E (V)|I (mA)").replace("\n", "\n\n", 1)
        + "\nEnd of test\n"
    )
    trace = read(tmp_path, text)
    assert_read(trace)
    assert trace.metadata["header"][0] == "Cell: A, 1.5 mg"
    assert "below the table" in trace.warnings[-1]


@pytest.mark.parametrize("tail", [",9,rest", ""])
def test_rows_wider_than_the_header_are_kept(tmp_path, tail) -> None:
    text = "\n".join(
        ["time (s),E (V),I (mA),extra,another"]
        + [",".join(map(str, row)) + tail for row in ROWS]
    )
    assert_read(read(tmp_path, text))


def test_a_row_that_grows_late_in_the_file(tmp_path) -> None:
    lines = ["time (s),E (V)"] + [f"{i},3.5" for i in range(700)]
    lines[650] += ",note,and,more"
    assert len(read(tmp_path, "\n".join(lines))) == 700


def test_one_monstrous_line_does_not_blow_up_the_table(tmp_path) -> None:
    lines = ["time (s),E (V)"] + [f"{i},3.5" for i in range(700)]
    lines[650] += "," * 100_000
    with pytest.raises(ReadError, match=r"cell\.csv: a line of the table has 100002"):
        read(tmp_path, "\n".join(lines))


def test_quoted_cells(tmp_path) -> None:
    lines = ['"time (s)","E (V)","I (mA)"']
    lines += ['"' + '","'.join(str(c).replace(".", ",") for c in r) + '"' for r in ROWS]
    assert_read(read(tmp_path, "\n".join(lines) + "\n"))


def test_missing_cells_are_empty_and_spoiled_ones_are_told(tmp_path) -> None:
    lines = ["time (s),E (V),I (mA)"]
    lines += [f"{i},3.5,{i}" for i in range(300)]
    lines[5], lines[6], lines[7] = "4,,4", "5,NaN,5", "6,over,6"
    trace = read(tmp_path, "\n".join(lines) + "\n")
    assert np.flatnonzero(np.isnan(trace.values("potential_V"))).tolist() == [4, 5, 6]
    assert len(trace.warnings) == 1 and "1 cell of the column" in trace.warnings[0]


def test_other_columns_stay_numbers_or_text(tmp_path) -> None:
    text = "t/s,E/V,T (°C),state,cycle\n0,3.0,25.1,rest,1\n1,3.1,25.2,charge,1\n"
    trace = read(tmp_path, text)
    assert trace.frame["T (°C)"].tolist() == [25.1, 25.2]
    assert trace.frame["state"].tolist() == ["rest", "charge"]
    assert trace.frame.cycle.tolist() == [1, 1]


# -- times ----------------------------------------------------------------------------


def clocked(*cells: str, name: str = "Time") -> str:
    rows = [f"{cell};{3 + i / 10}" for i, cell in enumerate(cells)]
    return "\n".join([f"{name};E (V)", *rows]) + "\n"


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (("0:00:00", "0:00:01.5", "1:00:02"), (0, 1.5, 3602)),
        (("00:00:00,0", "00:00:01,5", "100:00:02,0"), (0, 1.5, 360002)),
        (("0d 00:00:00", "0d 00:00:05", "1d 00:00:00"), (0, 5, 86400)),
        (("23:59:58", "23:59:59", "00:00:01"), (86398, 86399, 86401)),
    ],
)
def test_hours_minutes_seconds(tmp_path, cells, seconds) -> None:
    np.testing.assert_allclose(read(tmp_path, clocked(*cells)).frame.time_s, seconds)


@pytest.mark.parametrize(
    ("cells", "start"),
    [
        (
            ("2026-03-23T09:48:33", "2026-03-23T09:48:34", "2026-03-23T09:50:33"),
            datetime(2026, 3, 23, 9, 48, 33),
        ),
        (
            ("11/20/2024 11:38:41.5", "11/20/2024 11:38:42.5", "11/20/2024 11:40:41.5"),
            datetime(2024, 11, 20, 11, 38, 41, 500000),
        ),
        (
            ("01.02.2024 23:59:00", "01.02.2024 23:59:01", "02.02.2024 00:01:00"),
            datetime(2024, 2, 1, 23, 59),
        ),
        (
            ("01/02/2024 23:59:00", "01/02/2024 23:59:01", "02/02/2024 00:01:00"),
            datetime(2024, 2, 1, 23, 59),
        ),
        (
            ("5/11/2021 11:59:00 PM", "5/11/2021 11:59:01 PM", "5/12/2021 12:01:00 AM"),
            datetime(2021, 5, 11, 23, 59),
        ),
        (
            ("2024-01-01T10:00:00+02:00", "2024-01-01T10:00:01+02:00",
             "2024-01-01T09:02:00+01:00"),
            datetime(2024, 1, 1, 10, tzinfo=timezone(timedelta(hours=2))),
        ),
    ],
)  # fmt: skip
def test_dates_in_the_time_column(tmp_path, cells, start) -> None:
    trace = read(tmp_path, clocked(*cells, name="Timestamp"))
    assert trace.frame.time_s.tolist() == [0, 1, 120]
    assert trace.start == start
    assert not trace.warnings


def test_an_ambiguous_date_column_gives_both_readings(tmp_path) -> None:
    cells = ("3/4/2024 10:00:00", "3/4/2024 10:00:01")
    trace = read(tmp_path, clocked(*cells, name="Date Time"))
    assert trace.frame.time_s.tolist() == [0, 1]
    assert trace.metadata["start_readings"] == [
        "2024-03-04T10:00:00",
        "2024-04-03T10:00:00",
    ]


def test_unix_time_is_utc(tmp_path) -> None:
    text = "Unix Time / s,Voltage / V\n1700000000.5,3.0\n1700000001.5,3.1\n"
    trace = read(tmp_path, text)
    assert trace.frame.time_s.tolist() == [0.0, 1.0]
    assert trace.start == datetime(2023, 11, 14, 22, 13, 20, 500000, UTC)


def test_the_time_of_the_test_goes_before_that_of_the_step(tmp_path) -> None:
    text = "Step Time (s);Time;Total Time;E (V)\n" + "".join(
        f"{i % 3};0:00:0{i % 3};0:00:0{i};3.5\n" for i in range(6)
    )
    assert read(tmp_path, text).frame.time_s.tolist() == [0, 1, 2, 3, 4, 5]


def test_dates_beside_the_elapsed_time_give_the_start(tmp_path) -> None:
    text = "Date Time,Test Time (s),E (V)\n" + "".join(
        f"2025-07-19 15:26:{20 + i},{10 + i},3.5\n" for i in range(3)
    )
    trace = read(tmp_path, text)
    assert trace.start == datetime(2025, 7, 19, 15, 26, 10)
    assert trace.frame.time_s.tolist() == [10, 11, 12]


def test_dates_tell_the_unit_that_the_time_does_not_name(tmp_path) -> None:
    text = "TestTime\tVoltage [V]\tDPT Time\n" + "".join(
        f"{i}.0\t3.5\t5/13/2021 3:{40 + i}:24 PM\n" for i in range(5)
    )
    assert read(tmp_path, text).frame.time_s.tolist() == [0, 60, 120, 180, 240]


@pytest.mark.parametrize(
    ("line", "when"),
    [
        ("Started: 2025-07-19 15:26:20", datetime(2025, 7, 19, 15, 26, 20)),
        ("~Start of Test: 19.06.2023 17:56:53", datetime(2023, 6, 19, 17, 56, 53)),
        (
            "Date and time measurement:,2025-03-29 13:32:13",
            datetime(2025, 3, 29, 13, 32, 13),
        ),
        ("Date: 2025-03-29\nTime: 13:32:13", datetime(2025, 3, 29, 13, 32, 13)),
        (
            "Saved: 2025-01-01 10:00:00\nStart: 2025-01-01 09:00:00",
            datetime(2025, 1, 1, 9),
        ),
    ],
)
def test_the_start_in_the_lines_above(tmp_path, line, when) -> None:
    trace = read(tmp_path, f"My cell\n{line}\n\n" + written("t/s|E/V|I/mA", ";"))
    assert trace.start == when and not trace.warnings


def test_a_bare_date_is_taken_with_a_word_about_it(tmp_path) -> None:
    text = "May 7, 2026   14:43:41\nChronoamperometry\n\n" + written(
        "t/s|E/V|I/mA", ";"
    )
    trace = read(tmp_path, text)
    assert trace.start == datetime(2026, 5, 7, 14, 43, 41)
    assert "does not say what the date" in trace.warnings[0]


@pytest.mark.parametrize(
    "line", ["End: 2025-01-01 10:00:00", "Version 7.10.0, 192.168.0.1"]
)
def test_no_start_is_no_start(tmp_path, line) -> None:
    trace = read(tmp_path, f"{line}\n\n" + written("t/s|E/V|I/mA", ";"))
    assert trace.stamp is None


# -- asking ---------------------------------------------------------------------------


def ask(tmp_path: Path, text: str) -> NeedsMappingError:
    with pytest.raises(NeedsMappingError) as caught:
        read(tmp_path, text)
    assert "cell.csv" in str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("header", "doubt"),
    [
        ("time|E (V)|I (mA)", "unit of the time 'time' is not said"),
        ("time (s)|E|I (mA)", "unit of the potential 'E' is not said"),
        ("time (s)|a|b", "No column is named as a potential or a current"),
        ("x|E (V)|I (mA)", "No column is named as a time"),
        ("step time (s)|E (V)|I (mA)", "counts from the start of each step"),
        ("time (s)|E (V)|E (V)", "Several columns may be the potential"),
        ("", "no header"),
    ],
)
def test_what_is_doubtful_is_asked(tmp_path, header, doubt) -> None:
    error = ask(tmp_path, written(header, ";"))
    assert any(doubt in text for text in error.preview.doubts)
    assert "time_s" in error.preview.suggested.columns


def test_two_lines_of_names_are_asked_about(tmp_path) -> None:
    text = "pot,first,second\n" + written("Time [s]|Voltage [V]|Current [mA]")
    doubts = ask(tmp_path, text).preview.doubts
    assert "The line above the header holds names as well." in doubts


@pytest.mark.parametrize("states", ["R C C D D", "Rest|CC Chg|CC_CHG|CC DChg|Disch.",
    "PAU CHA CHA DCH DCH", "搁置 恒流充电 恒压充电 恒流放电 放电"])  # fmt: skip
def test_a_current_without_a_sign_takes_it_from_the_state(tmp_path, states) -> None:
    cells = states.split("|") if "|" in states else states.split()
    text = "t (s),E (V),I (A),Mode\n" + "".join(
        f"{i},3.5,{0.1 if i else 0},{state}\n" for i, state in enumerate(cells)
    )
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    trace = read_trace(path)
    assert trace.values("current_A").tolist() == [0, 0.1, 0.1, -0.1, -0.1]
    assert "discharge (by 'Mode') was made negative" in trace.warnings[0]


def test_noise_of_a_rest_is_no_sign(tmp_path) -> None:
    currents = [-1e-6, 1.5, 1.5, 1.4, 1.5, -2e-6]
    states = ["Rest", "CC Chg", "CC Chg", "CC DChg", "CC DChg", "Rest"]
    rows = [f"{k},3.5,{currents[k]},{states[k]}\n" for k in range(6)]
    path = tmp_path / "a.csv"
    path.write_text("t (s),E (V),I (A),Status\n" + "".join(rows))
    trace = read_trace(path)
    assert trace.values("current_A").tolist() == [-1e-6, 1.5, 1.5, -1.4, -1.5, -2e-6]


def test_a_charge_that_is_negative_is_said(tmp_path) -> None:
    rows = [f"{k},3.5,{(-1, 1)[k // 3]},{('Charge', 'Discharge')[k // 3]}\n" for k in
            range(6)]  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_text("t (s),E (V),I (A),Status\n" + "".join(rows))
    trace = read_trace(path)
    assert trace.values("current_A").tolist() == [-1] * 3 + [1] * 3
    assert "negative and that of a discharge positive" in trace.warnings[0]


def test_a_remark_that_speaks_of_a_discharge_changes_no_sign(tmp_path) -> None:
    text = "t (s),E (V),I (A),Remark\n" + "".join(
        f"{i},3.5,0.1,discharged cell\n" for i in range(5)
    )
    path = tmp_path / "a.csv"
    path.write_text(text)
    assert read_trace(path).values("current_A").tolist() == [0.1] * 5


def test_the_preview_shows_the_table_as_it_stands(tmp_path) -> None:
    preview = ask(tmp_path, written("time|E (V)|I (mA)", ";", ",")).preview
    assert preview.columns == ("time", "E (V)", "I (mA)")
    assert preview.units == ("", "V", "mA")
    assert preview.rows[1] == ("0,5", "3,2", "-0,25")
    assert (
        preview.layout == "semicolon separated, decimal comma, header in line 1, utf-8"
    )
    assert preview.suggested.columns["current_A"] == ColumnChoice("I (mA)", "mA")
    assert preview_table(preview.path) == preview


def test_the_answer_is_read_by(tmp_path) -> None:
    path = put(tmp_path, written("a|b|c", ";"))
    answer = ColumnMapping(
        {
            "time_s": ColumnChoice("a", "min"),
            "potential_V": ColumnChoice("c", "mV"),
            "current_A": ColumnChoice("b", "µA"),
        },
        flip_current=True,
    )
    trace = read_trace(path, mapping=answer)
    np.testing.assert_allclose(trace.frame.time_s, np.array(TIME) * 60)
    np.testing.assert_allclose(trace.values("potential_V"), CURRENT)
    np.testing.assert_allclose(trace.values("current_A"), -np.array(POTENTIAL) * 1e-6)
    assert "as chosen" in trace.warnings[0]


def test_an_answer_goes_before_every_doubt(tmp_path) -> None:
    path = put(tmp_path, "x,Freq,Z\n5,1e5,1\n5,1e4,2\n6,1e3,3\n")
    with pytest.raises(ReadError, match="impedance"):
        read_trace(path)
    answer = ColumnMapping({"time_s": ColumnChoice("x", "s"),
                            "potential_V": ColumnChoice("Z", "mV")})  # fmt: skip
    assert read_trace(path, mapping=answer).frame.time_s.tolist() == [5, 5, 6]


def test_an_answer_is_remembered_for_the_layout_only(tmp_path) -> None:
    error = ask(tmp_path, written("time|E (V)|I (mA)", ";"))
    remember_mapping(error.preview.signature, error.preview.suggested)
    trace = read(tmp_path, written("time|E (V)|I (mA)", ";") + "2.0;3.5;1.0\n")
    assert len(trace) == 5 and "chosen before" in trace.warnings[0]
    ask(tmp_path, written("time|E (V)|I (mA)", ";", ","))
    ask(tmp_path, written("time|E (V)|I (mA)", "\t"))
    ask(tmp_path, written("time|E (V)|I (A)", ";"))
    forget_mapping(error.preview.signature)
    ask(tmp_path, written("time|E (V)|I (mA)", ";"))


def test_answers_survive_each_other_and_damage(tmp_path) -> None:
    one = ColumnMapping({"time_s": ColumnChoice("a", "s")}, "dmy", True)
    path = remember_mapping("one", one)
    remember_mapping("two", ColumnMapping())
    assert path.parent == settings_folder()
    assert remembered_mapping("one") == one
    assert remembered_mapping("three") is None
    path.write_text('{"one": {"columns": {"speed": ["a", "s"]}}, "two": 7}')
    assert remembered_mapping("one") is None and remembered_mapping("two") is None
    path.write_text("{ broken")
    assert remembered_mapping("one") is None
    remember_mapping("one", one)
    assert remembered_mapping("one") == one


def test_settings_that_cannot_be_written_are_told(tmp_path, monkeypatch) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setenv("NAPARI_INSITU_TEM_CONFIG", str(blocked / "below"))
    with pytest.raises(SaveError):
        remember_mapping("one", ColumnMapping())


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (ColumnChoice("nowhere", "s"), "no column 'nowhere'"),
        (ColumnChoice("b", "furlong"), "no known unit"),
    ],
)
def test_an_answer_that_does_not_fit_is_told(tmp_path, choice, words) -> None:
    path = put(tmp_path, written("a|b|c", ";"))
    with pytest.raises(ReadError, match=words):
        read_trace(path, mapping=ColumnMapping({"time_s": choice}))
    with pytest.raises(ReadError, match="no column is said to be the time"):
        read_trace(path, mapping=ColumnMapping())


# -- refusing -------------------------------------------------------------------------


OF_TWO_KINDS = (
    "time (s),E (V)\n"
    + "".join(f"{i},3\n" for i in range(100))
    + "step,2\n" * 5
    + "".join(f"{i},3\n" for i in range(100, 200))
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "Potential/V, Current/A\n\n0.2, 1e-6\n0.3, 2e-6\n0.2, 1e-6\n",
            "is a curve of current against potential",
        ),
        ("2Theta,Intensity\n10.0,5\n10.1,6\n10.2,5\n", "is a diffraction pattern"),
        ("Wavelength [nm];Absorbance\n400;0.5\n402;0.6\n404;0.5\n", "is an optical"),
        ("Raman shift,Counts\n400.5,5\n402.5,6\n404.5,5\n", "is a Raman or infrared"),
        (
            "file,index,width\n" + "".join(f"a{i}.tif,{i},512\n" for i in range(9)),
            "is a list of images",
        ),
        ("Scan Rate (V/s) = 0.1\n\nE/V,I/A\n0.2,1e-6\n0.3,2e-6\n0.2,0\n", "scan rate"),
        ("Potential/V\tTime/s\n0.1\n0.2\n0.1\n", "neither columns of numbers"),
        ("Freq/Hz,Z'/ohm,Z''/ohm\n1e5,1,2\n1e4,2,3\n", "an impedance spectrum"),
        ("time (s),E (V)\n0,1,3,5\n1,0,3,6\n2,5,3,7\n", "inside its numbers"),
        ("time (s),E (V)\n5,3\n5,3\n5,3\n", "same value in every row"),
        ("time (s),E (V)\n0,3\n5,3\n4,3\n", "backwards at row 3"),
        ("time (s),E (V)\n0,3\n1,3\n2,3\n3,3\n4,3\n" * 5, "several tables"),
        (
            "time (s),E (V)\n0,3\n1,3\n2,3\nFrequency,Z\n10,3\n100,3\n1000,3\n",
            "several tables",
        ),
        (OF_TWO_KINDS, "several kinds"),
    ],
)  # fmt: skip
def test_what_is_no_record_is_refused_in_a_sentence(tmp_path, text, words) -> None:
    with pytest.raises(ReadError, match=words) as caught:
        read(tmp_path, text)
    assert "cell.csv" in caught.value.message


def test_headers_inside_one_another_are_refused(tmp_path) -> None:
    text = "Cycle,Cap (Ah),Energy (Wh),Time,x\n,,Point,Time (s),E (V)\n"
    for cycle in range(3):
        text += f"{cycle},0.5,1.5,10,1\n"
        text += "".join(f",,{i},{10 * cycle + i},3.5\n" for i in range(10))
    with pytest.raises(ReadError, match="several kinds under several headers"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    ["A letter, with commas, and so on.\nAnd a second line.\n", '{"a": [1, 2, 3]}',
     "<xml><a>1,2</a>\n<a>2,3</a></xml>"],
)  # fmt: skip
def test_other_texts_are_nobodys(tmp_path, text) -> None:
    with pytest.raises(UnsupportedFormatError):
        identify(put(tmp_path, text))


def test_a_header_without_rows_is_an_empty_trace(tmp_path) -> None:
    trace = read(tmp_path, "Started: 2025-07-19 15:26:20\ntime (s),E (V),I (mA)\n")
    assert len(trace) == 0 and "no rows" in trace.warnings[-1]
    assert trace.start == datetime(2025, 7, 19, 15, 26, 20)


def test_a_few_rows_of_another_kind_are_left_out_and_break_the_record(tmp_path) -> None:
    lines = ["time (s),E (V)"] + [f"{i},3.5" for i in range(400)]
    lines.insert(200, "paused,")
    trace = read(tmp_path, "\n".join(lines) + "\n")
    assert len(trace) == 400
    assert np.flatnonzero(trace.breaks).tolist() == [199]
    assert "1 rows without a time" in trace.warnings[0]


# -- large files ----------------------------------------------------------------------


@pytest.fixture
def large(tmp_path, monkeypatch) -> Path:
    monkeypatch.setattr(
        "napari_insitu_tem.io.tables.number_columns.PIECEWISE_BYTES", 10_000
    )
    monkeypatch.setattr(
        "napari_insitu_tem.io.tables.number_columns._ROWS_A_PIECE", 1000
    )
    lines = ["time (s);E (V);note"] + [f"{i};3,5;" for i in range(5000)]
    lines[2500] = "2499;lost;here"
    return put(tmp_path, "\n".join(lines) + "\n")


def test_a_large_file_is_read_in_pieces_and_reports(large) -> None:
    seen = []
    trace = read_trace(large, progress=lambda done, total, text="": seen.append(done))
    assert len(trace) == 5000 and len(seen) == 5
    assert seen == sorted(seen) and seen[-1] == large.stat().st_size
    assert np.flatnonzero(np.isnan(trace.values("potential_V"))).tolist() == [2499]
    assert trace.values("potential_V")[-1] == 3.5


def test_a_large_file_can_be_cancelled(large) -> None:
    def stop(done: int, total: int, text: str = "") -> None:
        raise CancelledError(text)

    with pytest.raises(CancelledError):
        read_trace(large, progress=stop)


def test_thousands_far_down_are_read(tmp_path) -> None:
    """The first thousand rows show no marks between thousands; the next ones do."""
    rows = "".join(f'"{i:,}.5",3.5,1e-6\n' for i in range(3000))
    trace = read(tmp_path, "TestTime(s),Voltage (V),Current (A)\n" + rows)
    np.testing.assert_array_equal(trace.frame.time_s, np.arange(3000) + 0.5)


def test_many_rows_without_a_time_at_the_end_are_refused(tmp_path) -> None:
    rows = "".join(f"{i},3.5,1e-6\n" for i in range(300))
    rows += "".join(f"{i}a,3.5,1e-6\n" for i in range(200))
    with pytest.raises(ReadError, match="the last 200 rows have no time"):
        read(tmp_path, "TestTime(s),Voltage (V),Current (A)\n" + rows)


def test_units_over_the_names_and_exponents_of_fortran(tmp_path) -> None:
    rows = "".join(f"{k}.5D+00,1.0D-01,{k}.0d-3\n" for k in range(6))
    path = tmp_path / "a.csv"
    path.write_text("s,V,mA\nTime,Ewe,I\n" + rows)
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == [k + 0.5 for k in range(6)]
    np.testing.assert_allclose(trace.values("potential_V"), 0.1)
    np.testing.assert_allclose(trace.values("current_A"), np.arange(6) * 1e-6)
