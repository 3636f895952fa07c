"""Gamry .DTA: every table kind, local dates and decimals, the sign convention."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.trace import Trace

TIME = np.array([0.0, 1.0, 2.0, 3.0])
POTENTIAL = np.array([0.1, 0.2, 0.3, 0.4])
CURRENT = np.array([1e-6, 2e-6, 3e-6, -4e-6])


def put(tmp_path: Path, text: str, encoding: str = "cp1252") -> Path:
    path = tmp_path / "CV_1.DTA"
    path.write_bytes(text.encode(encoding))
    return path


def read(tmp_path: Path, text: str, encoding: str = "cp1252") -> Trace:
    return read_trace(put(tmp_path, text, encoding))


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig"])
@pytest.mark.parametrize("decimal", [".", ","])
def test_one_curve(tmp_path, gamry, curve, decimal, encoding) -> None:
    text = gamry(curve("CURVE", TIME, POTENTIAL, CURRENT), decimal=decimal)
    assert identify(put(tmp_path, text, encoding)).name == "Gamry"
    trace = read(tmp_path, text, encoding)
    assert trace.frame.time_s.tolist() == TIME.tolist()
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT)
    assert trace.technique == "CHRONOP"
    assert trace.start == datetime(2023, 11, 16, 10, 40, 42)
    assert trace.warnings == () and "cycle" not in trace.frame
    assert trace.charge_source == "integrated" and not trace.averaged_current
    assert trace.metadata["AREA"] == "1.0"


def test_curves_that_go_on_are_cycles_without_a_break(tmp_path, gamry, curve) -> None:
    text = gamry(*(curve(f"CURVE{n + 1}", TIME + 4 * n, POTENTIAL) for n in range(3)))
    trace = read(tmp_path, text)
    assert trace.frame.cycle.tolist() == [1] * 4 + [2] * 4 + [3] * 4
    assert trace.frame.time_s.tolist() == list(range(12))
    assert not trace.breaks.any()


def test_curves_with_a_pause_between_are_apart(tmp_path, gamry, curve) -> None:
    text = gamry(curve("CURVE1", TIME), curve("CURVE2", TIME + 100))
    assert np.flatnonzero(read(tmp_path, text).breaks).tolist() == [4]


def test_curves_whose_time_begins_again_run_on_and_say_so(
    tmp_path, gamry, curve
) -> None:
    text = gamry(curve("CURVE1", TIME), curve("CURVE2", TIME))
    trace = read(tmp_path, text)
    assert trace.frame.time_s.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert np.flatnonzero(trace.breaks).tolist() == [4]
    assert "begins again" in trace.warnings[0]


def test_negative_times_before_the_step_are_kept(tmp_path, gamry, curve) -> None:
    trace = read(tmp_path, gamry(curve("CURVE", TIME - 1.5)))
    assert trace.frame.time_s.tolist() == [-1.5, -0.5, 0.5, 1.5]


@pytest.mark.parametrize("second", ["CURVE DETECTOR", "WE2CURVE"])
def test_a_second_electrode_is_no_sequel(tmp_path, gamry, curve, second) -> None:
    name = "CURVE GENERATOR" if "DETECTOR" in second else "CURVE"
    text = gamry(
        curve(second, TIME[1:], POTENTIAL[1:] + 5, CURRENT[1:] * 2),
        curve(f"{name}1", TIME[:2], POTENTIAL[:2], CURRENT[:2]),
        curve(f"{name}2", TIME[2:], POTENTIAL[2:], CURRENT[2:]),
    )
    trace = read(tmp_path, text)
    assert trace.frame.time_s.tolist() == TIME.tolist()
    assert trace.frame.cycle.tolist() == [1, 1, 2, 2]
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    other = "detector" if "DETECTOR" in second else "we2"
    np.testing.assert_allclose(
        trace.frame[f"{other} potential_V"], [np.nan, *(POTENTIAL[1:] + 5)]
    )
    np.testing.assert_allclose(
        trace.frame[f"{other} current_A"], [np.nan, *(CURRENT[1:] * 2)]
    )
    assert f"second working electrode ({other})" in trace.warnings[0]


def test_samples_of_the_second_electrode_at_other_times_are_counted(
    tmp_path, gamry, curve
) -> None:
    text = gamry(curve("CURVE", TIME), curve("WE2CURVE", TIME + 0.5, POTENTIAL))
    trace = read(tmp_path, text)
    assert np.isnan(trace.values("we2 potential_V")).all()
    assert "4 of its samples" in trace.warnings[0]


def test_the_rest_before_a_curve_is_kept_apart_and_told(tmp_path, gamry, curve) -> None:
    names, units = (
        ("Pt", "T", "Vf", "Vm", "Over"),
        ("#", "s", "V vs. Ref.", "V", "bits"),
    )
    rest = curve("OCVCURVE", TIME * 10, names=names, units=units)
    trace = read(tmp_path, gamry(rest, curve("CURVE", TIME)))
    assert trace.frame.time_s.tolist() == TIME.tolist()
    assert "open-circuit record of 4 samples (30 s)" in trace.warnings[0]
    assert trace.metadata["open_circuit_before_s"] == 30.0
    assert trace.stamp is not None and trace.stamp.resolution_s == 31.0


def test_a_rest_alone_is_the_record(tmp_path, gamry, curve) -> None:
    names, units = (
        ("Pt", "T", "Vf", "Vm", "Over"),
        ("#", "s", "V vs. Ref.", "V", "bits"),
    )
    text = gamry(
        curve("CURVE", TIME, POTENTIAL, names=names, units=units), tag="CORPOT"
    )
    trace = read(tmp_path, text)
    assert trace.has("potential_V") and "current_A" not in trace.frame


def test_cathodic_positive_is_turned_once_and_said(tmp_path, gamry, curve) -> None:
    more = ["CONVENTION\tIQUANT\t0\tCurrent Convention"]
    trace = read(tmp_path, gamry(curve("CURVE", TIME, POTENTIAL, CURRENT), more=more))
    np.testing.assert_allclose(trace.values("current_A"), -CURRENT)
    assert "anodic positive" in trace.warnings[0] and len(trace.warnings) == 1
    more = ["CONVENTION\tIQUANT\t1\tCurrent Convention"]
    trace = read(tmp_path, gamry(curve("CURVE", TIME, POTENTIAL, CURRENT), more=more))
    np.testing.assert_allclose(trace.values("current_A"), CURRENT)


def test_each_potentiostat_has_its_own_convention(tmp_path, gamry, curve) -> None:
    more = [
        "PSTAT GENERATOR\tPSTAT\tOne\tPotentiostat",
        "CONVENTION\tIQUANT\t1\tCurrent Convention",
        "PSTAT DETECTOR\tPSTAT\tTwo\tPotentiostat",
        "CONVENTION\tIQUANT\t0\tCurrent Convention",
    ]
    text = gamry(
        curve("CURVE GENERATOR", TIME, POTENTIAL, CURRENT),
        curve("CURVE DETECTOR", TIME, POTENTIAL, CURRENT),
        more=more,
    )
    trace = read(tmp_path, text)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT)
    np.testing.assert_allclose(trace.frame["detector current_A"], -CURRENT)


def test_the_instruments_charge_is_taken(tmp_path, gamry, table) -> None:
    rows = [[0, 0.0, 0.1, 0.0], [1, 1.0, 0.1, 5e-6], [2, 2.0, 0.1, 1.1e-5]]
    text = gamry(table("CURVE", rows, ("Pt", "T", "Vf", "Q"), ("#", "s", "V", "C")))
    trace = read(tmp_path, text)
    assert trace.charge_source == "instrument"
    np.testing.assert_allclose(trace.values("charge_C"), [0.0, 5e-6, 1.1e-5])


def test_overloads_are_counted(tmp_path, gamry, curve) -> None:
    text = gamry(curve("CURVE", TIME)).replace("...........", ".....i.....", 2)
    assert "2 samples carry an overload flag (i)" in read(tmp_path, text).warnings[0]


@pytest.mark.parametrize(
    ("date", "clock", "decimal", "when"),
    [
        ("31/5/2023", "10:15:24", ".", datetime(2023, 5, 31, 10, 15, 24)),
        ("13.6.2024", "16:05:55", ".", datetime(2024, 6, 13, 16, 5, 55)),
        ("3.6.2024", "16:05:55", ".", datetime(2024, 6, 3, 16, 5, 55)),
        ("12/31/2021", "12:00:00", ".", datetime(2021, 12, 31, 12)),
        ("3/6/2019", "4:35:22 PM", ".", datetime(2019, 3, 6, 16, 35, 22)),
        ("3/6/2019", "16:35:22", ",", datetime(2019, 6, 3, 16, 35, 22)),
        ("2019-06-03", "16:35:22", ".", datetime(2019, 6, 3, 16, 35, 22)),
        ("6/6/2019", "16:35:22", ".", datetime(2019, 6, 6, 16, 35, 22)),
    ],
)
def test_dates_of_many_countries(
    tmp_path, gamry, curve, date, clock, decimal, when
) -> None:
    curves = curve("CURVE", TIME, POTENTIAL)
    trace = read(tmp_path, gamry(curves, date=date, clock=clock, decimal=decimal))
    assert trace.start == when and not trace.warnings


@pytest.mark.parametrize(
    ("date", "first", "second"),
    [
        ("3/6/2019", "2019-03-06T10:40:42", "2019-06-03T10:40:42"),
        ("10-2-2020", "2020-02-10T10:40:42", "2020-10-02T10:40:42"),
    ],
)
def test_an_ambiguous_date_is_told_with_both_readings(
    tmp_path, gamry, curve, date, first, second
) -> None:
    trace = read(tmp_path, gamry(curve("CURVE", TIME), date=date))
    assert trace.start == datetime.fromisoformat(first)
    assert trace.metadata["start_readings"] == [first, second]
    assert "can be read as" in trace.warnings[0]


def test_a_measurement_is_not_older_than_the_calibration(
    tmp_path, gamry, curve
) -> None:
    more = ["DCCALDATE\tLABEL\t4/15/2019\tDC Calibration Date"]
    trace = read(tmp_path, gamry(curve("CURVE", TIME), date="3/6/2019", more=more))
    assert trace.start == datetime(2019, 6, 3, 10, 40, 42)
    assert not trace.warnings


SPECTRUM_NAMES = ("Pt", "Time", "Freq", "Zreal", "Zimag", "Idc", "Vdc")
SPECTRUM_UNITS = ("#", "s", "Hz", "ohm", "ohm", "A", "V")


def test_an_impedance_spectrum_is_refused_by_name(
    tmp_path, gamry, table, curve
) -> None:
    rows = [[i, i, 10.0**-i, 1.0, 2.0, 0.0, 0.1] for i in range(4)]
    spectrum = table("ZCURVE", rows, SPECTRUM_NAMES, SPECTRUM_UNITS)
    for tables in ([spectrum], [curve("OCVCURVE", TIME), spectrum]):
        with pytest.raises(ReadError, match=r"CV_1\.DTA is an impedance spectrum"):
            read(tmp_path, gamry(*tables, tag="EISPOT"))


def test_a_header_without_tables_is_an_empty_trace(tmp_path, gamry) -> None:
    trace = read(tmp_path, gamry())
    assert len(trace) == 0 and "no rows" in trace.warnings[0]
    assert trace.start == datetime(2023, 11, 16, 10, 40, 42)


def test_a_table_without_rows_is_an_empty_trace(tmp_path, gamry, curve) -> None:
    trace = read(tmp_path, gamry(curve("CURVE", [])))
    assert len(trace) == 0 and trace.technique == "CHRONOP"


def test_a_table_without_times_is_refused(tmp_path, gamry, table) -> None:
    rows = [[0, 0.1, 1e-6], [1, 0.2, 2e-6]]
    text = gamry(table("CURVE", rows, ("Pt", "Vf", "Im"), ("#", "V", "A")))
    with pytest.raises(ReadError, match="no table with times"):
        read(tmp_path, text)


def test_a_file_that_breaks_off_loses_its_last_row(tmp_path, gamry, curve) -> None:
    text = gamry(curve("CURVE", TIME, POTENTIAL, CURRENT)).rstrip()
    trace = read(tmp_path, text[: text.rindex("E-06") + 3])
    assert trace.frame.time_s.tolist() == [0.0, 1.0, 2.0]
    assert "breaks off" in trace.warnings[0]


def test_samples_at_a_fixed_rate(tmp_path) -> None:
    """A file of the virtual front panel: voltage and current, and how often."""
    rows = "".join(f"\t{i / 100:.6f}\t{i * 1e-9:.6E}\n" for i in range(20))
    text = (
        "VFP600\nTAG\tVFP600\nCTRLMODE\tIQUANT\t1\tControl Mode\n"
        "FREQ\tQUANT\t4.00000E+0\tAcquisition Frequency (Hz)\nVFPCURVE\tTABLE\n"
        f"\tVoltage\tCurrent\n\tV\tA\n{rows}"
    )
    trace = read(tmp_path, text)
    np.testing.assert_allclose(trace.frame.time_s, np.arange(20) / 4)
    np.testing.assert_allclose(trace.values("potential_V"), np.arange(20) / 100)
    np.testing.assert_allclose(trace.values("current_A"), np.arange(20) * 1e-9)
    assert "the rate of its samples (4 Hz)" in trace.warnings[0]


def test_tables_of_other_names_follow_each_other(tmp_path, gamry, curve) -> None:
    """Charge and discharge, neither a second electrode nor a rest."""
    text = gamry(
        curve("CHARGECURVE1", TIME, POTENTIAL, CURRENT),
        curve("DISCHARGECURVE1", TIME + 4, POTENTIAL, -CURRENT),
        tag="PWR800",
    )
    trace = read(tmp_path, text)
    assert trace.frame.time_s.tolist() == list(range(8))
    np.testing.assert_allclose(trace.values("current_A"), [*CURRENT, *-CURRENT])
    assert trace.warnings == ()


@pytest.mark.parametrize("name", ["CURVE DETECTOR", "WE2CURVE"])
def test_a_second_electrode_without_the_first_is_told(
    tmp_path, gamry, curve, name
) -> None:
    trace = read(tmp_path, gamry(curve(name, TIME)))
    assert len(trace) == 4 and "second working electrode" in trace.warnings[0]
    assert "alone" in trace.warnings[0] and "CV_1.DTA" in trace.warnings[0]


def test_a_rest_without_its_curve_is_told(tmp_path, gamry, curve) -> None:
    rest = curve("OCVCURVE", TIME)
    assert "open-circuit" in read(tmp_path, gamry(rest, tag="CV")).warnings[0]
    assert read(tmp_path, gamry(rest, tag="CORPOT")).warnings == ()


def test_a_second_record_appended_to_the_file_runs_on(tmp_path, gamry, curve) -> None:
    """Its notes, which begin with a tab, are no rows of the table above them."""
    text = gamry(curve("CURVE", TIME, POTENTIAL, CURRENT))
    trace = read(tmp_path, text + text)
    assert trace.frame.time_s.tolist() == list(range(8))
    assert np.flatnonzero(trace.breaks).tolist() == [4]
    assert "begins again in 1" in trace.warnings[0]


def test_a_rest_behind_the_first_curve_does_not_delay_it(
    tmp_path, gamry, curve
) -> None:
    rests = [curve("OCVCURVE", TIME * n) for n in (10, 20)]
    trace = read(tmp_path, gamry(rests[0], curve("CURVE1", TIME), rests[1]))
    assert trace.metadata["open_circuit_before_s"] == 30.0


def test_a_file_that_ends_in_its_header_is_empty_and_says_so(tmp_path, gamry) -> None:
    trace = read(tmp_path, gamry())
    assert len(trace) == 0 and trace.start == datetime(2023, 11, 16, 10, 40, 42)
    assert "CV_1.DTA holds no rows" in trace.warnings[0]
    assert "before its first table" in trace.warnings[1]


def test_rows_that_the_file_promises_and_does_not_hold(tmp_path, gamry, curve) -> None:
    """A file that was cut off at the end of a row."""
    text = gamry(curve("CURVE", TIME, POTENTIAL, CURRENT))
    trace = read(tmp_path, text[: text.rindex("\t3\t3")])
    assert trace.frame.time_s.tolist() == [0, 1, 2]
    assert "CURVE promises 4 rows and holds 3" in trace.warnings[0]
