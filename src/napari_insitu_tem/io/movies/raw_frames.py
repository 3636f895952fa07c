"""Uncompressed frames read by their byte offsets: one frame costs one read."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.model.errors import ReadError

#: No camera makes larger frames; a header that claims one is damaged.
MAX_FRAME_BYTES = 2 * 2**30
MAX_SIDE = 200_000
#: A power of two, so that no pixel is cut.
_BLOCK_BYTES = 2**20


class RawFrames:
    """Frames that lie in a file as plain arrays.

    Satisfies `FrameSource`; may be read from several threads.

    Parameters
    ----------
    path
        The file.
    offsets
        Byte offset of each frame, -1 where it is not known; a `range` where they are
        evenly spaced.
    stored_shape
        Shape of a frame as it lies in the file.
    stored_dtype
        Type of a pixel as it lies in the file, with its byte order.
    finish
        Turns a stored frame into (y, x) or (y, x, channel), given and returning an
        array of the native byte order.
    """

    def __init__(
        self,
        path: Path,
        offsets: Sequence[int],
        stored_shape: tuple[int, ...],
        stored_dtype: np.dtype[Any],
        *,
        finish: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
    ) -> None:
        self._path = path
        self._offsets = offsets
        self._stored_shape = stored_shape
        self._stored_dtype = stored_dtype
        self._finish = finish
        self._lock = threading.Lock()
        self._own = threading.local()
        self._file: FileIO | None = None
        self._closed = False
        pixel = np.zeros((), stored_dtype.newbyteorder("="))
        example = self._finished(np.broadcast_to(pixel, stored_shape))
        self.shape: tuple[int, ...] = (len(offsets), *example.shape)
        self.dtype: np.dtype[Any] = example.dtype

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`.

        Raises
        ------
        ReadError
            The file is cut off before its end, is gone, or was closed.
        """
        if self._offsets[index] < 0:
            raise ReadError(
                f"Frame {index} of {self._path.name} is damaged: the file does not say "
                "where it is.",
                hint="Copy or export the file again, or leave that frame out.",
                path=self._path,
            )
        frame = np.empty(self._stored_shape, self._stored_dtype.newbyteorder("="))
        fill = self._fill if self._stored_dtype.isnative else self._fill_swapped
        with reading(self._path, f"frame {index}"):
            got = fill(frame.reshape(-1).view(np.uint8), int(self._offsets[index]))
        if got < frame.nbytes:
            raise ReadError(
                f"Frame {index} of {self._path.name} is cut off: {got} of "
                f"{frame.nbytes} bytes are there.",
                hint="Copy the file again, or use the frames before it.",
                path=self._path,
            )
        return self._finished(frame)

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._closed = True
            if self._file is not None:
                self._file.close()

    def _fill(self, buffer: NDArray[np.uint8], offset: int) -> int:
        """Read into `buffer` until it is full or the file ends."""
        file, view, done = self._opened(), buffer.data, 0
        while done < len(view):
            part = self._read_at(file, view[done:], offset + done)
            if part == 0:
                break
            done += part
        return done

    def _fill_swapped(self, buffer: NDArray[np.uint8], offset: int) -> int:
        """The same from the other byte order.

        By way of a small array that stays in the processor: swapping in place takes
        three times as long.
        """
        native = self._stored_dtype.newbyteorder("=")
        own = self._own.__dict__
        if "block" not in own:
            own["block"] = np.empty(min(_BLOCK_BYTES, buffer.size), np.uint8)
        block, done = own["block"], 0
        while done < buffer.size:
            part = block[: buffer.size - done]
            got = self._fill(part, offset + done)
            whole = got - got % native.itemsize
            stored = part[:whole].view(self._stored_dtype)
            buffer[done : done + whole].view(native)[:] = stored
            done += got
            if got < part.size:
                break
        return done

    def _read_at(self, file: FileIO, view: memoryview, offset: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(file.fileno(), [view], offset)
        with self._lock:  # Windows has no positioned read
            file.seek(offset)
            return file.readinto(view) or 0

    def _opened(self) -> FileIO:
        with self._lock:
            if self._closed:
                raise ReadError(f"{self._path.name} was closed.", path=self._path)
            if self._file is None:
                self._file = FileIO(self._path)
                weakref.finalize(self, self._file.close)
            return self._file

    def _finished(self, frame: NDArray[Any]) -> NDArray[Any]:
        return frame if self._finish is None else self._finish(frame)


def whole_frames(size: int, offset: int, frame_bytes: int, claimed: int) -> int:
    """How many of the claimed frames lie completely inside a file.

    Parameters
    ----------
    size
        Bytes in the file.
    offset
        Byte at which the first frame begins.
    frame_bytes
        Bytes from one frame to the next.
    claimed
        Number of frames that the header promises.
    """
    if frame_bytes <= 0 or offset < 0:
        return 0
    return max(0, min(claimed, (size - offset) // frame_bytes))
