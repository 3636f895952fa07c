"""Which of EC-Lab's potentials a record has: of the electrode, or of the whole cell."""

from __future__ import annotations

from dataclasses import replace

from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.model.column_mapping import ColumnChoice, ColumnMapping

#: Working electrode against counter electrode; the surest first.
_OF_THE_CELL = ("ecell", "ewe ece")
#: What a potential of the cell is measured against.
COUNTER_ELECTRODE = "counter electrode"


def with_potential(mapping: ColumnMapping, table: RawTable) -> ColumnMapping:
    """The suggested columns, with the potential of the cell where there is no other.

    An amplitude (`|Ewe|/V`) is no potential, nor is that of the counter electrode.
    """
    columns = dict(mapping.columns)
    chosen = columns.get("potential_V")
    if chosen is not None and _plain(table, chosen).startswith("abs "):
        del columns["potential_V"]
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
