"""Movie: lazily read frames with a pixel size, frame times and a clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.dataset import Dataset
from napari_insitu_tem.model.errors import (
    CalibrationError,
    ReadError,
    TimeBaseError,
)
from napari_insitu_tem.model.frame_cache import FrameCache
from napari_insitu_tem.model.timebase import (
    FrameTimes,
    StartStamp,
    TimeAudit,
    audit_frame_times,
    to_seconds,
)

CACHE_BYTES = 256 * 2**20
READ_AHEAD = 6
MATERIALISE_BYTES = 512 * 2**20


class FrameSource(Protocol):
    """What a format's reader provides: one frame at a time.

    `read_frame` may be called from several threads; a source that cannot do that
    holds its own lock.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """(t, y, x), or (t, y, x, channel) with 3 or 4 channels for colour."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a pixel."""

    def read_frame(self, index: int) -> NDArray[Any]:
        """Return frame `index` (0 <= index < t), shape (y, x) or (y, x, channel).

        Raises
        ------
        ReadError
            The frame cannot be read; the message names file and frame.
        """

    def close(self) -> None:
        """Release files. May be called twice."""


class FrameArray:
    """Array-like view of a source: reads what is asked for, keeps recent frames.

    Satisfies what napari asks of image data (`shape`, `dtype`, `ndim`, `size`,
    `__getitem__`), so that a slider step reads one frame. Frames are read-only.

    Parameters
    ----------
    source
        The frames.
    cache_bytes
        Memory for recently read frames; a source in memory needs none.
    read_ahead
        Frames that a thread reads ahead while one steps through the movie.
    """

    def __init__(
        self,
        source: FrameSource,
        cache_bytes: int = CACHE_BYTES,
        read_ahead: int = READ_AHEAD,
    ) -> None:
        self._source = source
        self._shape = tuple(int(n) for n in source.shape)
        self._dtype = np.dtype(source.dtype)
        pixels = int(np.prod(self._shape[1:], dtype=np.int64))
        self._frame_bytes = pixels * self._dtype.itemsize
        self._cache: FrameCache | None = None
        if not getattr(source, "in_memory", False):
            capacity = cache_bytes // max(1, self._frame_bytes)
            self._cache = FrameCache(self._read, len(self), capacity, ahead=read_ahead)

    @property
    def shape(self) -> tuple[int, ...]:
        """(t, y, x) or (t, y, x, channel)."""
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a pixel."""
        return self._dtype

    @property
    def ndim(self) -> int:
        """3, or 4 with colour."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """Number of pixels in all frames."""
        return int(np.prod(self._shape, dtype=np.int64))

    @property
    def frame_bytes(self) -> int:
        """Memory of one frame."""
        return self._frame_bytes

    @property
    def nbytes(self) -> int:
        """Memory that all frames would take."""
        return self._shape[0] * self._frame_bytes

    def __len__(self) -> int:
        return self._shape[0]

    def frame(self, index: int) -> NDArray[Any]:
        """Frame `index` (negative counts from the end), read-only, cached.

        Raises
        ------
        IndexError
            There is no such frame.
        ReadError
            The file does not give it.
        """
        index = self._checked(index)
        return self._read(index) if self._cache is None else self._cache.get(index)

    def _read(self, index: int) -> NDArray[Any]:
        """Frame `index` from the source, as a view that cannot be written to."""
        data = np.asarray(self._source.read_frame(index)).view()
        data.flags.writeable = False
        return data

    def __getitem__(self, key: Any) -> NDArray[Any]:
        """Like numpy's basic indexing; only the frames asked for are read."""
        parts = key if isinstance(key, tuple) else (key,)
        if Ellipsis in [p for p in parts if not isinstance(p, np.ndarray)]:
            at = next(i for i, p in enumerate(parts) if p is Ellipsis)
            fill = (slice(None),) * (self.ndim - len(parts) + 1)
            parts = parts[:at] + fill + parts[at + 1 :]
        first, rest = (parts[0], parts[1:]) if parts else (slice(None), ())
        if isinstance(first, (int, np.integer)):
            return self.frame(int(first))[rest]
        if isinstance(first, slice):
            indices = list(range(*first.indices(len(self))))
        else:
            array = np.asarray(first)
            indices = list(np.flatnonzero(array) if array.dtype == bool else array)
        if len(indices) == 1:
            return self.frame(int(indices[0]))[rest][None]
        self._refuse_too_much(len(indices))
        if not indices:
            return np.empty((0, *self.shape[1:]), self.dtype)[(slice(None), *rest)]
        return np.stack([self.frame(int(i))[rest] for i in indices])

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """All frames in memory, if they are not too many."""
        if copy is False:
            raise ValueError("A movie cannot become an array without a copy.")
        return np.asarray(self[:], dtype=dtype)

    def close(self) -> None:
        """Stop reading ahead, release the files and the memory."""
        if self._cache is not None:
            self._cache.close()
        self._source.close()

    def _checked(self, index: int) -> int:
        if not -len(self) <= index < len(self):
            raise IndexError(f"frame {index} of {len(self)}")
        return index % len(self)

    def _refuse_too_much(self, frames: int) -> None:
        if frames * self.frame_bytes > MATERIALISE_BYTES:
            raise MemoryError(
                f"{frames} frames would take {frames * self.frame_bytes / 2**30:.1f} "
                "GiB of memory; take them one at a time with frame(index)."
            )


