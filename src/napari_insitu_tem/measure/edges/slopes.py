"""Steps on a sloping background: which profiles ask for it, and their fit."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.least_squares import Fits
from napari_insitu_tem.measure.edges.population import (
    LEAST_BATCH,
    learn_population,
)
from napari_insitu_tem.measure.edges.step_model import fit_steps, step_model
from napari_insitu_tem.measure.step_posterior import (
    LEAST_WIDTH,
    grid_of_steps,
    width_prior,
)

FloatArray = NDArray[np.float64]

#: A slope is worth a closer look where what is left of a profile looks like one by more
#: than this (chi-squared of two degrees of freedom, exceeded by 2 % without one), or
#: where the level step is suspiciously wide (in samples) ...
_SUSPECT, _WIDE = 8.0, 4.5
#: ... and it is taken where it makes the fit better by more than this (chi-squared).
_DEMANDED = 12.0
#: Where it makes the fit better by more than this, a profile may as well be a wide step
#: as a sharp one on a slope; the place is then in doubt if the two are farther apart
#: than so many of the stated uncertainties.
_POSSIBLE, _ELSEWHERE = 5.0, 2.0

#: Fewest samples of a profile with slopes, and on either side of its edge.
_LEAST_SAMPLES, _LEAST_SIDE = 16, 5

#: Widths and distance of places of the search, in samples.
_WIDTHS, _APART = (0.7, 1.5, 3.0), 1.0
#: About how many places are searched at most, and the largest number of samples of
#: shapes that is kept in memory.
_PLACES, _KEPT = 512, 3_000_000

#: What the model's step misses of a profile without noise, as a part of the step.
_LEAST_NOISE = 2e-3


#: Log of the width and slopes among the values of a sloping step, and its levels and
#: slopes.
_SHARED, _LINEAR = np.array([3, 4, 5]), np.array([1, 2, 4, 5])
#: Part of the profiles that have to ask for slopes before slopes and widths are taken
#: for what all have in common; their largest and least spread (slopes: of the step).
_MANY = 0.25
_WIDEST, _LEAST = np.array([1.0, 0.2, 0.2]), np.array([0.1, 0.002, 0.002])


@dataclass(frozen=True, eq=False)
class Sloping:
    """Profiles that ask for slopes.

    Attributes
    ----------
    which
        (A,) their indices.
    fits
        The fits of (A, 6) values.
    gain
        (A,) by how much the sum of squares of the level fit is larger, in units of the
        noise's variance.
    apart
        (A,) distance of the sloping edge from the level one, in samples.
    """

    which: NDArray[np.intp]
    fits: Fits
    gain: FloatArray
    apart: FloatArray

    def demanded(self, correlated: float) -> NDArray[np.bool_]:
        """(A,) whether the slopes are there, given how correlated the noise is."""
        return self.gain > _DEMANDED * correlated

    def doubtful(self, correlated: float, u_position: FloatArray) -> NDArray[np.bool_]:
        """(A,) whether a slope may be there and the edge somewhere else then.

        `u_position` are the (A,) uncertainties of the level edges.
        """
        possible = self.gain > _POSSIBLE * correlated
        elsewhere = np.abs(self.apart) > _ELSEWHERE * u_position
        return possible & elsewhere & ~self.demanded(correlated)


def find_sloping(
    y: FloatArray,
    weights: FloatArray,
    template: NDArray[np.intp],
    level_start: FloatArray,
    *,
    is_known: bool,
) -> Sloping:
    """Fit slopes to the profiles that look like it.

    Parameters
    ----------
    y
        (N, n) profiles.
    weights
        (N, n) inverse variances of the samples, 0 where there is none.
    template
        (N,) index of the likeliest level step on the grid.
    level_start
        (N, 4) the level steps.
    is_known
        Whether the variances are known; else they are taken from the residuals.
    """
    is_there = weights > 0
    enough = is_there.sum(axis=1) >= _LEAST_SAMPLES
    whole = is_there.all(axis=1)
    left = np.einsum("njk,nk->nj", _shapes_of(template, y.shape[1]), y)
    suspect = (left**2).sum(axis=1) * weights.mean(axis=1) > _SUSPECT
    suspect |= level_start[:, 3] > np.log(_WIDE)
    which = np.flatnonzero(enough & (suspect | ~whole))
    if which.size == 0:
        none = fit_steps(y[which], weights[which], np.empty((0, 6)))
        return Sloping(which, none, np.empty(0), np.empty(0))
    tried = _tried(y[which], weights[which], level_start[which], is_known=is_known)
    if not _many_demand(tried.gain, len(y)):
        return Sloping(which, tried.sloping, tried.gain, tried.apart)
    # Where many have slopes, those that do not look like it may have them as well.
    which = np.flatnonzero(enough)
    tried = _tried(y[which], weights[which], level_start[which], is_known=is_known)
    common = _common(tried.sloping, tried.gain)
    if common is not None:
        tried = _known(tried, y[which], weights[which], *common)
    return Sloping(which, tried.sloping, tried.gain, tried.apart)


@dataclass(frozen=True, eq=False)
class _Tried:
    """Level and sloping fits of A profiles, and what the slopes gain."""

    level: Fits
    sloping: Fits
    gain: FloatArray

    @property
    def apart(self) -> FloatArray:
        """(A,) distance of the sloping edge from the level one."""
        return np.asarray(self.sloping.values[:, 0] - self.level.values[:, 0])


def _tried(
    y: FloatArray, weights: FloatArray, level_start: FloatArray, *, is_known: bool
) -> _Tried:
    """Both fits, of profiles that know nothing of each other."""
    is_there = weights > 0
    level = fit_steps(y, weights, level_start)
    sloping = fit_steps(y, weights, _starts(y, weights))
    count = is_there.sum(axis=1)
    size = np.abs(sloping.values[:, 2] - sloping.values[:, 1])
    floor = count * (_LEAST_NOISE * size) ** 2 * weights.max(axis=1)
    gain = level.cost - sloping.cost
    if not is_known:
        gain = count * np.log((level.cost + floor) / (sloping.cost + floor))
    gain += width_prior(level.values[:, 3]) - width_prior(sloping.values[:, 3])
    gain[~_is_sound(sloping, is_there)] = -np.inf
    return _Tried(level, sloping, gain)


def _known(
    tried: _Tried,
    y: FloatArray,
    weights: FloatArray,
    usual: FloatArray,
    precision: FloatArray,
) -> _Tried:
    """The sloping fits again, with what all of them have in common."""
    start = _starts(y, weights, usual, precision)
    sloping = fit_steps(y, weights, start, usual, precision)
    gain = tried.level.cost - sloping.cost + _DEMANDED
    gain[~_is_sound(sloping, weights > 0)] = -np.inf
    return _Tried(tried.level, sloping, gain)


def _many_demand(gain: FloatArray, of: int) -> bool:
    """Whether so many profiles have slopes that all may have them in common."""
    return bool(np.sum(gain > _DEMANDED) >= max(_MANY * of, LEAST_BATCH))


def _common(fits: Fits, gain: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """What the slopes and widths of one movie's profiles have in common.

    Given as the (6,) usual values and their precision; None where they have nothing.
    """
    good = np.isfinite(gain)
    rest = np.array([0, 1, 2])
    info = fits.information[good]
    cross = info[:, _SHARED[:, None], rest]
    inner = info[:, rest[:, None], rest]
    inner = inner + 1e-9 * np.einsum("nii->n", inner)[:, None, None] * np.eye(3)
    own = info[:, _SHARED[:, None], _SHARED] - cross @ np.linalg.solve(
        inner, cross.swapaxes(1, 2)
    )
    step = np.median(np.abs(fits.values[good, 2] - fits.values[good, 1]))
    unit = np.array([1.0, step, step])
    found = learn_population(
        fits.values[good][:, _SHARED], own, _WIDEST * unit, _LEAST * unit
    )
    if found is None:
        return None
    usual, precision = np.zeros(6), np.zeros(6)
    usual[_SHARED], precision[_SHARED] = found.mean, 1.0 / found.variance
    return usual, precision


def _is_sound(fits: Fits, is_there: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(A,) whether there are samples enough on both sides of the edge."""
    position, width = fits.values[:, 0, None], np.exp(fits.values[:, 3, None])
    x = np.arange(is_there.shape[1])
    side = np.maximum(_LEAST_SIDE, 1.5 * width[:, 0])
    before = (is_there & (x < position)).sum(axis=1) >= side
    return np.asarray(before & ((is_there & (x > position)).sum(axis=1) >= side))


