"""Akaike's criterion and weights, and the simplest of what is about as good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import numpy as np

Key = TypeVar("Key")

#: A simpler law is preferred unless another is better by more than this.
SIMPLER = 2.0


def corrected_criterion(log_likelihood: float, free: int, number: int) -> float:
    """AICc of a fit of `free` parameters to `number` data.

    ``-2 ln L + 2 k + 2 k (k + 1) / (n - k - 1)``; infinite for too few data [1]_.

    .. [1] K. P. Burnham, D. R. Anderson, Model Selection and Multimodel Inference,
       2nd ed., Springer 2002, chapter 2.
    """
    spare = number - free - 1
    if spare <= 0:
        return float("inf")
    return -2 * log_likelihood + 2 * free + 2 * free * (free + 1) / spare


def akaike_weights(criteria: Mapping[Key, float]) -> dict[Key, float]:
    """Weights ``exp(-AICc / 2)`` that sum to 1."""
    values = np.array(list(criteria.values()))
    least = values.min() if np.isfinite(values).any() else 0.0
    chance = np.exp(-0.5 * np.minimum(values - least, 1400.0))
    return dict(zip(criteria, (chance / chance.sum()).tolist(), strict=True))


def simplest(criteria: Mapping[Key, float], free: Mapping[Key, int]) -> Key:
    """The one with the fewest parameters within 2 of the lowest criterion."""
    least = min(criteria.values())
    near = [key for key, value in criteria.items() if value <= least + SIMPLER]
    return min(near, key=lambda key: (free[key], criteria[key]))