class ArraySource:
    """Frames of an array in memory, or of anything that gives one by its index."""

    def __init__(self, array: NDArray[Any]) -> None:
        if array.ndim == 2:
            array = array[None]
        if array.ndim not in (3, 4):
            raise ReadError("A movie needs the axes (t, y, x).")
        self._array = array
        self.in_memory = type(array) is np.ndarray
        self.shape: tuple[int, ...] = tuple(array.shape)
        self.dtype: np.dtype[Any] = np.dtype(array.dtype)

    def read_frame(self, index: int) -> NDArray[Any]:
        """Frame `index`."""
        return np.asarray(self._array[index])

    def close(self) -> None:
        """Nothing to release."""


@dataclass(frozen=True, eq=False)
class Movie:
    """A time series of images and what is known of it.

    Attributes
    ----------
    name
        Unique within an experiment; the stem of the file at first.
    frames
        The pixels, read on demand.
    calibration
        Pixel size of every frame, None where the file does not give one, or where it
        changes.
    frame_sizes_nm
        (T, 2) pixel size of each frame (y, x) in nm where the magnification was
        changed, NaN for a frame of unknown size; None where one size holds for all.
    times
        Frame times on the movie's own clock, None where the file gives none.
    stamp
        The wall-clock time of the movie clock's zero, None where unknown.
    paths
        The files it was read from.
    format, reader
        Name of the file format; name of the library that read it.
    metadata
        What else the file says, as plain values.
    warnings
        Sentences the user should read.
    datasets
        What the file holds to choose from, where its format can hold several.
    dataset
        Key of the one that this movie is; "" where there is no choice.
    """

    name: str
    frames: FrameArray
    calibration: Calibration | None = None
    times: FrameTimes | None = None
    stamp: StartStamp | None = None
    paths: tuple[Path, ...] = ()
    format: str = ""
    reader: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    frame_sizes_nm: NDArray[np.float64] | None = None
    datasets: tuple[Dataset, ...] = ()
    dataset: str = ""

    def __post_init__(self) -> None:
        sizes = self.frame_sizes_nm
        if sizes is not None and sizes.shape != (len(self.frames), 2):
            raise CalibrationError(
                f"{self.name} has {len(self.frames)} frames but {len(sizes)} "
                "pixel sizes."
            )
        if self.times is not None and len(self.times) != len(self.frames):
            raise TimeBaseError(
                f"{self.name} has {len(self.frames)} frames but "
                f"{len(self.times)} frame times."
            )

    @classmethod
    def from_array(
        cls,
        array: NDArray[Any],
        *,
        name: str = "movie",
        pixel_size_nm: float | None = None,
        times_s: Any = None,
        exposures_s: Any = None,
        start: datetime | None = None,
    ) -> Movie:
        """A movie from an array in memory, shape (t, y, x) or (y, x)."""
        frames = FrameArray(ArraySource(np.asarray(array)))
        times = None
        if times_s is not None:
            times = FrameTimes.from_seconds(times_s, exposures_s, source="given")
        calibration = None
        if pixel_size_nm is not None:
            calibration = Calibration.square(pixel_size_nm, source="given")
        stamp = None if start is None else StartStamp(start, source="given")
        return cls(name, frames, calibration, times, stamp, format="array")

    @property
    def shape(self) -> tuple[int, ...]:
        """(t, y, x), or (t, y, x, channel)."""
        return self.frames.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a pixel."""
        return self.frames.dtype

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def is_colour(self) -> bool:
        """Whether frames have channels."""
        return self.frames.ndim == 4

    @property
    def pixel_size_nm(self) -> float | tuple[float, float] | None:
        """One number for square pixels, else (y, x); None without a calibration."""
        return None if self.calibration is None else self.calibration.pixel_size_nm

    @property
    def times_s(self) -> NDArray[np.float64] | None:
        """(T,) start of each frame in seconds on the movie's clock."""
        return None if self.times is None else to_seconds(self.times.start_ns)

    @property
    def exposures_s(self) -> NDArray[np.float64] | None:
        """(T,) exposure of each frame in seconds."""
        if self.times is None or self.times.exposure_ns is None:
            return None
        return to_seconds(self.times.exposure_ns)

    @property
    def start(self) -> datetime | None:
        """Wall-clock time of the movie clock's zero."""
        return None if self.stamp is None else self.stamp.when

    @cached_property
    def audit(self) -> TimeAudit:
        """The audit of the time base."""
        return audit_frame_times(len(self), self.times)

    def frame(self, index: int) -> NDArray[Any]:
        """Frame `index` as (y, x) luminance; colour is weighted by ITU-R BT.601."""
        data = self.frames.frame(index)
        if not self.is_colour:
            return data
        kind = np.dtype(np.float32 if data.dtype.itemsize < 3 else np.float64)
        red, green, blue = (data[..., i].astype(kind) for i in range(3))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    def renamed(self, name: str) -> Movie:
        """The same movie under another name."""
        return replace(self, name=name)

    def with_times(self, times: FrameTimes | None) -> Movie:
        """The same movie with another time base."""
        return replace(self, times=times)

    def with_interval(self, interval_s: float) -> Movie:
        """The same movie with equally spaced frames, typed by the user.

        Raises
        ------
        TimeBaseError
            The interval is not positive.
        """
        return self.with_times(FrameTimes.regular(len(self), interval_s))

    def with_calibration(self, calibration: Calibration | None) -> Movie:
        """The same movie with another pixel size, the same in every frame."""
        return replace(self, calibration=calibration, frame_sizes_nm=None)

    def calibration_at(self, index: int) -> Calibration | None:
        """Pixel size of a frame; None where it is not known, or is no frame."""
        if self.frame_sizes_nm is None:
            return self.calibration
        known = 0 <= index < len(self)
        y, x = self.frame_sizes_nm[index] if known else (np.nan, np.nan)
        return Calibration(float(y), float(x)) if y > 0 and x > 0 else None

    def close(self) -> None:
        """Release the files."""
        self.frames.close()
