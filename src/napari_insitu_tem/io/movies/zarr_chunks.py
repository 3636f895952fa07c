"""Frames of a Zarr array, read from the files of its chunks."""

from __future__ import annotations

import itertools
import math
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.movies.raw_frames import MAX_SIDE
from napari_insitu_tem.model.errors import ReadError

#: A frame and a chunk must be decoded in memory whatever the file says they are.
MAX_CHUNK_BYTES = 2**28
_GZIP = 31  # zlib's number for data with a gzip header
_BLOSC_HEADER = 16
Decode = Callable[[FileIO, NDArray[Any]], None]

#: What may stand between the numbers and the file; none of these runs anything.
_CODECS = {
    "blosc", "bytes", "crc32c", "delta", "endian", "gzip", "lz4", "shuffle",
    "sharding_indexed", "transpose", "zlib", "zstd",
}  # fmt: skip


@dataclass(frozen=True)
class Selection:
    """Which part of an array is a frame.

    Attributes
    ----------
    frame_axis
        The axis along which the frames lie; None where there is one frame.
    channel_axis
        The axis of red, green and blue; None for grey levels.
    fixed
        Further axes, and the place along each.
    """

    frame_axis: int | None
    channel_axis: int | None = None
    fixed: tuple[tuple[int, int], ...] = ()

    def spans(self, shape: Sequence[int], index: int) -> list[tuple[int, int]]:
        """Start and stop along each axis; of axes that are left over the first."""
        kept = {len(shape) - 2, len(shape) - 1, self.channel_axis}
        spans = [(0, n if axis in kept else 1) for axis, n in enumerate(shape)]
        for axis, place in self.fixed:
            spans[axis] = place, place + 1
        if self.frame_axis is not None:
            spans[self.frame_axis] = index, index + 1
        return spans

    def is_chunk_each(self, shape: Sequence[int], chunks: Sequence[int]) -> bool:
        """Whether each frame is one chunk, the whole of it."""
        return all(
            stop - start == size
            for (start, stop), size in zip(self.spans(shape, 0), chunks, strict=True)
        )

    def place(self, axes: int, index: int) -> list[int]:
        """Which chunk a frame is, where each is one."""
        place = [0] * axes
        for axis, at in self.fixed:
            place[axis] = at
        if self.frame_axis is not None:
            place[self.frame_axis] = index
        return place

    def frame_of(self, part: NDArray[Any]) -> NDArray[Any]:
        """(y, x) or (y, x, channel) from the part of an array that is one frame."""
        rows, columns = part.shape[-2:]
        if self.channel_axis is None:
            return part.reshape(rows, columns)
        return np.ascontiguousarray(np.moveaxis(part.reshape(-1, rows, columns), 0, 2))


