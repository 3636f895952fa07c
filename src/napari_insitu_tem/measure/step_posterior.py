"""Where a blurred step may be, by the likelihood of every place and width on a grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Smallest width of a step in samples: that of a sharp edge seen by square pixels.
LEAST_WIDTH = float(np.sqrt(1.0 / 12.0))
#: Largest width of a step, as a part of the profile.
LARGEST_WIDTH = 1.0 / 6.0

#: Distance of neighbouring places on the grid, in samples, and number of widths.
GRID_STEP = 0.25
_WIDTHS = 9


def widest_step(samples: int) -> float:
    """Largest width that is looked for in profiles of a length, in samples."""
    return max(LARGEST_WIDTH * samples, 1.0)


def is_too_fine(found: StepPosterior, samples: int) -> NDArray[np.bool_]:
    """(N,) whether the grid is too coarse to tell what a profile says."""
    apart = np.log(widest_step(samples) / LEAST_WIDTH) / (_WIDTHS - 1)
    coarse = found.u_position < 0.6 * GRID_STEP
    return np.asarray(coarse | (found.u_log_width < 0.5 * apart))


@dataclass(frozen=True, eq=False)
class StepPosterior:
    """What profiles say of ``low + (high - low) Phi((x - position) / width)``.

    Attributes
    ----------
    position, u_position
        (N,) mean and standard deviation of the place.
    log_width, u_log_width
        (N,) the same for the logarithm of the width.
    best
        (N, 4) the likeliest position, low, high, logarithm of the width.
    variance
        (N,) of the noise, given or from the residuals.
    u_levels, u_step
        (N, 2) and (N,) standard uncertainties of the levels and of their difference at
        the likeliest place and width.
    """

    position: FloatArray
    u_position: FloatArray
    log_width: FloatArray
    u_log_width: FloatArray
    best: FloatArray
    variance: FloatArray
    u_levels: FloatArray
    u_step: FloatArray


def step_posterior(
    y: FloatArray,
    weights: FloatArray,
    variance: FloatArray | None = None,
    *,
    correlated: float = 1.0,
) -> StepPosterior:
    """Weigh every place and width of a step.

    Parameters
    ----------
    y
        (N, n) profiles, finite.
    weights
        (N, n), or (1, n) where all profiles share them: relative weights of the
        samples, 0 where there is none.
    variance
        (N,) noise variance of a sample of weight 1; None: not known.
    correlated
        Number of samples that carry the information of one independent sample.

    Notes
    -----
    For each place (a quarter of a sample apart) and width (on a logarithmic grid) the
    two levels follow by linear least squares, all by one matrix product. Integrated
    over the levels, with flat priors for them and for the place and a scale-free one
    for the width, the posterior is ``det(A)**(-1/2) exp(-R / 2 v)`` with a known noise
    variance v and ``det(A)**(-1/2) R**(-(n - 2) / 2)`` without, A being the normal
    matrix of the levels and R the sum of squares that is left [1]_. Its mean has a
    smaller error than the best fit where the noise is strong, and its standard
    deviation is honest there, which that of the best fit is not.

    .. [1] D. S. Sivia, J. Skilling, Data Analysis: A Bayesian Tutorial, chapters 3, 8.
    """
    templates, places, log_widths = _templates(y.shape[1])
    levels = _Levels(y, weights, templates)
    count = (weights > 0).sum(axis=1)
    if variance is None:
        freedom = np.maximum(count - 4, 1)
        least = 1e-12 * (levels.total + (weights * y**2).sum(axis=1)) + 1e-100
        variance = np.maximum(levels.rest.min(axis=1), least) / freedom
        chance = np.log(levels.rest)
        chance *= -0.5 / correlated * (count[:, None] - 2)
    else:
        chance = levels.rest * (-0.5 / correlated / variance[:, None])
    chance -= 0.5 * np.log(levels.determinant)
    # Beyond the samples a level is not determined, and any step would do.
    first = (weights > 0).argmax(axis=1)[:, None]
    last = y.shape[1] - 1 - (weights[:, ::-1] > 0).argmax(axis=1)[:, None]
    if first.any() or np.any(last < y.shape[1] - 1):
        beyond = (places < first + 1) | (places > last - 1)
        np.copyto(chance, -np.inf, where=beyond)
    likeliest = chance.argmax(axis=1)
    chance -= chance[np.arange(len(y)), likeliest][:, None]
    np.exp(chance, out=chance)
    powers = [np.ones(places.size), places, places**2, log_widths, log_widths**2]
    sums = chance @ np.stack(powers, axis=1)
    _, mean, square, log_width, width_square = (sums / sums[:, :1]).T
    noise = correlated * variance
    return StepPosterior(
        position=mean,
        u_position=np.sqrt(np.maximum(square - mean**2, 0.0)),
        log_width=log_width,
        u_log_width=np.sqrt(np.maximum(width_square - log_width**2, 0.0)),
        best=levels.at(likeliest, places, log_widths),
        variance=variance,
        u_levels=np.sqrt(noise[:, None] * levels.spread(likeliest)),
        u_step=np.sqrt(noise * levels.step_spread(likeliest)),
    )


class _Levels:
    """The two levels of every profile under every template, by least squares."""

    def __init__(self, y: FloatArray, w: FloatArray, templates: FloatArray) -> None:
        self._row = np.arange(len(y))
        self._one = w.sum(axis=1, keepdims=True)
        self._part = w @ templates.T
        self._square = w @ (templates**2).T
        self._mean = (w * y).sum(axis=1, keepdims=True) / self._one
        y = y - self._mean  # keeps the sums of squares from cancelling
        self._by_part = (w * y) @ templates.T
        total = (w * y**2).sum(axis=1, keepdims=True)
        self.total = total[:, 0]
        determinant = self._one * self._square - self._part**2
        self.determinant = np.maximum(determinant, 1e-12 * self._one**2)
        rest = self._by_part**2
        rest *= -self._one / self.determinant
        rest += total
        self.rest: FloatArray = np.maximum(rest, 1e-14 * total + 1e-100, out=rest)

    def _pick(self, values: FloatArray, index: NDArray[np.intp]) -> FloatArray:
        rows = self._row if len(values) > 1 else np.zeros_like(self._row)
        return values[rows, index]

    def at(
        self, index: NDArray[np.intp], places: FloatArray, log_widths: FloatArray
    ) -> FloatArray:
        """(N, 4) position, low, high, logarithm of the width of chosen templates."""
        one = self._one[:, 0]
        by_part = self._by_part[self._row, index]
        step = one * by_part / self._pick(self.determinant, index)
        low = self._mean[:, 0] - step * self._pick(self._part, index) / one
        return np.stack([places[index], low, low + step, log_widths[index]], axis=1)

    def spread(self, index: NDArray[np.intp]) -> FloatArray:
        """(N, 2) variance of low and high for noise of variance 1."""
        square, part = self._pick(self._square, index), self._pick(self._part, index)
        high = square + self._one[:, 0] - 2 * part
        both = np.stack([square, high], axis=1)
        return np.asarray(both / self._pick(self.determinant, index)[:, None])

    def step_spread(self, index: NDArray[np.intp]) -> FloatArray:
        """(N,) variance of high - low for noise of variance 1."""
        return np.asarray(self._one[:, 0] / self._pick(self.determinant, index))


@lru_cache(maxsize=8)
def _templates(samples: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(M, n) steps from 0 to 1, and the (M,) places and log widths of them."""
    from scipy.special import ndtr

    places = np.arange(1.0, samples - 2 + 1e-9, GRID_STEP)
    widest = np.log(widest_step(samples))
    log_widths = np.linspace(np.log(LEAST_WIDTH), widest, _WIDTHS)
    place, log_width = (a.ravel() for a in np.meshgrid(places, log_widths))
    z = (np.arange(samples) - place[:, None]) / np.exp(log_width)[:, None]
    return ndtr(z), place, log_width
