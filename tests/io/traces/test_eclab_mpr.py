"""EC-Lab binary files: units, current from dq, loops, the start from the log."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.errors import MissingExtraError, ReadError
from napari_insitu_tem.model.trace import Trace
from records import mpr

TIME = np.arange(6) * 2.0
COLUMNS = {
    "time/s": TIME,
    "Ewe/V": 3 + TIME / 100,
    "I/mA": np.full(6, -0.5),
    "(Q-Qo)/mA.h": -0.5 * TIME / 3600,
    "Ns": [0, 0, 0, 1, 1, 1],
}


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "a.mpr"
    path.write_bytes(data)
    return path


@pytest.fixture
def read(tmp_path):
    pytest.importorskip("galvani")

    def build(columns=COLUMNS, **options) -> Trace:
        return read_trace(put(tmp_path, mpr(columns, **options)))

    return build


def test_without_the_library_the_extra_is_named(tmp_path, monkeypatch) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] == "galvani"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "galvani", None)
    path = put(tmp_path, mpr(COLUMNS))
    assert identify(path).name == "EC-Lab binary"
    with pytest.raises(MissingExtraError, match=r"a\.mpr needs") as caught:
        read_trace(path)
    assert "napari-insitu-tem[biologic]" in caught.value.hint


def test_units_flags_and_start(read) -> None:
    trace = read(flags=[1, 1, 1, 6, 6, 6])
    assert trace.frame.time_s.tolist() == TIME.tolist()
    np.testing.assert_allclose(trace.values("potential_V"), COLUMNS["Ewe/V"], rtol=1e-6)
    np.testing.assert_allclose(trace.values("current_A"), -0.5e-3)
    np.testing.assert_allclose(trace.values("charge_C"), -0.5e-3 * TIME, atol=1e-15)
    assert trace.frame.step.tolist() == [0, 0, 0, 1, 1, 1]
    assert trace.values("mode").tolist() == [1, 1, 1, 2, 2, 2]
    assert trace.values("ox/red").tolist() == [0, 0, 0, 1, 1, 1]
    assert trace.start == datetime(2024, 5, 13, 12)
    assert trace.technique == "Chronopotentiometry"
    assert trace.warnings == ()


def test_current_from_the_charge_of_each_point(read) -> None:
    columns = {k: v for k, v in COLUMNS.items() if k != "I/mA"}
    columns["dq/mA.h"] = [0, *[0.02 * 2 / 3600] * 5]
    trace = read(columns, technique=4)
    np.testing.assert_allclose(trace.values("current_A")[1:], 0.02e-3)
    assert trace.averaged_current
    assert "derived from the charge" in trace.warnings[0]


def test_loops_are_apart(read) -> None:
    assert np.flatnonzero(read(loops=[2, 4]).breaks).tolist() == [2, 4]


def test_a_measurement_that_was_not_closed_has_no_start(read) -> None:
    trace = read(started_days=None)
    assert trace.start is None
    assert "no log with the time of its start" in trace.warnings[0]


def test_a_start_on_another_day_than_the_settings(read) -> None:
    trace = read(date="05/12/24")
    assert trace.start == datetime(2024, 5, 13, 12)
    np.testing.assert_allclose(trace.values("current_A"), -0.5e-3)


def test_unknown_columns_are_left_out_and_counted(read) -> None:
    trace = read({**COLUMNS, "unknown": np.ones(6)})
    assert "1 columns are of a kind" in trace.warnings[0]
    assert not any("unknown" in str(name) for name in trace.frame)
    np.testing.assert_allclose(trace.values("current_A"), -0.5e-3)


@pytest.mark.parametrize("keep", [60, 200, 700])
def test_a_file_cut_off_is_refused(tmp_path, keep) -> None:
    pytest.importorskip("galvani")
    with pytest.raises(ReadError, match=r"a\.mpr is an EC-Lab file that cannot") as e:
        read_trace(put(tmp_path, mpr(COLUMNS)[:keep]))
    assert e.value.__cause__ is None


def test_binary_and_text_of_one_measurement_agree(shared_data) -> None:
    pytest.importorskip("galvani")
    folder = shared_data / "potentiostat" / "yadg"
    pairs = [p for p in folder.glob("*.mpr") if p.with_suffix(".mpt").is_file()]
    if not pairs:
        pytest.skip("the collection has no pairs")
    for path in pairs:
        ours, text = read_trace(path), read_trace(path.with_suffix(".mpt"))
        assert len(ours) == len(text)
        # a text of before EC-Lab 11.3 gives whole seconds
        if ours.start and text.start:
            assert abs((ours.start - text.start).total_seconds()) < 1
        for name in ("time_s", "potential_V", "current_A", "charge_C"):
            if ours.has(name) and text.has(name):
                np.testing.assert_allclose(
                    ours.values(name), text.values(name), rtol=2e-5, atol=2e-9,
                    err_msg=f"{path.name} {name}",
                )  # fmt: skip
