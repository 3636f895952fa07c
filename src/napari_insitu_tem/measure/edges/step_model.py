"""The blurred step, level or sloping on either side, and its derivatives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.edges.least_squares import Fits, Limits, fit_profiles
from napari_insitu_tem.measure.step_posterior import LEAST_WIDTH

FloatArray = NDArray[np.float64]

#: Largest width of a step, as a part of the profile.
LARGEST_WIDTH = 0.25

#: A fit is done when its position moves by less than this, in samples.
_TOLERANCE = 1e-4
#: Largest move in one iteration: of the position in samples, of the log of the width.
_FARTHEST, _WIDEST = 3.0, 0.7


def step_model(values: FloatArray, samples: int) -> tuple[FloatArray, FloatArray]:
    """Give (N, n) brightness of steps, and its (N, p, n) derivatives.

    Parameters
    ----------
    values
        (N, 4) position, low, high, logarithm of the width; or (N, 6) with the slopes
        before and after the step.
    samples
        n.

    Notes
    -----
    ``low + (high - low) Phi(z)`` with ``z = (x - x0) / s``. A slope that begins at the
    step is blurred as the step is: ``s' (d Phi(z) + s phi(z))`` with ``d = x - x0``.
    """
    from scipy.special import ndtr

    position, low, high, log_width = (values[:, i, None] for i in range(4))
    width = np.exp(log_width)
    away = np.arange(samples, dtype=np.float64) - position
    z = away / width
    part = ndtr(z)
    bell = np.exp(-0.5 * z * z) * (1.0 / np.sqrt(2 * np.pi))
    tall = (high - low) * bell
    mean = low + (high - low) * part
    by_position, by_width = -tall / width, -tall * z
    columns = [by_position, 1.0 - part, part, by_width]
    if values.shape[1] == 6:
        before, after = values[:, 4, None], values[:, 5, None]
        rises = away * part + width * bell
        falls = away - rises
        mean += before * falls + after * rises
        by_position -= before * (1.0 - part) + after * part
        by_width += (after - before) * width * bell
        columns += [falls, rises]
    return mean, np.stack(columns, axis=1)


def fit_steps(
    y: FloatArray,
    weights: FloatArray,
    start: FloatArray,
    usual: FloatArray | None = None,
    precision: FloatArray | None = None,
) -> Fits:
    """Least squares of steps, level or sloping as the (N, 4) or (N, 6) start has it.

    `usual` and `precision` are what is known of the values before, see `Limits`.
    """
    count, samples = start.shape[1], y.shape[1]
    far = np.full(count, np.inf)
    leap, low, high, done = far.copy(), -far, far.copy(), far.copy()
    leap[0], leap[3], done[0] = _FARTHEST, _WIDEST, _TOLERANCE
    low[3], high[3] = np.log([LEAST_WIDTH, LARGEST_WIDTH * samples])
    low[0], high[0] = -float(samples), 2.0 * samples
    limits = Limits(low, high, leap, done, usual, precision)
    return fit_profiles(lambda v: step_model(v, samples), y, weights, start, limits)
