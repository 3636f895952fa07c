"""Segments of a LabVIEW measurement file: what each header says, and its rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from napari_insitu_tem.io.tables.column_names import UNITS, known_unit
from napari_insitu_tem.io.tables.cut_rows import CUT_ROW, whole_lines
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.timebase import NS_PER_S

Tags = dict[str, list[str]]

#: The first words of every file.
FIRST = "LabVIEW Measurement"
#: The Delta_X that LabVIEW writes where the program gives none.
UNTIMED = 1.0
_END = "***End_of_Header***"
_SPECIAL = re.compile(
    r"^\*\*\*Start_Special\*\*\*.*?(?:^\*\*\*End_Special\*\*\*[^\r\n]*|\Z)", re.M | re.S
)
_SEPARATOR = re.compile(r"^(?:Writer_Version|Separator|Reader_Version)(\W)", re.M)
#: A line that is no row: it begins with a word.
_WORD = re.compile(r"^\s*\"?(?![+-]?(?:nan|inf)\b)[^\W\d_]|^\*", re.IGNORECASE)
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d*))?\s*([AaPp][Mm])?$")
_LOOKED_AT = 50


@dataclass
class Segment:
    """What one header says, and the rows under it, still as text.

    Attributes
    ----------
    path
        The file.
    top, tags
        The cells of each line of the file's own header, and of the segment's.
    names
        The cells of the line above the rows.
    separator, decimal
        Between cells; between whole and broken part of a number.
    rows
        Lines.
    x, channels, comment
        Columns of X values, of values, and of comments (None where there is none).
    """

    path: Path
    top: Tags
    tags: Tags
    names: list[str]
    separator: str
    rows: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        plain = [name.strip().lower() for name in self.names]
        self.x = [i for i, name in enumerate(plain) if name == "x_value"]
        note = [len(plain) - 1] if plain[-1:] == ["comment"] else []
        self.comment = note[0] if note else None
        taken = {*self.x, *note}
        self.channels = [i for i, n in enumerate(plain) if n and i not in taken]
        self.decimal = self._decimal()

    @property
    def layout(self) -> tuple[object, ...]:
        """The same for segments whose rows are one table."""
        units = tuple(self.unit(i) for i in self.channels)
        return (tuple(self.names), units, self.separator, self.decimal)

    def of(self, tag: str, column: int) -> str:
        """What the header says of a column; one cell for all columns is taken too."""
        cells = self.tags.get(tag, [])
        at = column if self.x else column + 1
        if 0 < at < len(cells) and cells[at]:
            return cells[at]
        filled = [cell for cell in cells[1:] if cell]
        return filled[0] if len(filled) == 1 else ""

    def number(self, tag: str, column: int, default: float) -> float:
        """A number of the header, the default where there is none."""
        try:
            value = float(self.of(tag, column).replace(",", "."))
        except ValueError:
            return default
        return value if abs(value) < 1e12 else default

    def samples(self, column: int) -> int:
        """The samples that the header promises, -1 where it says nothing."""
        return int(self.number("Samples", column, -1))

    def unit(self, column: int) -> str:
        """The unit of a channel; LabVIEW's `Deg C` is °C."""
        unit = self.of("Y_Unit_Label", column)
        return "°C" if unit.lower() in ("deg c", "celsius") else unit

    def moment(self, column: int) -> tuple[int, str] | None:
        """Date and time of a channel, else of the file, and where they stand."""
        at = moment_of(self.of("Date", column), self.of("Time", column))
        if at is not None:
            return at, "segment header"
        day, clock = (self.top.get(tag, ["", ""])[1:2] for tag in ("Date", "Time"))
        at = moment_of("".join(day), "".join(clock))
        return None if at is None else (at, "file header")

    def _decimal(self) -> str:
        """The decimal mark of the rows; what the header names is not always true."""
        if self.separator == ",":
            return "."
        rows = [*self.rows[:_LOOKED_AT], *self.rows[-_LOOKED_AT:]]
        width = 1 + max(self.channels, default=0)
        text = "\t".join(c for r in rows for c in r.split(self.separator)[:width])
        point, comma = re.search(r"\d\.\d", text), re.search(r"\d,\d", text)
        if bool(point) != bool(comma):
            return "." if point else ","
        named = self.top.get("Decimal_Separator", ["", ""])[1:2]
        return "," if named == [","] else "."


