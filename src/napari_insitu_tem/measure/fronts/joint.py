"""Forward-backward of several fronts at once, on every combination of their places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def joined(
    terms: list[FloatArray], plus: FloatArray | None = None, axes: int = 0
) -> FloatArray:
    """(T, G, ..., G) sum of (T, G) terms, one an axis, and of a number a frame."""
    axes = axes or len(terms) + 1
    total = np.zeros((1,) * axes)
    if plus is not None:
        total = total + plus.reshape(-1, *[1] * (axes - 1))
    for front, term in enumerate(terms):
        shape = [len(term)] + [1] * (axes - 1)
        shape[front + 1] = -1
        total = total + term.reshape(shape)
    return np.asarray(total)


def smooth_together(
    seen: FloatArray, step: FloatArray
) -> tuple[list[FloatArray], float]:
    """Forward-backward of all fronts at once.

    Parameters
    ----------
    seen
        (T, G, ..., G) log-likelihoods, minus infinity where fronts are out of order.
    step
        (G, G) chance of each step, from the first to the second.
    """
    fronts = range(seen.ndim - 1)
    axes = tuple(range(1, seen.ndim))
    top = seen.max(axis=axes, keepdims=True)
    seen = np.exp(seen - top)
    chance = np.empty_like(seen)
    ahead = np.ones(seen.shape[1:]) / seen[0].size
    evidence = float(top.sum())
    for t, now in enumerate(seen):
        chance[t] = ahead * now
        total = max(float(chance[t].sum()), 1e-300)
        chance[t] /= total
        evidence += float(np.log(total))
        ahead = _moved(chance[t], step)
    later = np.ones(seen.shape[1:])
    for t in range(len(seen) - 2, -1, -1):
        later = _moved(later * seen[t + 1], step.T)
        later /= later.max()
        chance[t] *= later
        chance[t] /= max(float(chance[t].sum()), 1e-300)
    every = [tuple(a for a in axes if a != front + 1) for front in fronts]
    return [np.asarray(chance.sum(axis=other)) for other in every], evidence


def _moved(chance: FloatArray, step: FloatArray) -> FloatArray:
    """Every front moved by one step."""
    for _ in range(chance.ndim):
        chance = np.tensordot(chance, step, axes=(0, 0))
    return chance
