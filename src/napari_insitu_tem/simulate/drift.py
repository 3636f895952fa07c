"""Where the specimen wanders in the field of view."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


def random_walk(
    times_s: ArrayLike,
    step_px: float,
    rng: np.random.Generator,
    *,
    velocity_px_s: tuple[float, float] = (0.0, 0.0),
) -> FloatArray:
    """Drift of a stage: a Brownian path on top of a steady creep.

    Parameters
    ----------
    times_s
        (T,) ascending times.
    step_px
        Standard deviation of the random part after one second, along each axis.
    rng
        Source of the walk.
    velocity_px_s
        (y, x) of the steady part.

    Returns
    -------
    ndarray
        (T, 2) displacement (y, x) in pixels, zero at the first time.
    """
    times = np.asarray(times_s, dtype=np.float64)
    lapse = np.diff(times, prepend=times[0])
    steps = rng.standard_normal((times.size, 2)) * step_px * np.sqrt(lapse)[:, None]
    creep = (times - times[0])[:, None] * np.asarray(velocity_px_s)
    return np.asarray(np.cumsum(steps, axis=0) + creep)


def jump(
    times_s: ArrayLike, begin_s: float, end_s: float, shift_px: tuple[float, float]
) -> FloatArray:
    """(T, 2) displacement (y, x) that holds from `begin_s` until `end_s`.

    The image jumps when a voltage at the specimen deflects the beam.
    """
    times = np.asarray(times_s, dtype=np.float64)
    held = (times >= begin_s) & (times < end_s)
    return np.where(held[:, None], np.asarray(shift_px, dtype=np.float64), 0.0)
