"""Zarr and OME-Zarr: a folder of chunks, with axes that may say what they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import numpy as np

from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.units import nm_per, seconds_per
from napari_insitu_tem.io.movies.zarr_chunks import ZarrFrames
from napari_insitu_tem.io.movies.zarr_images import (
    OWN,
    Attributes,
    Axis,
    Cut,
    ZarrImage,
    cuts_of,
    find_images,
)
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.dataset import Dataset
from napari_insitu_tem.model.errors import ReadError, TimeBaseError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp

_MARKS = ("zarr.json", ".zgroup", ".zarray")


def _sniff(looked: Probe) -> float:
    is_marked = any((looked.path / name).is_file() for name in _MARKS)
    return 0.95 if looked.is_dir and is_marked else 0.0


def _read(
    paths: Sequence[Path], *, dataset: str = "", progress: Progress = no_progress
) -> Movie:
    import zarr

    folder = paths[0]
    facts = Facts()
    opened = zarr.open(str(folder.resolve()), mode="r")
    found, why = find_images(opened, folder)
    image, cut = _choose(found, dataset, folder, facts, why)
    facts.flavour = image.flavour
    place = _inside(folder, image.way)
    source = ZarrFrames(image.array, place, cut.selection)
    _take_axes(image.axes, cut.time_axis, source.shape[0], facts)
    _take_own(image.notes, source.shape[0], facts)
    facts.note(dataset=image.way)
    return build_movie(
        source, facts, paths, name=folder.stem, form="Zarr", reader="zarr"
    )


def _inside(folder: Path, way: str) -> Path:
    """Where an array lies, which no link may lead out of the folder."""
    place = (folder / way).resolve()
    if not place.is_relative_to(folder.resolve()):
        raise ReadError(
            f"{way} in {folder.name} is a link to another place, which is not "
            "followed.",
            hint="Copy the folder with the files themselves.",
            path=folder,
        )
    return place


def _choose(
    images: Sequence[ZarrImage], wanted: str, folder: Path, facts: Facts, why: str
) -> tuple[ZarrImage, Cut]:
    """The wanted image and channel, else the first."""
    first, *others = images
    # One that cannot be a movie is none of the others, but is said of the first.
    cuts = [(first, cut) for cut in cuts_of(first, folder)]
    for image in others:
        with suppress(ReadError):
            cuts += [(image, cut) for cut in cuts_of(image, folder)]
    datasets = [
        Dataset(
            ", ".join(filter(None, (image.way, cut.name))) or folder.stem,
            ", ".join(filter(None, (image.name, cut.name))) or folder.stem,
            tuple(image.array.shape),
            str(image.array.dtype),
        )
        for image, cut in cuts
    ]
    why = why if others else ""
    if cuts[0][1].name:
        why = f"The file holds {len(cuts)} images; {datasets[0].name} was taken."
    return cuts[facts.choose(datasets, wanted, folder, best=0, why=why)]


def _take_axes(
    axes: Sequence[Axis], time_axis: int | None, frames: int, facts: Facts
) -> None:
    """Pixel size and frame interval."""
    if not axes:
        return
    y, x = axes[-2:]
    per_y, per_x = nm_per(y.unit), nm_per(x.unit)
    if per_y is not None and per_x is not None:
        facts.calibrate(y.step * per_y, x.step * per_x, "nm", "OME-Zarr scale")
    per = seconds_per(axes[time_axis].unit) if time_axis is not None else None
    if time_axis is not None and per is not None and frames > 1:
        facts.time_evenly(frames, axes[time_axis].step * per, "OME-Zarr scale")


def _take_own(notes: Attributes, frames: int, facts: Facts) -> None:
    """What this program wrote beside the axes, which have no place for it."""
    own = notes.get(OWN)
    if not isinstance(own, dict):
        return
    start, exposure = own.get("start_ns"), own.get("exposure_ns")
    try:
        if start is not None and len(start) == frames:
            source = str(own.get("source") or "times written beside the image")
            exposures = None if exposure is None else np.array(exposure, np.int64)
            facts.times = FrameTimes(np.array(start, np.int64), exposures, source)
        if own.get("began"):
            step = float(own.get("began_resolution_s", 1.0))
            when = datetime.fromisoformat(str(own["began"]))
            source = str(own.get("began_source") or "start written beside the image")
            facts.stamp = StartStamp(when, step if step > 0 else 1.0, source)
        if own.get("frame_sizes_nm") is not None:
            facts.calibrate_each(own["frame_sizes_nm"])
        u = float(own.get("u_relative", math.nan))
        if facts.calibration is not None and math.isfinite(u) and u >= 0:
            source = str(own.get("calibration") or facts.calibration.source)
            facts.calibration = type(facts.calibration)(
                *facts.calibration.scale_nm, u, source
            )
    except (TypeError, ValueError, OverflowError, TimeBaseError):
        facts.warn("What is said of its frames beside the image is damaged.")


FORMAT = Format(
    name="Zarr",
    kind="movie",
    maker="OME-Zarr (NGFF) writers, any program",
    extensions=(".zarr",),
    library="zarr",
    extra="zarr",
    reads=(
        "versions 2 and 3; of an OME-Zarr its first image in full resolution, with "
        "scale and frame interval, else the largest array, or the image, channel and "
        "slice that is chosen; frame by frame times and exposures where this program "
        "wrote it"
    ),
    missing="plates; zipped and remote folders",
    sniff=_sniff,
    read=_read,
    chooses=True,
)
