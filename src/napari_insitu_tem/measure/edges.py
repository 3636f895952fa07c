"""Edges along profiles: a batch fit of blurred steps to sub-pixel precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.step_posterior import (
    LEAST_WIDTH,
    StepPosterior,
    is_too_fine,
    step_posterior,
    widest_step,
)
from napari_insitu_tem.measure.steps import fit_steps
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

MODELS = ("step",)

LOW_CONTRAST = "low_contrast"
UNRESOLVED = "unresolved"
OUT_OF_FRAME = "out_of_frame"

#: Size of the grid of likelihoods that is held at once.
_BATCH_CELLS = 2_000_000

#: A step smaller than this many of its own uncertainties is taken for noise, of which
#: the fit has already picked the largest.
_LEAST_STEP = 4.0

#: Fewest samples of a profile for the four parameters of a step.
_LEAST_SAMPLES = 6

#: Lags over which the residuals' correlation is summed.
_LAGS = 3

#: What the model's step misses of an edge sharper than a pixel, in samples (1 s.d.).
_PIXELATION = 0.03

#: Ratio of the two levels from which the noise is clearly not the same on both sides.
_UNEQUAL = 2.0


@dataclass(frozen=True, eq=False)
class EdgeFits:
    """Edges of N profiles.

    Attributes
    ----------
    position, u_position
        (N,) place of the edge in samples from the first one, and its standard
        uncertainty.
    levels
        (N, 2) brightness before and after the edge.
    blur
        (N,) Gaussian blur of the edge (1 s.d.) in samples, without that of the pixel.
    flag
        (N,) "" or why the edge is not to be trusted: `low_contrast` (no step above the
        noise), `unresolved` (a step, but its place is less certain than it is wide),
        `out_of_frame` (too few samples, or the edge at the end of them).
    u_levels
        (N, 2) standard uncertainties of the levels.
    rows, gain, model
        As given.
    """

    position: FloatArray
    u_position: FloatArray
    levels: FloatArray
    blur: FloatArray
    flag: NDArray[np.str_]
    u_levels: FloatArray
    rows: float
    gain: float | None
    model: str


def locate_edges(
    profiles: ArrayLike,
    *,
    rows: float = 1,
    gain: float | None = None,
    model: str = "step",
    least_noise: ArrayLike | None = None,
) -> EdgeFits:
    """Find the one edge of each profile.

    Parameters
    ----------
    profiles
        (N, n) or (n,) mean counts a pixel; NaN where there is no sample.
    rows
        Number of independent rows that were averaged.
    gain
        Counts per electron. With it the noise is known and the fit weighted by it;
        None: least squares, the noise taken from the residuals.
    model
        "step": a step blurred by a Gaussian.
    least_noise
        (N,) standard deviation of a sample, from elsewhere; used without a gain, and
        raised by the residuals where they scatter more.

    Raises
    ------
    MeasurementError
        Unknown model, or profiles of fewer than six samples.

    Notes
    -----
    ``I(x) = lo + (hi - lo) Phi((x - x0) / s)``, Phi being the normal distribution
    function; ``s**2 = blur**2 + 1/12`` includes the integration over a pixel. The whole
    profile is searched: the likelihood of every place and width gives the posterior
    mean and standard deviation of the place, see `step_posterior`. Where these are
    finer than its grid, a least-squares fit of all four parameters takes over, with the
    uncertainty of the Fisher information (`steps.fit_steps`).

    With a gain the variance of a sample is ``gain I / rows`` (Poisson). The grid takes
    the mean level for all samples; the least-squares fit weights them by their own, and
    gives the place also where one level is more than twice the other. Without a gain
    the variance follows from the residuals, raised by the correlation of neighbouring
    ones (interpolation, point spread of a camera).

    A round wire or particle, a sloping background, a curved front and Fresnel fringes
    bias a step fit; the stated uncertainty does not contain that.
    """
    if model not in MODELS:
        raise MeasurementError(
            f"{model!r} is not a model of an edge.",
            hint=f"Choose one of {', '.join(MODELS)}.",
        )
    y = np.atleast_2d(np.asarray(profiles, dtype=np.float64))
    if y.ndim != 2 or y.shape[1] < _LEAST_SAMPLES:
        raise MeasurementError(
            f"An edge needs at least {_LEAST_SAMPLES} samples along the profile."
        )
    is_there = np.isfinite(y)
    few = is_there.sum(axis=1) < _LEAST_SAMPLES
    is_there[few] = True  # fitted as nothing, and flagged
    y = np.where(is_there & ~few[:, None], y, 0.0)
    noise = _Noise(rows, gain, least_noise, len(y))
    batch = max(1, _BATCH_CELLS // (y.shape[1] * 32))
    slices = [slice(i, i + batch) for i in range(0, len(y), batch)]
    found = [_fit(y[part], is_there[part], noise.of(part)) for part in slices]
    joined = [np.concatenate(column) for column in zip(*found, strict=True)]
    values, u_position, u_levels, u_step = joined
    width = np.exp(values[:, 3])
    flag = _flags(values, u_position, u_step, is_there)
    flag[few] = OUT_OF_FRAME
    lost = np.where(few, np.nan, 1.0)
    return EdgeFits(
        position=values[:, 0] * lost,
        u_position=u_position * lost,
        levels=values[:, 1:3] * lost[:, None],
        blur=np.sqrt(np.maximum(width**2 - LEAST_WIDTH**2, 0.0)) * lost,
        flag=flag,
        u_levels=u_levels * lost[:, None],
        rows=rows,
        gain=gain,
        model=model,
    )


class _Noise:
    """What is known of the noise of N profiles."""

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

    def of(self, part: slice) -> _Noise:
        """The noise of some of the profiles."""
        some = _Noise(self.rows, self.gain, None, 0)
        some.least = None if self.least is None else self.least[part]
        return some

    def counting(self, y: FloatArray, is_there: NDArray[np.bool_]) -> FloatArray:
        """(N,) variance of a sample at the mean level, by counting electrons."""
        assert self.gain is not None
        count = np.maximum(is_there.sum(axis=1), 1)
        mean = np.maximum(y.sum(axis=1) / count, 1e-12)
        return np.asarray(self.gain * mean / self.rows)

    def of_samples(self, found: StepPosterior, samples: int) -> FloatArray:
        """(N, n) or (N, 1) variance of each sample, given the steps."""
        if self.gain is None:
            return found.variance[:, None]
        level = _model(found.best, samples)
        least = 1e-2 * np.abs(level).max(axis=1, keepdims=True) + 1e-12
        return np.asarray(self.gain / self.rows * np.maximum(level, least))


def _fit(
    y: FloatArray, is_there: NDArray[np.bool_], noise: _Noise
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """(N, 4) values, and the uncertainties of position, levels and step."""
    weights = is_there.astype(np.float64)
    if np.all(is_there == is_there[0]):
        weights = weights[:1]
    found, correlated = _search(y, weights, is_there, noise)
    values = found.best.copy()
    values[:, 0], values[:, 3] = found.position, found.log_width
    u_position = found.u_position.copy()
    low, high = np.sort(found.best[:, 1:3], axis=1).T
    unequal = (high > _UNEQUAL * low) & (noise.gain is not None)
    too_fine = is_too_fine(found, y.shape[1])
    again = np.flatnonzero(unequal | too_fine)
    if again.size:
        there = is_there[again].astype(np.float64)
        variance = noise.of_samples(found, y.shape[1])[again]
        steps = fit_steps(y[again], there / variance, found.best[again])
        scatter = np.full(again.size, correlated)
        if noise.gain is None and noise.least is None:
            scatter *= steps.cost / np.maximum(there.sum(axis=1) - 4, 1)
        u = np.sqrt(steps.covariance()[:, 0, 0] * scatter)
        sharp = np.exp(steps.values[:, 3]) < 1.01 * LEAST_WIDTH
        u = np.hypot(u, _PIXELATION * sharp)
        values[again] = steps.values
        u_position[again] = np.where(too_fine[again], u, u_position[again])
    return values, u_position, found.u_levels, found.u_step


def _search(
    y: FloatArray,
    weights: FloatArray,
    is_there: NDArray[np.bool_],
    noise: _Noise,
) -> tuple[StepPosterior, float]:
    """The posterior of each profile, and how correlated its noise is."""
    if noise.gain is not None:
        return step_posterior(y, weights, noise.counting(y, is_there)), 1.0
    found = step_posterior(y, weights)
    if noise.least is not None:
        variance = np.maximum(noise.least, found.variance)
        return step_posterior(y, weights, variance), 1.0
    residuals = np.where(is_there, y - _model(found.best, y.shape[1]), 0.0)
    correlated = _inflation(residuals, is_there)
    if correlated > 1:
        found = step_posterior(y, weights, correlated=correlated)
    return found, correlated


def _model(values: FloatArray, samples: int) -> FloatArray:
    """(N, n) brightness of steps."""
    from scipy.special import ndtr

    position, low, high, log_width = (values[:, i, None] for i in range(4))
    part = ndtr((np.arange(samples) - position) / np.exp(log_width))
    return np.asarray(low + (high - low) * part)


def _inflation(residuals: FloatArray, is_there: NDArray[np.bool_]) -> float:
    """Factor of the variance by correlated neighbours, from all residuals together.

    The variance of a mean over many samples is ``1 + 2 sum(rho_k)`` times that of
    independent ones; a sum below 0 is what four fitted parameters do to white noise.
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


def _flags(
    values: FloatArray,
    u_position: FloatArray,
    u_step: FloatArray,
    is_there: NDArray[np.bool_],
) -> NDArray[np.str_]:
    """Why an edge is not to be trusted."""
    width = np.exp(values[:, 3])
    position = values[:, 0]
    samples = is_there.shape[1]
    first = is_there.argmax(axis=1)
    last = samples - 1 - is_there[:, ::-1].argmax(axis=1)
    seen = np.abs(values[:, 2] - values[:, 1]) > _LEAST_STEP * u_step
    at_end = ~((position > first + 1.0) & (position < last - 1.0))
    too_wide = width >= 0.99 * widest_step(samples)
    vague = ~(u_position <= np.maximum(width, 2 * LEAST_WIDTH)) | too_wide
    return np.select(
        [~seen, at_end, vague],
        [LOW_CONTRAST, OUT_OF_FRAME, UNRESOLVED],
        default="",
    )
