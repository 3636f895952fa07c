"""A quantity that was set, where a table has it and not the measured one."""

from __future__ import annotations

from napari_insitu_tem.io.tables.column_names import DIMENSIONS
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.model.column_mapping import ColumnChoice, ColumnMapping, Role

_QUANTITIES: dict[Role, frozenset[str]] = {
    "potential_V": frozenset(("potential", "voltage")),
    "current_A": frozenset(("current",)),
}
_SET = frozenset(("applied", "set"))
_NOT = frozenset(("limit", "range", "max", "min", "upper", "lower", "density"))


def with_set_quantities(
    table: RawTable, mapping: ColumnMapping
) -> tuple[ColumnMapping, str]:
    """Take an applied potential beside a current, or an applied current beside it.

    Only where there is one such column with a unit, and the other quantity is measured:
    "Current applied (A)" of a chronopotentiogram.

    Returns
    -------
    mapping
        With the set quantity, if one was taken.
    note
        A sentence that says so, else empty.
    """
    for role, words in _QUANTITIES.items():
        others = [other for other in _QUANTITIES if other != role]
        if role in mapping.columns or others[0] not in mapping.columns:
            continue
        found = [i for i in range(len(table.labels)) if _is_set(table, i, role, words)]
        if len(found) == 1:
            key, unit = table.keys[found[0]], table.labels[found[0]].unit
            columns = {**mapping.columns, role: ColumnChoice(key, unit)}
            what = "potential" if role == "potential_V" else "current"
            return (
                ColumnMapping(
                    columns,
                    date_order=mapping.date_order,
                    flip_current=mapping.flip_current,
                ),
                f"The {what} is the one that was applied ({key!r}), not measured.",
            )
    return mapping, ""


def _is_set(table: RawTable, index: int, role: Role, words: frozenset[str]) -> bool:
    label = table.labels[index]
    spoken = set(label.plain.split())
    return (
        label.dimension == DIMENSIONS[role]
        and table.kind(index) == "number"
        and bool(spoken & words)
        and bool(spoken & _SET)
        and not spoken & _NOT
    )
