"""Means of frames laid where their content belongs, in two halves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
Known = NDArray[np.bool_] | None


class Canvas:
    """Sums of frames in the coordinates of the first one, even and odd ones apart.

    Parameters
    ----------
    shape
        (rows, columns) of the frames.
    lowest, highest
        (2,) least and greatest shift (dy, dx) that the frames may have.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        lowest: NDArray[np.float64],
        highest: NDArray[np.float64],
    ) -> None:
        low = np.floor(lowest).astype(int) - 2
        high = np.ceil(highest).astype(int) + 2
        #: Canvas index of the first frame's pixel (0, 0).
        self.origin = (int(high[0]), int(high[1]))
        size = (shape[0] + int(high[0] - low[0]), shape[1] + int(high[1] - low[1]))
        self.sums = np.zeros((2, *size), np.float32)
        self.counts = np.zeros((2, *size), np.float32)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return int(self.sums.shape[1]), int(self.sums.shape[2])

    def window(
        self, corner: tuple[int, int], shape: tuple[int, ...]
    ) -> tuple[slice, slice]:
        """Where an image lies whose first pixel has these frame-0 coordinates."""
        y, x = corner[0] + self.origin[0], corner[1] + self.origin[1]
        return slice(y, y + shape[0]), slice(x, x + shape[1])

    def add(
        self, half: int, corner: tuple[int, int], image: Image, known: Known
    ) -> None:
        """Add an image to a half (0 or 1)."""
        window = self.window(corner, image.shape)
        if known is None:
            self.sums[half][window] += image
            self.counts[half][window] += 1
        else:
            self.sums[half][window] += image * known
            self.counts[half][window] += known

    def means(self) -> NDArray[np.float32]:
        """(2, y, x) mean of each half, 0 where there is none."""
        return np.asarray(self.sums / np.maximum(self.counts, 1), np.float32)

    def mean(self) -> Image:
        """Mean of both halves together."""
        total = self.counts.sum(axis=0)
        return np.asarray(self.sums.sum(axis=0) / np.maximum(total, 1), np.float32)


def laid_back(
    frame: Image, known: Known, shift: NDArray[np.float64]
) -> tuple[tuple[int, int], Image, Known]:
    """A frame sampled where the first frame's pixels have moved to.

    Returns
    -------
    The frame-0 coordinates of its first pixel, its values, which of them are known.

    Notes
    -----
    Cubic convolution of six points [1]_; five rows and columns are lost at the borders.
    That of four blurs details of two pixels by how far between pixels they lie, which
    moves what is fitted to them.

    .. [1] R. G. Keys, IEEE Trans. Acoust. Speech Signal Process. 29 (1981) 1153.
    """
    whole = np.floor(shift).astype(int)
    part = shift - whole
    image = _taps(_taps(frame, float(part[0]), 0), float(part[1]), 1)
    if known is not None:
        from scipy.ndimage import minimum_filter

        # The six taps of a pixel are those from two before to three after it.
        known = minimum_filter(known, size=6, origin=-1, mode="constant")[2:-3, 2:-3]
        known = known[: image.shape[0], : image.shape[1]]
    return (2 - int(whole[0]), 2 - int(whole[1])), image, known


def _taps(image: Image, part: float, axis: int) -> Image:
    """Interpolate at `part` beyond every pixel along one axis."""
    weights = [_cubic(abs(part - k)) for k in range(-2, 4)]
    length = image.shape[axis] - 5
    out = np.zeros(0, np.float32)
    for k, weight in enumerate(weights):
        piece = image[k : k + length] if axis == 0 else image[:, k : k + length]
        if k == 0:
            out = piece * np.float32(weight)
        elif weight != 0:
            out += piece * np.float32(weight)
    return out


def _cubic(s: float) -> float:
    """Weight of a point at a distance, of six points."""
    if s < 1:
        return 1 + s * s * (4 * s - 7) / 3
    if s < 2:
        return (30 + s * (-59 + s * (36 - 7 * s))) / 12
    return (-18 + s * (21 + s * (s - 8))) / 12 if s < 3 else 0.0
