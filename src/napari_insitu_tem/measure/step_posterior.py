"""Where a blurred step may be, by the likelihood of every place and width on a grid."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
SingleArray = NDArray[np.float32]

#: Smallest width of a step in samples: that of a sharp edge seen by square pixels.
LEAST_WIDTH = float(np.sqrt(1.0 / 12.0))
#: Largest width of a step, as a part of the profile.
LARGEST_WIDTH = 1.0 / 6.0

#: Distance of neighbouring places on the grid, in samples, and number of widths.
_GRID_STEP = 0.5
_WIDTHS = 7
#: Samples of a profile from which on the places stand wider, to spare memory.
_LONG = 1024

#: What is known of widths before: about 2 samples, give or take a factor of e. Edges
#: in micrographs are so; a flat prior makes the stated uncertainty too small where a
#: profile happens to look sharp, and too large where it happens to look wide.
USUAL_WIDTH, USUAL_FACTOR = 2.0, 1.0

#: Profiles that are worked on at once; more do not fit into the processor's cache.
_AT_ONCE = 96


def widest_step(samples: int) -> float:
    """Largest width that is looked for in profiles of a length, in samples."""
    return max(LARGEST_WIDTH * samples, 1.0)


def grid_step(samples: int) -> float:
    """Distance of neighbouring places on the grid for profiles of a length."""
    return _GRID_STEP * max(1.0, samples / _LONG)


def is_too_fine(found: StepPosterior, samples: int) -> NDArray[np.bool_]:
    """(N,) whether the grid is too coarse to tell what a profile says."""
    apart = np.log(widest_step(samples) / LEAST_WIDTH) / (_WIDTHS - 1)
    coarse = found.u_position < 0.6 * grid_step(samples)
    return np.asarray(coarse | (found.u_log_width < 0.4 * apart))


def width_prior(log_width: FloatArray) -> FloatArray:
    """Minus twice the logarithm of what is known of widths before."""
    return np.asarray(((log_width - np.log(USUAL_WIDTH)) / USUAL_FACTOR) ** 2)


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
    template
        (N,) index of that place and width on the grid.
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
    template: NDArray[np.intp]
    variance: FloatArray
    u_levels: FloatArray
    u_step: FloatArray


def step_posterior(
    y: FloatArray,
    weights: FloatArray,
    variance: FloatArray | None = None,
    *,
    correlated: float = 1.0,
    is_counting: bool = False,
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
    is_counting
        Whether the variance is that of counting (Poisson) at the mean level.

    Notes
    -----
    For each place (half a sample apart, more in long profiles) and width (on a
    logarithmic grid) the two levels follow by linear least squares, all by one matrix
    product. Integrated over
    the levels, with flat priors for them and for the place and a wide one for the
    width, the posterior is ``det(A)**(-1/2) exp(-R / 2 v)`` with a known noise variance
    v and ``det(A)**(-1/2) R**(-(n - 2) / 2)`` without, A being the normal matrix of the
    levels and R the sum of squares that is left [1]_. Its mean has a smaller error than
    the best fit where the noise is strong, and its standard deviation is honest there,
    which that of the best fit is not.

    Counted electrons scatter more on the bright side, and plain squares move the edge
    towards it. With d the model's relative distance from the mean level m and e the
    profile's, the Poisson likelihood is ``m / v * sum(e d - d**2 / 2 - e d**2 / 2 +
    d**3 / 3)`` times m to third order; the last two terms put that right.

    .. [1] D. S. Sivia, J. Skilling, Data Analysis: A Bayesian Tutorial, chapters 3, 8.
    """
    parts = []
    for first in range(0, max(len(y), 1), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        some = weights if len(weights) == 1 else weights[part]
        known = None if variance is None else variance[part]
        parts.append(_posterior(y[part], some, known, correlated, is_counting))
    if len(parts) == 1:
        return parts[0]
    names = [field.name for field in fields(StepPosterior)]
    columns = ([getattr(part, name) for part in parts] for name in names)
    return StepPosterior(*(np.concatenate(column) for column in columns))


def _posterior(
    y: FloatArray,
    weights: FloatArray,
    variance: FloatArray | None,
    correlated: float,
    is_counting: bool,
) -> StepPosterior:
    _, places, log_widths = _templates(y.shape[1])
    levels = _Levels(y, weights)
    count = (weights > 0).sum(axis=1)
    if variance is None:
        chance = np.log(levels.rest)
        chance *= (-0.5 / correlated * (count - 2))[:, None].astype(np.float32)
    else:
        scale = levels.total / variance
        chance = levels.rest * (-0.5 / correlated * scale)[:, None].astype(np.float32)
        if is_counting:
            chance += levels.skewness(scale)
    prior = 0.5 * (np.log(levels.determinant) + width_prior(log_widths))
    chance -= prior.astype(np.float32)
    # Beyond the samples a level is not determined, and any step would do.
    first = (weights > 0).argmax(axis=1)[:, None]
    last = y.shape[1] - 1 - (weights[:, ::-1] > 0).argmax(axis=1)[:, None]
    if first.any() or np.any(last < y.shape[1] - 1):
        beyond = (places < first + 1) | (places > last - 1)
        np.copyto(chance, -np.inf, where=beyond)
    likeliest = chance.argmax(axis=1)
    chance -= chance[np.arange(len(y)), likeliest][:, None]
    np.exp(chance, out=chance)
    sums = chance.astype(np.float64) @ _powers(y.shape[1])
    best = levels.at(likeliest, places, log_widths)
    if variance is None:
        variance = _left_over(y, weights, best, count)
    _, mean, square, log_width, width_square = (sums / sums[:, :1]).T
    noise = correlated * variance
    return StepPosterior(
        position=mean,
        u_position=np.sqrt(np.maximum(square - mean**2, 0.0)),
        log_width=log_width,
        u_log_width=np.sqrt(np.maximum(width_square - log_width**2, 0.0)),
        best=best,
        template=likeliest,
        variance=variance,
        u_levels=np.sqrt(noise[:, None] * levels.spread(likeliest)),
        u_step=np.sqrt(noise * levels.step_spread(likeliest)),
    )


def _left_over(
    y: FloatArray, weights: FloatArray, best: FloatArray, count: NDArray[np.intp]
) -> FloatArray:
    """(N,) variance of a sample of weight 1 by what the best steps leave."""
    from scipy.special import ndtr

    position, low, high, log_width = (best[:, i, None] for i in range(4))
    part = ndtr((np.arange(y.shape[1]) - position) / np.exp(log_width))
    rest = (weights * (y - low - (high - low) * part) ** 2).sum(axis=1)
    least = 1e-12 * (weights * y**2).sum(axis=1) + 1e-100
    return np.asarray(np.maximum(rest, least) / np.maximum(count - 4, 1))


class _Levels:
    """The two levels of every profile under every template, by least squares.

    What has a value for every profile and template is in single precision: the finest
    that the grid is used for needs four digits.
    """

    def __init__(self, y: FloatArray, w: FloatArray) -> None:
        self._weights, self._samples = w, y.shape[1]
        self._row = np.arange(len(y))
        self._one = w.sum(axis=1, keepdims=True)
        self._part = w @ _templates_to(1, self._samples)
        self._square = w @ _templates_to(2, self._samples)
        self._mean = (w * y).sum(axis=1, keepdims=True) / self._one
        y = y - self._mean
        self.total = np.maximum((w * y**2).sum(axis=1), 1e-100)
        self._size = np.sqrt(self.total)[:, None]
        self._weighted = (w * y / self._size).astype(np.float32)
        self._by_part = self._weighted @ _single(1, self._samples)
        determinant = self._one * self._square - self._part**2
        self.determinant = np.maximum(determinant, 1e-12 * self._one**2)
        rest = self._by_part**2
        rest *= (-self._one / self.determinant).astype(np.float32)
        rest += np.float32(1.0)
        #: (N, M) sum of squares that is left, as a part of the total.
        self.rest: SingleArray = np.maximum(rest, np.float32(1e-6), out=rest)

    def skewness(self, scale: FloatArray) -> SingleArray:
        """(N, M) third-order part of the Poisson likelihood.

        `scale` is the total sum of squares over the variance.
        """
        mean = self._part / self._one
        third = self._weights @ _templates_to(3, self._samples) - mean * (
            3 * self._square - 2 * mean * self._part
        )
        level = np.maximum(np.abs(self._mean), 1e-300) / self._size
        step = self._by_part * (self._one / self.determinant).astype(np.float32)
        largest = level.astype(np.float32)
        np.clip(step, -largest, largest, out=step)
        by_square = self._weighted @ _single(2, self._samples)
        by_square -= self._by_part * (2 * mean).astype(np.float32)
        by_square *= np.float32(-0.5)
        by_square += step * (third / 3).astype(np.float32)
        step *= step
        by_square *= step
        by_square *= (scale[:, None] / level).astype(np.float32)
        return np.asarray(by_square)

    def _pick(self, values: FloatArray, index: NDArray[np.intp]) -> FloatArray:
        rows = self._row if len(values) > 1 else np.zeros_like(self._row)
        return values[rows, index]

    def at(
        self, index: NDArray[np.intp], places: FloatArray, log_widths: FloatArray
    ) -> FloatArray:
        """(N, 4) position, low, high, logarithm of the width of chosen templates."""
        one = self._one[:, 0]
        by_part = self._by_part[self._row, index] * self._size[:, 0]
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

    places = np.arange(1.0, samples - 2 + 1e-9, grid_step(samples))
    widest = np.log(widest_step(samples))
    log_widths = np.linspace(np.log(LEAST_WIDTH), widest, _WIDTHS)
    place, log_width = (a.ravel() for a in np.meshgrid(places, log_widths))
    z = (np.arange(samples) - place[:, None]) / np.exp(log_width)[:, None]
    return ndtr(z), place, log_width


@lru_cache(maxsize=16)
def _templates_to(power: int, samples: int) -> FloatArray:
    """(n, M) powers of the templates."""
    return np.ascontiguousarray(_templates(samples)[0].T ** power)


@lru_cache(maxsize=16)
def _single(power: int, samples: int) -> SingleArray:
    """(n, M) powers of the templates in single precision."""
    values = _templates_to(power, samples).astype(np.float32)
    values[values < 1e-9] = 0.0  # processors are slow with the least of numbers
    return values


@lru_cache(maxsize=8)
def _powers(samples: int) -> FloatArray:
    """(M, 5) what the moments of place and width are summed from."""
    _, places, log_widths = _templates(samples)
    powers = [np.ones(places.size), places, places**2, log_widths, log_widths**2]
    return np.stack(powers, axis=1)


def grid_of_steps(samples: int) -> tuple[FloatArray, FloatArray]:
    """(M,) places and logarithms of the widths that are weighed."""
    _, places, log_widths = _templates(samples)
    return places, log_widths
