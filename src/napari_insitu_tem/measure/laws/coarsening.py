"""Coarsening of grains and particles: ``r**n = r0**n + k t``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.laws.base import RateLaw, Setting
from napari_insitu_tem.measure.laws.likelihood import PickLikelihood
from napari_insitu_tem.measure.laws.ranking import SIMPLER, akaike_weights
from napari_insitu_tem.measure.laws.result import NOT_IDENTIFIABLE, LawFit, fit_model
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: Exponents by Lifshitz, Slyozov and Wagner: diffusion and the interface limit.
DIFFUSION, REACTION = 3.0, 2.0
#: Bounds of an exponent, and guesses of one that is free.
_LEAST, _LARGEST = 0.5, 8.0
_GUESSES = (1.5, 2.0, 3.0, 5.0)


class Coarsening(RateLaw):
    """Values: the radius at the first and at the last time, log(n) where it is free."""

    law = "coarsening"

    def __init__(self, first: float, last: float, exponent: float | None) -> None:
        super().__init__(Setting(first, last, 1, 0.0, first))
        self.exponent = exponent

    def positions(self, values: FloatArray, times: FloatArray) -> FloatArray:
        """(T,) radii; 0 once a particle is gone."""
        n = self._exponent(values)
        u = (np.asarray(times, dtype=np.float64) - self.setting.first) / self._span
        begin, end = np.maximum(values[:2], 1e-9) ** n
        return np.asarray(np.maximum(begin + (end - begin) * u, 0.0) ** (1 / n))

    @property
    def _span(self) -> float:
        return self.setting.span

    def _exponent(self, values: FloatArray) -> float:
        return float(np.exp(values[2])) if self.exponent is None else self.exponent

    def guesses(self, times: FloatArray, positions: FloatArray) -> list[FloatArray]:
        """The first and last radii, as they are."""
        tenth = max(1, times.size // 10)
        ends = [float(np.mean(positions[:tenth])), float(np.mean(positions[-tenth:]))]
        if self.exponent is not None:
            return [np.array(ends)]
        return [np.array([*ends, np.log(n)]) for n in _GUESSES]

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Least and largest values."""
        low, high = [0.0, 0.0], [np.inf, np.inf]
        if self.exponent is None:
            low.append(float(np.log(_LEAST)))
            high.append(float(np.log(_LARGEST)))
        return np.array(low), np.array(high)

    @property
    def is_log(self) -> NDArray[np.bool_]:
        """(K,) which values are logarithms."""
        return np.array([False, False] + [True] * (self.exponent is None))

    def parameters(self, values: FloatArray) -> dict[str, float]:
        """Radius at the first time, rate k, exponent n."""
        n = self._exponent(values)
        begin, end = np.maximum(values[:2], 1e-9) ** n
        rate = float((end - begin) / self._span)
        return {"start": float(values[0]), "rate": rate, "exponent": n}


@dataclass(frozen=True, eq=False)
class CoarseningChoice:
    """Coarsening with several exponents, ranked.

    Attributes
    ----------
    exponent
        The likeliest; NaN where others are about as likely.
    flag
        "" or `not_identifiable`.
    weights
        Exponent -> Akaike weight.
    fits
        Exponent -> its fit.
    """

    exponent: float
    flag: str
    weights: dict[float, float]
    fits: dict[float, LawFit]


def fit_coarsening(
    times: ArrayLike,
    radii: ArrayLike,
    *,
    u_radii: ArrayLike | None = None,
    exponent: float | None = None,
) -> LawFit:
    """Fit ``r**n = r0**n + k (t - t0)``, t0 being the first time.

    Parameters
    ----------
    times
        (T,) in any unit.
    radii
        (T,) mean radii (or one of a pair of particles) in any unit; NaN takes no part.
    u_radii
        (T,) their standard uncertainties; None: from the scatter.
    exponent
        n; None: found with the others.

    Returns
    -------
    LawFit
        Its parameters are `start` (r0), `rate` (k, negative where the radius shrinks)
        and `exponent`.

    Raises
    ------
    MeasurementError
        Too few radii, or exponents that cannot be.
    """
    frames = _frames(times, radii, u_radii)
    return fit_model(frames, _law(frames, exponent))


def compare_coarsening(
    times: ArrayLike,
    radii: ArrayLike,
    exponents: Sequence[float] = (REACTION, DIFFUSION),
    *,
    u_radii: ArrayLike | None = None,
) -> CoarseningChoice:
    """Rank exponents: by default 2 (interface reaction) against 3 (diffusion) [1]_.

    .. [1] I. M. Lifshitz, V. V. Slyozov, J. Phys. Chem. Solids 19 (1961) 35;
       C. Wagner, Z. Elektrochem. 65 (1961) 581.
    """
    frames = _frames(times, radii, u_radii)
    fits = {float(n): fit_model(frames, _law(frames, float(n))) for n in exponents}
    criteria = {n: fit.aicc for n, fit in fits.items()}
    weights = akaike_weights(criteria)
    best, *others = sorted(criteria, key=lambda n: criteria[n])
    if others and criteria[others[0]] - criteria[best] < SIMPLER:
        return CoarseningChoice(np.nan, NOT_IDENTIFIABLE, weights, fits)
    return CoarseningChoice(best, "", weights, fits)


def _law(frames: PickLikelihood, exponent: float | None) -> Coarsening:
    if exponent is not None and not _LEAST <= exponent <= _LARGEST:
        raise MeasurementError(
            f"An exponent of {exponent:g} is no coarsening.",
            hint=f"Choose one between {_LEAST:g} and {_LARGEST:g}.",
        )
    first, last = float(frames.times.min()), float(frames.times.max())
    return Coarsening(first, last, exponent)


def _frames(
    times: ArrayLike, radii: ArrayLike, u_radii: ArrayLike | None
) -> PickLikelihood:
    t = np.asarray(times, dtype=np.float64).ravel()
    r = np.asarray(radii, dtype=np.float64).ravel()
    known = np.isfinite(t) & np.isfinite(r)
    if t.size != r.size or known.sum() < 2 or np.ptp(t[known]) == 0:
        raise MeasurementError("Coarsening needs radii at several times.")
    if np.any(r[known] < 0):
        raise MeasurementError("A radius cannot be negative.")
    u = np.asarray(np.nan if u_radii is None else u_radii, dtype=np.float64)
    return PickLikelihood(t, r, np.broadcast_to(u, r.shape))
