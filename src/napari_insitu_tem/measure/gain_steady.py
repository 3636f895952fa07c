"""Frames laid onto one another before what differs between them is called noise."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.drift.canvas import laid_back
from napari_insitu_tem.measure.drift.coarse import between_shades, binned
from napari_insitu_tem.measure.drift.search import CLEAR, Reference
from napari_insitu_tem.measure.drift.votes import vote
from napari_insitu_tem.measure.threads import on_one_thread

Image = NDArray[np.float32]
FloatArray = NDArray[np.float64]

#: Frames are compared with at most this many pixels along a side.
_LONGEST = 512
#: Gaussian (px of the compared images) over noise, Gauss-Newton steps at most, and the
#: displacement in its standard uncertainties below which a frame is left as it is.
_SMOOTH, _STEPS, _SURE = 1.5, 6, 4.0
#: A displacement in px of the compared images to which small ones need not be tried.
_FAR = 2.0
#: Pixels that interpolation needs around what it gives.
_BORDER = 6


class Steadier:
    """Lays consecutive frames where the content of the middle one is.

    Notes
    -----
    The displacement minimises what differs between the smoothed frames, so that it
    takes as much from the noise as two unknowns do: nothing. Interpolation takes from
    the finest noise only, as the point spread of the camera does.
    """

    def __init__(self) -> None:
        self._shifts: dict[int, FloatArray] = {}

    @on_one_thread
    def __call__(self, first: int, frames: Sequence[FloatArray]) -> list[FloatArray]:
        """Two or three frames, NaN where not all have something.

        Frames are left as they are where nothing moved, or where a displacement cannot
        be told.

        Parameters
        ----------
        first
            Index of the first one: what is known of it from before is used again.
        frames
            (y, x) frames of one shape.
        """
        self._shifts = {i: s for i, s in self._shifts.items() if i >= first}
        for offset, (one, next_one) in enumerate(pairwise(frames)):
            if first + offset not in self._shifts:
                self._shifts[first + offset] = _Compared(one).shift_of(next_one)
        shifts = [np.zeros(2) for _ in frames]
        if len(frames) > 2:
            shifts[0] = -self._shifts[first]
        shifts[-1] = self._shifts[first + len(frames) - 2]
        if not any(shift.any() for shift in shifts):
            return list(frames)
        laid = [_laid(f, shift) for f, shift in zip(frames, shifts, strict=True)]
        missing = np.any([np.isnan(frame) for frame in laid], axis=0)
        return [np.where(missing, np.nan, frame) for frame in laid]


def _laid(frame: FloatArray, shift: FloatArray) -> FloatArray:
    """(y, x) a frame laid back, NaN where nothing comes in."""
    if not shift.any():
        return frame
    level = float(np.nanmean(frame))
    (y, x), image, _ = laid_back((frame - level).astype(np.float32), None, shift)
    out = np.full(frame.shape, np.nan)
    y0, x0 = max(y, 0), max(x, 0)
    y1, x1 = (
        min(at + n, m)
        for at, n, m in zip((y, x), image.shape, frame.shape, strict=True)
    )
    if y1 > y0 and x1 > x0:
        out[y0:y1, x0:x1] = image[y0 - y : y1 - y, x0 - x : x1 - x] + level
    return out


class _Compared:
    """A frame with which others are compared."""

    def __init__(self, frame: FloatArray) -> None:
        self._bin = max(1, -(-max(frame.shape) // _LONGEST))
        self._image = self._level(frame)
        # Coarser still, for the search of all places at once.
        self._coarse = max(1, -(-max(self._image.shape) // (_LONGEST // 4)))
        searched = self._searched(self._image)
        rows, columns = searched.shape
        self._reference = Reference(searched, None, (0, 0), (rows, columns))
        self._smooth = self._smoothed(self._image)

    def shift_of(self, frame: FloatArray) -> FloatArray:
        """(2,) how far the content of a frame lies from that of this one, in px."""
        nothing = np.zeros(2)
        if min(self._image.shape) < 4 * _BORDER:
            return nothing
        image = self._level(frame)
        match = self._reference.find(self._searched(image), nothing)
        start = nothing
        if match is not None and match.height > CLEAR:
            start = np.asarray(match.shift * self._coarse)
        smooth = self._smoothed(image)
        tries = [self._refined(smooth, start)]
        if np.abs(start).max() > _FAR:  # a search may be led astray
            tries.append(self._refined(smooth, nothing))
        still = self._difference(smooth, nothing)
        shift, difference, u = min(tries, key=lambda found: found[1])
        is_sure = bool((np.abs(shift) > _SURE * u).any())
        return shift * self._bin if is_sure and difference < still else nothing

    def _level(self, frame: FloatArray) -> Image:
        """Binned, about zero, missing pixels at zero, over the mean brightness."""
        known = np.isfinite(frame)
        mean = float(frame[known].mean()) if known.any() else 0.0
        level = np.where(known, frame - mean, 0.0).astype(np.float32)
        return binned(level, self._bin) / np.float32(abs(mean) or 1.0)

    def _searched(self, image: Image) -> Image:
        return between_shades(binned(image, self._coarse))

    def _smoothed(self, image: Image) -> Image:
        from scipy.ndimage import gaussian_filter

        return np.asarray(gaussian_filter(image, _SMOOTH), np.float32)

    def _refined(
        self, smooth: Image, shift: FloatArray
    ) -> tuple[FloatArray, float, FloatArray]:
        """Displacement, mean square that differs, and uncertainty of the former."""
        u = np.full(2, np.inf)
        for _ in range(_STEPS):
            pair = self._pair(smooth, shift)
            if pair is None:
                return np.zeros(2), np.inf, u
            here, there = pair
            slopes = np.stack([np.gradient(here, axis=a) for a in (0, 1)])
            bends = np.stack(
                [slopes[i] * slopes[j] for i, j in ((0, 0), (0, 1), (1, 1))]
            )
            found = vote(there - here, np.ones_like(here), slopes, bends, np.eye(2))
            if not np.isfinite(found.step).all():
                return np.zeros(2), np.inf, u
            shift = shift - np.clip(found.step, -1.0, 1.0)
            u = np.sqrt(np.diag(found.covariance))
            if np.abs(found.step).max() < 0.01:
                break
        return shift, self._difference(smooth, shift), u

    def _pair(self, smooth: Image, shift: FloatArray) -> tuple[Image, Image] | None:
        """Both images, the other laid on this one, where both are."""
        (y, x), image, _ = laid_back(smooth, None, shift)
        rows, columns = self._smooth.shape
        y0, x0 = max(y, 0), max(x, 0)
        y1, x1 = min(y + image.shape[0], rows), min(x + image.shape[1], columns)
        if min(y1 - y0, x1 - x0) < 2 * _BORDER:
            return None
        return self._smooth[y0:y1, x0:x1], image[y0 - y : y1 - y, x0 - x : x1 - x]

    def _difference(self, smooth: Image, shift: FloatArray) -> float:
        """Mean square that differs."""
        pair = self._pair(smooth, shift)
        if pair is None:
            return np.inf
        return float(np.var(pair[0] - pair[1], dtype=np.float64))
