"""The best guess at what the columns of a table are, and what is doubtful in it."""

from __future__ import annotations

import numpy as np

from napari_insitu_tem.io.tables.column_names import (
    DIMENSIONS,
    FREQUENCY_NAMES,
    IMPEDANCE_NAMES,
    STAMP_NAMES,
    STEP_TIMES,
    UNIX_NAMES,
    candidates,
)
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.time_columns import read_stamps
from napari_insitu_tem.model.column_mapping import (
    ColumnChoice,
    ColumnMapping,
    Role,
)

_WORDS: dict[Role, str] = {
    "time_s": "time",
    "potential_V": "potential",
    "current_A": "current",
    "charge_C": "charge",
    "cycle": "cycle",
    "step": "step",
}
_SIGNALS: tuple[Role, ...] = ("potential_V", "current_A", "charge_C")
_COUNTERS: tuple[Role, ...] = ("cycle", "step")
_BASE: dict[Role, str] = {"potential_V": "V", "current_A": "A", "charge_C": "C"}
#: Words in a name that make a column worth suggesting, and those that forbid it.
_HINTS: dict[Role, frozenset[str]] = {
    "potential_V": frozenset(("voltage", "potential", "volt", "ewe", "ecell")),
    "current_A": frozenset(("current", "amp", "amps")),
}
#: What is measured at a holder, and words of columns that only count.
_HOLDERS = frozenset(("temperature", "pressure"))
_COUNTING = frozenset(("frame", "index", "number", "sample", "point"))
_SET_WORDS = frozenset(
    ("applied", "set", "setpoint", "control", "limit", "range", "max", "min")
)


def suggest(table: RawTable) -> tuple[ColumnMapping, tuple[str, ...]]:
    """Name the columns by their headers, units and cells.

    Returns
    -------
    mapping
        The best guess.
    doubts
        A sentence for each thing that is not certain; none means that the guess can be
        taken without asking.
    """
    columns: dict[Role, ColumnChoice] = {}
    doubts: list[str] = []
    time = _time(table, doubts)
    if time is not None:
        columns["time_s"] = time
    for role in _SIGNALS:
        choice = _signal(table, role, doubts)
        if choice is not None:
            columns[role] = choice
    for counter in _COUNTERS:
        found = candidates(table.labels, counter)
        found = [i for i in found if _holds_numbers(table, i)]
        if found:
            columns[counter] = ColumnChoice(table.keys[found[0]])
    if "potential_V" not in columns and "current_A" not in columns:
        if not _is_of_a_holder(table, columns):
            doubts.append("No column is named as a potential or a current.")
        columns.update(_by_words(table))
    if doubt := _unsigned(table, columns.get("current_A")):
        doubts.append(doubt)
    return ColumnMapping(columns), tuple(doubts)


def is_impedance(table: RawTable) -> bool:
    """Whether the columns are those of an impedance spectrum."""
    names = {label.plain for label in table.labels}
    return bool(names & FREQUENCY_NAMES) and bool(names & IMPEDANCE_NAMES)


def _holds_numbers(table: RawTable, index: int) -> bool:
    return table.kind(index) == "number"


def _time(table: RawTable, doubts: list[str]) -> ColumnChoice | None:
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
    if found:
        return _elapsed(table, found, dates, doubts)
    if dates:
        return ColumnChoice(table.keys[dates[0]], "date")
    for i, label in enumerate(table.labels):
        if label.plain in UNIX_NAMES and table.kind(i) == "number":
            return ColumnChoice(table.keys[i], label.unit or "s")
    return _unnamed_time(table, doubts)


def _elapsed(
    table: RawTable, found: list[int], dates: list[int], doubts: list[str]
) -> ColumnChoice:
    first = found[0]
    key, label = table.keys[first], table.labels[first]
    same = [i for i in found[1:] if table.labels[i].plain == label.plain]
    if same:
        doubts.append(
            f"{len(same) + 1} columns are named {label.name or label.text!r}."
        )
    if table.kind(first) == "date":
        return ColumnChoice(key, "date")
    if table.kind(first) == "clock":
        if not table.column(first).astype("str").str.count(":").max() >= 2:
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
    for unit, factor in (("s", 1.0), ("min", 60.0), ("h", 3600.0), ("ms", 1e-3)):
        if abs(pace / factor - 1.0) < 0.02 and np.ptp(seconds[good]) > 20.0:
            return unit
    return ""


