"""What OME-XML says of a movie: pixel size, plane times, exposures, start."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.dates import iso_stamp
from napari_insitu_tem.io.movies.facts import LONGEST_S, Facts
from napari_insitu_tem.io.movies.units import nm_per, seconds_per
from napari_insitu_tem.model.timebase import FrameTimes, to_ns

Element = ElementTree.Element


def take_ome(
    xml: str,
    frames: int,
    facts: Facts,
    *,
    image: int = 0,
    fixed: Mapping[str, int] | None = None,
) -> None:
    """Read one image of an OME-XML text.

    Parameters
    ----------
    xml
        The text.
    frames
        Number of frames; planes are counted along whichever of T, Z, C is longer
        than one and not fixed.
    image
        Its place among the images of the text.
    fixed
        Place along each axis of which one channel or slice was chosen.
    """
    facts.flavour = "OME"
    try:
        root = ElementTree.fromstring(xml)
    except ElementTree.ParseError:
        facts.warn("Its OME-XML cannot be parsed, so it has neither scale nor times.")
        return
    images = list(_all(root, "Image"))
    told = images[image] if image < len(images) else None
    pixels = None if told is None else _first(told, "Pixels")
    if told is None or pixels is None:
        return
    date = _first(told, "AcquisitionDate")
    if date is not None:
        facts.stamp = iso_stamp(date.text, "OME AcquisitionDate")
    facts.note(image_name=told.get("Name", ""))
    _take_pixel_size(pixels, facts)
    _take_times(pixels, frames, facts, fixed or {})


def _take_pixel_size(pixels: Element, facts: Facts) -> None:
    sizes = {axis: _number(pixels.get(f"PhysicalSize{axis}")) for axis in "XY"}
    known = [axis for axis, size in sizes.items() if not math.isnan(size)]
    if not known:
        return
    unit_x, unit_y = (
        pixels.get(f"PhysicalSize{axis if axis in known else known[0]}Unit", "µm")
        for axis in "XY"
    )
    x, y = (sizes[axis if axis in known else known[0]] for axis in "XY")
    per_x, per_y = nm_per(unit_x), nm_per(unit_y)
    if per_x and per_y and per_x != per_y:
        y *= per_y / per_x
    if unit_x != "reference frame":
        facts.calibrate(y, x, unit_x, "OME PhysicalSize")


def _take_times(
    pixels: Element, frames: int, facts: Facts, fixed: Mapping[str, int]
) -> None:
    """Plane stamps first, then the time increment."""
    starts = _of_planes(pixels, frames, "DeltaT", fixed)
    exposures = _of_planes(pixels, frames, "ExposureTime", fixed)
    starts[np.abs(starts) >= LONGEST_S] = np.nan
    given = int(np.isfinite(starts).sum())
    increment = _number(pixels.get("TimeIncrement"))
    unit = seconds_per(pixels.get("TimeIncrementUnit", "s"))
    if 0 < given == frames and (frames == 1 or np.ptp(starts) > 0):
        facts.times = FrameTimes(to_ns(starts), source="OME plane times (DeltaT)")
    elif math.isfinite(increment) and unit is not None:
        facts.time_evenly(frames, increment * unit, "OME TimeIncrement")
    elif 0 < given < frames:
        facts.warn(
            f"Only {given} of {frames} planes have a time, so the frames have no times."
        )
    _take_exposures(exposures, facts)


def _take_exposures(exposures: NDArray[np.float64], facts: Facts) -> None:
    if not np.all((exposures >= 0) & (exposures < LONGEST_S)):
        return
    facts.expose(float(exposures[0]))
    if facts.times is not None:
        facts.times = FrameTimes(
            facts.times.start_ns, to_ns(exposures), facts.times.source
        )


def _of_planes(
    pixels: Element, frames: int, name: str, fixed: Mapping[str, int]
) -> NDArray[np.float64]:
    """(frames,) seconds of an attribute of the planes, NaN where one has none."""
    values = np.full(frames, np.nan)
    strides = {a: n for a, n in _strides(pixels).items() if a not in fixed}
    for plane in _all(pixels, "Plane"):
        per = seconds_per(plane.get(f"{name}Unit", "s"))
        try:
            frame = sum(int(plane.get(f"The{a}", 0)) * n for a, n in strides.items())
            is_other = any(int(plane.get(f"The{a}", 0)) != n for a, n in fixed.items())
        except ValueError:
            continue
        if per is not None and not is_other and 0 <= frame < frames:
            values[frame] = _number(plane.get(name)) * per
    return values


def _strides(pixels: Element) -> dict[str, int]:
    """1 for the axis of T, Z, C along which the frames run, 0 for the others."""
    return {a: int(_number(pixels.get(f"Size{a}")) > 1) for a in "TZC"}


def _number(text: str | None) -> float:
    try:
        return float(text) if text else math.nan
    except ValueError:
        return math.nan


def _all(parent: Element, name: str) -> Iterable[Element]:
    """Children of a name, whatever the version of the namespace."""
    return (child for child in parent if child.tag.rpartition("}")[2] == name)


def _first(parent: Element, name: str) -> Element | None:
    return next(iter(_all(parent, name)), None)
