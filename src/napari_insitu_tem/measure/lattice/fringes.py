"""All lattices in a window, each fitted with the others taken away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.lattice.background import filled, slow_part
from napari_insitu_tem.measure.lattice.envelope import envelope_of
from napari_insitu_tem.measure.lattice.guess import Meant
from napari_insitu_tem.measure.lattice.peaks import (
    Region,
    local_level,
    strongest_peak,
)
from napari_insitu_tem.measure.lattice.waves import Wave, fit_wave

FloatArray = NDArray[np.float64]

#: Most lattices of a window, and rounds of fitting: of a single one, of several.
_MOST, _ROUNDS_ALONE, _ROUNDS = 6, 2, 3
#: Slower than this many cycles a window is background when lattices are searched, and
#: slower than this part of the lowest frequency when they are fitted.
_SLOW_CYCLES, _SLOW_PART = 2.0, 0.5
#: Distances in bins of the noise that is free of fringes in a part of the window.
_BESIDE = (7.0, 14.0)
#: Residuals of more than this many standard deviations above the usual are an edge.
_ROUGH = 5.0
#: Brightness below this part of the mean has no smaller variance.
_DARKEST = 0.05


class Fringes:
    """A window's lattices and its background.

    Parameters
    ----------
    values
        (y, x) brightness, NaN where missing.
    gain
        Counts per electron; pixels are then weighted by the noise of counting.
    """

    def __init__(self, values: FloatArray, gain: float | None) -> None:
        self.known = np.isfinite(values)
        self.values = filled(values, self.known)
        self.gain = gain
        self.waves: list[Wave] = []
        self.calm: FloatArray | float = 1.0
        self.slow = slow_part(self.values, self._cut())

    def find(self, region: Region | None = None) -> Wave | None:
        """Take the strongest lattice that is left, None where none is significant."""
        peak = strongest_peak(self._rest(), self.waves, region)
        if peak is None:
            return None
        wave, _ = fit_wave(self._rest(), self._weight(), None, peak)
        if _strayed(wave, peak, self.values.shape):
            return None
        self.waves.append(wave)
        return wave

    def find_all(self) -> None:
        """Take all that are significant, the strongest first."""
        while len(self.waves) < _MOST and self.find() is not None:
            pass

    def settle(self) -> None:
        """Fit every lattice and the background with all the others taken away."""
        for _ in range(_ROUNDS if len(self.waves) > 1 else _ROUNDS_ALONE):
            whole = sum(self._images(), np.zeros(self.values.shape))
            if not self.known.all():
                gap = ~self.known
                self.values[gap] = (self.slow + whole)[gap]
            self.slow = slow_part(self.values - whole, self._cut())
            self.calm = self._calm()
            weight = self._weight()
            for number, wave in enumerate(self.waves):
                rest = self._rest(without=number)
                fitted, _ = fit_wave(rest, weight, None, wave)
                if not _strayed(fitted, wave, self.values.shape):
                    self.waves[number] = fitted

    def measure(self, number: int) -> Fitted:
        """One lattice with its uncertainty, weighted by where its fringes are."""
        wave, weight = self.waves[number], self._weight()
        rest = self._rest(without=number)
        level = self._level(rest, weight, wave, None, _BESIDE)
        envelope = envelope_of(rest, weight, wave, level)
        fitted, information = fit_wave(rest, weight, envelope, wave)
        if envelope is not None and _strayed(fitted, wave, rest.shape):
            envelope = None
            fitted, information = fit_wave(rest, weight, None, wave)
        shown = fitted.image(rest.shape)
        left = rest - (shown if envelope is None else shown * envelope)
        level = self._level(left, weight, fitted, envelope)
        inverse = np.linalg.pinv(information, rcond=1e-14, hermitian=True)
        covariance = np.asarray(level * inverse, dtype=np.float64)
        mean = _mean_where(self.slow, self.known, envelope)
        part = 1.0 if envelope is None else float(np.mean(envelope > 0.2))
        return Fitted(fitted, covariance[2:, 2:], fitted.amplitude / mean, part)

    def _cut(self) -> float:
        """Frequency in cycles a pixel below which all is background."""
        least = _SLOW_CYCLES / max(self.values.shape)
        lowest = min((wave.frequency for wave in self.waves), default=0.0)
        return float(max(least, _SLOW_PART * lowest))

    def _images(self, without: int | None = None) -> list[FloatArray]:
        chosen = (w for i, w in enumerate(self.waves) if i != without)
        return [wave.image(self.values.shape) for wave in chosen]

    def _rest(self, without: int | None = None) -> FloatArray:
        """Fringes of no known lattice, or of one, and noise; 0 where missing."""
        rest = self.values - self.slow
        for image in self._images(without):
            rest -= image
        return rest * self.known

    def _calm(self) -> FloatArray | float:
        """Weight of each pixel by how rough the rest is around it, 1 where as usual."""
        if not self.waves:
            return 1.0
        self.calm = 1.0
        width = 0.5 / max(wave.frequency for wave in self.waves)
        chi2 = self._rest() ** 2 * self._weight()
        around = _smooth(chi2, width)
        if not self.known.all():
            there = _smooth(self.known.astype(np.float64), width)
            around /= np.maximum(there, 1e-3)
        usual = float(np.median(around[self.known]))
        if not usual > 0:
            return 1.0
        chance = 1 + _ROUGH * np.sqrt(2 / (4 * np.pi * width**2))
        rough = around / usual
        return np.asarray(np.where(rough > chance, 1 / np.maximum(rough, 1.0), 1.0))

    def _weight(self) -> FloatArray:
        """(y, x) inverse variance; 1 without a gain."""
        if self.gain is None:
            return np.asarray(self.known * self.calm)
        mean = float(np.mean(self.slow[self.known]))
        floor = max(_DARKEST * mean, 1e-12 * abs(mean) + 1e-300)
        variance = self.gain * np.maximum(self.slow, floor)
        return np.asarray(self.known * self.calm / variance)

    def _level(
        self,
        left: FloatArray,
        weight: FloatArray,
        wave: Wave,
        envelope: FloatArray | None,
        between: tuple[float, float] = (1.5, 7.0),
    ) -> float:
        """Power of the noise near a lattice, relative to what the weights say."""
        part = np.sqrt(weight) if envelope is None else np.sqrt(weight) * envelope
        seen = self.known if envelope is None else self.known * envelope**2
        return local_level(left * part, wave, float(np.sum(seen)), between)


def _smooth(values: FloatArray, width: float) -> FloatArray:
    """Gaussian means; of bins where the Gaussian is wide, which it hardly changes."""
    from scipy.ndimage import gaussian_filter

    side = round(width / 2)
    if side < 2 or min(values.shape) < 4 * side:
        return np.asarray(gaussian_filter(values, width))
    missing = [(0, -n % side) for n in values.shape]
    padded = np.pad(values, missing, mode="edge")
    rows, columns = (n // side for n in padded.shape)
    bins = padded.reshape(rows, side, columns, side).mean(axis=(1, 3))
    smooth = gaussian_filter(bins, width / side)
    whole = smooth.repeat(side, axis=0).repeat(side, axis=1)
    return np.asarray(whole[: values.shape[0], : values.shape[1]])


@dataclass(frozen=True)
class Fitted:
    """A lattice: its wave, (2, 2) covariance of (fy, fx), modulation, and part.

    `part` is the part of the window in which the fringes are.
    """

    wave: Wave
    covariance: FloatArray
    modulation: float
    part: float


def strongest(waves: Sequence[Wave], meant: Meant | None) -> int | None:
    """Number of the wave of largest amplitude, of those in reach of what is meant.

    Of several in reach one that is farther from it must be so much stronger.
    """
    chosen = [
        (wave.amplitude * (1.0 if meant is None else meant.nearness(wave)), number)
        for number, wave in enumerate(waves)
        if meant is None or bool(meant(np.array(wave.fy), np.array(wave.fx)))
    ]
    return max(chosen)[1] if chosen else None


def _strayed(wave: Wave, start: Wave, shape: tuple[int, ...]) -> bool:
    """Whether a fit has left its peak."""
    dy, dx = (wave.fy - start.fy) * shape[0], (wave.fx - start.fx) * shape[1]
    return not np.hypot(dy, dx) < 1.5


def _mean_where(
    slow: FloatArray, known: NDArray[np.bool_], envelope: FloatArray | None
) -> float:
    """Mean brightness where the fringes are."""
    if envelope is None:
        return float(np.mean(slow[known]))
    weight = known * envelope**2
    return float(np.sum(slow * weight) / np.sum(weight))
