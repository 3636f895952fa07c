"""Both boundaries with the smoothness that the image shows, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.thickness.three_levels import (
    Problem,
    State,
    ThreeLevels,
    fit_three_levels,
    three_level_mean,
    variances_of,
)

FloatArray = NDArray[np.float64]
_Fits = dict[tuple[float, float], ThreeLevels]

#: Steps of a boundary from line to line that are tried, in px, the likely ones first: a
#: drawn boundary is off by a px or two, over a few tens of px.
_SIZES = (0.2, 0.08, 0.03, 0.5, 1.2)
#: The likely one, and the uncertainty of its logarithm.
_LIKELY, _U_LOG = 0.2, 0.7
#: Fits less probable than this, beside the best, count for nothing; the logarithm by
#: which one may be less probable for still other sizes beyond it to be tried.
_LEAST_SHARE, _HOPELESS = 0.03, 4.0
#: Growth of the variance of an edge with its variance in squares of its width, from
#: fits of single edges at low dose: they are no longer linear in the noise.
_BENT = 1.8


@dataclass(frozen=True, eq=False)
class Mixture:
    """Fits of several smoothnesses, each for as much as it is probable.

    Attributes
    ----------
    state
        Means of boundaries, levels and blur.
    u_boundaries, u_levels, u_log_blur, u_mean
        Standard uncertainties of these and of the mean distance.
    """

    state: State
    u_boundaries: FloatArray
    u_levels: FloatArray
    u_log_blur: float
    u_mean: float


def fit_boundaries(problem: Problem, start: State, gain: float | None) -> Mixture:
    """Fit both boundaries, averaged over how smooth they may be.

    Parameters
    ----------
    problem
        Data and what is known.
    start
        First values.
    gain
        Counts per electron, for weights that follow the fit; None: as they are.

    Notes
    -----
    Both boundaries are fitted as equally smooth at first, then one at a time as
    smoother or rougher than the best. Each fit counts by its evidence, the probability
    of the image with the boundaries integrated out, and by what is usual for the jitter
    of a drawing. Where the noise leaves open how smooth they are, that is part of the
    uncertainty.
    """
    if gain is not None:
        problem = _weighed(problem, start, gain)
    fits: _Fits = {}
    here = start
    for size in _SIZES:
        if not _is_hopeless(size, fits):
            fits[size, size] = fit_three_levels(problem, here, (size, size))
            here = _best(fits).state
    for side in (0, 1):
        top = _best(fits)
        for other in _beside(top.roughness[side]):
            pair = (top.roughness[0], other) if side else (other, top.roughness[1])
            if pair not in fits:
                fits[pair] = fit_three_levels(problem, top.state, pair)
    return _mixed(list(fits.values()))


def _probability(fit: ThreeLevels) -> float:
    """Logarithm of how probable a fit is, before and by the image."""
    away = np.log(np.array(fit.roughness) / _LIKELY) / _U_LOG
    return float(fit.evidence - 0.5 * np.sum(away**2))


def _is_hopeless(size: float, fits: _Fits) -> bool:
    """Whether a size nearer to the likely one was already much worse than others."""
    if not fits:
        return False
    nearest = min(fits, key=lambda pair: abs(np.log(pair[0] / size)))
    best = max(_probability(fit) for fit in fits.values())
    return _probability(fits[nearest]) < best - _HOPELESS


def _best(fits: _Fits) -> ThreeLevels:
    return max(fits.values(), key=_probability)


def _weighed(problem: Problem, at: State, gain: float) -> Problem:
    """Weights of counting by the fitted brightness."""
    mean = three_level_mean(problem.pixels, at)
    least = 1e-2 * float(np.abs(mean).max()) + 1e-12
    weights = 1.0 / (gain * np.maximum(mean, least))
    return replace(problem, pixels=replace(problem.pixels, weights=weights))


def _beside(size: float) -> list[float]:
    """The next smoother and the next rougher one."""
    sizes = sorted(_SIZES)
    at = sizes.index(size)
    return [other for other in sizes[max(at - 1, 0) : at + 2] if other != size]


def _mixed(fits: list[ThreeLevels]) -> Mixture:
    evidence = np.array([_probability(fit) for fit in fits])
    share = np.exp(evidence - evidence.max())
    kept = np.flatnonzero(share > _LEAST_SHARE)
    share = share[kept] / share[kept].sum()
    fits = [fits[k] for k in kept]
    own = [variances_of(fit) for fit in fits]
    bent = [
        1.0 + _BENT * float(v.boundaries.mean() / np.exp(2 * fit.state.log_blur))
        for v, fit in zip(own, fits, strict=True)
    ]
    x = np.array([fit.state.x for fit in fits])
    levels = np.array([fit.state.levels for fit in fits])
    log_blur = np.array([fit.state.log_blur for fit in fits])
    thick = (x[:, 1] - x[:, 0]).mean(axis=1)

    def u(values: FloatArray, variances: FloatArray) -> FloatArray:
        mean = np.tensordot(share, values, axes=1)
        spread = np.tensordot(share, (values - mean) ** 2 + variances, axes=1)
        return np.asarray(np.sqrt(np.maximum(spread, 0.0)))

    state = State(
        np.tensordot(share, x, axes=1), share @ levels, float(share @ log_blur)
    )
    return Mixture(
        state=state,
        u_boundaries=u(
            x, np.array([b * v.boundaries for b, v in zip(bent, own, strict=True)])
        ),
        u_levels=u(levels, np.array([v.levels for v in own])),
        u_log_blur=float(u(log_blur, np.array([v.log_blur for v in own]))),
        u_mean=float(
            u(thick, np.array([b * v.mean for b, v in zip(bent, own, strict=True)]))
        ),
    )
