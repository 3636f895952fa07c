"""Constant velocities one after the other: stick and slip, a change, a stop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.laws.base import PIECEWISE, RateLaw, Setting

FloatArray = NDArray[np.float64]

#: Parts of a record after which the velocity may change, for a first look.
_BREAKS = np.arange(1, 20) / 20


class PiecewiseLinear(RateLaw):
    """Constant velocities, each for a time; the front rests before the onset.

    Values: the start where free, the velocities, the times at which they change. The
    onset is the first time where it is not given.
    """

    def __init__(self, setting: Setting, pieces: int) -> None:
        given = setting.first if setting.onset is None else setting.onset
        rest = setting.first, setting.last, setting.direction, setting.start
        super().__init__(Setting(*rest, given))
        self.law, self.pieces = PIECEWISE, pieces

    def positions(self, values: FloatArray, times: FloatArray) -> FloatArray:
        """(T,) positions at times."""
        start, onset, rest = self.split(values)
        velocities, breaks = rest[: self.pieces], rest[self.pieces :]
        return np.asarray(start + self._lengths(times, onset, breaks) @ velocities)

    def _lengths(
        self, times: FloatArray, onset: float, breaks: FloatArray
    ) -> FloatArray:
        """(T, pieces) how long each piece has lasted at each time."""
        first = np.concatenate([[onset], np.sort(breaks)])
        until = np.concatenate([first[1:], [np.inf]])
        now = np.asarray(times, dtype=np.float64)[:, None]
        return np.asarray(np.maximum(np.minimum(now, until) - first, 0.0))

    def guesses(self, times: FloatArray, positions: FloatArray) -> list[FloatArray]:
        """The best times of a grid, one change after the other."""
        breaks: list[float] = []
        grid = self.setting.first + _BREAKS * self.setting.span
        values, _ = self._with(times, positions, breaks)
        for _ in range(self.pieces - 1):
            tries = [self._with(times, positions, [*breaks, float(t)]) for t in grid]
            best = int(np.argmin([rest for _, rest in tries]))
            breaks.append(float(grid[best]))
            values = tries[best][0]
        return [values]

    def _with(
        self, times: FloatArray, positions: FloatArray, breaks: list[float]
    ) -> tuple[FloatArray, float]:
        """Values by least squares for given changes, and what is left."""
        onset = self.setting.onset
        assert onset is not None
        ordered = np.sort(breaks)
        matrix = self._lengths(times, onset, ordered)
        free = self.setting.start is None
        if free:
            matrix = np.column_stack([np.ones(len(times)), matrix])
        y = positions if free else positions - float(self.setting.start or 0.0)
        found, *_ = np.linalg.lstsq(matrix, y, rcond=None)
        rest = float(np.sum((matrix @ found - y) ** 2))
        return np.concatenate([found, ordered]), rest

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Least and largest values."""
        ends = self.setting.first, self.setting.last
        speeds = [(-np.inf, np.inf)] * self.pieces
        return self._bounds(speeds + [ends] * (self.pieces - 1))

    @property
    def is_log(self) -> NDArray[np.bool_]:
        """(K,) which values are logarithms."""
        return np.zeros(len(self.frees) + 2 * self.pieces - 1, dtype=bool)

    def parameters(self, values: FloatArray) -> dict[str, float]:
        """Start, onset, velocity_1, break_1, velocity_2, ..."""
        start, onset, rest = self.split(values)
        result = {"start": start, "onset": onset}
        breaks = np.sort(rest[self.pieces :])
        for piece in range(self.pieces):
            result[f"velocity_{piece + 1}"] = float(rest[piece])
            if piece < self.pieces - 1:
                result[f"break_{piece + 1}"] = float(breaks[piece])
        return result
