"""Which column of a table is the time of the record, and in which unit."""

from __future__ import annotations

import numpy as np

from napari_insitu_tem.io.tables.column_names import (
    FREQUENCY_NAMES,
    STAMP_NAMES,
    STEP_TIMES,
    UNIX_NAMES,
    candidates,
    factor,
)
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.time_columns import epoch_of, read_stamps
from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.column_mapping import ColumnChoice

#: Words of a name that speak of a time, and those that make it the time of a part.
_SPOKEN = frozenset(("time", "elapsed", "zeit", "temps", "tiempo", "tempo", "tijd"))
_OF_A_PART = frozenset(
    ("step", "cycle", "cyc", "set", "charge", "discharge", "chg", "dchg", "exposure",
     "dwell", "integration", "measurement", "remaining", "constant", "interval")
)  # fmt: skip


_LOOKED_AT = 20


def suggest_time(table: RawTable, doubts: list[str]) -> ColumnChoice | None:
    """The time of the record by names, units and cells; None where nothing can be.

    A column that runs backwards counts the time of a step: it is passed over where
    another one, or a column of dates, runs through the record.

    Parameters
    ----------
    doubts
        Sentences about what is not certain are added to it.
    """
    found = [
        i
        for i in candidates(table.labels, "time_s")
        if table.kind(i) in ("number", "clock", "date") or len(table) == 0
    ]
    dates = [
        i
        for i, label in enumerate(table.labels)
        if label.plain in STAMP_NAMES and table.kind(i) == "date"
    ]
    moments = [i for i in dates if _has_times_of_day(table, i)]
    forward = [i for i in found if _runs_forward(table, i)]
    if found and (forward or not dates):
        return _elapsed(table, forward or found, dates, doubts)
    if not moments and (times := _times_by_unit(table)):
        return _elapsed(table, times, dates, doubts)
    if moments := moments or _unnamed_dates(table):
        return ColumnChoice(table.keys[moments[0]], "date")
    if dates:
        doubts.append(f"The dates in {table.keys[dates[0]]!r} have no time of day.")
        return ColumnChoice(table.keys[dates[0]], "date")
    return _moments(table) or _unnamed_time(table, doubts)


def _times_by_unit(table: RawTable) -> list[int]:
    """The one column that speaks of a time, has a unit of one and runs on."""
    found = []
    for i, label in enumerate(table.labels):
        spoken = set(label.plain.split())
        if label.dimension != "time" or not spoken & _SPOKEN or spoken & _OF_A_PART:
            continue
        known = table.numbers(i)[np.isfinite(table.numbers(i))]
        steps = np.diff(known)
        if known.size > 1 and np.all(steps >= 0) and np.mean(steps > 0) > 0.5:
            found.append(i)
    return found if len(found) == 1 else []


def _has_times_of_day(table: RawTable, index: int) -> bool:
    cells = table.column(index).dropna().astype("str")
    readings = (read_date(cell) for cell in cells.head(_LOOKED_AT))
    first = next((reading for reading in readings if reading is not None), None)
    return first is not None and first.resolution_s < 86400.0


def _unnamed_dates(table: RawTable) -> list[int]:
    """The one column that holds moments, be its name what it will.

    A moment has a time of day, and goes on from row to row.
    """
    found = []
    for i in range(len(table.labels)):
        if table.kind(i) != "date":
            continue
        stamps = read_stamps(table.column(i))
        known = stamps.seconds[np.isfinite(stamps.seconds)]
        fine = stamps.first is not None and stamps.first.resolution_s <= 60.0
        steps = np.diff(known)
        if fine and known.size > 1 and np.all(steps >= 0) and np.mean(steps > 0) > 0.5:
            found.append(i)
    return found if len(found) == 1 else []


def _moments(table: RawTable) -> ColumnChoice | None:
    """Seconds or milliseconds since 1970, by their name or their size."""
    for i, label in enumerate(table.labels):
        if table.kind(i) != "number":
            continue
        if label.plain in UNIX_NAMES:
            return ColumnChoice(table.keys[i], label.unit or "s")
        if label.plain in STAMP_NAMES and label.unit in ("", "s", "ms"):
            for unit in [label.unit] if label.unit else ["s", "ms"]:
                if np.isfinite(epoch_of(table.numbers(i) * factor(unit))):
                    return ColumnChoice(table.keys[i], unit)
    return None


