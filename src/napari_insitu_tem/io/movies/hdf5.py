"""HDF5 movies: Berkeley EMD, NeXus, and any file with a stack of images."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.hdf5_axes import Axis, axis_of
from napari_insitu_tem.io.movies.hdf5_file import (
    Hdf5Frames,
    attribute,
    child,
    deep_axes,
    is_frames,
    is_hdf5,
    open_frames,
    open_hdf5,
    walk,
)
from napari_insitu_tem.io.movies.units import is_reciprocal, nm_per, seconds_per
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.dataset import Dataset
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes, to_ns

_MAX_CHAIN = 8
_MAX_CHOICE = 200


def _sniff(looked: Probe) -> float:
    return 0.5 if is_hdf5(looked) else 0.0


def _read(
    paths: Sequence[Path], *, dataset: str = "", progress: Progress = no_progress
) -> Movie:
    path = paths[0]
    file = open_hdf5(path)
    source: Any = None
    try:
        facts = Facts()
        stack, parent = _choose(file, path, dataset, facts)
        axes = [axis_of(parent, stack, i) for i in range(stack.ndim)]
        deep = deep_axes(stack)
        time_axis = _time_axis(stack, axes) if deep is None else deep[0]
        source = open_frames(stack, path, time_axis)
        image_axes = [axis for i, axis in enumerate(axes) if i != time_axis]
        if deep is not None:
            image_axes = [axes[deep[1]], axes[deep[2]]]
        _take_scale(image_axes, facts)
        if time_axis is not None:
            _take_times(axes[time_axis], stack.shape[time_axis], facts)
        facts.note(dataset=str(stack.name))
    finally:
        if not isinstance(source, Hdf5Frames):
            file.close()
    return build_movie(source, facts, paths, name=path.stem, form="HDF5", reader="h5py")


def _choose(file: Any, path: Path, wanted: str, facts: Facts) -> tuple[Any, Any]:
    """The marked stack, else the largest one, and the group that describes it.

    The others can be wanted as well: stacks first, the largest of each kind first.
    """
    best: dict[int, Any] = {}
    marked, most = _default(file), 0
    for way, item in walk(file):
        most = max(most, getattr(item, "ndim", 0))
        is_stack = is_frames(item) or deep_axes(item) is not None
        if is_stack and min(item.shape) > 0:
            parent = child(file, *way.strip("/").split("/")[:-1]) or file
            rank = (parent == marked, *_rank(parent, item, way))
            entry = rank, way, item, parent
            # The same data may lie in several groups, of which one describes it.
            key = hash(item.id)
            best[key] = max(best.get(key, entry), entry, key=lambda entry: entry[0])
    found = list(best.values())
    if not found:
        more = f"; it has an array of {most} axes" if most > 3 else ""
        raise ReadError(
            f"{path.name} is an HDF5 file without an image or a stack of images{more}.",
            hint="Sum or cut it to images over time, and save those as TIFF."
            if more
            else "Open the file that holds the images, or export them as TIFF.",
            path=path,
        )
    found = sorted(found, key=lambda entry: entry[0], reverse=True)[:_MAX_CHOICE]
    like = sum(entry[0][:-1] == found[0][0][:-1] for entry in found)
    datasets = [
        Dataset(way.strip("/"), way.strip("/"), tuple(item.shape), str(item.dtype))
        for _, way, item, _ in found
    ]
    why = (
        f"The file holds {like} stacks of images; the largest, {found[0][1]}, was "
        "taken."
    )
    wanted = wanted.strip("/")
    place = facts.choose(datasets, wanted, path, best=0, why=why if like > 1 else "")
    _, _, chosen, parent = found[place]
    if attribute(parent, "emd_group_type") is not None:
        facts.flavour = "Berkeley EMD"
    elif attribute(parent, "NX_class") is not None:
        facts.flavour = "NeXus"
    return chosen, parent


def _default(file: Any) -> Any:
    """The group to which NeXus's attributes `default` lead; None without them."""
    group = file
    for _ in range(_MAX_CHAIN):
        name = attribute(group, "default")
        if not isinstance(name, str):
            break
        group = child(group, *name.strip("/").split("/"))
        if group is None:
            return None
    return None if group is file else group


def _rank(parent: Any, item: Any, way: str) -> tuple[bool, bool, int]:
    """Whether the file marks it as its signal, whether it is a stack, its size."""
    name = way.rpartition("/")[2]
    is_signal = attribute(parent, "signal") == name or attribute(item, "signal") == 1
    is_emd = attribute(parent, "emd_group_type") in (1, "array") and name == "data"
    return is_signal or is_emd, item.ndim > 2, math.prod(item.shape)


def _time_axis(dataset: Any, axes: Sequence[Axis]) -> int | None:
    """The axis in a unit of time, else one that is stored a frame at a time."""
    if dataset.ndim == 2:
        return None
    timed = [i for i, axis in enumerate(axes) if axis.is_time and i != 1]
    if timed:
        return timed[0]
    chunks = dataset.chunks
    is_last = chunks is not None and chunks[2] == 1 and chunks[0] > 1
    return 2 if is_last and dataset.shape[2] > 1 else 0


def _take_scale(axes: Sequence[Axis], facts: Facts) -> None:
    """Pixel size from the spacing of the axes' positions."""
    y, x = axes
    if math.isnan(y.step) or math.isnan(x.step):
        return
    per_y, per_x = nm_per(y.unit), nm_per(x.unit)
    if y.unit == x.unit or is_reciprocal(y.unit):
        facts.calibrate(y.step, x.step, y.unit, "axes in the file")
    elif per_y is not None and per_x is not None:
        facts.calibrate(y.step * per_y, x.step * per_x, "nm", "axes in the file")


def _take_times(axis: Axis, frames: int, facts: Facts) -> None:
    """The positions along the axis of time are the times."""
    per = seconds_per(axis.unit)
    if per is None or axis.positions is None or frames < 2:
        return
    seconds = np.asarray(axis.positions, dtype=np.float64) * per
    if len(seconds) == 2 and frames > 2:  # the first two of even ones
        seconds = seconds[0] + np.arange(frames) * (seconds[1] - seconds[0])
    is_usable = len(seconds) == frames and np.isfinite(seconds).all()
    if not is_usable or np.ptp(seconds) == 0 or np.abs(seconds).max() > 9e9:
        facts.warn("Its axis of time does not fit its frames and was not used.")
        return
    facts.times = FrameTimes(to_ns(seconds), source=f"axis {axis.name!r} of the file")


FORMAT = Format(
    name="HDF5",
    kind="movie",
    maker="Berkeley EMD (ncempy, py4DSTEM), NeXus, HyperSpy, any program",
    extensions=(".emd", ".h5", ".hdf5", ".nxs", ".nx", ".hdf", ".hspy"),
    library="h5py",
    extra="hdf5",
    reads=(
        "the stack that the file marks as its signal, else the largest, or the one "
        "that is chosen; scale and frame times from the axes of Berkeley EMD (0.2 and "
        "1.0), NeXus, HyperSpy and from dimension scales"
    ),
    missing=(
        "four axes and more, but for axes of length one and colour; files whose frames "
        "lie behind links in other files"
    ),
    sniff=_sniff,
    read=_read,
    chooses=True,
)