def read_segments(path: Path, notes: list[str]) -> list[Segment]:
    """The segments of a file with their rows, empty ones left out.

    Raises
    ------
    ReadError
        It has no channels, rows of another width, or a separator that is not known.
    """
    text, _ = decode(path.read_bytes())
    text = _SPECIAL.sub("", text)
    found = _SEPARATOR.search(text)
    separator = found[1] if found else "\t"
    if separator not in "\t,;":
        raise ReadError(
            f"{path.name} is a LabVIEW measurement file whose separators were changed.",
            hint="Open it as LabVIEW wrote it, with tabs or commas.",
            path=path,
        )
    lines = whole_lines(lines_of(text), separator, path.name, notes)
    ends = [i for i, line in enumerate(lines) if line.startswith(_END)]
    top: Tags = {}
    segments: list[Segment] = []
    body = 0
    for number, end in enumerate(ends):
        tags = _tags(lines[_begin_of_header(lines, body, end) : end], separator)
        body = next((i for i in range(end + 1, len(lines)) if _filled(lines[i])), end)
        body += 1
        last = number + 1 == len(ends)
        if FIRST in tags:
            top = tags
            if not last or segments or not _is_table(lines[body - 1 :]):
                continue  # the header of the segment follows, unless this is all
        begin = len(lines) if last else _begin_of_header(lines, body, ends[number + 1])
        names = lines[body - 1].split(separator) if body - 1 > end else []
        segments.append(Segment(path, top, tags, names, separator, lines[body:begin]))
    segments = [_checked(segment, notes) for segment in segments if segment.channels]
    if not segments:
        raise ReadError(
            f"{path.name} is a LabVIEW measurement file without channels.",
            hint="The recording or the copy did not finish; fetch it again.",
            path=path,
        )
    return [one for one in segments if one.rows] or segments[:1]


def _begin_of_header(lines: Sequence[str], body: int, end: int) -> int:
    """The line after the last row above the end of a header."""
    begin = end
    while begin > body:
        line = lines[begin - 1]
        if _filled(line) and not _WORD.match(line):
            break
        begin -= 1
    return begin


def _is_table(lines: Sequence[str]) -> bool:
    """Whether a line of names comes first and a row next."""
    filled = [line for line in lines[:9] if _filled(line)]
    words = [_WORD.match(line) is not None for line in filled[:2]]
    return words == [True, False]


def _tags(lines: Sequence[str], separator: str) -> Tags:
    """The cells of each line of a header by the first of them."""
    rows = ([cell.strip() for cell in line.split(separator)] for line in lines)
    return {row[0]: row for row in rows if row[0]}


def _filled(line: str) -> bool:
    return bool(line.strip(" \t,;\ufffd"))


def _checked(segment: Segment, notes: list[str]) -> Segment:
    """The segment with those rows that have a cell for each channel."""
    path, width = segment.path, len(segment.names)
    rows = segment.rows
    foot = next((i for i, row in enumerate(rows) if _WORD.match(row)), len(rows))
    if any(map(_filled, rows[foot:])):
        notes.append(CUT_ROW.format(name=path.name))
    rows = [row for row in rows[:foot] if _filled(row)]
    if segment.separator == ",":  # a comment may hold the separator
        rows = [",".join(row.split(",")[:width]) for row in rows]
    need = 1 + segment.channels[-1]
    good = [
        row for row in rows
        if need <= row.rstrip(segment.separator).count(segment.separator) + 1 <= width
        or need <= row.count(segment.separator) + 1 <= width
    ]  # fmt: skip
    bad = len(rows) - len(good)
    if bad > max(3, 0.005 * len(rows)):
        raise ReadError(
            f"{path.name}: {bad} rows have another number of cells than the header "
            "above them; other channels were written under it.",
            hint="Write each set of channels to a file of its own.",
            path=path,
        )
    if bad:
        notes.append(f"{bad} rows with another number of cells were left out.")
    segment.rows = good
    return segment


def refuse_other_axes(segments: Sequence[Segment]) -> None:
    """Spectra and the like stand in the same files.

    Raises
    ------
    ReadError
        The X axis of a segment is not time.
    """
    for one in segments:
        axis, unit = one.of("X_Dimension", one.channels[0]), unit_of_x(one)
        other = axis if axis.lower() not in ("", "time") else ""
        if UNITS[unit][0] != "time":
            other = other or f"in {unit}"
        if other:
            raise ReadError(
                f"{one.path.name} is no record against time: its X axis is {other}.",
                hint="Open the record of the potentiostat or of the holder.",
                path=one.path,
            )


def unit_of_x(segment: Segment) -> str:
    """The unit of the X values, seconds where none is named."""
    return known_unit(segment.of("X_Unit_Label", segment.channels[0])) or "s"


_read_day = lru_cache(maxsize=64)(read_date)


@lru_cache(maxsize=64)  # the channels of a segment share it
def moment_of(day: str, clock: str) -> int | None:
    """Nanoseconds since 1970 of a wall clock; None for LabVIEW's zero in 1904."""
    reading, match = _read_day(day), _CLOCK.match(clock.strip())
    if reading is None or reading.is_ambiguous or match is None:
        return None
    hour, minute, second = (int(match[i]) for i in (1, 2, 3))
    if half := match[5]:
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    fraction = int(((match[4] or "") + "0" * 10)[:10])
    days = (reading.when.replace(tzinfo=None) - datetime(1970, 1, 1)).days
    whole = ((days * 24 + hour) * 60 + minute) * 60 + second
    return whole * NS_PER_S + (fraction + 5) // 10
