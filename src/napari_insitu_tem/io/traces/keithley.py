"""Keithley source meters: a buffer of readings as text, each with its unit."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.column_names import plain
from napari_insitu_tem.io.tables.cut_rows import whole_lines
from napari_insitu_tem.io.tables.number_columns import read_lines, to_numbers
from napari_insitu_tem.io.tables.time_columns import read_stamps
from napari_insitu_tem.io.text import decode, lines_of, looks_like_text
from napari_insitu_tem.io.traces.start_times import order_from, settle
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

_DELIMITERS = (",", "\t", ";")
_READING = "reading"
_UNITS = ("unit", "units")
#: What was set, beside the reading; it has a unit of its own behind it.
_SOURCES = ("value", "source value", "source", "source level")
_RELATIVE = ("relative time", "rel time", "timestamp", "time stamp")
_FRACTIONS = ("fractional seconds", "fractional sec", "fraction")
_LOOKED_AT = 60


@dataclass(frozen=True)
class _Buffer:
    """The table of a buffer.

    Attributes
    ----------
    names
        Plain names of the columns.
    data
        (N, columns) as read.
    above
        The lines over the header.
    notes
        Sentences about what was left out.
    """

    names: tuple[str, ...]
    data: pd.DataFrame
    above: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def find(self, *names: str) -> int | None:
        """The first column of one of these names."""
        return next((self.names.index(n) for n in names if n in self.names), None)

    def numbers(self, index: int) -> FloatArray:
        """(N,) a column as float."""
        return to_numbers(self.data.iloc[:, index])[0]

    def text(self, index: int) -> pd.Series[str]:
        """(N,) a column as text."""
        column = self.data.iloc[:, index]
        return column.astype("str").str.strip().where(column.notna(), "")

    def unit_of(self, index: int) -> int | None:
        """The nearest column of units behind a column of numbers."""
        behind = range(index + 1, len(self.names))
        return next((i for i in behind if self.names[i] in _UNITS), None)


def _sniff(looked: Probe) -> float:
    if (
        looked.is_dir
        or b"eading" not in looked.head
        or not looks_like_text(looked.head)
    ):
        return 0.0
    text, _ = decode(looked.head)
    return 0.9 if _header(lines_of(text)) is not None else 0.0


def _header(lines: list[str]) -> tuple[int, str, list[str]] | None:
    """Line, delimiter and plain names of the header of a buffer."""
    for line, text in enumerate(lines[:_LOOKED_AT]):
        for delimiter in _DELIMITERS:
            names = [
                plain(cell)
                for cell in next(csv.reader([text], delimiter=delimiter), [])
            ]
            known = set(names)
            timed = known & {*_RELATIVE, *_FRACTIONS} or known >= {"date", "time"}
            if _READING in known and known & set(_UNITS) and timed:
                return line, delimiter, names
    return None


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a buffer: each reading is a potential or a current by the unit beside it.

    The value that was set is the other of the two, and a sentence says so.

    Parameters
    ----------
    mapping
        Not used: the buffer says what each column is.

    Raises
    ------
    ReadError
        No readings in V or A, or no times.
    """
    progress(0, 1, "Reading the buffer")
    buffer = _buffer(path)
    time_s, stamp, notes = _times(buffer, path)
    columns: dict[str, Any] = {"time_s": time_s}
    notes = [*buffer.notes, *notes, *_add_signals(buffer, columns, path)]
    return Trace.from_columns(
        columns,
        name=path.stem,
        stamp=stamp,
        path=path,
        warnings=notes,
        format="Keithley buffer",
        reader="keithley",
        metadata={"header": [line[:300] for line in buffer.above]},
    )


