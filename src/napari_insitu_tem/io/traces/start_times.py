"""Dates as instruments write them, and which of two readings of one is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from napari_insitu_tem.io.traces.date_words import in_english
from napari_insitu_tem.model.column_mapping import DateOrder
from napari_insitu_tem.model.timebase import StartStamp

_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_YEAR_FIRST = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST = re.compile(r"(?<![\d.])(\d{1,2})([-/.])(\d{1,2})\2'?(\d{4}|\d{2})(?![\d])")
_NAMED = re.compile(
    r"(?:(?P<d1>\d{1,2})[-.\s]{1,2})?"
    r"\b(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?[-,\s]{0,2}"
    r"(?:(?P<d2>\d{1,2})(?:st|nd|rd|th)?\b[-.,\s]{1,2})?(?P<year>\d{4})\b",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?<!\d)(?P<year>20\d{2})(?P<month>0[1-9]|1[0-2])(?P<day>[0-2]\d|3[01])"
    r"(?=[T _-]\d{2}:?\d{2})"
)
_OF_C = re.compile(  # Thu Mar 14 23:59:50 2024
    r"\b(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\s+(?P<d2>\d{1,2})"
    r"(?P<d1>)\s+(?=\d{1,2}:\d{2}).*?\s(?P<year>\d{4})\b",
    re.IGNORECASE,
)
#: Times of day behind a date, as in the names of files: _23-59-50, T235950.
_DASHED = re.compile(r"^(\s*_?)(\d{2})([-_])(\d{2})\3(\d{2})(?![\d-])")
_SOLID = re.compile(r"^(\s*_?)(\d{2})(\d{2})(\d{2})(?!\d)")
_IN_CHARACTERS = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_NAMED_SHORT = re.compile(
    r"(?<!\d)(?P<d1>\d{1,2})(?P<d2>)-"
    r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)-(?P<year>\d{2})\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?<!\d)(?P<h>\d{1,2})(?P<s1>[:.])(?P<m>\d{2})"
    r"(?:(?P=s1)(?P<s>\d{2})(?:[.,:](?P<f>\d{1,9}))?)?(?!\d)"
    r"\s*(?P<half>[ap]\.?\s?m\b\.?)?",
    re.IGNORECASE,
)
_ZONE = re.compile(r"^\s*(?:(?P<z>Z|UTC|GMT)|(?P<sign>[+-])(?P<h>\d{2}):?(?P<m>\d{2}))")


@dataclass(frozen=True)
class DateReading:
    """A date and time of day, with the other way to read it where there is one.

    Attributes
    ----------
    when
        The reading taken.
    order
        The order in which day, month and year were taken.
    other
        The reading with day and month exchanged, where it is possible and different.
    separator
        Between the numbers of the date: one of `-`, `/`, `.`, or empty.
    resolution_s
        The step in which the text gives it.
    """

    when: datetime
    order: DateOrder
    other: datetime | None = None
    separator: str = ""
    resolution_s: float = 1.0

    @property
    def is_ambiguous(self) -> bool:
        """Whether day and month can be exchanged."""
        return self.other is not None

    def exchanged(self) -> DateReading:
        """The other reading."""
        if self.other is None:
            return self
        order: DateOrder = "mdy" if self.order == "dmy" else "dmy"
        return DateReading(
            self.other, order, self.when, self.separator, self.resolution_s
        )

    def in_order(self, order: DateOrder) -> DateReading:
        """The reading in this order, where both are possible."""
        wrong = order in ("dmy", "mdy") and order != self.order
        return self.exchanged() if wrong else self

    def stamp(self, source: str) -> StartStamp:
        """As the start of a record."""
        return StartStamp(self.when, self.resolution_s, source)


def read_date(text: str) -> DateReading | None:
    """Find a date, with or without a time of day, in a text.

    ISO, day or month first with any separator, names of months in several languages,
    `hh.mm.ss`, fractions, 12-hour clocks and zones are understood. Without evidence a
    date of dots is day first and any other month first; `other` then holds the
    alternative.
    """
    text = in_english(_IN_CHARACTERS.sub(r"\1-\2-\3 ", text))
    for pattern, reader in (
        (_YEAR_FIRST, _year_first),
        (_COMPACT, _compact),
        (_OF_C, _named),
        (_NAMED, _named),
        (_NAMED_SHORT, _named),
        (_YEAR_LAST, _year_last),
    ):
        match = pattern.search(text)
        found = reader(match) if match else None
        if match is not None and found is not None:
            date, order, other, separator = found
            if pattern is _OF_C:
                return _with_clock(date, order, other, separator, match[0])
            rest = text[: match.start()] + " " + text[match.end() :].lstrip("Tt")
            return _with_clock(date, order, other, separator, rest)
    return None


Found = tuple[datetime, DateOrder, datetime | None, str]


def _date(year: int, month: int, day: int) -> datetime | None:
    if year < 100:
        year += 2000 if year < 70 else 1900
    if not 1950 <= year <= 2200:
        return None
    try:
        return datetime(year, month, day)
    except ValueError:
        return None


def _year_first(match: re.Match[str]) -> Found | None:
    date = _date(int(match[1]), int(match[3]), int(match[4]))
    return None if date is None else (date, "ymd", None, match[2])


def _year_last(match: re.Match[str]) -> Found | None:
    first, second, year = int(match[1]), int(match[3]), int(match[4])
    day_first = _date(year, second, first)
    month_first = _date(year, first, second)
    if day_first is None and month_first is None:
        return None
    if day_first is None or month_first is None or day_first == month_first:
        order: DateOrder = "mdy" if day_first is None else "dmy"
        return day_first or month_first, order, None, match[2]  # type: ignore[return-value]
    if match[2] == ".":
        return day_first, "dmy", month_first, "."
    return month_first, "mdy", day_first, match[2]


def _compact(match: re.Match[str]) -> Found | None:
    date = _date(int(match["year"]), int(match["month"]), int(match["day"]))
    return None if date is None else (date, "ymd", None, "")


def _named(match: re.Match[str]) -> Found | None:
    day = match["d2"] or match["d1"]
    if day is None:
        return None
    date = _date(int(match["year"]), _MONTHS[match["month"].lower()], int(day))
    return None if date is None else (date, "mdy" if match["d2"] else "dmy", None, "")


def _with_clock(
    date: datetime,
    order: DateOrder,
    other: datetime | None,
    separator: str,
    rest: str,
) -> DateReading:
    """Add the time of day, and the zone if there is one."""
    rest = _DASHED.sub(r"\1\2:\4:\5", rest)
    if order == "ymd" and not separator:
        rest = _SOLID.sub(r"\1\2:\3:\4", rest)
    match = _CLOCK.search(rest)
    if match is None or int(match["h"]) > 23 or int(match["m"]) > 59:
        return DateReading(date, order, other, separator, 86400.0)
    delta, resolution = _clock(match)
    zone = _zone(rest[match.end() :])
    when = (date + delta).replace(tzinfo=zone)
    swapped = None if other is None else (other + delta).replace(tzinfo=zone)
    return DateReading(when, order, swapped, separator, resolution)


def _clock(match: re.Match[str]) -> tuple[timedelta, float]:
    hour = int(match["h"])
    if half := match["half"]:
        hour = hour % 12 + (12 if half[0].lower() == "p" else 0)
    second, fraction = match["s"], match["f"]
    delta = timedelta(
        hours=hour,
        minutes=int(match["m"]),
        seconds=int(second or 0),
        microseconds=round(float(f"0.{fraction}") * 1e6) if fraction else 0,
    )
    if fraction:
        return delta, max(10.0 ** -len(fraction), 1e-6)
    return delta, 1.0 if second else 60.0


def _zone(text: str) -> timezone | None:
    match = _ZONE.match(text)
    if match is None:
        return None
    if match["z"]:
        return UTC
    offset = timedelta(hours=int(match["h"]), minutes=int(match["m"]))
    if offset >= timedelta(hours=24):
        return None
    return timezone(-offset if match["sign"] == "-" else offset)


def order_from(texts: Iterable[str]) -> DateOrder:
    """The order that other dates of the same file leave no choice about.

    Empty where they leave it open or contradict each other.
    """
    seen: set[DateOrder] = set()
    for text in texts:
        reading = read_date(text)
        if reading and not reading.is_ambiguous and reading.order in ("dmy", "mdy"):
            same = reading.when.day == reading.when.month
            if reading.separator and not same:
                seen.add(reading.order)
    return seen.pop() if len(seen) == 1 else ""


def settle(
    reading: DateReading,
    *,
    evidence: DateOrder = "",
    usual: DateOrder = "",
    not_before: datetime | None = None,
    now: datetime | None = None,
) -> tuple[DateReading, str]:
    """Choose between the two readings of a date.

    Parameters
    ----------
    evidence
        The order that the rest of the file shows; it decides.
    usual
        The order to take where nothing decides; the doubt is then put in words. Without
        it a date of dots is day first.
    not_before
        A moment that the date cannot precede (a calibration of the instrument).
    now
        A moment that it cannot follow; the computer's clock by default.

    Returns
    -------
    reading
        The one taken; its `other` is empty where the choice is certain.
    doubt
        A sentence with both readings where nothing decides, else empty.
    """
    if reading.other is None:
        return reading, ""
    if not evidence and not usual and reading.separator == ".":
        evidence = "dmy"
    if evidence in ("dmy", "mdy"):
        return _certain(reading.in_order(evidence)), ""
    possible = [
        choice
        for choice in (reading.in_order(usual), reading.in_order(usual).exchanged())
        if _is_possible(choice.when, not_before, now)
    ]
    if len(possible) == 1:
        return _certain(possible[0]), ""
    taken = reading.in_order(usual)
    assert taken.other is not None
    return taken, (
        f"The date of the start can be read as {taken.when:%d %B %Y} or as "
        f"{taken.other:%d %B %Y}; the first was taken."
    )


def _certain(reading: DateReading) -> DateReading:
    return DateReading(
        reading.when, reading.order, None, reading.separator, reading.resolution_s
    )


def _is_possible(when: datetime, after: datetime | None, now: datetime | None) -> bool:
    day = when.replace(tzinfo=None)
    latest = (now or datetime.now()) + timedelta(days=1)
    return day <= latest and (after is None or day.date() >= after.date())
