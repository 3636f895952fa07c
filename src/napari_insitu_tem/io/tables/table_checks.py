"""What makes a table no record, and which of its rows belong to it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.tables.found_table import FoundTable
from napari_insitu_tem.io.tables.other_kinds import CURVE, IMAGES, other_kind
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggested_time import has_named_time
from napari_insitu_tem.io.tables.suggestion import is_impedance, suggest
from napari_insitu_tem.io.tables.table_layout import is_header
from napari_insitu_tem.io.traces.signals import Signals
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError

BoolArray = NDArray[np.bool_]

_LOOKED_AT = 1000
_LONGEST_FOOT = 100
_OVERLOADS = frozenset(("overload", "overloads", "overloaded"))
_NO_MARKS = frozenset(("", "-", "no", "none", "false", "ok"))


def refuse_no_record(found: FoundTable, path: Path) -> None:
    """Refuse a file of which it is certain that it is no record against time.

    Raises
    ------
    ReadError
        Several tables, one below or inside the other; an impedance spectrum, another
        spectrum or a list; no times.
    """
    table, layout = found.table, found.layout
    if layout.stacked and _has_sparse_column(table):
        raise ReadError(
            f"{path.name} has rows of several kinds under several headers, one inside "
            "the other.",
            hint="Export the record alone (one row a point, one header), without the "
            "rows of cycles and steps.",
            path=path,
        )
    suggested, _ = suggest(table)
    if _has_second_header(table, suggested):
        raise ReadError(
            f"{path.name} holds several tables, one below the other.",
            hint="Export each measurement to a file of its own.",
            path=path,
        )
    if is_impedance(table) and not {"time_s", "potential_V"} <= set(suggested.columns):
        raise ReadError(
            f"{path.name} is an impedance spectrum, not a record against time.",
            hint="Open the record of the step before or after it.",
            path=path,
        )
    _refuse_another_kind(found, path, has_time="time_s" in suggested.columns)
    if "time_s" not in suggested.columns:
        raise ReadError(
            f"{path.name} has no times: no column is named as a time, and none could "
            "be one.",
            hint=_hint_for_no_time(found),
            path=path,
        )


def _refuse_another_kind(found: FoundTable, path: Path, *, has_time: bool) -> None:
    """Refuse a spectrum, a list or a curve in which no column is named as a time."""
    what = "" if has_named_time(found.table) else other_kind(found.table)
    hint = "Open the record of the potentiostat or of the holder."
    if what == IMAGES:
        hint = "Open the images, or their folder, as a movie."
    if what == CURVE:  # a column without a known name may be its time: ask
        what, hint = "" if has_time else what, _hint_for_no_time(found)
    if what:
        raise ReadError(
            f"{path.name} is {what}, not a record against time: it has no times.",
            hint=hint,
            path=path,
        )


def _has_sparse_column(table: RawTable) -> bool:
    """A column without a name that is filled in some rows only."""
    for index, label in enumerate(table.labels):
        if not label.text and len(table):
            share = float(table.column(index).notna().mean())
            if 0.0 < share < 0.5:
                return True
    return False


def _has_second_header(table: RawTable, mapping: ColumnMapping) -> bool:
    """A line of names between the rows, unless they go on below the same names."""
    choice = mapping.columns.get("time_s")
    index = None if choice is None else table.find(choice.column)
    if index is None or table.kind(index) != "number" or not table.spoiled(index):
        return False
    times = table.numbers(index)
    known = np.isfinite(times)
    if not known.any():
        return False
    missing = np.flatnonzero(~known[: int(np.flatnonzero(known)[-1])])
    rows = table.data.iloc[missing[:_LOOKED_AT]]
    lines = [
        ["" if cell != cell else str(cell).strip() for cell in row]
        for row in rows.itertuples(index=False)
    ]
    goes_on = bool(np.all(np.diff(times[known]) >= 0))
    same = [label.text for label in table.labels]
    return any(is_header(line) and not (goes_on and line == same) for line in lines)


def _hint_for_no_time(found: FoundTable) -> str:
    if re.search(r"scan rate", found.header_text, re.IGNORECASE):
        return (
            "It gives a scan rate only, from which the pauses are not known; export it "
            "again with the time."
        )
    return "Export it again with the time."


def refuse_constant_time(signals: Signals, path: Path) -> None:
    """A time that stands still is none.

    Raises
    ------
    ReadError
        Every row has the same time.
    """
    time_s = np.asarray(signals.columns["time_s"], np.float64)
    known = time_s[np.isfinite(time_s)]
    if known.size > 1 and np.ptp(known) == 0.0:
        raise ReadError(
            f"{path.name}: the column taken as the time has the same value in every "
            "row.",
            hint="Choose another column as the time.",
            path=path,
        )


def rows_of_the_table(
    table: RawTable, mapping: ColumnMapping, signals: Signals, path: Path
) -> tuple[BoolArray, BoolArray, list[str]]:
    """The rows of the table, without a foot and a few rows of another kind.

    Returns
    -------
    keep
        (N,) rows with a time.
    breaks
        (N,) rows that follow a row of another kind.
    notes
        Sentences about what was left out.

    Raises
    ------
    ReadError
        More than a few rows between the others, or many at the end, have no time.
    """
    time_s = np.asarray(signals.columns["time_s"], np.float64)
    keep = np.isfinite(time_s)
    breaks = np.zeros(keep.size, bool)
    last = int(np.flatnonzero(keep)[-1]) if keep.any() else -1
    inside = np.flatnonzero(~keep[: last + 1])
    if inside.size > max(3, 0.005 * keep.size):
        column = mapping.columns["time_s"].column
        raise ReadError(
            f"{path.name}: {inside.size} rows between the others have no time in "
            f"{column!r}; the file seems to hold tables of several kinds.",
            hint="Export each table to a file of its own.",
            path=path,
        )
    notes = []
    if inside.size:
        notes.append(f"{inside.size} rows without a time were left out.")
        breaks[np.minimum(inside + 1, keep.size - 1)] = True
    below = table.data.iloc[last + 1 :]
    foot = int(below.notna().any(axis=1).sum())
    if foot > max(_LONGEST_FOOT, 0.2 * keep.size):
        column = mapping.columns["time_s"].column
        raise ReadError(
            f"{path.name}: the last {foot} rows have no time in {column!r}.",
            hint="Export the record alone, or choose another column as the time.",
            path=path,
        )
    if foot and last >= 0:
        notes.append(f"{foot} lines below the table were left out.")
    return keep, breaks, notes


def overload_notes(table: RawTable) -> list[str]:
    """A sentence where a column of words (Metrohm NOVA) marks samples as overloads."""
    notes = []
    for index, label in enumerate(table.labels):
        if label.plain not in _OVERLOADS or table.kind(index) != "text":
            continue
        marks = table.column(index).dropna().astype("str").str.strip()
        marks = marks[~marks.str.lower().isin(_NO_MARKS)]
        if len(marks):
            kinds = ", ".join(sorted(set(marks))[:3])
            notes.append(
                f"{len(marks)} samples are marked as overloads ({kinds}) in the column "
                f"{table.keys[index]!r}."
            )
    return notes


def need_two_rows(columns: dict[str, Any], found: FoundTable, path: Path) -> None:
    """A header without rows is an empty record; a single row is none.

    Raises
    ------
    ReadError
        There are rows, but fewer than two have a time.
    """
    rows = len(columns["time_s"])
    if found.layout.sample and rows < 2:
        raise ReadError(
            f"{path.name} holds {rows} rows with a time; a record needs two.",
            hint="Choose another column as the time, or export the file again.",
            path=path,
        )
