"""The brightness across the rim of a body: a step, or a round onset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Parts of a pixel in which the thickness is averaged before it attenuates.
_PARTS = 4
#: Samples on either side beyond those that are asked for, against the blur.
_PAD = 16

EXPONENTIAL, LINEAR = "exponential", "linear"


@dataclass(frozen=True, eq=False)
class Rims:
    """Profiles across rims, from nothing (0, outside) to the full body (1).

    Attributes
    ----------
    value
        (S, n) blurred profile.
    by_place, by_log_blur
        (S, n) its derivatives by the place of the rim and the logarithm of the blur.
    """

    value: FloatArray
    by_place: FloatArray
    by_log_blur: FloatArray


def rims(
    samples: FloatArray,
    place: FloatArray,
    round_px: FloatArray,
    blur: float,
    exponent: float,
) -> Rims:
    """Give the brightness across rims.

    Parameters
    ----------
    samples
        (n,) places of the samples, one apart, rising outwards.
    place
        (S,) of the rim.
    round_px
        (S,) depth over which the body gets thicker: 0 for a flat one, half of the
        chord for a round one.
    blur
        Standard deviation of a Gaussian, in samples.
    exponent
        Of the attenuation at the full thickness; 0 for a linear one.

    Notes
    -----
    At a depth x below the rim a body is thick by
    ``h = sqrt(1 - (1 - min(x, c) / c)**2)`` of its full thickness, which is the chord
    of a circle (a wire, or any line through an ellipsoid) for c = half of the chord and
    a step for c = 0. The profile is ``(1 - exp(-k h)) / (1 - exp(-k))``, or h where
    k = 0. The mean thickness of a quarter of a sample is exact, from its
    antiderivative; the blur is a product in Fourier space.
    """
    from scipy.fft import irfft, next_fast_len, rfft

    count = next_fast_len((samples.size + 2 * _PAD) * _PARTS, real=True)
    edges = samples[0] - 0.5 - _PAD + np.arange(count + 1) / _PARTS
    depth = place[:, None] - edges
    thick = -np.diff(_volume(depth, round_px[:, None])) * _PARTS
    body = thick
    if abs(exponent) > 1e-3:
        # Of a part of a sample that a flat body covers in part, a part is attenuated.
        fades = (round_px > 1.0 / _PARTS)[:, None]
        attenuated = np.expm1(-exponent * thick) / np.expm1(-exponent)
        body = np.where(fades, attenuated, thick)
    # Rows must end as they begin: a mirror would double the work, a ramp does as well.
    ramp = np.linspace(1.0, 0.0, count)
    spectrum = rfft(body - ramp, axis=1)
    frequency = 2 * np.pi * np.fft.rfftfreq(count, 1.0 / _PARTS)
    square = max(blur**2 - 1.0 / (12 * _PARTS**2), 0.0)
    pixel = np.exp(1j * frequency * np.arange(_PARTS)[:, None] / _PARTS).mean(axis=0)
    spectrum *= np.exp(-0.5 * square * frequency**2) * pixel
    parts = [spectrum, -1j * frequency * spectrum, -(blur**2) * frequency**2 * spectrum]
    first, last = _PAD * _PARTS, (_PAD + samples.size) * _PARTS
    value, by_place, by_log_blur = (
        irfft(part, count, axis=1)[:, first:last:_PARTS] for part in parts
    )
    half = 0.5 * (_PARTS - 1)
    value = value + ramp[first:last:_PARTS] - half / (count - 1)
    by_place = by_place + _PARTS / (count - 1)
    return Rims(value, by_place, by_log_blur)


def _volume(depth: FloatArray, round_px: FloatArray) -> FloatArray:
    """Antiderivative of the thickness by the depth."""
    step = np.maximum(depth, 0.0)
    if not np.any(round_px > 0):
        return step
    size = np.maximum(round_px, 1e-9)
    left = 1.0 - np.minimum(step / size, 1.0)
    sector = np.arccos(left) - left * np.sqrt(np.maximum(1.0 - left**2, 0.0))
    return np.asarray(0.5 * size * sector + np.maximum(step - size, 0.0))
