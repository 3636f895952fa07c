"""Maccor battery testers, text export: the sign of the current is in the state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.column_names import plain
from napari_insitu_tem.io.tables.found_table import FoundTable, find_in_file
from napari_insitu_tem.io.tables.preamble import find_start
from napari_insitu_tem.io.tables.suggestion import suggest
from napari_insitu_tem.io.tables.table_checks import need_two_rows, rows_of_the_table
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.signals import Signals
from napari_insitu_tem.io.traces.table_under_header import convert_under
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

#: The column of the state has one of two names, by the version of the program.
_STATE_NAMES = ("md", "state")
_OWN_NAMES = frozenset(("rec", "es", "dpt time"))
_DELIMITERS = ("\t", ",", ";")
_LOOKED_AT = 40


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:16384])
    for line in lines_of(text)[:_LOOKED_AT]:
        for delimiter in _DELIMITERS:
            cells = {plain(cell) for cell in line.split(delimiter)}
            if cells >= _OWN_NAMES and cells & set(_STATE_NAMES):
                return 1.0
    return 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a Maccor text; charging current is positive.

    Parameters
    ----------
    mapping
        Other columns than those that the names say; the sign is then taken from the
        state as well.

    Raises
    ------
    ReadError
        No table, no column of times or of the state, or damage.
    """
    found = find_in_file(path, progress)
    state = found.table.named(*_STATE_NAMES)
    if mapping is None:
        mapping, _ = suggest(found.table)
    if state is None or "time_s" not in mapping.columns:
        raise ReadError(
            f"{path.name} is a Maccor text without the columns of times and of states.",
            hint="Export it again with every column.",
            path=path,
        )
    signals, _ = convert_under(found, mapping, path)
    notes = list(found.notes)
    keep, breaks, more = rows_of_the_table(found.table, mapping, signals, path)
    columns = {name: np.asarray(v)[keep] for name, v in signals.columns.items()}
    need_two_rows(columns, found, path)
    notes.extend(_about_unit(found, mapping))
    trace = Trace.from_columns(
        columns,
        name=path.stem,
        breaks=breaks[keep],
        stamp=signals.stamp,
        path=path,
        warnings=[*signals.warnings, *notes, *more],
        technique="battery cycling",
        format="Maccor text",
        reader="maccor",
        metadata=_about(found, signals),
    )
    if trace.stamp is None:
        start = find_start(found.above, decimal=found.layout.decimal)
        trace = replace(
            trace, stamp=start.stamp, warnings=(*trace.warnings, *start.doubts)
        )
    return trace


def _about_unit(found: FoundTable, mapping: ColumnMapping) -> list[str]:
    """Say in which unit the times were taken, where their name does not."""
    choice = mapping.columns["time_s"]
    index = found.table.find(choice.column)
    named = index is not None and bool(found.table.labels[index].unit)
    if named or choice.unit in ("s", "h:m:s", "date", ""):
        return []
    return [
        f"The times have no unit; they are in {choice.unit}, by the dates beside them."
    ]


def _about(found: FoundTable, signals: Signals) -> dict[str, Any]:
    about: dict[str, Any] = {"header": [line[:300] for line in found.above[:60]]}
    if signals.readings:
        about["start_readings"] = list(signals.readings)
    return about


FORMAT = Format(
    name="Maccor text",
    kind="trace",
    maker="Maccor",
    extensions=(".txt", ".csv"),
    library="",
    reads="potential, current with the sign of its state, cycle, step, capacities, "
    "start; older and newer layouts; the unit of the times from the dates beside them",
    missing="binary files; the sign of states other than charge, discharge and rest",
    sniff=_sniff,
    read=read,
)
