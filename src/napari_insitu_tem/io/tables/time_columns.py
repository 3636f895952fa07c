"""Columns that hold times: numbers, `h:m:s`, or dates with a time of day."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from napari_insitu_tem.io.tables.number_columns import is_nothing, is_number
from napari_insitu_tem.io.tables.table_layout import is_clock
from napari_insitu_tem.io.traces.start_times import DateReading, order_from, read_date
from napari_insitu_tem.model.column_mapping import DateOrder

FloatArray = NDArray[np.float64]
Kind = Literal["number", "clock", "date", "text", "empty"]

_PARTS = re.compile(
    r"^\s*(?P<minus>-)?(?:(?P<d>\d{1,9})(?:\s?d(?:ays?)?,?\s+|[.-]))?"
    r"(?P<h>\d{1,9}):(?P<m>\d{1,2})(?::(?P<s>\d{1,2}(?:[.,]\d+)?))?\s*$"
)
#: As spreadsheets write times with a fraction: minutes and seconds.
_MINUTES = re.compile(r"^\s*(-?)(\d{1,9}:\d{2}[.,]\d+)\s*$")
_TOO_FINE = re.compile(r"([.,]\d{6})\d+")
_DAY = 86400.0
_ZERO_1904 = -2_082_844_800.0
_LOOK = 50


@dataclass(frozen=True)
class Stamps:
    """A column of dates.

    Attributes
    ----------
    seconds
        (N,) since the first one, NaN where a cell holds none.
    first
        The first one, None where there is none at all; its `other` is set where day
        and month may be exchanged and nothing in the column decides.
    """

    seconds: FloatArray
    first: DateReading | None


def epoch_of(seconds: FloatArray) -> float:
    """The moment that seconds count from, in s of 1970, where they are too many.

    No record lasts thirty years: seconds of 2001 to 2049 since 1970, or since 1904 as
    LabVIEW counts them, are moments. NaN where they can be elapsed times.
    """
    known = seconds[np.isfinite(seconds)]
    for zero in (0.0, _ZERO_1904):
        moments = known + zero
        if known.size > 1 and moments.min() > 1e9 and moments.max() < 2.5e9:
            return zero
    return math.nan


def kind_of(column: pd.Series[Any]) -> Kind:
    """What the cells of a column are, by the first that are filled."""
    if is_bool_dtype(column):
        return "text"
    if is_numeric_dtype(column):
        return "number" if column.notna().any() else "empty"
    filled = column.dropna().astype("str").str.strip()
    cells = [cell for cell in filled.head(_LOOK).tolist() if not is_nothing(cell)]
    if not cells:
        return "empty"
    for kind, test in (
        ("number", is_number),
        ("clock", is_clock),
        ("date", lambda cell: read_date(cell) is not None),
    ):
        if sum(map(test, cells)) > 0.6 * len(cells):
            return kind  # type: ignore[return-value]
    return "text"


def seconds_of_clock(column: pd.Series[Any]) -> FloatArray:
    """(N,) seconds of `h:m:s`, days in front allowed; runs on past midnight.

    A clock that jumps from the last hour of a day to the first has passed midnight.
    """
    cells = column.astype("str").tolist()
    return _past_midnight(np.array([_seconds_of(cell) for cell in cells], np.float64))


def _seconds_of(cell: Any) -> float:
    """Days in front, seconds of one digit or of many, a minus; NaN for all else."""
    if not isinstance(cell, str):
        return math.nan
    parts = _PARTS.match(cell)
    if parts is None and (short := _MINUTES.match(cell)):
        parts = _PARTS.match(f"{short[1]}0:{short[2]}")
    if parts is None:
        return math.nan
    minus, days, hours, minutes, seconds = parts.groups()
    total = int(hours) * 3600.0 + int(minutes) * 60.0
    if seconds:
        total += float(seconds.replace(",", "."))
    if days:
        total += int(days) * _DAY
    return -total if minus else total


def _past_midnight(values: FloatArray) -> FloatArray:
    known = np.flatnonzero(np.isfinite(values))
    if known.size < 2 or values[known].max() >= _DAY:
        return values
    before, after = values[known[:-1]], values[known[1:]]
    turns = (before >= _DAY - 3600.0) & (after < 3600.0)
    days = np.zeros(known.size)
    days[1:] = np.cumsum(turns)
    result = values.copy()
    result[known] += days * _DAY
    return result


def read_stamps(column: pd.Series[Any], order: DateOrder = "") -> Stamps:
    """Dates to seconds since the first.

    Parameters
    ----------
    order
        How the dates are written; without it the column decides: by a number above
        twelve, else by the order in which the record is the shorter.
    """
    text = column.astype("str").str.strip().where(column.notna(), "")
    filled = np.flatnonzero((text != "").to_numpy(bool))
    readings = [read_date(text.iloc[i]) for i in _spread(filled)]
    sample = [reading for reading in readings if reading is not None]
    if not sample:
        return Stamps(np.full(len(text), np.nan), None)
    decided = order or order_from(text.iloc[_spread(filled, 2000)])
    if decided or not sample[0].is_ambiguous:
        return _in_order(text, sample[0].in_order(decided or "ymd"), certain=True)
    one = _in_order(text, sample[0])
    two = _in_order(text, sample[0].exchanged())
    length_one, length_two = _length(one.seconds), _length(two.seconds)
    if abs(length_one - length_two) < 1.0:
        return one
    shorter = one if length_one < length_two else two
    assert shorter.first is not None
    return Stamps(shorter.seconds, _alone(shorter.first))


def _spread(indices: NDArray[np.intp], count: int = 20) -> NDArray[np.intp]:
    """Some of the indices, evenly spread, first and last among them."""
    if indices.size <= count:
        return indices
    return indices[np.linspace(0, indices.size - 1, count).astype(np.intp)]


def _length(seconds: FloatArray) -> float:
    """Length of the record if its times run forward, else infinite."""
    known = seconds[np.isfinite(seconds)]
    if known.size < 2 or np.any(np.diff(known) < 0):
        return float("inf")
    return float(known[-1] - known[0])


def _alone(reading: DateReading) -> DateReading:
    return DateReading(
        reading.when, reading.order, None, reading.separator, reading.resolution_s
    )


def _in_order(
    text: pd.Series[str], like: DateReading, *, certain: bool = False
) -> Stamps:
    """Every date read as `like` is."""
    zoned = like.when.tzinfo is not None
    pattern = _format(text, like)
    times = pd.to_datetime(text, format=pattern, errors="coerce", utc=True)
    missing = np.flatnonzero((times.isna() & (text != "")).to_numpy(bool))
    # Years that nanoseconds cannot count (before 1678, after 2261) are misprints.
    first, last = (t.tz_localize("UTC") for t in (pd.Timestamp.min, pd.Timestamp.max))
    times = times.where((times > first) & (times < last))
    values = times.to_numpy("datetime64[ns]").astype(np.int64).copy()
    known = times.notna().to_numpy(bool).copy()
    for i in missing:
        reading = read_date(text.iloc[i])
        if reading is not None:
            when = pd.Timestamp(reading.in_order(like.order).when)
            when = when.tz_convert("UTC") if when.tzinfo else when.tz_localize("UTC")
            if first < when < last:
                values[i], known[i] = when.as_unit("ns").value, True
    if not known.any():
        return Stamps(np.full(len(text), np.nan), None)
    start = int(np.argmax(known))
    seconds = np.where(known, (values - values[start]) / 1e9, np.nan)
    reading = read_date(text.iloc[start]) or like
    if zoned or reading.when.tzinfo is not None:
        return Stamps(seconds, reading)
    reading = reading.in_order(like.order)
    return Stamps(seconds, _alone(reading) if certain else reading)


def _format(text: pd.Series[str], like: DateReading) -> str:
    """The pattern of the first cell, and so of most; the others are read one by one."""
    for cell in text[text != ""].head(_LOOK):
        reading = read_date(cell)
        if reading is not None:
            when = reading.in_order(like.order).when
            break
    else:
        return "ISO8601"
    iso = pd.to_datetime(pd.Series([cell]), format="ISO8601", errors="coerce", utc=True)
    if like.order == "ymd" and iso.notna().all():
        return "ISO8601"
    marks = _marks(_TOO_FINE.sub(r"\1", cell))
    forms = (form for form in _FORMS if _FORM_MARKS[form] == marks)
    return next((form for form in forms if _parsed(cell, form) == when), "ISO8601")


def _parsed(cell: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(_TOO_FINE.sub(r"\1", cell), form)
    except ValueError:
        return None


def _forms() -> Iterator[str]:
    """Patterns of moments: a day, what stands between, and a time of day."""
    marks = ("/", ".", "-")
    days = [f"%{a}{m}%{b}{m}%{c}" for m in marks for a, b, c in ("dmY", "mdY", "dmy",
            "mdy", "Ymd")]  # fmt: skip
    named = ["%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y",
             "%d. %B %Y", "%Y%m%d"]  # fmt: skip
    clocks = ["%H:%M:%S", "%H:%M:%S.%f", "%H:%M:%S,%f", "%I:%M:%S %p", "%I:%M:%S.%f %p",
              "%H:%M", "%I:%M %p", "%H-%M-%S", "%H-%M-%S.%f", "%H%M%S", "%H%M%S.%f",
              "%H.%M.%S"]  # fmt: skip
    for day, between, clock in itertools.product(
        [*days, *named], (" ", "T", "_"), clocks
    ):
        yield f"{day}{between}{clock}"
    yield "%a %b %d %H:%M:%S %Y"
    yield from ("%Y年%m月%d日 %H:%M:%S", "%Y年%m月%d日%H:%M:%S")
    yield from (*days, *named)


def _marks(text: str) -> str:
    """What is neither letter nor number, white space as one space.

    Where it differs, a pattern cannot fit: most need not be tried.
    """
    return re.sub(r"\s+", " ", re.sub(r"[^\W_]", "", text)).strip()


_FORMS = tuple(_forms())
_FORM_MARKS = {form: _marks(re.sub("%.", "", form)) for form in _FORMS}
