"""The rate law of a front that moves into a cylinder or a sphere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.laws.base import LINEAR, PARABOLIC, RateLaw, Setting
from napari_insitu_tem.measure.laws.shrinking_core import (
    Geometry,
    core_radius,
    diffusion_integral,
)

FloatArray = NDArray[np.float64]

#: Parts of the way still to go at the end, where the centre is to be found.
_BEYOND = (0.1, 0.5, 1.0, 4.0)
#: Parts of the time that the reaction takes, where diffusion takes the rest.
_REACTING = (0.2, 0.5, 0.8)


class ShrinkingCore(RateLaw):
    """The front that moves into a cylinder or a sphere, see `shrinking_core`.

    Values: the start and the onset where free, the centre where it is not known, the
    logarithms of the reaction's speed and of the diffusion's constant.
    """

    def __init__(
        self,
        law: str,
        setting: Setting,
        geometry: Geometry,
        volume_ratio: float,
        centre: float | None,
    ) -> None:
        super().__init__(setting)
        self.law, self.geometry = law, geometry
        self.volume_ratio, self.centre = volume_ratio, centre
        self._reacts, self._diffuses = law != PARABOLIC, law != LINEAR

    def positions(self, values: FloatArray, times: FloatArray) -> FloatArray:
        """(T,) positions at times; at the centre once all has reacted."""
        start, onset, centre, reaction, diffusion = self._parts(values)
        elapsed = np.asarray(times, dtype=np.float64) - onset
        sign = self.setting.direction
        whole = sign * (centre - start)
        if whole <= 0:
            return np.full(elapsed.shape, centre)
        radius = core_radius(
            elapsed, whole, reaction, diffusion, self.volume_ratio, self.geometry
        )
        return np.asarray(centre - sign * radius)

    def _parts(self, values: FloatArray) -> tuple[float, float, float, float, float]:
        start, onset, shape = self.split(values)
        rest = [float(value) for value in shape]
        centre = self.centre
        if centre is None:
            # Fitted as the logarithm of the radius, so that it stays ahead.
            centre = start + self.setting.direction * float(np.exp(rest.pop(0)))
        reaction = float(np.exp(rest.pop(0))) if self._reacts else np.inf
        diffusion = float(np.exp(rest.pop(0))) if self._diffuses else np.inf
        return start, onset, centre, reaction, diffusion

    def guesses(self, times: FloatArray, positions: FloatArray) -> list[FloatArray]:
        """From the time that the front took to its last position."""
        sign, found = self.setting.direction, []
        last = float(positions[-1])
        for onset in self._onsets():
            elapsed = self.setting.last - onset
            moving = times >= onset
            if elapsed <= 0 or not moving.any():
                continue
            start = self.setting.start
            if start is None:
                start = float(positions[moving][0]) - sign * 0.5
            for centre in self._centres(start, last):
                radius = sign * (centre - start)
                left = np.clip(sign * (centre - last), 0.0, 0.98 * radius)
                if radius <= 0:
                    continue
                found += self._through(start, onset, radius, float(left), elapsed)
        return found

    def _centres(self, start: float, last: float) -> list[float]:
        if self.centre is not None:
            return [self.centre]
        return [last + part * (last - start) for part in _BEYOND]

    def _through(
        self, start: float, onset: float, radius: float, left: float, elapsed: float
    ) -> list[FloatArray]:
        """Values that take the elapsed time to the radius that is left."""
        way = radius - left
        through = float(
            diffusion_integral(left, radius, self.volume_ratio, self.geometry)
        )
        found = []
        parts = _REACTING if self._reacts and self._diffuses else (1.0,)
        for part in parts:
            end = [np.log(radius)] if self.centre is None else []
            if self._reacts:
                end.append(np.log(way / elapsed / part))
            if self._diffuses:
                share = 1 - part if self._reacts else 1.0
                end.append(np.log(through / elapsed / share))
            found.append(self._joined(start, onset, end))
        return found

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Least and largest values."""
        free = [(-2.0, 12.0)] if self.centre is None else []
        number = int(self._reacts) + int(self._diffuses)
        return self._bounds(free + [(-40.0, 40.0)] * number)

    @property
    def is_log(self) -> NDArray[np.bool_]:
        """(K,) which values are logarithms."""
        number = self.bounds()[0].size - len(self.frees)
        return np.array([False] * len(self.frees) + [True] * number)

    def parameters(self, values: FloatArray) -> dict[str, float]:
        """Start, onset, radius, and the constants of the steps that limit."""
        start, onset, centre, reaction, diffusion = self._parts(values)
        result = {"start": start, "onset": onset, "radius": abs(centre - start)}
        if self._reacts:
            result["velocity"] = self.setting.direction * reaction
        if self._diffuses:
            result["diffusion_constant"] = diffusion
        return result
