"""The chain of pages of a TIFF file, and frames that must be decoded page by page."""

from __future__ import annotations

import math
import struct
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.movies.raw_frames import MAX_FRAME_BYTES, MAX_SIDE
from napari_insitu_tem.io.movies.tiff_lzw import decode_lzw, is_lzw, packed_parts
from napari_insitu_tem.io.movies.tiff_strips import decode_strips, strip_decoder
from napari_insitu_tem.model.errors import InsituTemError, ReadError
from napari_insitu_tem.model.progress import Progress

if TYPE_CHECKING:
    from tifffile import TiffFile, TiffFrame, TiffPage

#: What tifffile raises over tags that make no sense.
ODDITIES = (ValueError, KeyError, TypeError, RuntimeError, struct.error)

_REPORT_EVERY = 250
#: As many damaged pages in a row are the end of what can be read.
_GIVE_UP_AFTER = 100
#: No codec packs even an empty image more densely; LZW has codes of at most 4096 bytes.
_MOST_COMPRESSED = 100_000
_MOST_BY_LZW = 4000


class PageKind(NamedTuple):
    """What two pages must share to be frames of one movie."""

    shape: tuple[int, ...]
    axes: str
    dtype: np.dtype[Any]
    is_reduced: bool = False

    @classmethod
    def of(cls, page: TiffPage) -> PageKind | None:
        """The kind of a page; None where its tags describe no image."""
        if not page.shape or 0 in page.shape or page.dtype is None:
            return None
        return cls(page.shape, page.axes, page.dtype, bool(page.is_reduced))

    @property
    def pixels(self) -> int:
        """Values in one page."""
        return math.prod(self.shape)

    @property
    def samples(self) -> int:
        """Values a pixel."""
        return self.shape[self.axes.index("S")] if "S" in self.axes else 1

    def objection(self) -> str:
        """Why a page of this kind can be no frame; empty where it can."""
        if self.axes not in ("YX", "YXS", "SYX"):
            return f"the axes {self.axes} are not those of a picture"
        if self.samples > 4:
            return f"a pixel has {self.samples} values, which is no colour"
        if self.dtype.kind == "c":
            return "its values are complex numbers"
        is_huge = self.pixels * self.dtype.itemsize > MAX_FRAME_BYTES
        if is_huge or max(self.shape) > MAX_SIDE:
            return f"images of {self.shape} pixels come from no camera"
        return ""

    @property
    def frame(self) -> tuple[tuple[int, ...], np.dtype[Any]]:
        """Shape and type of a finished frame."""
        pixel = np.zeros((), self.dtype.newbyteorder("="))
        stored = np.broadcast_to(pixel, self.shape)
        example = stored if self.finish is None else self.finish(stored)
        return example.shape, example.dtype

    @property
    def finish(self) -> Callable[[NDArray[Any]], NDArray[Any]] | None:
        """What turns a stored page into (y, x) or (y, x, channel)."""
        if self.axes == "SYX":
            return _first_plane if self.samples < 3 else _channels_last
        if self.axes == "YXS" and self.samples < 3:
            return _first_sample
        return _as_bytes if self.dtype == np.dtype(bool) else None


def fetch_page(tif: TiffFile, index: int) -> TiffPage | None:
    """Page `index` of the chain; None where its tags make no sense.

    Raises
    ------
    IndexError
        The chain is shorter.
    """
    try:
        return cast("TiffPage", tif.pages.get(index))
    except IndexError as error:
        if "tuple index" in str(error):
            return None  # a tag without its values, not the end of the chain
        raise
    except ODDITIES:
        return None


def follow_chain(
    tif: TiffFile, path: Path, progress: Progress
) -> Iterator[TiffPage | None]:
    """Yield the pages one after the other; None for one whose tags are damaged.

    Raises
    ------
    ReadError
        The chain runs in a circle.
    CancelledError
        `progress` asked to stop.
    """
    seen: set[int] = set()
    index = damaged = offset = 0
    while damaged < _GIVE_UP_AFTER:
        try:
            page = fetch_page(tif, index)
        except IndexError:
            return
        if page is None:
            damaged += 1
        elif page.offset in seen:
            raise ReadError(
                f"The pages of {path.name} refer to each other in a circle: page "
                f"{index} is an earlier one.",
                hint="The file is damaged; copy or export it again.",
                path=path,
            )
        else:
            offset, damaged = page.offset, 0
            seen.add(offset)
        if index % _REPORT_EVERY == 0:
            guess = tif.filehandle.size * (index + 1) // max(offset, 1) if index else 1
            progress(index, max(index + 1, guess), f"Looking through {path.name}")
        yield page
        index += 1


def is_chain_broken(tif: TiffFile, last: TiffPage) -> bool:
    """Whether the last page that was found points on to one that was not."""
    form = tif.tiff
    handle = tif.filehandle
    handle.seek(last.offset)
    tags = struct.unpack(form.tagnoformat, handle.read(form.tagnosize))[0]
    handle.seek(last.offset + form.tagnosize + tags * form.tagsize)
    pointer = handle.read(form.offsetsize)
    if len(pointer) < form.offsetsize:
        return True
    return bool(struct.unpack(form.offsetformat, pointer)[0])


