"""How likely the frames make a law's positions: from a surface, or from picks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Chance of a frame that has nothing to do with the front.
_STRAY = 1e-6
#: Reach of the curve through four places, and of the roughness, in its s.d.
_LOG_LEAST = -700.0


@dataclass(frozen=True, eq=False)
class Heights:
    """Log-likelihood of each frame at a law's position.

    Attributes
    ----------
    value, slope, bend
        (T,) log-likelihood, its derivative by the position, and minus its second one.
    """

    value: FloatArray
    slope: FloatArray
    bend: FloatArray


class FrameLikelihood(Protocol):
    """What the frames say of a position each, one by one."""

    #: (T,) times of the frames that say something, increasing.
    times: FloatArray
    #: (T,) positions to begin with.
    rough: FloatArray
    #: Scale of a frame's own uncertainty in px, and as far as it is known (else 0).
    spread: float
    noise: float

    def at(self, positions: FloatArray, roughness: float) -> Heights:
        """Log-likelihoods at (T,) positions of a front that strays by a roughness."""

    def residuals(self, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(T,) what each frame alone says minus a position, and its uncertainty."""


class SurfaceLikelihood:
    """The likelihood surface of a kymograph.

    Parameters
    ----------
    times
        (T,) of the frames.
    grid
        (G,) evenly spaced places.
    surface
        (T, G) log-likelihood of each place in each frame alone.
    rough
        (T,) positions to begin with, NaN where not known.
    """

    def __init__(
        self,
        times: FloatArray,
        grid: FloatArray,
        surface: FloatArray,
        rough: FloatArray,
    ) -> None:
        surface = surface - surface.max(axis=1, keepdims=True)
        says = _in_time(times, surface.min(axis=1) < -1e-3)
        self.times, self.rough = times[says], _filled(rough)[says]
        self._grid, self._spacing = grid, float(grid[1] - grid[0])
        chance = np.exp(np.maximum(surface[says], _LOG_LEAST))
        self._chance = chance / chance.sum(axis=1, keepdims=True)
        self._roughness, self._log = -1.0, np.empty(0)
        self.spread = self.noise = self._typical()

    def _typical(self) -> float:
        """Median standard deviation of a frame alone, near its rough position."""
        _, spread = self.residuals(self.rough)
        return float(np.median(spread)) if spread.size else 1.0

    def _logs(self, roughness: float) -> FloatArray:
        """(T, G) log-likelihood of a front that strays; the last one is kept."""
        if roughness != self._roughness:
            chance = self._chance
            if roughness > 0:
                chance = _blurred(chance, roughness / self._spacing)
            even = _STRAY / chance.shape[1]
            self._log = np.log((1 - _STRAY) * chance + even)
            self._roughness = roughness
        return self._log

    def at(self, positions: FloatArray, roughness: float) -> Heights:
        """By the cubic through the four nearest places."""
        log = self._logs(roughness)
        where = (positions - self._grid[0]) / self._spacing
        inside = (where > 0) & (where < len(self._grid) - 1)
        where = np.clip(where, 1.0, len(self._grid) - 2 - 1e-9)
        low = np.maximum(where.astype(int), 1)
        low = np.minimum(low, len(self._grid) - 3)
        f = where - low
        rows = np.arange(len(log))
        a, b, c, d = (log[rows, low + k] for k in (-1, 0, 1, 2))
        # Catmull-Rom: through b and c, with the slopes of their neighbours.
        one, two = 0.5 * (c - a), a - 2.5 * b + 2 * c - 0.5 * d
        three = 0.5 * (d - a) + 1.5 * (b - c)
        value = b + f * (one + f * (two + f * three))
        slope = (one + f * (2 * two + 3 * f * three)) / self._spacing
        bend = -(2 * two + 6 * f * three) / self._spacing**2
        return Heights(value, np.where(inside, slope, 0.0), np.where(inside, bend, 0.0))

    def residuals(self, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Mean and s.d. of each frame's likelihood, around the position."""
        away = self._grid - positions[:, None]
        reach = 0.25 * (self._grid[-1] - self._grid[0])
        chance = self._chance * np.exp(-0.5 * (away / reach) ** 2)
        total = np.maximum(chance.sum(axis=1), 1e-300)
        mean = (chance * away).sum(axis=1) / total
        square = (chance * away**2).sum(axis=1) / total
        return mean, np.sqrt(np.maximum(square - mean**2, self._spacing**2 / 12))


class PickLikelihood:
    """Positions that were measured one by one.

    Parameters
    ----------
    times, positions
        (T,); frames with NaN take no part.
    u_positions
        (T,) independent standard uncertainties; NaN or 0 where not known.
    """

    def __init__(
        self, times: FloatArray, positions: FloatArray, u_positions: FloatArray
    ) -> None:
        known = _in_time(times, np.isfinite(positions) & np.isfinite(times))
        self.times, self.rough = times[known], positions[known]
        self._u = np.nan_to_num(np.broadcast_to(u_positions, positions.shape)[known])
        unknown = not np.any(self._u > 0)
        scatter = np.diff(self.rough) if self.rough.size > 1 else np.ones(1)
        self.spread = float(
            np.median(np.abs(scatter)) if unknown else np.median(self._u)
        )
        self.spread = max(self.spread, 1e-9 * float(np.ptp(self.rough)), 1e-12)
        self.noise = 0.0 if unknown else self.spread
        self._least = 1e-6 * self.spread

    def at(self, positions: FloatArray, roughness: float) -> Heights:
        """Normal distributions."""
        variance = self._u**2 + max(roughness, self._least) ** 2
        away = self.rough - positions
        value = -0.5 * (away**2 / variance + np.log(2 * np.pi * variance))
        return Heights(value, away / variance, 1.0 / variance)

    def residuals(self, positions: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The pick minus the position."""
        return self.rough - positions, self._u


def _in_time(times: FloatArray, chosen: NDArray[np.bool_]) -> NDArray[np.intp]:
    """The chosen frames in the order of their times."""
    frames = np.flatnonzero(chosen)
    return np.asarray(frames[np.argsort(times[frames], kind="stable")])


def _filled(values: FloatArray) -> FloatArray:
    """Values with the missing ones interpolated."""
    known = np.isfinite(values)
    if not known.any():
        return np.zeros_like(values)
    index = np.arange(values.size)
    return np.interp(index, index[known], values[known])


def _blurred(chance: FloatArray, width: float) -> FloatArray:
    """(T, G) chances convolved with a normal distribution, ends extended."""
    reach = int(np.ceil(6 * width)) + 1
    count = chance.shape[1]
    size = 1 << int(np.ceil(np.log2(count + 2 * reach)))
    away = np.minimum(np.arange(size), size - np.arange(size))
    bell = np.exp(-0.5 * (away / width) ** 2)
    wave = np.fft.rfft(bell / bell.sum())
    spread = np.fft.irfft(np.fft.rfft(chance, size, axis=1) * wave, size, axis=1)
    return np.maximum(spread[:, :count], 0.0)
