"""Units of headers that name none, where the set of names is one maker's alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from napari_insitu_tem.io.tables.column_names import Label

#: Names that a header must have all, and the units that the maker writes them in.
_MAKERS: tuple[tuple[frozenset[str], dict[str, str]], ...] = (
    (
        frozenset(("t", "vf", "im", "pt")),  # the columns of a Gamry curve
        {"t": "s", "vf": "V", "im": "A", "vu": "V", "sig": "V", "ach": "V"},
    ),
    (
        # an Arbin record without the units behind the names
        frozenset(("data point", "test time", "step index", "cycle index", "current")),
        {"test time": "s", "step time": "s", "voltage": "V", "current": "A"},
    ),
)


def with_maker_units(labels: Sequence[Label]) -> tuple[Label, ...]:
    """The labels, with the units that their maker always uses where they name none."""
    names = {label.plain for label in labels}
    for needed, units in _MAKERS:
        if names >= needed:
            return tuple(
                label if label.unit else replace(label, unit=units.get(label.plain, ""))
                for label in labels
            )
    return tuple(labels)
