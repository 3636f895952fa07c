"""Date texts in image files, with the step in which they were written."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from napari_insitu_tem.model.timebase import StartStamp

#: Formats of TIFF's DateTime tag, the right one first, with their steps in seconds.
_TIFF_FORMATS = (
    ("%Y:%m:%d %H:%M:%S", 1.0),
    ("%Y-%m-%d %H:%M:%S", 1.0),
    ("%Y/%m/%d %H:%M:%S", 1.0),
    ("%Y%m%d %H:%M:%S", 1.0),
    ("%Y:%m:%d %H:%M", 60.0),
    ("%Y/%m/%d %H:%M", 60.0),
)
_OLE_ZERO = datetime(1899, 12, 30)


def tiff_stamp(text: object, source: str) -> StartStamp | None:
    """The stamp in a TIFF DateTime tag; naive, None where it cannot be read."""
    plain = str(text or "").strip().strip("\x00")
    for form, step in _TIFF_FORMATS:
        try:
            return StartStamp(datetime.strptime(plain, form), step, source)
        except ValueError:
            continue
    return iso_stamp(plain, source)


def iso_stamp(text: object, source: str) -> StartStamp | None:
    """The stamp in an ISO 8601 text; aware where the text gives a zone."""
    plain = str(text or "").strip()
    if not re.match(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}", plain):
        return None
    try:
        when = datetime.fromisoformat(plain)
    except ValueError:
        return None
    fraction = re.search(r":\d{2}[.,](\d+)", plain)
    digits = min(len(fraction.group(1)), 6) if fraction else 0
    return StartStamp(when, 10.0**-digits, source)


def from_ole_days(days: float) -> datetime:
    """Naive date from days since 1899-12-30, the way of OLE automation."""
    return _OLE_ZERO + timedelta(days=days)
