"""Which lattice a user means."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.lattice.peaks import Region
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: How far a lattice may be from the guess: part of the frequency, degrees.
NEAR, NEAR_DEGREES = 0.2, 15.0
#: No frequency of an image is higher, in cycles a pixel.
_HIGHEST = 0.75


def region_of(guess: Any) -> tuple[Region | None, float]:
    """Where in frequency a guess allows a lattice, and the guessed frequency.

    Raises
    ------
    MeasurementError
        It is neither a spacing, nor a spacing and an angle, nor a frequency.
    """
    if guess is None:
        return None, np.nan
    numbers = np.atleast_1d(np.asarray(guess, dtype=np.float64))
    if not np.all(np.isfinite(numbers)) or numbers.shape not in ((1,), (2,)):
        raise _not_a_guess()
    if numbers.size == 1 or np.hypot(*numbers) > _HIGHEST:
        if not numbers[0] > 0:
            raise _not_a_guess()
        angle = np.deg2rad(numbers[1]) if numbers.size == 2 else None
        return _around(1.0 / numbers[0], angle), float(1.0 / numbers[0])
    frequency = float(np.hypot(*numbers))
    if not frequency > 0:
        raise _not_a_guess()
    return _around(frequency, float(np.arctan2(*numbers))), frequency


def _around(frequency: float, angle: float | None) -> Region:
    """Frequencies near a length, and near a direction (either way) if there is one."""

    def region(fy: FloatArray, fx: FloatArray) -> NDArray[np.bool_]:
        near = np.abs(np.hypot(fy, fx) / frequency - 1.0) <= NEAR
        if angle is not None:
            turned = np.arctan2(fy, fx) - angle
            away = np.abs((turned + np.pi / 2) % np.pi - np.pi / 2)
            near &= away <= np.deg2rad(NEAR_DEGREES)
        return np.asarray(near)

    return region


def _not_a_guess() -> MeasurementError:
    return MeasurementError(
        "This is not a guess of a lattice.",
        hint="Give a spacing in px, a spacing and an angle in degrees, or a frequency "
        "(y, x) in cycles a pixel.",
    )
