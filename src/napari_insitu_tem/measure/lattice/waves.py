"""A plane wave fitted to an image by weighted least squares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_ITERATIONS = 12
#: Farthest step and convergence, in units of the window's frequency bin.
_FARTHEST, _TOLERANCE = 0.3, 1e-5


@dataclass(frozen=True)
class Wave:
    """``cosine * cos(t) + sine * sin(t)``, ``t = 2 pi (fy y + fx x)``.

    y and x count from the middle of the window; frequencies in cycles a pixel.
    """

    fy: float
    fx: float
    cosine: float = 0.0
    sine: float = 0.0

    @property
    def amplitude(self) -> float:
        """Half the difference of crests and troughs."""
        return float(np.hypot(self.cosine, self.sine))

    @property
    def frequency(self) -> float:
        """Cycles a pixel across the fringes."""
        return float(np.hypot(self.fy, self.fx))

    def image(self, shape: tuple[int, int]) -> FloatArray:
        """(y, x) the wave itself."""
        y, x = middle(shape)
        turn = np.outer(
            np.exp(2j * np.pi * self.fy * y), np.exp(2j * np.pi * self.fx * x)
        )
        return np.asarray(self.cosine * turn.real + self.sine * turn.imag)


def middle(shape: tuple[int, int]) -> tuple[FloatArray, FloatArray]:
    """Coordinates of rows and columns from the middle of the window."""
    y, x = (np.arange(n, dtype=np.float64) - (n - 1) / 2 for n in shape)
    return np.asarray(y, np.float64), np.asarray(x, np.float64)


def fit_wave(
    values: FloatArray, weight: FloatArray, envelope: FloatArray | None, start: Wave
) -> tuple[Wave, FloatArray]:
    """Gauss-Newton fit from a start within half a frequency bin.

    Parameters
    ----------
    values
        (y, x) image without its slow part and without other waves.
    weight
        (y, x) inverse variance, 0 where a pixel is missing.
    envelope
        (y, x) relative amplitude of the wave; None where it is the same everywhere.

    Returns
    -------
    wave
        The one with the least weighted sum of squares.
    information
        (4, 4) of cosine, sine, fy, fx.
    """
    wave = start
    unit = 1.0 / np.array(values.shape)
    for turn in range(_ITERATIONS):
        slopes = _slopes(wave, values.shape, envelope, moving=turn > 0)
        weighted = slopes * weight.ravel()
        model = wave.cosine * slopes[0] + wave.sine * slopes[1]
        information = weighted @ slopes.T
        gradient = weighted @ (values.ravel() - model)
        if turn == 0:  # the amplitude first: it is linear
            a, b = _solve(information, gradient)
            wave = Wave(wave.fy, wave.fx, wave.cosine + a, wave.sine + b)
            continue
        step = _solve(information, gradient)
        step[2:] = np.clip(step[2:], -_FARTHEST * unit, _FARTHEST * unit)
        wave = Wave(
            wave.fy + step[2],
            wave.fx + step[3],
            wave.cosine + step[0],
            wave.sine + step[1],
        )
        if np.all(np.abs(step[2:]) < _TOLERANCE * unit):
            break
    return wave, information


def _slopes(
    wave: Wave, shape: tuple[int, ...], envelope: FloatArray | None, moving: bool
) -> FloatArray:
    """(2 or 4, y x) derivatives by cosine, sine and, when moving, fy and fx."""
    y, x = middle((shape[0], shape[1]))
    turn = np.outer(np.exp(2j * np.pi * wave.fy * y), np.exp(2j * np.pi * wave.fx * x))
    if envelope is not None:
        turn *= envelope
    slopes = np.empty((4 if moving else 2, *turn.shape))
    slopes[0], slopes[1] = turn.real, turn.imag
    if moving:
        along = 2 * np.pi * (wave.sine * turn.real - wave.cosine * turn.imag)
        np.multiply(along, y[:, None], out=slopes[2])
        np.multiply(along, x, out=slopes[3])
    return slopes.reshape(len(slopes), -1)


def _solve(information: FloatArray, gradient: FloatArray) -> FloatArray:
    """Solution of the normal equations, scaled to a unit diagonal."""
    size = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(size, size) + 1e-12 * np.eye(len(size))
    return np.asarray(np.linalg.solve(scaled, gradient / size) / size)
