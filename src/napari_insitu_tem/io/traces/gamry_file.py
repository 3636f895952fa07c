"""The parts of a Gamry .DTA file: settings, then tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from napari_insitu_tem.io.tables.cut_rows import ends_in_a_cut_row
from napari_insitu_tem.io.tables.number_columns import read_lines, to_numbers
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.table_layout import decimal_mark

_TABLE_NAME = re.compile(
    r"^(?P<kind>[A-Z0-9_]*?)CURVE(?:\s+(?P<channel>[A-Z]+?))?\s*(?P<number>\d*)$"
)
_BESIDE = re.compile(r"WE\d+$")
_DECIMAL_ROWS = 50


@dataclass(eq=False)
class GamryTable:
    """One table of the file.

    Attributes
    ----------
    name
        As it stands there: `CURVE1`, `CURVE DETECTOR`, `WE2CURVE`.
    kind
        What stands before `CURVE`: empty, `OCV`, `Z`, `WE2`; `?` for other tables.
    channel
        `GENERATOR`, `DETECTOR` or empty.
    number
        Of the cycle; 0 where the table has none.
    table
        Its columns.
    missing
        Rows that the file promises and does not hold.
    """

    name: str
    kind: str
    channel: str
    number: int
    table: RawTable
    missing: int = 0

    @property
    def is_beside(self) -> bool:
        """Whether it is of a second electrode, measured at the same time."""
        return self.channel not in ("", "GENERATOR") or bool(_BESIDE.match(self.kind))

    @property
    def source(self) -> str:
        """The working electrode it belongs to, in words; empty for the main one."""
        return self.channel or (self.kind if self.kind not in ("", "?") else "")


@dataclass
class GamryFile:
    """A .DTA file taken apart.

    Attributes
    ----------
    settings
        Key to value, before the first potentiostat's own section.
    sections
        Potentiostat's section (`GENERATOR`, ...) to its key and value.
    tables
        In the order of the file.
    decimal
        Decimal mark of its numbers.
    is_cut
        The file breaks off in a row, which was left out.
    rate_hz
        Of tables without times: samples a second, by the setting FREQ; else 0.
    """

    settings: dict[str, str] = field(default_factory=dict)
    sections: dict[str, dict[str, str]] = field(default_factory=dict)
    tables: list[GamryTable] = field(default_factory=list)
    decimal: str = "."
    is_cut: bool = False
    rate_hz: float = 0.0

    def setting(self, key: str, section: str = "") -> str:
        """A value, from the section first if one is named; empty without one."""
        return self.sections.get(section, {}).get(key) or self.settings.get(key, "")


def read_gamry(lines: Sequence[str], file_name: str) -> GamryFile:
    """Take the lines of a .DTA file apart."""
    found = GamryFile()
    bodies: list[tuple[str, list[str]]] = []
    promised: list[int] = []
    section = found.settings
    inside = False
    for line in lines:
        cells = line.split("\t")
        if len(cells) > 1 and cells[1].strip() == "TABLE" and cells[0].strip():
            bodies.append((cells[0].strip(), []))
            promised.append(_count(cells))
            inside = True
        elif line[:1] in ("\t", " "):
            if inside:  # else a line of the notes
                bodies[-1][1].append(line)
        elif len(cells) > 1 and cells[0].strip():
            inside = False
            section = _section(found, cells, section)
            section.setdefault(cells[0].strip(), _value(cells))
    if bodies and len(bodies[-1][1]) > 2 and ends_in_a_cut_row(lines, "\t"):
        bodies[-1][1].pop()
        found.is_cut = True
    if len(bodies) > 1 and len(bodies[-1][1]) < 3 and lines[-1].strip():
        bodies.pop()  # begun, and cut off in its header
        found.is_cut = True
    found.decimal = decimal_mark(
        row.split("\t") for _, body in bodies for row in body[2 : 2 + _DECIMAL_ROWS]
    )
    found.tables = [
        _table(name, body, found.decimal, file_name) for name, body in bodies
    ]
    for table, count in zip(found.tables, promised, strict=False):
        table.missing = max(count - len(table.table), 0)
    _count_times(found)
    return found


def _count_times(found: GamryFile) -> None:
    """Voltage and current at a fixed rate (VFP600) get their times from it."""
    rate = to_numbers(pd.Series([found.setting("FREQ")]), found.decimal)[0][0]
    known = {label.plain for table in found.tables for label in table.table.labels}
    if not rate > 0 or known & {"t", "time", "freq"}:
        return
    for table in found.tables:
        if {"voltage", "current"} <= {label.plain for label in table.table.labels}:
            data = table.table.data.copy()
            data.insert(0, -1, np.arange(len(data)) / rate)
            header = ["T", *(label.text for label in table.table.labels)]
            units = ["s", *(label.unit for label in table.table.labels)]
            table.table = RawTable.build(data, header, units, found.decimal)
            found.rate_hz = float(rate)


def _section(
    found: GamryFile, cells: Sequence[str], current: dict[str, str]
) -> dict[str, str]:
    """`PSTAT GENERATOR` begins the settings of one of two potentiostats."""
    first, _, name = cells[0].strip().partition(" ")
    if first == "PSTAT" and name:
        return found.sections.setdefault(name.strip().upper(), {})
    return current


def _count(cells: Sequence[str]) -> int:
    """How many rows the line that begins a table promises, 0 where it does not."""
    text = cells[2].strip() if len(cells) > 2 else ""
    return int(text) if text.isdecimal() and len(text) < 12 else 0


def _value(cells: Sequence[str]) -> str:
    """The value stands behind the type, except in lines of two cells."""
    return cells[2].strip() if len(cells) > 2 else cells[1].strip()


def _table(name: str, body: Sequence[str], decimal: str, file_name: str) -> GamryTable:
    header = body[0].split("\t") if body else []
    units = body[1].split("\t") if len(body) > 1 else []
    data = (
        read_lines(body[2:], name=file_name, delimiter="\t", decimal=decimal)
        if len(body) > 2
        else pd.DataFrame(columns=range(len(header)), dtype=float)
    )
    match = _TABLE_NAME.match(name.upper())
    return GamryTable(
        name=name,
        kind=match["kind"] if match else "?",
        channel=(match["channel"] or "") if match else "",
        number=int(match["number"] or 0) if match else 0,
        table=RawTable.build(data, header, units, decimal),
    )
