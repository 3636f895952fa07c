"""The projection of a coated cylinder, and its derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Parts of a pixel in which the thickness is averaged before it attenuates.
_PARTS = 4

ABSORPTION, LINEAR = "absorption", "linear"

#: The values of a coated cylinder, in this order.
BASE, SLOPE, CENTRE, CORE, SHELL, CORE_STRENGTH, SHELL_STRENGTH, LOG_BLUR = range(8)


@dataclass(frozen=True)
class CoatedModel:
    """Brightness across coated cylinders.

    Parameters
    ----------
    samples
        n, of a profile.
    contrast
        "absorption" or "linear".

    Notes
    -----
    A beam at the distance x from the axis runs through ``C(R) - C(r)`` of the shell and
    ``C(r)`` of the core, ``C(a) = 2 sqrt(a**2 - x**2)``, r being the core's radius and
    R = r + t the outer one. With the coefficients m of both, in 1/px,

    - absorption: ``b exp(-m_shell (C(R) - C(r)) - m_core C(r))`` (Beer-Lambert),
    - linear: ``b + m_shell (C(R) - C(r)) + m_core C(r)``, as in a dark field,

    to which a slope of the background is added; blurred by a Gaussian and integrated
    over pixels. Within a quarter of a pixel the mean chord is exact.
    """

    samples: int
    contrast: str

    def __call__(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Give the (A, n) brightness and its (A, 8, n) derivatives."""
        base, slope, centre, core, shell = (values[:, k, None] for k in range(5))
        strengths = values[:, [CORE_STRENGTH, SHELL_STRENGTH]]
        blur = np.exp(values[:, LOG_BLUR])
        pad = max(8, self.samples // 4)
        edges = np.arange((self.samples + 2 * pad) * _PARTS + 1) / _PARTS - pad - 0.5
        away = edges - centre
        inner, outer = chords(away, core), chords(away, core + shell)
        inner, outer = ([_PARTS * part for part in c] for c in (inner, outer))
        in_core, in_shell = strengths[:, :1], strengths[:, 1:]
        path = in_core * inner[0] + in_shell * (outer[0] - inner[0])
        body = -np.expm1(-path) if self.contrast == ABSORPTION else -path
        factor = 1.0 - body if self.contrast == ABSORPTION else -np.ones_like(path)
        difference = in_core - in_shell
        parts = [
            body,
            factor * (difference * inner[2] + in_shell * outer[2]),
            factor * (difference * inner[1] + in_shell * outer[1]),
            factor * (in_shell * outer[1]),
            factor * inner[0],
            factor * (outer[0] - inner[0]),
        ]
        taken, by_centre, by_core, by_shell, by_m_core, by_m_shell, by_blur = (
            self._blurred(np.stack(parts, axis=1), blur, pad)
        )
        x = np.arange(self.samples) - 0.5 * (self.samples - 1)
        scale = base if self.contrast == ABSORPTION else np.ones_like(base)
        mean = base - scale * taken + slope * x
        by_base = 1.0 - taken if self.contrast == ABSORPTION else np.ones_like(taken)
        by_body = [by_centre, by_core, by_shell, by_m_core, by_m_shell, by_blur]
        columns = [by_base, np.broadcast_to(x, mean.shape)]
        columns += [-scale * part for part in by_body]
        return mean, np.stack(columns, axis=1)

    def _blurred(
        self, parts: FloatArray, blur: FloatArray, pad: int
    ) -> tuple[FloatArray, ...]:
        """(A, n) each of the (A, P, L) parts; the first by the log of the blur."""
        cells = parts.shape[2]
        frequency = 2 * np.pi * np.fft.rfftfreq(cells, 1.0 / _PARTS)
        # The mean over a part of a pixel is a little blur of its own.
        square = np.maximum(blur**2 - 1.0 / (12 * _PARTS**2), 0.0)[:, None]
        spectrum = np.fft.rfft(parts, axis=2)
        spectrum *= np.exp(-0.5 * square * frequency**2)[:, None, :]
        wider = -(blur**2)[:, None] * frequency**2 * spectrum[:, 0]
        both = np.concatenate([spectrum, wider[:, None]], axis=1)
        fine = np.fft.irfft(both, cells, axis=2)
        fine = fine[:, :, pad * _PARTS : (pad + self.samples) * _PARTS]
        pixels = fine.reshape(*fine.shape[:2], self.samples, _PARTS).mean(axis=3)
        return tuple(np.moveaxis(pixels, 1, 0))


def chords(away: FloatArray, radius: FloatArray) -> list[FloatArray]:
    """Integrals between neighbouring places of the chord and of its derivatives.

    Parameters
    ----------
    away
        (A, L + 1) distances from the axis.
    radius
        (A, 1) radii.

    Returns
    -------
    (A, L) each: of the chord, of its derivative by the radius, by the centre.
    """
    x = np.clip(away, -radius, radius)
    angle = np.arcsin(x / radius)
    chord = 2 * np.sqrt(np.maximum(radius**2 - x**2, 0.0))
    area = 0.5 * x * chord + radius**2 * angle
    return [np.diff(area), np.diff(2 * radius * angle), -np.diff(chord)]
