"""LabVIEW measurement files (.lvm): text that *Write To Measurement File* makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import groupby
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.column_names import (
    UNITS,
    factor,
    known_unit,
    read_label,
)
from napari_insitu_tem.io.tables.cut_rows import CUT_ROW, whole_lines
from napari_insitu_tem.io.tables.library_table import trace_of_table
from napari_insitu_tem.io.tables.number_columns import read_lines, to_numbers
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggested_time import has_named_time
from napari_insitu_tem.io.tables.suggestion import suggest
from napari_insitu_tem.io.tables.time_columns import epoch_of
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import NS_PER_S, StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]
Tags = dict[str, list[str]]

_FIRST = "LabVIEW Measurement"
_END = "***End_of_Header***"
_SPECIAL = re.compile(
    r"^\*\*\*Start_Special\*\*\*.*?(?:^\*\*\*End_Special\*\*\*[^\r\n]*|\Z)", re.M | re.S
)
_SEPARATOR = re.compile(r"^(?:Writer_Version|Separator|Reader_Version)(\W)", re.M)
#: A line that is no row: it begins with a word.
_WORD = re.compile(r"^\s*\"?(?![+-]?(?:nan|inf)\b)[^\W\d_]|^\*", re.IGNORECASE)
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})(?:[.,](\d*))?\s*([AaPp][Mm])?$")
_ESCAPE = re.compile(r"\\(\\|[0-9A-F]{2})")
#: The column of times: of all names for a time the first to be taken.
_TIME = "Test Time"
_UNTIMED = 1.0  # the Delta_X that LabVIEW writes where the program gives none
_LOOKED_AT = 50
_TEXT = 300
_HINT = (
    "Let LabVIEW write one X column and a header for each segment, or a channel with "
    "the time."
)


@dataclass
class _Segment:
    """What one header says, and the rows under it, still as text."""

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
        at = _moment(self.of("Date", column), self.of("Time", column))
        if at is not None:
            return at, "segment header"
        day, clock = (self.top.get(tag, ["", ""])[1:2] for tag in ("Date", "Time"))
        at = _moment("".join(day), "".join(clock))
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


def _sniff(looked: Probe) -> float:
    text, _ = decode(looked.head[:4096])
    return 1.0 if text.lstrip().startswith(_FIRST) else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read all segments as one record; time zero is the start of the first.

    The time of a row is the start of its segment and the X value of its first channel;
    without an X column, X0 and Delta_X of the header and the number of the row.

    Parameters
    ----------
    mapping
        Which channel is what, where names and units do not say so.

    Raises
    ------
    NeedsMappingError
        It is not certain which channel is what.
    ReadError
        It has no times, is no record against time, or is damaged.
    """
    progress(0, 2, "Reading the file")
    notes: list[str] = []
    segments = _segments(path, notes)
    _refuse_other_axes(segments)
    progress(1, 2, "Reading the rows")
    data, x_values = _columns(segments, notes)
    table = _table(data, segments[0])
    named = has_named_time(table)
    seconds, why = _times(segments, x_values, notes, is_named=named)
    if seconds is not None:
        data.insert(0, (_TIME, "s", 0), seconds)
        table = _table(data, segments[0])
    if why and mapping is None and "time_s" not in suggest(table)[0].columns:
        raise ReadError(f"{path.name} {why}.", hint=_HINT, path=path)
    trace = trace_of_table(
        table,
        path,
        mapping=mapping,
        form=FORMAT.name,
        reader="lvm",
        notes=notes,
        metadata=_about(segments[0]),
    )
    return _with_start(trace, segments[0], table, seconds)


# -- header and rows ------------------------------------------------------------------


def _segments(path: Path, notes: list[str]) -> list[_Segment]:
    """The segments of a file with their rows, empty ones left out."""
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
    segments: list[_Segment] = []
    body = 0
    for number, end in enumerate(ends):
        tags = _tags(lines[_begin_of_header(lines, body, end) : end], separator)
        body = next((i for i in range(end + 1, len(lines)) if _filled(lines[i])), end)
        body += 1
        last = number + 1 == len(ends)
        if _FIRST in tags:
            top = tags
            if not last or segments or not _is_table(lines[body - 1 :]):
                continue  # the header of the segment follows, unless this is all
        begin = len(lines) if last else _begin_of_header(lines, body, ends[number + 1])
        names = lines[body - 1].split(separator) if body - 1 > end else []
        segments.append(_Segment(path, top, tags, names, separator, lines[body:begin]))
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


