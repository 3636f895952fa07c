"""Where the table is in a text: delimiter, decimal mark, header, units, first row."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from napari_insitu_tem.io.tables.column_names import candidates, read_label
from napari_insitu_tem.io.tables.number_columns import (
    grouped_mark,
    is_nothing,
    is_number,
)
from napari_insitu_tem.io.tables.split_words import (
    Join,
    have_units,
    is_wrapped,
    join_cells,
    names_of,
    split_dates,
    unwrapped,
)
from napari_insitu_tem.io.traces.start_times import read_date

DELIMITERS = ("\t", ";", ",", "|", " ")
_WORDS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "space"}
_CLOCK = re.compile(
    r"^-?(?:\d+(?:\s?d(?:ays?)?,?\s+|[.-]))?\d{1,5}:\d{1,2}(?::\d{1,2}(?:[.,]\d+)?)?$"
    r"|^-?\d{1,5}:\d{2}[.,]\d+$"  # minutes and seconds
)
#: Several numbers in one cell: a line of another delimiter, and most lines are.
_NUMBERS = re.compile(r"[^;]*;|[-+\d.eE\s]*,[-+\d.,eE\s]*$")
_MONTH_FIRST = re.compile(
    r"^(?:[A-Z][a-z]{2,8},?\s+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"[a-z]*\.?\s+\d",
    re.IGNORECASE,
)
_COMMA = re.compile(r"^[+-]?\d*,\d+(?:[eEdD][+-]?\d+)?$")
_POINT = re.compile(r"^[+-]?\d*\.\d+(?:[eEdD][+-]?\d+)?$")
_NO_NAME = re.compile(r":\s*$|^\s*column\s*\d+\s*$", re.IGNORECASE)
_COMMENTS = frozenset(("#", "%", "//", ";"))
_FORM_OF_CLOCK = re.compile(r"^[(\[]?\s*h+:m", re.IGNORECASE)
_ENOUGH_ROWS = 200
_SAMPLE_ROWS = 60
_REACH = 4
_FORGIVEN = 2


@dataclass(frozen=True)
class TableLayout:
    """A table found in a text.

    Attributes
    ----------
    delimiter
        One of `DELIMITERS`; a space stands for any run of white space.
    decimal
        `.` or `,`.
    header
        Cells of the header line; empty where there is none.
    units
        Cells of a line of units below the header; empty where there is none.
    header_line, first_row
        Line numbers from 0; `header_line` is -1 without a header.
    width
        Cells of the widest row seen, or of the header if that is wider.
    sample
        The first rows, cell by cell.
    quoted
        Cells may stand in double quotes.
    stacked
        The line above the header looks like another header.
    joined
        Cells of the rows that are one, though white space stands in them.
    wrapped
        Each row stands in quotation marks as a whole.
    loose
        White space separates, and the rows have not as many cells as the header names.
    """

    delimiter: str
    decimal: str
    header: tuple[str, ...]
    units: tuple[str, ...]
    header_line: int
    first_row: int
    width: int
    sample: tuple[tuple[str, ...], ...]
    quoted: bool = False
    stacked: bool = False
    joined: tuple[Join, ...] = ()
    wrapped: bool = False
    loose: bool = False

    @property
    def signature(self) -> str:
        """The same for every file with this header, delimiter and decimal mark."""
        header = [cell.strip() for cell in self.header]
        key = [header, [unit.strip() for unit in self.units], self.delimiter]
        if not any(header):
            key.append(str(self.width))
        text = json.dumps([*key, self.decimal], ensure_ascii=True)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def comma_means_both(self) -> bool:
        """Commas seem to separate the cells and the decimals as well.

        Then every row has about twice as many whole numbers as the header names.
        """
        named = sum(1 for cell in self.header if cell.strip())
        if self.delimiter != "," or self.quoted or named < 2 or not self.sample:
            return False
        cells = [c.strip() for row in self.sample for c in row if c.strip()]
        whole = all(re.fullmatch(r"[+-]?\d+(?:[eE][+-]?\d+)?", c) for c in cells)
        return whole and min(len(row) for row in self.sample) >= 1.6 * named

    def describe(self) -> str:
        """In words."""
        mark = "decimal comma" if self.decimal == "," else "decimal point"
        where = (
            "no header"
            if self.header_line < 0
            else f"header in line {self.header_line + 1}"
        )
        return f"{_WORDS[self.delimiter]} separated, {mark}, {where}"


def find_table(lines: Sequence[str]) -> TableLayout | None:
    """Find the longest run of rows of numbers, and the header that belongs to it.

    A header without a single row is found too, if its names and units leave no doubt.
    """
    if is_wrapped(lines):
        inside = find_table([unwrapped(line) for line in lines])
        return None if inside is None else replace(inside, wrapped=True)
    best: tuple[float, float, TableLayout] | None = None
    has_quotes = any('"' in line for line in lines)
    for delimiter in DELIMITERS:
        quoted = has_quotes and delimiter != " "
        split = _splitter(delimiter, quoted)
        score, rows = _longest_run(lines, split)
        if len(rows) < (3 if delimiter == " " else 2):
            continue
        quality = float(np.mean([_row_quality(split(lines[row])) for row in rows]))
        if best is None or _is_better(delimiter, score, quality, best):
            best = score, quality, _layout(lines, rows, delimiter, split, quoted)
        if len(rows) >= _ENOUGH_ROWS:  # the other delimiters need not look further
            lines = lines[: rows[-1] + 1]
    return best[2] if best else _header_alone(lines)


def _is_better(
    delimiter: str, score: float, quality: float, best: tuple[float, float, TableLayout]
) -> bool:
    """Whether a delimiter makes more of the text than the best so far.

    Spaces stand inside cells too ("3:40:24 PM"): they separate only where nothing else
    does as well.
    """
    return quality > best[1] + 0.1 if delimiter == " " else score > best[0]


def _splitter(delimiter: str, quoted: bool) -> Callable[[str], list[str]]:
    if delimiter == " ":
        return str.split
    if quoted:
        return lambda line: _split_quoted(line, delimiter)
    return lambda line: line.split(delimiter)


def _split_quoted(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
    except csv.Error:
        return line.split(delimiter)


def is_value(cell: str) -> bool:
    """Whether a cell holds a number, a clock time or a date."""
    text = cell.strip()
    if is_number(text) or text.lower() == "nan" or _CLOCK.match(text):
        return True
    if not 6 <= len(text) <= 40 or not (text[0].isdigit() or _MONTH_FIRST.match(text)):
        return False
    if _NUMBERS.match(text):
        return False
    return read_date(text) is not None


def is_header(cells: Sequence[str]) -> bool:
    """Whether the cells of a line are two names or more, and no value."""
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) >= 2 and not any(is_value(cell) for cell in filled)


def is_clock(cell: str) -> bool:
    """Whether a cell is `h:m:s`, with or without days in front."""
    return _CLOCK.match(cell.strip()) is not None


def _row_quality(cells: Sequence[str]) -> float:
    """Share of a line's cells that hold values; 0 for a line that is no row."""
    filled = [cell for cell in cells if cell.strip()]
    values = sum(1 for cell in filled if is_value(cell))
    if values < 2 or values < 0.6 * len(filled):
        return 0.0
    return values / len(filled)


