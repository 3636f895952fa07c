"""Images whose pixels lie in their file as they are: found once, read in one go."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.tiff_pages import PageKind

if TYPE_CHECKING:
    from tifffile import TiffFile


@dataclass(frozen=True)
class PlainImage:
    """Where the pixels of a file lie, and how the file is known again.

    Attributes
    ----------
    offset
        Byte at which they begin.
    shape, dtype
        As they lie in the file.
    finish
        What turns them into (y, x) or (y, x, channel); None where they are that.
    size, changed_ns
        Bytes and date of the file, which another one of that name would not share.
    """

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    finish: Callable[[NDArray[Any]], NDArray[Any]] | None
    size: int
    changed_ns: int

    def read(self, path: Path) -> NDArray[Any] | None:
        """The pixels; None where the file is another one by now, or too short."""
        frame = np.empty(self.shape, self.dtype)
        view, done = frame.reshape(-1).view(np.uint8).data, 0
        with FileIO(path) as file:
            status = os.fstat(file.fileno())
            if (status.st_size, status.st_mtime_ns) != (self.size, self.changed_ns):
                return None
            file.seek(self.offset)
            while done < len(view):
                part = file.readinto(view[done:])
                if not part:
                    return None
                done += part
        if not frame.dtype.isnative:
            frame = frame.byteswap(inplace=True).view(self.dtype.newbyteorder("="))
        return frame if self.finish is None else self.finish(frame)


def plain_image(tif: TiffFile, kind: PageKind, path: Path) -> PlainImage | None:
    """Where the pixels of the first page are; None where they are packed or cut."""
    page = tif.pages.first
    status = path.stat()
    if not page.is_final or not page.dataoffsets:
        return None
    offset = int(page.dataoffsets[0])
    if offset + kind.pixels * kind.dtype.itemsize > status.st_size:
        return None
    stored = kind.dtype.newbyteorder(tif.byteorder)
    return PlainImage(
        offset, kind.shape, stored, kind.finish, status.st_size, status.st_mtime_ns
    )
