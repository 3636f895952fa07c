"""What a Zarr folder holds to choose from: images, and their channels and slices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.image_groups import natural_key
from napari_insitu_tem.io.movies.zarr_chunks import Selection
from napari_insitu_tem.model.errors import ReadError

#: The attribute under which frame times are written, which OME-Zarr has no place for.
OWN = "napari-insitu-tem"
_MAX_FRAMES = 5_000_000
_MAX_ITEMS = 1000
_MAX_CHOICE = 200
_DEPTH = 4
_NAMES = {"c": "channel", "z": "slice", "t": "time"}

Attributes = dict[str, Any]


class Axis:
    """What is said of an axis: its kind, unit and step."""

    def __init__(self, told: Any, step: float) -> None:
        told = told if isinstance(told, dict) else {"name": told}
        self.unit = str(told.get("unit") or "")
        kinds = {"time": "t", "channel": "c"}
        self.kind = kinds.get(str(told.get("type")), str(told.get("name")).lower()[:1])
        self.step = step


@dataclass(frozen=True)
class ZarrImage:
    """An array that may be a movie.

    Attributes
    ----------
    way
        From the folder to it.
    name
        As its description calls it, else the way.
    array
        Opened by Zarr.
    axes
        What is said of each axis; empty where nothing is.
    notes
        What is said of the whole.
    flavour
        Which kind of Zarr it is, in words.
    """

    way: str
    name: str
    array: Any
    axes: list[Axis] = field(default_factory=list)
    notes: Attributes = field(default_factory=dict)
    flavour: str = ""


@dataclass(frozen=True)
class Cut:
    """Which part of an array is the movie.

    Attributes
    ----------
    selection
        The part.
    time_axis
        Its axis of time; None where the frames are not said to lie along one.
    name
        Which channel or slice; "" where there is one.
    """

    selection: Selection
    time_axis: int | None
    name: str = ""


def find_images(opened: Any, folder: Path) -> tuple[list[ZarrImage], str]:
    """The arrays of a folder that may be movies, the one to take first.

    Returns
    -------
    list
        The described images, each in full resolution; else arrays, the largest first.
    str
        What to say where there are several: which was taken.

    Raises
    ------
    ReadError
        There is none, or what is described is not there.
    """
    import zarr

    if isinstance(opened, zarr.Array):
        return [ZarrImage("", "", opened, notes=dict(opened.attrs))], ""
    own = list(_described(opened, "", folder))
    if own:
        return own, f"The folder holds {len(own)} images; the first was taken."
    # Zarr gives them in the order in which its threads found them.
    members = sorted(
        opened.members(max_depth=_DEPTH), key=lambda member: natural_key(member[0])
    )[:_MAX_ITEMS]
    groups = [item for item in members if isinstance(item[1], zarr.Group)]
    found = [image for way, group in groups for image in _described(group, way, folder)]
    if found:
        return found, f"The folder holds {len(found)} images; the first was taken."
    root = dict(opened.attrs)
    arrays = [
        ZarrImage(way, way, item, notes={**root, **dict(item.attrs)})
        for way, item in members
        if isinstance(item, zarr.Array) and _is_frames(item)
    ]
    if not arrays:
        raise ReadError(
            f"{folder.name} is a Zarr folder without an image or a stack of images.",
            hint="Open the folder of the image itself.",
            path=folder,
        )
    arrays.sort(key=lambda one: (one.array.ndim > 2, one.array.size), reverse=True)
    why = (
        f"The folder holds {len(arrays)} arrays; the largest, {arrays[0].name}, was "
        "taken."
    )
    return arrays, why


def _described(group: Any, way: str, folder: Path) -> Iterator[ZarrImage]:
    """The images that a group's attributes describe as OME-Zarr has it."""
    import zarr

    notes = dict(group.attrs)
    ome = notes.get("ome", notes)
    scales = ome.get("multiscales") if isinstance(ome, dict) else None
    for told in scales if isinstance(scales, list) else ():
        name, axes = _first_resolution(told, folder)
        array = group.get(name)
        if not isinstance(array, zarr.Array):
            raise _damaged(folder, f"its image {name!r} is not there")
        place = f"{way}/{name}" if way else name
        title = str(told.get("name") or "").strip("/") or place
        yield ZarrImage(place, title, array, axes, notes, "OME-Zarr")


def _is_frames(array: Any) -> bool:
    return array.ndim >= 2 and np.dtype(array.dtype).kind in "iuf" and array.size > 0


def _first_resolution(scales: Any, folder: Path) -> tuple[str, list[Axis]]:
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
    return way, [Axis(axis, float(s)) for axis, s in zip(told, steps, strict=True)]


def cuts_of(image: ZarrImage, folder: Path) -> list[Cut]:
    """The movies of an array: which axis is that of the frames, what is fixed.

    Raises
    ------
    ReadError
        It is no series of images, or has too many further axes to choose from.
    """
    array, axes = image.array, image.axes
    shape = array.shape
    if not _is_frames(array) or (axes and len(axes) != array.ndim):
        raise _damaged(folder, f"an array of shape {shape} is no series of images")
    kinds = [axes[i].kind if axes else "" for i in range(len(shape) - 2)]
    channel = kinds.index("c") if "c" in kinds else None
    if channel is not None and not _is_colour(array, shape[channel], image.notes):
        channel = None
    rest = [i for i in range(len(kinds)) if i != channel]
    places = [i for i in rest if kinds[i] != "c"]
    places.sort(key=lambda i: (shape[i] == 1, kinds[i] != "t"))
    frame_axis = places[0] if places else None
    if frame_axis is not None and shape[frame_axis] > _MAX_FRAMES:
        raise _damaged(folder, f"it promises {shape[frame_axis]} frames")
    wide = [i for i in rest if i != frame_axis and shape[i] > 1]
    if wide and (not axes or math.prod(shape[i] for i in wide) > _MAX_CHOICE):
        raise ReadError(
            f"{folder.name} has several axes along which frames could lie: {shape}.",
            hint="Save the plane that you need as a series of its own.",
            path=folder,
        )
    is_time = frame_axis is not None and kinds[frame_axis] == "t"
    return [
        Cut(
            Selection(frame_axis, channel, tuple(zip(wide, place, strict=True))),
            frame_axis if is_time else None,
            ", ".join(
                f"{_NAMES.get(kinds[i], kinds[i])} {n + 1}"
                for i, n in zip(wide, place, strict=True)
            ),
        )
        for place in itertools.product(*(range(shape[i]) for i in wide))
    ]


def _is_colour(array: Any, channels: int, notes: Attributes) -> bool:
    """Whether channels are red, green and blue: of bytes, or where it was noted."""
    own = notes.get(OWN)
    is_noted = isinstance(own, dict) and bool(own.get("colour"))
    return channels in (3, 4) and (is_noted or np.dtype(array.dtype) == np.uint8)


def _damaged(folder: Path, what: str) -> ReadError:
    return ReadError(
        f"{folder.name} is damaged: {what}.", hint="Copy the folder again.", path=folder
    )
