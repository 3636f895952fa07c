"""Both boundaries of a layer searched together along all lines, whatever the dose."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.thickness.straighten import Lines

FloatArray = NDArray[np.float64]

#: Distance of the places that are tried, in px, and expected step from line to line.
_STEP, _ROUGHNESS = 0.5, 0.25

#: Rounds of levels from places and places from levels, and the change of a level, in
#: parts of the smaller step, that is none.
_ROUNDS, _SAME = 6, 0.02

#: Part by which a line may disagree with its neighbours altogether.
_LEAP = 1e-4


@dataclass(frozen=True, eq=False)
class Found:
    """First places of the boundaries, and levels.

    Attributes
    ----------
    boundaries, u_boundaries
        (2, K) offsets: posterior mean and standard deviation.
    levels
        (3,) core, layer, outside.
    """

    boundaries: FloatArray
    u_boundaries: FloatArray
    levels: FloatArray


def search_layer(
    lines: Lines, data: FloatArray, weights: FloatArray, blur: float
) -> Found:
    """Hidden-Markov search for the pair of boundaries.

    Parameters
    ----------
    lines
        The lines.
    data, weights
        (K, n) values, finite, and (n,) inverse variances of all lines.
    blur
        With that of the pixel.

    Notes
    -----
    Given the levels, the log-likelihood of a pair of places is a term of each place and
    one of the pair that is the same for all lines; forward and backward passes with a
    small step from line to line give the posterior. The levels follow from it by least
    squares with expected templates (expectation maximisation).
    """
    grid = _Grid(lines, weights, blur)
    levels = _first_levels(lines, data)
    for _ in range(_ROUNDS):
        posterior = grid.posterior(data, levels)
        before, levels = levels, grid.levels(data, posterior, levels)
        if np.abs(levels - before).max() < _SAME * np.abs(np.diff(levels)).min():
            break
    return Found(*grid.moments(posterior), levels)


def _first_levels(lines: Lines, data: FloatArray) -> FloatArray:
    """Medians well inside the three regions as they were drawn."""
    away = 0.5 * lines.reach
    x = lines.offsets[None, :]
    inner, outer = lines.inner[:, None], lines.outer[:, None]
    middle, half = 0.5 * (inner + outer), 0.25 * (outer - inner)
    regions = [
        (x < inner - away) & (x > inner - away - lines.reach - 8),
        np.abs(x - middle) <= np.maximum(half, 0.5),
        (x > outer + away) & (x < outer + away + lines.reach + 8),
    ]
    return np.array([np.mean(data[region]) for region in regions])


class _Grid:
    """Pairs of places within reach of the drawn boundaries."""

    def __init__(self, lines: Lines, weights: FloatArray, blur: float) -> None:
        from scipy.special import ndtr

        half = int(np.ceil(lines.reach / _STEP))
        self.size = 2 * half + 1
        first = [
            np.round(b / _STEP).astype(int) - half for b in (lines.inner, lines.outer)
        ]
        low = min(int(f.min()) for f in first)
        high = max(int(f.max()) for f in first) + self.size
        self.places = np.arange(low, high) * _STEP
        self.first = np.stack([f - low for f in first])
        self.steps = ndtr((lines.offsets - self.places[:, None]) / blur)
        self.weights = weights
        self.products = (self.steps * weights) @ self.steps.T
        moves = np.arange(self.size)
        self.transition = np.exp(
            -0.5 * ((moves[:, None] - moves) * _STEP / _ROUGHNESS) ** 2
        )
        self.transition /= self.transition.sum(axis=0)

    def _likelihoods(self, data: FloatArray, levels: FloatArray) -> FloatArray:
        """(K, m, m) log-likelihood of each pair, up to a constant a line."""
        rise, more = np.diff(levels)
        z = ((data - levels[0]) * self.weights) @ self.steps.T
        square = np.diag(self.products)
        m = np.arange(self.size)
        i, j = self.first[0][:, None] + m, self.first[1][:, None] + m
        rows = np.arange(len(data))[:, None]
        by_inner = rise * z[rows, i] - 0.5 * rise**2 * square[i]
        by_outer = more * z[rows, j] - 0.5 * more**2 * square[j]
        both = rise * more * self.products[i[:, :, None], j[:, None, :]]
        value = by_inner[:, :, None] + by_outer[:, None, :] - both
        return np.where(j[:, None, :] > i[:, :, None], value, -np.inf)

    def posterior(self, data: FloatArray, levels: FloatArray) -> FloatArray:
        """(K, m, m) probability of each pair, given all lines."""
        value = self._likelihoods(data, levels)
        top = value.max(axis=(1, 2), keepdims=True)
        own = np.exp(np.maximum(value - top, -700.0)) * np.isfinite(value)
        forward, backward = np.empty_like(own), np.empty_like(own)
        flat = np.full(own.shape[1:], 1.0 / self.size**2)
        last = flat
        for k in range(len(own)):
            forward[k] = last
            last = self._passed(last * own[k], flat)
        last = flat
        for k in range(len(own) - 1, -1, -1):
            backward[k] = last
            last = self._passed(last * own[k], flat)
        joint = forward * own * backward
        total = joint.sum(axis=(1, 2), keepdims=True)
        return np.asarray(joint / np.maximum(total, 1e-300))

    def _passed(self, weight: FloatArray, flat: FloatArray) -> FloatArray:
        total = weight.sum()
        if not total > 1e-290:
            return flat
        moved = self.transition @ (weight / total) @ self.transition.T
        return np.asarray((1 - _LEAP) * moved + _LEAP * flat)

    def levels(
        self, data: FloatArray, posterior: FloatArray, before: FloatArray
    ) -> FloatArray:
        """(3,) levels by least squares over the posterior."""
        m = np.arange(self.size)
        i, j = self.first[0][:, None] + m, self.first[1][:, None] + m
        rows = np.arange(len(data))[:, None]
        share = np.zeros((2, len(data), len(self.places)))
        share[0, rows, i] = posterior.sum(axis=2)
        share[1, rows, j] = posterior.sum(axis=1)
        total = self.weights.sum() * len(data)
        square = np.diag(self.products)
        once = self.steps @ self.weights
        count = share.sum(axis=1)
        pairs = self.products[i[:, :, None], j[:, None, :]]
        cross = float(np.sum(posterior * pairs))
        matrix = np.array(
            [
                [total, count[0] @ once, count[1] @ once],
                [0.0, count[0] @ square, cross],
                [0.0, 0.0, count[1] @ square],
            ]
        )
        matrix = np.triu(matrix) + np.triu(matrix, 1).T
        z = (data * self.weights) @ self.steps.T
        right = [float(np.sum(data * self.weights))]
        right += [float(np.sum(share[k] * z)) for k in (0, 1)]
        matrix += 1e-9 * np.trace(matrix) * np.eye(3)
        found = np.linalg.solve(matrix, np.array(right))
        levels = np.cumsum(found)
        return np.asarray(levels if np.isfinite(levels).all() else before)

    def moments(self, posterior: FloatArray) -> tuple[FloatArray, FloatArray]:
        """(2, K) means and standard deviations of the places."""
        m = np.arange(self.size)
        means, spreads = [], []
        for side, axis in ((0, 2), (1, 1)):
            share = posterior.sum(axis=axis)
            x = self.places[self.first[side][:, None] + m]
            mean = np.sum(share * x, axis=1)
            means.append(mean)
            spread = np.sum(share * (x - mean[:, None]) ** 2, axis=1)
            spreads.append(np.sqrt(spread))
        return np.array(means), np.array(spreads)