def _starts(
    y: FloatArray,
    weights: FloatArray,
    usual: FloatArray | None = None,
    precision: FloatArray | None = None,
) -> FloatArray:
    """(A, 6) the best of a coarse grid of sloping steps."""
    shapes, places, widths = _sloping_shapes(y.shape[1])
    before, known, unlikely = np.zeros(4), np.zeros(4), np.zeros(len(shapes))
    if usual is not None and precision is not None:
        before, known = usual[_LINEAR], precision[_LINEAR]
        unlikely = precision[3] * (np.log(widths) - usual[3]) ** 2
    explained = np.empty((len(y), len(shapes)))
    linear = np.empty((len(y), len(shapes), 4))
    for i, (values, weight) in enumerate(zip(y, weights, strict=True)):
        weighted = shapes * weight
        normal = weighted @ shapes.transpose(0, 2, 1)
        normal += 1e-9 * np.einsum("nii->n", normal)[:, None, None] * np.eye(4)
        normal += np.diag(known)
        right = weighted @ values + known * before
        linear[i] = np.linalg.solve(normal, right[..., None])[..., 0]
        explained[i] = np.sum(linear[i] * right, axis=1) - unlikely
    best = explained.argmax(axis=1)
    low, high, before, after = linear[np.arange(len(y)), best].T
    log_width = np.log(widths[best])
    return np.stack([places[best], low, high, log_width, before, after], axis=1)


