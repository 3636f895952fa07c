"""The posterior of a round body's two rims, where the noise is strong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.least_squares import Fits, Limits
from napari_insitu_tem.measure.edges.round_model import RoundModel

FloatArray = NDArray[np.float64]

#: Where the radius and the centre are among the values of a body.
RADIUS, CENTRE = 3, 4

#: Places of a rim that are weighed: so many, to so many standard uncertainties.
_PLACES, _FARTHEST = 15, 4.0


@dataclass(frozen=True, eq=False)
class Rims:
    """Posterior of the two rims of N bodies.

    Attributes
    ----------
    radius, centre, u_radius, u_centre
        (N,) means and standard deviations.
    """

    radius: FloatArray
    centre: FloatArray
    u_radius: FloatArray
    u_centre: FloatArray


def weigh_rims(
    model: RoundModel,
    y: FloatArray,
    weights: FloatArray,
    fits: Fits,
    covariance: FloatArray,
    scatter: FloatArray,
    limits: Limits,
) -> Rims:
    """Posterior means of the rims about the best fit, instead of the best fit.

    Parameters
    ----------
    model, y, weights, fits, limits
        As they were fitted.
    covariance
        (N, 6, 6) of the values.
    scatter
        (N,) variance of the residuals in units of the inverse weights.

    Notes
    -----
    Each rim is moved by itself, with the values other than the other rim where their
    normal distribution has its mean then; every place counts by its likelihood. In
    strong noise the likelihood of a rim has several maxima, of which the best fit takes
    one and states the width of that one alone. The two rims are taken as independent
    but for the correlation that the covariance has.
    """
    turn = np.eye(6)
    turn[RADIUS, [RADIUS, CENTRE]] = [0.5, -0.5]
    turn[CENTRE, [RADIUS, CENTRE]] = [0.5, 0.5]
    back = np.linalg.inv(turn)
    values = fits.values
    about = back @ np.nan_to_num(covariance) @ back.T  # radius, centre: right, left rim
    rims = about[:, RADIUS : CENTRE + 1, RADIUS : CENTRE + 1]
    size = np.sqrt(np.maximum(np.einsum("nii->ni", rims), 1e-12))
    tie = np.clip(rims[:, 0, 1] / (size[:, 0] * size[:, 1]), -0.99, 0.99)
    inverse = np.linalg.inv(rims + 1e-12 * np.eye(2))
    moves = about[:, :, RADIUS : CENTRE + 1] @ inverse
    means, spreads = [], []
    for k in (0, 1):
        own = 1.0 / np.sqrt(np.maximum(inverse[:, k, k], 1e-12))
        steps = np.linspace(-_FARTHEST, _FARTHEST, _PLACES) * own[:, None]
        direction = moves[:, :, k] @ turn.T
        costs = np.stack(
            [
                _cost(model, y, weights, values + direction * step[:, None], limits)
                for step in steps.T
            ],
            axis=1,
        )
        chance = np.exp(-0.5 * (costs - costs.min(axis=1)[:, None]) / scatter[:, None])
        chance /= chance.sum(axis=1, keepdims=True)
        mean = np.sum(chance * steps, axis=1)
        means.append(mean)
        spread = np.sum(chance * steps**2, axis=1) - mean**2
        # A spread given the other rim is smaller than one that is not.
        spreads.append(np.maximum(spread, 0.0) / (1 - tie**2))
    both = tie * np.sqrt(spreads[0] * spreads[1])
    total = 0.25 * (spreads[0] + spreads[1])
    return Rims(
        radius=values[:, RADIUS] + 0.5 * (means[0] - means[1]),
        centre=values[:, CENTRE] + 0.5 * (means[0] + means[1]),
        u_radius=np.sqrt(np.maximum(total - 0.5 * both, 0.0)),
        u_centre=np.sqrt(np.maximum(total + 0.5 * both, 0.0)),
    )


def _cost(
    model: RoundModel,
    y: FloatArray,
    weights: FloatArray,
    values: FloatArray,
    limits: Limits,
) -> FloatArray:
    """(N,) sum of squares and distance from what is usual."""
    values = np.clip(values, limits.low, limits.high)
    cost = np.sum(weights * (y - model.brightness(values)) ** 2, axis=1)
    if limits.usual is not None and limits.precision is not None:
        cost += (limits.usual - values) ** 2 @ limits.precision
    return np.asarray(cost)
