"""PalmSens sessions and CSV: units, scans, several measurements, the time in UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.trace import Trace
from records import (
    palmsens_array,
    palmsens_csv,
    palmsens_measurement,
    palmsens_session,
)

TIME = [0.0, 1.0, 2.0, 3.0]


def put(tmp_path: Path, data: bytes, name: str = "a.pssession") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def read(tmp_path: Path, *measurements, **options) -> Trace:
    return read_trace(put(tmp_path, palmsens_session(*measurements)), **options)


def measured(title="Chronoamperometry", level=5.0, **options):
    return palmsens_measurement(
        title,
        palmsens_array(0, "time", "Time", TIME),
        palmsens_array(1, "potential", "Volt", [0.5] * 4),
        palmsens_array(2, "current", "MicroAmpere", [level] * 4),
        palmsens_array(3, "charge", "MicroCoulomb", [level * t for t in TIME]),
        **options,
    )


@pytest.mark.parametrize("lower", [False, True])
def test_a_measurement(tmp_path, lower) -> None:
    path = put(tmp_path, palmsens_session(measured(after_s=12.5), lower=lower))
    assert identify(path).name == "PalmSens session"
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == TIME
    np.testing.assert_allclose(trace.values("current_A"), 5e-6)
    np.testing.assert_allclose(trace.values("charge_C"), np.array(TIME) * 5e-6)
    assert trace.charge_source == "instrument"
    assert trace.technique == "Chronoamperometry"
    assert trace.start == datetime(2025, 1, 1, 0, 0, 12, 500000, tzinfo=UTC)
    assert trace.start.utcoffset() == timedelta(hours=2)
    assert trace.warnings == ()


def test_measurements_follow_each_other_with_a_break(tmp_path) -> None:
    later, first = measured(level=-1.0, after_s=100.0), measured(after_s=10.0)
    trace = read(tmp_path, later, first)
    assert trace.frame.time_s.tolist() == [0, 1, 2, 3, 90, 91, 92, 93]
    assert np.flatnonzero(trace.breaks).tolist() == [4]
    assert trace.frame.step.tolist() == [1] * 4 + [2] * 4
    assert trace.start == datetime(2025, 1, 1, 0, 0, 10, tzinfo=UTC)
    np.testing.assert_allclose(trace.values("current_A"), [5e-6] * 4 + [-1e-6] * 4)


def test_scans_are_cycles_on_one_clock(tmp_path) -> None:
    arrays = [palmsens_array(0, "time", "Time", TIME)]
    for n in (1, 2):
        size = 5 - n  # the second is one shorter
        arrays += [
            palmsens_array(1, f"scan{n}", "Volt", np.arange(size) / 10.0),
            palmsens_array(2, f"scan{n}", "MicroAmpere", [2.0] * size),
            palmsens_array(3, f"scan{n}", "MicroCoulomb", np.arange(size + 1) * 2.0),
        ]
    trace = read(tmp_path, palmsens_measurement("Cyclic Voltammetry", *arrays))
    assert trace.frame.time_s.tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert trace.frame.cycle.tolist() == [1] * 4 + [2] * 3
    np.testing.assert_allclose(trace.values("charge_C"), np.arange(7) * 2e-6)
    assert not trace.breaks.any()
    assert any("share one column of times" in note for note in trace.warnings)


def test_further_arrays_are_kept_under_their_names(tmp_path) -> None:
    item = measured()
    item["DataSet"]["Values"] += [
        palmsens_array(30, "Measured WE potential", "Volt", [4.0] * 4),
        palmsens_array(16383, "nPoints", "FixedUnit", [1.0] * 4, Hidden=True),
    ]
    trace = read(tmp_path, item)
    assert set(trace.values("potential_V")) == {0.5}
    assert set(trace.values("Measured WE potential (V)")) == {4.0}
    assert not any("nPoints" in str(name) for name in trace.frame)


def test_another_kind_of_measurement_is_left_out_and_named(tmp_path) -> None:
    pulse = measured("Differential Pulse Voltammetry [1]", after_s=60)
    trace = read(tmp_path, measured(), pulse)
    assert len(trace) == 4
    assert "Differential Pulse Voltammetry [1]" in trace.warnings[0]


def test_overloads_are_counted(tmp_path) -> None:
    item = measured()
    item["DataSet"]["Values"][2]["DataValues"][1]["S"] = 1
    assert "1 samples are marked" in read(tmp_path, item).warnings[0]


def test_the_sign_is_changed_where_it_is_asked(tmp_path) -> None:
    trace = read(tmp_path, measured(), mapping=ColumnMapping(flip_current=True))
    np.testing.assert_allclose(trace.values("current_A"), -5e-6)


def test_a_spectrum_is_refused(tmp_path) -> None:
    item = measured("Impedance Spectroscopy")
    item["DataSet"]["Values"].append(palmsens_array(5, "Frequency", "Hertz", TIME))
    with pytest.raises(ReadError, match=r"a\.pssession.*impedance spectra"):
        read(tmp_path, item)


def test_a_session_cut_off_is_refused(tmp_path) -> None:
    whole = palmsens_session(measured())
    for damaged, words in (
        (whole[: len(whole) // 2], "cut off"),
        (palmsens_session(), "without measurements"),
    ):
        with pytest.raises(ReadError, match=words):
            read_trace(put(tmp_path, damaged))


# -- CSV ------------------------------------------------------------------------------

ROWS = [[t, 2.0 + t] for t in TIME]


def test_curves_of_one_measurement_are_columns(tmp_path) -> None:
    at = "2025-03-29 13:32:13"
    data = palmsens_csv(
        ("Chronoamperometry: CA i vs t", at, "s,µA", ROWS),
        ("Chronoamperometry: CA E vs t", at, "s,mV", ROWS),
    )
    path = put(tmp_path, data, "a.csv")
    assert identify(path).name == "PalmSens CSV"
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == TIME
    np.testing.assert_allclose(trace.values("current_A"), np.arange(2, 6) * 1e-6)
    np.testing.assert_allclose(trace.values("potential_V"), np.arange(2, 6) * 1e-3)
    assert trace.start == datetime(2025, 3, 29, 13, 32, 13)
    assert trace.technique == "Chronoamperometry"
    assert trace.paths == (path,)


def test_measurements_of_a_csv_follow_each_other(tmp_path) -> None:
    data = palmsens_csv(
        ("CA [1]: A", "2025-03-29 13:32:13", "s,µA", ROWS),
        ("CA [2]: B", "2025-03-29 13:33:13", "s,µA", ROWS[:3]),
        encoding="utf-8-sig",
    )
    trace = read_trace(put(tmp_path, data, "a.csv"))
    assert trace.frame.time_s.tolist() == [0, 1, 2, 3, 60, 61, 62]
    assert np.flatnonzero(trace.breaks).tolist() == [4]


def test_voltammograms_without_times_are_refused(tmp_path) -> None:
    data = palmsens_csv(("DPV: S49", "2025-03-29 13:32:13", "V,µA", ROWS))
    with pytest.raises(ReadError, match=r"a\.csv.*without times \(DPV: S49\)"):
        read_trace(put(tmp_path, data, "a.csv"))


APPENDED = (
    "Measurement:,Impedance Spectroscopy\r\nNotes:,\r\nDate and time:,2025-03-29\r\n"
    "CH 3: Fixed at 3 freqs\r\nfreq / Hz,neg. Phase / °,Idc / uA,Z / Ohm\r\n"
    "100000,-5,1,4000\r\n1000,-40,1,50000\r\n"
)


def exported(level: float = 5.0, date: str = "2025-03-29 13:32:13") -> str:
    rows = [(t, level) for t in TIME]
    data = palmsens_csv(("CA: a", date, "s,µA", rows), encoding="utf-8")
    return data.decode("utf-8").strip("\ufeff")


def test_what_stands_below_the_curves_is_kept_apart(tmp_path) -> None:
    """Before, the numbers of an appended spectrum were rows of the curve."""
    path = put(tmp_path, (exported() + APPENDED).encode("utf-16"), "a.csv")
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == TIME
    np.testing.assert_allclose(trace.values("current_A"), 5e-6)
    assert "2 rows below the curves" in trace.warnings[0]


def test_blocks_below_each_other_are_measurements(tmp_path) -> None:
    second = exported(7.0, "2025-03-29 13:42:13")
    trace = read_trace(put(tmp_path, (exported() + second).encode(), "a.csv"))
    assert trace.frame.time_s.tolist() == [*TIME, *(600 + t for t in TIME)]
    np.testing.assert_allclose(trace.values("current_A"), [5e-6] * 4 + [7e-6] * 4)
    assert np.flatnonzero(trace.breaks).tolist() == [4]


def test_semicolons_and_decimal_commas(tmp_path) -> None:
    text = exported(5.25).replace(",", ";").replace("5.25", "5,25").replace(".0", ",0")
    trace = read_trace(put(tmp_path, text.encode("utf-8"), "a.csv"))
    assert trace.frame.time_s.tolist() == TIME
    np.testing.assert_allclose(trace.values("current_A"), 5.25e-6)


def test_decimal_commas_between_commas_are_refused(tmp_path) -> None:
    text = exported(5.25).replace("5.25", "5,25").replace(".0,", ",0,")
    with pytest.raises(ReadError, match="between its columns and inside its numbers"):
        read_trace(put(tmp_path, text.encode("utf-8"), "a.csv"))


def test_curves_without_samples_are_empty_and_say_so(tmp_path) -> None:
    text = exported()
    end = text.index("s,µA") + len("s,µA\r\n")
    trace = read_trace(put(tmp_path, text[:end].encode("utf-8"), "a.csv"))
    assert len(trace) == 0 and "a.csv holds no rows" in trace.warnings[0]


def test_channels_at_the_same_times_are_columns_of_their_own(tmp_path) -> None:
    """Before, their samples were rows of one current by turns."""
    date = "2025-03-29 13:32:13"
    data = palmsens_csv(
        ("CA: i vs t Channel 1", date, "s,µA", [(t, 5.0) for t in TIME]),
        ("CA: i vs t Channel 2", date, "s,µA", [(t, 7.0) for t in TIME]),
    )
    trace = read_trace(put(tmp_path, data, "a.csv"))
    assert trace.frame.time_s.tolist() == TIME
    np.testing.assert_allclose(trace.values("current_A"), 5e-6)
    other = trace.values("CA: i vs t Channel 2 (current_A)")
    np.testing.assert_allclose(other, 7e-6)
    assert "2 curves of one kind" in trace.warnings[0]
    assert trace.charge_source == "integrated"


def test_a_curve_at_the_same_time_with_times_of_its_own_is_left_out(tmp_path) -> None:
    date = "2025-03-29 13:32:13"
    data = palmsens_csv(
        ("CA: a", date, "s,µA", [(t, 5.0) for t in TIME]),
        ("CA: b", date, "s,µA", [(t + 0.5, 7.0) for t in TIME]),
    )
    trace = read_trace(put(tmp_path, data, "a.csv"))
    np.testing.assert_allclose(trace.values("current_A"), 5e-6)
    assert "1 curves run at the same time" in trace.warnings[0]


def test_a_date_that_can_be_read_in_two_ways_is_doubted(tmp_path) -> None:
    path = tmp_path / "a.csv"
    for day, doubted in (("4/3/2025", True), ("4/13/2025", False), ("4.3.2025", False)):
        path.write_text(exported(date=f"{day} 13:32:13"), encoding="utf-8")
        notes = read_trace(path).warnings
        assert any("can be read as" in note for note in notes) is doubted
    text = exported(date="4/3/2025 13:32:13").replace("2025-03-29", "29/3/2025")
    path.write_text(text, encoding="utf-8")
    trace = read_trace(path)
    assert trace.start == datetime(2025, 3, 4, 13, 32, 13) and trace.warnings == ()


def test_further_channels_of_a_session_are_columns(tmp_path) -> None:
    """Sixteen electrodes at the same times are no scans one after the other."""
    arrays = [palmsens_array(0, "time", "Time", TIME)]
    for n in (1, 2, 16):
        arrays.append(
            palmsens_array(2, f"current channel{n}", "Ampere", [float(n)] * 4)
        )
    trace = read(tmp_path, palmsens_measurement("Chronoamperometry", *arrays))
    assert trace.frame.time_s.tolist() == TIME and "cycle" not in trace.frame
    assert trace.values("current_A").tolist() == [1.0] * 4
    assert trace.values("current channel16 (A)").tolist() == [16.0] * 4


def test_a_single_channel_of_any_number_is_the_current(tmp_path) -> None:
    arrays = [palmsens_array(0, "time", "Time", TIME)]
    arrays.append(palmsens_array(2, "current channel5", "Ampere", [5.0] * 4))
    trace = read(tmp_path, palmsens_measurement("Chronoamperometry", *arrays))
    assert trace.values("current_A").tolist() == [5.0] * 4


def test_a_measurement_that_never_began_is_empty_and_says_so(tmp_path) -> None:
    arrays = [
        palmsens_array(kind, name, unit, [])
        for kind, name, unit in ((0, "time", "Time"), (1, "E", "Volt"),
                                 (2, "I", "Ampere"))
    ]  # fmt: skip
    trace = read(tmp_path, palmsens_measurement("Chronoamperometry", *arrays))
    assert len(trace) == 0 and "a.pssession holds no rows" in trace.warnings[0]
    assert trace.start is not None
