"""What the tags of a TIFF file say of scale, times and start, by who wrote them."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from napari_insitu_tem.io.movies.dates import tiff_stamp
from napari_insitu_tem.io.movies.facts import Facts
from napari_insitu_tem.io.movies.imagej import imagej_unit, take_imagej
from napari_insitu_tem.io.movies.jeol import take_jeol
from napari_insitu_tem.io.movies.ome import take_ome
from napari_insitu_tem.io.movies.units import nm_per, seconds_per
from napari_insitu_tem.model.timebase import StartStamp

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffPage

    from napari_insitu_tem.io.movies.tiff_layout import Layout

#: A resolution in pixels per cm is a scale only where it means less than this.
MICROSCOPY_NM = 1000.0
#: The same for ImageJ's units of print, in which it keeps the dots per inch of a file.
PRINT_UNITS = ("inch", "inches", "in", "cm")

# DigitalMicrograph's own tags: scale, unit for x, y and the third axis.
_DM_SCALE = (65009, 65010, 65011)
_DM_UNIT = (65003, 65004, 65005)
_CENTIMETRE = 3


def tiff_facts(
    tif: TiffFile,
    frames: int,
    facts: Facts | None = None,
    *,
    layout: Layout | None = None,
) -> Facts:
    """Everything known of the frames of an open file.

    Parameters
    ----------
    tif
        The file.
    frames
        Number of frames found in it.
    facts
        To be filled; new ones by default.
    layout
        Which pages of the file they are; the first ones by default.
    """
    facts = Facts() if facts is None else facts
    page = tif.pages.first
    if layout is not None and layout.tagged:
        page = tif.pages[layout.tagged].aspage()
    tags = page.tags
    is_first = page is tif.pages.first
    if tif.is_ome:
        image, fixed = (layout.image, layout.fixed) if layout else (0, {})
        take_ome(tif.ome_metadata or "", frames, facts, image=image, fixed=fixed)
    elif tif.is_imagej and is_first:
        take_imagej(tif, frames, facts)
        _take_resolution(page, imagej_unit(tif), "ImageJ scale", facts)
    elif _DM_SCALE[0] in tags:
        _take_dm(page, frames, facts)
    elif not is_first:
        pass  # what follows is said of the first page
    elif tif.is_fei:
        _take_fei(tif.fei_metadata or {}, facts)
    elif tif.is_tvips:
        _take_tvips(tif.tvips_metadata or {}, facts)
    elif tif.is_sis:
        _take_sis(tif.sis_metadata or {}, facts)
    elif "<TemReporter" in tif.pages.first.description[:200]:
        take_jeol(tif.pages.first.description, facts)
    _take_plain_tags(page, facts)
    return facts


def _take_resolution(
    page: TiffPage, units: tuple[object, object], source: str, facts: Facts
) -> None:
    """Pixels per unit of the resolution tags, as a pixel size."""
    tags = page.tags
    x, y = (_size(tags.valueof(code)) for code in (282, 283))
    unit_y, unit_x = units
    per_x, per_y = nm_per(unit_x), nm_per(unit_y)
    if x is None or y is None:
        return
    if unit_x in PRINT_UNITS and per_x and not x * per_x < MICROSCOPY_NM:
        return
    if per_x and per_y and per_x != per_y:
        y *= per_y / per_x
    facts.calibrate(y, x, unit_x, source)


def _size(resolution: Any) -> float | None:
    """Units per pixel of a resolution tag; NaN where the tag makes no sense."""
    if resolution is None:
        return None
    try:
        number, per = resolution
        return float(per / number)
    except (TypeError, ValueError, ZeroDivisionError):
        return math.nan


def _take_plain_tags(page: TiffPage, facts: Facts) -> None:
    """What any program may have written, where nothing better was found."""
    tags = page.tags
    if facts.stamp is None:
        facts.stamp = tiff_stamp(
            tags.valueof(306), "DateTime tag (when the file was written)"
        )
    if facts.calibration is None and not facts.flavour:
        x = _size(tags.valueof(282))
        is_cm = tags.valueof(296) == _CENTIMETRE
        if is_cm and x is not None and 0 < x * 1e7 < MICROSCOPY_NM:
            _take_resolution(page, ("cm", "cm"), "resolution tags, per cm", facts)
    for code, name in ((271, "make"), (272, "model"), (305, "software")):
        facts.note(**{name: tags.valueof(code)})
    if not facts.flavour:
        facts.note(description=page.description)
    if tags.valueof(262) == 0:
        facts.warn("The file stores white as zero; the values are kept as they are.")


def _take_dm(page: TiffPage, frames: int, facts: Facts) -> None:
    """DigitalMicrograph's export: a scale an axis, the third one may be time."""
    facts.flavour = "DigitalMicrograph"
    tags = page.tags
    x, y, step = (_float(tags.valueof(code)) for code in _DM_SCALE)
    unit_x, unit_y, unit_t = (tags.valueof(code) for code in _DM_UNIT)
    per_x, per_y = nm_per(unit_x), nm_per(unit_y)
    if per_x and per_y and per_x != per_y:
        y *= per_y / per_x
    facts.calibrate(y, x, unit_x, "DigitalMicrograph tags")
    seconds = seconds_per(unit_t)
    if frames > 1 and seconds is not None:
        facts.time_evenly(frames, step * seconds, "DigitalMicrograph time axis")


