"""The projection of a round body across a profile, and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Parts of a pixel in which the thickness is averaged before it attenuates.
_PARTS = 4

#: Heights at which a ball is cut within the averaged rows, and their weights: those of
#: Gauss and Legendre, for the even function that the cut is.
_HEIGHTS = 4

EXPONENTIAL, LINEAR = "exponential", "linear"


@dataclass(frozen=True)
class RoundModel:
    """Brightness of profiles across round bodies.

    Parameters
    ----------
    samples
        n, of a profile.
    rows
        Number of averaged rows, a pixel apart; 0: they are all alike (a wire).
    attenuation
        "exponential" or "linear".

    Notes
    -----
    With the thickness relative to the diameter, ``h = sqrt(1 - ((x - c) / R)**2)``, the
    profile is ``b + b' (x - m)`` (m the middle sample) plus

    - exponential: ``b (exp(-k h) - 1)``, transmission through a body (Beer-Lambert),
    - linear: ``a h``, scattering by thin bodies, or a dark field,

    blurred by a Gaussian and integrated over pixels. Within a quarter of a pixel the
    mean thickness is exact (from its antiderivative), so that the infinite slope at the
    rim does no harm; the blur is a product in Fourier space. The rows above and below
    the centre of a ball cut it in smaller circles of ``R**2 - y**2``; they are averaged
    at four heights, the blur along the rows adding to their spread.
    """

    samples: int
    rows: float
    attenuation: str
    _grid: FloatArray = field(init=False, repr=False, compare=False)
    _pad: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        from scipy.fft import next_fast_len

        pad = max(8, self.samples // 4)
        total = (self.samples + 2 * pad) * _PARTS
        more = -(-(next_fast_len(total, real=True) - total) // _PARTS)
        cells = total + more * _PARTS
        edges = (np.arange(cells + 1) / _PARTS) - pad - 0.5
        object.__setattr__(self, "_grid", edges)
        object.__setattr__(self, "_pad", pad)

    def __call__(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the (A, n) brightness and its (A, 6, n) derivatives.

        `values` are (A, 6) background, its slope, attenuation at the centre (k or a),
        radius, centre, logarithm of the blur.
        """
        base, slope = values[:, 0], values[:, 1]
        x = np.arange(self.samples) - 0.5 * (self.samples - 1)
        body, *others = self._blurred(values, self._attenuated(values, 4))
        by_base = np.ones_like(body)
        if self.attenuation == EXPONENTIAL:
            by_base += body
            for part in (body, *others):
                part *= base[:, None]
        by_slope = np.broadcast_to(x, body.shape)
        mean = base[:, None] + slope[:, None] * x + body
        return mean, np.stack([by_base, by_slope, *others], axis=1)

    def brightness(self, values: FloatArray) -> FloatArray:
        """(A, n) brightness alone."""
        base, slope = values[:, 0], values[:, 1]
        x = np.arange(self.samples) - 0.5 * (self.samples - 1)
        body = self._blurred(values, self._attenuated(values, 1), wider=False)[0]
        if self.attenuation == EXPONENTIAL:
            body *= base[:, None]
        return np.asarray(base[:, None] + slope[:, None] * x + body)

    def _attenuated(self, values: FloatArray, count: int) -> FloatArray:
        """(A, count, L) the body for a background of 1, and first derivatives of it."""
        _, _, strength, radius, centre, log_blur = (
            values[:, i, None] for i in range(6)
        )
        total = np.zeros((len(values), count, self._grid.size - 1))
        for height, weight in self._heights(np.exp(log_blur[:, 0])):
            cut = self._cut(strength, radius, centre, height, count)
            for i, part in enumerate(cut):
                total[:, i] += weight * part
        return total

    def _blurred(
        self, values: FloatArray, fine: FloatArray, *, wider: bool = True
    ) -> list[FloatArray]:
        """(A, n) each of the parts, blurred; then the first by the log of the blur."""
        blur = np.exp(values[:, 5])
        spectrum = np.fft.rfft(fine, axis=2)
        frequency = 2 * np.pi * np.fft.rfftfreq(self._grid.size - 1, 1.0 / _PARTS)
        # The mean over a part of a pixel is a little blur of its own.
        square = np.maximum(blur**2 - 1.0 / (12 * _PARTS**2), 0.0)[:, None]
        pixel = np.exp(1j * frequency * np.arange(_PARTS)[:, None] / _PARTS).mean(
            axis=0
        )
        spectrum *= (np.exp(-0.5 * square * frequency**2) * pixel)[:, None, :]
        if wider:
            more = -(blur**2)[:, None] * frequency**2 * spectrum[:, 0]
            spectrum = np.concatenate([spectrum, more[:, None]], axis=1)
        fine = np.fft.irfft(spectrum, self._grid.size - 1, axis=2)
        first, last = self._pad * _PARTS, (self._pad + self.samples) * _PARTS
        return [
            np.ascontiguousarray(fine[:, i, first:last:_PARTS])
            for i in range(fine.shape[1])
        ]

    def _heights(self, blur: FloatArray) -> list[tuple[FloatArray, float]]:
        """(A, 1) distances of the cuts from the centre of the body, and weights."""
        if self.rows == 0:
            return [(np.zeros((len(blur), 1)), 1.0)]
        nodes, weights = np.polynomial.legendre.leggauss(2 * _HEIGHTS)
        # Rows are as high as pixels; their mean spreads as one of sqrt(3) times the
        # standard deviation to either side.
        half = np.sqrt(self.rows**2 / 4 + 3 * blur**2)[:, None]
        upper = nodes > 0
        pairs = zip(nodes[upper], weights[upper], strict=True)
        return [(half * node, float(weight)) for node, weight in pairs]

    def _cut(
        self,
        strength: FloatArray,
        radius: FloatArray,
        centre: FloatArray,
        height: FloatArray,
        count: int,
    ) -> list[FloatArray]:
        """(A, L) attenuation by the body at a height; its derivatives where asked for.

        By attenuation, radius and centre.
        """
        here = np.sqrt(np.maximum(radius**2 - height**2, 1e-6))
        away = np.clip(self._grid - centre, -here, here)
        angle = np.arcsin(away / here)
        chord = 2 * np.sqrt(np.maximum(here**2 - away**2, 0.0))
        area = 0.5 * away * chord + here**2 * angle
        diameter = 2 * radius
        thick = np.diff(area) * (_PARTS / diameter)
        is_linear = self.attenuation == LINEAR
        body = strength * thick if is_linear else np.expm1(-strength * thick)
        if count == 1:
            return [body]
        by_radius = np.diff(2 * radius * angle) * (_PARTS / diameter) - thick / radius
        by_radius[np.broadcast_to(radius <= height, by_radius.shape)] = 0.0
        by_centre = np.diff(chord) * (-_PARTS / diameter)
        if is_linear:
            return [body, thick, strength * by_radius, strength * by_centre]
        through = body + 1.0
        change = -strength * through
        return [body, -thick * through, change * by_radius, change * by_centre]