def _longest_run(
    lines: Sequence[str], split: Callable[[str], list[str]]
) -> tuple[float, list[int]]:
    """Score of the best run of rows, blank lines in between allowed, and its lines."""
    best_score, best_rows = 0.0, []
    rows: list[int] = []
    score, missed = 0.0, 0
    for index, line in enumerate(lines):
        if not line.strip():
            continue
        cells = split(line)
        quality = _row_quality(cells)
        if quality > 0.0:
            rows.append(index)
            score, missed = score + quality**2 * min(len(cells), 100), 0
        elif len(rows) >= 5 and missed < _FORGIVEN and not is_header(cells):
            missed += 1  # a remark between the rows
        else:
            rows, score, missed = [], 0.0, 0
        if score > best_score:
            best_score, best_rows = score, list(rows)
        if len(rows) >= _ENOUGH_ROWS:
            break
    return best_score, best_rows


def _layout(
    lines: Sequence[str],
    rows: Sequence[int],
    delimiter: str,
    split: Callable[[str], list[str]],
    quoted: bool,
) -> TableLayout:
    cells = [split(lines[index]) for index in rows]
    joined, cells = _joined(lines, rows[0], cells) if delimiter == " " else ((), cells)
    width = _usual_width(cells)
    if delimiter == " ":
        split = partial(names_of, width=width)
    sample = tuple(tuple(c.strip() for c in row) for row in cells[:_SAMPLE_ROWS])
    above = _text_above(lines, rows[0], split, width)
    units: list[str] = []
    if len(above) > 1 and is_unit_line(above[0][1]):
        units = above.pop(0)[1]
    if _has_remarks(above):
        units, above = above[1][1], above[2:]
    header_line, header = above[0] if above else (-1, [])
    if not units and len(above) > 1 and is_unit_line(above[1][1]):
        units = [] if is_unit_line(header) else above.pop(1)[1]  # units over names
    if len(header) == width + 1 and header[0].strip() in _COMMENTS:
        header = header[1:]
    stacked = len(above) > 1 and above[1][0] == header_line - 1 and _names(above[1][1])
    if delimiter == " " and _has_time(header):
        stacked = False  # a sentence, not names
    return TableLayout(
        delimiter=delimiter,
        decimal="." if delimiter == "," and not quoted else decimal_mark(cells),
        header=tuple(cell.strip() for cell in header),
        units=tuple(cell.strip() for cell in units),
        header_line=header_line,
        first_row=rows[0],
        width=max(len(header), *(len(row) for row in cells)),
        sample=sample,
        quoted=quoted and any('"' in lines[index] for index in rows),
        stacked=stacked,
        joined=joined,
        loose=delimiter == " " and _is_loose(header, cells, width),
    )


