"""One DigitalMicrograph file a frame: all are laid out like the first."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.movies.dm_image import DmImage, choose_image
from napari_insitu_tem.io.movies.dm_tags import (
    Block,
    Group,
    Way,
    find,
    number,
    read_tags,
)
from napari_insitu_tem.model.errors import ReadError

#: Bytes in front of a value that hold its name and type.
_MARK_BYTES = 24


@dataclass(frozen=True)
class Layout:
    """Where things lie in a file of a series.

    Attributes
    ----------
    image
        The image that is the frame.
    size
        Bytes in the file.
    numbers
        Where the numbers of the image's tags lie, by their way through the tags.
    marks
        What stands in front of pixels and numbers, by their offset.
    """

    image: DmImage
    size: int
    numbers: Mapping[Way, Block]
    marks: Mapping[int, bytes]

    @property
    def kind(self) -> tuple[Any, ...]:
        """What must be equal in all files of a series."""
        image = self.image
        return image.shape, image.stored_shape, image.dtype, image.finish

    def is_at(self, file: FileIO, offset: int) -> bool:
        """Move to a value of another file; False where it is not laid out like this."""
        mark = self.marks[offset]
        file.seek(offset - len(mark))
        return file.read(len(mark)) == mark


def layout_of(path: Path, ways: Sequence[Way] = ()) -> Layout:
    """Read a whole file, and where the numbers at the ways through its tags lie.

    Raises
    ------
    ReadError
        It holds no single image.
    """
    tags = read_tags(path)
    image = choose_image(tags, path)
    if image.shape[0] > 1:
        raise ReadError(
            f"{path.name} is a stack, not a single image.",
            hint="Open it by itself.",
            path=path,
        )
    images = find(tags.root, "ImageList")
    name = next(name for name, entry in images.items() if entry is image.tags)
    numbers = {
        way: tags.numbers.get(("ImageList", name, *way)) or _beginning(image.tags, way)
        for way in ways
    }
    known = {way: block for way, block in numbers.items() if block is not None}
    marks = {}
    with path.open("rb") as file:
        for offset in (image.offset, *(block.offset for block in known.values())):
            start = max(0, offset - _MARK_BYTES)
            file.seek(start)
            marks[offset] = file.read(offset - start)
    return Layout(image, path.stat().st_size, known, marks)


class DmSeries:
    """Frames that are files of their own; none stays open.

    Satisfies `FrameSource`; may be read from several threads. A file of the size of the
    first is laid out like it, which the bytes in front of its pixels must confirm; any
    other is read from its beginning.

    Parameters
    ----------
    paths
        In the order of the frames.
    first
        The layout of one of them.
    """

    def __init__(self, paths: Sequence[Path], first: Layout) -> None:
        self._paths, self._first = paths, first
        image = first.image
        example = np.zeros(image.stored_shape, image.dtype.newbyteorder("="))
        if image.finish is not None:
            example = image.finish(example)
        self.shape: tuple[int, ...] = (len(paths), *example.shape)
        self.dtype: np.dtype[Any] = example.dtype

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`.

        Raises
        ------
        ReadError
            Its file is gone, damaged, or not like the others.
        """
        path, image = self._paths[index], self._first.image
        frame = np.empty(image.stored_shape, image.dtype)
        with reading(path, f"frame {index},"), FileIO(path) as file:
            if not self._is_alike(file):
                file.seek(self._other(path, index).image.offset)
            got = _fill(file, frame.reshape(-1).view(np.uint8).data)
        if got < frame.nbytes:
            raise ReadError(
                f"Frame {index}, {path.name}, is cut off: {got} of {frame.nbytes} "
                "bytes are there.",
                hint="Copy the file again, or leave it out.",
                path=path,
            )
        if not frame.dtype.isnative:
            frame = frame.byteswap(inplace=True).view(frame.dtype.newbyteorder("="))
        return frame if image.finish is None else image.finish(frame)

    def numbers(self, index: int, ways: Sequence[Way]) -> list[float]:
        """Numbers in the tags of a frame's file; NaN for those it does not have.

        Of a text it is one that stands for its first letters.

        Raises
        ------
        ReadError
            The file is damaged or not like the others.
        """
        path, first = self._paths[index], self._first
        with reading(path, f"frame {index},"), FileIO(path) as file:
            if self._is_alike(file):
                return [self._number(file, first.numbers.get(way)) for way in ways]
            tags = self._other(path, index).image.tags
            return [_of_tags(tags, way) for way in ways]

    def close(self) -> None:
        """Nothing is open."""

    def _is_alike(self, file: FileIO) -> bool:
        """Whether a file is laid out like the first; it then stands at its pixels."""
        first = self._first
        same = file.seek(0, 2) == first.size
        return same and first.is_at(file, first.image.offset)

    def _number(self, file: FileIO, block: Block | None) -> float:
        if block is None or not self._first.is_at(file, block.offset):
            return math.nan
        raw = file.read(block.dtype.itemsize)
        return float(np.frombuffer(raw, block.dtype)[0]) if raw else math.nan

    def _other(self, path: Path, index: int) -> Layout:
        """The layout of a file that is not laid out like the first."""
        other = layout_of(path)
        if other.kind != self._first.kind:
            raise ReadError(
                f"Frame {index}, {path.name}, is not like the others: "
                f"{_words(other)} instead of {_words(self._first)}.",
                hint="Put the right file back, or leave it out.",
                path=path,
            )
        return other


def _beginning(tags: Group, way: Way) -> Block | None:
    """The first letters of a text as the block of one number."""
    block = find(tags, *way)
    if not isinstance(block, Block) or block.dtype.kind != "u" or not block.raw:
        return None
    size = max(n for n in (1, 2, 4, 8) if n <= len(block.raw))
    order = block.dtype.str[0].replace("|", "<")
    return Block(block.offset, np.dtype(f"{order}u{size}"), 1, block.raw[:size])


def _of_tags(tags: Group, way: Way) -> float:
    """A number, or that of a text; NaN where there is neither."""
    block = _beginning(tags, way)
    return number(tags, *way) if block is None else float(block.values[0])


def _fill(file: FileIO, view: memoryview) -> int:
    """Read until the buffer is full or the file ends."""
    done = 0
    while done < len(view):
        part = file.readinto(view[done:])
        if not part:
            break
        done += part
    return done


def _words(layout: Layout) -> str:
    _, rows, columns = layout.image.shape
    return f"{rows} x {columns} pixels, {layout.image.dtype}"
