"""Which lattice a user means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.lattice.waves import Wave
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: How far a lattice may be from the guess: part of the frequency, degrees.
NEAR, NEAR_DEGREES = 0.2, 15.0
#: How wrong a guess usually is, in the same units.
_USUAL, _USUAL_DEGREES = 0.06, 5.0
#: No frequency of an image is higher, in cycles a pixel.
_HIGHEST = 0.75


@dataclass(frozen=True)
class Meant:
    """A guessed lattice; called with frequencies it says which are in its reach.

    Attributes
    ----------
    frequency
        In cycles a pixel.
    angle
        Its direction in radians, either way; None for any.
    """

    frequency: float
    angle: float | None = None

    def __call__(self, fy: FloatArray, fx: FloatArray) -> NDArray[np.bool_]:
        """Near in length, and in direction if there is one."""
        near = np.abs(np.hypot(fy, fx) / self.frequency - 1.0) <= NEAR
        if self.angle is not None:
            near &= self._away(fy, fx) <= np.deg2rad(NEAR_DEGREES)
        return np.asarray(near)

    def nearness(self, wave: Wave) -> float:
        """1 where the guess is right, and less the farther off it is."""
        away = (wave.frequency / self.frequency - 1.0) / _USUAL
        if self.angle is not None:
            turned = float(self._away(np.array(wave.fy), np.array(wave.fx)))
            away = float(np.hypot(away, turned / np.deg2rad(_USUAL_DEGREES)))
        return float(nearness(away))

    def _away(self, fy: FloatArray, fx: FloatArray) -> FloatArray:
        turned = np.arctan2(fy, fx) - (self.angle or 0.0)
        return np.asarray(np.abs((turned + np.pi / 2) % np.pi - np.pi / 2))


def nearness(away: Any) -> Any:
    """Weight of something this many times as far off as a guess usually is."""
    return np.exp(-0.5 * np.square(away))


def nearness_of_radius(radii: FloatArray, guess: float) -> FloatArray:
    """Weight of each radius against a guessed one."""
    return np.asarray(nearness((radii / guess - 1.0) / _USUAL))


def meant_by(guess: Any) -> Meant | None:
    """The lattice that a guess means; None where there is no guess.

    Raises
    ------
    MeasurementError
        It is neither a spacing, nor a spacing and an angle, nor a frequency.
    """
    if guess is None:
        return None
    numbers = np.atleast_1d(np.asarray(guess, dtype=np.float64))
    if not np.all(np.isfinite(numbers)) or numbers.shape not in ((1,), (2,)):
        raise _not_a_guess()
    if numbers.size == 1 or np.hypot(*numbers) > _HIGHEST:
        if not numbers[0] > 0:
            raise _not_a_guess()
        angle = float(np.deg2rad(numbers[1])) if numbers.size == 2 else None
        return Meant(float(1.0 / numbers[0]), angle)
    frequency = float(np.hypot(*numbers))
    if not frequency > 0:
        raise _not_a_guess()
    return Meant(frequency, float(np.arctan2(*numbers)))


def _not_a_guess() -> MeasurementError:
    return MeasurementError(
        "This is not a guess of a lattice.",
        hint="Give a spacing in px, a spacing and an angle in degrees, or a frequency "
        "(y, x) in cycles a pixel.",
    )
