"""Which column of a text table is what: the user's answer, and what it is asked on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

#: What a column can be, in the words and units of a trace.
Role = Literal["time_s", "potential_V", "current_A", "charge_C", "cycle", "step"]
ROLES: tuple[Role, ...] = get_args(Role)

#: Day, month and year in the order in which a date writes them.
DateOrder = Literal["", "dmy", "mdy", "ymd"]


@dataclass(frozen=True)
class ColumnChoice:
    """A column of the file and the unit its numbers have.

    Attributes
    ----------
    column
        Its name as `TablePreview.columns` gives it.
    unit
        Symbol; for a time also `h:m:s` or `date`; empty for a cycle or a step.
    """

    column: str
    unit: str = ""


@dataclass(frozen=True)
class ColumnMapping:
    """Which column of a table is what.

    Attributes
    ----------
    columns
        Role to column. A time is needed; the rest may be left out.
    date_order
        How dates are written; empty where the file itself decides.
    flip_current
        The file has cathodic current positive: change the sign on reading.
    """

    columns: Mapping[Role, ColumnChoice] = field(default_factory=dict)
    date_order: DateOrder = ""
    flip_current: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "columns": {
                role: [choice.column, choice.unit]
                for role, choice in self.columns.items()
            },
            "date_order": self.date_order,
            "flip_current": self.flip_current,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> ColumnMapping:
        """From what `as_dict` wrote.

        Raises
        ------
        ValueError
            It is not of that form.
        """
        try:
            columns = {
                _role(role): ColumnChoice(str(column), str(unit))
                for role, (column, unit) in values["columns"].items()
            }
            order = values.get("date_order", "")
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise ValueError("not a column mapping") from error
        if order not in get_args(DateOrder):
            raise ValueError(f"unknown order of a date: {order!r}")
        return cls(columns, order, bool(values.get("flip_current", False)))


@dataclass(frozen=True)
class TablePreview:
    """A text table as it was understood, for a user to confirm or correct.

    Attributes
    ----------
    path
        The file.
    columns
        Names, each once; the header's own words where it has any.
    units
        The unit found for each column, empty where none was.
    rows
        The first rows, as text.
    suggested
        The best guess.
    doubts
        Why it is only a guess, a sentence each.
    signature
        The same for every file of this layout; answers are remembered under it.
    layout
        In words: "comma separated, decimal point, utf-8, header in line 7".
    """

    path: Path
    columns: tuple[str, ...]
    units: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    suggested: ColumnMapping
    doubts: tuple[str, ...]
    signature: str
    layout: str = ""


def _role(text: str) -> Role:
    for role in ROLES:
        if role == text:
            return role
    raise ValueError(f"unknown role of a column: {text!r}")
