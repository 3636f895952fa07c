"""Dates and times of day in the names of files or slices."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

#: Nanoseconds, date of the first, its step in seconds, what was found.
Found = tuple[NDArray[np.int64], datetime | None, float, str]

_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?: at |[T _-])"
    r"(\d\d)[-_.:h]?(\d\d)[-_.:m]?(\d\d)(?:[.,](\d{1,6}))?(?!\d)"
)
#: With the year at the end of the date; day and month may stand in either order.
_YEAR_LAST = re.compile(
    r"(?<!\d)(\d\d)[-_.](\d\d)[-_.]((?:19|20)\d\d)(?: at |[T _-])"
    r"(\d\d)[-_.:h](\d\d)[-_.:m](\d\d)(?:[.,](\d{1,6}))?(?!\d)"
)
#: Three digits behind a time of day: milliseconds, or a counter.
_BEHIND = re.compile(r"[-_ ](\d{3})(?!\d)")
#: The same in digits alone: 20230506070809, with milliseconds 20230506070809250.
_DIGITS = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})?(?!\d)"
)


def dates_in_names(names: Sequence[str]) -> Found | None:
    """Dates and times of day that every name has.

    Returns
    -------
    (T,) nanoseconds from the first, the first date, its step in seconds, what was found
        None where a name has no date, or dates of several days can be read with the
        day or the month first. No date where only that is open.
    """
    rows = [_date_in(name) for name in names]
    known = [row for row in rows if row is not None]
    if len(known) < len(rows) or len({row.is_year_last for row in known}) > 1:
        return None
    order = _day_first(known) if known[0].is_year_last else None
    moments: list[datetime] = []
    for row in known:
        one, two, year = row.date
        day, month = (two, one) if order is False else (one, two)
        micro = int((row.fraction or "0").ljust(6, "0"))
        try:
            moments.append(datetime(year, month, day, *row.clock, micro))
        except ValueError:
            return None
    if known[0].is_year_last and order is None and len({r.date for r in known}) > 1:
        return None  # other days, and no telling which number is the month
    ms = _milliseconds(names, known, moments)
    moments = (
        [m.replace(microsecond=1000 * n) for m, n in zip(moments, ms, strict=True)]
        if ms
        else moments
    )
    fine = bool(ms) or all(row.fraction is not None for row in known)
    start = np.array(
        [round((m - moments[0]).total_seconds() * 1e6) * 1000 for m in moments],
        dtype=np.int64,
    )
    is_sure = not known[0].is_year_last or order is not None
    when = moments[0] if is_sure else None
    return start, when, 0.001 if fine else 1.0, "date and time of day"


@dataclass(frozen=True)
class _Dated:
    """A date and a time of day in a name.

    Attributes
    ----------
    date
        Day, month and year; of a date with the year last in the order of the name.
    clock
        Hour, minute and second.
    fraction
        Digits behind the second; None where there are none.
    end
        Place in the name behind it.
    is_year_last
        Whether day and month may be the other way round.
    """

    date: tuple[int, int, int]
    clock: tuple[int, int, int]
    fraction: str | None
    end: int
    is_year_last: bool


def _date_in(name: str) -> _Dated | None:
    match = _DATE.search(name) or _DIGITS.search(name)
    is_year_last = match is None
    match = match or _YEAR_LAST.search(name)
    if match is None:
        return None
    *digits, fraction = match.groups()
    one, two, three, hour, minute, second = (int(part) for part in digits)
    date = (one, two, three) if is_year_last else (three, two, one)
    clock = hour, minute, second
    return _Dated(date, clock, fraction, match.end(), is_year_last)


def _day_first(rows: Sequence[_Dated]) -> bool | None:
    """Whether the day is the first number of the dates; None where both may be."""
    if any(row.date[0] > 12 for row in rows):
        return True
    return False if any(row.date[1] > 12 for row in rows) else None


def _milliseconds(
    names: Sequence[str], rows: Sequence[_Dated], moments: Sequence[datetime]
) -> list[int]:
    """Three digits behind the second, where they are no counter; else none."""
    found = [_BEHIND.match(n, r.end) for n, r in zip(names, rows, strict=True)]
    if not all(found) or any(row.fraction is not None for row in rows):
        return []
    ms = [int(match[1]) for match in found if match]
    steps = np.diff(ms)
    is_counter = bool(np.all((steps == 1) | (np.array(ms[1:]) <= 1)))
    whole = [1000 * round((m - moments[0]).total_seconds()) for m in moments]
    is_rising = bool(np.all(np.diff(np.add(whole, ms)) > 0))
    return ms if is_rising and not is_counter else []
