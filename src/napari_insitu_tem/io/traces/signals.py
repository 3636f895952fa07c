"""A raw table and the meaning of its columns to the columns and clock of a trace."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.tables.column_names import NAMES, UNIX_NAMES, factor
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.state_signs import sign_by_state
from napari_insitu_tem.io.tables.time_columns import epoch_of
from napari_insitu_tem.io.traces.table_starts import (
    TableStart,
    dates_of,
    stamp_beside,
    unix_stamp,
)
from napari_insitu_tem.model.column_mapping import (
    ROLES,
    ColumnChoice,
    ColumnMapping,
    DateOrder,
)
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.timebase import StartStamp

FloatArray = NDArray[np.float64]

_HIGHEST_V = 300.0
#: A current per mass, in a unit that is no unit of a current.
_DENSITY = re.compile(r"[mµu]?A\s*[/·]\s*(?:kg|g|mg|m2|cm2|m²|cm²)\b|A\s*k?g-1")
_NO_UNIT = re.compile(r"\s+[mµu]?a\s+k?g.*$")


@dataclass
class Signals:
    """What `Trace.from_columns` needs.

    Attributes
    ----------
    columns
        Name to (N,) values; the roles first, then the file's other columns.
    stamp
        When `time_s` was zero, as far as the table itself says.
    reference
        What the potential is measured against, where the header says so.
    readings
        Both readings of an ambiguous start, ISO 8601; empty where it is certain.
    warnings
        Sentences.
    """

    columns: dict[str, Any] = field(default_factory=dict)
    stamp: StartStamp | None = None
    reference: str = ""
    readings: tuple[str, ...] = ()
    warnings: list[str] = field(default_factory=list)


def convert(table: RawTable, mapping: ColumnMapping, path: Path) -> Signals:
    """Give the columns their meaning and units.

    Raises
    ------
    ReadError
        The mapping names a column that is not there or a unit that is not known, or
        leaves out the time.
    """
    if "time_s" not in mapping.columns:
        raise ReadError(
            f"{path.name}: no column is said to be the time.",
            hint="Choose the column by hand.",
            path=path,
        )
    signals = Signals()
    used: set[int] = set()
    for role in ROLES:
        choice = mapping.columns.get(role)
        if choice is None:
            continue
        index = _find(table, choice, path)
        used.add(index)
        if role == "time_s":
            signals.columns[role] = _times(table, index, choice, mapping, signals, path)
        elif role in ("cycle", "step"):
            signals.columns[role] = _counter(table.counts(index))
        else:
            signals.columns[role] = _scaled(table, index, choice, path)
            _report_spoiled(table, index, signals)
        if role == "potential_V":
            signals.reference = table.labels[index].reference
    if "current_A" in signals.columns:
        current, notes = sign_by_state(table, signals.columns["current_A"])
        signals.columns["current_A"] = current
        signals.warnings.extend(notes)
    _report_high(mapping, signals)
    _report_density(table, signals)
    if mapping.flip_current:
        _flip(signals)
    if signals.stamp is None:
        time = _find(table, mapping.columns["time_s"], path)
        _stamp_beside(table, mapping, signals, time, used)
    _add_others(table, signals, used)
    return signals


def _find(table: RawTable, choice: ColumnChoice, path: Path) -> int:
    index = table.find(choice.column)
    if index is None:
        raise ReadError(
            f"{path.name} has no column {choice.column!r}.",
            hint="Choose its columns by hand.",
            path=path,
        )
    return index


def _scaled(
    table: RawTable, index: int, choice: ColumnChoice, path: Path
) -> FloatArray:
    try:
        scale = factor(choice.unit)
    except ValueError as error:
        raise ReadError(
            f"{path.name}: {choice.unit!r} is no known unit for {choice.column!r}.",
            hint="Choose another unit.",
            path=path,
        ) from error
    values = table.numbers(index)
    return values if scale == 1.0 else np.asarray(values * scale)


def _counter(values: FloatArray) -> NDArray[Any]:
    """Whole numbers where every one is known."""
    if np.isfinite(values).all() and (np.abs(values) < 2**53).all():
        return np.rint(values).astype(np.int64)
    return np.rint(values)


def _times(
    table: RawTable,
    index: int,
    choice: ColumnChoice,
    mapping: ColumnMapping,
    signals: Signals,
    path: Path,
) -> FloatArray:
    if choice.unit == "date":
        return _dates(table, index, mapping.date_order, signals)
    if choice.unit == "h:m:s":
        return table.clock(index)
    seconds = _scaled(table, index, choice, path)
    zero = epoch_of(seconds)
    if table.labels[index].plain in UNIX_NAMES:
        return _from_unix(seconds, table.keys[index], signals)
    if np.isnan(zero):
        return seconds
    year = 1970 if zero == 0 else 1904
    signals.warnings.append(
        f"{table.keys[index]!r} was read as seconds since {year} (UTC); time zero is "
        "the first sample."
    )
    return _from_unix(seconds + zero, table.keys[index], signals)


def _from_unix(seconds: FloatArray, key: str, signals: Signals) -> FloatArray:
    """Seconds since 1970 to seconds since the first sample."""
    known = seconds[np.isfinite(seconds)]
    if known.size == 0:
        return seconds
    signals.stamp = unix_stamp(float(known[0]), key)
    return np.asarray(seconds - known[0])


def _dates(
    table: RawTable, index: int, order: DateOrder, signals: Signals
) -> FloatArray:
    found = dates_of(table, index, order)
    _take(signals, found)
    return found.seconds


def _stamp_beside(
    table: RawTable,
    mapping: ColumnMapping,
    signals: Signals,
    time: int,
    used: set[int],
) -> None:
    """The start from columns of dates that stand beside the elapsed time."""
    elapsed = np.asarray(signals.columns["time_s"], np.float64)
    found = stamp_beside(table, elapsed, time, used, mapping.date_order)
    if found is not None:
        _take(signals, found)


def _take(signals: Signals, found: TableStart) -> None:
    signals.stamp, signals.readings = found.stamp, found.readings
    signals.warnings.extend(found.warnings)


def _report_spoiled(table: RawTable, index: int, signals: Signals) -> None:
    if count := table.spoiled(index):
        plural = "s" if count != 1 else ""
        signals.warnings.append(
            f"{count} cell{plural} of the column {table.keys[index]!r} "
            f"{'are' if count != 1 else 'is'} not a number and left empty."
        )


def _report_density(table: RawTable, signals: Signals) -> None:
    """Say that a current is there, but divided by a mass or an area."""
    if "current_A" in signals.columns:
        return
    for index, label in enumerate(table.labels):
        words = _NO_UNIT.sub("", label.plain).strip()
        divided = label.dimension == "current density" or _DENSITY.search(label.text)
        named = words in NAMES["current_A"] and table.kind(index) == "number"
        if divided and named:
            signals.warnings.append(
                f"The current {table.keys[index]!r} is one per mass or area and is "
                "left as it is."
            )


def _report_high(mapping: ColumnMapping, signals: Signals) -> None:
    """No cell is at hundreds of volts: the unit of the file may be another one."""
    values = np.abs(np.asarray(signals.columns.get("potential_V", ()), np.float64))
    highest = float(np.nanmax(values, initial=0.0))
    if highest > _HIGHEST_V:
        signals.warnings.append(
            f"The potential reaches {highest:.4g} V: the unit of "
            f"{mapping.columns['potential_V'].column!r} may be another one."
        )


def _flip(signals: Signals) -> None:
    for role in ("current_A", "charge_C"):
        if role in signals.columns:
            signals.columns[role] = -signals.columns[role]
    signals.warnings.append(
        "The sign of current and charge was changed to anodic positive, as chosen."
    )


def _add_others(table: RawTable, signals: Signals, used: set[int]) -> None:
    """The file's other columns under their own names, numbers where they are."""
    for index, key in enumerate(table.keys):
        if index in used:
            continue
        name = f"{key} (file)" if key in signals.columns or key in ROLES else key
        number = table.kind(index) in ("number", "empty")
        column = table.column(index)
        signals.columns[name] = table.numbers(index) if number else column.to_numpy()
