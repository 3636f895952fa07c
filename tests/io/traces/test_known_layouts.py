"""Layouts of exports that the reader of delimited text must take without asking."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import NeedsMappingError
from napari_insitu_tem.model.trace import Trace

TIME = np.arange(40) * 0.5
POTENTIAL = 0.2 + TIME / 100
CURRENT = (TIME + 1) * 1e-6
NOVA = (
    "Potential applied (V)", "Time (s)", "WE(1).Current (A)", "Scan", "Index",
    "WE(1).Potential (V)", "Corrected time (s)", "WE(1).Charge (C)",
)  # fmt: skip


def read(tmp_path: Path, lines: list[str], decimal: str = ".") -> Trace:
    path = tmp_path / "a.txt"
    body = [line.replace(".", decimal) for line in lines[1:]]
    path.write_text("\n".join([lines[0], *body]) + "\n")
    return read_trace(path)


@pytest.mark.parametrize("decimal", [".", ","])
def test_metrohm_nova(tmp_path, decimal) -> None:
    """The measured potential goes before the applied one; whole times are kept."""
    rows = [
        f"{e + 0.5:.6f};{t + 3:.4f};{c:.6E};{i // 20 + 1};{i + 1};{e:.6f};{t:.4f};"
        f"{t:.3E}"
        for i, (t, e, c) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]
    trace = read(tmp_path, [";".join(NOVA), *rows], decimal)
    np.testing.assert_allclose(trace.frame.time_s, TIME + 3)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT, rtol=1e-5)
    np.testing.assert_allclose(trace.values("charge_C"), TIME)
    assert trace.charge_source == "instrument"
    assert trace.frame.cycle.tolist() == [1] * 20 + [2] * 20
    assert trace.start is None
    assert trace.warnings == ()


@pytest.mark.parametrize("more", ["", "\t0.1"])
def test_ivium(tmp_path, more) -> None:
    """A date above, and rows with a column more than the header."""
    rows = [
        f"{t:.4f}\t{e:.5f}\t{c:.5E}\t{more}"
        for t, e, c in zip(TIME, POTENTIAL, CURRENT, strict=True)
    ]
    trace = read(tmp_path, ["24/03/2021 19:42:30", "time /s\tE /V\tI /A", *rows])
    np.testing.assert_allclose(trace.frame.time_s, TIME)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT, rtol=1e-5)
    assert trace.start == datetime(2021, 3, 24, 19, 42, 30)
    assert "was taken for the start" in trace.warnings[0]


def test_a_table_of_temperatures(tmp_path) -> None:
    """Nothing to ask about where a holder's record cannot have a potential."""
    rows = [f"{i}\t{3 * i}\t{20 + i}\tframe{i}.tif" for i in range(40)]
    trace = read(tmp_path, ["frame\tseconds\ttemperature_C\tname", *rows])
    np.testing.assert_allclose(trace.frame.time_s, 3 * np.arange(40))
    np.testing.assert_allclose(trace.values("temperature_C"), 20 + np.arange(40))
    assert "potential_V" not in trace.frame


def test_another_number_beside_the_temperature_is_asked_about(tmp_path) -> None:
    rows = [f"{i}\t{20 + i}\t{i / 7}" for i in range(40)]
    with pytest.raises(NeedsMappingError, match="potential or a current"):
        read(tmp_path, ["seconds\ttemperature_C\tsignal", *rows])
