"""HDF5 files: opened without following links, frames read by offset where possible."""

from __future__ import annotations

import math
import threading
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.movies.hdf5_vet import vet_hdf5
from napari_insitu_tem.io.movies.raw_frames import MAX_FRAME_BYTES, MAX_SIDE, RawFrames
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.model.errors import ReadError

if TYPE_CHECKING:
    import h5py

_MAGIC = b"\x89HDF\r\n\x1a\n"
_MAX_OBJECTS = 20_000
_MAX_LINKS = 8
_MOST_AXES = 6
_MAX_ATTRIBUTE = 1000
_MAX_BY_OFFSET = 200_000


def is_hdf5(looked: Probe) -> bool:
    """Whether a file begins as HDF5."""
    return looked.head.startswith(_MAGIC)


def open_hdf5(path: Path) -> h5py.File:
    """Open a file for reading.

    Raises
    ------
    ModuleNotFoundError
        h5py is not installed.
    ReadError
        The file is damaged, or another program writes to it.
    """
    import h5py

    with reading(path):
        vet_hdf5(path)
        return h5py.File(path, "r")


def child(group: Any, *names: str) -> Any:
    """What lies in a group under a way of names; None where a link leads elsewhere.

    A soft link is followed within the file.
    """
    return _child(group, names, _MAX_LINKS)


def _child(group: Any, names: Sequence[str], links: int) -> Any:
    import h5py

    for name in names:
        if not isinstance(group, h5py.Group) or name in ("", ".", ".."):
            return None
        link = group.get(name, getlink=True) if name in group.id else None
        if isinstance(link, h5py.SoftLink):
            start = group.file if link.path.startswith("/") else group
            way = link.path.strip("/").split("/")
            group = _child(start, way, links - 1) if links else None
        else:
            group = group[name] if isinstance(link, h5py.HardLink) else None
    return group


def children(group: Any) -> Iterator[tuple[str, Any]]:
    """Names and objects of a group, without those behind links."""
    import h5py

    if isinstance(group, h5py.Group):
        for name in group:
            found = child(group, name)
            if found is not None:
                yield name, found


def walk(group: Any) -> Iterator[tuple[str, Any]]:
    """Ways and objects below a group, at most twenty thousand.

    A dataset comes once for each group that it is in; a group comes once.
    """
    todo: list[tuple[str, Any]] = [("", group)]
    seen: set[int] = set()
    count = 0
    while todo and count < _MAX_OBJECTS:
        way, here = todo.pop()
        for name, found in children(here):
            key, count = found.id.__hash__(), count + 1
            is_group = not hasattr(found, "dtype")
            if is_group and key in seen:
                continue
            seen.add(key)
            yield f"{way}/{name}", found
            if is_group:
                todo.append((f"{way}/{name}", found))


def attribute(item: Any, name: str) -> Any:
    """An attribute as a plain value: text, number or list; None where there is none.

    Other kinds are left alone: the HDF5 library does not survive a text whose type is
    damaged so that it became a list.
    """
    from h5py import h5a, h5t

    kinds = (h5t.INTEGER, h5t.FLOAT, h5t.STRING, h5t.ENUM)
    if not h5a.exists(item.id, name.encode()):
        return None
    found = h5a.open(item.id, name.encode())
    is_small = math.prod(found.shape) <= _MAX_ATTRIBUTE
    if found.get_type().get_class() not in kinds or not is_small:
        return None
    value = item.attrs[name]
    if isinstance(value, np.ndarray):
        plain = [_plain(part) for part in value.ravel()]
        return plain[0] if len(plain) == 1 else plain
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip("\x00 ")
    return value.item() if isinstance(value, np.generic) else value


def is_frames(item: Any) -> bool:
    """Whether an object is an array of numbers with two or three axes of images."""
    import h5py

    return (
        isinstance(item, h5py.Dataset)
        and item.ndim in (2, 3)
        and item.dtype.kind in "iuf"
        and item.dtype.itemsize in (1, 2, 4, 8)
        and sum(n > 1 for n in item.shape) >= 2
    )


