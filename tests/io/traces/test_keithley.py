"""Keithley buffers: readings with a unit each, and three ways to give the time."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import records
from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.trace import Trace

TIME = np.arange(12) * 0.25 + 0.1
ROWS = [(float(t), t * 1e-6, 0.5 + 0.1 * (t > 2)) for t in TIME]


def read(tmp_path: Path, data: bytes) -> Trace:
    path = tmp_path / "defbuffer1.csv"
    path.write_bytes(data)
    return read_trace(path)


def test_dates_with_fractions_of_a_second(tmp_path) -> None:
    """Past midnight as well; the potential is what was set, and that is said."""
    trace = read(tmp_path, records.keithley(ROWS))
    assert trace.format == "Keithley buffer"
    np.testing.assert_allclose(trace.frame.time_s, TIME - 0.1, atol=1e-6)
    np.testing.assert_allclose(trace.values("current_A"), TIME * 1e-6)
    assert trace.values("potential_V").tolist() == [0.5] * 8 + [0.6] * 4
    assert trace.start == datetime(2024, 8, 20, 23, 59, 58, 100000)
    assert trace.warnings[0] == "The potential is the one that was set, not measured."
    assert trace.values("step").tolist() == [1] * 8 + [2] * 4


def test_relative_times(tmp_path) -> None:
    trace = read(tmp_path, records.keithley(ROWS, relative=True))
    np.testing.assert_allclose(trace.frame.time_s, TIME)
    assert trace.start is None


def test_readings_of_two_kinds(tmp_path) -> None:
    """Each row is what its unit says; the other signal is empty there."""
    text = "Relative Time,Reading,Unit\n0,1E-6,Amp DC\n1,0.5,Volt DC\n2,2E-6,Amp DC\n"
    trace = read(tmp_path, text.encode())
    np.testing.assert_array_equal(trace.values("current_A"), [1e-6, np.nan, 2e-6])
    np.testing.assert_array_equal(trace.values("potential_V"), [np.nan, 0.5, np.nan])


def test_readings_that_are_no_record_are_refused(tmp_path) -> None:
    for text, message in (
        ("Date,Time,Reading,Unit\n" + "x,y,1E-6,Amp DC\n" * 3, "without their times"),
        ("Relative Time,Reading,Unit\n0,50,Ohm\n1,51,Ohm\n", "neither in V nor in A"),
    ):
        with pytest.raises(ReadError, match=message):
            read(tmp_path, text.encode())
