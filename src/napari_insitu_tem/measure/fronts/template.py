"""The brightness along a path with ordered fronts, and how likely it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_insitu_tem.measure.fronts.offsets import Offsets
    from napari_insitu_tem.measure.fronts.samples import FrontSamples

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FrontTemplate:
    """Levels between N fronts, the same for all frames.

    Attributes
    ----------
    levels
        (N + 1,) brightness before the first front, between, and after the last.
    widths
        (N,) Gaussian width of each front in samples, with that of the pixel.
    """

    levels: FloatArray
    widths: FloatArray

    @property
    def fronts(self) -> int:
        """Number of fronts."""
        return len(self.widths)

    @property
    def steps(self) -> FloatArray:
        """(N,) change of the brightness at each front."""
        return np.diff(self.levels)

    def log_likelihood(
        self, samples: FrontSamples, front: int, offsets: Offsets
    ) -> FloatArray:
        """(T, G) log-likelihood of a front at each place, up to a constant a frame.

        Notes
        -----
        With fronts in their order the brightness is the first level times the ratio of
        the levels at each front, to first order in the overlap of their widths. The
        log-likelihood of all fronts is then the sum of one term a front, and the fronts
        of a frame depend on each other by their order alone.
        """
        x, at = offsets.distances, np.zeros(1)
        a, b = self.terms(front, x, at, samples.is_counted)
        total = offsets.over_samples(samples.signal, a[0])
        total -= offsets.over_samples(samples.common_weight, b[0])
        return np.asarray(total / samples.noise)

    def terms(
        self, front: int, x: FloatArray, grid: FloatArray, is_counted: bool
    ) -> tuple[FloatArray, FloatArray]:
        """(G, L) a(m) and b(m) of a front at each place, see `FrontSamples`."""
        before = self.levels[front]
        level = before + self.steps[front] * passed(x, grid, self.widths[front])
        if is_counted:
            return np.log(positive(level) / positive(before)), level - before
        return level - before, 0.5 * (level**2 - before**2)

    def beside_others(
        self,
        samples: FrontSamples,
        front: int,
        grid: FloatArray,
        parts: FloatArray,
    ) -> FloatArray:
        """(G,) log-likelihood of a front in one frame, given what the others do.

        Parameters
        ----------
        samples
            One frame.
        front, grid
            Which front, and the places to try.
        parts
            (N, L) how much of each front has been passed, as far as it is known.

        Notes
        -----
        Up to a constant of the frame, which is chosen so that the terms of all fronts
        at the expected places sum to the log-likelihood of all of them together.
        """
        x = np.arange(samples.counts.shape[1], dtype=np.float64)
        ladder = self.levels[0] + np.cumsum(self.steps[:, None] * parts, axis=0)
        others = ladder[-1] - self.steps[front] * parts[front]
        step = self.steps[front] * passed(x, grid, self.widths[front])
        below = ladder[front - 1] if front else np.full(x.size, self.levels[0])
        alone = _gain(samples, ladder[front], below)
        constant = alone - _gain(samples, ladder[-1], others)
        return np.asarray(_gain(samples, others + step, others) + constant)

    def passed_by(
        self, posteriors: list[FloatArray], grid: FloatArray, length: int
    ) -> FloatArray:
        """(N, T, L) how much of each front is expected to have been passed."""
        x = np.arange(length, dtype=np.float64)
        parts = [
            posterior @ passed(x, grid, width)
            for posterior, width in zip(posteriors, self.widths, strict=True)
        ]
        return np.array(parts)

    def base(self, samples: FrontSamples) -> float:
        """Log-likelihood of the first level everywhere.

        Together with the chains' evidences it makes hypotheses comparable.
        """
        return level_likelihood(samples, float(self.levels[0]))

    def model(
        self, samples: FrontSamples, posteriors: list[FloatArray], offsets: Offsets
    ) -> FloatArray:
        """(T, L) counts that are expected, given where the fronts may be."""
        level = np.full(samples.counts.shape, self.levels[0])
        for front, posterior in enumerate(posteriors):
            part = passed(offsets.distances, np.zeros(1), self.widths[front])[0]
            level += self.steps[front] * offsets.over_places(posterior, part)
        return np.asarray(level * samples.exposure)

    def information(self, samples: FrontSamples) -> FloatArray:
        """(N,) Fisher information of one frame for the place of each front."""
        x = np.linspace(-5.0, 5.0, 201)
        there = samples.exposure > 0
        exposure = float(samples.exposure[there].mean()) if there.any() else 1.0
        result = []
        for step, before, width in zip(
            self.steps, self.levels[:-1], self.widths, strict=True
        ):
            slope = step * np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi) / width
            level = before + step * passed(x, np.zeros(1), 1.0)[0]
            spread = level * exposure if samples.is_counted else 1.0
            square = (slope * exposure) ** 2 / np.maximum(spread, 1e-300)
            result.append(np.trapezoid(square, x) * width / samples.noise)
        return np.array(result)


def level_likelihood(samples: FrontSamples, level: float) -> float:
    """Log-likelihood of one level everywhere, over that of a model of every sample."""
    model = samples.exposure * level
    there = samples.exposure > 0
    if samples.is_counted:
        k, m = samples.counts[there], positive(model[there])
        ratio = np.log(m / np.where(k > 0, k, m))
        square = 2.0 * float(np.sum(m - k - k * ratio))  # the deviance
    else:
        square = float(np.sum((samples.counts - model)[there] ** 2))
    number = int(there.sum())
    return -0.5 * (square / samples.noise + number * float(np.log(samples.noise)))


def _gain(samples: FrontSamples, level: FloatArray, before: FloatArray) -> FloatArray:
    """(...) log-likelihood of one frame's brightness (..., L) over that of another."""
    level, before = positive(level), positive(before)
    if samples.is_counted:
        a, b = np.log(level / before), level - before
    else:
        a, b = level - before, 0.5 * (level**2 - before**2)
    gain = a @ samples.signal[0] - b @ samples.weight[0]
    return np.asarray(gain / samples.noise)


def positive(level: FloatArray) -> FloatArray:
    """A brightness that a logarithm can be taken of."""
    return np.asarray(np.maximum(level, 1e-9))


def passed(x: FloatArray, grid: FloatArray, width: float) -> FloatArray:
    """(G, L) from 0 before a front to 1 after it."""
    from scipy.special import ndtr

    return np.asarray(ndtr((x - grid[:, None]) / width))