@lru_cache(maxsize=8)
def _sloping_shapes(samples: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(M, 4, n) what sloping steps are made of, their (M,) places and widths."""
    apart = max(_APART, samples / _PLACES)
    places = np.arange(_LEAST_SIDE, samples - _LEAST_SIDE, apart)
    place, width = (a.ravel() for a in np.meshgrid(places, _WIDTHS))
    zero = np.zeros_like(place)
    spread = np.log(np.hypot(width, LEAST_WIDTH))
    values = np.stack([place, zero, zero, spread, zero, zero], axis=1)
    _, derivatives = step_model(values, samples)
    return derivatives[:, _LINEAR], place, np.exp(spread)


def _shapes_of(template: NDArray[np.intp], samples: int) -> FloatArray:
    """(N, 2, n) what slopes add to these steps of the grid."""
    count = grid_of_steps(samples)[0].size
    if count * samples <= _KEPT:
        return _slope_shapes(samples)[template]
    used, index = np.unique(template, return_inverse=True)
    return _slopes_beside(used, samples)[index]


@lru_cache(maxsize=8)
def _slope_shapes(samples: int) -> FloatArray:
    """(M, 2, n) what slopes add to each step of the grid."""
    return _slopes_beside(np.arange(grid_of_steps(samples)[0].size), samples)


def _slopes_beside(steps: NDArray[np.intp], samples: int) -> FloatArray:
    """(K, 2, n) what slopes add to steps of the grid, and no level step can do."""
    places, log_widths = (part[steps] for part in grid_of_steps(samples))
    one, zero = np.ones_like(places), np.zeros_like(places)
    values = np.stack([places, zero, one, log_widths, zero, zero], axis=1)
    _, derivatives = step_model(values, samples)
    q, _ = np.linalg.qr(derivatives.transpose(0, 2, 1))
    return np.ascontiguousarray(q[:, :, 4:].transpose(0, 2, 1))
