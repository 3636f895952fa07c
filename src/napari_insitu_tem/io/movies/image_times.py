"""Frame times from the names of files or slices, where a clear pattern gives them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.name_dates import Found, dates_in_names
from napari_insitu_tem.io.movies.units import seconds_per
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns

Timed = tuple[FrameTimes, StartStamp | None]

_CLOCK = re.compile(r"Hour_(\d+)_Minute_(\d+)_Second_(\d+)_Frame_(\d+)", re.IGNORECASE)
_UNIX_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
_UNIT = "ns|us|µs|ms|msec|s|sec|secs|seconds?|min|mins|minutes?|h|hr|hrs|hours?"
_QUANTITY = re.compile(
    rf"(?<![A-Za-z0-9.,])t?(\d+(?:[.,p]\d+)?)[ _]?({_UNIT})(?![A-Za-z0-9])",
    re.IGNORECASE,
)
#: Seconds with a fraction, milliseconds or microseconds since 1970.
_EPOCH = re.compile(
    r"(?<![\d.])(1\d{9}\.\d{1,6}|1\d{12}|2[01]\d{11}|1\d{15})(?![\d.]*\d)"
)
#: Hours, minutes, seconds, milliseconds without anything between: 1h02m03s, 3s500ms.
_COMPOUND = re.compile(
    r"(?<![A-Za-z0-9])t?(?:(\d+)h)?(?:(\d+)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?"
    r"(?:(\d+)ms)?(?![A-Za-z0-9])",
    re.IGNORECASE,
)


def times_from_names(names: Sequence[str], what: str) -> Timed | None:
    """Times that every name gives in one and the same way.

    Patterns, in this order: `Hour_HH_Minute_MM_Second_SS_Frame_F`; a date and a time of
    day to the second or its fractions; milliseconds or microseconds since 1970;
    `1h02m03s`, `3s500ms`; a number with a unit of time (`1041sec`, `2min_05s`).
    Constant numbers are no times, and times that run backwards in the order of the
    names are taken for something else.

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
    for pattern in _PATTERNS:
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


def order_of_dates(names: Sequence[str]) -> list[int] | None:
    """Places of the names in the order of the dates in them; None where they have none.

    Names that differ in something else too are not in that order by themselves.
    """
    for pattern in (dates_in_names, _from_epoch):
        found = pattern(names)
        if found is not None:
            order: list[int] = np.argsort(found[0], kind="stable").tolist()
            return order
    return None


def are_unordered(names: Sequence[str]) -> bool:
    """Whether there are times in the names that run back and forth."""
    found = [pattern(names) for pattern in _PATTERNS]
    return any(one is not None and bool(np.any(np.diff(one[0]) < 0)) for one in found)


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


def _from_clock(names: Sequence[str]) -> Found | None:
    """DigitalMicrograph's in-situ names; frames are spread evenly over their second."""
    matches = [_CLOCK.search(name) for name in names]
    if not all(matches):
        return None
    parts = np.array([m.groups() for m in matches if m], dtype=np.int64)
    second = parts[:, 0] * 3600 + parts[:, 1] * 60 + parts[:, 2]
    # Counted from 1 where no second after the first has a frame 0.
    later = parts[second > second[0], 3]
    frame = parts[:, 3] - bool(
        later.size and parts[:, 3].min() > 0 and later.min() == 1
    )
    rate = _frames_a_second(second, frame)
    start = second * 1_000_000_000 + np.rint(frame / rate * 1e9).astype(np.int64)
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


def _from_epoch(names: Sequence[str]) -> Found | None:
    """Ten digits with a fraction, thirteen or sixteen digits, since 1970."""
    found = [_EPOCH.findall(name) for name in names]
    if any(len(one) != 1 for one in found):
        return None
    texts = [one[0] for one in found]
    if len({len(text.partition(".")[0]) for text in texts}) > 1:
        return None
    us = np.array([_microseconds(text) for text in texts], dtype=np.int64)
    when = _UNIX_ZERO + timedelta(microseconds=int(us[0]))
    return (us - us[0]) * 1000, when, 0.001, "milliseconds since 1970"


def _microseconds(epoch: str) -> int:
    whole, _, fraction = epoch.partition(".")
    return int((whole + fraction).ljust(16, "0"))


def _from_compound(names: Sequence[str]) -> Found | None:
    """Hours, minutes, seconds, milliseconds without anything between."""
    found = []
    for name in names:
        groups = [m.groups() for m in _COMPOUND.finditer(name)]
        several = [g for g in groups if sum(part is not None for part in g) > 1]
        if len(several) != 1:
            return None
        found.append(several[0])
    if len({tuple(part is None for part in groups) for groups in found}) > 1:
        return None
    parts = np.array([[float(part or 0) for part in groups] for groups in found])
    seconds = parts @ (3600.0, 60.0, 1.0, 1e-3)
    return to_ns(seconds), None, 1.0, "hours, minutes, seconds"


def _from_quantities(names: Sequence[str]) -> Found | None:
    """Numbers followed by a unit of time."""
    rows = [_QUANTITY.findall(name) for name in names]
    units = [tuple(unit.lower() for _, unit in row) for row in rows]
    if not units[0] or any(row != units[0] for row in units):
        return None
    factors = [seconds_per(unit) or 0.0 for unit in units[0]]
    numbers = np.array(
        [[float(re.sub("[,pP]", ".", number)) for number, _ in row] for row in rows]
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


_PATTERNS = (_from_clock, dates_in_names, _from_epoch, _from_compound, _from_quantities)
