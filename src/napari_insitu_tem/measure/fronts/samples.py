"""What a kymograph says, ready to be compared with a template of levels."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.kymograph import Kymograph

FloatArray = NDArray[np.float64]

#: Lags in samples over which the correlation of the noise is summed.
_LAGS = 3
#: Uncertainties by which noise or flicker must exceed what is expected to count.
_CLEAR = 4.0
#: What is left of the samples is more than noise from so many times its variance.
_TOO_NOISY = 1.15


@dataclass(frozen=True, eq=False)
class FrontSamples:
    """Samples of T frames and how strongly each was exposed.

    The template of a front is a brightness m of every place; a sample is expected to be
    ``exposure * m``. The log-likelihood of m is, up to what does not depend on it,

    ``sum(counts * log(m) - exposure * m) / noise`` for counted electrons and
    ``sum(counts * exposure * m - exposure**2 * m**2 / 2) / noise`` otherwise, thus
    ``sum(signal * a(m) - weight * b(m)) / noise`` for both.

    Attributes
    ----------
    counts
        (T, L) electrons, or brightness where they are not known; 0 where missing.
    exposure
        (T, L) relative exposure, 0 where missing: that of the frame (flicker of the
        beam) times that of the place (pattern of the specimen).
    is_counted
        Whether the counts are electrons, so that their variance is their mean.
    noise
        Variance of a sample: as a multiple of the mean for electrons, else as it is.
    """

    counts: FloatArray
    exposure: FloatArray
    is_counted: bool
    noise: float = 1.0

    @property
    def signal(self) -> FloatArray:
        """(T, L) what the template's a(m) is multiplied by."""
        return self.counts if self.is_counted else self.counts * self.exposure

    @property
    def weight(self) -> FloatArray:
        """(T, L) what the template's b(m) is multiplied by."""
        return self.exposure if self.is_counted else self.exposure**2

    @property
    def common_weight(self) -> FloatArray:
        """(T, L) weights, or (1, L) where they are the same in all frames."""
        weight = self.weight
        return weight[:1] if np.array_equal(weight[1:], weight[:-1]) else weight

    def frame(self, index: int) -> FrontSamples:
        """One frame."""
        row = slice(index, index + 1)
        return replace(self, counts=self.counts[row], exposure=self.exposure[row])

    def exposed(self, exposure: FloatArray) -> FrontSamples:
        """The same samples with another exposure; missing ones stay missing."""
        there = self.exposure > 0
        return replace(self, exposure=np.where(there, exposure, 0.0))


def front_samples(kymograph: Kymograph, gain: float | None) -> FrontSamples:
    """Samples of a kymograph, as electrons where the gain is known.

    Samples closer than a pixel share their electrons, so that each counts for less.
    """
    data = np.asarray(kymograph.data, dtype=np.float64)
    there = np.isfinite(data)
    counts = np.where(there, data, 0.0)
    exposure = there.astype(np.float64)
    if gain is not None:
        counts *= kymograph.width * min(kymograph.step, 1.0) / gain
        return FrontSamples(counts, exposure, True)
    bare = FrontSamples(counts, exposure, False)
    return replace(bare, noise=frame_noise(bare))


def frame_noise(samples: FrontSamples) -> float:
    """Noise from the differences of successive frames, as `noise_of` gives it.

    A pattern that all frames share is no part of it, nor is a front but for its steps.
    """
    counts, there = samples.counts, samples.exposure > 0
    if len(counts) < 2:  # a single frame: the differences of neighbours
        counts, there = counts.T, there.T
    both = there[1:] & there[:-1]
    change = np.sqrt(0.5) * (counts[1:] - counts[:-1])
    mean = 0.5 * (counts[1:] + counts[:-1])
    least = 1e-12 * float(np.mean(counts**2)) + 1e-300
    return max(_averaged(samples.is_counted, change, mean, both), least)


def noise_of(samples: FrontSamples, model: FloatArray) -> float:
    """Variance as a mean over neighbouring samples sees it, given the expected (T, L).

    Raised by the correlation of neighbours; that of electrons is never below their
    number, and above it only where the residuals are clearly too large.
    """
    there = samples.exposure > 0
    noise = _averaged(samples.is_counted, samples.counts - model, model, there)
    return noise if noise > 0 else samples.noise


