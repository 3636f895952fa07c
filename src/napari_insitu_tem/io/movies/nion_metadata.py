"""What Nion Swift says of its data: axes, calibrations, dates, exposure.

Keys as Swift's own storage handlers and its import and export of data items have them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from napari_insitu_tem.io.movies.facts import Facts
from napari_insitu_tem.io.movies.units import is_reciprocal, nm_per, seconds_per
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.timebase import StartStamp

Properties = dict[str, Any]
_EXPORT = "Export the images from Nion Swift as a stack of their own."


def parse_properties(text: str | bytes) -> Properties:
    """The properties from their JSON text, of older versions too; {} where damaged."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    inner = found.get("data_source")
    if inner is None and isinstance(found.get("data_sources"), list):
        inner = next(iter(found["data_sources"]), None)
    return {**(inner if isinstance(inner, dict) else {}), **found}


@dataclass(frozen=True)
class Axes:
    """How an array is to be taken.

    Attributes
    ----------
    frames
        Number of images; they lie along the first axis where `is_stack`.
    shape
        Of an image as it lies in the file, with channels where it has colours.
    is_stack
        Whether the array has an axis of frames.
    """

    frames: int
    shape: tuple[int, ...]
    is_stack: bool


def axes_of(
    shape: Sequence[int], is_bytes: bool, properties: Properties, path: Path
) -> Axes:
    """Which axes are those of images.

    Parameters
    ----------
    shape
        Of the array.
    is_bytes
        Whether a pixel is one byte; colours always are.

    Raises
    ------
    ReadError
        It holds spectra, or more axes than a series of images has.
    """
    has_colour = is_bytes and len(shape) > 2 and shape[-1] in (3, 4)
    count = len(shape) - has_colour
    datum = properties.get("datum_dimension_count", 2)
    if count not in (2, 3) or datum != 2 or min(shape) <= 0:
        raise ReadError(
            f"{path.name} holds data of {len(shape)} axes of which {datum} are of one "
            "measurement, not a series of images.",
            hint=_EXPORT,
            path=path,
        )
    is_stack = count == 3
    frames = int(shape[0]) if is_stack else 1
    return Axes(frames, tuple(int(n) for n in shape[is_stack:]), is_stack)


def take_properties(properties: Properties, axes: Axes, facts: Facts) -> None:
    """Scale, times, exposure, start and what else is worth keeping."""
    named = properties.get("dimensional_calibrations")
    named = named or properties.get("spatial_calibrations")
    scales = [_scale(item) for item in named] if isinstance(named, list) else []
    if len(scales) == 2 + axes.is_stack:
        (y, unit), (x, unit_x) = scales[-2:]
        factors = nm_per(unit), nm_per(unit_x)
        if unit == unit_x or is_reciprocal(unit):
            facts.calibrate(y, x, unit, "Nion Swift calibration")
        elif factors[0] is not None and factors[1] is not None:
            facts.calibrate(y * factors[0], x * factors[1], "nm", "Nion Swift")
        if axes.is_stack:
            _take_interval(*scales[0], axes.frames, facts)
    hardware = _dict(_dict(properties.get("metadata")).get("hardware_source"))
    facts.expose(_number(hardware.get("exposure")))
    facts.note(
        title=str(properties.get("title") or ""),
        camera=str(hardware.get("hardware_source_name") or ""),
    )
    is_told = "datum_dimension_count" in properties or properties.get("is_sequence")
    if axes.is_stack and not is_told:
        facts.warn(
            "Nothing says which of its three axes are those of an image; the first was "
            "taken for that of the frames."
        )
    facts.stamp = _stamp(properties)
    if facts.stamp is not None and axes.is_stack:
        facts.warn(
            "Its start is the moment at which Nion Swift made the item, which may be "
            "after the first frame."
        )


def _take_interval(step: float, unit: str, frames: int, facts: Facts) -> None:
    per = seconds_per(unit)
    if per is not None and frames > 1:
        facts.time_evenly(frames, step * per, "calibration of the sequence")


def _scale(item: Any) -> tuple[float, str]:
    item = _dict(item)
    return _number(item.get("scale", 1.0)), str(item.get("units") or "")


def _stamp(properties: Properties) -> StartStamp | None:
    """When the item was made, in the zone of the program where that is told."""
    zone = _zone(properties.get("timezone_offset"))
    created = _date(properties.get("created"))
    if created is not None:
        return StartStamp(created.replace(tzinfo=UTC).astimezone(zone), 1e-3, "created")
    local = _dict(properties.get("datetime_modified"))
    when = _date(local.get("local_datetime") or properties.get("datetime_modified"))
    if when is None:
        return None
    offset = _zone(local.get("tz") or properties.get("datetime_modified_tz"))
    return StartStamp(when.replace(tzinfo=offset), 1e-3, "datetime_modified")


def _date(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).replace(tzinfo=None)
    except ValueError:
        return None


def _zone(text: Any) -> timezone | None:
    """An offset such as +0130; None, which is local time, where there is none."""
    match = re.fullmatch(r"([+-])(\d\d):?([0-5]\d)", str(text or ""))
    if match is None or int(match[2]) > 23:
        return None
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset)


def _dict(value: Any) -> Properties:
    return value if isinstance(value, dict) else {}


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return float("nan")