class ZarrFrames:
    """Frames that lie in chunks; those of simple codecs are read without Zarr.

    Satisfies `FrameSource`; may be read from several threads.

    Parameters
    ----------
    array
        Opened by Zarr for reading.
    folder
        Where its chunks are, without links.
    selection
        Which part of it is a frame.

    Raises
    ------
    ReadError
        Its frames are impossibly large, or its codecs are not known to be harmless.
    """

    def __init__(self, array: Any, folder: Path, selection: Selection) -> None:
        self._array, self._folder, self._selection = array, folder, selection
        _refuse_tricks(array, folder)
        self._shape = tuple(int(n) for n in array.shape)
        self._chunks = tuple(int(n) for n in array.chunks)
        frames = (
            1 if selection.frame_axis is None else self._shape[selection.frame_axis]
        )
        sizes = [stop - start for start, stop in selection.spans(self._shape, 0)]
        self.dtype: np.dtype[Any] = np.dtype(array.dtype).newbyteorder("=")
        largest = max(np.prod(sizes, dtype=float), np.prod(self._chunks, dtype=float))
        if max(sizes) > MAX_SIDE or largest * self.dtype.itemsize > MAX_CHUNK_BYTES:
            raise ReadError(
                f"{folder.name} promises frames or chunks of {largest:.3g} pixels, "
                "which is too much.",
                hint="Save it again in chunks of one frame.",
                path=folder,
            )
        example = selection.frame_of(np.empty(sizes, self.dtype))
        self.shape: tuple[int, ...] = (frames, *example.shape)
        self._stored = _stored_dtype(array)
        self._key_of = array.metadata.encode_chunk_key
        self._decode = _decoder(array)
        #: Numbers along each axis that lie in one file.
        self._files = tuple(int(n) for n in array.shards or self._chunks)
        self._has_blosc = "blosc" in _codec_names(array.metadata.to_dict())
        self._vetted: set[tuple[str, int, int]] = set()
        self._plain_folders: set[str] = set()
        self._is_chunk_each = selection.is_chunk_each(self._shape, self._chunks)

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`.

        Raises
        ------
        ReadError
            A chunk is damaged, or leads out of the folder.
        """
        with reading(self._folder, f"frame {index}"):
            if self._is_chunk_each and self._decode is not None:
                part = self._chunk(self._selection.place(len(self._shape), index))
            else:
                spans = self._selection.spans(self._shape, index)
                read = self._by_zarr if self._decode is None else self._part
                part = read(spans)
            return self._selection.frame_of(part.astype(self.dtype, copy=False))

    def close(self) -> None:
        """Nothing is open."""

    def _by_zarr(self, spans: Sequence[tuple[int, int]]) -> NDArray[Any]:
        for place in self._places(spans, self._files):
            path = self._path_of(place)  # refuses links
            if self._has_blosc and os.path.exists(path):
                self._vet_blosc(path)
        key = tuple(slice(start, stop) for start, stop in spans)
        return np.asarray(self._array[key])

    def _vet_blosc(self, path: str) -> None:
        """Look at what Zarr will give to Blosc, once for each file."""
        status = os.stat(path)
        key = path, status.st_size, status.st_mtime_ns
        if key in self._vetted:
            return
        raw = Path(path).read_bytes()
        count = math.prod(
            n // part for n, part in zip(self._files, self._chunks, strict=True)
        )
        for chunk in _in_shard(raw, count) if self._array.shards else [raw]:
            check_blosc(chunk, int.from_bytes(chunk[4:8], "little"))
        self._vetted.add(key)

    def _part(self, spans: Sequence[tuple[int, int]]) -> NDArray[Any]:
        """A part of the array, from every chunk that it touches."""
        sizes = tuple(stop - start for start, stop in spans)
        part = np.empty(sizes, self._stored)
        for place in self._places(spans, self._chunks):
            to, source = [], []
            for (start, stop), at, size in zip(spans, place, self._chunks, strict=True):
                first, last = max(start, at * size), min(stop, (at + 1) * size)
                to.append(slice(first - start, last - start))
                source.append(slice(first - at * size, last - at * size))
            part[tuple(to)] = self._chunk(place)[tuple(source)]
        return part

    @staticmethod
    def _places(spans: Sequence[tuple[int, int]], sizes: Sequence[int]) -> Any:
        """Indices of the blocks of a size that a part touches."""
        ranges = (
            range(start // size, (stop - 1) // size + 1)
            for (start, stop), size in zip(spans, sizes, strict=True)
        )
        return itertools.product(*ranges)

    def _chunk(self, place: Sequence[int]) -> NDArray[Any]:
        """One chunk; what was never written is the fill value."""
        assert self._decode is not None
        path = self._path_of(place)
        try:
            file = FileIO(path)
        except FileNotFoundError:
            fill = self._array.fill_value
            return np.full(self._chunks, 0 if fill is None else fill, self._stored)
        chunk = np.empty(self._chunks, self._stored)
        with file:
            self._decode(file, chunk)
        return chunk

    def _path_of(self, place: Sequence[int]) -> str:
        """The file of a block, to which no link leads.

        Folders are looked at once; those of the frames together, for many lie there.
        """
        key = str(self._key_of(tuple(place)))
        *folders, name = key.split("/")
        path = str(self._folder)
        for depth, part in enumerate(folders):
            path = f"{path}{os.sep}{part}"
            if path in self._plain_folders:
                continue
            if os.path.islink(path):
                raise self._leads_away(key)
            self._plain_folders.add(path)
            if depth == 0:
                self._plain_folders |= _folders_in(path)
        path = f"{path}{os.sep}{name}"
        if os.path.islink(path):
            raise self._leads_away(key)
        return path

    def _leads_away(self, key: str) -> ReadError:
        return ReadError(
            f"The chunk {key} of {self._folder.name} is a link to another place, "
            "which is not followed.",
            hint="Copy the folder with the files themselves.",
            path=self._folder,
        )


def _folders_in(path: str) -> set[str]:
    """What lies in a folder but links; none where there is no such folder."""
    try:
        with os.scandir(path) as entries:
            return {entry.path for entry in entries if not entry.is_symlink()}
    except FileNotFoundError:
        return set()


def _refuse_tricks(array: Any, folder: Path) -> None:
    """No codec that is not known, for some unpickle what they read."""
    unknown = sorted(_codec_names(array.metadata.to_dict()) - _CODECS)
    if unknown:
        raise ReadError(
            f"{folder.name} is packed in a way that is not read: {', '.join(unknown)}.",
            hint="Save it again without compression, or with Zstandard or Blosc.",
            path=folder,
        )


def _codec_names(metadata: Any) -> set[str]:
    """The names of all codecs in an array's description, wherever they stand."""
    names: set[str] = set()
    for key in ("codecs", "index_codecs", "filters", "compressor"):
        found = metadata.get(key) or ()
        for codec in [found] if isinstance(found, dict) else found:
            plain = codec if isinstance(codec, dict) else {}
            name = str(plain.get("id") or plain.get("name") or codec)
            names.add(name.removeprefix("numcodecs."))
            names |= _codec_names(plain.get("configuration") or {})
    return names


def _description(array: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """An array's description, and the codecs behind that of the bytes."""
    about = array.metadata.to_dict()
    if about["zarr_format"] == 2:
        return about, [about["compressor"]] if about["compressor"] else []
    return about, list(about["codecs"][1:])


def _stored_dtype(array: Any) -> np.dtype[Any]:
    """The type of a number with its byte order in the file."""
    about, _ = _description(array)
    dtype: np.dtype[Any] = np.dtype(array.dtype)
    if about["zarr_format"] == 2:
        return dtype
    endian = (about["codecs"][0].get("configuration") or {}).get("endian", "little")
    return dtype.newbyteorder(">" if endian == "big" else "<")


def _decoder(array: Any) -> Decode | None:
    """How a chunk's file becomes its numbers; None where Zarr has to do it."""
    about, codecs = _description(array)
    is_v2 = about["zarr_format"] == 2
    is_plain = (
        not about["filters"] and about["order"] == "C"
        if is_v2
        else about["codecs"][0].get("name") == "bytes"
    )
    if not is_plain or len(codecs) > 1:
        return None
    if not codecs:
        return _copied
    name = str(codecs[0].get("id") or codecs[0].get("name"))
    if name in ("zlib", "gzip"):
        return _inflated
    if name not in ("blosc", "zstd", "lz4"):
        return None
    import numcodecs

    codec = numcodecs.get_codec({"id": name})

    def decode(file: FileIO, chunk: NDArray[Any]) -> None:
        raw = file.readall()
        if name == "blosc":
            check_blosc(raw, chunk.nbytes)
        codec.decode(raw, out=chunk)

    return decode


def check_blosc(raw: bytes, size: int) -> None:
    """Refuse what Blosc would follow out of its memory: it trusts its own header.

    The header is version, flags and sizes, then where each block begins (the Blosc 1
    chunk format).

    Raises
    ------
    ValueError
        The numbers contradict each other, or the size that the chunk must have.
    """
    if len(raw) < _BLOSC_HEADER:
        raise ValueError("its Blosc header is cut off")
    flags, width = raw[2], raw[3]
    plain, block, packed = (int(n) for n in np.frombuffer(raw, "<u4", 3, 4))
    is_right = plain == size and packed == len(raw) and width and 0 < block <= size
    if is_right and flags & 2:  # the bytes as they are
        is_right = len(raw) == size + _BLOSC_HEADER
    elif is_right:
        count = -(-size // block)
        end = _BLOSC_HEADER + 4 * count
        is_right = end <= len(raw)
        if is_right:
            starts = np.frombuffer(raw, "<i4", count, _BLOSC_HEADER)
            is_right = bool(((starts >= end) & (starts < len(raw) - 4)).all())
    if not is_right:
        raise ValueError("its Blosc header contradicts itself")


def _in_shard(raw: bytes, count: int) -> Iterator[bytes]:
    """The chunks in a shard by the list at its end: offsets, lengths, a checksum.

    Raises
    ------
    ValueError
        The list is cut off or leads out of the shard.
    """
    size = 16 * count
    if len(raw) < size + 4:
        raise ValueError("the list of its chunks is cut off")
    places = np.frombuffer(raw, "<u8", 2 * count, len(raw) - size - 4)
    for start, length in places.reshape(-1, 2).tolist():
        if start == length == 2**64 - 1:  # was never written
            continue
        if start + length > len(raw):
            raise ValueError("the list of its chunks leads out of it")
        yield raw[start : start + length]


def _copied(file: FileIO, chunk: NDArray[Any]) -> None:
    """Fill a chunk with its bytes, of which there must be neither less nor more."""
    view, done = chunk.reshape(-1).view(np.uint8).data, 0
    while done < len(view):
        part = file.readinto(view[done:])
        if not part:
            raise ValueError(f"{done} of {len(view)} bytes are there")
        done += part
    if file.read(1):
        raise ValueError(f"more than {len(view)} bytes are there")


def _inflated(file: FileIO, chunk: NDArray[Any]) -> None:
    """Fill a chunk from zlib's or gzip's bytes, and from no more than belong there."""
    raw = file.readall()
    way = _GZIP if raw[:2] == b"\x1f\x8b" else zlib.MAX_WBITS
    whole = zlib.decompressobj(way).decompress(raw, chunk.nbytes + 1)
    if len(whole) != chunk.nbytes:
        raise ValueError(f"{len(whole)} of {chunk.nbytes} bytes are there")
    chunk.reshape(-1).view(np.uint8)[:] = np.frombuffer(whole, np.uint8)
