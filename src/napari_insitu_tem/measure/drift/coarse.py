"""Every frame against those before it, then against all: places to a pixel or two."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.drift.canvas import Canvas
from napari_insitu_tem.measure.drift.frames import ReadyFrames
from napari_insitu_tem.measure.drift.result import LOW_CONTRAST
from napari_insitu_tem.measure.drift.search import CLEAR, Reference

Image = NDArray[np.float32]
FloatArray = NDArray[np.float64]
Mask = NDArray[np.bool_] | None
_Value = TypeVar("_Value", bound=np.generic)

#: Frames after which an older one counts e times less in the running reference.
_MEMORY = 8.0
#: Gaussian (px of the coarse image) below which details, and part of the frame's side
#: above which shades, do not count.
_FINE, _SHADE = 1.0, 1 / 8
#: Pixels of coarse images that are kept in memory (a quarter of a gigabyte).
_MOST_KEPT = 64_000_000


class Coarse:
    """Frames binned and freed from shades, ready to be searched.

    Parameters
    ----------
    frames
        The movie.
    mask
        (y, x) of the first frame: what holds still; None for all.
    """

    def __init__(self, frames: ReadyFrames, mask: Mask) -> None:
        self.frames = frames
        side = min(frames.shape)
        self.bin = 1 if side <= 256 else 2 if side <= 1024 else 4
        self.shape = (frames.shape[0] // self.bin, frames.shape[1] // self.bin)
        self.mask = None if mask is None else binned(mask, self.bin) > 0.5

        self._kept: dict[int, Image | str] = {}

    def image(self, index: int) -> Image | str:
        """(y, x) binned frame between fine and shade, or why there is none."""
        if index in self._kept:
            return self._kept[index]
        ready = self.frames(index)
        image = (
            ready
            if isinstance(ready, str)
            else between_shades(binned(ready[0], self.bin))
        )
        if len(self._kept) * self.shape[0] * self.shape[1] < _MOST_KEPT:
            self._kept[index] = image
        return image


def between_shades(image: Image) -> Image:
    """(y, x) binned frame without its finest details and without its shades."""
    from scipy.ndimage import gaussian_filter, uniform_filter

    # Two running means are about as smooth as a Gaussian and far quicker.
    size = [2 * int(n * _SHADE) + 1 for n in image.shape]
    shade = uniform_filter(uniform_filter(image, size), size)
    return np.asarray(gaussian_filter(image, _FINE) - shade, np.float32)


def binned(image: NDArray[Any], by: int) -> Image:
    """Means of by x by pixels; what is left over at the far borders is dropped."""
    rows, columns = image.shape[0] // by, image.shape[1] // by
    kept = image[: rows * by, : columns * by].astype(np.float32, copy=False)
    if by == 1:
        return np.asarray(kept)
    return np.asarray(kept.reshape(rows, by, columns, by).mean(axis=(1, 3)))


class _Running:
    """Mean of the latest frames, in the coordinates of the last one added."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.place = np.zeros(2, int)
        self.count = 0
        self._sum = np.zeros(shape, np.float32)
        self._weight = np.zeros(shape, np.float32)

    def add(self, image: Image, place: NDArray[np.int_]) -> None:
        """Fade what is there and add an image whose content has this place."""
        step = place - self.place
        keep = math.exp(-1 / _MEMORY)
        self._sum = _rolled(self._sum, step) * np.float32(keep) + image
        self._weight = _rolled(self._weight, step) * np.float32(keep) + np.float32(1)
        self.place = place
        self.count += 1

    def reference(self, mask: Mask) -> Reference:
        """It, with only the masked part of the first frame where there is a mask."""
        known = self._weight > 0
        if mask is not None:
            known &= _rolled(mask, self.place)
        image = np.where(known, self._sum / np.maximum(self._weight, 1e-6), 0)
        return Reference(
            np.asarray(image, np.float32),
            None if mask is None else known,
            (-int(self.place[0]), -int(self.place[1])),
            (image.shape[0], image.shape[1]),
        )


def _rolled(image: NDArray[_Value], step: NDArray[np.int_]) -> NDArray[_Value]:
    """An image moved by whole pixels, with nothing where nothing comes in."""
    out = np.zeros_like(image)
    to, come = [], []
    for size, by in zip(image.shape, step, strict=True):
        by = int(np.clip(by, -size, size))
        to.append(slice(max(by, 0), size + min(by, 0)))
        come.append(slice(max(-by, 0), size - max(by, 0)))
    out[tuple(to)] = image[tuple(come)]
    return out


def follow(
    coarse: Coarse, tell: Callable[[int], None]
) -> tuple[FloatArray, NDArray[np.str_], NDArray[np.bool_]]:
    """Shift of each frame against the mean of those before it.

    Returns
    -------
    (T, 2) shifts in coarse pixels (NaN where not found), (T,) flags, (T,) whether
    another place is as good.
    """
    count = coarse.frames.count
    shifts = np.full((count, 2), np.nan)
    flags = np.full(count, "", "U16")
    ambiguous = np.zeros(count, bool)
    running = _Running(coarse.shape)
    last = -1
    for t in range(count):
        tell(t)
        image = coarse.image(t)
        if isinstance(image, str):
            flags[t] = image
            continue
        match = None
        if running.count:
            expected = shifts[last]
            match = running.reference(coarse.mask).find(image, expected)
            if match is None or match.height < CLEAR:
                flags[t] = LOW_CONTRAST
                if running.count > 1:
                    continue
                # Nothing ties the two: which one is at fault shows the next frame.
                shifts[last], flags[last] = np.nan, LOW_CONTRAST
                running, match = _Running(coarse.shape), None
        flags[t] = ""
        shifts[t] = np.zeros(2) if match is None else match.shift
        ambiguous[t] = match is not None and match.is_ambiguous
        running.add(image, np.rint(shifts[t]).astype(int))
        last = t
    return shifts, flags, ambiguous


def mosaics(
    coarse: Coarse, shifts: FloatArray, tell: Callable[[int], None]
) -> list[Reference]:
    """Means of the even and of the odd frames at whole coarse pixels."""
    good = np.flatnonzero(np.isfinite(shifts[:, 0]))
    canvas = Canvas(coarse.shape, shifts[good].min(axis=0), shifts[good].max(axis=0))
    for number, t in enumerate(good):
        tell(int(t))
        image = coarse.image(int(t))
        if not isinstance(image, str):
            y, x = (int(v) for v in np.rint(shifts[t]))
            canvas.add(number % 2, (-y, -x), image, None)
    made = []
    for mean, counts in zip(canvas.means(), canvas.counts, strict=True):
        known = counts > 0
        if coarse.mask is not None:
            known &= placed(coarse.mask, canvas)
        corner = (-canvas.origin[0], -canvas.origin[1])
        made.append(Reference(mean * known, known, corner, coarse.shape))
    return made


def placed(mask: NDArray[np.bool_], canvas: Canvas) -> NDArray[np.bool_]:
    """A mask of the first frame on a canvas."""
    out = np.zeros(canvas.shape, bool)
    out[canvas.window((0, 0), mask.shape)] = mask
    return out
