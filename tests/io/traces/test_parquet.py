"""Parquet tables: the Battery Data Format's and others."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import records
from napari_insitu_tem.io.registry import identify, read_trace
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError

pytest.importorskip("pyarrow")

TIME = np.arange(8) * 0.5
LABELS = ("Test Time / s", "Voltage / V", "Current / A", "Unix Time / s")
MACHINE = ("test_time_second", "voltage_volt", "current_ampere", "unix_time_second")


def write(tmp_path: Path, columns: dict[str, object]) -> Path:
    path = tmp_path / "a.bdf.parquet"
    pd.DataFrame(columns).to_parquet(path)
    return path


@pytest.mark.parametrize("names", [LABELS, MACHINE, MACHINE[::-1]])
def test_the_battery_data_format(tmp_path, names) -> None:
    """By label or machine name, in any order."""
    values = dict(
        zip(LABELS, (TIME, 3 + TIME, -1e-3 / (TIME + 3), 1.7e9 + TIME), strict=True)
    )
    which = {**dict(zip(MACHINE, LABELS, strict=True)), **{x: x for x in LABELS}}
    path = write(tmp_path, {name: values[which[name]] for name in names})
    assert identify(path).name == "Parquet"
    trace = read_trace(path)
    assert trace.format == "Battery Data Format"
    assert trace.frame.time_s.tolist() == TIME.tolist()
    assert trace.values("potential_V").tolist() == values["Voltage / V"].tolist()
    assert trace.values("current_A").tolist() == values["Current / A"].tolist()
    assert trace.start == datetime.fromtimestamp(1.7e9, UTC)


@pytest.mark.parametrize("zone", [None, "Europe/Berlin"])
def test_moments_durations_and_lists(tmp_path, zone) -> None:
    moments = pd.Timestamp("2024-03-14 09:30", tz=zone) + pd.to_timedelta(TIME, "s")
    lists = [[1, 2]] * len(TIME)
    path = write(tmp_path, {"when": moments, "E (V)": TIME, "l": lists})
    trace = read_trace(path)
    assert trace.format == "Parquet"
    assert trace.frame.time_s.tolist() == TIME.tolist()
    known = datetime(2024, 3, 14, 9, 30)
    assert trace.start == (known if zone is None else moments[0].to_pydatetime())
    assert list(trace.frame) == ["time_s", "potential_V"]
    durations = pd.Series(pd.to_timedelta(TIME, "s"))
    trace = read_trace(write(tmp_path, {"time": durations, "E (V)": TIME}))
    assert trace.frame.time_s.tolist() == TIME.tolist()


def test_what_is_not_certain_is_asked(tmp_path) -> None:
    with pytest.raises(NeedsMappingError):
        read_trace(write(tmp_path, {"a": TIME, "b": -TIME}))


def test_damage_is_refused(tmp_path, rng) -> None:
    path = write(tmp_path, {"time (s)": TIME, "E (V)": TIME})
    whole = path.read_bytes()
    refused = 0
    for _ in range(60):
        path.write_bytes(records.damage(whole, rng))
        try:
            read_trace(path)
        except ReadError:
            refused += 1
    assert refused > 30
