"""Core, layer and outside in the pixels along a layer: a joint fit of both edges."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.thickness.beside import Pixels

FloatArray = NDArray[np.float64]

_ITERATIONS = 12
#: A fit is done when no boundary moves by more than this, in px, nor the cost falls.
_DONE, _DONE_COST = 0.03, 0.1
#: Largest move of a boundary in one iteration, in px, and of the log of the blur.
_FARTHEST, _WIDEST = 4.0, 0.3
#: Expected blur where it is not known, and the uncertainty of its logarithm.
_LIKELY_BLUR, _U_LOG_BLUR = 1.5, 0.5
#: Narrowest and widest blur in px, with that of the pixel.
_BLURS = np.log([0.3, 12.0])
#: Neighbours in the order of unknowns that know of each other.
_BAND = 3
#: How far a boundary may be from where it is expected, in px (1 s.d.).
_AWAY = 6.0
#: Columns of the inverse that are worked out at a time, and lines of which one is.
_COLUMNS, _EVERY = 256, 4


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted.

    Attributes
    ----------
    pixels
        The image beside the layer.
    reference
        (2, K) smooth guess of both boundaries; what is smooth is the deviation from it.
    log_blur
        Known logarithm of the blur, or None.
    """

    pixels: Pixels
    reference: FloatArray
    log_blur: float | None

    @cached_property
    def sums(self) -> tuple[Any, Any, Any]:
        """See `Pixels.sums`."""
        return self.pixels.sums()

    @property
    def free(self) -> int:
        """Number of levels and blurs that are fitted."""
        return 4 if self.log_blur is None else 3


@dataclass(frozen=True, eq=False)
class State:
    """Boundaries (2, K), levels (3,) and the logarithm of the blur."""

    x: FloatArray
    levels: FloatArray
    log_blur: float


@dataclass(frozen=True, eq=False)
class ThreeLevels:
    """A fit.

    Attributes
    ----------
    state
        What was found.
    roughness
        (2,) expected step of each boundary from line to line, relative to the
        reference, in px.
    evidence
        Logarithm of the probability of the data, boundaries integrated out.
    system
        The normal equations there.
    """

    state: State
    roughness: tuple[float, float]
    evidence: float
    system: _System


@dataclass(frozen=True, eq=False)
class Variances:
    """What a fit says of its own uncertainty.

    Attributes
    ----------
    boundaries
        (2, K) variances of the boundaries.
    levels
        (3,) variances of the levels.
    log_blur, mean
        Variance of the logarithm of the blur, and of the mean distance of both.
    """

    boundaries: FloatArray
    levels: FloatArray
    log_blur: float
    mean: float


def three_level_mean(pixels: Pixels, at: State) -> FloatArray:
    """(M,) brightness of pixels."""
    from scipy.special import ndtr

    blur = np.exp(at.log_blur)
    steps = np.diff(at.levels)
    first, second = (ndtr((pixels.offset - pixels.at(p)) / blur) for p in at.x)
    return np.asarray(at.levels[0] + steps[0] * first + steps[1] * second)


def fit_three_levels(
    problem: Problem, start: State, roughness: tuple[float, float]
) -> ThreeLevels:
    """Boundaries at all lines, three levels and a blur, all at once.

    Parameters
    ----------
    problem
        Data and what is known.
    start
        First values.
    roughness
        Expected step of the inner and of the outer boundary from line to line, relative
        to the reference, in px.

    Notes
    -----
    Least squares of ``L0 + (L1 - L0) Phi((x - p) / s) + (L2 - L1) Phi((x - q) / s)``
    at offset x of a pixel, plus ``sum((d_k+1 - d_k)**2 / roughness**2)`` for the
    deviations d of both boundaries from the reference, by damped Gauss-Newton steps.
    The boundaries couple to their neighbours alone, so the normal matrix is narrow,
    with the levels and the blur as a border.
    """
    here = start
    system = _system(problem, here, roughness)
    damping = 1e-3
    for _ in range(_ITERATIONS):
        trial = _moved(here, _solved(system, damping))
        tried = _system(problem, trial, roughness)
        if tried.cost <= system.cost:
            far = float(np.abs(trial.x - here.x).max())
            gained = system.cost - tried.cost
            here, system, damping = trial, tried, damping * 0.2
            if far < _DONE or gained < _DONE_COST:
                break
        else:
            damping *= 10.0
            if damping > 1e8:
                break
    return ThreeLevels(here, roughness, _evidence(system, roughness), system)


