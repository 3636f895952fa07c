"""Dates in the column `time/s` of EC-Lab's texts, in the order of day and month."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import cast

from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.traces.eclab_header import EclabHeader
from napari_insitu_tem.io.traces.start_times import DateReading, read_date, settle
from napari_insitu_tem.model.column_mapping import ColumnMapping, DateOrder
from napari_insitu_tem.model.timebase import StartStamp

_FORMAT = re.compile(r"\b(?P<order>MMDD|DDMM)YYYY\b|\b(?P<first>YYYY)MMDD\b")
#: The first sample may precede the start by what its text rounds off.
_BEFORE_S = 2.0


@dataclass(frozen=True)
class OrderedDates:
    """A mapping that says how dates are written.

    Attributes
    ----------
    mapping
        With the order, where the column holds dates that can be read in two ways.
    doubt
        A sentence where nothing in the file decides.
    readings
        Both readings of the first date then, ISO 8601.
    """

    mapping: ColumnMapping
    doubt: str = ""
    readings: tuple[str, ...] = ()


def order_dates(
    mapping: ColumnMapping, table: RawTable, header: EclabHeader
) -> OrderedDates:
    """Settle the order of day and month in a column of absolute times.

    The header names it ("Time format : Absolute MMDDYYYY"); else it is the one in which
    the record begins when its technique did, or follows the start of the sequence.
    Without a start it is month, day and year, which EC-Lab writes in every country.
    """
    first = None if mapping.date_order else _first_date(mapping, table)
    if first is None or first.other is None:
        return OrderedDates(mapping)
    for order in (_said(header), *_after_start(first, header)):
        if order:
            return OrderedDates(replace(mapping, date_order=order))
    taken, doubt = settle(first, usual="mdy")
    readings: tuple[str, ...] = ()
    if doubt and taken.other is not None:
        readings = (taken.when.isoformat(), taken.other.isoformat())
    ordered = replace(mapping, date_order=taken.order)
    return OrderedDates(ordered, doubt, readings)


def _first_date(mapping: ColumnMapping, table: RawTable) -> DateReading | None:
    """The first date of the column of times, where it holds dates."""
    choice = mapping.columns.get("time_s")
    index = None if choice is None or choice.unit != "date" else table.find(
        choice.column
    )  # fmt: skip
    if index is None:
        return None
    cells = table.column(index).dropna().astype("str").head(20)
    return next(filter(None, map(read_date, cells)), None)


def _said(header: EclabHeader) -> DateOrder:
    """The order that the header names for the column."""
    match = _FORMAT.search(header.fields.get("Time format", "").upper())
    if match is None:
        return ""
    if match["first"]:
        return "ymd"
    return cast("DateOrder", {"MMDD": "mdy", "DDMM": "dmy"}[match["order"]])


def _after_start(first: DateReading, header: EclabHeader) -> list[DateOrder]:
    """The orders in which the record follows its start, the likelier first.

    That is the one that is nearer to the start of the technique, where the header says
    when that was, else that of the header.
    """
    start, technique = header.start()[0], header.technique_start
    if start is None:
        return []
    delays = [
        (reading.order != header.date_order, _seconds(reading, start), reading.order)
        if technique is None
        else (False, abs(_seconds(reading, technique)), reading.order)
        for reading in (first, first.exchanged())
    ]
    return [order for _, delay, order in sorted(delays) if delay >= -_BEFORE_S]


def _seconds(reading: DateReading, start: StartStamp) -> float:
    return StartStamp(reading.when, reading.resolution_s, "").minus(start)
