"""Zarr and OME-Zarr: a folder of chunks, with axes that may say what they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.units import nm_per, seconds_per
from napari_insitu_tem.io.movies.zarr_chunks import Selection, ZarrFrames
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError, TimeBaseError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp

#: The attribute under which frame times are written, which OME-Zarr has no place for.
OWN = "napari-insitu-tem"
_MARKS = ("zarr.json", ".zgroup", ".zarray")
_MAX_FRAMES = 5_000_000
_MAX_ARRAYS = 1000
_DEPTH = 4

Attributes = dict[str, Any]


def _sniff(looked: Probe) -> float:
    is_marked = any((looked.path / name).is_file() for name in _MARKS)
    return 0.95 if looked.is_dir and is_marked else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    import zarr

    folder = paths[0]
    facts = Facts()
    opened = zarr.open(str(folder.resolve()), mode="r")
    if isinstance(opened, zarr.Array):
        chosen: _Chosen = "", opened, [], dict(opened.attrs)
    else:
        chosen = _choose(opened, folder, facts)
    name, array, axes, notes = chosen
    selection, time_axis = _selection(array, axes, notes, folder, facts)
    source = ZarrFrames(array, (folder / name).resolve(), selection)
    _take_axes(axes, time_axis, source.shape[0], facts)
    _take_own(notes, source.shape[0], facts)
    facts.note(dataset=name)
    return build_movie(
        source, facts, paths, name=folder.stem, form="Zarr", reader="zarr"
    )


def _choose(group: Any, folder: Path, facts: Facts) -> _Chosen:
    """The first resolution of the first image, else the largest stack."""
    import zarr

    attributes = dict(group.attrs)
    ome = attributes.get("ome", attributes)
    scales = ome.get("multiscales") if isinstance(ome, dict) else None
    if isinstance(scales, list) and scales:
        facts.flavour = "OME-Zarr"
        name, axes = _first_resolution(scales[0], folder)
        array = group.get(name)
        if not isinstance(array, zarr.Array):
            raise _damaged(folder, f"its image {name!r} is not there")
        return name, array, axes, attributes
    arrays = [
        (way, item)
        for way, item in group.members(max_depth=_DEPTH)[:_MAX_ARRAYS]
        if isinstance(item, zarr.Array) and _is_frames(item)
    ]
    if not arrays:
        raise ReadError(
            f"{folder.name} is a Zarr folder without an image or a stack of images.",
            hint="Open the folder of the image itself.",
            path=folder,
        )
    name, array = max(arrays, key=lambda item: (item[1].ndim > 2, item[1].size))
    if len(arrays) > 1:
        facts.warn(
            f"The folder holds {len(arrays)} arrays; the largest, {name}, was taken."
        )
    return name, array, [], {**attributes, **dict(array.attrs)}


def _is_frames(array: Any) -> bool:
    return array.ndim >= 2 and np.dtype(array.dtype).kind in "iuf" and array.size > 0


class _Axis:
    """What is said of an axis: its kind, unit and step."""

    def __init__(self, told: Any, step: float) -> None:
        told = told if isinstance(told, dict) else {"name": told}
        self.unit = str(told.get("unit") or "")
        kinds = {"time": "t", "channel": "c"}
        self.kind = kinds.get(str(told.get("type")), str(told.get("name")).lower()[:1])
        self.step = step


#: Way to an array, the array, what is said of its axes, and of the whole.
_Chosen = tuple[str, Any, list[_Axis], Attributes]


def _first_resolution(scales: Any, folder: Path) -> tuple[str, list[_Axis]]:
    """Way to the image in full resolution, and its axes."""
    datasets = scales.get("datasets") if isinstance(scales, dict) else None
    first = datasets[0] if isinstance(datasets, list) and datasets else None
    way = str(first.get("path")) if isinstance(first, dict) else ""
    if not way or any(part in ("", ".", "..") for part in way.split("/")):
        raise _damaged(folder, "its description does not lead to an image")
    assert isinstance(first, dict)
    told = scales.get("axes") or list("tczyx")
    steps = np.ones(len(told))
    for holder in (scales, first):
        for change in holder.get("coordinateTransformations") or ():
            if change.get("type") == "scale":
                steps = steps * np.array(change["scale"], dtype=float)
    return way, [_Axis(axis, float(s)) for axis, s in zip(told, steps, strict=True)]


def _selection(
    array: Any, axes: list[_Axis], notes: Attributes, folder: Path, facts: Facts
) -> tuple[Selection, int | None]:
    """Which axis is that of the frames, and which that of time, where one is."""
    shape = array.shape
    if not _is_frames(array) or (axes and len(axes) != array.ndim):
        raise _damaged(folder, f"an array of shape {shape} is no series of images")
    kinds = [axes[i].kind if axes else "" for i in range(len(shape) - 2)]
    channel = kinds.index("c") if "c" in kinds else None
    is_colour = channel is not None and _is_colour(array, shape[channel], notes)
    if channel is not None and shape[channel] > 1 and not is_colour:
        facts.warn(f"The first of {shape[channel]} channels was taken.")
    others = [i for i in range(len(kinds)) if i != channel]
    wide = [i for i in others if shape[i] > 1]
    if len(wide) > 1:
        raise ReadError(
            f"{folder.name} has several axes along which frames could lie: {shape}.",
            hint="Save the plane that you need as a series of its own.",
            path=folder,
        )
    frame_axis = next(iter([*wide, *others]), None)
    if frame_axis is not None and shape[frame_axis] > _MAX_FRAMES:
        raise _damaged(folder, f"it promises {shape[frame_axis]} frames")
    is_time = frame_axis is not None and kinds[frame_axis] == "t"
    selection = Selection(frame_axis, channel if is_colour else None)
    return selection, frame_axis if is_time else None


def _is_colour(array: Any, channels: int, notes: Attributes) -> bool:
    """Whether channels are red, green and blue: of bytes, or where it was noted."""
    own = notes.get(OWN)
    is_noted = isinstance(own, dict) and bool(own.get("colour"))
    return channels in (3, 4) and (is_noted or np.dtype(array.dtype) == np.uint8)


def _take_axes(
    axes: Sequence[_Axis], time_axis: int | None, frames: int, facts: Facts
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


def _damaged(folder: Path, what: str) -> ReadError:
    return ReadError(
        f"{folder.name} is damaged: {what}.", hint="Copy the folder again.", path=folder
    )


FORMAT = Format(
    name="Zarr",
    kind="movie",
    maker="OME-Zarr (NGFF) writers, any program",
    extensions=(".zarr",),
    library="zarr",
    extra="zarr",
    reads=(
        "versions 2 and 3; of an OME-Zarr its first image in full resolution, with "
        "scale and frame interval, else the largest array; frame by frame times and "
        "exposures where this program wrote it"
    ),
    missing="further channels; series of volumes; plates; zipped and remote folders",
    sniff=_sniff,
    read=_read,
)
