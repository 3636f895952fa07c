"""Start and exposure in the tags of DigitalMicrograph images."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from napari_insitu_tem.io.movies.dm_tags import Group, entries, find, number, text
from napari_insitu_tem.io.movies.facts import LONGEST_S, Facts
from napari_insitu_tem.io.movies.zones import zone_between
from napari_insitu_tem.io.traces.start_times import DateReading, read_date
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns

_FILETIME_ZERO = datetime(1601, 1, 1, tzinfo=UTC)
_UNIX_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
#: The date of the data bar is when the image was made, some seconds after its start.
_LATE_S = 10.0
_EXPOSURES = (
    (("Acquisition", "Frame", "Sequence", "Frame Exposure (s)"), 1.0),
    (("Acquisition", "Frame", "Sequence", "Exposure Time (ns)"), 1e-9),
    (("Acquisition", "Parameters", "High Level", "Frame Exposure"), 1.0),
    (("Acquisition", "Parameters", "High Level", "Exposure (s)"), 1.0),
    (("Acquisition", "Parameters", "Detector", "exposure (s)"), 1.0),
    (("DataBar", "Exposure Time (s)"), 1.0),
)
_SEQUENCE = ("Acquisition", "Frame", "Sequence")
_EPOCH = "Acquisition Start Time (epoch)"


def exposure_s(tags: Group) -> float:
    """Exposure of a frame by its image tags; NaN where there is none."""
    for way, factor in _EXPOSURES:
        value = number(tags, *way) * factor
        if math.isfinite(value) and value > 0:
            return value
    return math.nan


def sequence_start(tags: Group) -> datetime | None:
    """When the recording began, in UTC; None where the tags do not say."""
    return from_epoch(number(tags, *_SEQUENCE, _EPOCH))


def frame_start_ns(tags: Group) -> float:
    """Nanoseconds from the start of the recording to this frame; NaN where unknown."""
    return number(tags, *_SEQUENCE, "Frame Start (ns)")


def made_at(tags: Group) -> datetime | None:
    """When the image was made, in UTC; None where the tags do not say."""
    return from_filetime(number(tags, "DataBar", "Acquisition Time (OS)"))


def from_epoch(value: float) -> datetime | None:
    """A start, which is written in milliseconds since 1970 or as a Windows FILETIME."""
    if value > 1e15:
        return from_filetime(value)
    if not 1e11 < value < 1e13:
        return None
    return _UNIX_ZERO + timedelta(milliseconds=value)


def from_filetime(value: float) -> datetime | None:
    """A date from 100 ns ticks since 1601, in UTC."""
    if not 1.2e17 < value < 1.6e17:  # 1981 to 2108
        return None
    return _FILETIME_ZERO + timedelta(microseconds=value / 10)


def take_start(tags: Group, facts: Facts) -> None:
    """Take the surest start: of the recording, of the image, or a local date text.

    The text beside a time in UTC tells the zone, in which the time is then given.
    """
    began, made, local = sequence_start(tags), made_at(tags), _local_date(tags)
    known = began or made
    if known is not None:
        zone = zone_between(made or known, [local.when, local.other] if local else [])
        source = f"{_EPOCH}" if began else "DataBar, Acquisition Time (OS)"
        step = 1e-3 if began else _LATE_S
        facts.stamp = StartStamp(known.astimezone(zone), step, f"tags ({source})")
    elif local is not None and local.is_ambiguous:
        written = text(tags, "DataBar", "Acquisition Date")
        facts.warn(
            f"Its date {written!r} can be read with the day or the month first, so the "
            "movie has no start."
        )
    elif local is not None:
        facts.stamp = StartStamp(
            local.when, _LATE_S, "tags (DataBar, Acquisition Date and Time)"
        )


def take_planes(tags: Group, frames: int, facts: Facts) -> None:
    """Times of a stack that was built while the microscope ran, a plane at a time.

    Its ticks are milliseconds; the stack's own tags are those of the source image.
    """
    planes = entries(tags, "plane info")
    ticks = np.array([number(plane, "added @ tick") for plane in planes])
    began = number(tags, "source", "created @ tick")
    if len(ticks) != frames or not np.isfinite([began, *ticks]).all():
        return
    is_long = ticks[-1] - began >= LONGEST_S * 1e3
    if began > ticks[0] or np.any(np.diff(ticks) <= 0) or is_long:
        return
    facts.times = FrameTimes(to_ns((ticks - began) / 1e3), source="tags (plane info)")
    take_start(find(tags, "source", "Tags at creation") or {}, facts)
    facts.warn(
        "The frame times are those at which each image was added to the stack, counted "
        "from when the stack was created."
    )


def _local_date(tags: Group) -> DateReading | None:
    """The date and time of the data bar, in whatever language Windows wrote them."""
    day = text(tags, "DataBar", "Acquisition Date")
    clock = text(tags, "DataBar", "Acquisition Time")
    if not day or not clock:
        return None
    day = re.sub(r"([A-Za-z]{3})-(\d\d)$", r"\1-20\2", day)
    found = read_date(f"{day} {clock}")
    is_american = re.search(r"\d [AP]M$", clock) and found and found.separator == "/"
    if found is not None and found.is_ambiguous and is_american:
        return replace(found.in_order("mdy"), other=None)
    return found
