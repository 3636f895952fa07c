"""Frames back to back over several raw files, whose borders they cross.

Gatan's in-situ recordings: a director image (DM4 or DM5) whose tags count the frames,
and `NAME.raw`, `NAME.raw_1`, ... beside it. The layout is that of Gatan's own scripts
for DigitalMicrograph and of the readers of ePSIC; frames are of the size and type of
the director's image, and where the tags describe the raw file they must agree.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.movies.dm_tags import Group, entries, number
from napari_insitu_tem.io.movies.raw_frames import MAX_FRAME_BYTES
from napari_insitu_tem.model.errors import ReadError

_IN_SITU = ("ImageTags", "In-situ")
_RAW = (*_IN_SITU, "Raw File Format Info")


def recorded_frames(image: Group) -> float:
    """How many frames the tags of a director image count; NaN where it is none."""
    counted = number(image, *_IN_SITU, "Recorded", "# Frames")
    if math.isfinite(counted):
        return counted
    return number(image, *_IN_SITU, "Number of frames")


def raw_parts(director: Path) -> list[Path]:
    """`NAME.raw`, `NAME.raw_1`, `NAME.raw_2`, ... beside a file, to the first gap."""
    first = director.with_suffix(".raw")
    if director.suffix.lower() not in (".dm4", ".dm5") or not first.is_file():
        return []
    numbered = {
        int(match[1]): path
        for path in first.parent.iterdir()
        if (match := re.fullmatch(re.escape(first.name) + r"_(\d{1,6})", path.name))
    }
    parts = [first]
    while len(parts) in numbered:
        parts.append(numbered[len(parts)])
    return parts


def over_parts(
    parts: Sequence[Path],
    image: Group,
    shape: tuple[int, int],
    dtype: np.dtype[Any],
    director: Path,
    warnings: list[str],
) -> PartFrames:
    """The recording in raw files, of frames like the image of the director.

    Parameters
    ----------
    parts
        The raw files in their order.
    image
        The director's tags.
    shape, dtype
        (y, x) and type of its image.
    director
        Its file.
    warnings
        Told where the frames are not as many as the tags count.

    Raises
    ------
    ReadError
        Not one frame is complete, or the tags describe other frames.
    """
    _refuse_others(image, shape, dtype, director)
    rows, columns = shape
    size = rows * columns * dtype.itemsize
    total = sum(part.stat().st_size for part in parts)
    there = total // size if 0 < size <= MAX_FRAME_BYTES else 0
    if there == 0:
        raise ReadError(
            f"{parts[0].name} is cut off: not one frame of {rows} x {columns} pixels "
            "is complete.",
            hint="Copy the raw files again.",
            path=director,
        )
    claimed = recorded_frames(image)
    if there != claimed:
        warnings.append(
            f"{director.name} counts {claimed:.0f} frames, its raw files hold {there}; "
            "those were opened."
        )
    return PartFrames(parts, (there, rows, columns), dtype)


def _refuse_others(
    image: Group, shape: tuple[int, int], dtype: np.dtype[Any], director: Path
) -> None:
    """Refuse where the tags give the raw file another size than the image has."""
    lengths = entries(image, *_RAW, "Dimensions")
    item = number(image, *_RAW, "Data Size (bytes)")
    is_alike = math.isnan(item) or item == dtype.itemsize
    if (lengths and lengths != [*shape[::-1]]) or not is_alike:
        raise ReadError(
            f"The raw files of {director.name} hold frames of another kind than its "
            f"image: {' x '.join(map(str, lengths)) or 'numbers'} of {item:g} bytes.",
            hint="Export the recording from DigitalMicrograph as a stack.",
            path=director,
        )


class PartFrames:
    """Uncompressed frames of several files; none stays open.

    Satisfies `FrameSource`; may be read from several threads.

    Parameters
    ----------
    parts
        The files in their order.
    shape
        (t, y, x).
    dtype
        Type of a pixel, with its byte order.
    """

    def __init__(
        self, parts: Sequence[Path], shape: tuple[int, ...], dtype: np.dtype[Any]
    ) -> None:
        self._parts, self._stored = parts, dtype
        self._stops = np.cumsum([path.stat().st_size for path in parts])
        self.shape = shape
        self.dtype: np.dtype[Any] = dtype.newbyteorder("=")

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`.

        Raises
        ------
        ReadError
            A part is gone or shorter than it was.
        """
        size = math.prod(self.shape[1:]) * self._stored.itemsize
        raw = bytearray()
        at = index * size
        while len(raw) < size:
            part = int(np.searchsorted(self._stops, at, side="right"))
            if part == len(self._parts):
                break
            path = self._parts[part]
            begin = int(self._stops[part - 1]) if part else 0
            with reading(path, f"frame {index}"), path.open("rb", buffering=0) as file:
                file.seek(at - begin)
                room = int(self._stops[part]) - at
                got = file.read(min(size - len(raw), room))
            if not got:
                break
            raw += got
            at += len(got)
        if len(raw) < size:
            raise ReadError(
                f"Frame {index} of {self._parts[0].name} is cut off: {len(raw)} of "
                f"{size} bytes are there.",
                hint="Put all parts (.raw, .raw_1, ...) beside each other again.",
                path=self._parts[0],
            )
        frame = np.frombuffer(raw, self._stored).reshape(self.shape[1:])
        return frame.astype(self.dtype, copy=False)

    def close(self) -> None:
        """Nothing is open."""
