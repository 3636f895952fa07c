"""Battery Data Format: read by labels and machine names, written to read back equal."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.io.traces.bdf import bdf_table, write_bdf
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

COLUMNS = {
    "time_s": np.array([0.0, 0.1, 0.30000000000000004, 7.0]),
    "potential_V": np.array([3.7, 1 / 3, np.nan, 3.5]),
    "current_A": np.array([0.1, -1e-9, 2e-7, 0.0]),
    "cycle": [1, 1, 2, 2],
    "step": [4, 5, 4, 4],
}
STAMP = StartStamp(datetime(2024, 5, 1, 12, tzinfo=UTC))


@pytest.mark.parametrize(
    "header",
    [
        "Test Time / s,Voltage / V,Current / A,Cycle Count / 1,Step Count / 1",
        "test_time_second,voltage_volt,current_ampere,cycle_count,step_count",
    ],
)
def test_labels_and_machine_names(tmp_path, header) -> None:
    path = tmp_path / "a.bdf.csv"
    path.write_text(f"{header}\n0,3.7,0.1,1,1\n1,3.6,0.1,1,2\n2,3.5,-0.1,2,3\n")
    assert identify(path).name == "Battery Data Format"
    trace = read_trace(path)
    assert trace.frame.time_s.tolist() == [0, 1, 2]
    assert trace.values("potential_V").tolist() == [3.7, 3.6, 3.5]
    assert trace.values("current_A").tolist() == [0.1, 0.1, -0.1]
    assert trace.frame.cycle.tolist() == [1, 1, 2]
    assert trace.frame.step.tolist() == [1, 2, 3]


def test_columns_in_any_order_and_others_beside_them(tmp_path) -> None:
    """A cumulative capacity is no net charge; what has no role keeps its label."""
    path = tmp_path / "a.bdf.csv"
    path.write_text(
        "Current / A,Cumulative Capacity / Ah,Step ID,Test Time / s,Voltage / V,"
        "Net Capacity / Ah,Surface Temperature / degC,Unix Time / s,Operator\n"
        "0.1,1,7,0,3.7,0,25,1700000000,ab\n0.1,2,7,2,3.6,0.5,26,1700000002,ab\n"
        "-0.1,3,9,4,3.5,0.25,27,1700000004,ab\n"
    )
    trace = read_trace(path)
    assert trace.format == "Battery Data Format"
    assert trace.frame.time_s.tolist() == [0, 2, 4]
    assert trace.values("current_A").tolist() == [0.1, 0.1, -0.1]
    assert trace.values("charge_C").tolist() == [0, 1800, 900]
    assert trace.charge_source == "instrument"
    assert trace.frame.step.tolist() == [7, 7, 9]
    assert trace.values("Surface Temperature / degC").tolist() == [25, 26, 27]
    assert trace.start == datetime.fromtimestamp(1.7e9, UTC)


def test_what_is_written_reads_back_equal(tmp_path) -> None:
    trace = Trace.from_columns(COLUMNS, stamp=STAMP)
    path = write_bdf(tmp_path / "a.bdf.csv", trace)
    assert path.read_bytes().startswith(b"Test Time / s,Voltage / V,Current / A,Unix")
    again = read_trace(path)
    np.testing.assert_array_equal(again.time_ns, trace.time_ns)
    for name in ("potential_V", "current_A", "cycle"):
        np.testing.assert_array_equal(again.values(name), trace.values(name))
    np.testing.assert_allclose(
        again.values("charge_C"), trace.values("charge_C"), rtol=1e-12
    )
    assert again.start == STAMP.when


def test_steps_never_repeat_and_keep_their_own_number() -> None:
    table = bdf_table(Trace.from_columns(COLUMNS))
    assert table["Step Count / 1"].tolist() == [1, 2, 3, 3]
    assert table["Step ID"].tolist() == [4, 5, 4, 4]
    assert "Unix Time / s" not in table  # the start is not known


def test_the_required_columns_are_always_there(tmp_path: Path) -> None:
    rest = Trace.from_columns({"time_s": [0.0, 1.0], "potential_V": [3.0, 3.1]})
    table = bdf_table(rest)
    assert list(table) == ["Test Time / s", "Voltage / V", "Current / A"]
    assert table["Current / A"].isna().all()