def _unnamed_time(table: RawTable, doubts: list[str]) -> ColumnChoice | None:
    """A column that could be a time: a step's time, else numbers that only rise."""
    for i, label in enumerate(table.labels):
        if label.plain in STEP_TIMES and _holds_numbers(table, i):
            doubts.append(f"{table.keys[i]!r} counts from the start of each step.")
            return ColumnChoice(table.keys[i], label.unit or "s")
    for i, label in enumerate(table.labels):
        if label.dimension not in ("", "time") or not _holds_numbers(table, i):
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


def _signal(table: RawTable, role: Role, doubts: list[str]) -> ColumnChoice | None:
    found = [
        i
        for i in candidates(table.labels, role)
        if _holds_numbers(table, i) or len(table) == 0
    ]
    if role == "charge_C":  # a charge without a unit may be anything
        found = [i for i in found if table.labels[i].unit]
    if not found:
        return None
    first = found[0]
    key, label = table.keys[first], table.labels[first]
    if _rivals(table, found, role):
        doubts.append(
            f"Several columns may be the {_WORDS[role]}: "
            + ", ".join(repr(table.keys[i]) for i in found[:4])
            + "."
        )
    if not label.unit:
        doubts.append(f"The unit of the {_WORDS[role]} {key!r} is not said.")
    filled = int(np.isfinite(table.numbers(first)).sum())
    if table.spoiled(first) > 0.01 * max(filled, 1):
        doubts.append(f"Many cells of {key!r} are not numbers.")
    return ColumnChoice(key, label.unit or _BASE[role])


def _is_of_a_holder(table: RawTable, columns: dict[Role, ColumnChoice]) -> bool:
    """Whether all numbers but times and counts are temperatures and their like."""
    taken = {choice.column for choice in columns.values()}
    left = [
        label
        for i, label in enumerate(table.labels)
        if table.kind(i) == "number"
        and table.keys[i] not in taken
        and label.dimension not in ("time", "number")
        and not set(label.plain.split()) & _COUNTING
    ]
    return bool(left) and all(
        label.dimension in _HOLDERS or "temperature" in label.plain.split()
        for label in left
    )


def _by_words(table: RawTable) -> dict[Role, ColumnChoice]:
    """The first columns whose names speak of a potential or a current at all."""
    found: dict[Role, ColumnChoice] = {}
    for role, words in _HINTS.items():
        for i, label in enumerate(table.labels):
            spoken = set(label.plain.split())
            fits = label.dimension in ("", DIMENSIONS[role])
            if fits and spoken & words and not spoken & _SET_WORDS:
                unit = label.unit or _BASE[role]
                found.setdefault(role, ColumnChoice(table.keys[i], unit))
    return found


def _rivals(table: RawTable, found: list[int], role: Role) -> bool:
    """Whether a second column has the same name as the first.

    The same potential on the scale of a reference beside the measured one is none.
    """
    first = table.labels[found[0]]
    return any(
        table.labels[i].plain == first.plain
        and table.labels[i].is_average == first.is_average
        and (bool(first.reference) or not table.labels[i].reference)
        for i in found[1:]
    )


def _unsigned(table: RawTable, choice: ColumnChoice | None) -> str:
    """A current that is never negative although a column says "discharge"."""
    if choice is None:
        return ""
    index = table.find(choice.column)
    assert index is not None
    current = table.numbers(index)
    for i in range(len(table.labels)):
        if table.kind(i) != "text" or table.labels[i].dimension:
            continue
        state = table.column(i).astype("str").str.lower()
        out = state.str.match(r"d$|.*d(?:is)?chg|.*discharge").to_numpy(bool)
        into = ~out & state.str.match(r"c$|.*chg|.*charge").to_numpy(bool)
        if (current[out] > 0).any() and (current[into] > 0).any():
            return (
                f"The current {choice.column!r} has no sign, although "
                f"{table.keys[i]!r} tells charge from discharge."
            )
    return ""
