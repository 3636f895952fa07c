"""What the images of a series say together: scale, times, exposures, what differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.facts import Facts
from napari_insitu_tem.io.movies.image_files import ImageHeader
from napari_insitu_tem.io.movies.image_times import (
    are_unordered,
    times_from_names,
    times_from_stamps,
)
from napari_insitu_tem.io.movies.name_series import missing_numbers
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns


def merge_facts(
    first: ImageHeader,
    headers: Sequence[ImageHeader | None],
    images: Sequence[Path],
    facts: Facts,
) -> None:
    """Take the facts of the first image, and of each what may differ.

    Parameters
    ----------
    first
        Header of the first image that can be read.
    headers
        Of each image; None where it cannot be read.
    images
        The files, in the order of the frames.
    facts
        Those of the movie.

    Raises
    ------
    ReadError
        The images differ in size or type.
    """
    _refuse_others(first, headers, images)
    _take_first(first, headers, facts)
    _take_times([path.stem for path in images], headers, facts)
    _take_exposures(headers, facts)


def _refuse_others(
    first: ImageHeader, headers: Sequence[ImageHeader | None], images: Sequence[Path]
) -> None:
    for path, header in zip(images, headers, strict=True):
        if header and (header.shape, header.dtype) != (first.shape, first.dtype):
            raise ReadError(
                f"The images differ: {images[0].name} is "
                f"{in_words(first.shape, first.dtype)}, {path.name} is "
                f"{in_words(header.shape, header.dtype)}.",
                hint="Open only the images that belong to one movie.",
                path=path,
            )


def _take_first(
    first: ImageHeader, headers: Sequence[ImageHeader | None], facts: Facts
) -> None:
    """The facts of the first image, with the pixel size of each where they differ."""
    own = first.facts
    facts.flavour, facts.exposure_s = own.flavour, own.exposure_s
    facts.calibration, facts.stamp = own.calibration, own.stamp
    facts.metadata = own.metadata | _ranges([h.facts.metadata for h in headers if h])
    facts.warnings += [text for text in own.warnings if text not in facts.warnings]
    own_sizes = [header.facts.calibration if header else None for header in headers]
    facts.calibrate_each([c.scale_nm if c else (np.nan, np.nan) for c in own_sizes])
    read = [c for c, header in zip(own_sizes, headers, strict=True) if header]
    if facts.frame_sizes_nm is None and len({c is None for c in read}) > 1:
        facts.calibration = None
        facts.warn("Some of the images have no pixel size, so lengths stay in pixels.")


def _ranges(metadata: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Least and greatest of the numbers that differ between the images."""
    found: dict[str, float] = {}
    for key, first in metadata[0].items():
        values = [one.get(key) for one in metadata]
        numbers = [n for n in values if isinstance(n, (int, float))]
        if isinstance(first, (int, float)) and len(set(numbers)) > 1:
            found[f"{key}_min"], found[f"{key}_max"] = min(numbers), max(numbers)
    return found


def _take_times(
    names: Sequence[str], headers: Sequence[ImageHeader | None], facts: Facts
) -> None:
    """The instrument's stamps before names, names before plain file dates."""
    facts.times = None
    stamps = [header.facts.stamp if header else None for header in headers]
    from_stamps = times_from_stamps(stamps)
    named = times_from_names(names, "file names")
    is_plain = "DateTime tag" in (stamps[0].source if stamps[0] else "")
    is_coarse = from_stamps is not None and not np.diff(from_stamps.start_ns).all()
    if from_stamps is not None and (named is None or not (is_plain or is_coarse)):
        facts.times = from_stamps
        if is_plain:
            facts.warn(
                "The frame times are those at which the files were written, to the "
                "second; if they were exported later, type the frame interval instead."
            )
    elif named is not None:
        facts.times = named[0]
        facts.stamp = named[1] or (_zero_of(named[0], stamps[0]) if is_coarse else None)
    else:
        _say_what_lacks(names, facts)


def _take_exposures(headers: Sequence[ImageHeader | None], facts: Facts) -> None:
    """That of each image, where they differ; none where some are not known."""
    each = [header.facts.exposure_s if header else None for header in headers]
    known = [seconds for seconds in each if seconds is not None]
    if len(set(known)) < 2:
        return
    facts.exposure_s = None
    if facts.times is not None and len(known) == len(each):
        facts.times = replace(facts.times, exposure_ns=to_ns(known))
    else:
        facts.warn("The exposures of the images differ, so the frames have none.")


def _zero_of(times: FrameTimes, first: StartStamp | None) -> StartStamp | None:
    """The date at which the clock in the names stood at zero, by the first image's."""
    if first is None:
        return None
    return replace(first, when=first.when - timedelta(seconds=times.start_ns[0] / 1e9))


def _say_what_lacks(names: Sequence[str], facts: Facts) -> None:
    """Why the names give no times, where they seem to, and which frames are gone."""
    if are_unordered(names):
        facts.warn(
            "The times in the names do not rise in the order of the names, so the "
            "frames have none."
        )
    missing = missing_numbers(names)
    if missing:
        facts.warn(
            f"{len(missing)} numbers lack between the names, the first is "
            f"{missing[0]}: with a typed frame interval the frames behind would come "
            "too early."
        )


def in_words(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """Size and type of an image, for a sentence."""
    colour = f", {shape[2]} channels" if len(shape) > 2 else ""
    return f"{shape[0]} x {shape[1]} pixels{colour}, {dtype}"