def _is_loose(header: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether it is not certain which name belongs to which cell of the rows.

    A last cell without a name is no doubt where all names have units, unless the first
    cells may be the numbers of the rows.
    """
    if not header or len(header) == width:
        return False
    numbered = all(row[0].strip().isdigit() for row in rows)
    return numbered or len(header) != width - 1 or not have_units(header)


def _usual_width(cells: Iterable[Sequence[str]]) -> int:
    return Counter(len(row) for row in cells).most_common(1)[0][0]


def _joined(
    lines: Sequence[str], first: int, cells: list[list[str]]
) -> tuple[tuple[Join, ...], list[list[str]]]:
    """The rows, with dates and their times as one cell where the header says so."""
    joins = split_dates(cells)
    if not joins:
        return (), cells
    together = [join_cells(row, joins) for row in cells]
    for way, joined in ((cells, ()), (together, joins)):
        width = _usual_width(way)
        above = _text_above(lines, first, partial(names_of, width=width), width)
        if any(len(names) == width for _, names in above):
            return joined, way
    return (), cells


def _text_above(
    lines: Sequence[str], first: int, split: Callable[[str], list[str]], width: int
) -> list[tuple[int, list[str]]]:
    """The header and up to two lines above it, nearest first.

    A line of metadata ("Sensitivity (A/V) = 1e-6", "Measured on,2025-03-29") is no
    header: it has not as many cells as the rows, or a value among them.
    """
    found: list[tuple[int, list[str]]] = []
    for index in range(first - 1, max(first - 1 - _REACH, -1), -1):
        cells = split(lines[index])
        if not any(cell.strip() for cell in cells):
            continue
        filled = [cell for cell in cells if cell.strip()]
        if len(filled) < 2 or len(cells) < min(width, 3) - 1:
            break
        if any(is_value(cell) for cell in filled):
            break
        found.append((index, cells))
    return found


def _has_remarks(above: Sequence[tuple[int, list[str]]]) -> bool:
    """Whether a line of remarks stands below the units, and the names above them."""
    if len(above) < 3 or not is_unit_line(above[1][1]):
        return False
    return _has_time(above[2][1]) and not _has_time(above[0][1])


def _has_time(header: Iterable[str]) -> bool:
    """Whether a name of a header is that of a time."""
    return bool(candidates([read_label(cell) for cell in header], "time_s"))


def is_unit_line(cells: Iterable[str]) -> bool:
    """Whether most cells of a line are units, or say how a time is written."""
    filled = [cell for cell in cells if cell.strip()]
    good = sum(
        1
        for c in filled
        if read_label("x", c).unit
        or is_nothing(c.strip("()[]"))
        or _FORM_OF_CLOCK.match(c)
    )
    return bool(filled) and good >= 0.7 * len(filled)


def _names(cells: Sequence[str]) -> bool:
    """Whether cells are names, and neither numbered columns nor words with a colon."""
    if any(_NO_NAME.search(cell) for cell in cells):
        return False
    return sum(1 for c in cells if c.strip() and not is_number(c)) >= 3


def decimal_mark(rows: Iterable[Sequence[str]]) -> str:
    """`,` or `.`: from the cells alone, never from the language of the computer."""
    cells = [cell.strip() for row in rows for cell in row]
    if grouped := Counter(mark for cell in cells if (mark := grouped_mark(cell))):
        return grouped.most_common(1)[0][0]
    commas = sum(1 for cell in cells if _COMMA.match(cell))
    points = sum(1 for cell in cells if _POINT.match(cell))
    return "," if commas > points else "."


def _header_alone(lines: Sequence[str]) -> TableLayout | None:
    """A header as the last line, with a time and a signal and their units."""
    filled = [(i, line) for i, line in enumerate(lines) if line.strip()]
    if not filled:
        return None
    index, line = filled[-1]
    for delimiter in DELIMITERS[:-1]:
        cells = [cell.strip() for cell in line.split(delimiter)]
        labels = [read_label(cell) for cell in cells]
        time = [i for i in candidates(labels, "time_s") if labels[i].unit]
        signals = candidates(labels, "potential_V") + candidates(labels, "current_A")
        if time and any(labels[i].unit for i in signals):
            header = tuple(cells)
            return TableLayout(
                delimiter, ".", header, (), index, index + 1, len(cells), ()
            )
    return None