@dataclass(frozen=True, eq=False)
class _System:
    """Normal equations: band of boundaries (interleaved), border, and right sides.

    `seen` is the part of the diagonal that the image gives.
    """

    band: FloatArray
    border: FloatArray
    corner: FloatArray
    right: FloatArray
    right_corner: FloatArray
    cost: float
    seen: FloatArray

    @cached_property
    def factor(self) -> FloatArray:
        """Cholesky factor of the band."""
        from scipy.linalg import cholesky_banded

        return np.asarray(cholesky_banded(self.band, lower=True, check_finite=False))

    def inverse_of(self, right: FloatArray) -> FloatArray:
        """The inverse of the band times (2 K,) or (2 K, n)."""
        from scipy.linalg import cho_solve_banded

        factor = (self.factor, True)
        return np.asarray(cho_solve_banded(factor, right, check_finite=False))


def _system(problem: Problem, at: State, roughness: tuple[float, float]) -> _System:
    from scipy.special import ndtr

    pixels, (once, twice, beside) = problem.pixels, problem.sums
    blur = np.exp(at.log_blur)
    u = [(pixels.offset - pixels.at(p)) / blur for p in at.x]
    ups = [ndtr(v) for v in u]
    bells = [np.exp(-0.5 * v**2) / np.sqrt(2 * np.pi) for v in u]
    rise = np.diff(at.levels)
    w = pixels.weights
    left = pixels.values - at.levels[0] - rise[0] * ups[0] - rise[1] * ups[1]
    by_x = [-rise[i] * bells[i] / blur for i in (0, 1)]
    by_g = [1 - ups[0], ups[0] - ups[1], ups[1]]
    if problem.free == 4:
        by_g.append(blur * (by_x[0] * u[0] + by_x[1] * u[1]))
    weighted = [w * g for g in by_x]
    squares = np.stack(
        [weighted[0] * by_x[0], weighted[1] * by_x[1], weighted[0] * by_x[1]], axis=1
    )
    others = [g * o for g in weighted for o in (*by_g, left)]
    across = once @ np.stack(others, axis=1)
    border, right = _sides(across, len(by_g))
    globals_ = np.stack(by_g)
    corner = (globals_ * w) @ globals_.T
    right_corner = globals_ @ (w * left)
    cost = float(np.sum(w * left**2))
    own = twice @ squares
    band = _band(own, beside @ squares, roughness)
    pull = _pull(at.x - problem.reference, roughness)
    right -= pull.T
    cost += float(np.sum(pull * (at.x - problem.reference)))
    if problem.free == 4:
        unlike = (np.log(_LIKELY_BLUR) - at.log_blur) / _U_LOG_BLUR
        corner[3, 3] += 1.0 / _U_LOG_BLUR**2
        right_corner[3] += unlike / _U_LOG_BLUR
        cost += unlike**2
    seen = own[:, :2].ravel()
    return _System(band, border, corner, right.ravel(), right_corner, cost, seen)


def _sides(across: FloatArray, count: int) -> tuple[FloatArray, FloatArray]:
    """(2 K, n) border and (K, 2) right sides from their sums on lines."""
    both = across.reshape(len(across), 2, count + 1)
    border = both[:, :, :count].reshape(-1, count)
    return np.ascontiguousarray(border), both[:, :, count].copy()


def _pull(away: FloatArray, roughness: tuple[float, float]) -> FloatArray:
    """(2, K) product of the precision of what is expected and the deviations."""
    pull = np.zeros_like(away)
    jump = np.diff(away, axis=1) / np.square(roughness)[:, None]
    pull[:, :-1] -= jump
    pull[:, 1:] += jump
    pull[:, 0] += away[:, 0] / _AWAY**2
    return pull


