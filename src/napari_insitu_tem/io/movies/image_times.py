"""Frame times from the names of files or slices, where a clear pattern gives them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.units import seconds_per
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns

Timed = tuple[FrameTimes, StartStamp | None]

_CLOCK = re.compile(r"Hour_(\d+)_Minute_(\d+)_Second_(\d+)_Frame_(\d+)", re.IGNORECASE)
_UNIT = "ns|us|µs|ms|msec|s|sec|secs|seconds?|min|mins|minutes?|h|hr|hrs|hours?"
_QUANTITY = re.compile(
    rf"(?<![A-Za-z0-9.,])(\d+(?:[.,]\d+)?)[ _]?({_UNIT})(?![A-Za-z0-9])"
)
_DATE = re.compile(
    r"(?<!\d)((?:19|20)\d\d)[-_.]?(\d\d)[-_.]?(\d\d)(?: at |[T _-])"
    r"(\d\d)[-_.:h]?(\d\d)[-_.:m]?(\d\d)(?:[.,](\d{1,6}))?(?!\d)"
)
#: The same in digits alone: 20230506070809, with milliseconds 20230506070809250.
_DIGITS = re.compile(
    r"(?<!\d)((?:19|20)\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d{3})?(?!\d)"
)
#: Milliseconds since 1970, of the years 2001 to 2039.
_EPOCH = re.compile(r"(?<!\d)(1\d{12}|2[01]\d{11})(?!\d)")
_HMS = re.compile(
    r"(?<![A-Za-z0-9])(\d+)h(\d{1,2})m(?:in)?(\d{1,2}(?:\.\d+)?)s(?![a-z])"
)


def times_from_names(names: Sequence[str], what: str) -> Timed | None:
    """Times that every name gives in one and the same way.

    Patterns, in this order: `Hour_HH_Minute_MM_Second_SS_Frame_F`; a date and a time of
    day to the second; milliseconds since 1970; `1h02m03s`; a number with a unit of time
    (`1041sec`, `2min_05s`). Constant
    numbers are no times, and times that run backwards in the order of the names are
    taken for something else.

    Parameters
    ----------
    names
        Without extension, in the order of the frames.
    what
        Whose names they are, for the source: "file names".

    Returns
    -------
    times, stamp
        None where there is no clear pattern. A stamp where the names hold dates.
    """
    if len(names) < 2:
        return None
    for pattern in (_from_clock, _from_dates, _from_epoch, _from_hms, _from_quantities):
        found = pattern(names)
        if found is None:
            continue
        start_ns, when, step_s, form = found
        if np.any(np.diff(start_ns) < 0) or start_ns[-1] == start_ns[0]:
            continue
        source = f"{what} ({form})"
        stamp = None if when is None else StartStamp(when, step_s, source)
        return FrameTimes(start_ns, source=source), stamp
    return None


def times_from_stamps(stamps: Sequence[StartStamp | None]) -> FrameTimes | None:
    """Times from the date of every file.

    Returns
    -------
    FrameTimes
        None where one has no date, some have a zone and some not, or the dates are all
        the same or run backwards.
    """
    known = [stamp for stamp in stamps if stamp is not None]
    if len(known) < 2 or len(known) < len(stamps):
        return None
    if len({stamp.is_naive for stamp in known}) > 1:
        return None
    start_ns = to_ns([stamp.minus(known[0]) for stamp in known])
    if np.any(np.diff(start_ns) < 0) or start_ns[-1] == start_ns[0]:
        return None
    return FrameTimes(start_ns, source=f"{known[0].source} of each file")


Found = tuple[NDArray[np.int64], datetime | None, float, str]


def _from_clock(names: Sequence[str]) -> Found | None:
    """DigitalMicrograph's in-situ names; frames are spread evenly over their second."""
    matches = [_CLOCK.search(name) for name in names]
    if not all(matches):
        return None
    parts = np.array([m.groups() for m in matches if m], dtype=np.int64)
    second = parts[:, 0] * 3600 + parts[:, 1] * 60 + parts[:, 2]
    rate = _frames_a_second(second, parts[:, 3])
    start = second * 1_000_000_000 + np.rint(parts[:, 3] / rate * 1e9).astype(np.int64)
    return start, None, 1.0, "hour, minute, second, frame"


def _frames_a_second(
    second: NDArray[np.int64], frame: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(N,) frames in the second of each name; partial seconds take the usual number."""
    seconds, owner = np.unique(second, return_inverse=True)
    highest = np.zeros(seconds.size)
    np.maximum.at(highest, owner, frame + 1)
    inner = highest[1:-1] if seconds.size > 2 else highest
    usual = float(np.median(inner))
    # The first and the last second may hold only a part of their frames.
    ends = [0, seconds.size - 1]
    highest[ends] = np.maximum(highest[ends], usual)
    return np.asarray(highest[owner])


def _from_dates(names: Sequence[str]) -> Found | None:
    moments: list[datetime] = []
    fine = True
    for name in names:
        match = _DATE.search(name) or _DIGITS.search(name)
        if match is None:
            return None
        *whole, fraction = match.groups()
        try:
            moment = datetime(*(int(part) for part in whole))  # type: ignore[arg-type]
        except ValueError:
            return None
        fine = fine and fraction is not None
        micro = int((fraction or "0").ljust(6, "0"))
        moments.append(moment.replace(microsecond=micro))
    start = np.array(
        [round((m - moments[0]).total_seconds() * 1e6) * 1000 for m in moments],
        dtype=np.int64,
    )
    return start, moments[0], 0.001 if fine else 1.0, "date and time of day"


def _from_epoch(names: Sequence[str]) -> Found | None:
    """Thirteen digits that count the milliseconds since 1970."""
    found = [_EPOCH.findall(name) for name in names]
    if any(len(one) != 1 for one in found):
        return None
    ms = np.array([int(one[0]) for one in found], dtype=np.int64)
    when = datetime.fromtimestamp(int(ms[0]) / 1000, UTC)
    return (ms - ms[0]) * 1_000_000, when, 0.001, "milliseconds since 1970"


def _from_hms(names: Sequence[str]) -> Found | None:
    """Hours, minutes and seconds without anything between."""
    found = [_HMS.findall(name) for name in names]
    if any(len(one) != 1 for one in found):
        return None
    parts = np.array([[float(n) for n in one[0]] for one in found])
    return to_ns(parts @ (3600.0, 60.0, 1.0)), None, 1.0, "hours, minutes, seconds"


def _from_quantities(names: Sequence[str]) -> Found | None:
    """Numbers followed by a unit of time."""
    rows = [_QUANTITY.findall(name) for name in names]
    units = [tuple(unit for _, unit in row) for row in rows]
    if not units[0] or any(row != units[0] for row in units):
        return None
    factors = [seconds_per(unit) or 0.0 for unit in units[0]]
    numbers = np.array(
        [[float(number.replace(",", ".")) for number, _ in row] for row in rows]
    )
    varying = np.ptp(numbers, axis=0) > 0
    if all(a > b for a, b in itertools.pairwise(factors)):
        seconds = numbers @ np.array(factors)  # 1h_23min_10s
    elif varying.sum() == 1:
        column = int(np.flatnonzero(varying)[0])
        seconds = numbers[:, column] * factors[column]
    else:
        return None
    return to_ns(seconds), None, 1.0, "number with a unit"
