"""VersaStudio: segments one after the other, impedance points left out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.trace import Trace
from records import versastudio

FIRST = [(t, t / 10, t * 1e-6, 0) for t in (0.0, 1.0, 2.0)]
SECOND = [(t, -t / 10, -t * 1e-6, 0) for t in (3.0, 4.0, 5.0)]
SPECTRUM = [(6.0 + t, 0, 1e-6, 10.0**t) for t in range(3)]


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.par"
    path.write_bytes(data)
    return path


def read(tmp_path: Path, *segments, **options) -> Trace:
    return read_trace(put(tmp_path, versastudio(*segments, **options)))


def test_segments_are_steps_of_one_record(tmp_path) -> None:
    trace = read(tmp_path, FIRST, SECOND)
    assert identify(tmp_path / "a.par").name == "VersaStudio"
    assert trace.frame.time_s.tolist() == [0, 1, 2, 3, 4, 5]
    np.testing.assert_allclose(
        trace.values("potential_V"), [0, 0.1, 0.2, -0.3, -0.4, -0.5]
    )
    np.testing.assert_allclose(
        trace.values("current_A"), np.array([0, 1, 2, -3, -4, -5]) * 1e-6
    )
    assert trace.frame.step.tolist() == [0, 0, 0, 1, 1, 1]
    assert np.flatnonzero(trace.breaks).tolist() == [3]
    assert trace.start == datetime(2018, 7, 19, 9, 40, 30)
    assert trace.technique == "Cyclic Voltammetry"
    assert trace.reference == "Ag, AgCl (0.197 Volts)"
    assert trace.warnings == ()


def test_a_time_that_begins_again_runs_on_and_says_so(tmp_path) -> None:
    trace = read(tmp_path, FIRST, FIRST)
    assert trace.frame.time_s.tolist() == [0, 1, 2, 2, 3, 4]
    assert "begins again in 1" in trace.warnings[0]


def test_impedance_points_between_are_left_out(tmp_path) -> None:
    trace = read(tmp_path, FIRST, SECOND, SPECTRUM)
    assert len(trace) == 6
    assert "3 points of an impedance spectrum" in trace.warnings[0]


@pytest.mark.parametrize(
    ("segments", "words"),
    [((SPECTRUM,), "holds an impedance spectrum"), ((), "has no segment of samples")],
)
def test_what_is_no_record_is_refused(tmp_path, segments, words) -> None:
    with pytest.raises(ReadError, match=rf"a\.par {words}"):
        read(tmp_path, *segments)


def test_a_day_in_numbers_that_is_not_clear_is_doubted(tmp_path) -> None:
    trace = read(tmp_path, FIRST, day="03/04/2018")
    assert trace.start == datetime(2018, 3, 4, 9, 40, 30)
    assert "04 March 2018 or as 03 April 2018" in trace.warnings[0]
    assert len(trace.metadata["start_readings"]) == 2
    clear = read(tmp_path, FIRST, day="03/14/2018")
    assert clear.start.day == 14 and clear.warnings == ()


def test_a_measurement_that_never_began_is_empty_and_says_so(tmp_path) -> None:
    trace = read(tmp_path, [])
    assert len(trace) == 0 and "a.par holds no rows" in trace.warnings[0]
    assert trace.start == datetime(2018, 7, 19, 9, 40, 30)


def test_a_segment_that_is_not_closed_is_told(tmp_path) -> None:
    data = versastudio(FIRST, SECOND)
    trace = read_trace(put(tmp_path, data[: data.index(b"</Segment2>")]))
    assert len(trace) == 6
    assert "a.par breaks off inside Segment2" in trace.warnings[0]


def test_decimal_commas_between_commas_are_refused(tmp_path) -> None:
    """Read by their places, such rows would give false numbers."""
    data = versastudio([(f"{t},5", "0,25", "1,5E-6", "0,0") for t in range(4)])
    with pytest.raises(ReadError, match="between its columns and inside its numbers"):
        read_trace(put(tmp_path, data))


def test_the_real_spectrum_is_refused(shared_data) -> None:
    folder = shared_data / "potentiostat" / "impedance.py"
    if not folder.is_dir():
        pytest.skip("the collection has no VersaStudio file")
    with pytest.raises(ReadError, match="an impedance spectrum"):
        read_trace(folder / "exampleDataVersaStudio.par")