def _take_fei(meta: dict[str, Any], facts: Facts) -> None:
    """FEI and Thermo Fisher: sizes in metres, in sections."""
    facts.flavour = "FEI"
    for section in ("Scan", "EScan", "Image", "Camera"):
        values = meta.get(section)
        if isinstance(values, dict) and "PixelWidth" in values:
            x, y = (_float(values.get(f"Pixel{side}")) for side in ("Width", "Height"))
            facts.calibrate(y, x, "m", f"FEI {section}.PixelWidth")
            break
    user = meta.get("User")
    if isinstance(user, dict):
        facts.note(user_date=user.get("Date"), user_time=user.get("Time"))
    beam = meta.get("Beam")
    if isinstance(beam, dict):
        facts.note(high_tension_V=beam.get("HV"))


def _take_tvips(meta: dict[str, Any], facts: Facts) -> None:
    """TVIPS: nm a pixel, exposure in ms, the date packed into one number."""
    facts.flavour = "TVIPS"
    x, y = _float(meta.get("PixelSizeX")), _float(meta.get("PixelSizeY"))
    facts.calibrate(y, x, "nm", "TVIPS PixelSize")
    facts.expose(_float(meta.get("ExposureTime")) / 1e3)
    facts.note(
        magnification=meta.get("TemMagnification"),
        high_tension_V=meta.get("TemHighTension"),
        camera=meta.get("CameraType"),
    )
    packed, second = meta.get("Date", 0), meta.get("Time", 0)
    try:
        day = datetime(packed >> 16, packed >> 8 & 255, packed & 255)
        when = day + timedelta(seconds=int(second))
    except (TypeError, ValueError, OverflowError):
        return
    facts.stamp = StartStamp(when, 1.0, "TVIPS date and time")


def _take_sis(meta: dict[str, Any], facts: Facts) -> None:
    """Olympus SIS: metres a pixel and a date."""
    facts.flavour = "Olympus SIS"
    if "pixelsizex" in meta:
        x = _float(meta.get("pixelsizex"))
        y = _float(meta.get("pixelsizey", x))
        facts.calibrate(y, x, "m", "Olympus SIS pixel size")
    when = meta.get("datetime")
    if isinstance(when, datetime):
        facts.stamp = StartStamp(when, 60.0, "Olympus SIS date")
    facts.note(magnification=meta.get("magnification"), camera=meta.get("cameraname"))


def _float(value: Any) -> float:
    """A number out of a tag, NaN where it is none."""
    if isinstance(value, (tuple, list)) and len(value) == 1:
        value = value[0]
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
