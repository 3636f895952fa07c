"""How far a front moves from one frame to the next: learnt from all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: Mean lengths of the Laplacian steps in samples; a front may use all of them.
_LENGTHS = (0.06, 0.2, 0.6, 2.0, 6.0, 20.0)
#: Frames' worth of belief in each of them before the first frame is seen.
_BELIEF = 0.02
#: Chance of a step to anywhere.
_ANYWHERE = 1e-6


@dataclass(frozen=True, eq=False)
class StepPrior:
    """Mixture of one-sided Laplacian steps, forward and backward.

    Few long steps among many short ones (stick and slip, a fast start) cost little, and
    a front that only advances is not expected to come back.

    Attributes
    ----------
    components
        (J, 2 G - 1) chance of each displacement -(G - 1) ... G - 1 of the grid.
    shares
        (J,) share of each component.
    spacing
        Distance of neighbouring places on the grid.
    """

    components: FloatArray
    shares: FloatArray
    spacing: float

    @property
    def chances(self) -> FloatArray:
        """(2 G - 1,) chance of each displacement."""
        mixed = (1.0 - _ANYWHERE) * (self.shares @ self.components)
        return np.asarray(mixed + _ANYWHERE / mixed.size)

    @property
    def mean_step(self) -> float:
        """Mean absolute displacement in samples."""
        lengths = np.tile(_LENGTHS, 2)
        return float(self.shares @ lengths)

    def learnt(self, paired: FloatArray) -> StepPrior:
        """Shares after seeing displacements (an expectation-maximisation step).

        Parameters
        ----------
        paired
            (2 G - 1,) chance of each displacement under the data alone, summed over
            frames, see `chain.Chain`.
        """
        seen = np.maximum(self.shares * (self.components @ paired), 0.0) + _BELIEF
        return StepPrior(self.components, seen / seen.sum(), self.spacing)

    def on_grid(self, count: int, spacing: float) -> StepPrior:
        """The same steps on another grid."""
        return StepPrior(_components(count, spacing), self.shares, spacing)


def any_steps(count: int, spacing: float) -> StepPrior:
    """All lengths and both directions alike, for a grid of `count` places."""
    components = _components(count, spacing)
    return StepPrior(components, np.full(len(components), 1 / len(components)), spacing)


def _components(count: int, spacing: float) -> FloatArray:
    """(J, 2 count - 1): each step length, forward, then backward."""
    ends = (np.arange(-(count - 1), count + 1) - 0.5) * spacing
    forward = []
    for length in _LENGTHS:
        below = -np.expm1(-np.maximum(ends, 0.0) / length)
        chance = np.diff(below)
        forward.append(chance / chance.sum())
    both = np.array(forward)
    return np.concatenate([both, both[:, ::-1]])