def _buffer(path: Path) -> _Buffer:
    text, _ = decode(path.read_bytes())
    lines = lines_of(text)
    found = _header(lines)
    if found is None:
        raise ReadError(f"{path.name} is no buffer of readings.", path=path)
    line, delimiter, names = found
    notes: list[str] = []
    body = whole_lines(lines[line + 1 :], delimiter, path.name, notes)
    data = read_lines(body, name=path.name, delimiter=delimiter, quoted='"' in text)
    names += [""] * (data.shape[1] - len(names))
    above = tuple(lines[:line])
    return _Buffer(tuple(names[: data.shape[1]]), data, above, tuple(notes))


def _times(
    buffer: _Buffer, path: Path
) -> tuple[FloatArray, StartStamp | None, list[str]]:
    """Seconds since the first reading, its stamp where there is one, and doubts."""
    stamps, stamp, notes = _dates(buffer)
    relative = buffer.find(*_RELATIVE)
    if relative is not None:
        seconds = buffer.numbers(relative)
        if np.isfinite(seconds).any():
            return seconds, None if seconds[0] else stamp, notes
    if stamps is None:
        raise ReadError(
            f"{path.name} has readings of a Keithley without their times.",
            hint="Save the buffer with the relative time or the date and time.",
            path=path,
        )
    return stamps, stamp, notes


def _dates(buffer: _Buffer) -> tuple[FloatArray | None, StartStamp | None, list[str]]:
    """Date, time of day and fraction of a second, where the buffer has them."""
    day, clock = buffer.find("date"), buffer.find("time")
    if day is None or clock is None:
        return None, None, []
    text = buffer.text(day) + " " + buffer.text(clock)
    stamps = read_stamps(text, order_from(buffer.above))
    if stamps.first is None:
        return None, None, []
    first, doubt = settle(stamps.first)
    seconds, start = stamps.seconds, first.when
    fraction = buffer.find(*_FRACTIONS)
    if fraction is None:
        return seconds, first.stamp("columns date and time"), [doubt] if doubt else []
    part = buffer.numbers(fraction)
    offset = float(part[0]) if part.size and np.isfinite(part[0]) else 0.0
    whole = StartStamp(start + _seconds(offset), 1e-6, "columns date and time")
    return seconds + part - offset, whole, [doubt] if doubt else []


def _seconds(value: float) -> Any:
    return pd.Timedelta(seconds=value).to_pytimedelta()


def _add_signals(buffer: _Buffer, columns: dict[str, Any], path: Path) -> list[str]:
    """Potential and current: what was read, and where it was not, what was set."""
    reading = buffer.find(_READING)
    assert reading is not None
    measured = _by_unit(buffer, reading)
    columns.update(measured)
    notes = []
    source = buffer.find(*_SOURCES)
    for role, values in ({} if source is None else _by_unit(buffer, source)).items():
        if role not in columns:
            columns[role] = values
            word = "potential" if role == "potential_V" else "current"
            notes.append(f"The {word} is the one that was set, not measured.")
    if not measured:
        raise ReadError(
            f"{path.name}: its readings are neither in V nor in A.",
            hint="Export the readings of the potential or of the current.",
            path=path,
        )
    return notes


def _by_unit(buffer: _Buffer, index: int) -> dict[str, FloatArray]:
    """The readings in volts and those in amperes, NaN in the rows of the other."""
    unit = buffer.unit_of(index)
    if unit is None:
        return {}
    values, units = buffer.numbers(index), buffer.text(unit).str.lower()
    found = {}
    for role, pattern in (
        ("potential_V", r"v(?:olt|dc|ac|$|\s)"),
        ("current_A", r"a(?:mp|dc|ac|$|\s)"),
    ):
        mine = units.str.match(pattern).to_numpy(bool) & np.isfinite(values)
        if mine.any():
            found[role] = np.where(mine, values, np.nan)
    return found


FORMAT = Format(
    name="Keithley buffer",
    kind="trace",
    maker="Keithley / Tektronix (2400 series, DMM6500 and others)",
    extensions=(".csv",),
    library="",
    reads="readings in V or A by the unit beside them, what was set, relative times or "
    "dates with fractions of a second",
    missing="readings of resistance and power; buffers without times",
    sniff=_sniff,
    read=read,
)
