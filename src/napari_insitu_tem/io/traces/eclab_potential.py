"""Which of EC-Lab's signals a record has: the electrode's potential, or the cell's."""

from __future__ import annotations

from dataclasses import replace

from napari_insitu_tem.io.tables.column_names import NAMES
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.model.column_mapping import ColumnChoice, ColumnMapping, Role

#: Working electrode against counter electrode; the surest first.
_OF_THE_CELL = ("ecell", "ewe ece")
_SURE: dict[Role, frozenset[str]] = {
    "potential_V": frozenset((*NAMES["potential_V"], *_OF_THE_CELL)),
    "current_A": frozenset(NAMES["current_A"]),
}
#: What a potential of the cell is measured against.
COUNTER_ELECTRODE = "counter electrode"


def with_signals(mapping: ColumnMapping, table: RawTable) -> ColumnMapping:
    """The suggested columns, with the potential of the cell where there is no other.

    What was only guessed by its unit is left out: an amplitude (`|Ewe|/V`, `|I|/A`),
    a potential of the counter electrode, an input, a set value.
    """
    columns = {
        role: choice
        for role, choice in mapping.columns.items()
        if role not in _SURE or _plain(table, choice) in _SURE[role]
    }
    for name in _OF_THE_CELL:
        index = table.named(name)
        if "potential_V" not in columns and index is not None:
            unit = table.labels[index].unit or "V"
            columns["potential_V"] = ColumnChoice(table.keys[index], unit)
    return replace(mapping, columns=columns)


def is_of_the_cell(mapping: ColumnMapping, table: RawTable) -> bool:
    """Whether the potential is that of the working against the counter electrode."""
    chosen = mapping.columns.get("potential_V")
    return chosen is not None and _plain(table, chosen) in _OF_THE_CELL


def _plain(table: RawTable, choice: ColumnChoice) -> str:
    index = table.find(choice.column)
    return "" if index is None else table.labels[index].plain
