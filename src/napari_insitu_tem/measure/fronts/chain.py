"""Forward-backward along frames: where a front is, given all frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Chance below which a place is not told from impossible (rounding of the transforms).
_LEAST = 1e-17


@dataclass(frozen=True, eq=False)
class Chain:
    """What all frames together say of each.

    Attributes
    ----------
    posterior
        (T, G) chance of each place in each frame.
    evidence
        Logarithm of the likelihood, summed over all paths.
    paired
        (2 G - 1,) sum over frames of the chance of each displacement to the next frame
        divided by the chance that it was expected with; empty when not asked for.
    """

    posterior: FloatArray
    evidence: float
    paired: FloatArray


def smooth(
    log_likelihood: FloatArray, chances: FloatArray, *, learn: bool = False
) -> Chain:
    """Forward-backward of a hidden Markov chain on a grid of places.

    Parameters
    ----------
    log_likelihood
        (T, G) of each place in each frame.
    chances
        (2 G - 1,) of each displacement between frames; at the ends of the grid they are
        shared out among the places that are left.
    learn
        Whether displacements are summed up.

    Notes
    -----
    The recursions of [1]_, with convolutions by fast Fourier transform, so that a step
    of any length costs the same: ``O(T G log G)``.

    .. [1] L. R. Rabiner, Proc. IEEE 77 (1989) 257.
    """
    step = _Step(chances)
    top = log_likelihood.max(axis=1, keepdims=True)
    likelihood = np.exp(log_likelihood - top)
    posterior, evidence = _forward(likelihood, step)
    paired = _backward(likelihood, posterior, step, learn)
    return Chain(posterior, evidence + float(top.sum()), paired)


class _Step:
    """One step of the chain, forwards and backwards."""

    def __init__(self, chances: FloatArray) -> None:
        self.places = (chances.size + 1) // 2
        self.size = 1 << int(np.ceil(np.log2(max(chances.size, 2))))
        around = np.zeros(self.size)
        around[: self.places] = chances[self.places - 1 :]
        if self.places > 1:
            around[1 - self.places :] = chances[: self.places - 1]
        self.wave = np.fft.rfft(around)
        self.back = self.wave.conj()
        everywhere = self.transformed(np.ones(self.places))
        self.kept = self.cut(everywhere * self.back)

    def transformed(self, values: FloatArray) -> NDArray[np.complex128]:
        """Fourier transform of values on the grid."""
        return np.fft.rfft(values, self.size)

    def cut(self, transform: NDArray[np.complex128]) -> FloatArray:
        """Values on the grid of a transform."""
        return np.fft.irfft(transform, self.size)[: self.places]

    def lags(self, transform: NDArray[np.complex128]) -> FloatArray:
        """(2 G - 1,) from the transform of a circular correlation."""
        around = np.fft.irfft(transform, self.size)
        negative = around[self.size - self.places + 1 :]
        return np.concatenate([negative, around[: self.places]])


def _forward(likelihood: FloatArray, step: _Step) -> tuple[FloatArray, float]:
    """(T, G) chance given the frames so far, and the evidence."""
    chance = np.empty_like(likelihood)
    evidence = 0.0
    ahead = np.full(step.places, 1.0 / step.places)
    for t, seen in enumerate(likelihood):
        now = np.multiply(ahead, seen, out=chance[t])
        total = max(float(now.sum()), 1e-300)
        now /= total
        evidence += float(np.log(total))
        ahead = step.cut(step.transformed(now / step.kept) * step.wave)
        np.maximum(ahead, _LEAST, out=ahead)
    return chance, evidence


def _backward(
    likelihood: FloatArray, posterior: FloatArray, step: _Step, learn: bool
) -> FloatArray:
    """Turn the forward chances into posteriors; the paired displacements."""
    pairs = np.zeros(step.wave.size, dtype=np.complex128)
    later = np.ones(step.places)
    for t in range(len(likelihood) - 2, -1, -1):
        ahead = step.transformed(later * likelihood[t + 1])
        later = step.cut(ahead * step.back) / step.kept
        np.maximum(later, _LEAST, out=later)
        before = posterior[t] / step.kept
        posterior[t] *= later
        total = max(float(posterior[t].sum()), 1e-300)
        posterior[t] /= total
        if learn:
            pairs += step.transformed(before).conj() * ahead / total
        later /= later.max()
    return step.lags(pairs) if learn else np.zeros(0)
