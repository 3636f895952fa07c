"""Where the specimen itself changes, so that it tells little of the drift."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

#: Side of the blocks in px, and how far beyond chance a block must change.
_BLOCK, _BY_CHANCE = 8, 2.0


class Changes:
    """How much blocks of the specimen differ from their mean, beyond noise.

    Parameters
    ----------
    shape
        (rows, columns) of the canvas.
    """

    def __init__(self, shape: tuple[int, int]) -> None:
        self._shape = shape
        size = tuple(n // _BLOCK + 1 for n in shape)
        self._single = np.zeros(size)
        self._mean = np.zeros(size)
        self._count = np.zeros(size)

    def add(self, window: tuple[slice, slice], rest: Image) -> None:
        """Add what a frame differs by from the mean, at its place on the canvas."""
        skip = [-w.start % _BLOCK for w in window]
        kept = rest[skip[0] :, skip[1] :]
        rows, columns = (n // _BLOCK for n in kept.shape)
        kept = kept[: rows * _BLOCK, : columns * _BLOCK]
        blocks = kept.reshape(rows, _BLOCK, columns, _BLOCK)
        at = tuple(
            slice(first := (w.start + s) // _BLOCK, first + n)
            for w, s, n in zip(window, skip, (rows, columns), strict=True)
        )
        self._mean[at] += blocks.mean(axis=(1, 3), dtype=np.float64) ** 2
        self._single[at] += np.einsum("aibj,aibj->ab", blocks, blocks) / _BLOCK**2
        self._count[at] += 1

    def still(self) -> Image:
        """(y, x) of the canvas: 1 where it holds still, towards 0 where it changes.

        Notes
        -----
        The variance of a block's mean over that of its pixels is one over their number
        for noise, whatever the dose; a camera that spreads its electrons makes it
        larger everywhere, so it is compared with the median. Weights fall with the
        square of the excess.
        """
        ratio = self._mean / np.where(self._single > 0, self._single, 1)
        seen = self._count >= 2
        if not seen.any():
            return np.ones(self._shape, np.float32)
        usual = float(np.median(ratio[seen]))
        limit = usual * (1 + _BY_CHANCE * np.sqrt(2 / np.maximum(self._count, 1)))
        weight = np.minimum(limit / np.maximum(ratio, 1e-30), 1) ** 2
        whole = np.repeat(np.repeat(weight, _BLOCK, axis=0), _BLOCK, axis=1)
        return np.asarray(whole[: self._shape[0], : self._shape[1]], np.float32)
