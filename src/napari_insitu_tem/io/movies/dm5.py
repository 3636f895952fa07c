"""Gatan DM5: images in HDF5, and the director of an in-situ recording in raw parts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.dm import dm_facts
from napari_insitu_tem.io.movies.dm_folder import read_folder
from napari_insitu_tem.io.movies.dm_image import DmImage
from napari_insitu_tem.io.movies.dm_tags import Block, Group, entries, number
from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.hdf5_file import (
    Hdf5Frames,
    attribute,
    child,
    children,
    is_frames,
    is_hdf5,
    open_frames,
    open_hdf5,
)
from napari_insitu_tem.io.movies.insitu_tree import has_parts
from napari_insitu_tem.io.movies.part_frames import (
    over_parts,
    raw_parts,
    recorded_frames,
)
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.dataset import Dataset
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

_MAX_DEPTH = 32


def _sniff(looked: Probe) -> float:
    if not is_hdf5(looked):
        return 0.0
    try:
        with open_hdf5(looked.path) as file:
            return 0.92 if child(file, "ImageList") is not None else 0.0
    except (ReadError, ModuleNotFoundError):
        return 0.0


def _read(
    paths: Sequence[Path], *, dataset: str = "", progress: Progress = no_progress
) -> Movie:
    path = paths[0]
    file = open_hdf5(path)
    source: Any = None
    try:
        facts = Facts()
        group, data = _choose(file, path, dataset, facts)
        tags = _tree(group, 0)
        claimed = recorded_frames(tags)
        parts = raw_parts(path) if math.isfinite(claimed) else []
        if claimed > 1 and not parts and has_parts(path.parent):
            return _tree_beside(path, claimed, progress)
        warnings: list[str] = []
        if parts:
            size = data.shape[-2], data.shape[-1]
            source = over_parts(parts, tags, size, data.dtype, path, warnings)
        else:
            source = open_frames(data, path, 0 if data.ndim == 3 else None)
            if claimed > source.shape[0]:
                warnings.append(
                    f"The recording of {int(claimed)} frames is not beside this file "
                    f"({path.stem}.raw); what it holds itself was opened."
                )
        shape = source.shape[0], source.shape[1], source.shape[2]
        image = DmImage(tags, 0, shape, shape[1:], data.dtype, warnings=warnings)
        dm_facts(image, facts)
    finally:
        if not isinstance(source, Hdf5Frames):
            file.close()
    facts.flavour = "in-situ, raw parts" if parts else ""
    return build_movie(
        source,
        facts,
        [path, *parts],
        name=path.stem,
        form="Gatan DM5",
        reader="h5py",
    )


def _tree_beside(director: Path, claimed: float, progress: Progress) -> Movie:
    """The recording in the Hour_ folders beside its director."""
    movie = read_folder([director.parent], progress=progress)
    said = [*movie.warnings]
    if claimed != len(movie):
        said.append(
            f"{director.name} counts {claimed:.0f} frames, there are {len(movie)} "
            "files; those were opened."
        )
    return replace(movie, name=director.stem, warnings=tuple(said))


def _choose(file: Any, path: Path, wanted: str, facts: Facts) -> tuple[Any, Any]:
    """The largest image of the list, or the wanted one, and its data.

    Thumbnails are left out where there is anything else.
    """
    thumbnails = {
        number(entry, "ImageIndex")
        for entry in entries(_tree(child(file, "Thumbnails"), 0))
    }
    found = []
    for name, group in children(child(file, "ImageList")):
        data = child(group, "ImageData", "Data")
        if is_frames(data) and min(data.shape) > 0:
            place = name.strip("[]")
            is_real = not (place.isdecimal() and float(place) in thumbnails)
            found.append((is_real, math.prod(data.shape), place, group, data))
    if not found:
        raise ReadError(
            f"{path.name} holds no image of real numbers.",
            hint="Save it again, or export the images as TIFF.",
            path=path,
        )
    found.sort(key=lambda entry: entry[:2], reverse=True)
    real = [entry for entry in found if entry[0]] or found
    datasets = [
        Dataset(
            place,
            str(attribute(group, "Name") or f"image {place}"),
            tuple(data.shape),
            str(data.dtype),
        )
        for _, _, place, group, data in real
    ]
    why = f"The file holds {len(real)} images; the largest was taken."
    return real[facts.choose(datasets, wanted, path, best=0, why=why)][3:]


def _tree(group: Any, depth: int) -> Group:
    """Groups and their attributes as a tree of tags, the way DM3 and DM4 give them."""
    tree: Group = {}
    if group is None or depth > _MAX_DEPTH:
        return tree
    for name in group.attrs:
        value = attribute(group, name)
        if isinstance(value, str):
            raw = value.encode("utf-16-le")
            tree[name] = Block(0, np.dtype("<u2"), len(raw) // 2, raw)
        elif isinstance(value, (int, float)):
            tree[name] = value
    for name, item in children(group):
        if not hasattr(item, "dtype"):
            tree[name.strip("[]")] = _tree(item, depth + 1)
    return tree


FORMAT = Format(
    name="Gatan DM5",
    kind="movie",
    maker="Gatan (GMS 3.4 and later: in-situ director with raw files)",
    extensions=(".dm5",),
    library="h5py",
    extra="hdf5",
    reads=(
        "images, stacks, and in-situ recordings in .raw, .raw_1, ... beside the file; "
        "scale, frame interval, exposure and start from the tags"
    ),
    missing="colour and complex images",
    sniff=_sniff,
    read=_read,
    beside=raw_parts,
    chooses=True,
)
