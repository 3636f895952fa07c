"""What is known of the noise of profiles before they are fitted."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

#: Lags over which the residuals' correlation is summed.
_LAGS = 3

#: Part of the brightest level that the darkest sample counts for at least, so that its
#: weight stays finite.
_LEAST_LEVEL = 1e-2


class NoiseModel:
    """The noise of N profiles: counted electrons, a level from elsewhere, or unknown.

    Parameters
    ----------
    rows
        Number of independent rows that were averaged.
    gain
        Counts per electron, or None.
    least_noise
        (N,) standard deviation of a sample, used without a gain.
    profiles
        N.
    """

    def __init__(
        self,
        rows: float,
        gain: float | None,
        least_noise: ArrayLike | None,
        profiles: int,
    ) -> None:
        self.rows, self.gain = rows, gain
        self.least: FloatArray | None = None
        if least_noise is not None and gain is None:
            sd = np.broadcast_to(np.asarray(least_noise, np.float64), (profiles,))
            self.least = np.maximum(sd, 1e-50) ** 2

    @property
    def is_known(self) -> bool:
        """Whether the noise is not taken from the residuals alone."""
        return self.gain is not None or self.least is not None

    def of(self, part: slice | NDArray[np.intp]) -> NoiseModel:
        """The noise of some of the profiles."""
        some = NoiseModel(self.rows, self.gain, None, 0)
        some.least = None if self.least is None else self.least[part]
        return some

    def counting(self, y: FloatArray, is_there: NDArray[np.bool_]) -> FloatArray:
        """(N,) variance of a sample at the mean level, by counting electrons."""
        assert self.gain is not None
        count = np.maximum(is_there.sum(axis=1), 1)
        mean = np.maximum(y.sum(axis=1) / count, 1e-12)
        return np.asarray(self.gain * mean / self.rows)

    def at_level(self, level: FloatArray) -> FloatArray:
        """(N, n) variance of samples of an expected level, by counting electrons."""
        assert self.gain is not None
        least = _LEAST_LEVEL * np.abs(level).max(axis=1, keepdims=True) + 1e-12
        return np.asarray(self.gain / self.rows * np.maximum(level, least))


def correlation_factor(residuals: FloatArray, is_there: NDArray[np.bool_]) -> float:
    """Factor of the variance by correlated neighbours, from all residuals together.

    The variance of a mean over many samples is ``1 + 2 sum(rho_k)`` times that of
    independent ones; a sum below 0 is what fitted parameters do to white noise.
    """
    own = float(np.sum(residuals**2)) / max(int(is_there.sum()), 1)
    if own == 0:
        return 1.0
    total = 0.0
    for lag in range(1, _LAGS + 1):
        pairs = is_there[:, lag:] & is_there[:, :-lag]
        product = float(np.sum(residuals[:, lag:] * residuals[:, :-lag]))
        total += product / max(int(pairs.sum()), 1) / own
    return 1.0 + 2.0 * max(total, 0.0)
