"""Exports of Metrohm NOVA and Ivium beyond their usual layouts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_trace
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError
from napari_insitu_tem.model.trace import Trace

TIME = np.arange(40) * 0.5
POTENTIAL = 0.2 + 0.01 * np.arange(40)
CURRENT = 1e-6 * (np.arange(40) - 20.5)


def read(tmp_path: Path, lines: list[str]) -> Trace:
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_trace(path)


def test_nova_with_overloads(tmp_path) -> None:
    """Decimal commas, and a last column that is empty in most rows."""
    names = "Potential applied (V);Time (s);WE(1).Current (A);WE(1).Potential (V);"
    rows = [
        f"{e:.6f};{t + 3:.5f};{c:.8E};{e:.6f};{1 + i // 20};{i + 1};3E-05;-2E-05;1 µA;"
        + ("Current overload" if i < 2 else "")
        for i, (t, e, c) in enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))
    ]
    header = names + "Scan;Index;Q+;Q-;Current range;Overload"
    trace = read(tmp_path, [header, *(row.replace(".", ",") for row in rows)])
    np.testing.assert_allclose(trace.frame.time_s, TIME + 3, atol=1e-5)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT, rtol=1e-5)
    assert trace.frame.cycle.tolist() == [1] * 20 + [2] * 20
    assert trace.charge_source == "integrated"
    assert trace.warnings == (
        "2 samples are marked as overloads (Current overload) in the column "
        "'Overload'.",
    )


@pytest.mark.parametrize("names", ["time/s   E/V  I/A", "time /s   E /V   I /A"])
def test_ivium_in_columns_of_white_space(tmp_path, names) -> None:
    rows = [
        f"  {t:.5E}  {e:.5E} {c: .5E}  1"
        for t, e, c in zip(TIME, POTENTIAL, CURRENT, strict=True)
    ]
    trace = read(tmp_path, ["24/03/2021 19:42:30", names, *rows])
    np.testing.assert_allclose(trace.frame.time_s, TIME, atol=1e-4)
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL, rtol=1e-5)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT, rtol=1e-5)


def test_numbers_of_rows_without_a_name_are_asked_about(tmp_path) -> None:
    rows = [f" {i}  {t:.5E}  {e:.5E}  {c: .5E}" for i, (t, e, c) in
            enumerate(zip(TIME, POTENTIAL, CURRENT, strict=True))]  # fmt: skip
    with pytest.raises(NeedsMappingError, match="3 words"):
        read(tmp_path, ["time/s   E/V  I/A", *rows])


@pytest.mark.parametrize("suffix", [".idf", ".ids"])
def test_the_files_of_ivium_itself_are_refused(tmp_path, suffix) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"\x0bVersion=11\r\nMethod=CV\r\n" + bytes(range(256)) * 9)
    with pytest.raises(ReadError, match="Ivium") as caught:
        read_trace(path)
    assert "as text" in caught.value.hint


def test_a_spectrum_of_ivium_is_refused(tmp_path) -> None:
    rows = [f"{10 ** (5 - i / 5):.4E}\t{90 + i}\t{-i}" for i in range(20)]
    with pytest.raises(ReadError, match="impedance"):
        read(tmp_path, ["24/03/2021 19:42:30", "freq. /Hz\tZ1 /ohm\tZ2 /ohm", *rows])


@pytest.mark.parametrize(
    ("names", "role"),
    [
        ("Time (s);WE(1).Potential (V);Current applied (A)", "current_A"),
        ("Time (s);Applied Potential (V);WE Current (A)", "potential_V"),
    ],
)
def test_what_was_applied_is_taken_where_it_was_not_measured(
    tmp_path, names, role
) -> None:
    rows = [f"{t};{e};{c}" for t, e, c in
            zip(TIME, POTENTIAL, CURRENT, strict=True)]  # fmt: skip
    trace = read(tmp_path, [names, *rows])
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    np.testing.assert_allclose(trace.values("current_A"), CURRENT)
    what = role.partition("_")[0]
    assert f"The {what} is the one that was applied" in trace.warnings[0]


def test_what_was_applied_is_not_taken_beside_the_measured_one(tmp_path) -> None:
    names = "Potential applied (V);Time (s);WE(1).Current (A);WE(1).Potential (V)"
    rows = [f"9;{t};{c};{e}" for t, e, c in
            zip(TIME, POTENTIAL, CURRENT, strict=True)]  # fmt: skip
    trace = read(tmp_path, [names, *rows])
    np.testing.assert_allclose(trace.values("potential_V"), POTENTIAL)
    assert trace.warnings == ()
