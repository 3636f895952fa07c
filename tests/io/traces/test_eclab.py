"""EC-Lab text: every header, every country, and the meaning of its columns."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.trace import Trace

TIME = [0.0, 0.5, 1.0, 1.5, 2.0]
BASE = {
    "mode": [1.0] * 5,
    "ox/red": [1.0] * 5,
    "error": [0.0] * 5,
    "Ns": [0.0, 0.0, 1.0, 1.0, 1.0],
    "time/s": TIME,
    "control/V/mA": [0.02] * 5,
    "Ewe/V": [3.1, 3.2, 3.3, 3.4, 3.5],
    "I/mA": [0.02, 0.02, 0.02, -0.02, -0.02],
    "cycle number": [0.0, 0.0, 0.0, 1.0, 1.0],
}


def put(tmp_path: Path, text: str, encoding: str = "cp1252") -> Path:
    path = tmp_path / "cell_01_CP.mpt"
    path.write_bytes(text.encode(encoding))
    return path


def read(tmp_path: Path, text: str, encoding: str = "cp1252") -> Trace:
    return read_trace(put(tmp_path, text, encoding))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("header", ["full", "short", "none"])
def test_any_header_decimal_and_encoding_gives_the_same_numbers(
    tmp_path, eclab, header, decimal, encoding
) -> None:
    text = eclab(BASE, header=header, decimal=decimal)
    assert identify(put(tmp_path, text, encoding)).name == "EC-Lab text"
    trace = read(tmp_path, text, encoding)
    assert trace.frame.time_s.tolist() == TIME
    np.testing.assert_allclose(trace.values("potential_V"), BASE["Ewe/V"], rtol=1e-12)
    np.testing.assert_allclose(
        trace.values("current_A"), np.array(BASE["I/mA"]) * 1e-3, rtol=1e-12
    )
    assert trace.frame.step.tolist() == [0, 0, 1, 1, 1]
    assert trace.frame.cycle.tolist() == [0, 0, 0, 1, 1]
    assert trace.warnings == ()
    full = header == "full"
    assert trace.technique == ("Chronopotentiometry" if full else "")
    assert trace.start == (datetime(2024, 5, 13, 11, 19, 51, 602000) if full else None)


def test_other_columns_keep_their_names_and_control_is_no_potential(
    tmp_path, eclab
) -> None:
    trace = read(tmp_path, eclab({k: v for k, v in BASE.items() if k != "Ewe/V"}))
    assert "potential_V" not in trace.frame
    assert trace.frame["control/V/mA"].tolist() == [0.02] * 5
    assert trace.frame["ox/red"].tolist() == [1.0] * 5


@pytest.mark.parametrize(
    "name", ["Ewe/V", "<Ewe>/V", "<Ewe/V>", "Ecell/V", "<Ecell>/V"]
)
def test_every_spelling_of_the_potential(tmp_path, eclab, name) -> None:
    columns = {"time/s": TIME, "mode": [3.0] * 5, name: BASE["Ewe/V"]}
    trace = read(tmp_path, eclab(columns))
    np.testing.assert_allclose(trace.values("potential_V"), BASE["Ewe/V"])


def test_the_working_electrode_goes_before_the_cell(tmp_path, eclab) -> None:
    columns = {
        "time/s": TIME,
        "Ecell/V": [9.0] * 5,
        "Ece/V": [8.0] * 5,
        "Ewe-Ece/V": [7.0] * 5,
        "<Ewe>/V": [1.0] * 5,
    }
    assert read(tmp_path, eclab(columns)).values("potential_V").tolist() == [1.0] * 5


@pytest.mark.parametrize(
    ("text", "when", "step"),
    [
        ("07/29/2020 10:31:01", datetime(2020, 7, 29, 10, 31, 1), 1.0),
        ("01/10/2024 11:02:29.886", datetime(2024, 1, 10, 11, 2, 29, 886000), 1e-3),
        ("09/19/2022 11.28.15", datetime(2022, 9, 19, 11, 28, 15), 1.0),
        ("22/03/2021 10:31:01", datetime(2021, 3, 22, 10, 31, 1), 1.0),
        ("03.22.2021 10:31:01", datetime(2021, 3, 22, 10, 31, 1), 1.0),
        ("03-22-2021 22:31:01", datetime(2021, 3, 22, 22, 31, 1), 1.0),
        ("3/22/2021 10:31:01 PM", datetime(2021, 3, 22, 22, 31, 1), 1.0),
        ("2021-03-22 10:31:01,5", datetime(2021, 3, 22, 10, 31, 1, 500000), 0.1),
    ],
)
def test_the_start_in_every_form(tmp_path, eclab, text, when, step) -> None:
    trace = read(tmp_path, eclab(BASE, started=text))
    assert trace.stamp is not None
    assert trace.stamp.when == when
    assert trace.stamp.resolution_s == pytest.approx(step)
    assert not trace.warnings and "start_readings" not in trace.metadata


def test_an_ambiguous_start_is_told_with_both_readings(tmp_path, eclab) -> None:
    trace = read(tmp_path, eclab(BASE, started="03.04.2021 10:00:00"))
    assert trace.metadata["start_readings"] == [
        "2021-03-04T10:00:00",
        "2021-04-03T10:00:00",
    ]
    assert "04 March 2021" in trace.warnings[0]
    assert "03 April 2021" in trace.warnings[0]


def test_another_date_of_the_file_settles_the_order(tmp_path, eclab) -> None:
    more = ["Technique started on : 31.03.2021 10:00:00"]
    trace = read(tmp_path, eclab(BASE, started="03.04.2021 10:00:00", more=more))
    assert trace.start == datetime(2021, 4, 3, 10)
    assert "start_readings" not in trace.metadata


def test_the_reference_electrode_is_kept_as_text(tmp_path, eclab) -> None:
    more = ["Reference electrode : Ag/AgCl / KCl (3.5M) (0,205 V)"]
    assert read(tmp_path, eclab(BASE, more=more)).reference == "Ag/AgCl / KCl (3.5M)"
    assert read(tmp_path, eclab(BASE)).reference == ""


@pytest.mark.parametrize("end", ["\r\r\n", "\n", "\r"])
def test_any_line_end_and_names_of_columns_in_a_comment(tmp_path, eclab, end) -> None:
    more = ["Comments : scan, Ewe/V, I/mA, fast"]
    trace = read(tmp_path, eclab(BASE, more=more).replace("\r\n", end))
    assert trace.format == "EC-Lab text" and trace.frame.time_s.tolist() == TIME
    assert trace.technique == "Chronopotentiometry"


def test_bt_lab_writes_the_same(tmp_path, eclab) -> None:
    trace = read(tmp_path, eclab(BASE, magic="BT-Lab ASCII FILE"))
    assert len(trace) == 5 and trace.start is not None


def test_a_wrong_count_of_header_lines_does_no_harm(tmp_path, eclab) -> None:
    lines = eclab(BASE).split("\r\n")
    lines[1] = "Nb header lines : 4"
    trace = read(tmp_path, "\r\n".join(lines))
    assert trace.frame.time_s.tolist() == TIME


def test_dates_in_the_time_column_count_from_the_acquisition(tmp_path, eclab) -> None:
    clock = ["05/13/2024 11:20:01.602", "05/13/2024 11:20:01.702"]
    columns = {"mode": ["3", "3"], "time/s": clock, "Ewe/V": [3.0, 3.1]}
    trace = read(tmp_path, eclab(columns))
    np.testing.assert_allclose(trace.frame.time_s, [10.0, 10.1], atol=1e-9)
    assert trace.start == datetime(2024, 5, 13, 11, 19, 51, 602000)
    alone = read(tmp_path, eclab(columns, header="none"))
    np.testing.assert_allclose(alone.frame.time_s, [0.0, 0.1], atol=1e-9)
    assert alone.start == datetime(2024, 5, 13, 11, 20, 1, 602000)


@pytest.mark.parametrize(
    ("started", "cell", "form"),
    [
        ("03/04/2025 20:59:58.500", "03/04/2025 20:59:59.5000", ""),
        ("03.04.2025 20:59:58.500", "03.04.2025 20:59:59,5000", ""),
        ("03/04/2025 20:59:58.500", "04/03/2025 20:59:59.5000", "DDMMYYYY"),
        ("03/04/2025 20:59:58.500", "2025/03/04 20:59:59.5000", "YYYYMMDD"),
        ("03/31/2025 20:59:58.500", "03.31.2025 20:59:59.5000", "MMDDYYYY"),
        ("03/04/2025 20:59:58.500", "04/03/2025 20:59:59.5000", "?"),
    ],
)
def test_day_and_month_of_the_times_are_those_of_the_start(
    tmp_path, eclab, started, cell, form
) -> None:
    times = [cell, cell.replace(":59.5", ":59.7").replace(":59,5", ":59,7")]
    more = {
        "": [],
        "?": ["Technique started on : 03/04/2025 20:59:59.480"],
    }.get(form, ["Text export", f"   Time format : Absolute {form}"])
    columns = {"mode": ["3", "3"], "time/s": times, "Ewe/V": [3.0, 3.1]}
    trace = read(tmp_path, eclab(columns, started=started, more=more))
    np.testing.assert_allclose(trace.frame.time_s, [1.0, 1.2], atol=1e-9)
    assert trace.start is not None and trace.start.month == 3


def test_dates_without_a_header_are_month_first_and_doubtful(tmp_path, eclab) -> None:
    times = ["03.04.2025 20:59:59,5000", "03.04.2025 20:59:59,7000"]
    columns = {"mode": ["3", "3"], "time/s": times, "Ewe/V": [3.0, 3.1]}
    trace = read(tmp_path, eclab(columns, header="short"))
    np.testing.assert_allclose(trace.frame.time_s, [0.0, 0.2], atol=1e-9)
    assert trace.start == datetime(2025, 3, 4, 20, 59, 59, 500000)
    assert trace.metadata["start_readings"][1].startswith("2025-04-03")
    assert "04 March 2025" in trace.warnings[0]


@pytest.mark.parametrize("name", ["Ecell/V", "<Ecell>/V", "Ewe-Ece/V", "<Ewe-Ece>/V"])
def test_a_cell_of_two_electrodes_has_the_potential_of_the_cell(
    tmp_path, eclab, name
) -> None:
    columns = {k: v for k, v in BASE.items() if k != "Ewe/V"}
    columns = {**columns, "Ece/V": [8.0] * 5, name: BASE["Ewe/V"]}
    more = ["Reference electrode : SCE (0,241 V)"]
    trace = read(tmp_path, eclab(columns, more=more))
    np.testing.assert_allclose(trace.values("potential_V"), BASE["Ewe/V"])
    assert trace.reference == "counter electrode"
    assert trace.metadata["columns"]["potential_V"] == [name, "V"]


@pytest.mark.parametrize(
    "name", ["Ece/V", "control/V", "Analog IN 1/V", "|I|/A", "control/mA", "<Ece>/V"]
)
def test_what_only_has_the_unit_is_neither_potential_nor_current(
    tmp_path, eclab, name
) -> None:
    columns = {"mode": [3.0] * 5, "time/s": TIME, name: [8.0] * 5}
    trace = read(tmp_path, eclab(columns))
    assert not trace.has("potential_V") and not trace.has("current_A")
    assert trace.values(name)[0] == 8.0
    trace = read(tmp_path, eclab({**columns, "I/mA": BASE["I/mA"]}))
    assert not trace.has("potential_V") and trace.has("current_A")


@pytest.mark.parametrize("mark", [",", ";", "   "])
def test_a_text_saved_anew_by_a_spreadsheet_is_read_all_the_same(
    tmp_path, eclab, mark
) -> None:
    columns = {name: BASE[name] for name in ("time/s", "Ewe/V", "I/mA")}
    trace = read(tmp_path, eclab(columns).replace("\t", mark))
    assert trace.frame.time_s.tolist() == TIME
    np.testing.assert_allclose(trace.values("current_A"), np.array(BASE["I/mA"]) / 1e3)
    assert trace.start == datetime(2024, 5, 13, 11, 19, 51, 602000)


def test_a_mean_current_is_known_by_the_charge_of_each_point(
    tmp_path, eclab, rng
) -> None:
    time = np.cumsum(rng.uniform(0.5, 2, 30))
    dq = rng.normal(size=30) * 1e-4
    mean = np.concatenate([[0.0], dq[1:] * 3600 / np.diff(time)])
    columns = {
        "time/s": time,
        "Ewe/V": np.full(30, 3.0),
        "dq/mA.h": dq,
        "(Q-Qo)/mA.h": np.cumsum(dq),
        "I/mA": mean,
    }
    trace = read(tmp_path, eclab(columns))
    assert trace.averaged_current
    assert trace.charge_source == "instrument"
    np.testing.assert_allclose(trace.values("charge_C"), np.cumsum(dq) * 3.6)
    columns["I/mA"] = mean + 0.05
    assert not read(tmp_path, eclab(columns)).averaged_current


@pytest.mark.parametrize(
    ("technique", "name", "averaged"),
    [
        ("Galvanostatic Cycling with Potential Limitation", "<I>/mA", True),
        ("Constant Voltage", "<I>/mA", True),
        ("Galvanostatic Cycling with Potential Limitation", "I/mA", False),
        ("Cyclic Voltammetry", "<I>/mA", False),
    ],
)
def test_without_it_the_technique_tells(
    tmp_path, eclab, technique, name, averaged
) -> None:
    columns = {"time/s": TIME, "Ewe/V": BASE["Ewe/V"], name: BASE["I/mA"]}
    trace = read(tmp_path, eclab(columns, technique=technique))
    assert trace.averaged_current is averaged


def test_a_row_that_stands_a_place_too_late_is_put_in_order(tmp_path, eclab) -> None:
    columns = {
        "time/s": [0.0, 1.0, 2.0, 1.9, 3.0, 4.0],
        "Ewe/V": [3.0, 3.1, 3.3, 3.2, 3.4, 3.5],
        "dq/mA.h": [0.0, 1e-3, 1e-4, 9e-4, 1e-3, 1e-3],
    }
    trace = read(tmp_path, eclab(columns))
    assert trace.frame.time_s.tolist() == [0, 1, 1.9, 2, 3, 4]
    assert trace.values("potential_V").tolist() == [3, 3.1, 3.2, 3.3, 3.4, 3.5]
    np.testing.assert_allclose(trace.values("current_A"), [0, *[3.6e-3] * 5])
    assert "1 row out of order" in trace.warnings[0]
    columns["time/s"] = [0.0, 1.0, 2.0, 0.5, 3.0, 4.0]
    with pytest.raises(ReadError, match="run backwards"):
        read(tmp_path, eclab(columns))


def test_a_current_left_out_is_derived_from_the_charge(tmp_path, eclab) -> None:
    columns = {
        "time/s": [0.0, 1.0, 3.0],
        "Ewe/V": [3.0, 3.1, 3.2],
        "dq/mA.h": [0.0, 1e-3, 2e-3],
    }
    trace = read(tmp_path, eclab(columns))
    np.testing.assert_allclose(trace.values("current_A"), [0.0, 3.6e-3, 3.6e-3])
    assert trace.averaged_current and "dq/dt" in trace.warnings[0]
    np.testing.assert_allclose(trace.values("charge_C"), [0.0, 3.6e-3, 10.8e-3])


def test_loops_are_breaks_and_the_charge_runs_on_over_them(tmp_path, eclab) -> None:
    charge = [1e-5, 2e-5, 3e-5, 1e-5, 2e-5, 3e-5]
    columns = {
        "time/s": [1.0, 2.0, 3.0, 191.0, 192.0, 193.0],
        "Ewe/V": [3.0] * 6,
        "I/mA": [0.01] * 6,
        "(Q-Qo)/C": charge,
    }
    more = [
        "Number of loops : 2",
        "Loop 0 from point number 0 to 2",
        "Loop 1 from point number 3 to 5",
    ]
    trace = read(tmp_path, eclab(columns, more=more))
    assert np.flatnonzero(trace.breaks).tolist() == [3]
    np.testing.assert_allclose(
        trace.values("charge_C"), np.array([1, 2, 3, 4, 5, 6]) * 1e-5
    )


def test_zeros_that_eclab_writes_for_no_potential_are_told(tmp_path, eclab) -> None:
    columns = {**BASE, "Ewe/V": [3.1, 0.0, 0.0, 3.4, 3.5]}
    trace = read(tmp_path, eclab(columns))
    assert trace.values("potential_V").min() == 0.0
    assert trace.warnings[0].startswith("2 of 5 rows")
    around_zero = {**BASE, "Ewe/V": [1e-4, 0.0, -1e-4, 2e-4, 0.0]}
    assert not read(tmp_path, eclab(around_zero)).warnings


def test_an_empty_measurement_is_an_empty_trace(tmp_path, eclab) -> None:
    trace = read(tmp_path, eclab({name: [] for name in BASE}))
    assert len(trace) == 0
    assert trace.start is not None and "no rows" in trace.warnings[0]


SPECTRUM = {
    "freq/Hz": [1e5, 1e4, 1e3],
    "Re(Z)/Ohm": [10.0, 20.0, 30.0],
    "-Im(Z)/Ohm": [1.0, 2.0, 3.0],
}


def test_a_spectrum_with_times_is_a_trace(tmp_path, eclab) -> None:
    columns = {
        **SPECTRUM,
        "time/s": [1.0, 2.0, 3.0],
        "<Ewe>/V": [3.0, 3.1, 3.2],
        "<I>/mA": [0.1, 0.2, 0.3],
        "|Ewe|/V": [9.0] * 3,
        "|I|/A": [9.0] * 3,
        " <I>/mA": [7.0] * 3,
    }
    trace = read(tmp_path, eclab(columns))
    np.testing.assert_allclose(trace.values("current_A"), [1e-4, 2e-4, 3e-4])
    np.testing.assert_allclose(trace.values("potential_V"), [3.0, 3.1, 3.2])
    assert trace.frame["freq/Hz"].tolist() == [1e5, 1e4, 1e3]


def test_a_spectrum_without_times_or_potentials_is_refused_by_name(
    tmp_path, eclab
) -> None:
    timed = {**SPECTRUM, "time/s": [1.0, 2.0, 3.0]}
    of_amplitudes = {**timed, "|Ewe|/V": [0.01] * 3, "|I|/A": [1e-6] * 3}
    for columns in (SPECTRUM, timed, of_amplitudes):
        with pytest.raises(
            ReadError, match=r"cell_01_CP\.mpt is an impedance spectrum"
        ):
            read(tmp_path, eclab(columns))


def test_a_header_without_a_table_is_refused(tmp_path) -> None:
    with pytest.raises(ReadError, match="no table of columns"):
        read(tmp_path, "EC-Lab ASCII FILE\r\nNb header lines : 9\r\n\r\nCP\r\n")


@pytest.mark.parametrize(
    ("first", "what"),
    [
        ("EC-LAB SETTING FILE", "settings"),
        ("BT-LAB SETTING FILE", "settings"),
        ("EC-Lab LOG FILE", "the log"),
    ],
)
def test_settings_and_logs_are_named_as_what_they_are(tmp_path, first, what) -> None:
    text = f"{first}\r\n\r\nNs      0      1      2\r\nIs      0.0    1.0    2.0\r\n"
    with pytest.raises(ReadError, match=f"holds {what} of a measurement by EC-Lab"):
        read(tmp_path, text)


def test_a_clock_that_disagrees_with_the_header_is_told(tmp_path, eclab) -> None:
    more = ["Technique started on : 05/13/2024 11:30:00.000"]
    trace = read(tmp_path, eclab(BASE, more=more))
    assert "count from the technique" in trace.warnings[0]


def test_a_file_that_breaks_off_in_a_number_loses_only_that_row(
    tmp_path, eclab
) -> None:
    text = eclab({**BASE, "P/W": [2e-2] * 5}).rstrip()
    cut = text.rindex("E-02", 0, text.rindex("\t")) + 3  # in the current: 2E-0
    trace = read(tmp_path, text[:cut])
    assert trace.frame.time_s.tolist() == TIME[:4]
    assert "breaks off" in trace.warnings[0]


def test_other_units_under_a_counted_header(tmp_path, eclab) -> None:
    columns = {"time/h": [0, 1, 2], "Ewe/mV": [100, 200, 300], "I/µA": [5, 6, 7]}
    trace = read(tmp_path, eclab(columns))
    assert trace.frame.time_s.tolist() == [0, 3600, 7200]
    np.testing.assert_allclose(trace.values("potential_V"), [0.1, 0.2, 0.3])
    np.testing.assert_allclose(trace.values("current_A"), [5e-6, 6e-6, 7e-6])


def test_a_sweep_through_zero_is_no_missing_potential(tmp_path, eclab) -> None:
    sweep = [0.02, 0.01, 0, -0.01, -0.02, -0.2, -0.3]
    columns = {"time/s": range(7), "Ewe/V": sweep, "I/mA": range(7)}
    assert not read(tmp_path, eclab(columns)).warnings
    columns["Ewe/V"] = [3.5, 3.5, 0, 3.5, 3.5, 0, 3.5]
    assert "2 of 7 rows" in read(tmp_path, eclab(columns)).warnings[0]
