"""Excel workbooks (.xlsx) with a record on one sheet, or on several of one layout."""

from __future__ import annotations

import io
import math
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.library_table import trace_of_table
from napari_insitu_tem.io.tables.other_kinds import other_kind
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggestion import is_impedance, suggest
from napari_insitu_tem.io.tables.table_layout import (
    decimal_mark,
    is_unit_line,
    is_value,
)
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

_HEADER_ROWS = 60
_LOOKED_AT = 200
_LARGEST = 300_000_000  # bytes of a workbook unpacked


def _sniff(looked: Probe) -> float:
    if looked.is_dir or not looked.head.startswith(b"PK\x03\x04"):
        return 0.0
    try:
        with zipfile.ZipFile(looked.path) as archive:
            return 1.0 if "xl/workbook.xml" in archive.namelist() else 0.0
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return 0.8 if b"xl/" in looked.head else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read the sheet with the record, and those of its header that go on with it.

    Parameters
    ----------
    mapping
        Which column is what, where the names do not say so.

    Raises
    ------
    ModuleNotFoundError
        The library is not installed; the registry names the extra.
    NeedsMappingError
        It is not certain which column is what.
    ReadError
        No sheet holds a record, or the workbook is damaged.
    """
    progress(0, 2, "Reading the workbook")
    sheets = _sheets(path)
    progress(1, 2, "Reading the sheets")
    record = _record(sheets)
    if not record:
        _refuse(sheets, path)
    first = record[0]
    rows = [row for sheet in record for row in sheet.rows]
    table = replace(first, rows=rows).raw()
    names = [sheet.name for sheet in record]
    return trace_of_table(
        table,
        path,
        mapping=mapping,
        form="Excel workbook",
        reader="openpyxl",
        notes=_left_out(sheets, record),
        metadata={"sheets": names},
    )


@dataclass(frozen=True, eq=False)
class _Sheet:
    """A sheet with a header over values.

    Attributes
    ----------
    name, header, units, rows
        Its title, the cells of its header and of a line of units (or none), its rows.
    """

    name: str
    header: list[str]
    units: list[str]
    rows: list[list[Any]]

    def raw(self, most: int | None = None) -> RawTable:
        """Its table, or the beginning of it."""
        rows = self.rows[:most]
        texts = [[c for c in row if isinstance(c, str)] for row in rows[:_LOOKED_AT]]
        columns = {
            i: _column([row[i] if i < len(row) else None for row in rows])
            for i in range(len(self.header))
        }
        frame = pd.DataFrame(columns)
        return RawTable.build(frame, self.header, self.units, decimal_mark(texts))

    def span(self) -> tuple[float, float]:
        """First and last time in the unit of the file; NaN where there is none."""
        table = self.raw()
        choice = suggest(table)[0].columns["time_s"]
        index = table.find(choice.column)
        assert index is not None
        if choice.unit == "date":
            return math.nan, math.nan
        clock = choice.unit == "h:m:s"
        times = table.clock(index) if clock else table.numbers(index)
        known = times[np.isfinite(times)]
        return (known[0], known[-1]) if known.size else (math.nan, math.nan)


def _record(sheets: Sequence[_Sheet]) -> list[_Sheet]:
    """The sheet with the most signals and rows, and those that go on where it ends."""
    scores = [_signals(sheet) for sheet in sheets]
    most = max(scores, default=0)
    if most == 0:
        return []
    full = [sheet for sheet, n in zip(sheets, scores, strict=True) if n == most]
    largest = max(full, key=lambda sheet: len(sheet.rows))
    alike = [sheet for sheet in full if sheet.header == largest.header]
    record = alike[:1]
    for sheet in alike[1:]:
        if not sheet.span()[0] < record[-1].span()[1]:  # or both are dates
            record.append(sheet)
    return record


def _signals(sheet: _Sheet) -> int:
    """How many signals against time a sheet holds; 0 for no record."""
    table = sheet.raw(_LOOKED_AT)
    mapping, _ = suggest(table)
    if "time_s" not in mapping.columns or is_impedance(table):
        return 0
    signals = {"potential_V", "current_A"} & set(mapping.columns)
    return len(signals) or int(len(mapping.columns) > 1)


def _left_out(sheets: Sequence[_Sheet], record: Sequence[_Sheet]) -> list[str]:
    """Sentences on the sheets that are not read."""
    header = record[0].header
    others = [sheet for sheet in sheets if sheet not in record]
    again = [sheet.name for sheet in others if sheet.header == header]
    without = [sheet.name for sheet in others if sheet.header != header]
    notes = []
    if without:
        notes.append(f"Sheets that hold no record were left out: {', '.join(without)}.")
    if again:
        notes.append(
            f"Sheets that hold records of their own were left out: {', '.join(again)}. "
            "Save each to a file to open it."
        )
    return notes


def _refuse(sheets: Sequence[_Sheet], path: Path) -> NoReturn:
    """Say what the sheets are instead of a record."""
    hint = "Open the workbook of the measurement, or save its sheet as CSV."
    for sheet in sheets:
        table = sheet.raw(_LOOKED_AT)
        spectrum = "an impedance spectrum" if is_impedance(table) else ""
        if what := spectrum or other_kind(table):
            raise ReadError(
                f"{path.name}: its sheet {sheet.name!r} is {what}, not a record "
                "against time.",
                hint=hint,
                path=path,
            )
    raise ReadError(
        f"{path.name} is a workbook in which no sheet holds a record against time.",
        hint=hint,
        path=path,
    )


def _sheets(path: Path) -> list[_Sheet]:
    """Each sheet that has a header over values."""
    import openpyxl

    try:
        data = path.read_bytes()
        _refuse_tricks(data, path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions
            book = openpyxl.load_workbook(
                io.BytesIO(data), read_only=True, data_only=True, keep_links=False
            )
            sheets = [
                (sheet.title, [list(row) for row in sheet.iter_rows(values_only=True)])
                for sheet in book.worksheets
            ]
            book.close()
    except ReadError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever damage makes it raise
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else ""
        raise ReadError(
            f"{path.name} is a workbook that cannot be read: {why or 'it is damaged'}.",
            hint="Save it again, or save its sheet as CSV.",
            path=path,
        ) from None
    found = (_sheet(name, rows) for name, rows in sheets)
    return [sheet for sheet in found if sheet is not None]


def _refuse_tricks(data: bytes, path: Path) -> None:
    """No bomb and no entities."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        whole = sum(item.file_size for item in archive.infolist())
        if whole > _LARGEST:
            raise ReadError(
                f"{path.name} would be {whole / 1e6:.0f} MB unpacked, which is too "
                "much for a workbook.",
                hint="Save its sheet as CSV and open that.",
                path=path,
            )
        for item in archive.infolist():
            if item.filename.endswith((".xml", ".rels")):
                with archive.open(item) as file:
                    if b"<!" in file.read(2048).replace(b"<!--", b""):
                        raise ReadError(
                            f"{path.name} holds XML with declarations of its own.",
                            hint="Save it again from the spreadsheet program.",
                            path=path,
                        )


