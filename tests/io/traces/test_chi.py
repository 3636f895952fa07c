"""CH Instruments text: times of sweeps, set quantities, and what has no times."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.trace import Trace
from records import chi_text

CV = ["Init E (V) = 0", "High E (V) = 0.4", "Low E (V) = -0.2", "Init P/N = P",
      "Scan Rate (V/s) = 0.05", "Segment = 2", "Sample Interval (V) = 0.1",
      "Quiet Time (sec) = 2", "Sensitivity (A/V) = 1e-4"]  # fmt: skip
SWEEP = [0, 0.1, 0.2, 0.3, 0.4, 0.3, 0.2, 0.1, 0, -0.1, -0.2]
SWEPT = [[f"{e:.3f}", f"{1e-6 * i:.3e}"] for i, e in enumerate(SWEEP)]
TIMED = [[f"{t:.3e}", f"{t * 1e-6:.3e}"] for t in np.arange(1, 9) / 2]


def put(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "a.txt"
    path.write_text(text, encoding="utf-8", newline="")
    return path


def read(tmp_path: Path, text: str, **options) -> Trace:
    return read_trace(put(tmp_path, text), **options)


@pytest.mark.parametrize("delimiter", [", ", "\t"])
def test_times_of_a_sweep_follow_from_the_scan_rate(tmp_path, delimiter) -> None:
    text = chi_text("Cyclic Voltammetry", "Potential/V|Current/A", SWEPT, CV,
                    delimiter=delimiter)  # fmt: skip
    assert identify(put(tmp_path, text)).name == "CH Instruments text"
    trace = read(tmp_path, text)
    np.testing.assert_allclose(trace.frame.time_s, np.arange(11) * 2.0, atol=1e-9)
    np.testing.assert_allclose(trace.values("potential_V"), SWEEP)
    np.testing.assert_allclose(trace.values("current_A"), np.arange(11) * 1e-6)
    assert trace.start == datetime(2024, 10, 4, 17, 30)
    assert trace.technique == "Cyclic Voltammetry"
    assert trace.metadata["Quiet Time (sec)"] == "2"
    assert (
        "inferred from the potential and the scan rate (0.05 V/s)"
        in (trace.warnings[0])
    )
    assert "which sign" in trace.warnings[-1]


def test_a_column_of_times_goes_before_the_scan_rate(tmp_path) -> None:
    rows = [[*row, f"{i * 3.0}"] for i, row in enumerate(SWEPT)]
    trace = read(
        tmp_path,
        chi_text("Cyclic Voltammetry", "Potential/V|Current/A|Time/s", rows, CV),
    )
    assert trace.frame.time_s.tolist() == [i * 3.0 for i in range(11)]
    assert not any("inferred" in note for note in trace.warnings)


def test_a_promised_column_of_times_that_is_not_there(tmp_path) -> None:
    text = chi_text("", "Potential/V|Current/A|Time/s", SWEPT, CV, delimiter="\t")
    trace = read(tmp_path, text)
    assert trace.span_ns == (0, 20_000_000_000)
    assert trace.start is None


def test_a_part_of_a_sweep_says_that_its_start_is_unknown(tmp_path) -> None:
    settings = [line.replace("Segment = 2", "Segment = 6") for line in CV]
    trace = read(
        tmp_path,
        chi_text("Cyclic Voltammetry", "Potential/V|Current/A", SWEPT, settings),
    )
    assert any("6 segments" in note for note in trace.warnings)


def test_a_held_potential_comes_from_the_header(tmp_path) -> None:
    trace = read(
        tmp_path,
        chi_text("Amperometric i-t Curve", "Time/sec|Current/A", TIMED,
                 ["Init E (V) = -0.95", "Sample Interval (s) = 0.5"]),
    )  # fmt: skip
    assert set(trace.values("potential_V")) == {-0.95}
    assert any("set (header), not measured" in note for note in trace.warnings)


@pytest.mark.parametrize(("sign", "first"), [("N", -0.5), ("P", 0.5)])
def test_potential_steps_come_from_the_header(tmp_path, sign, first) -> None:
    settings = ["Init E (V) = 0", "High E (V) = 0.5", "Low E (V) = -0.5",
                f"Init P/N = {sign}", "Step = 2", "Pulse Width (sec) = 2"]  # fmt: skip
    trace = read(
        tmp_path,
        chi_text("Chronoamperometry", "Time/sec|Current/A", TIMED, settings),
    )
    np.testing.assert_allclose(trace.values("potential_V"), [first] * 4 + [-first] * 4)


def test_a_set_current_is_taken_from_one_segment_only(tmp_path) -> None:
    settings = ["Cathodic Current (A) = 0.005", "Anodic Current (A) = 0.002",
                "Init P/N = N", "Segment = 1"]  # fmt: skip
    rows = [[t, 0.5] for t, _ in TIMED]
    technique, header = "Chronopotentiometry", "Time/sec|Potential/V"
    trace = read(tmp_path, chi_text(technique, header, rows, settings))
    assert set(trace.values("current_A")) == {-0.005}
    assert trace.values("charge_C")[-1] == pytest.approx(-0.005 * 3.5)
    settings[-1] = "Segment = 3"
    trace = read(tmp_path, chi_text(technique, header, rows, settings))
    assert "current_A" not in trace.frame
    assert any("does not say the current" in note for note in trace.warnings)


def test_of_two_electrodes_the_first_is_the_current(tmp_path) -> None:
    rows = [[*row, "5e-9"] for row in SWEPT]
    trace = read(
        tmp_path, chi_text("Cyclic Voltammetry", "Potential/V|i1/A|i2/A", rows, CV)
    )
    np.testing.assert_allclose(trace.values("current_A"), np.arange(11) * 1e-6)
    assert set(trace.values("i2/A")) == {5e-9}


def test_the_sign_is_changed_where_it_is_asked(tmp_path) -> None:
    trace = read(
        tmp_path,
        chi_text("Cyclic Voltammetry", "Potential/V|Current/A", SWEPT, CV),
        mapping=ColumnMapping(flip_current=True),
    )
    assert trace.values("current_A")[-1] == -1e-5
    assert not any("which sign" in note for note in trace.warnings)


@pytest.mark.parametrize(
    ("technique", "header", "words"),
    [
        ("Differential Pulse Voltammetry", "Potential/V|Current/A", "have no times"),
        ("A.C. Impedance", "Freq/Hz|Z'/ohm", "impedance spectrum"),
    ],
)
def test_what_has_no_times_is_refused(tmp_path, technique, header, words) -> None:
    with pytest.raises(ReadError, match=rf"a\.txt.*{words}"):
        read(tmp_path, chi_text(technique, header, SWEPT, CV[:4]))


SLOW = ["Init E (V) = 0", "Scan Rate (V/s) = 0.01", "Segment = 1"]
STAIRS = [[f"{0.001 * i:.3f}", f"{1e-6 * i + 2e-8:.3e}"] for i in range(9)]


def test_a_logarithm_is_no_time(tmp_path) -> None:
    """A column of a Tafel plot that rises without the name of a time."""
    rows = [[*row, f"{-6 + 0.1 * i:.3f}"] for i, row in enumerate(STAIRS)]
    header = "Potential/V|Current/A|log(i/A)"
    trace = read(tmp_path, chi_text("Tafel Plot", header, rows, SLOW))
    np.testing.assert_allclose(trace.frame.time_s, 0.1 * np.arange(9))
    assert trace.frame["log(i/A)"].iloc[0] == -6.0


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
@pytest.mark.parametrize(
    ("chinese", "english"),
    [("循环伏安法", "Cyclic Voltammetry"), ("塔菲尔曲线", "Tafel Plot")],
)
def test_sweeps_of_the_chinese_edition(tmp_path, encoding, chinese, english) -> None:
    text = chi_text(chinese, "Potential/V|Current/A", STAIRS, SLOW)
    path = tmp_path / "a.txt"
    path.write_bytes(text.encode(encoding))
    trace = read_trace(path)
    assert trace.technique == english
    np.testing.assert_allclose(trace.frame.time_s, 0.1 * np.arange(9))


def test_a_sweep_in_a_language_that_is_not_known(tmp_path) -> None:
    trace = read(
        tmp_path, chi_text("вольтамперо", "Potential/V|Current/A", STAIRS, SLOW)
    )
    assert trace.frame.time_s.iloc[-1] == pytest.approx(0.8)
    pulsed = [*SLOW, "Amplitude (V) = 0.05"]
    with pytest.raises(ReadError, match="have no times"):
        read(tmp_path, chi_text("вольтамперо", "Potential/V|Current/A", STAIRS, pulsed))


def test_of_eight_electrodes_the_first_is_the_current_and_said(tmp_path) -> None:
    header = "|".join(["Time/s", *(f"i{n}/A" for n in range(1, 9))])
    rows = [[t, *(f"{n * t * 1e-6:.3e}" for n in range(1, 9))] for t in range(1, 6)]
    trace = read(tmp_path, chi_text("Amperometric i-t Curve", header, rows))
    assert trace.values("current_A")[-1] == 5e-6
    assert trace.values("i8/A")[-1] == 4e-5
    assert any("currents of 8 electrodes" in note for note in trace.warnings)


def test_a_header_with_commas_above_rows_with_tabs(tmp_path) -> None:
    text = chi_text("Cyclic Voltammetry", "Potential/V|Current/A", [], SLOW)
    path = tmp_path / "a.txt"
    path.write_text(text + "".join("\t".join(row) + "\r\n" for row in STAIRS))
    trace = read_trace(path)
    np.testing.assert_allclose(trace.values("potential_V"), 0.001 * np.arange(9))
    np.testing.assert_allclose(trace.frame.time_s, 0.1 * np.arange(9))


def test_the_potential_of_an_electrolysis_comes_from_the_header(tmp_path) -> None:
    rows = [[t, -1e-3 * t, -1e-3] for t in range(1, 6)]
    text = chi_text(
        "Bulk Electrolysis with Coulometry",
        "Time/sec|Charge/C|Current/A",
        rows,
        ["Electrolysis E (V) = -1"],
    )
    trace = read(tmp_path, text)
    assert set(trace.values("potential_V")) == {-1.0}
    assert trace.charge_source == "instrument"


@pytest.mark.parametrize("header", ["Potential/V|Current/A", ""])
def test_a_measurement_that_never_began_is_empty_and_says_so(tmp_path, header) -> None:
    trace = read(tmp_path, chi_text("Cyclic Voltammetry", header, [], SLOW))
    assert len(trace) == 0 and "holds no rows" in trace.warnings[0]
    assert trace.technique == "Cyclic Voltammetry" and trace.start is not None


def test_a_single_row_is_no_record(tmp_path) -> None:
    text = chi_text("Chronoamperometry", "Time/sec|Current/A", [["1.0", "2e-6"]])
    with pytest.raises(ReadError, match="single row"):
        read(tmp_path, text)