def _checked(segment: _Segment, notes: list[str]) -> _Segment:
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


def _refuse_other_axes(segments: Sequence[_Segment]) -> None:
    """Spectra and the like stand in the same files."""
    for one in segments:
        axis, unit = one.of("X_Dimension", one.channels[0]), _unit_of_x(one)
        other = axis if axis.lower() not in ("", "time") else ""
        if UNITS[unit][0] != "time":
            other = other or f"in {unit}"
        if other:
            raise ReadError(
                f"{one.path.name} is no record against time: its X axis is {other}.",
                hint="Open the record of the potentiostat or of the holder.",
                path=one.path,
            )


def _unit_of_x(segment: _Segment) -> str:
    return known_unit(segment.of("X_Unit_Label", segment.channels[0])) or "s"


# -- columns --------------------------------------------------------------------------


def _columns(
    segments: Sequence[_Segment], notes: list[str]
) -> tuple[pd.DataFrame, FloatArray]:
    """All channels one below the other, and the X values beside them.

    The columns of the table are called by name, unit and how many of that name stand
    before. X values are seconds, NaN where none are written.
    """
    tables, x_values = [], []
    apart: dict[str, None] = {}
    for _, group in groupby(segments, key=lambda one: one.layout):
        alike = list(group)
        first, path = alike[0], alike[0].path
        rows = [row for one in alike for row in one.rows]
        data = read_lines(
            rows,
            name=path.name,
            delimiter=first.separator,
            decimal=first.decimal,
        )
        data = data.reindex(columns=range(len(first.names)))
        if len(data) != len(rows):
            raise ReadError(
                f"{path.name} is damaged: its rows cannot be told apart.",
                hint="Copy it again.",
                path=path,
            )
        x = {i: to_numbers(data[i], first.decimal)[0] for i in first.x}
        for one in alike:
            off = _at_other_times(one, x)
            apart |= dict.fromkeys(first.names[i].strip() for i in off)
        tables.append(_named(first, data, notes))
        scale = factor(_unit_of_x(first))
        x_values.append(x[first.x[0]] * scale if x else np.full(len(rows), np.nan))
    whole = pd.concat(tables, ignore_index=True)
    if apart:
        whole = whole[[key for key in whole.columns if key[0] not in apart]]
        notes.append(
            "Channels sampled at other times than the first one were left out: "
            f"{', '.join(list(apart)[:9])}."
        )
    return whole, np.concatenate(x_values)


def _table(data: pd.DataFrame, segment: _Segment) -> RawTable:
    keys = [tuple(map(str, key)) for key in data.columns]
    names, units = [key[0] for key in keys], [key[1] for key in keys]
    return RawTable.build(data, names, units, segment.decimal)


