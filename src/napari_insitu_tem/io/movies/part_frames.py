"""Frames back to back over several raw files, whose borders they cross."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.model.errors import ReadError


def raw_parts(director: Path) -> list[Path]:
    """`NAME.raw`, `NAME.raw_1`, `NAME.raw_2`, ... beside a file, to the first gap."""
    first = director.with_suffix(".raw")
    if not first.is_file():
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
