"""Values of a frame between its pixels: bilinear, averaged across a strip."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

#: Part of a strip's width that must lie in the frame for its mean to count.
_LEAST_IN_FRAME = 0.5


class StripSampler:
    """Means across strips at fixed places of frames of one size.

    The weights are worked out once and applied to each frame as one sparse product.

    Parameters
    ----------
    points
        (..., L, 2) places (y, x) along strips.
    across
        (..., L, 2) unit vectors of the direction over which is averaged.
    width
        Width of the strips in px.
    frame_shape
        (rows, columns) of the frames.

    Notes
    -----
    The strip is cut into lines about one pixel apart, `width` in number where it is
    whole. Each line is interpolated bilinearly, which is exact for a brightness that is
    linear between neighbouring pixels. Interpolation makes the noise of neighbouring
    samples correlated and smaller by up to a factor of two in variance, so the noise
    of a frame must not be taken from the scatter of a resliced profile alone.
    """

    def __init__(
        self,
        points: ArrayLike,
        across: ArrayLike,
        width: float,
        frame_shape: tuple[int, int],
    ) -> None:
        from scipy.sparse import csr_array

        centres = np.asarray(points, dtype=np.float64)
        self._shape = centres.shape[:-1]
        places = strip_lines(centres, np.asarray(across, np.float64), width)
        lines = places.shape[-2]
        pixels, weights, inside = _bilinear(places.reshape(-1, 2), frame_shape)
        count = inside.reshape(-1, lines).sum(axis=1)
        self._is_out = count < _LEAST_IN_FRAME * lines
        row = np.repeat(np.arange(count.size), lines)
        share = weights / np.maximum(count, 1)[row][:, None]
        used = share > 0
        self._pixels, column = np.unique(pixels[used], return_inverse=True)
        rows = np.broadcast_to(row[:, None], share.shape)[used]
        size = (count.size, self._pixels.size)
        self._weights = csr_array((share[used], (rows, column)), shape=size)

    def __call__(self, frame: NDArray[Any]) -> FloatArray:
        """(..., L) means of one frame, NaN where the strip lies out of it."""
        values = np.take(frame.reshape(-1), self._pixels).astype(np.float64)
        means = np.asarray(self._weights @ values)
        means[self._is_out] = np.nan
        return means.reshape(self._shape)


def sample_bilinear(frame: NDArray[Any], places: FloatArray) -> FloatArray:
    """(...,) values of a frame at (..., 2) places (y, x), NaN out of it."""
    pixels, weights, inside = _bilinear(places.reshape(-1, 2), frame.shape[:2])
    values = np.take(frame.reshape(-1), pixels).astype(np.float64)
    values[weights == 0] = 0.0  # a missing pixel spoils only what it touches
    sums = np.sum(values * weights, axis=1)
    return np.where(inside, sums, np.nan).reshape(places.shape[:-1])


def strip_lines(centres: FloatArray, across: FloatArray, width: float) -> FloatArray:
    """(..., L, W, 2) places on the lines that cover a strip of a width."""
    lines = max(1, round(width))
    offsets = ((np.arange(lines) + 0.5) / lines - 0.5) * max(width, 1.0)
    if lines == 1:
        offsets = np.zeros(1)
    return centres[..., None, :] + offsets[:, None] * across[..., None, :]


def _bilinear(
    places: FloatArray, frame_shape: tuple[int, int]
) -> tuple[NDArray[np.int64], FloatArray, NDArray[np.bool_]]:
    """Flat indices and weights of the four pixels around each place.

    Returns
    -------
    (P, 4) indices, (P, 4) weights, (P,) whether the place lies between pixel centres.
    """
    last = np.array(frame_shape, dtype=np.float64) - 1
    inside = np.all((places >= 0) & (places <= last), axis=1)
    kept = np.where(inside[:, None], places, 0.0)
    low = np.minimum(np.floor(kept), np.maximum(last - 1, 0)).astype(np.int64)
    part = kept - low
    y, x = low[:, 0], low[:, 1]
    below = np.minimum(y + 1, int(last[0]))
    right = np.minimum(x + 1, int(last[1]))
    columns = frame_shape[1]
    above, under = y * columns, below * columns
    pixels = np.stack([above + x, above + right, under + x, under + right], axis=1)
    fy, fx = part[:, 0], part[:, 1]
    weights = np.stack(
        [(1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx], axis=1
    )
    return pixels, weights * inside[:, None], inside
