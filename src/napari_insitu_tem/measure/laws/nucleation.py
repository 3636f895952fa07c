"""Counts of nuclei: sites that are used up, or ever new ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.laws.ranking import (
    akaike_weights,
    corrected_criterion,
    simplest,
)
from napari_insitu_tem.measure.laws.result import NOT_IDENTIFIABLE
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

INSTANTANEOUS, PROGRESSIVE = "instantaneous", "progressive"
#: Nuclei that must appear before anything can be said.
_LEAST_NUCLEI = 5
#: Rates that are looked for, times the length of the record.
_SLOWEST, _FASTEST = 1e-3, 1e4
#: A logarithm of the rate less certain than this tells nothing.
_VAGUE = 1.0


@dataclass(frozen=True, eq=False)
class NucleationFit:
    """A law of nucleation fitted to counts.

    Attributes
    ----------
    law
        "instantaneous": ``N = sites (1 - exp(-rate t))``, saturating; "progressive":
        ``N = nucleation_rate t``.
    parameters, u_parameters
        Values per unit of time and their standard uncertainties. Sites include the
        nuclei that were there in the first frame.
    aicc
        Akaike's criterion, the nuclei being the data.
    flag
        "" or `not_identifiable`: the sites are not used up enough to be told.
    """

    law: str
    parameters: dict[str, float]
    u_parameters: dict[str, float]
    aicc: float
    flag: str
    _counts: Callable[[FloatArray], FloatArray]

    def predict(self, times: ArrayLike) -> FloatArray:
        """Expected counts at times."""
        return self._counts(np.asarray(times, dtype=np.float64))


@dataclass(frozen=True, eq=False)
class NucleationChoice:
    """Both laws of nucleation, ranked.

    Attributes
    ----------
    best
        The simpler one unless the other is better by more than 2.
    weights, fits
        Law -> Akaike weight, and its fit.
    """

    best: str
    weights: dict[str, float]
    fits: dict[str, NucleationFit]


def compare_nucleation(times: ArrayLike, counts: ArrayLike) -> NucleationChoice:
    """Fit and rank instantaneous and progressive nucleation.

    Parameters
    ----------
    times
        (T,) increasing.
    counts
        (T,) how many nuclei have appeared so far; they must not decrease.

    Raises
    ------
    MeasurementError
        Counts that decrease, times that do not increase, fewer than five new nuclei.

    Notes
    -----
    The nuclei that appear between two frames are Poisson distributed about the increase
    that the law expects, so that the counts themselves, which share what came before,
    are never taken for independent. As the rate of the instantaneous law goes to 0 it
    becomes the progressive one.
    """
    t, n = _checked(times, counts)
    fits = {PROGRESSIVE: _progressive(t, n), INSTANTANEOUS: _instantaneous(t, n)}
    criteria = {law: fit.aicc for law, fit in fits.items()}
    best = simplest(criteria, {PROGRESSIVE: 1, INSTANTANEOUS: 2})
    return NucleationChoice(best, akaike_weights(criteria), fits)


def fit_nucleation(times: ArrayLike, counts: ArrayLike, law: str) -> NucleationFit:
    """Fit one law of nucleation; see `compare_nucleation`."""
    t, n = _checked(times, counts)
    if law not in (INSTANTANEOUS, PROGRESSIVE):
        raise MeasurementError(
            f"{law!r} is not a law of nucleation.",
            hint=f"Choose {INSTANTANEOUS} or {PROGRESSIVE}.",
        )
    return _instantaneous(t, n) if law == INSTANTANEOUS else _progressive(t, n)


def _checked(times: ArrayLike, counts: ArrayLike) -> tuple[FloatArray, FloatArray]:
    t = np.asarray(times, dtype=np.float64).ravel()
    n = np.asarray(counts, dtype=np.float64).ravel()
    if t.size != n.size or t.size < 2 or not np.all(np.diff(t) > 0):
        raise MeasurementError("Counts of nuclei need increasing times, one each.")
    if not np.all(np.diff(n) >= 0):
        raise MeasurementError(
            "The counts of nuclei decrease.",
            hint="Count all nuclei that have appeared so far, also those that went.",
        )
    if n[-1] - n[0] < _LEAST_NUCLEI:
        raise MeasurementError(
            f"Fewer than {_LEAST_NUCLEI} nuclei appear after the first frame."
        )
    return t, n


def _likelihood(new: FloatArray, expected: FloatArray) -> float:
    """Poisson, up to what does not depend on the law."""
    return float(np.sum(new * np.log(np.maximum(expected, 1e-300)) - expected))


def _progressive(t: FloatArray, n: FloatArray) -> NucleationFit:
    total, span = float(n[-1] - n[0]), float(t[-1] - t[0])
    rate = total / span
    height = _likelihood(np.diff(n), rate * np.diff(t))
    return NucleationFit(
        PROGRESSIVE,
        {"nucleation_rate": rate},
        {"nucleation_rate": float(np.sqrt(total)) / span},
        corrected_criterion(height, 1, int(total)),
        "",
        lambda at: n[0] + rate * (at - t[0]),
    )


def _instantaneous(t: FloatArray, n: FloatArray) -> NucleationFit:
    """The rate by its profile likelihood, the sites following from it."""
    from scipy.optimize import minimize_scalar

    total, span, new = float(n[-1] - n[0]), float(t[-1] - t[0]), np.diff(n)

    def used(rate: float, at: FloatArray) -> FloatArray:
        return np.asarray(-np.expm1(-rate * (at - t[0])))

    def height(log_rate: float) -> float:
        share = np.diff(used(np.exp(log_rate), t))
        return _likelihood(new, total / share.sum() * share)

    grid = np.log(np.geomspace(_SLOWEST, _FASTEST, 60) / span)
    top = int(np.argmax([height(g) for g in grid]))
    ends = grid[max(top - 1, 0)], grid[min(top + 1, grid.size - 1)]
    found = minimize_scalar(lambda g: -height(g), bounds=ends, method="bounded")
    log_rate = float(found.x)
    rate, best = float(np.exp(log_rate)), -float(found.fun)
    share = float(used(rate, t[-1:])[0])
    step = 0.05
    bend = (2 * best - height(log_rate + step) - height(log_rate - step)) / step**2
    u_log = float(1 / np.sqrt(bend)) if bend > 1 / _VAGUE**2 else np.nan
    # The sites follow from the share that is used up, which follows from the rate.
    slope = total / share**2 * rate * span * float(np.exp(-rate * span))
    sites = total / share
    left = np.sqrt(total * (1 - share)) / share
    told = np.isfinite(u_log)
    return NucleationFit(
        INSTANTANEOUS,
        {
            "sites": float(n[0]) + sites if told else np.nan,
            "rate": rate if told else np.nan,
        },
        {"sites": float(np.hypot(left, slope * u_log)), "rate": rate * u_log},
        corrected_criterion(best, 2, int(total)),
        "" if told else NOT_IDENTIFIABLE,
        lambda at: n[0] + sites * used(rate, at),
    )
