"""The noise of tiles of binned pixels between consecutive frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Sides of the bins in px, and bins along a side of a tile.
BINS, SIDE = (4, 8, 16), 4

#: Factors of two or three frames, in which what is steady cancels.
_DIFFERENCE = {2: (-1.0, 1.0), 3: (1.0, -2.0, 1.0)}

#: Fewest bins of a tile that must be there.
_LEAST_BINS = SIDE * SIDE // 2
#: Degrees of freedom of a tile, and the median of its variance over the true one.
_FREE = SIDE * SIDE - 1
_MEDIAN = (1 - 2 / (9 * _FREE)) ** 3
#: A tile beyond this many times the usual variance has moved (once in 10^4 by chance).
_OUTLIER = 2.9
#: A place is restless beyond this many standard uncertainties; the movie where more
#: than this part of the places is.
_RESTLESS, _MOVING = 4.0, 0.5


#: Consecutive runs share frames: their variances scatter as those of half as many.
_OVERLAP = 2.0


def tile_noise(
    frames: Sequence[FloatArray], b: int, read_noise: float
) -> tuple[FloatArray, FloatArray]:
    """(y, x) variance over mean, and mean counts a pixel, of tiles of 2 or 3 frames.

    The frames are without offset. The variance is that of the bins' sums within a tile,
    from their first or second difference.
    """
    sums = [_sums(frame, b) for frame in frames]
    totals = np.array([np.nansum(part) for part in sums])
    scales = totals[0] / totals if totals.min() > 0 else np.ones(len(sums))
    factors = np.array(_DIFFERENCE[len(sums)])
    scaled = np.stack([part * k for part, k in zip(sums, scales, strict=True)])
    change = _tiles(np.tensordot(factors, scaled, axes=1))
    mean = _mean(_tiles(scaled.mean(axis=0)))
    # A frame scaled by k to the mean of the first has k times the noise of that one.
    share = float(np.sum(factors**2 * scales))
    variance = _variance(change) / share
    variance -= b * b * read_noise**2 * float(np.sum(factors**2 * scales**2)) / share
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean > 0, variance / mean, np.nan), mean / b**2


@dataclass(eq=False)
class Tiles:
    """All tiles of one size.

    Attributes
    ----------
    noise, means
        (n,) variance over mean, and mean counts a pixel, of the tiles that stand still.
    pair, place
        (n,) which run of frames, which tile of it.
    is_moving
        Whether most places change by more than noise.
    """

    noise: FloatArray
    means: FloatArray
    pair: NDArray[np.intp]
    place: NDArray[np.intp]
    is_moving: bool

    @classmethod
    def of(cls, noise: FloatArray, means: FloatArray) -> Tiles:
        """Leave out the tiles of (P, y, x) that move."""
        pairs = len(noise)
        flat, mean = noise.reshape(pairs, -1), means.reshape(pairs, -1)
        known = np.isfinite(flat)
        usual = np.nanmedian(flat) / _MEDIAN if known.any() else np.nan
        still = known & (flat < _OUTLIER * usual)
        restless = _restless(flat, still, mean)
        still &= ~restless
        pair, place = np.nonzero(still)
        seen = restless[known.any(axis=0)]
        is_moving = bool(seen.size and np.mean(seen) > _MOVING) or bool(
            still.sum() < 0.3 * known.sum()
        )
        return cls(flat[still], mean[still], pair, place, is_moving)

    @property
    def mean_counts(self) -> float:
        """Mean counts a pixel."""
        return float(self.means.mean())

    def gain(self, chosen: NDArray[np.bool_] | None = None) -> float:
        """Variance over mean, of some tiles or all."""
        some = self.noise if chosen is None else self.noise[chosen]
        return float(some.mean()) if some.size else np.nan

    def slope(self, chosen: NDArray[np.bool_] | None = None) -> float:
        """Growth of the variance with the mean from place to place.

        No offset changes it.
        """
        count = self.place.max() + 1
        mean = _averages(self.means, self.place, count)
        part = slice(None) if chosen is None else chosen
        variance = _averages((self.noise * self.means)[part], self.place[part], count)
        known = np.isfinite(mean) & np.isfinite(variance)
        if known.sum() < 3:
            return np.nan
        away = mean[known] - mean[known].mean()
        spread = float(np.sum(away**2))
        return float(np.sum(away * variance[known]) / spread) if spread > 0 else np.nan

    @property
    def u_relative(self) -> float:
        """Relative standard uncertainty of the gain, from the number of bins alone."""
        return float(np.sqrt(2 * _OVERLAP / (_FREE * max(self.noise.size, 1))))

    @property
    def u_slope(self) -> float:
        """Standard uncertainty of the slope, from the number of bins alone."""
        count = self.place.max() + 1
        mean = _averages(self.means, self.place, count)
        number = np.bincount(self.place, minlength=count)
        there = number > 0
        away = mean[there] - mean[there].mean()
        spread = float(np.sum(away**2))
        if not spread > 0:
            return np.inf
        each = self.gain() * mean[there] * np.sqrt(2 * _OVERLAP / _FREE / number[there])
        return float(np.sqrt(np.sum((away * each) ** 2)) / spread)

    def group(self, groups: int) -> NDArray[np.intp]:
        """(n,) group of each tile: spans of time, or bands of the frame."""
        long = self.pair.max() + 1 >= 2 * groups
        which = self.pair if long else self.place
        return np.asarray(which * groups // (which.max() + 1))


def _mean(tiles: FloatArray) -> FloatArray:
    """Mean of the bins of each tile that are there; NaN where most are not."""
    known = np.isfinite(tiles)
    count = known.sum(axis=-1)
    total = np.where(known, tiles, 0.0).sum(axis=-1)
    return np.where(count >= _LEAST_BINS, total / np.maximum(count, 1), np.nan)


def _variance(tiles: FloatArray) -> FloatArray:
    """Variance of the bins of each tile that are there; NaN where most are not."""
    away = tiles - _mean(tiles)[..., None]
    known = np.isfinite(away)
    count = known.sum(axis=-1)
    total = np.where(known, away**2, 0.0).sum(axis=-1)
    return np.where(count >= _LEAST_BINS, total / np.maximum(count - 1, 1), np.nan)


def _averages(values: FloatArray, place: NDArray[np.intp], count: int) -> FloatArray:
    """(count,) mean of the values of each place, NaN where there is none."""
    total = np.bincount(place, values, minlength=count)
    number = np.bincount(place, minlength=count)
    mean = np.full(count, np.nan)
    mean[number > 0] = total[number > 0] / number[number > 0]
    return mean


def _restless(
    flat: FloatArray, still: NDArray[np.bool_], mean: FloatArray
) -> NDArray[np.bool_]:
    """(places,) which change more than the usual one, all pairs together."""
    count = np.maximum(still.sum(axis=0), 1)
    average = np.where(still, flat, 0.0).sum(axis=0) / count
    there = np.asarray(still.any(axis=0))
    if not there.any():
        return np.zeros(there.shape, dtype=np.bool_)
    usual = np.median(average[there])
    scatter = usual * np.sqrt(3 / _FREE / count)  # neighbouring pairs share a frame
    return np.asarray(~there | (average > usual + _RESTLESS * scatter))


def _sums(frame: FloatArray, b: int) -> FloatArray:
    """Sums over b x b px."""
    rows, columns = (n // b for n in frame.shape)
    cut = frame[: rows * b, : columns * b]
    return np.asarray(cut.reshape(rows, b, columns, b).sum(axis=(1, 3)))


def _tiles(binned: FloatArray) -> FloatArray:
    """(y, x, 16) bins of each tile."""
    rows, columns = (n // SIDE for n in binned.shape)
    cut = binned[: rows * SIDE, : columns * SIDE]
    parts = cut.reshape(rows, SIDE, columns, SIDE).transpose(0, 2, 1, 3)
    return np.asarray(parts.reshape(rows, columns, SIDE * SIDE))
