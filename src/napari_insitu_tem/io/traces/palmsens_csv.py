"""PalmSens CSV exports: curves side by side, each under a line of bare units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.column_names import UNITS, known_unit
from napari_insitu_tem.io.tables.cut_rows import whole_lines
from napari_insitu_tem.io.tables.number_columns import is_nothing, is_number
from napari_insitu_tem.io.tables.table_layout import decimal_mark
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.start_times import (
    DateReading,
    order_from,
    read_date,
    settle,
)
from napari_insitu_tem.model.column_mapping import ColumnMapping, DateOrder
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace, merge_traces

FloatArray = NDArray[np.float64]

_DATE_LINE = "date and time measurement:"
_LOOKED_AT = 200
_ROLES = {"potential": "potential_V", "current": "current_A", "charge": "charge_C"}
_TITLE = re.compile(r"^(?P<technique>[^:\[]+)")


@dataclass(frozen=True, eq=False)
class _Curve:
    """One curve: its title, start and the values of each unit."""

    title: str
    date: DateReading | None
    columns: dict[str, FloatArray]
    stamp: StartStamp | None = None


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:16384])
    lines = lines_of(text)[:_LOOKED_AT]
    first = lines[0].lower().startswith(("date and time", _DATE_LINE))
    has_dates = any(line.lower().startswith(_DATE_LINE) for line in lines)
    return 1.0 if first and has_dates else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read an export of curves against time.

    Curves of one measurement share a row of times; measurements follow each other.

    Parameters
    ----------
    mapping
        Only its `flip_current` is used: the units say what each column is.

    Raises
    ------
    ReadError
        Its curves have no times (voltammograms), or it is damaged.
    """
    progress(0, 1, "Reading the file")
    text, _ = decode(path.read_bytes())
    notes: list[str] = []
    curves, left = _curves(lines_of(text), path, notes)
    curves = _stamped(curves, lines_of(text), notes)
    timed = [curve for curve in curves if "time_s" in curve.columns]
    if not timed:
        title = curves[0].title if curves else "curves"
        raise ReadError(
            f"{path.name} holds curves without times ({title}), which cannot be shown "
            "against time.",
            hint="Open the session (.pssession) that it was exported from.",
            path=path,
        )
    if left:
        notes.append(
            f"{left} rows below the curves, of a spectrum or another kind, were left "
            "out."
        )
    if len(timed) < len(curves):
        notes.append(f"{len(curves) - len(timed)} curves without times were left out.")
    parts = [_trace(group, path, notes) for group in _measurements(timed)]
    first = parts[0]
    parts = _in_turn(parts, notes)
    joined = merge_traces(parts, name=path.stem)
    trace = Trace.from_columns(
        {
            str(name): values
            for name, values in joined.frame.items()
            if name != "charge_C" or joined.charge_source == "instrument"
        },
        name=path.stem,
        breaks=joined.breaks,
        stamp=first.stamp,
        path=path,
        warnings=notes,
        technique=first.technique,
        format="PalmSens CSV",
        reader="palmsens_csv",
        metadata={"curves": [curve.title for curve in curves]},
    )
    return trace.flipped() if mapping is not None and mapping.flip_current else trace


def _curves(
    lines: Sequence[str], path: Path, notes: list[str]
) -> tuple[list[_Curve], int]:
    """The curves of every block, and the rows of numbers that belong to none.

    A block is a row of dates, with titles above and units below it; what else the
    program appends (a spectrum) ends it.
    """
    delimiter = _delimiter(lines)
    lines = whole_lines(lines, delimiter, path.name, notes)
    rows = [line.split(delimiter) for line in lines]
    starts = [i for i, row in enumerate(rows) if _dates(row)]
    if not starts or starts[0] + 1 >= len(rows):
        raise ReadError(
            f"{path.name} begins like a PalmSens export but has no curves: it was cut "
            "off, or nothing was measured.",
            hint="Copy or export it again.",
            path=path,
        )
    decimal = "." if delimiter == "," else decimal_mark(rows)
    curves, left = [], 0
    for at, after in zip(starts, [*starts[1:], len(rows) + 1], strict=True):
        if at + 1 >= len(rows):
            break
        body, others = _body(rows[at + 2 : after - 1])
        _refuse_commas_of_two_kinds(rows[at + 1], body, delimiter, path)
        left += others
        curves += _block(rows, at, body, decimal)
    return curves, left