def _band(
    own: FloatArray, next_line: FloatArray, roughness: tuple[float, float]
) -> FloatArray:
    """(4, 2 K) lower band of the interleaved boundaries."""
    count = len(own)
    band = np.zeros((_BAND + 1, 2 * count))
    for side, strength in enumerate(1.0 / np.square(roughness)):
        diagonal = own[:, side] + 2.0 * strength
        diagonal[[0, -1]] -= strength
        diagonal[0] += 1.0 / _AWAY**2
        band[0, side::2] = diagonal
        band[2, side:-2:2] = next_line[:, side] - strength
    band[1, 0::2] = own[:, 2]
    band[1, 1:-1:2] = next_line[:, 2]
    band[3, 0:-2:2] = next_line[:, 2]
    return band


def _solved(system: _System, damping: float) -> FloatArray:
    """Damped step: boundaries, levels, log of the blur."""
    from scipy.linalg import solveh_banded

    band = system.band.copy()
    # What is damped is what the image says: else stiff boundaries would hardly move.
    band[0] += damping * system.seen
    right = np.column_stack([system.right, system.border])
    inner = solveh_banded(band, right, lower=True, check_finite=False)
    corner = system.corner.copy()
    corner[np.diag_indices_from(corner)] *= 1.0 + damping
    schur = corner - system.border.T @ inner[:, 1:]
    rest = system.right_corner - system.border.T @ inner[:, 0]
    g = np.linalg.lstsq(schur, rest, rcond=1e-12)[0]
    return np.concatenate([inner[:, 0] - inner[:, 1:] @ g, g])


def _moved(at: State, step: FloatArray) -> State:
    size = at.x.size
    # The whole step is shortened: cut node by node it would be rough.
    far = float(np.abs(step[:size]).max())
    x = at.x + step[:size].reshape(-1, 2).T * min(1.0, _FARTHEST / max(far, 1e-12))
    middle = x.mean(axis=0)
    x = np.where(x[0] > x[1], middle, x)
    rest = step[size:]
    log_blur = at.log_blur
    if len(rest) > 3:
        log_blur += float(np.clip(rest[3], -_WIDEST, _WIDEST))
        log_blur = float(np.clip(log_blur, *_BLURS))
    return State(x, at.levels + rest[:3], log_blur)


def _evidence(system: _System, roughness: tuple[float, float]) -> float:
    count = system.band.shape[1] // 2
    known = -2 * float(np.sum((count - 1) * np.log(roughness) + np.log(_AWAY)))
    given = 2 * float(np.sum(np.log(system.factor[0])))
    return 0.5 * (known - given - system.cost)


def variances_of(fit: ThreeLevels) -> Variances:
    """Variances of a fit, with what levels, blur and boundaries share."""
    system = fit.system
    size = system.band.shape[1]
    inner = system.inverse_of(system.border)
    schur = system.corner - system.border.T @ inner
    covariance = np.linalg.pinv(schur, hermitian=True)
    own = _diagonal(system)
    shared = np.einsum("xa,ab,xb->x", inner, covariance, inner)
    g = np.tile([-1.0, 1.0], size // 2) / (size // 2)
    shift = inner.T @ g
    of_globals = np.maximum(np.diag(covariance), 0.0)
    return Variances(
        boundaries=np.maximum(own + shared, 0.0).reshape(-1, 2).T,
        levels=of_globals[:3],
        log_blur=float(of_globals[3]) if len(of_globals) > 3 else 0.0,
        mean=float(g @ system.inverse_of(g) + shift @ covariance @ shift),
    )


def _diagonal(system: _System) -> FloatArray:
    """(2 K,) diagonal of the inverse of the band, worked out at some of the lines."""
    size = system.band.shape[1]
    lines = np.arange(0, size // 2, _EVERY)
    lines = np.union1d(lines, [size // 2 - 1])
    wanted = (2 * lines[:, None] + [0, 1]).ravel()
    values = np.empty(len(wanted))
    for first in range(0, len(wanted), _COLUMNS):
        some = wanted[first : first + _COLUMNS]
        unit = np.zeros((size, len(some)))
        unit[some, np.arange(len(some))] = 1.0
        columns = system.inverse_of(unit)
        values[first : first + _COLUMNS] = columns[some, np.arange(len(some))]
    at = np.arange(size // 2)
    sides = [np.interp(at, lines, values[side::2]) for side in (0, 1)]
    return np.stack(sides, axis=1).ravel()