def has_named_time(table: RawTable) -> bool:
    """Whether a column is named as a time or a date; a step's time is one as well."""
    named = STAMP_NAMES | UNIX_NAMES | STEP_TIMES
    return bool(candidates(table.labels, "time_s")) or any(
        label.plain in named for label in table.labels
    )


def _runs_forward(table: RawTable, index: int) -> bool:
    """Whether the times of a column never go back."""
    if table.kind(index) == "date" or len(table) == 0:
        return True
    clock = table.kind(index) == "clock"
    times = table.clock(index) if clock else table.numbers(index)
    return not np.any(np.diff(times[np.isfinite(times)]) < 0)


def _agree(table: RawTable, one: int, other: int) -> bool:
    """Whether two columns give the same times, be it in different units."""
    units = table.labels[one].unit, table.labels[other].unit
    if not all(units) or {table.kind(one), table.kind(other)} != {"number"}:
        return False
    first = table.numbers(one) * factor(units[0])
    second = table.numbers(other) * factor(units[1])
    apart = np.abs(first - second)
    longest = float(np.abs(first[np.isfinite(first)]).max(initial=0.0))
    return bool(np.all(apart[np.isfinite(apart)] <= 1e-3 * longest + 1e-9))


def _elapsed(
    table: RawTable, found: list[int], dates: list[int], doubts: list[str]
) -> ColumnChoice:
    first = found[0]
    key, label = table.keys[first], table.labels[first]
    same = [
        i
        for i in found[1:]
        if table.labels[i].plain == label.plain
        and not _agree(table, first, i)
        and not (dates and label.unit and table.kind(i) == "clock")  # of the day
    ]
    if same:
        doubts.append(
            f"{len(same) + 1} columns are named {label.name or label.text!r}."
        )
    if table.kind(first) == "date":
        return ColumnChoice(key, "date")
    if table.kind(first) == "clock":
        cells = table.column(first).astype("str")
        if cells.str.count(":").max() < 2 and not cells.str.contains("[.,]").any():
            doubts.append(f"{key!r} may be hours and minutes or minutes and seconds.")
        return ColumnChoice(key, "h:m:s")
    if label.unit:
        return ColumnChoice(key, label.unit)
    if dates and (unit := _unit_by_dates(table, first, dates[0])):
        return ColumnChoice(key, unit)
    doubts.append(f"The unit of the time {key!r} is not said.")
    return ColumnChoice(key, "s")


def _unit_by_dates(table: RawTable, time: int, date: int) -> str:
    """The unit in which an elapsed time keeps pace with a column of dates."""
    seconds = read_stamps(table.column(date)).seconds
    elapsed = table.numbers(time)
    good = np.isfinite(seconds) & np.isfinite(elapsed)
    if good.sum() < 3:
        return ""
    span = np.ptp(elapsed[good])
    pace = np.ptp(seconds[good]) / span if span > 0 else 0.0
    for unit, scale in (("s", 1.0), ("min", 60.0), ("h", 3600.0), ("ms", 1e-3)):
        if abs(pace / scale - 1.0) < 0.02 and np.ptp(seconds[good]) > 20.0:
            return unit
    return ""


def _unnamed_time(table: RawTable, doubts: list[str]) -> ColumnChoice | None:
    """A column that could be a time: a step's time, else numbers that only rise."""
    for i, label in enumerate(table.labels):
        if label.plain in STEP_TIMES and table.kind(i) == "number":
            doubts.append(f"{table.keys[i]!r} counts from the start of each step.")
            return ColumnChoice(table.keys[i], label.unit or "s")
    for i, label in enumerate(table.labels):
        if label.dimension not in ("", "time") or table.kind(i) != "number":
            continue
        if label.plain in FREQUENCY_NAMES or _is_counting(table, i):
            continue
        values = table.numbers(i)
        if values.size > 2 and np.all(np.diff(values) > 0):
            doubts.append("No column is named as a time.")
            return ColumnChoice(table.keys[i], label.unit or "s")
    return None


def _is_counting(table: RawTable, index: int) -> bool:
    """1, 2, 3, ...: the number of the row."""
    return bool(np.all(np.diff(table.numbers(index)) == 1.0))
