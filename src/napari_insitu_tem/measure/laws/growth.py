"""Planar growth: linear, parabolic, both after each other, or any power."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.laws.base import (
    LINEAR,
    LINEAR_PARABOLIC,
    PARABOLIC,
    POWER,
    RateLaw,
    Setting,
)

FloatArray = NDArray[np.float64]

#: Largest and smallest factor between a shape and its limit.
_SHAPE_BOUND = np.log(1e4)
#: Bounds of an exponent.
_LEAST_POWER, _LARGEST_POWER = 0.05, 10.0


class Growth(RateLaw):
    """``start + direction * travelled * shape(elapsed / whole elapsed)``.

    Values: the start and the onset where free, the logarithm of the distance travelled
    at the last time, and that of the shape's own parameter.
    """

    def __init__(
        self, law: str, setting: Setting, volume_ratio: float | None = None
    ) -> None:
        super().__init__(setting)
        self.law, self.volume_ratio = law, volume_ratio
        self._shapes = {
            LINEAR: (np.nan,),
            PARABOLIC: (np.nan,),
            LINEAR_PARABOLIC: tuple(np.log([0.1, 1.0, 10.0])),
            POWER: tuple(np.log([0.35, 0.7, 1.3])),
        }[law]
        self._has_shape = bool(np.isfinite(self._shapes[0]))

    def positions(self, values: FloatArray, times: FloatArray) -> FloatArray:
        """(T,) positions at times."""
        start, onset, rest = self.split(values)
        whole = max(self.setting.last - onset, 1e-9 * self.setting.span)
        u = np.maximum(np.asarray(times, dtype=np.float64) - onset, 0.0) / whole
        travelled = self.setting.direction * np.exp(rest[0])
        return np.asarray(start + travelled * self._shape(u, rest[-1]))

    def _shape(self, u: FloatArray, log_shape: float) -> FloatArray:
        """From 0 at the onset to 1 at the last time."""
        if self.law == LINEAR:
            return u
        if self.law == PARABOLIC:
            return np.sqrt(u)
        if self.law == POWER:
            return np.asarray(u ** np.exp(log_shape))
        a = np.exp(log_shape)
        # Half of sqrt(a**2 + 4 (1 + a) u) - a, without loss where a is large.
        root = a + np.sqrt(a * a + 4 * (1 + a) * u) + 1e-300
        return np.asarray(2 * (1 + a) * u / root)

    def guesses(self, times: FloatArray, positions: FloatArray) -> list[FloatArray]:
        """Least squares of start and distance for some onsets and shapes."""
        setting, found = self.setting, []
        along = setting.direction * positions
        for onset in self._onsets():
            whole = max(setting.last - onset, 1e-9 * setting.span)
            u = np.maximum(times - onset, 0.0) / whole
            for shape in self._shapes:
                phi = self._shape(u, shape)
                start, travelled = _line(phi, along, setting)
                end = [np.log(travelled)] + [shape] * self._has_shape
                found.append(self._joined(setting.direction * start, onset, end))
        return found

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Least and largest values."""
        shape = [(-_SHAPE_BOUND, _SHAPE_BOUND)]
        if self.law == POWER:
            shape = [(np.log(_LEAST_POWER), np.log(_LARGEST_POWER))]
        return self._bounds([(-20.0, 20.0)] + shape * self._has_shape)

    @property
    def is_log(self) -> NDArray[np.bool_]:
        """(K,) which values are logarithms."""
        return np.array([False] * len(self.frees) + [True] * (1 + self._has_shape))

    def parameters(self, values: FloatArray) -> dict[str, float]:
        """Start, onset, and the constants of the law."""
        start, onset, rest = self.split(values)
        travelled = float(np.exp(rest[0]))
        whole = max(self.setting.last - onset, 1e-9 * self.setting.span)
        sign = self.setting.direction
        result = {"start": start, "onset": onset}
        if self.law == LINEAR:
            result["velocity"] = sign * travelled / whole
        elif self.law == PARABOLIC:
            result["parabolic_constant"] = travelled**2 / whole
        elif self.law == POWER:
            exponent = float(np.exp(rest[1]))
            result["coefficient"] = sign * travelled / whole**exponent
            result["exponent"] = exponent
        else:
            linear_length = travelled * float(np.exp(rest[1]))
            parabolic = (travelled**2 + linear_length * travelled) / whole
            result["velocity"] = sign * parabolic / linear_length
            result["parabolic_constant"] = parabolic
        if "parabolic_constant" in result and self.volume_ratio is not None:
            half = 0.5 * self.volume_ratio
            result["diffusion_constant"] = half * result["parabolic_constant"]
        return result


def _line(phi: FloatArray, along: FloatArray, setting: Setting) -> tuple[float, float]:
    """Start and distance travelled (positive) by least squares."""
    least = 1e-3 * max(float(np.ptp(along)), 1e-3)
    if setting.start is not None:
        start = setting.direction * setting.start
        square = max(float(phi @ phi), 1e-12)
        return start, max(float(phi @ (along - start)) / square, least)
    mean = phi.mean()
    square = max(float(np.sum((phi - mean) ** 2)), 1e-12)
    travelled = max(float((phi - mean) @ along) / square, least)
    return float(along.mean() - travelled * mean), travelled
