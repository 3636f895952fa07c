"""When a record began, by the columns of dates that its table has."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.io.tables.column_names import DAY_TIMES, STAMP_NAMES, UNIX_NAMES
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.time_columns import epoch_of, read_stamps
from napari_insitu_tem.io.traces.start_times import settle
from napari_insitu_tem.model.column_mapping import DateOrder
from napari_insitu_tem.model.timebase import StartStamp

FloatArray = NDArray[np.float64]

_DAY = 86400.0
_HOUR = 3600.0
#: Between two samples lies less than this, in s, where a clock was set back.
_SAMPLING = 600.0
_MIDNIGHT = r"[ T]00:00:00(?:\.0+)?$"
#: Words in the name of a column whose dates are not of a local clock.
_UTC = frozenset(("utc", "gmt"))
#: Day zero of a spreadsheet, and the days that are taken for dates: 1954 to 2119.
_SHEET_ZERO = datetime(1899, 12, 30)
_SHEET_DAYS = (20_000.0, 80_000.0)


@dataclass(frozen=True)
class TableStart:
    """A start by a column of dates.

    Attributes
    ----------
    seconds
        (N,) since the first date of the column.
    stamp
        The moment of the record's time zero.
    readings
        Both readings of an ambiguous one, ISO 8601; empty where it is certain.
    warnings
        Sentences.
    """

    seconds: FloatArray
    stamp: StartStamp | None = None
    readings: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def in_utc(self) -> TableStart:
        """The same, with a moment that names no zone in UTC."""
        if self.stamp is None or self.stamp.when.tzinfo is not None:
            return self
        when = self.stamp.when.replace(tzinfo=UTC)
        return replace(self, stamp=replace(self.stamp, when=when))

    def earlier(self, elapsed: float) -> TableStart:
        """The same, with time zero `elapsed` seconds before."""
        if self.stamp is None:
            return self
        try:
            back = timedelta(seconds=elapsed)
            when = self.stamp.when - back
            readings = tuple(
                (datetime.fromisoformat(text) - back).isoformat()
                for text in self.readings
            )
        except OverflowError:
            return TableStart(self.seconds)
        stamp = StartStamp(when, self.stamp.resolution_s, self.stamp.source)
        return replace(self, stamp=stamp, readings=readings)


def dates_of(table: RawTable, index: int, order: DateOrder) -> TableStart:
    """A column of dates as the time itself; a clock that was set back runs on."""
    key = table.keys[index]
    found = _read(table.column(index), order, f"column {key!r}")
    if _UTC & set(table.labels[index].plain.split()):
        return found.in_utc()
    seconds, turns = over_clock_changes(found.seconds)
    if turns == 0:
        return found
    note = (
        f"The dates of {key!r} go back by an hour: the clock was set back from "
        "daylight saving time. The hour was added to the times that follow."
    )
    return replace(found, seconds=seconds, warnings=(*found.warnings, note))


def over_clock_changes(seconds: FloatArray) -> tuple[FloatArray, int]:
    """Let local times run on where daylight saving ended.

    Returns
    -------
    seconds
        (N,) with an hour more after each time at which they fell back by one.
    turns
        How often they did, once a year at most; 0 where they run backwards in another
        way, too.
    """
    known = np.flatnonzero(np.isfinite(seconds))
    steps = np.diff(seconds[known])
    back = steps < 0
    fell = back & (steps > -_HOUR) & (steps <= -_HOUR + _SAMPLING)
    years = 1 + float(steps[~back].sum()) // (300 * _DAY)
    if not 0 < fell.sum() <= years or (back & ~fell).any() or not (steps > 0).any():
        return seconds, 0
    result = seconds.copy()
    result[known[1:]] += _HOUR * np.cumsum(fell)
    return result, int(fell.sum())


def stamp_beside(
    table: RawTable,
    elapsed: FloatArray,
    clock: int,
    used: AbstractSet[int],
    order: DateOrder,
) -> TableStart | None:
    """The start from a column that stands beside the elapsed time.

    Seconds since 1970, dates with a time of day, dates beside a column of times of day,
    and days as spreadsheets count them are understood.

    Parameters
    ----------
    elapsed
        (N,) times of the record in seconds.
    clock, used
        Column of the times, and the columns that have a role.
    """
    known = np.flatnonzero(np.isfinite(elapsed))
    if known.size == 0:
        return None
    row, first = int(known[0]), float(elapsed[known[0]])
    for index, label in enumerate(table.labels):
        if index in used:
            continue
        kind, key = table.kind(index), table.keys[index]
        if label.plain in UNIX_NAMES and kind == "number":
            at = float(table.numbers(index)[row])
            stamp = unix_stamp(at - first, key) if np.isfinite(at) else None
            return TableStart(elapsed, stamp)
        if label.plain in STAMP_NAMES and kind == "date":
            return _by_dates(table, index, clock, first, order)
        if label.plain in STAMP_NAMES and kind == "number":
            stamp = _sheet_stamp(table.numbers(index), elapsed, key)
            if stamp is None:
                stamp = _epoch_stamp(table.numbers(index), row, first, key)
            if stamp is not None:
                return TableStart(elapsed, stamp)
    return None


def unix_stamp(seconds: float, key: str) -> StartStamp | None:
    """Seconds since 1970 as a stamp; None where they are no date."""
    try:
        when = datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
    return StartStamp(when, 1e-3, f"column {key!r}")


def _by_dates(
    table: RawTable, index: int, clock: int, first: float, order: DateOrder
) -> TableStart | None:
    """Dates as they are, or with the times of day beside them.

    A date without a time of day is no start, unless the record's own times are times
    of day: their zero is midnight.
    """
    found = dates_of(table, index, order)
    if found.stamp is None or not _are_days(found):
        return found.earlier(first)
    if table.kind(clock) == "clock" and first > 60.0:
        stamp = StartStamp(found.stamp.when, 1.0, found.stamp.source)
        return replace(found, stamp=stamp)
    for beside, label in enumerate(table.labels):
        if beside == clock or label.plain not in DAY_TIMES:
            continue
        both = (
            table.column(index).astype("str") + " " + table.column(beside).astype("str")
        )
        source = f"columns {table.keys[index]!r} and {table.keys[beside]!r}"
        together = _read(both, order, source)
        if together.stamp is not None and together.stamp.resolution_s < _DAY:
            return together.earlier(first)
    return None


def _are_days(found: TableStart) -> bool:
    """Whether dates have no time of day, or midnight for all, as in spreadsheets."""
    if found.stamp is None or found.stamp.resolution_s >= _DAY:
        return True
    known = found.seconds[np.isfinite(found.seconds)]
    at_midnight = found.stamp.when.time() == time()
    return at_midnight and known.size > 1 and not np.any(known % _DAY)


def _read(column: pd.Series[str], order: DateOrder, source: str) -> TableStart:
    stamps = read_stamps(column, order)
    if stamps.first is None:
        return TableStart(stamps.seconds)
    first, doubt = settle(stamps.first)
    if not doubt or first.other is None:
        return TableStart(stamps.seconds, first.stamp(source))
    readings = (first.when.isoformat(), first.other.isoformat())
    return TableStart(stamps.seconds, first.stamp(source), readings, (doubt,))


def _epoch_stamp(
    moments: FloatArray, row: int, first: float, key: str
) -> StartStamp | None:
    """Seconds since 1970 or 1904 in a column of moments, as the start of the record."""
    zero = epoch_of(moments)
    if np.isnan(zero) or not np.isfinite(moments[row]):
        return None
    return unix_stamp(float(moments[row]) + zero - first, key)


def _sheet_stamp(days: FloatArray, elapsed: FloatArray, key: str) -> StartStamp | None:
    """Days since 1900 that keep pace with the record, as the start of it."""
    good = np.flatnonzero(np.isfinite(days) & np.isfinite(elapsed))
    if good.size < 2 or not np.all(
        (days[good] > _SHEET_DAYS[0]) & (days[good] < _SHEET_DAYS[1])
    ):
        return None
    span = float(elapsed[good[-1]] - elapsed[good[0]])
    pace = float(days[good[-1]] - days[good[0]]) * _DAY
    if abs(pace - span) > 2.0 + 0.01 * span:
        return None
    at = float(days[good[0]]) * _DAY - float(elapsed[good[0]])
    when = _SHEET_ZERO + timedelta(milliseconds=round(at * 1e3))
    return StartStamp(when, 1.0, f"column {key!r}")
