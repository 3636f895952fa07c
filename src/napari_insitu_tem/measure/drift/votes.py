"""What the blocks of a frame say of its place, those that disagree counting less."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]
FloatArray = NDArray[np.float64]

#: Blocks along an axis, and the least size of one in px.
_BLOCKS, _LEAST_BLOCK = 16, 8
#: A block's disagreement in its own variances (chi square of two) that is believed to
#: be chance, and rounds of weighing.
_BY_CHANCE, _ROUNDS = 10.0, 8
#: Medians of the square of a normal variable, and of chi square of two.
_MEDIAN_SQUARE, _MEDIAN_TWO = 0.4549, 1.386
#: Variance of a level over that of white noise that the camera alone may make.
_TOLERATED = 4.0


@dataclass(frozen=True)
class Vote:
    """The blocks' common answer.

    Attributes
    ----------
    step
        (2,) in units of the contrast.
    covariance
        (2, 2) of it, from the scatter of the blocks.
    """

    step: FloatArray
    covariance: FloatArray


def vote(
    rest: Image,
    weight: Image,
    slopes: Image,
    bends: Image,
    freed: FloatArray,
) -> Vote:
    """The displacement that most blocks of a frame agree upon.

    Parameters
    ----------
    rest
        (y, x) what the frame differs by from the mean; 0 where unknown.
    weight
        (y, x) inverse variance up to a factor, 0 where unknown.
    slopes
        (2, y, x) of the mean along y and x, times the weight.
    bends
        (3, y, x) products of the slopes (yy, yx, xx), times the weight.
    freed
        (2, 2) by which the blocks' tensors are freed from the noise of the slopes.

    Notes
    -----
    A block says ``s = sum(w g e)`` with the variance ``v H``, ``H = sum(w g g')``. Its
    level is a random effect: its variance t over that of noise follows from the median
    block, and ``t / (t + 1)`` of what the level explains is left out, which is nothing
    where nothing changes. Blocks with ``q = |s - H d|^2 / v H`` above chance weigh less
    by the square of that ratio (iterated): where the specimen itself moves, the blocks
    of what stands still outvote it. The covariance is that of a sum of independent
    blocks.
    """
    blocks = _Blocks(rest.shape)
    total, level = blocks.sums(weight), blocks.sums(rest * weight)
    by_slope = np.stack([blocks.sums(g) for g in slopes])
    part = np.stack([blocks.sums(rest * g) for g in slopes])
    tensor = np.stack([blocks.sums(b) for b in bends])
    used = total > 1e-3 * total.max()
    total, level = total[used], level[used]
    by_slope, part, tensor = by_slope[:, used], part[:, used], tensor[:, used]
    share = _share_of_levels(rest, weight, level, total)
    part = part - share * level / total * by_slope
    pairs = ((0, 0), (0, 1), (1, 1))
    outer = np.stack([by_slope[i] * by_slope[j] for i, j in pairs])
    tensor = tensor - share * outer / total
    return _agreed(part, tensor, freed)


def _share_of_levels(
    rest: Image, weight: Image, level: FloatArray, total: FloatArray
) -> float:
    """Part of the blocks' levels that is no noise, by the block in the middle."""
    lines, there = rest[::4], weight[::4]
    fine = np.diff(lines, axis=1)
    there = np.minimum(there[:, 1:], there[:, :-1])
    known = float(np.sum(there, dtype=np.float64))
    if not known > 0:
        return 0.0
    noise = float(np.sum(fine * fine * there, dtype=np.float64)) / known / 2
    usual = known / max(int(np.count_nonzero(there)), 1)
    spread = float(np.median(level**2 / total)) / _MEDIAN_SQUARE
    return max(0.0, 1 - _TOLERATED * noise * usual / spread) if spread > 0 else 0.0


def _agreed(part: FloatArray, tensor: FloatArray, freed: FloatArray) -> Vote:
    """Weigh the blocks by their agreement."""
    weights = np.ones(part.shape[1])
    own = np.maximum(tensor[[0, 2]], 1e-30)
    step = np.full(2, np.nan)
    inverse = np.full((2, 2), np.nan)
    left = part
    for _ in range(_ROUNDS):
        yy, yx, xx = tensor @ weights
        hessian = freed @ np.array([[yy, yx], [yx, xx]]) @ freed.T
        inverse = _inverse(hessian)
        step = inverse @ (part @ weights)
        if not np.isfinite(step).all():
            break
        left = part - np.stack(
            [
                tensor[0] * step[0] + tensor[1] * step[1],
                tensor[1] * step[0] + tensor[2] * step[1],
            ]
        )
        chi2 = np.sum(left**2 / own, axis=0)
        usual = float(np.median(chi2)) / _MEDIAN_TWO
        if not usual > 0:
            break
        before = weights
        weights = np.minimum(1.0, _BY_CHANCE * usual / np.maximum(chi2, 1e-30)) ** 2
        if np.abs(weights - before).max() < 0.01:
            break
    scores = left * weights
    covariance = inverse @ (scores @ scores.T) @ inverse
    return Vote(step, covariance)


class _Blocks:
    """Sums over the blocks of an image, as products with what belongs to which."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._rows, self._columns = (_membership(n) for n in shape)

    def sums(self, values: Image) -> FloatArray:
        """(n,) one a block."""
        rows = (self._rows @ values).astype(np.float64)
        return np.asarray(rows @ self._columns.T, dtype=np.float64).ravel()


def _membership(length: int) -> Image:
    """(blocks, length) 1 where a pixel of an axis lies in a block."""
    blocks = max(1, min(_BLOCKS, length // _LEAST_BLOCK))
    block = np.arange(length) * blocks // length
    return np.asarray(block == np.arange(blocks)[:, None], np.float32)


def _inverse(matrix: FloatArray) -> FloatArray:
    """The inverse; infinite along what is not determined."""
    values, vectors = np.linalg.eigh(matrix)
    if not (np.isfinite(values).all() and values[-1] > 0):
        return np.full((2, 2), np.nan)
    values = np.maximum(values, 1e-12 * values[-1])
    return np.asarray((vectors / values) @ vectors.T)