def deep_axes(item: Any) -> tuple[int, int, int] | None:
    """The axes of time, y and x of an array with more than three axes.

    All others must be of length one, but a last one of red, green and blue bytes. None
    where it is no series of images.
    """
    import h5py

    if not isinstance(item, h5py.Dataset) or not 3 < item.ndim <= _MOST_AXES:
        return None
    if item.dtype.kind not in "iuf" or item.dtype.itemsize not in (1, 2, 4, 8):
        return None
    wide = [axis for axis, n in enumerate(item.shape) if n > 1]
    if item.shape[-1] in (3, 4) and item.dtype == np.uint8:
        wide = wide[:-1]
    if len(wide) == 2 and item.shape[0] == 1:
        wide = [0, *wide]  # a single picture
    return (wide[0], wide[1], wide[2]) if len(wide) == 3 else None


def open_frames(
    dataset: Any, path: Path, time_axis: int | None
) -> RawFrames | Hdf5Frames:
    """The frames of a dataset.

    Parameters
    ----------
    dataset
        With two axes, or three of which one is the time; or as `deep_axes` finds it.
    time_axis
        None where there is one frame.

    Raises
    ------
    ReadError
        The frames are impossibly large, or lie in another file.
    """
    name = f"{path.name}, {dataset.name}"
    if dataset.is_virtual or dataset.external:
        raise ReadError(
            f"The frames of {name} lie in other files.",
            hint="Open the file that holds them.",
            path=path,
        )
    shape = frame_shape(dataset, time_axis)
    rows, columns = shape[:2]
    size = math.prod(shape) * dataset.dtype.itemsize
    chunk = math.prod(dataset.chunks or (0,)) * dataset.dtype.itemsize
    if max(rows, columns) > MAX_SIDE or max(size, chunk) > MAX_FRAME_BYTES:
        raise ReadError(
            f"{name} is damaged: it promises frames of {rows} x {columns} pixels.",
            hint="Copy or export it again.",
            path=path,
        )
    offsets = _offsets(dataset, time_axis, size)
    if offsets is not None:
        return RawFrames(path, offsets, shape, dataset.dtype)
    return Hdf5Frames(dataset, path, time_axis)


def frame_shape(dataset: Any, time_axis: int | None) -> tuple[int, ...]:
    """(y, x) or (y, x, channel)."""
    sides = [n for axis, n in enumerate(dataset.shape) if axis != time_axis]
    if len(sides) > 2:  # then axes of length one are no sides of a picture
        sides = [n for n in sides if n > 1]
    return tuple(int(n) for n in sides)


def _offsets(dataset: Any, time_axis: int | None, size: int) -> list[int] | None:
    """Byte offset of each frame where it lies in one piece as it is; else None."""
    frames = 1 if time_axis is None else dataset.shape[time_axis]
    start = dataset.id.get_offset()
    if start is not None and math.prod(dataset.shape[: time_axis or 0]) == 1:
        return [start + i * size for i in range(frames)]
    whole = tuple(1 if axis == time_axis else n for axis, n in enumerate(dataset.shape))
    plist = dataset.id.get_create_plist()
    if dataset.chunks != whole or plist.get_nfilters() or frames > _MAX_BY_OFFSET:
        return None
    at = []
    for i in range(frames):
        place = tuple(i if axis == time_axis else 0 for axis in range(dataset.ndim))
        info = dataset.id.get_chunk_info_by_coord(place)
        if info.byte_offset is None or info.size != size:
            return None
        at.append(int(info.byte_offset))
    return at


class Hdf5Frames:
    """Frames read through h5py, which decompresses them.

    Satisfies `FrameSource`; h5py lets one thread in at a time.
    """

    def __init__(self, dataset: Any, path: Path, time_axis: int | None) -> None:
        self._dataset, self._path, self._axis = dataset, path, time_axis
        self._file = dataset.file
        self._lock = threading.Lock()
        frames = 1 if time_axis is None else dataset.shape[time_axis]
        self.shape: tuple[int, ...] = (frames, *frame_shape(dataset, time_axis))
        self.dtype: np.dtype[Any] = dataset.dtype.newbyteorder("=")
        weakref.finalize(self, self._file.close)

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`.

        Raises
        ------
        ReadError
            The file is damaged there, or was closed.
        """
        key: tuple[Any, ...] = (
            () if self._axis is None else (*([slice(None)] * self._axis), index)
        )
        with self._lock, reading(self._path, f"frame {index}"):
            if not self._file:
                raise ReadError(f"{self._path.name} was closed.", path=self._path)
            frame = np.asarray(self._dataset[key], dtype=self.dtype)
            return frame.reshape(self.shape[1:])

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._file.close()
