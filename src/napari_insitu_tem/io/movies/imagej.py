"""What ImageJ writes into its TIFF files: unit, frame interval, slice labels."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from napari_insitu_tem.io.movies.facts import Facts
from napari_insitu_tem.io.movies.image_times import times_from_names
from napari_insitu_tem.io.movies.units import seconds_per

if TYPE_CHECKING:
    from tifffile import TiffFile


def take_imagej(tif: TiffFile, frames: int, facts: Facts) -> None:
    """Read ImageJ's calibration and times.

    The playback rate (`fps`) is never taken for a frame rate: ImageJ writes its own
    default into it.
    """
    meta: Mapping[str, Any] = tif.imagej_metadata or {}
    facts.flavour = "ImageJ"
    facts.note(**{k: v for k, v in meta.items() if k not in ("Info", "Labels")})
    _take_times(meta, frames, facts)


def imagej_unit(tif: TiffFile) -> tuple[object, object]:
    """Units of a pixel's height and width; ImageJ names the second where it differs."""
    meta: Mapping[str, Any] = tif.imagej_metadata or {}
    unit = meta.get("unit", "")
    return meta.get("yunit", unit), unit


def _take_times(meta: Mapping[str, Any], frames: int, facts: Facts) -> None:
    labels = _labels(meta.get("Labels"))
    interval = _interval_s(meta)
    stamped = (
        times_from_names(labels, "slice labels") if len(labels) == frames else None
    )
    if interval:
        facts.time_evenly(frames, interval, "ImageJ frame interval")
    elif stamped is not None:
        facts.times, facts.stamp = stamped
    elif frames > 1 and _number(meta.get("fps")):
        facts.warn(
            f"The file gives a playback rate ({meta['fps']:g} frames/s) but no frame "
            "interval; a playback rate is no frame rate, so the frames have no times."
        )


def _interval_s(meta: Mapping[str, Any]) -> float:
    """Seconds between frames; zero where the file does not say.

    A stack whose slices are apart in time (as imported from DigitalMicrograph) has the
    interval as its spacing, with a unit of time.
    """
    interval = _number(meta.get("finterval"))
    if interval:
        return interval * (seconds_per(meta.get("tunit", "sec")) or 0.0)
    per = seconds_per(meta.get("zunit"))
    return _number(meta.get("spacing")) * per if per else 0.0


def _labels(value: object) -> list[str]:
    """First line of each slice's label."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        return []
    return [str(label).strip().split("\n", 1)[0] for label in value]


def _number(value: object) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return float(value) if is_number else 0.0  # type: ignore[arg-type]
