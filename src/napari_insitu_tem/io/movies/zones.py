"""The time zone in which a local date and a UTC date are the same moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone

_QUARTER = timedelta(minutes=15)
_NEAR = timedelta(minutes=5)
_FARTHEST = timedelta(hours=14)


def zone_between(utc: datetime, local: Iterable[datetime | None]) -> timezone:
    """Find the zone; UTC where no reading of the local date fits.

    Parameters
    ----------
    utc
        The moment, aware.
    local
        Naive readings of the local date, the likeliest first; zones are quarters of an
        hour, and the two dates may differ by five minutes.
    """
    for when in local:
        if when is None:
            continue
        behind = when.replace(tzinfo=UTC) - utc
        offset = round(behind / _QUARTER) * _QUARTER
        if abs(offset) <= _FARTHEST and abs(behind - offset) < _NEAR:
            return timezone(offset)
    return UTC