class PageFrames:
    """Frames decoded from pages of a TIFF file that stays open.

    Satisfies `FrameSource`. Finding and reading a page is under a lock, decoding is
    not.

    Parameters
    ----------
    tif
        The open file, closed by `close`.
    path
        Its path.
    pages
        For each frame its number in the chain, or a page of a series; -1 or None where
        it is damaged or missing.
    kind
        What the pages have in common.
    """

    def __init__(
        self, tif: TiffFile, path: Path, pages: Sequence[Any], kind: PageKind
    ) -> None:
        self._tif = tif
        self._path = path
        self._pages = pages
        self._kind = kind
        self._lock = threading.RLock()
        self._closed = False
        weakref.finalize(self, tif.close)
        shape, self.dtype = kind.frame
        self.shape: tuple[int, ...] = (len(pages), *shape)

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`.

        Raises
        ------
        ReadError
            Its page is damaged, or the file was closed.
        """
        with reading(self._path, f"frame {index}"):
            return self._finished(self._decode(index))

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._closed = True
            self._tif.close()

    def _decode(self, index: int) -> NDArray[Any]:
        with self._lock:
            if self._closed:
                raise ReadError(f"{self._path.name} was closed.", path=self._path)
            page = self._page(index)
            if page.parent is not self._tif:
                return self._decode_elsewhere(page, index)
            self._check_data(page, index)
            unpack = _unpacker(page)
            parts = [] if unpack is None else packed_parts(page)
        if unpack is not None:
            data = unpack(parts)
        else:
            data = np.asarray(page.asarray(lock=self._lock))
        if data.shape != self._kind.shape:
            raise self._damaged(index, f"its shape is {data.shape}")
        return data

    def _page(self, index: int) -> TiffPage | TiffFrame:
        entry = self._pages[index]
        if entry is None or (isinstance(entry, int) and entry < 0):
            raise self._damaged(index, "the file does not hold it")
        if not isinstance(entry, int):
            return entry  # type: ignore[no-any-return]
        page = fetch_page(self._tif, entry)
        if page is None or PageKind.of(page) != self._kind:
            raise self._damaged(index, "it is not an image like the others")
        return page

    def _decode_elsewhere(self, page: TiffPage | TiffFrame, index: int) -> NDArray[Any]:
        """Decode a page of another file of the same set, which is opened for it."""
        page.parent.filehandle.open()
        try:
            self._check_data(page, index)
            unpack = _unpacker(page)
            if unpack is not None:
                return unpack(packed_parts(page))
            return np.asarray(page.asarray())
        finally:
            page.parent.filehandle.close()

    def _check_data(self, page: TiffPage | TiffFrame, index: int) -> None:
        """Refuse missing data, which tifffile would fill with zeros."""
        size = page.parent.filehandle.size
        places = list(zip(page.dataoffsets, page.databytecounts, strict=False))
        model = page.keyframe
        split = model is not None and not model.is_contiguous
        parts = math.prod(model.chunked) if model is not None and split else 1
        if len(places) < parts or any(n <= 0 or at + n > size for at, n in places):
            raise self._damaged(index, "part of its data is missing")
        most = _MOST_BY_LZW if model is not None and is_lzw(page) else _MOST_COMPRESSED
        part = math.prod(model.chunks) if model is not None and split else 0
        whole = sum(n for _, n in places) * most
        largest = max(n for _, n in places[:parts]) * most
        pixel = self._kind.dtype.itemsize
        if self._kind.pixels * pixel > whole or part * pixel > largest:
            raise self._damaged(index, "its data are too few for its size")

    def _damaged(self, index: int, why: str) -> InsituTemError:
        return ReadError(
            f"Frame {index} of {self._path.name} is damaged: {why}.",
            hint="Copy or export the file again, or leave that frame out.",
            path=self._path,
        )

    def _finished(self, frame: NDArray[Any]) -> NDArray[Any]:
        finish = self._kind.finish
        return frame if finish is None else finish(frame)


def _unpacker(
    page: TiffPage | TiffFrame,
) -> Callable[[list[bytes]], NDArray[Any]] | None:
    """What makes the frame of a page from its packed parts; None: tifffile does it."""
    if is_lzw(page):
        return partial(decode_lzw, page)
    decode = strip_decoder(page)
    return None if decode is None else partial(decode_strips, page, decode=decode)


def _channels_last(frame: NDArray[Any]) -> NDArray[Any]:
    return np.moveaxis(frame, 0, -1)


def _first_plane(frame: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(frame[0])


def _first_sample(frame: NDArray[Any]) -> NDArray[Any]:
    return np.asarray(frame[..., 0])


def _as_bytes(frame: NDArray[Any]) -> NDArray[Any]:
    return frame.astype(np.uint8)
