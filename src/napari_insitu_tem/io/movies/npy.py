"""NumPy stacks: one array (t, y, x) in a .npy file, as `numpy.save` writes it."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.raw_frames import (
    MAX_FRAME_BYTES,
    MAX_SIDE,
    RawFrames,
    whole_frames,
)
from napari_insitu_tem.io.probe import Probe, probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

_FIELDS = "fields under names, not one number a pixel"
_SAVE_AGAIN = "Save it again with numpy.save as an array of numbers (t, y, x)."
_READ_HEADER = {
    (1, 0): npy_format.read_array_header_1_0,
    (2, 0): npy_format.read_array_header_2_0,
}


@dataclass(frozen=True)
class _Stack:
    """Where the pixels of the array lie: (t, y, x) or (t, y, x, channel)."""

    offset: int
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    is_fortran: bool

    @property
    def frame_bytes(self) -> int:
        return math.prod(self.shape[1:]) * self.dtype.itemsize

    @property
    def end(self) -> int:
        return self.offset + self.shape[0] * self.frame_bytes


class _FortranFrames:
    """Frames whose pixels are scattered over the whole file, which is mapped.

    Satisfies `FrameSource`; may be read from several threads.
    """

    def __init__(self, path: Path, stack: _Stack) -> None:
        self._path, self._end = path, stack.end
        self._array: NDArray[Any] | None = np.memmap(
            path, stack.dtype, "r", stack.offset, stack.shape, order="F"
        )
        self.shape = stack.shape
        self.dtype = stack.dtype.newbyteorder("=")

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`, as an array of its own."""
        array = self._array
        if array is None:
            raise ReadError(f"{self._path.name} was closed.", path=self._path)
        with reading(self._path, f"frame {index}"):
            # A mapped file that became shorter would end the program, not raise.
            if self._path.stat().st_size < self._end:
                raise ReadError(
                    f"Frame {index} of {self._path.name} is cut off: the file became "
                    "shorter after it was opened.",
                    hint="Copy the file again.",
                    path=self._path,
                )
            return np.array(array[index], self.dtype, order="C")

    def close(self) -> None:
        """Release the file."""
        self._array = None


def _sniff(looked: Probe) -> float:
    return 1.0 if looked.head.startswith(npy_format.MAGIC_PREFIX) else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    path = paths[0]
    looked = probe(path)
    stack = _stack_in(looked)
    facts = Facts()
    if looked.size > stack.end:
        facts.warn("More follows the first array in the file; it was left out.")
    if stack.is_fortran and stack.shape[0] > 1:
        facts.warn(
            "It is stored in Fortran order, so one frame costs reading the whole "
            "file; saved again from numpy.ascontiguousarray it opens faster."
        )
    if len(stack.shape) == 3 and stack.shape[2] in (3, 4):
        facts.warn(
            f"Its frames were taken to be {stack.shape[2]} pixels wide; a single "
            "colour image needs the axes (t, y, x, channel)."
        )
    return build_movie(
        _frames(path, stack),
        facts,
        paths,
        name=path.stem,
        form="NumPy",
        reader="npy",
    )


def _frames(path: Path, stack: _Stack) -> RawFrames | _FortranFrames:
    if stack.is_fortran:
        return _FortranFrames(path, stack)
    offsets = range(stack.offset, stack.end, stack.frame_bytes)
    return RawFrames(path, offsets, stack.shape[1:], stack.dtype)


def _stack_in(looked: Probe) -> _Stack:
    """The array that a file promises, if it is a movie and all of it is there."""
    path = looked.path
    offset, shape, is_fortran, dtype = _header(looked)
    if what := _not_numbers(dtype) or _not_frames(shape, dtype):
        raise _refused(path, what)
    if dtype.kind == "b":
        dtype = np.dtype(np.uint8)
    shape = (1, *shape) if len(shape) == 2 else shape
    stack = _Stack(offset, shape, dtype, is_fortran)
    if max(shape[1:]) > MAX_SIDE or stack.frame_bytes > MAX_FRAME_BYTES:
        raise _damaged(path, f"it promises frames of {shape[1:]} pixels")
    if looked.size < stack.end:  # saved in one go: a failed copy, no cut recording
        whole = whole_frames(looked.size, offset, stack.frame_bytes, shape[0])
        there = "" if is_fortran else f", {whole} of {shape[0]} frames are complete"
        raise _damaged(path, f"it is cut off{there}")
    return stack


def _header(looked: Probe) -> tuple[int, tuple[int, ...], bool, np.dtype[Any]]:
    """Where the array begins, its shape, whether it is in Fortran order, its type."""
    head = BytesIO(looked.head)
    try:
        read = _READ_HEADER.get(npy_format.read_magic(head))
        if read is None:  # 3.0 is written only for names of fields beyond Latin-1
            raise _refused(looked.path, _FIELDS)
        with warnings.catch_warnings():  # headers of Python 2 are read, but warned of
            warnings.simplefilter("ignore")
            shape, is_fortran, dtype = read(head)
    except (ValueError, SyntaxError, TokenError) as error:
        raise _damaged(looked.path, "its header cannot be understood") from error
    return head.tell(), shape, is_fortran, dtype


def _not_numbers(dtype: np.dtype[Any]) -> str:
    """What the elements are, if they are no grey levels; empty if they are."""
    if dtype.hasobject:
        return (
            "Python objects; they are never loaded, as that could run a foreign program"
        )
    if dtype.kind == "V":
        return _FIELDS
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        return f"elements of the type {dtype}, which are no grey levels"
    return ""


def _not_frames(shape: tuple[int, ...], dtype: np.dtype[Any]) -> str:
    """What an array is, if it is no movie by its shape; empty if it is one."""
    if any(n < 1 for n in shape):
        return f"an array of shape {shape}, which has no pixels"
    is_colour = len(shape) == 4 and shape[3] in (3, 4) and dtype == np.uint8
    if len(shape) in (2, 3) or is_colour:
        return ""
    return (
        f"an array of shape {shape} and type {dtype}, which is neither frames (t, y, "
        "x) nor colour (t, y, x, 3 or 4) in uint8"
    )


def _refused(path: Path, what: str) -> ReadError:
    return ReadError(f"{path.name} holds {what}.", hint=_SAVE_AGAIN, path=path)


def _damaged(path: Path, what: str) -> ReadError:
    return ReadError(
        f"{path.name} is damaged: {what}.",
        hint="Copy or save it again.",
        path=path,
    )


FORMAT = Format(
    name="NumPy",
    kind="movie",
    maker="any program in Python (numpy.save)",
    extensions=(".npy",),
    library="",
    reads=(
        "one array of numbers (t, y, x), an image (y, x), colour (t, y, x, 3 or 4) as "
        "uint8; both byte orders, C and Fortran order"
    ),
    missing=(
        "scale and times, which the file does not have; arrays of objects, fields or "
        "complex numbers; arrays that are cut off; .npz archives"
    ),
    sniff=_sniff,
    read=_read,
)