def _named(segment: _Segment, data: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    """The channels, and the comments where there are any."""
    keep = list(segment.channels)
    keys: list[tuple[str, str, int]] = []
    for i in keep:
        name = segment.names[i].strip()
        unit = _unit_by_name(name, segment.unit(i), notes)
        keys.append((name, unit, sum(key[:2] == (name, unit) for key in keys)))
    note = segment.comment
    if note is not None and data[note].notna().any():
        text = data[note].astype("object").where(data[note].notna(), None)
        data[note] = text.map(lambda c: c if c is None else _unescaped(str(c)))
        keep.append(note)
        keys.append(("Comment", "", 0))
    named = data[keep]
    named.columns = pd.Index(keys, tupleize_cols=False)
    return named


def _unit_by_name(name: str, unit: str, notes: list[str]) -> str:
    """The unit of a channel, empty where its name has another one.

    LabVIEW calls what a card measures volts, whatever the program made of it.
    """
    own, symbol = read_label(name).unit, known_unit(unit)
    if not own or not symbol or UNITS[own] == UNITS[symbol]:
        return unit
    note = f"{name!r} is labelled {unit!r}; the unit in its name was taken."
    if note not in notes:
        notes.append(note)
    return ""


def _unescaped(comment: str) -> str:
    """A comment as it was typed: LabVIEW writes a tab as a backslash and 09."""
    return _ESCAPE.sub(lambda m: "\\" if m[1] == "\\" else chr(int(m[1], 16)), comment)


def _at_other_times(segment: _Segment, x: dict[int, FloatArray]) -> Iterator[int]:
    """The channels of a segment whose values are not of the times of the first."""
    first, *others = segment.channels
    delta, begin = segment.number("Delta_X", first, _UNTIMED), segment.moment(first)
    for i in others:
        if segment.samples(i) in (0, 1):  # beside the first of the others
            continue
        at = segment.moment(i)
        late = (at[0] - begin[0]) / NS_PER_S if at and begin else 0.0
        late += segment.number("X0", i, 0.0) - segment.number("X0", first, 0.0)
        slower = segment.number("Delta_X", i, delta) - delta
        if len(x) > 1:
            own = x[max(j for j in segment.x if j < i)] - x[segment.x[0]]
            slower = float(np.nanmax(np.abs(own))) if np.isfinite(own).any() else 0.0
        if abs(late) > abs(delta) / 2 or abs(slower) > abs(delta) / 100:
            yield i


# -- times ----------------------------------------------------------------------------


def _times(
    segments: Sequence[_Segment],
    x_values: FloatArray,
    notes: list[str],
    *,
    is_named: bool,
) -> tuple[FloatArray | None, str]:
    """(N,) seconds since the start of the first segment, or why they are not known.

    LabVIEW counts rows as seconds where the program gives no times; a channel that is
    named as a time goes before such a count.
    """
    ends = np.cumsum([len(one.rows) for one in segments])
    parts = np.split(x_values, ends[:-1])
    for k, one in enumerate(segments):
        if not np.isfinite(parts[k]).any():
            if _has_no_interval(one):
                return None, (
                    "has no times: it was written without X values, and its header "
                    "gives no interval of the rows"
                )
            parts[k] = _counted(one, notes)
        known = parts[k][np.isfinite(parts[k])]
        if known.size > 1 and (np.any(np.diff(known) < 0) or np.ptp(known) == 0):
            return None, (
                "has no times: under one header its X values begin again, run "
                "backwards or stand still"
            )
    steps = np.concatenate([np.diff(part) for part in parts])
    promised = [max(map(one.samples, one.channels)) for one in segments]
    if steps.size and np.all(np.abs(steps - _UNTIMED) < 1e-6):
        if is_named:
            return None, "has no times: its X values only count the rows"
        if max(promised) > 1:
            notes.append(
                "Its rows are one second apart, which is also what LabVIEW writes "
                "where the program gives no interval; check it."
            )
    missing = [n - len(one.rows) for n, one in zip(promised, segments, strict=True)]
    if (total := sum(n for n in missing if n > 0)) > 0:
        notes.append(f"{total} rows that its headers promise are not there.")
    if np.isfinite(epoch_of(np.concatenate(parts))):
        return np.concatenate(parts), ""
    return _one_after_the_other(segments, parts, notes)


def _has_no_interval(segment: _Segment) -> bool:
    """Whether the rows cannot be counted; LabVIEW gives single values a second each."""
    if not segment.rows:
        return False
    first = segment.channels[0]
    if not segment.of("Delta_X", first) and not segment.of("X0", first):
        return True
    delta = segment.number("Delta_X", first, _UNTIMED)
    is_single = segment.samples(first) in (0, 1) and delta == _UNTIMED
    return is_single and len(segment.rows) > 1


def _counted(segment: _Segment, notes: list[str]) -> FloatArray:
    """Times by X0 and Delta_X, with a sentence on how far they can be trusted."""
    first, count = segment.channels[0], len(segment.rows)
    delta = segment.number("Delta_X", first, _UNTIMED)
    text = segment.of("Delta_X", first).replace(",", ".")
    mantissa, _, power = text.upper().partition("E")
    digits = len(mantissa.partition(".")[2])
    wrong = count * 0.5 * 10.0 ** (int(power or 0) - digits) if digits else 0.0
    scale = factor(_unit_of_x(segment))
    if wrong > abs(delta) and wrong * scale > 1e-3:
        notes.append(
            f"The interval of {text} is rounded: after {count} rows its times may be "
            f"wrong by {wrong * scale:.2g} s."
        )
    promised = segment.samples(first)
    if 0 < promised < count:
        notes.append(
            f"The header is of the first {promised} rows; the other "
            f"{count - promised} were taken to follow without a pause."
        )
    times = segment.number("X0", first, 0.0) + np.arange(count) * delta
    return np.asarray(times * scale, np.float64)


def _one_after_the_other(
    segments: Sequence[_Segment], parts: Sequence[FloatArray], notes: list[str]
) -> tuple[FloatArray | None, str]:
    """X values and the starts of the segments as one time axis.

    Where the X values run on as fast as the starts they count from the first start. A
    segment that begins a little too early, by the clock of the computer, is moved to
    the end of the one before.
    """
    starts = _starts(segments)
    firsts = np.array([part[np.isfinite(part)][:1].sum() for part in parts])
    passed, run = starts[1:] - starts[0], firsts[1:] - firsts[0]
    on = (run > 0) & (passed > 0) & (np.abs(passed - run) <= 0.05 + 0.05 * run)
    if on.size and on.all():
        starts[:] = starts[0]
    times: list[FloatArray] = []
    end, length, moved = -np.inf, 0.0, 0.0
    for one, part, start in zip(segments, parts, starts, strict=True):
        own = part + start
        known = own[np.isfinite(own)]
        if known.size:
            early = end - float(known[0])
            if early > 0:
                delta = one.number("Delta_X", one.channels[0], 0.0)
                push = early + (delta if delta != _UNTIMED else 0.0)
                if early > max(0.25 * length, 1e-3):
                    return None, (
                        "has no certain times: a segment begins before the one above "
                        "it has ended"
                    )
                own, moved = own + push, max(moved, push)
            end, length = float(np.nanmax(own)), float(known[-1] - known[0])
        times.append(own)
    if moved:
        notes.append(
            f"Segments that began before the end of the one above them were moved by "
            f"up to {moved:.2g} s."
        )
    return np.concatenate(times), ""


def _starts(segments: Sequence[_Segment]) -> FloatArray:
    """Seconds from the start of the first segment to that of each."""
    zero, last, starts = None, 0.0, []
    for one in segments:
        moment = one.moment(one.channels[0])
        if moment is not None:
            zero = moment[0] if zero is None else zero
            last = (moment[0] - zero) / NS_PER_S
        starts.append(last)
    return np.array(starts)


_read_day = lru_cache(maxsize=64)(read_date)


@lru_cache(maxsize=64)  # the channels of a segment share it
def _moment(day: str, clock: str) -> int | None:
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


def _with_start(
    trace: Trace, segment: _Segment, table: RawTable, seconds: FloatArray | None
) -> Trace:
    """The record with its wall-clock start: that of X = 0, or of its first row."""
    found = segment.moment(segment.channels[0])
    chosen = trace.metadata["mapping"]["columns"]["time_s"][0]
    by_x = seconds is not None and chosen == table.keys[0]
    if by_x and np.isfinite(epoch_of(np.asarray(seconds))):
        return trace  # its X values are moments
    if found is None or (trace.stamp is not None and not by_x):
        return trace
    at, source = found
    if not by_x:
        at -= trace.span_ns[0]
    digits = len(re.sub(r".*[.,]|.*:.*", "", segment.of("Time", segment.channels[0])))
    when = datetime(1970, 1, 1) + timedelta(microseconds=round(at / 1000))
    stamp = StartStamp(when, max(10.0**-digits, 1e-6), source)
    return replace(trace, stamp=stamp)


def _about(segment: _Segment) -> dict[str, str]:
    """What the headers say besides the columns."""
    told = {**segment.tags, **segment.top}
    return {tag: " ".join(row[1:]).strip()[:_TEXT] for tag, row in told.items()}


FORMAT = Format(
    name="LabVIEW measurement",
    kind="trace",
    maker="National Instruments (Write To Measurement File)",
    extensions=(".lvm",),
    library="",
    reads="the channels of all segments with their units and comments; times from the "
    "X column or from X0 and Delta_X, and the date and time of each segment; tabs or "
    "commas, either decimal mark; relative and absolute times",
    missing="channels sampled at other times than the first; spectra; files whose X "
    "values do not tell the time (values written one by one, or under one header, "
    "without an X column that runs on); the binary formats .tdm and .tdms, see there",
    sniff=_sniff,
    read=read,
)
