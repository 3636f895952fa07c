"""Gatan DM3 and DM4 movies: images and stacks with the tags of DigitalMicrograph."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from napari_insitu_tem.io.movies.dm_image import DmImage, choose_image
from napari_insitu_tem.io.movies.dm_tags import (
    Group,
    byte_order,
    entries,
    number,
    read_tags,
    text,
)
from napari_insitu_tem.io.movies.dm_times import exposure_s, take_planes, take_start
from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.insitu_tree import clock_of
from napari_insitu_tem.io.movies.part_frames import (
    PartFrames,
    over_parts,
    raw_parts,
    recorded_frames,
)
from napari_insitu_tem.io.movies.raw_frames import RawFrames
from napari_insitu_tem.io.movies.units import is_reciprocal, nm_per, seconds_per
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress


def _sniff(looked: Probe) -> float:
    return 0.95 if byte_order(looked.head) else 0.0


def read_dm(
    paths: Sequence[Path], *, dataset: str = "", progress: Progress = no_progress
) -> Movie:
    """The movie in a file, or in the raw files of a recording whose director it is.

    Raises
    ------
    ReadError
        It is damaged, or holds no images of grey levels or colours.
    """
    path = paths[0]
    tags = read_tags(path)
    facts = Facts()
    image = choose_image(tags, path, dataset, facts)
    parts = _parts(image, path)
    source: RawFrames | PartFrames
    if parts:
        source = over_parts(
            parts, image.tags, image.shape[1:], image.dtype, path, image.warnings
        )
        image = replace(image, shape=(source.shape[0], *image.shape[1:]))
        facts.flavour = "in-situ, raw parts"
    else:
        source = RawFrames(
            path, image.offsets, image.stored_shape, image.dtype, finish=image.finish
        )
    return build_movie(
        source,
        dm_facts(image, facts),
        [path, *parts],
        name=path.stem,
        form=f"Gatan DM{tags.version}",
        reader="dm",
    )


def _parts(image: DmImage, path: Path) -> list[Path]:
    """The raw files of a recording whose director this is; none of any other image."""
    claimed = recorded_frames(image.tags)
    if not math.isfinite(claimed) or image.shape[0] > 1 or image.finish is not None:
        return []
    parts = raw_parts(path)
    # A frame of the tree may carry the count of its recording too.
    if not parts and claimed > 1 and not clock_of(path):
        image.warnings.append(
            f"The recording of {claimed:.0f} frames is not beside this file "
            f"({path.stem}.raw); the image that it holds itself was opened."
        )
    return parts


def dm_facts(image: DmImage, facts: Facts | None = None) -> Facts:
    """What the tags of an image say beside its pixels."""
    facts = Facts() if facts is None else facts
    facts.warnings += image.warnings
    own = image.tags.get("ImageTags", {})
    _take_scale(image.tags, facts)
    note_microscope(image.tags, facts)
    facts.expose(exposure_s(own))
    if image.shape[0] > 1:
        _take_interval(image, facts)
    take_start(own, facts)
    if facts.times is None and image.shape[0] > 1:
        take_planes(own, image.shape[0], facts)
    return facts


def note_microscope(tags: Group, facts: Facts) -> None:
    """Keep what the tags say of microscope, camera and counts."""
    own = tags.get("ImageTags", {})
    for key, *way in (
        ("magnification", "Microscope Info", "Indicated Magnification"),
        ("actual_magnification", "Microscope Info", "Actual Magnification"),
        ("high_tension_V", "Microscope Info", "Voltage"),
    ):
        value = number(own, *way)
        if math.isfinite(value):
            facts.note(**{key: value})
    facts.note(
        imaging_mode=text(own, "Microscope Info", "Imaging Mode"),
        illumination_mode=text(own, "Microscope Info", "Illumination Mode"),
        camera=text(own, "DataBar", "Device Name"),
        name=text(tags, "Name"),
    )
    scale = number(tags, "ImageData", "Calibrations", "Brightness", "Scale")
    unit = text(tags, "ImageData", "Calibrations", "Brightness", "Units")
    if unit and math.isfinite(scale):
        facts.note(intensity_scale=scale, intensity_unit=unit)


def _take_scale(tags: Group, facts: Facts) -> None:
    """Pixel size from the calibrations of the first two axes, x before y."""
    axes = entries(tags, "ImageData", "Calibrations", "Dimension")[:2]
    if len(axes) < 2:
        return
    (x, unit_x), (y, unit_y) = [(number(a, "Scale"), text(a, "Units")) for a in axes]
    per_x, per_y = nm_per(unit_x), nm_per(unit_y)
    source = "DigitalMicrograph calibration"
    if unit_x == unit_y or is_reciprocal(unit_x):
        facts.calibrate(abs(y), abs(x), unit_x, source)
    elif per_x is not None and per_y is not None:
        facts.calibrate(abs(y) * per_y, abs(x) * per_x, "nm", source)
    else:
        facts.warn(
            f"Its axes have the units {unit_x!r} and {unit_y!r}, of which not both are "
            "lengths, so lengths stay in pixels."
        )


def _take_interval(image: DmImage, facts: Facts) -> None:
    """Frame interval from the calibration of the third axis, if that is a time."""
    axes = entries(image.tags, "ImageData", "Calibrations", "Dimension")
    step, unit = math.nan, ""
    if len(axes) > 2:
        step, unit = number(axes[2], "Scale"), text(axes[2], "Units")
    per = seconds_per(unit)
    if per is None:
        if nm_per(unit) is not None:
            facts.warn(
                f"Its third axis is a length ({step:g} {unit}), not a time, so the "
                "frames have no times."
            )
        return
    facts.time_evenly(image.shape[0], step * per, "DigitalMicrograph calibration")
    exposed = facts.exposure_s
    if facts.times is not None and exposed is not None and exposed > 1.01 * step * per:
        facts.warn(
            f"Its exposure ({exposed:g} s) is longer than the time between frames "
            f"({step * per:g} s), so the frames have no exposure."
        )
        facts.exposure_s = None


FORMAT = Format(
    name="Gatan DM3/DM4",
    kind="movie",
    maker="Gatan (DigitalMicrograph, GMS)",
    extensions=(".dm3", ".dm4"),
    library="",
    reads=(
        "images and stacks of integers, real numbers, masks and RGB; of several images "
        "the largest, or the one that is chosen; the in-situ recording in .raw, "
        ".raw_1, ... beside its director image; scale, frame interval, exposure, "
        "start and microscope from the tags"
    ),
    missing="complex images, spectra and scanned diffraction",
    sniff=_sniff,
    read=read_dm,
    beside=raw_parts,
    chooses=True,
)
