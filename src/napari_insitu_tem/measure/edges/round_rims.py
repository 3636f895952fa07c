"""The joint posterior of a round body's two rims."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.least_squares import Fits, Limits
from napari_insitu_tem.measure.edges.round_model import RoundModel

FloatArray = NDArray[np.float64]

#: Where the radius and the centre are among the values of a body.
RADIUS, CENTRE = 3, 4
#: The other values.
_OTHERS = np.array([0, 1, 2, 5])

#: Places of a rim that are weighed: so many, to so many standard uncertainties.
_PLACES, _FARTHEST = 25, 5.0
#: Least standard uncertainty that is taken, in samples, and the largest distance of
#: neighbouring places, as a part of the radius.
_NEAREST, _LARGEST = 1e-4, 0.025


@dataclass(frozen=True, eq=False)
class Rims:
    """Posterior of the two rims of N bodies.

    Attributes
    ----------
    radius, centre, u_radius, u_centre
        (N,) means and standard deviations.
    evidence
        (N,) logarithm of the likelihood, integrated over all places of the rims and the
        other values; those of which nothing is known before count as if they could be
        anything.
    """

    radius: FloatArray
    centre: FloatArray
    u_radius: FloatArray
    u_centre: FloatArray
    evidence: FloatArray

    def of(self, which: NDArray[np.intp] | NDArray[np.bool_]) -> Rims:
        """Those of some of the bodies."""
        return Rims(**{name: part[which] for name, part in vars(self).items()})


def weigh_rims(
    model: RoundModel,
    y: FloatArray,
    weights: FloatArray,
    fits: Fits,
    scatter: FloatArray,
    limits: Limits,
    steps: tuple[FloatArray, FloatArray] | None = None,
) -> Rims:
    """Posterior means of the rims about the best fit, instead of the best fit.

    Parameters
    ----------
    model, y, weights, fits, limits
        As they were fitted.
    scatter
        (N,) variance of the residuals in units of the inverse weights.
    steps
        Two (N, P): moves of the left and of the right rim; None: those of
        `rim_steps`.

    Notes
    -----
    Every pair of places of the left and the right rim counts by its likelihood, which
    is integrated over the other values as if the model were linear in them, with what
    is known of them before. What one rim's move does to the brightness is added to what
    the other's does, so that each is drawn by itself. In strong noise the likelihood of
    a rim has several maxima, of which the best fit takes one and states the width of
    that one alone.
    """
    size = np.sqrt(scatter)[:, None]
    metric = _Metric(model, y, weights, fits, limits, size)
    values = fits.values
    steps = rim_steps(fits, scatter) if steps is None else steps
    moved = []
    for sign in (-1.0, 1.0):  # the left rim moves the radius the other way
        direction = np.zeros(6)
        direction[[RADIUS, CENTRE]] = 0.5 * sign, 0.5
        side = steps[int(sign > 0)]
        parts = []
        for step in side.T:
            trial = values + direction * step[:, None]
            trial = np.clip(trial, limits.low, limits.high)
            parts.append(metric.change(model.brightness(trial)))
        moved.append(np.stack(parts, axis=1))
    left, right = moved
    cost = (
        (np.sum(left * left, axis=2) - 2 * _times(left, metric.rest))[:, :, None]
        + (np.sum(right * right, axis=2) - 2 * _times(right, metric.rest))[:, None]
        + 2 * left @ right.swapaxes(1, 2)
    )
    cost += np.sum(metric.rest**2, axis=1)[:, None, None]
    return _summed(values, steps, cost, metric.volume)


def _times(parts: FloatArray, whole: FloatArray) -> FloatArray:
    return np.asarray((parts @ whole[:, :, None])[..., 0])


class _Metric:
    """Residuals in units of the noise, without what the other values can take up."""

    def __init__(
        self,
        model: RoundModel,
        y: FloatArray,
        weights: FloatArray,
        fits: Fits,
        limits: Limits,
        size: FloatArray,
    ) -> None:
        values = fits.values
        mean, derivatives = model(values)
        self._root, self._mean = np.sqrt(weights) / size, mean
        shape = values.shape
        prior = np.zeros(shape)
        away = np.zeros(shape)
        if limits.precision is not None and limits.usual is not None:
            prior = np.sqrt(np.broadcast_to(limits.precision, shape)) / size
            away = prior * (limits.usual - values)
        jacobian = (derivatives * self._root[:, None, :])[:, _OTHERS]
        known = prior[:, _OTHERS, None] * np.eye(_OTHERS.size)
        full = np.concatenate([jacobian, known], axis=2)
        length = np.maximum(np.linalg.norm(full, axis=2), 1e-100)
        self._basis, triangle = np.linalg.qr((full / length[..., None]).swapaxes(1, 2))
        inner = np.abs(np.einsum("nii->ni", triangle)) * length
        before = prior[:, _OTHERS]
        known_before = np.where(before > 0, before, 1.0)
        #: Logarithm of the room that the other values have, of what they had before.
        self.volume = np.sum(np.log(known_before / np.maximum(inner, 1e-100)), axis=1)
        own = np.concatenate([self._root * (y - mean), away[:, _OTHERS]], axis=1)
        self.rest = self._free(own)

    def change(self, brightness: FloatArray) -> FloatArray:
        """(N, n + 4) what a change to this brightness does."""
        own = self._root * (brightness - self._mean)
        return self._free(np.pad(own, ((0, 0), (0, _OTHERS.size))))

    def _free(self, own: FloatArray) -> FloatArray:
        taken = self._basis @ (self._basis.swapaxes(1, 2) @ own[:, :, None])
        return np.asarray(own - taken[..., 0])


def rim_steps(fits: Fits, scatter: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Two (N, P): moves of the left and the right rim."""
    turn = np.array([[-1.0, 1.0], [1.0, 1.0]])  # left and right by radius and centre
    covariance = np.nan_to_num(fits.covariance()) * scatter[:, None, None]
    rims = turn @ covariance[:, RADIUS : CENTRE + 1, RADIUS : CENTRE + 1] @ turn.T
    own = np.sqrt(np.maximum(np.einsum("nii->ni", rims), 0.0))
    unit = np.linspace(-_FARTHEST, _FARTHEST, _PLACES)
    apart = unit[1] - unit[0]
    most = _LARGEST * np.abs(fits.values[:, RADIUS]) / apart
    own = np.clip(own, _NEAREST, np.maximum(most, _NEAREST)[:, None])
    return own[:, :1] * unit, own[:, 1:] * unit


def _summed(
    values: FloatArray,
    steps: tuple[FloatArray, FloatArray],
    cost: FloatArray,
    volume: FloatArray,
) -> Rims:
    """The moments of the radius and the centre."""
    least = cost.min(axis=(1, 2))
    chance = np.exp(-0.5 * (cost - least[:, None, None]))
    total = chance.sum(axis=(1, 2))
    chance /= total[:, None, None]
    left, right = steps[0][:, :, None], steps[1][:, None, :]
    found = []
    for away in (0.5 * (right - left), 0.5 * (right + left)):
        mean = np.sum(chance * away, axis=(1, 2))
        square = np.sum(chance * away**2, axis=(1, 2)) - mean**2
        found += [mean, np.sqrt(np.maximum(square, 0.0))]
    area = np.prod([side[:, 1] - side[:, 0] for side in steps], axis=0)
    return Rims(
        radius=values[:, RADIUS] + found[0],
        u_radius=found[1],
        centre=values[:, CENTRE] + found[2],
        u_centre=found[3],
        evidence=np.log(total * area) - 0.5 * least + volume,
    )
