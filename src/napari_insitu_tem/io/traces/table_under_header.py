"""Signals of a table, with the dates in it read as the lines above it show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from napari_insitu_tem.io.tables.found_table import FoundTable
from napari_insitu_tem.io.traces.signals import Signals, convert
from napari_insitu_tem.io.traces.start_times import order_from, read_date
from napari_insitu_tem.model.column_mapping import ColumnMapping


def convert_under(
    found: FoundTable, mapping: ColumnMapping, path: Path
) -> tuple[Signals, ColumnMapping]:
    """Give the columns their meaning; ambiguous dates by the dates of the header.

    A date above the table decides where it can be read in one way only: by its order,
    or since it is the day of one of the two readings.

    Returns
    -------
    signals
        See `convert`.
    mapping
        The one given, with the order of the dates where the header decided it.

    Raises
    ------
    ReadError
        See `convert`.
    """
    signals = convert(found.table, mapping, path)
    if not signals.readings or mapping.date_order:
        return signals, mapping
    above = found.above[:200]
    days = _days_of(above)
    for order in (order_from(above), "dmy", "mdy"):
        if not order:
            continue
        ordered = replace(mapping, date_order=order)
        read = convert(found.table, ordered, path)
        day = None if read.stamp is None else read.stamp.when.date()
        if order == order_from(above) or day in days:
            return read, ordered
    return signals, mapping


def _days_of(lines: Sequence[str]) -> set[date]:
    """The days that the lines, cell by cell, name without doubt."""
    readings = (read_date(cell) for line in lines for cell in line.split("\t"))
    return {r.when.date() for r in readings if r is not None and not r.is_ambiguous}