def _refuse_commas_of_two_kinds(
    units: Sequence[str], body: Sequence[Sequence[str]], delimiter: str, path: Path
) -> None:
    """Rows of far more cells than units have commas inside their numbers."""
    usual = sorted(len(row) for row in body)[len(body) // 2] if body else 0
    if delimiter == "," and usual >= 1.5 * len(units) and len(units) > 1:
        raise ReadError(
            f"{path.name} uses commas between its columns and inside its numbers.",
            hint="Export it with a decimal point.",
            path=path,
        )


def _delimiter(lines: Sequence[str]) -> str:
    """What stands behind the words of the row of dates."""
    for line in lines:
        before, words, after = line.lower().partition(_DATE_LINE)
        if words and not before.strip(",;\t"):
            return after[:1] if after[:1] in (";", "\t") else ","
    return ","


def _body(rows: Sequence[Sequence[str]]) -> tuple[list[Sequence[str]], int]:
    """The rows of numbers up to the first of words, and how many follow behind."""
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    ends = (i for i, row in enumerate(filled) if not _is_row(row))
    end = next(ends, len(filled))
    return filled[:end], sum(_is_row(row) for row in filled[end:])


def _is_row(row: Sequence[str]) -> bool:
    """Whether the first cell that is filled is a number or stands for none."""
    first = next((cell.strip() for cell in row if cell.strip()), "")
    return is_number(first) or is_nothing(first)


def _block(
    rows: Sequence[Sequence[str]],
    at: int,
    body: Sequence[Sequence[str]],
    decimal: str,
) -> list[_Curve]:
    """The curves of the block whose row of dates is row `at`, side by side."""
    titles, dates = rows[at - 1] if at else [], rows[at]
    units = rows[at + 1] if at + 1 < len(rows) else []
    starts = _dates(dates)
    curves = []
    for begin, end in zip(starts, [*starts[1:], len(units)], strict=True):
        columns: dict[str, FloatArray] = {}
        for column in range(begin, min(end, len(units))):
            symbol = known_unit(units[column])
            if symbol:
                values = _numbers(body, column, decimal) * UNITS[symbol][1]
                columns.setdefault(_name(symbol), values)
        curves.append(_curve(titles, dates, begin, columns))
    return curves


def _dates(row: Sequence[str]) -> list[int]:
    return [i for i, c in enumerate(row) if c.strip().lower() == _DATE_LINE]


def _name(symbol: str) -> str:
    dimension = UNITS[symbol][0]
    return _ROLES.get(dimension, "time_s" if dimension == "time" else dimension)


def _curve(
    titles: Sequence[str],
    dates: Sequence[str],
    begin: int,
    columns: dict[str, FloatArray],
) -> _Curve:
    date = read_date(dates[begin + 1]) if begin + 1 < len(dates) else None
    title = titles[begin].strip() if begin < len(titles) else ""
    return _Curve(title, date, columns)


def _stamped(
    curves: Sequence[_Curve], lines: Sequence[str], notes: list[str]
) -> list[_Curve]:
    """The curves with their starts; day and month by the other dates of the file."""
    dated = [line for line in lines if "date and time" in line.lower()]
    order = order_from(cell for line in dated for cell in line.split(","))
    stamped, doubts = [], []
    for curve in curves:
        stamp = None
        if curve.date is not None:
            shown: DateOrder = order or ("dmy" if curve.date.separator == "." else "")
            taken, doubt = settle(curve.date, evidence=shown, usual="mdy")
            stamp = taken.stamp("'Date and time measurement'")
            doubts += [doubt] if doubt else []
        stamped.append(replace(curve, stamp=stamp))
    notes.extend(dict.fromkeys(doubts))
    return stamped


def _numbers(body: Sequence[Sequence[str]], column: int, decimal: str) -> FloatArray:
    """(N,) a column, NaN where it holds no number."""
    values = np.full(len(body), np.nan)
    for i, row in enumerate(body):
        try:
            values[i] = float(row[column].replace(decimal, "."))
        except (ValueError, IndexError):
            continue
    values[~(np.abs(values) < 1e300)] = np.nan
    return values


def _measurements(curves: Sequence[_Curve]) -> list[list[_Curve]]:
    """Curves of the same start and the same times belong together."""
    groups: list[list[_Curve]] = []
    for curve in curves:
        for group in groups:
            same = group[0].stamp == curve.stamp and np.array_equal(
                group[0].columns["time_s"], curve.columns["time_s"], equal_nan=True
            )
            if same:
                group.append(curve)
                break
        else:
            groups.append([curve])
    return groups


def _in_turn(parts: Sequence[Trace], notes: list[str]) -> list[Trace]:
    """The measurements on the clock of the first, without those that overlap it."""
    first = parts[0]
    if len(parts) > 1 and first.stamp is None:
        notes.append(f"{len(parts) - 1} curves without a date were left out.")
        return [first]
    shifted = [
        part.shifted(round(part.stamp.minus(first.stamp) * 1e9))
        for part in parts
        if part.stamp is not None and first.stamp is not None and len(part)
    ]
    taken: list[Trace] = []
    for part in sorted(shifted, key=lambda part: part.span_ns[0]):
        if not taken or part.span_ns[0] >= taken[-1].span_ns[1]:
            taken.append(part)
    if left := len(shifted) - len(taken):
        notes.append(
            f"{left} curves run at the same time as others, with times of their own; "
            "they were left out. Export them to files of their own."
        )
    return taken or [first]


def _trace(group: Sequence[_Curve], path: Path, notes: list[str]) -> Trace:
    columns: dict[str, FloatArray] = {}
    beside = 0
    for curve in group:
        for name, values in curve.columns.items():
            if name not in columns:
                columns[name] = values
            elif name != "time_s":  # of another channel
                beside += 1
                columns[f"{curve.title or f'curve {beside + 1}'} ({name})"] = values
    if beside:
        notes.append(
            f"{beside + 1} curves of one kind were recorded at the same times; the "
            "first is that of the trace, the others are columns of their own."
        )
    keep = np.isfinite(columns["time_s"])
    match = _TITLE.match(group[0].title)
    return Trace.from_columns(
        {name: values[keep] for name, values in columns.items()},
        name=group[0].title or path.stem,
        path=path,
        stamp=group[0].stamp,
        technique=match["technique"].strip() if match else "",
    )


FORMAT = Format(
    name="PalmSens CSV",
    kind="trace",
    maker="PalmSens",
    extensions=(".csv",),
    library="",
    reads="curves against time, their units and dates; curves of one measurement side "
    "by side, measurements one after the other",
    missing="voltammograms, which are exported without times; impedance spectra",
    sniff=_sniff,
    read=read,
)
