"""Maccor text: minutes without a unit, and the sign of the current in the state."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.trace import Trace
from records import maccor

STATES = ["R", "C", "C", "D", "D", "R"]
CURRENT = np.array([0, 1, 1, 2, 2, 0]) * 1e-4


def read(tmp_path: Path, states=STATES, current=CURRENT) -> Trace:
    path = tmp_path / "a.txt"
    minutes = range(len(states))
    rows = zip(minutes, states, [3.5] * 6, current, strict=True)
    path.write_bytes(maccor(list(rows)))
    assert identify(path).name == "Maccor text"
    return read_trace(path)


def test_discharge_is_negative_and_times_are_minutes(tmp_path) -> None:
    trace = read(tmp_path)
    np.testing.assert_allclose(
        trace.values("current_A"), np.array([0, 1, 1, -2, -2, 0]) * 1e-4
    )
    assert trace.frame.time_s.tolist() == [0, 60, 120, 180, 240, 300]
    assert trace.start == datetime(2021, 5, 21, 15, 40, 24)
    assert set(trace.frame.cycle) == {1}
    assert "discharge (by 'Md') was made negative" in trace.warnings[0]
    assert "they are in min" in trace.warnings[1]
    charge = trace.values("charge_C")
    assert charge[2] - charge[0] > 0 > charge[4] - charge[2]


def test_signs_that_are_there_are_left(tmp_path) -> None:
    signed = CURRENT * [1, 1, 1, -1, -1, 1]
    trace = read(tmp_path, current=signed)
    np.testing.assert_allclose(trace.values("current_A"), signed)
    assert not any("negative" in note for note in trace.warnings)


def test_a_state_without_a_known_sign_is_named(tmp_path) -> None:
    trace = read(tmp_path, states=["R", "C", "C", "X", "D", "R"])
    assert trace.values("current_A")[3] == 2e-4
    assert "states X is not known" in trace.warnings[1]


def test_the_real_record(shared_data) -> None:
    trace = read_trace(shared_data / "potentiostat" / "cellpy" / "maccor_002.txt")
    assert len(trace) == 7446
    assert trace.span_ns[1] / 60e9 == pytest.approx(3809.842, abs=1e-3)
    by_state = trace.frame.groupby("Md").current_A.agg(["min", "max"])
    assert by_state.loc["D", "max"] < 0 < by_state.loc["C", "min"]
    assert trace.start == datetime(2021, 5, 11, 15, 40, 24)


def test_the_older_layout(tmp_path) -> None:
    """Clocks of one digit, a state named so, a date that the header decides."""
    header = (
        "Today's Date:\t14 December 2020\tDate of Test:\t11 December 2020, 12:22:12 PM",
        "Filename:\tcell_01\tTester Channel:\t1",
        "Procedure:\tcell.000\tDescription:\t",
        "Rec#\tCyc#\tStep\tTestTime\tStepTime\tAmp-hr\tAmps\tVolts\tState\tES\t"
        "DPt Time\t",
    )
    clocks = ("00:00:0", "00:00:5", "00:00:5.05000019", "00:01:0.879999995")
    rows = [
        f"{k}\t0\t{1 + k // 2}\t  0d {clock}\t  0d 00:00:0\t0.0\t{amps}\t3.46"
        f"\t{state}\t0\t12/11/2020 12:22:12\t"
        for k, (clock, amps, state) in enumerate(
            zip(clocks, (0, 0, 0.5, 0.5), "RRDD", strict=True)
        )
    ]
    path = tmp_path / "a.txt"
    path.write_text("\r\n".join([*header, *rows]) + "\r\n")
    trace = read_trace(path)
    assert trace.format == "Maccor text"
    assert trace.frame.time_s.tolist() == pytest.approx([0, 5, 5.05000019, 60.88])
    assert trace.values("current_A").tolist() == [0, 0, -0.5, -0.5]
    assert trace.start == datetime(2020, 12, 11, 12, 22, 12)
    assert not any("can be read as" in note for note in trace.warnings)
