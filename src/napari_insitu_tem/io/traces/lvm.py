"""LabVIEW measurement files (.lvm): text that *Write To Measurement File* makes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
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
from napari_insitu_tem.io.tables.library_table import trace_of_table
from napari_insitu_tem.io.tables.number_columns import read_lines, to_numbers
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggested_time import has_named_time
from napari_insitu_tem.io.tables.suggestion import suggest
from napari_insitu_tem.io.tables.time_columns import epoch_of
from napari_insitu_tem.io.text import decode
from napari_insitu_tem.io.traces.lvm_segments import (
    FIRST,
    UNTIMED,
    Segment,
    read_segments,
    refuse_other_axes,
    unit_of_x,
)
from napari_insitu_tem.io.traces.lvm_times import times_of
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import NS_PER_S, StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

_ESCAPE = re.compile(r"\\(\\|[0-9A-F]{2})")
#: The column of times: of all names for a time the first to be taken.
_TIME = "Test Time"
_TEXT = 300
_HINT = (
    "Let LabVIEW write one X column and a header for each segment, or a channel with "
    "the time."
)


def _sniff(looked: Probe) -> float:
    text, _ = decode(looked.head[:4096])
    return 1.0 if text.lstrip().startswith(FIRST) else 0.0


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
    segments = read_segments(path, notes)
    refuse_other_axes(segments)
    progress(1, 2, "Reading the rows")
    data, x_values = _columns(segments, notes)
    table = _table(data, segments[0])
    named = has_named_time(table)
    seconds, why = times_of(segments, x_values, notes, is_named=named)
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


def _columns(
    segments: Sequence[Segment], notes: list[str]
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
        scale = factor(unit_of_x(first))
        x_values.append(x[first.x[0]] * scale if x else np.full(len(rows), np.nan))
    whole = pd.concat(tables, ignore_index=True)
    if apart:
        whole = whole[[key for key in whole.columns if key[0] not in apart]]
        notes.append(
            "Channels sampled at other times than the first one were left out: "
            f"{', '.join(list(apart)[:9])}."
        )
    return whole, np.concatenate(x_values)


def _table(data: pd.DataFrame, segment: Segment) -> RawTable:
    keys = [tuple(map(str, key)) for key in data.columns]
    names, units = [key[0] for key in keys], [key[1] for key in keys]
    return RawTable.build(data, names, units, segment.decimal)


def _named(segment: Segment, data: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
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


def _at_other_times(segment: Segment, x: dict[int, FloatArray]) -> Iterator[int]:
    """The channels of a segment whose values are not of the times of the first."""
    first, *others = segment.channels
    delta, begin = segment.number("Delta_X", first, UNTIMED), segment.moment(first)
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


def _with_start(
    trace: Trace, segment: Segment, table: RawTable, seconds: FloatArray | None
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


def _about(segment: Segment) -> dict[str, str]:
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
