"""Records in the shape of the instruments' files, written with known content."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

ECLAB_STARTED = "05/13/2024 11:19:51.602"


def _number(value: float, decimal: str) -> str:
    text = f"{value:.9E}"
    return text.replace(".", decimal)


def write_eclab(
    columns: Mapping[str, Sequence[float]],
    *,
    technique: str = "Chronopotentiometry",
    started: str = ECLAB_STARTED,
    more: Sequence[str] = (),
    decimal: str = ".",
    header: str = "full",
    magic: str = "EC-Lab ASCII FILE",
) -> str:
    """An EC-Lab text; `header` is full, short (three lines) or none."""
    names = "\t".join(columns) + "\t"
    body = [
        "\t".join(
            cell if isinstance(cell, str) else _number(cell, decimal) for cell in row
        )
        for row in zip(*columns.values(), strict=True)
    ]
    if header == "none":
        return "\r\n".join([names, *body]) + "\r\n"
    if header == "short":
        lines = [magic, "Nb header lines : 3                          ", names]
        return "\r\n".join([*lines, *body]) + "\r\n"
    lines = [
        magic,
        "Nb header lines : NN                          ",
        "",
        technique,
        "",
        "Run on channel : 1 (SN 12345)",
        "Ewe ctrl range : min = -10,00 V, max = 10,00 V",
        "Safety Limits :",
        "\tDo not start on E overload",
        *([f"Acquisition started on : {started}"] if started else []),
        "Electrode surface area : 0,001 cm²",
        "Ns                  0                   1                   ",
        *more,
        "",
        names,
    ]
    lines[1] = lines[1].replace("NN", str(len(lines)))
    return "\r\n".join([*lines, *body]) + "\r\n"


GAMRY_NAMES = ("Pt", "T", "Vf", "Im", "Over")
GAMRY_UNITS = ("#", "s", "V vs. Ref.", "A", "bits")


def gamry_table(
    name: str,
    rows: Sequence[Sequence[object]],
    names: Sequence[str] = GAMRY_NAMES,
    units: Sequence[str] = GAMRY_UNITS,
) -> list[str]:
    """The lines of one table of a .DTA file."""
    lines = [f"{name}\tTABLE\t{len(rows)}"]
    lines += ["\t" + "\t".join(cells) for cells in (names, units)]
    return lines + ["\t" + "\t".join(str(cell) for cell in row) for row in rows]


def write_gamry(
    *tables: Sequence[str],
    tag: str = "CHRONOP",
    date: str = "16/11/2023",
    clock: str = "10:40:42",
    more: Sequence[str] = (),
    decimal: str = ".",
) -> str:
    """A .DTA file."""
    lines = [
        "EXPLAIN",
        f"TAG\t{tag}",
        "TITLE\tLABEL\tA test\tTest &Identifier",
        f"DATE\tLABEL\t{date}\tDate",
        f"TIME\tLABEL\t{clock}\tTime",
        "NOTES\tNOTES\t1\t&Notes...",
        "\t",
        "AREA\tQUANT\t1.0\tSample Area (cm^2)",
        *more,
    ]
    body = [line for table in tables for line in table]
    if decimal == ",":
        body = [re.sub(r"(\d)\.(\d)", r"\1,\2", line) for line in body]
    return "\r\n".join([*lines, *body]) + "\r\n"


def gamry_rows(
    time_s: Sequence[float], potential: Sequence[float], current: Sequence[float]
) -> list[list[object]]:
    """Rows of a curve without overloads."""
    return [
        [i, f"{t:.6g}", f"{e:.5E}", f"{c:.5E}", "..........."]
        for i, (t, e, c) in enumerate(zip(time_s, potential, current, strict=True))
    ]


@pytest.fixture
def eclab() -> Callable[..., str]:
    """Write an EC-Lab text."""
    return write_eclab


@pytest.fixture
def gamry() -> Callable[..., str]:
    """Write a .DTA text."""
    return write_gamry


@pytest.fixture
def curve() -> Callable[..., list[str]]:
    """Write a table of a .DTA file from times, potentials and currents."""

    def build(name: str, time_s, potential=None, current=None, **options) -> list[str]:
        zeros = np.zeros(len(time_s))
        potential = zeros if potential is None else potential
        current = zeros if current is None else current
        return gamry_table(name, gamry_rows(time_s, potential, current), **options)

    return build


@pytest.fixture
def table() -> Callable[..., list[str]]:
    """Write a table of a .DTA file from rows."""
    return gamry_table


@pytest.fixture(autouse=True)
def _own_settings(tmp_path_factory, monkeypatch) -> None:
    """No remembered answer of another test, or of the developer."""
    folder = tmp_path_factory.mktemp("settings")
    monkeypatch.setenv("NAPARI_INSITU_TEM_CONFIG", str(folder))
