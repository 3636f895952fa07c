"""The best guess at what the columns of a table are, and what is doubtful in it."""

from __future__ import annotations

import numpy as np

from napari_insitu_tem.io.tables.column_names import (
    DIMENSIONS,
    FREQUENCY_NAMES,
    IMPEDANCE_NAMES,
    NAMES,
    candidates,
    plain,
)
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggested_time import suggest_time
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
#: What is measured at a holder, by unit and by name, and words that only count.
_HOLDERS = frozenset(("temperature", "pressure"))
_HOLDER_WORDS = frozenset(
    ("temperature", "pressure", "resistance", "power", "flow", "humidity", "load",
     "force", "depth", "displacement", "stress", "strain")
)  # fmt: skip
_COUNTING = frozenset(("frame", "index", "number", "sample", "point"))
_SET_WORDS = frozenset(
    ("applied", "set", "setpoint", "control", "limit", "range", "max", "min")
)
#: Words of a potential or a current that is not the cell's.
_OTHERS = frozenset(
    ("aux", "auxiliary", "counter", "reference", "gate", "source", "load", "supply",
     "heater", "onset", "oneset", "start", "end", "mid", "mean", "median", "average",
     "density", "standard", "noise", "error", "std", "leakage", "bias", "input",
     "output", "charge", "discharge", "charging", "discharging", "charger")
)  # fmt: skip


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
    time = suggest_time(table, doubts)
    if time is not None:
        columns["time_s"] = time
    for role in _SIGNALS:
        choice = _signal(table, role, doubts) or _spoken(table, role)
        if choice is not None:
            columns[role] = choice
    for counter in _COUNTERS:
        found = candidates(table.labels, counter)
        found = [i for i in found if _holds_counts(table, i)]
        if found:
            columns[counter] = ColumnChoice(table.keys[found[0]])
    unnamed = not {"potential_V", "current_A"} & set(columns)
    if unnamed and not _is_of_a_holder(table, columns):
        doubts.append("No column is named as a potential or a current.")
        columns.update(_by_words(table))
    return ColumnMapping(columns), tuple(doubts)


def is_impedance(table: RawTable) -> bool:
    """Whether the columns are those of an impedance spectrum."""
    names = {label.plain for label in table.labels}
    return bool(names & FREQUENCY_NAMES) and bool(names & IMPEDANCE_NAMES)


def _holds_numbers(table: RawTable, index: int) -> bool:
    return table.kind(index) == "number"


def _holds_counts(table: RawTable, index: int) -> bool:
    """Whether a column counts: 3, or 3_1 for the first time of a third step."""
    return _holds_numbers(table, index) or bool(
        np.isfinite(table.counts(index)).any() and table.kind(index) == "text"
    )


def _signal(table: RawTable, role: Role, doubts: list[str]) -> ColumnChoice | None:
    found = [
        i
        for i in candidates(table.labels, role)
        if _holds_numbers(table, i) or len(table) == 0
    ]
    if role == "charge_C":  # a charge without a unit may be anything
        found = [i for i in found if table.labels[i].unit]
    if not found:
        return _with_strange_unit(table, role, doubts)
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


def _with_strange_unit(
    table: RawTable, role: Role, doubts: list[str]
) -> ColumnChoice | None:
    """A column with the name of a role and a unit that is not known, in doubt."""
    for index, label in enumerate(table.labels):
        name, _, unit = label.name.partition("(" if "(" in label.name else "[")
        known = plain(name) in NAMES[role] and unit.strip(" )]") and "/" not in unit
        if role != "charge_C" and known and _holds_numbers(table, index):
            doubts.append(f"The unit of {table.keys[index]!r} is not known.")
            return ColumnChoice(table.keys[index], _BASE[role])
    return None


def _spoken(table: RawTable, role: Role) -> ColumnChoice | None:
    """The only column with a unit of the role, if its name speaks of the role."""
    if role not in _HINTS:
        return None
    same = [
        i
        for i, label in enumerate(table.labels)
        if label.dimension == DIMENSIONS[role] and _holds_numbers(table, i)
    ]
    words = set(table.labels[same[0]].plain.split()) if len(same) == 1 else set()
    if not words & _HINTS[role] or words & (_SET_WORDS | _OTHERS):
        return None
    return ColumnChoice(table.keys[same[0]], table.labels[same[0]].unit)


def _is_of_a_holder(table: RawTable, columns: dict[Role, ColumnChoice]) -> bool:
    """Whether all numbers but times and counts are temperatures and their like.

    A voltage or a current of a holder may be that of its heater: it is asked about.
    """
    electric = frozenset().union(*_HINTS.values())
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
        label.dimension in _HOLDERS or (words & _HOLDER_WORDS and not words & electric)
        for label in left
        for words in (frozenset(label.plain.split()),)
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
        for i, label in enumerate(table.labels):  # else the first with the unit
            if label.dimension == DIMENSIONS[role] and _holds_numbers(table, i):
                found.setdefault(role, ColumnChoice(table.keys[i], label.unit))
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
