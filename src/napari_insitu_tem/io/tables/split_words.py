"""Lines that white space parts too finely: names of several words, dates with a time.

Where white space separates the cells, "Time (s)" and "14.03.2024 09:30:00" are two
cells each. Taken as such, every column behind would get the name of another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from napari_insitu_tem.io.tables.column_names import read_label
from napari_insitu_tem.io.traces.start_times import read_date

#: First cell and number of cells that are one.
Join = tuple[int, int]

_COMMENT = re.compile(r"^\s*(?:#+|%+|//|;)\s*(?=\S)")
_WIDE_SPACE = re.compile(r"\s{2,}|\t+")
_UNIT = r"(?:\([^()]*\)|\[[^\[\]]*\]|/\s*\S+)"
_WORD_AND_UNIT = re.compile(rf"[^\s\[(]+(?:\s+{_UNIT}|{_UNIT})?")
_WORDS_AND_UNIT = re.compile(r"\S[^()\[\]]*(?:\([^()]*\)|\[[^\[\]]*\])")
_DAY = re.compile(r"^\d{1,4}([-/.])\d{1,2}\1\d{1,4}$")
_DAYS = re.compile(r"^\d+d$")
_CLOCK = re.compile(r"^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?$")
_HALF = re.compile(r"^[AP]\.?M\.?$", re.IGNORECASE)
_MOST = 0.9


def names_of(line: str, width: int) -> list[str]:
    """The names of a header over rows of `width` cells, as far as they can be told.

    Parted at any white space, at two or more spaces, or behind units in brackets:
    whatever gives as many names as there are cells; or one name less, if each has its
    unit (Ivium writes a last column without a name).
    """
    text = _COMMENT.sub("", line).strip()
    words = text.split()
    ways = (
        words,
        [name.strip() for name in _WIDE_SPACE.split(text)],
        _WORD_AND_UNIT.findall(text),
        _WORDS_AND_UNIT.findall(text),
    )
    fitting = [way for way in ways if len(way) == width]
    shorter = [way for way in ways if len(way) == width - 1 and have_units(way)]
    return next(iter([*fitting, *shorter]), words)


def have_units(names: Sequence[str]) -> bool:
    """Whether every name says its unit, so that none is a piece of another."""
    labels = [read_label(name) for name in names]
    return bool(labels) and all(label.name and label.unit for label in labels)


def split_dates(rows: Sequence[Sequence[str]]) -> tuple[Join, ...]:
    """Where a date and its time of day, or days and hours, stand in cells of their own.

    A day goes with the time of day behind it, and that with AM or PM.
    """
    found: list[Join] = []
    width = min((len(row) for row in rows), default=0)
    column = 0
    while column < width - 1:
        if _are(rows, column, _is_day) and _are(rows, column + 1, _CLOCK.match):
            half = column + 2 < width and _are(rows, column + 2, _HALF.match)
            found.append((column, 3 if half else 2))
            column += found[-1][1]
        else:
            column += 1
    return tuple(found)


def _is_day(cell: str) -> bool:
    if _DAYS.match(cell):
        return True
    return _DAY.match(cell) is not None and read_date(cell) is not None


def _are(rows: Sequence[Sequence[str]], column: int, test: object) -> bool:
    """Whether most cells of a column pass a test."""
    assert callable(test)
    passed = sum(1 for row in rows if test(row[column].strip()))
    return passed >= _MOST * len(rows)


def join_cells(row: Sequence[str], joins: Sequence[Join]) -> list[str]:
    """A row in which the cells that belong together are one."""
    cells = list(row)
    for first, count in reversed(joins):
        cells[first : first + count] = [" ".join(cells[first : first + count])]
    return cells


def join_columns(data: pd.DataFrame, joins: Sequence[Join]) -> pd.DataFrame:
    """A table in which the columns that belong together are one; columns 0, 1, ..."""
    if not joins:
        return data
    columns = [data.iloc[:, i] for i in range(data.shape[1])]
    for first, count in reversed(joins):
        whole = columns[first].astype("str")
        for part in columns[first + 1 : first + count]:
            whole = whole + " " + part.astype("str")
        columns[first : first + count] = [whole.where(columns[first].notna())]
    return pd.concat(columns, axis=1, ignore_index=True)


def is_wrapped(lines: Sequence[str]) -> bool:
    """Whether each row stands in quotation marks as a whole, like a single cell."""
    filled = [line for line in lines if line.strip()][-10:]
    return len(filled) >= 3 and all(unwrapped(line) != line for line in filled[1:])


def unwrapped(line: str) -> str:
    """A line without the quotation marks that stand around the whole of it."""
    text = line.strip()
    inside = text[1:-1]
    whole = len(text) > 2 and text[0] == '"' == text[-1]
    if not whole or '"' in inside.replace('""', "") or not re.search(r"[,;\t]", inside):
        return line
    return inside.replace('""', '"')
