"""Core, layer and outside along many lines: one joint fit of both boundaries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csc_array

FloatArray = NDArray[np.float64]

_ITERATIONS = 12
#: A fit is done when no boundary moves by more than this, in px.
_DONE = 0.02
#: Largest move of a boundary in one iteration, in px, and of the log of the blur.
_FARTHEST, _WIDEST = 1.0, 0.3
#: Expected blur where it is not known, and the uncertainty of its logarithm.
_LIKELY_BLUR, _U_LOG_BLUR = 1.5, 0.5
#: Narrowest and widest blur in px, with that of the pixel.
_BLURS = np.log([0.3, 12.0])


@dataclass(frozen=True, eq=False)
class Problem:
    """What is fitted.

    Attributes
    ----------
    offsets
        (n,) places of the samples along each line.
    data, weights
        (K, n) values, and inverse variances (0: no sample).
    reference
        (2, K) smooth guess of both boundaries; what is smooth is the deviation from it.
    log_blur
        Known logarithm of the blur, or None.
    """

    offsets: FloatArray
    data: FloatArray
    weights: FloatArray
    reference: FloatArray
    log_blur: float | None


@dataclass(frozen=True, eq=False)
class ThreeLevels:
    """A fit.

    Attributes
    ----------
    boundaries, u_boundaries
        (2, K) offsets of the inner and outer boundary.
    levels, u_levels
        (3,) core, layer, outside.
    log_blur, u_log_blur
        Logarithm of the blur, with that of the pixel.
    u_mean
        Standard uncertainty of the mean distance of both.
    roughness
        (2,) standard deviation of the steps of each boundary from line to line.
    evidence
        Logarithm of the probability of the data, boundaries integrated out.
    """

    boundaries: FloatArray
    u_boundaries: FloatArray
    levels: FloatArray
    u_levels: FloatArray
    log_blur: float
    u_log_blur: float
    u_mean: float
    roughness: FloatArray
    evidence: float


@dataclass(eq=False)
class _Point:
    """Present values, and what follows from them."""

    x: FloatArray
    levels: FloatArray
    log_blur: float
    cost: float = np.inf


def three_level_mean(
    offsets: FloatArray, x: FloatArray, levels: FloatArray, log_blur: float
) -> FloatArray:
    """(K, n) brightness along lines with boundaries at (2, K) offsets."""
    from scipy.special import ndtr

    blur = np.exp(log_blur)
    first, second = (ndtr((offsets - p[:, None]) / blur) for p in x)
    steps = np.diff(levels)
    return np.asarray(levels[0] + steps[0] * first + steps[1] * second)


def fit_three_levels(
    problem: Problem,
    start: FloatArray,
    levels: FloatArray,
    log_blur: float,
    roughness: FloatArray,
) -> ThreeLevels:
    """Boundaries of all lines, three levels and a blur, all at once.

    Parameters
    ----------
    problem
        Data and what is known.
    start, levels, log_blur
        First values.
    roughness
        (2,) expected step of each boundary from line to line, relative to the
        reference, in px.

    Notes
    -----
    Least squares of ``L0 + (L1 - L0) Phi((x - p) / s) + (L2 - L1) Phi((x - q) / s)``
    plus ``sum((d_k+1 - d_k)**2 / roughness**2)`` for the deviations d of both
    boundaries from the reference, by damped Gauss-Newton steps. The boundaries couple
    to their neighbours alone, so the normal matrix is narrow, with the levels and the
    blur as a border. The uncertainties contain those of levels and blur.
    """
    from scipy.sparse.linalg import splu

    here = _Point(start.copy(), levels.copy(), log_blur)
    prior = _prior(start.shape[1], roughness)
    system = _system(problem, here, prior)
    here.cost = system.cost
    damping = 1e-3
    for _ in range(_ITERATIONS):
        step = _solved(system, damping, problem.log_blur is None)
        trial = _moved(here, step)
        tried = _system(problem, trial, prior)
        trial.cost = tried.cost
        if tried.cost <= here.cost:
            far = float(np.abs(trial.x - here.x).max())
            here, system, damping = trial, tried, damping * 0.2
            if far < _DONE:
                break
        else:
            damping *= 10.0
            if damping > 1e8:
                break
    factor = splu(system.matrix)
    return _finished(system, here, factor, roughness, problem.log_blur is None)


@dataclass(eq=False)
class _System:
    """Normal equations: boundaries (interleaved), border, and their right sides."""

    matrix: csc_array[Any]
    blocks: FloatArray
    border: FloatArray
    corner: FloatArray
    right: FloatArray
    right_corner: FloatArray
    cost: float


def _prior(lines: int, roughness: FloatArray) -> FloatArray:
    """(2,) strength of the coupling of neighbours."""
    return np.asarray(1.0 / np.maximum(roughness, 1e-4) ** 2 + 0.0 * lines)


def _system(problem: Problem, at: _Point, prior: FloatArray) -> _System:
    from scipy.sparse import diags_array
    from scipy.special import ndtr

    blur = np.exp(at.log_blur)
    u = [(problem.offsets - p[:, None]) / blur for p in at.x]
    steps_up = [ndtr(v) for v in u]
    bells = [np.exp(-0.5 * v**2) / np.sqrt(2 * np.pi) for v in u]
    rise = np.diff(at.levels)
    mean = at.levels[0] + rise[0] * steps_up[0] + rise[1] * steps_up[1]
    w = problem.weights
    residual = problem.data - mean
    by_x = np.stack([-rise[i] * bells[i] / blur for i in (0, 1)], axis=1)
    by_blur = -rise[0] * bells[0] * u[0] - rise[1] * bells[1] * u[1]
    by_g = np.stack(
        [1 - steps_up[0], steps_up[0] - steps_up[1], steps_up[1], by_blur], axis=1
    )
    weighted = by_x * w[:, None, :]
    blocks = weighted @ by_x.transpose(0, 2, 1)
    border = (weighted @ by_g.transpose(0, 2, 1)).reshape(-1, 4)
    weighted_g = by_g * w[:, None, :]
    corner = np.einsum("kan,kbn->ab", weighted_g, by_g)
    right = np.einsum("kan,kn->ka", weighted, residual)
    right_corner = np.einsum("kan,kn->a", weighted_g, residual)
    unlike = (np.log(_LIKELY_BLUR) - at.log_blur) / _U_LOG_BLUR
    corner[3, 3] += 1.0 / _U_LOG_BLUR**2
    right_corner[3] += unlike / _U_LOG_BLUR
    away = at.x - problem.reference
    jump = np.diff(away, axis=1)
    pull = np.zeros_like(away)
    pull[:, :-1] += jump
    pull[:, 1:] -= jump
    right = right + (prior[:, None] * pull).T
    count = np.full(away.shape[1], 2.0)
    count[[0, -1]] = 1.0
    if away.shape[1] == 1:
        count[:] = 0.0
    diagonal = blocks[:, [0, 1], [0, 1]] + prior * count[:, None]
    beside = np.zeros(2 * len(blocks) - 1)
    beside[0::2] = blocks[:, 0, 1]
    next_line = np.tile(-prior, len(blocks) - 1)
    matrix = diags_array(
        [next_line, beside, diagonal.ravel() + 1e-9, beside, next_line],
        offsets=[-2, -1, 0, 1, 2],
    ).tocsc()
    cost = float(np.sum(w * residual**2) + np.sum(prior[:, None] * jump**2))
    cost += unlike**2
    return _System(matrix, blocks, border, corner, right.ravel(), right_corner, cost)


def _solved(system: _System, damping: float, is_free: bool) -> FloatArray:
    """(2 K + 4,) damped step: boundaries, levels, log of the blur."""
    from scipy.sparse import diags_array
    from scipy.sparse.linalg import splu

    diagonal = system.matrix.diagonal()
    factor = splu((system.matrix + diags_array(damping * diagonal)).tocsc())
    free = 4 if is_free else 3
    border = system.border[:, :free]
    inner = factor.solve(np.column_stack([system.right, border]))
    corner = system.corner[:free, :free].copy()
    corner[np.diag_indices(free)] *= 1.0 + damping
    schur = corner - border.T @ inner[:, 1:]
    rest = system.right_corner[:free] - border.T @ inner[:, 0]
    g = np.linalg.lstsq(schur, rest, rcond=1e-12)[0]
    x = inner[:, 0] - inner[:, 1:] @ g
    return np.concatenate([x, g, np.zeros(4 - free)])


def _moved(at: _Point, step: FloatArray) -> _Point:
    x = at.x + np.clip(step[:-4].reshape(-1, 2).T, -_FARTHEST, _FARTHEST)
    middle = x.mean(axis=0)
    x = np.where(x[0] > x[1], middle, x)
    log_blur = at.log_blur + float(np.clip(step[-1], -_WIDEST, _WIDEST))
    log_blur = float(np.clip(log_blur, *_BLURS))
    return _Point(x, at.levels + step[-4:-1], log_blur)


def _finished(
    system: _System, at: _Point, factor: Any, roughness: FloatArray, is_free: bool
) -> ThreeLevels:
    count = at.x.shape[1]
    free = 4 if is_free else 3
    border = system.border[:, :free]
    inner = factor.solve(border)
    schur = system.corner[:free, :free] - border.T @ inner
    covariance = np.linalg.pinv(schur, hermitian=True)
    own = _marginal_variances(system, 1.0 / np.maximum(roughness, 1e-4) ** 2)
    by_global = np.einsum("xa,ab,xb->x", inner, covariance, inner).reshape(-1, 2)
    u = np.sqrt(own + by_global).T
    g = np.tile([-1.0, 1.0], count) / count
    of_mean = float(g @ factor.solve(g))
    shift = inner.T @ g
    u_mean = float(np.sqrt(max(of_mean + shift @ covariance @ shift, 0.0)))
    u_global = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    log_det = float(np.sum(np.log(np.abs(factor.U.diagonal()))))
    evidence = -0.5 * system.cost - 0.5 * log_det
    evidence -= (count - 1) * float(np.sum(np.log(np.maximum(roughness, 1e-4))))
    return ThreeLevels(
        boundaries=at.x,
        u_boundaries=u,
        levels=at.levels,
        u_levels=u_global[:3],
        log_blur=at.log_blur,
        u_log_blur=float(u_global[3]) if is_free else 0.0,
        u_mean=u_mean,
        roughness=roughness,
        evidence=evidence,
    )


def _marginal_variances(system: _System, prior: FloatArray) -> FloatArray:
    """(K, 2) diagonal of the inverse of the matrix of boundaries.

    Messages forward and backward along the lines: what all lines before, and all after,
    know of this one.
    """
    own = system.blocks + 1e-9 * np.eye(2)
    coupling = np.diag(prior)
    count = len(own)
    messages = np.zeros((2, count, 2, 2))
    for way, order in ((0, range(1, count)), (1, range(count - 2, -1, -1))):
        step = -1 if way == 0 else 1
        for k in order:
            known = own[k + step] + messages[way, k + step]
            messages[way, k] = coupling - coupling @ np.linalg.solve(
                known + coupling, coupling
            )
    total = own + messages[0] + messages[1]
    inverse = np.linalg.inv(total)
    return np.asarray(inverse[:, [0, 1], [0, 1]])