def _sheet(name: str, rows: Sequence[list[Any]]) -> _Sheet | None:
    """The first line of names over a line of values, with its units if it has any."""
    for i, row in enumerate(rows[:_HEADER_ROWS]):
        below = rows[i + 1] if i + 1 < len(rows) else []
        if not _are_names(row) or sum(map(_is_value, below)) < 2:
            continue
        header, units = _texts(row), [""] * len(row)
        if i > 0 and is_unit_line(header) and _are_names(rows[i - 1]):
            header, units = _texts(rows[i - 1]), header
        return _Sheet(name, header, units, [r[: len(header)] for r in rows[i + 1 :]])
    return None


def _are_names(row: Sequence[Any]) -> bool:
    """Whether two or more cells are text, and none is a value."""
    names = sum(isinstance(cell, str) and bool(cell.strip()) for cell in row)
    return names >= 2 and not any(map(_is_value, row))


def _texts(row: Sequence[Any]) -> list[str]:
    return ["" if cell is None else str(cell) for cell in row]


def _is_number(cell: object) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _is_value(cell: object) -> bool:
    """Whether a cell holds a number, a time or a date, be it as text."""
    if isinstance(cell, str):
        return is_value(cell)
    return _is_number(cell) or isinstance(cell, (date, time, timedelta))


def _column(cells: Sequence[Any]) -> pd.Series[Any]:
    """Numbers as numbers, dates as ISO text, nothing as nothing."""
    if all(cell is None or _is_number(cell) for cell in cells):
        numbers = np.array([np.nan if c is None else c for c in cells], np.float64)
        return pd.Series(numbers)
    texts = [
        None
        if cell is None
        else str(cell)
        if not isinstance(cell, (date, time))
        else cell.isoformat().replace("T", " ")
        for cell in cells
    ]
    return pd.Series(texts, dtype="object")


FORMAT = Format(
    name="Excel workbook",
    kind="trace",
    maker="any (Arbin and others)",
    extensions=(".xlsx",),
    library="openpyxl",
    extra="excel",
    reads="the sheet with the most signals and rows, and those of the same header that "
    "go on where it ends; names, units, numbers as text and dates as in delimited text",
    missing="old workbooks (.xls); all but the first of several records",
    sniff=_sniff,
    read=read,
)
