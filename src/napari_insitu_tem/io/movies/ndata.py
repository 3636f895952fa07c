"""Nion Swift: .ndata (a zip of an array and its description), .h5 and .nhdf."""

from __future__ import annotations

import math
import struct
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

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
from napari_insitu_tem.io.movies.nion_metadata import (
    Axes,
    Properties,
    axes_of,
    parse_properties,
    take_properties,
)
from napari_insitu_tem.io.movies.raw_frames import (
    MAX_FRAME_BYTES,
    MAX_SIDE,
    RawFrames,
    whole_frames,
)
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.dataset import Dataset, find_dataset
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

_ZIP = b"PK\x03\x04"
_ARRAY, _TEXT = "data.npy", "metadata.json"
_MAX_TEXT = 2**24
_HEADER_BYTES = 4096


def _sniff(looked: Probe) -> float:
    if looked.head.startswith(_ZIP):
        is_named = any(n.encode() in looked.head[:256] for n in (_ARRAY, _TEXT))
        return 0.95 if is_named else 0.0
    if not is_hdf5(looked):
        return 0.0
    try:
        with open_hdf5(looked.path) as file:
            return 0.9 if _items(file) else 0.0
    except (ReadError, ModuleNotFoundError):
        return 0.0


def _read(
    paths: Sequence[Path], *, dataset: str = "", progress: Progress = no_progress
) -> Movie:
    path = paths[0]
    facts = Facts()
    with path.open("rb") as file:
        is_zip = file.read(4) == _ZIP
    if is_zip:
        source: RawFrames | Hdf5Frames = _from_zip(path, facts)
        if dataset:
            find_dataset((), dataset, path)
    else:
        source = _from_hdf5(path, dataset, facts)
    reader = "ndata" if is_zip else "h5py"
    return build_movie(
        source, facts, paths, name=path.stem, form="Nion Swift", reader=reader
    )


# -- zip -----------------------------------------------------------------------------


def _from_zip(path: Path, facts: Facts) -> RawFrames:
    """Frames by their offsets: Swift stores the array as it is."""
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(_ARRAY)
        text = archive.getinfo(_TEXT)
        properties = {}
        if text.file_size <= _MAX_TEXT:
            properties = parse_properties(archive.read(text))
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ReadError(
            f"The array in {path.name} is compressed, so that no frame can be read by "
            "itself.",
            hint="Export it again from Nion Swift, or unpack it and open it as TIFF.",
            path=path,
        )
    start, shape, dtype = _array_in(path, entry.header_offset)
    axes = axes_of(shape, dtype.itemsize == 1, properties, path)
    take_properties(properties, axes, facts)
    size = math.prod(axes.shape) * dtype.itemsize
    if max(axes.shape) > MAX_SIDE or size > MAX_FRAME_BYTES:
        raise _damaged(path, f"it promises frames of {axes.shape} pixels")
    frames = whole_frames(path.stat().st_size, start, size, axes.frames)
    if frames == 0:
        raise _damaged(path, "not one frame is complete")
    if frames < axes.frames:
        facts.warn(f"{frames} of {axes.frames} frames are there; the file is cut off.")
        facts.times = None
    offsets = range(start, start + frames * size, size)
    finish = _rgb if len(axes.shape) == 3 else None
    return RawFrames(path, offsets, axes.shape, dtype, finish=finish)


def _array_in(path: Path, at: int) -> tuple[int, tuple[int, ...], np.dtype[Any]]:
    """Where the numbers of the array begin, their shape and type."""
    with path.open("rb") as file:
        file.seek(at)
        local = file.read(30)
        if len(local) < 30 or not local.startswith(_ZIP):
            raise _damaged(path, "its array is not where its list says")
        skipped = sum(struct.unpack("<2H", local[26:30]))
        file.seek(at + 30 + skipped)
        header = BytesIO(file.read(_HEADER_BYTES))
    version = npy.read_magic(header)
    read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    shape, is_fortran, dtype = read(header)
    if dtype.kind not in "iuf" or dtype.itemsize > 8 or is_fortran:
        raise ReadError(
            f"{path.name} holds {dtype} numbers, which are no grey levels.",
            hint="Convert them in Nion Swift to real numbers first.",
            path=path,
        )
    return at + 30 + skipped + header.tell(), shape, dtype


def _rgb(frame: NDArray[Any]) -> NDArray[Any]:
    """Swift stores blue, green, red."""
    return np.ascontiguousarray(frame[..., [2, 1, 0]])


def _damaged(path: Path, what: str) -> ReadError:
    return ReadError(
        f"{path.name} is damaged: {what}.", hint="Copy the file again.", path=path
    )


# -- HDF5 ----------------------------------------------------------------------------


def _items(file: Any) -> list[tuple[Any, Properties]]:
    """Arrays with Swift's description: /data, or those in the group /data."""
    data = child(file, "data")
    found = [data] if is_frames(data) else [item for _, item in children(data)]
    return [
        (item, parse_properties(text))
        for item in found
        if is_frames(item) and isinstance(text := attribute(item, "properties"), str)
    ]


def _from_hdf5(path: Path, wanted: str, facts: Facts) -> RawFrames | Hdf5Frames:
    file = open_hdf5(path)
    source: RawFrames | Hdf5Frames | None = None
    try:
        items = _items(file)
        items.sort(key=lambda item: -math.prod(item[0].shape))
        datasets = [
            Dataset(
                key := str(data.name).strip("/"),
                str(properties.get("title") or key),
                tuple(data.shape),
                str(data.dtype),
            )
            for data, properties in items
        ]
        why = f"The file holds {len(items)} items; the largest was taken."
        data, properties = items[facts.choose(datasets, wanted, path, best=0, why=why)]
        axes: Axes = axes_of(data.shape, False, properties, path)
        take_properties(properties, axes, facts)
        source = open_frames(data, path, 0 if axes.is_stack else None)
        return source
    finally:
        if not isinstance(source, Hdf5Frames):
            file.close()


FORMAT = Format(
    name="Nion Swift",
    kind="movie",
    maker="Nion (Swift)",
    extensions=(".ndata", ".ndata1", ".h5", ".nhdf"),
    library="",
    reads=(
        "images and series of images, grey or (.ndata) colour; scale, interval of the "
        "sequence where it is calibrated in time, exposure, the moment the item was "
        "made; .h5 and .nhdf need the extra hdf5"
    ),
    missing="spectra and 4-D data; arrays that were compressed; Swift's Zarr storage",
    sniff=_sniff,
    read=_read,
    chooses=True,
)
