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
        a, b = 2 * np.pi * self.fy * y, 2 * np.pi * self.fx * x
        # cos(a + b) and sin(a + b) as products of rows and columns.
        rows = np.stack([np.cos(a), np.sin(a)], axis=1)
        columns = np.stack(
            [
                self.cosine * np.cos(b) + self.sine * np.sin(b),
                self.sine * np.cos(b) - self.cosine * np.sin(b),
            ]
        )
        return np.asarray(rows @ columns)


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
    sums = _Sums(values, weight, envelope)
    for turn in range(_ITERATIONS):
        information, gradient = sums.equations(wave)
        if turn == 0:  # the amplitude first: it is linear
            a, b = _solve(information[:2, :2], gradient[:2])
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


def moments(
    values: FloatArray, fy: float, fx: float, most: int
) -> NDArray[np.complex128]:
    """(a, b) sums of ``values y**a x**b exp(-2 pi i (fy y + fx x))``, a, b <= most.

    Rows first, then columns: two products of matrices instead of images of the wave.
    """
    y, x = middle((values.shape[0], values.shape[1]))
    powers = np.arange(most + 1)
    along_x = x[:, None] ** powers * np.exp(-2j * np.pi * fx * x)[:, None]
    along_y = y[:, None] ** powers * np.exp(-2j * np.pi * fy * y)[:, None]
    parts = values @ np.concatenate([along_x.real, along_x.imag], axis=1)
    rows = parts[:, : most + 1] + 1j * parts[:, most + 1 :]
    return np.asarray(along_y.T @ rows, dtype=np.complex128)


class _Sums:
    """The normal equations of a wave, from sums over the image."""

    def __init__(
        self, values: FloatArray, weight: FloatArray, envelope: FloatArray | None
    ) -> None:
        shape = 1.0 if envelope is None else envelope
        self._data = np.asarray(values * weight * shape)
        self._weight = np.asarray(weight * shape**2)
        self._even = moments(self._weight, 0.0, 0.0, 2).real

    def equations(self, wave: Wave) -> tuple[FloatArray, FloatArray]:
        """(4, 4) information and (4,) gradient by cosine, sine, fy and fx.

        With C = cos t, S = sin t and q = 2 pi (sine C - cosine S) the derivatives are
        C, S, q y and q x; products of two are sums of 1, cos 2t and sin 2t.
        """
        first = moments(self._data, wave.fy, wave.fx, 1)
        twice = moments(self._weight, 2 * wave.fy, 2 * wave.fx, 2)
        even = self._even
        cc, ss, cs = (even + twice.real) / 2, (even - twice.real) / 2, -twice.imag / 2
        a, b, k = wave.cosine, wave.sine, 2 * np.pi
        cq, sq = k * (b * cc - a * cs), k * (b * cs - a * ss)
        qq = k * k * (b * b * cc - 2 * a * b * cs + a * a * ss)
        information = np.array(
            [
                [cc[0, 0], cs[0, 0], cq[1, 0], cq[0, 1]],
                [cs[0, 0], ss[0, 0], sq[1, 0], sq[0, 1]],
                [cq[1, 0], sq[1, 0], qq[2, 0], qq[1, 1]],
                [cq[0, 1], sq[0, 1], qq[1, 1], qq[0, 2]],
            ]
        )
        cosine, sine = first.real, -first.imag
        by_phase = k * (b * cosine - a * sine)
        data = np.array([cosine[0, 0], sine[0, 0], by_phase[1, 0], by_phase[0, 1]])
        return information, data - information[:, :2] @ np.array([a, b])


def _solve(information: FloatArray, gradient: FloatArray) -> FloatArray:
    """Solution of the normal equations, scaled to a unit diagonal."""
    size = np.sqrt(np.maximum(np.diag(information), 1e-300))
    scaled = information / np.outer(size, size) + 1e-12 * np.eye(len(size))
    return np.asarray(np.linalg.solve(scaled, gradient / size) / size)
