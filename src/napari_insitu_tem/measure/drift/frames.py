"""The frames of a movie one by one, made ready to be compared."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.drift.result import BLANK, NO_DATA
from napari_insitu_tem.model.errors import MeasurementError, ReadError
from napari_insitu_tem.model.movie import Movie

Image = NDArray[np.float32]

#: Frames and pixels of each that are looked at for the range of values.
_SAMPLE_FRAMES, _SAMPLE_PIXELS = 8, 40_000
#: Part of the pixels at either end that may be defective, and the smallest side.
_DEFECTIVE, _LEAST_SIDE = 5e-4, 16


class AnyFrames(Protocol):
    """Any (t, y, x) array that gives a frame by its index."""

    @property
    def shape(self) -> tuple[int, ...]:
        """(t, y, x)."""

    def __getitem__(self, index: Any, /) -> Any: ...


class ReadyFrames:
    """Frames as float32 about zero, defects cut off, one in memory at a time.

    Parameters
    ----------
    frames
        A movie, or a (t, y, x) array, lazy or not.

    Attributes
    ----------
    count, shape
        Number of frames and (rows, columns) of each.
    is_counts
        Whether the values are non-negative: a frame is then divided by its mean, so
        that a change of the beam does not matter, and one subtracted.
    response
        (y, x) by which the frames are divided; None for none.

    Raises
    ------
    MeasurementError
        There is no frame, or they are too small to compare.
    """

    def __init__(self, frames: Movie | AnyFrames) -> None:
        if not isinstance(frames, Movie) and not hasattr(frames, "shape"):
            frames = np.asarray(frames)
        shape = tuple(frames.shape[:3] if isinstance(frames, Movie) else frames.shape)
        if len(shape) != 3 or shape[0] == 0:
            raise MeasurementError(
                f"Drift needs frames (t, y, x), not an array of shape {shape}."
            )
        if min(shape[1:]) < _LEAST_SIDE:
            raise MeasurementError(
                f"Frames of {shape[1]} x {shape[2]} px are too small to compare."
            )
        self._frames = frames
        self.count = int(shape[0])
        self.shape = (int(shape[1]), int(shape[2]))
        self.is_counts = False
        self.response: Image | None = None
        self._low, self._high, self._scale = self._range()

    def raw(self, index: int) -> NDArray[Any] | None:
        """(y, x) values of a frame; None where it cannot be read."""
        try:
            if isinstance(self._frames, Movie):
                return np.asarray(self._frames.frame(index))
            return np.asarray(self._frames[index])
        except ReadError:
            return None

    def __call__(self, index: int) -> tuple[Image, NDArray[np.bool_] | None] | str:
        """A frame about zero and which pixels are known (None: all), or a flag."""
        raw = self.raw(index)
        if raw is None:
            return NO_DATA
        known = None
        frame = raw.astype(np.float32)
        if raw.dtype.kind in "fc" and not np.isfinite(frame).all():
            known = np.isfinite(frame)
            if known.mean() < 0.2:
                return NO_DATA
            frame[~known] = frame[known].mean()
        if frame.min() == frame.max():
            return BLANK
        np.clip(frame, self._low, self._high, out=frame)
        if self.response is not None:
            frame /= self.response
        inside = frame if known is None else frame[known]
        mean = float(inside.mean(dtype=np.float64))
        frame -= np.float32(mean)
        frame /= np.float32(max(mean, 1e-6) if self.is_counts else self._scale)
        if known is not None:
            frame[~known] = 0
        return frame, known

    def _range(self) -> tuple[float, float, float]:
        """Limits beyond which a pixel is defective, and the spread between them."""
        values = []
        stride = max(1, int(self.shape[0] * self.shape[1] // _SAMPLE_PIXELS))
        for i in np.unique(np.linspace(0, self.count - 1, _SAMPLE_FRAMES).astype(int)):
            raw = self.raw(int(i))
            if raw is not None:
                sample = raw.reshape(-1)[::stride].astype(np.float64)
                values.append(sample[np.isfinite(sample)])
        sample = np.concatenate(values) if values else np.zeros(0)
        if sample.size == 0 or np.ptp(sample) == 0:
            return -np.inf, np.inf, 1.0
        middle = float(np.median(sample))
        low, high = np.quantile(sample, [_DEFECTIVE, 1 - _DEFECTIVE])
        spread = float(np.clip(sample, low, high).std()) or 1.0
        self.is_counts = bool(sample.min() >= 0)
        return (
            float(low - max(middle - low, spread)),
            float(high + max(high - middle, spread)),
            spread,
        )