def _averaged(
    is_counted: bool, rest: FloatArray, model: FloatArray, there: NDArray[np.bool_]
) -> float:
    """Variance of samples as their means see it; a multiple of the model if counted."""
    spread = np.sqrt(np.maximum(model, 1e-12)) if is_counted else 1.0
    residual = np.where(there, rest / spread, 0.0)
    number = max(int(there.sum()), 1)
    variance = float(np.sum(residual**2)) / number
    if variance == 0:
        return 1.0 if is_counted else 0.0
    total = 0.0
    for lag in range(1, _LAGS + 1):
        pairs = int((there[:, lag:] & there[:, :-lag]).sum())
        product = float(np.sum(residual[:, lag:] * residual[:, :-lag]))
        total += product / max(pairs, 1) / variance
    chance = np.sqrt((2.0 + 4.0 * _LAGS) / number)
    variance *= 1.0 + 2.0 * total if total > _CLEAR * chance / 2 else 1.0
    if is_counted:
        return variance if variance > 1.0 + _CLEAR * chance else 1.0
    return variance


@dataclass(frozen=True, eq=False)
class Flicker:
    """Brightness of whole frames.

    Attributes
    ----------
    factor
        (T,) of each frame's exposure, their mean 1; all 1 unless they differ by clearly
        more than chance, and shrunk by how much of the difference is chance.
    cost
        Log-likelihood that this freedom is worth by itself.
    """

    factor: FloatArray
    cost: float

    @property
    def is_clear(self) -> bool:
        """Whether there is any."""
        return bool(np.any(self.factor != 1.0))


def flicker_of(samples: FrontSamples, model: FloatArray) -> Flicker:
    """Flicker of the frames, given the (T, L) counts expected without."""
    score, information = _score(samples, model, axis=1)
    change, variance = _beyond_chance(score, information)
    if variance == 0:
        return Flicker(np.ones(len(score)), 0.0)
    cost = 0.5 * np.sum(np.log1p(information * variance) + change**2 / variance)
    factor = 1.0 + change
    return Flicker(factor / factor.mean(), float(cost))


def pattern_of(samples: FrontSamples, model: FloatArray) -> FloatArray:
    """(L,) factor of each place's exposure that its brightness asks for."""
    score, information = _score(samples, model, axis=0)
    seen = information > 0
    return 1.0 + np.where(seen, score / np.where(seen, information, 1.0), 0.0)


def is_unexplained(samples: FrontSamples, model: FloatArray) -> bool:
    """Whether more than noise is left: at certain places, or on the whole."""
    if samples.noise > _TOO_NOISY * frame_noise(samples):
        return True
    return _beyond_chance(*_score(samples, model, axis=0))[1] > 0


def _score(
    samples: FrontSamples, model: FloatArray, axis: int
) -> tuple[FloatArray, FloatArray]:
    """Slope and information of the log-likelihood for a common factor."""
    there = samples.exposure > 0
    model = np.where(there, model, 0.0)
    rest = samples.counts - model
    if samples.is_counted:
        score, information = rest.sum(axis), model.sum(axis)
    else:
        score, information = (rest * model).sum(axis), (model**2).sum(axis)
    return score / samples.noise, information / samples.noise


def _beyond_chance(
    score: FloatArray, information: FloatArray
) -> tuple[FloatArray, float]:
    """Relative differences, shrunk, and their variance; 0 unless that is clear."""
    seen = information > 0
    if seen.sum() < 3:
        return np.zeros(score.shape), 0.0
    information = np.where(seen, information, np.inf)
    factor = score / information
    variance = float((factor**2 - 1.0 / information)[seen].mean())
    chance = np.sqrt(2.0 / seen.sum()) * float((1.0 / information[seen]).mean())
    if variance < _CLEAR * chance:
        return np.zeros(score.shape), 0.0
    return np.asarray(factor * variance / (variance + 1.0 / information)), variance
