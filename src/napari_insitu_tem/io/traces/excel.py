"""Excel workbooks (.xlsx) with a record on one sheet, or on several of one layout."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.library_table import trace_of_table
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggestion import suggest
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

_HEADER_ROWS = 60
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
    """Read the first sheet with a record, and those of the same header behind it.

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
    tables = _tables(path)
    progress(1, 2, "Reading the sheets")
    found: list[tuple[str, list[str], list[list[Any]]]] = []
    for name, header, rows in tables:
        is_next = bool(found) and header == found[0][1]
        if is_next or (not found and _is_record(header, rows)):
            found.append((name, header, rows))
    if not found:
        raise ReadError(
            f"{path.name} is a workbook in which no sheet holds a record against time.",
            hint="Open the workbook of the measurement, or save its sheet as CSV.",
            path=path,
        )
    header = found[0][1]
    rows = [row for _, _, sheet in found for row in sheet]
    names = [name for name, _, _ in found]
    others = [name for name, _, _ in tables if name not in names]
    notes = [f"Sheets that hold no record were left out: {', '.join(others)}."]
    return trace_of_table(
        _raw(header, rows),
        path,
        mapping=mapping,
        form="Excel workbook",
        reader="openpyxl",
        notes=notes if others else (),
        metadata={"sheets": names},
    )


def _tables(path: Path) -> list[tuple[str, list[str], list[list[Any]]]]:
    """Name, header and rows of each sheet that has a header over numbers."""
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
    return [
        (name, *split) for name, rows in sheets if (split := _split(rows)) is not None
    ]


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


def _split(rows: Sequence[list[Any]]) -> tuple[list[str], list[list[Any]]] | None:
    """Header and rows: the first line of names over a line of numbers."""
    for i, row in enumerate(rows[:_HEADER_ROWS]):
        below = rows[i + 1] if i + 1 < len(rows) else []
        names = sum(isinstance(cell, str) and bool(cell.strip()) for cell in row)
        values = sum(_is_number(cell) for cell in below)
        if names >= 2 and values >= 2 and not any(map(_is_number, row)):
            header = ["" if cell is None else str(cell) for cell in row]
            return header, [line[: len(header)] for line in rows[i + 1 :]]
    return None


def _is_number(cell: object) -> bool:
    return isinstance(cell, (int, float)) and not isinstance(cell, bool)


def _is_record(header: Sequence[str], rows: Sequence[list[Any]]) -> bool:
    mapping, _ = suggest(_raw(header, rows[:200]))
    return "time_s" in mapping.columns and len(mapping.columns) > 1


def _raw(header: Sequence[str], rows: Sequence[list[Any]]) -> RawTable:
    columns: dict[int, Any] = {}
    for i in range(len(header)):
        cells = [row[i] if i < len(row) else None for row in rows]
        columns[i] = _column(cells)
    return RawTable.build(pd.DataFrame(columns), header)


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
    reads="the first sheet with a record and those of the same header behind it; "
    "names, units and dates as in delimited text",
    missing="old workbooks (.xls); several records in one workbook",
    sniff=_sniff,
    read=read,
)
