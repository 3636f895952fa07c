"""What profiles of one movie have in common, learnt from all of them together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Fewest profiles that something is learnt from.
LEAST_BATCH = 10

#: Rounds of the search for mean and spread, and for profiles that are no part of it.
_ROUNDS, _SIFTINGS = 40, 3
#: Squared distance (chi-squared) from which a profile is no part of the population.
FOREIGN = 20.0


@dataclass(frozen=True, eq=False)
class Population:
    """How q values are distributed over profiles.

    Attributes
    ----------
    mean, variance
        (q,) the variance contains the uncertainty of the mean.
    score
        Minus twice the logarithm of the likelihood of mean and variance.
    foreign
        (N,) whether a profile is no part of it.
    """

    mean: FloatArray
    variance: FloatArray
    score: float
    foreign: NDArray[np.bool_]


def learn_population(
    values: FloatArray,
    information: FloatArray,
    widest: FloatArray,
    least: FloatArray,
) -> Population | None:
    """Mean and spread of values that every profile knows with its own uncertainty.

    Parameters
    ----------
    values, information
        (N, q) likeliest values of each profile and (N, q, q) inverse covariance.
    widest, least
        (q,) largest and least standard deviation of the population.

    Returns
    -------
    None where fewer than `LEAST_BATCH` profiles agree on one.

    Notes
    -----
    Empirical Bayes [1]_: the values are normally distributed about a mean, each is
    measured with normal noise, and mean and (diagonal) variance are the likeliest ones;
    the variance by MacKay's fixed point. A profile far from all others is left out.

    .. [1] B. Efron, Large-Scale Inference, Cambridge University Press 2010, chapter 1.
    """
    mine = np.ones(len(values), dtype=bool)
    found = None
    for _ in range(_SIFTINGS):
        if mine.sum() < LEAST_BATCH:
            return None
        found = _likeliest(values[mine], information[mine], widest, least)
        mean, variance, _ = found
        away = (values - mean)[..., None]
        far = _marginal(information, variance)
        agrees = (away.swapaxes(1, 2) @ far @ away)[:, 0, 0] < FOREIGN
        if np.array_equal(agrees, mine):
            break
        mine = agrees
    if found is None or mine.sum() < LEAST_BATCH:
        return None
    return Population(*found, ~mine)


def _marginal(information: FloatArray, variance: FloatArray) -> FloatArray:
    """(N, q, q) inverse covariance of what is measured of a population."""
    inner = np.linalg.inv(information + np.diag(1.0 / variance))
    return np.asarray(information - information @ inner @ information)


def _likeliest(
    values: FloatArray, information: FloatArray, widest: FloatArray, least: FloatArray
) -> tuple[FloatArray, FloatArray, float]:
    """Mean, variance (with that of the mean) and score."""
    variance = widest**2
    pull = (information @ values[..., None])[..., 0]
    for _ in range(_ROUNDS):
        joint = _marginal(information, variance)
        total = joint.sum(axis=0)
        mean = np.linalg.solve(total, (joint @ values[..., None]).sum(axis=0))[:, 0]
        inner = np.linalg.inv(information + np.diag(1.0 / variance))
        own = (inner @ (pull + mean / variance)[..., None])[..., 0]
        known = np.sum(1.0 - np.einsum("nii->ni", inner) / variance, axis=0)
        spread = np.sum((own - mean) ** 2, axis=0) / np.maximum(known, 1e-3)
        variance = np.clip(spread, least**2, widest**2)
    away = (values - mean)[..., None]
    distance = (away.swapaxes(1, 2) @ joint @ away)[:, 0, 0]
    score = float(np.sum(distance - np.linalg.slogdet(joint)[1]))
    return mean, variance + np.diag(np.linalg.inv(total)), score
