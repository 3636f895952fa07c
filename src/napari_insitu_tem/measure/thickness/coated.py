"""A coated wire: core radius, shell thickness and their ratio from its projection."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.edges.least_squares import Fits, Limits, fit_profiles
from napari_insitu_tem.measure.thickness.coated_model import (
    ABSORPTION,
    BASE,
    CENTRE,
    CORE,
    CORE_STRENGTH,
    LINEAR,
    LOG_BLUR,
    SHELL,
    SHELL_STRENGTH,
    CoatedModel,
)
from napari_insitu_tem.measure.thickness.coated_starts import starts
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: Fewest samples for the values of a coated wire.
_LEAST_SAMPLES = 16

#: Blur of a pixel and widest blur, in samples (1 s.d.).
_SHARPEST, _WIDEST = 0.3, 12.0

#: Expected blur where it is not known, and the uncertainty of its logarithm.
_LIKELY_BLUR, _U_LOG_BLUR = 1.5, 0.4

#: A wire or a difference of its two parts below this many of its own uncertainties is
#: taken for noise.
_LEAST_SEEN, _LEAST_APART = 4.0, 3.0

#: A shell thinner than this many blurs is not resolved where the blur is fitted too;
#: one less certain than this part of its thickness is not in any case.
_RESOLVED, _VAGUE = 2.0, 0.5

_LOW_CONTRAST, _OUT_OF_FRAME = "low_contrast", "out_of_frame"
_NOT_IDENTIFIABLE, _UNRESOLVED = "not_identifiable", "unresolved"


@dataclass(frozen=True, eq=False)
class CoatedWire:
    """A coated wire; of a batch of N profiles every value is an (N,) array.

    Attributes
    ----------
    core_radius, u_core_radius
        Radius r of the core in samples, and its standard uncertainty.
    shell_thickness, u_shell_thickness
        Thickness t of the shell.
    t_over_r, u_t_over_r
        Their ratio.
    outer_radius, u_outer_radius
        r + t.
    centre, u_centre
        Place of the axis in samples from the first one.
    attenuation, u_attenuation
        (..., 2) coefficients of core and shell: per sample for absorption, in counts
        per sample for linear contrast.
    background
        Brightness beside the wire.
    blur
        Gaussian blur (1 s.d.), without that of the pixel.
    flag
        "", `low_contrast` (no wire above the noise), `out_of_frame` (it ends beyond the
        profile), `not_identifiable` (core and shell look the same), `unresolved` (the
        shell is thinner than two blurs that are not known, or less certain than half
        its thickness).
    rows, gain, contrast
        As given, and the contrast that was used.
    """

    core_radius: Any
    u_core_radius: Any
    shell_thickness: Any
    u_shell_thickness: Any
    t_over_r: Any
    u_t_over_r: Any
    outer_radius: Any
    u_outer_radius: Any
    centre: Any
    u_centre: Any
    attenuation: Any
    u_attenuation: Any
    background: Any
    blur: Any
    flag: Any
    rows: float
    gain: float | None
    contrast: str


@on_one_thread
def coated_wire(
    profile: ArrayLike,
    *,
    rows: float = 1,
    gain: float | None = None,
    blur: float | None = None,
    contrast: str | None = None,
) -> CoatedWire:
    """Measure core and shell of a coated wire from the profile across it.

    Parameters
    ----------
    profile
        (n,) or (N, n) mean counts a pixel across the wire, with background on both
        sides; NaN where there is no sample.
    rows
        Number of independent rows that were averaged.
    gain
        Counts per electron; None: least squares, the noise from the residuals.
    blur
        Gaussian blur (1 s.d.) where it is known from a sharp edge; else it is fitted,
        as a blur of 1.5 px known to within a factor of 1.5: the profile hardly tells
        the blur from the thickness of the shell.
    contrast
        "absorption": transmission, dark on bright. "linear": brightness proportional to
        the thickness, as in a dark field. None: by whether the wire is the darker or
        the brighter.

    Raises
    ------
    MeasurementError
        Too few samples, unknown contrast.

    Notes
    -----
    See `coated_model.CoatedModel` for the profile. The peaks of its gradient are not at
    the two radii, and a thin shell hides between them; the fit of the whole profile is
    started from a grid of radii, and weighted by ``rows / (gain I)`` with a gain. The
    uncertainties are those of the Fisher information.
    """
    y = np.asarray(profile, dtype=np.float64)
    is_one = y.ndim == 1
    y = np.atleast_2d(y)
    if y.ndim != 2 or y.shape[1] < _LEAST_SAMPLES:
        raise MeasurementError(
            f"A coated wire needs at least {_LEAST_SAMPLES} samples across it."
        )
    if contrast not in (None, ABSORPTION, LINEAR):
        raise MeasurementError(
            f"{contrast!r} is not a kind of contrast.",
            hint=f"Choose {ABSORPTION}, {LINEAR} or None.",
        )
    there = np.isfinite(y)
    enough = there.sum(axis=1) >= _LEAST_SAMPLES
    there[~enough] = True
    y = np.where(there & enough[:, None], y, 0.0)
    chosen = contrast or _contrast(y, there)
    sigma = None if blur is None else float(np.hypot(blur, 12**-0.5))
    limits = _limits(y, sigma, chosen)
    values, fits = _fit(y, there, rows, gain, sigma, limits, chosen)
    values[~enough] = np.nan
    known = _result(values, fits, limits, there, rows, gain, blur, chosen)
    known.flag[~enough] = _OUT_OF_FRAME
    return _only(known) if is_one else known


def _contrast(y: FloatArray, there: NDArray[np.bool_]) -> str:
    """By whether the middle is darker than the ends, over all profiles."""
    edge = max(2, y.shape[1] // 10)
    ends = np.concatenate([y[:, :edge], y[:, -edge:]], axis=1)
    at_ends = np.concatenate([there[:, :edge], there[:, -edge:]], axis=1)
    beside = np.median(ends[at_ends]) if at_ends.any() else 0.0
    return ABSORPTION if np.mean(y[there]) <= beside else LINEAR


def _fit(
    y: FloatArray,
    there: NDArray[np.bool_],
    rows: float,
    gain: float | None,
    known_blur: float | None,
    limits: Limits,
    contrast: str,
) -> tuple[FloatArray, Fits]:
    """The best of the fits from several starts, weighted by the noise."""
    model = CoatedModel(y.shape[1], contrast)
    sigma = known_blur or _LIKELY_BLUR
    expected = _Expecting(model, float(np.log(sigma)))
    data = expected.added(y)
    weights = expected.weighted(there / _variance(y, there, rows, gain)[:, None])
    begin = starts(y, there, sigma, contrast)
    tries = [fit_profiles(expected, data, weights, start, limits) for start in begin]
    best = np.argmin([fit.cost for fit in tries], axis=0)
    values = np.stack([fit.values for fit in tries])[best, np.arange(len(y))]
    mean = model(values)[0]
    if gain is not None:
        least = 1e-2 * np.abs(mean).max(axis=1, keepdims=True) + 1e-12
        variance = gain / rows * np.maximum(mean, least)
    else:
        free = np.maximum(there.sum(axis=1) - values.shape[1], 1)
        scatter = np.sum(there * (y - mean) ** 2, axis=1) / free
        variance = np.maximum(scatter, 1e-12 * np.mean(y**2) + 1e-300)[:, None]
    weights = expected.weighted(there / variance)
    fits = fit_profiles(expected, data, weights, values, limits)
    return fits.values, fits


class _Expecting:
    """A model that also gives the logarithm of its blur, as a sample that is expected.

    The profile alone hardly tells the blur from the thickness of the shell.
    """

    def __init__(self, model: CoatedModel, log_blur: float) -> None:
        self.model, self.log_blur = model, log_blur

    def __call__(self, values: FloatArray) -> tuple[FloatArray, FloatArray]:
        mean, by = self.model(values)
        of_blur = np.zeros((*by.shape[:2], 1))
        of_blur[:, LOG_BLUR] = 1.0
        mean = np.concatenate([mean, values[:, LOG_BLUR, None]], axis=1)
        return mean, np.concatenate([by, of_blur], axis=2)

    def added(self, y: FloatArray) -> FloatArray:
        """(N, n + 1) profiles and the expected logarithm of the blur."""
        return np.concatenate([y, np.full((len(y), 1), self.log_blur)], axis=1)

    def weighted(self, weights: FloatArray) -> FloatArray:
        """(N, n + 1) weights of the profiles, and of what is expected."""
        last = np.full((len(weights), 1), 1.0 / _U_LOG_BLUR**2)
        return np.concatenate([weights, last], axis=1)


def _variance(
    y: FloatArray, there: NDArray[np.bool_], rows: float, gain: float | None
) -> FloatArray:
    """(N,) variance of a sample: counted, or from neighbours' differences."""
    if gain is not None:
        level = y.sum(axis=1) / there.sum(axis=1)
        return np.asarray(gain / rows * np.maximum(level, 1e-12))
    both = there[:, 1:] & there[:, :-1]
    square = np.where(both, np.diff(y, axis=1) ** 2, 0.0).sum(axis=1)
    least = 1e-12 * np.mean(y**2) + 1e-300
    return np.asarray(0.5 * square / np.maximum(both.sum(axis=1), 1) + least)


def _limits(y: FloatArray, sigma: float | None, contrast: str) -> Limits:
    n = y.shape[1]
    size = float(np.abs(y).max()) + 1e-12
    strong = 5.0 if contrast == ABSORPTION else 10 * size
    ends = [_SHARPEST, _WIDEST] if sigma is None else [sigma, sigma]
    low = [0, -size, 0, 0.5, 0.0, 0.0, 0.0, np.log(ends[0])]
    high = [3 * size, size, n - 1, 0.75 * n, 0.5 * n, strong, strong, np.log(ends[1])]
    leap = [size, size, n / 20, n / 20, n / 20, strong / 10, strong / 10, 0.5]
    done = [np.inf, np.inf, 2e-3, 2e-3, 2e-3, np.inf, np.inf, 5e-3]
    if contrast == LINEAR:
        low[0] = -3 * size
    return Limits(*(np.array(v, dtype=np.float64) for v in (low, high, leap, done)))


def _result(
    values: FloatArray,
    fits: Fits,
    limits: Limits,
    there: NDArray[np.bool_],
    rows: float,
    gain: float | None,
    blur: float | None,
    contrast: str,
) -> CoatedWire:
    covariance = fits.covariance()
    # A value at its bound does not vary.
    held = (values <= limits.low) | (values >= limits.high)
    covariance[held[:, :, None] | held[:, None, :]] = 0.0
    r, t = values[:, CORE], values[:, SHELL]
    ratio = t / r
    by_ratio = np.zeros(values.shape)
    by_ratio[:, CORE], by_ratio[:, SHELL] = -t / r**2, 1 / r
    by_outer = np.zeros(values.shape)
    by_outer[:, [CORE, SHELL]] = 1.0

    def u_of(by: FloatArray) -> FloatArray:
        return np.asarray(np.sqrt(np.einsum("np,npq,nq->n", by, covariance, by)))

    u = np.sqrt(np.einsum("npp->np", covariance))
    strengths = [CORE_STRENGTH, SHELL_STRENGTH]
    return CoatedWire(
        core_radius=r,
        u_core_radius=u[:, CORE],
        shell_thickness=t,
        u_shell_thickness=u[:, SHELL],
        t_over_r=ratio,
        u_t_over_r=u_of(by_ratio),
        outer_radius=r + t,
        u_outer_radius=u_of(by_outer),
        centre=values[:, CENTRE],
        u_centre=u[:, CENTRE],
        attenuation=values[:, strengths],
        u_attenuation=u[:, strengths],
        background=values[:, BASE],
        blur=np.sqrt(np.maximum(np.exp(2 * values[:, LOG_BLUR]) - 1 / 12, 0.0)),
        flag=_flags(values, covariance, there, blur),
        rows=rows,
        gain=gain,
        contrast=contrast,
    )


def _flags(
    values: FloatArray,
    covariance: FloatArray,
    there: NDArray[np.bool_],
    blur: float | None,
) -> NDArray[np.str_]:
    """Why a wire is not to be trusted."""
    r, t, centre = values[:, CORE], values[:, SHELL], values[:, CENTRE]
    u = np.sqrt(np.einsum("npp->np", covariance))
    core, shell = values[:, CORE_STRENGTH], values[:, SHELL_STRENGTH]
    seen = core > _LEAST_SEEN * u[:, CORE_STRENGTH]
    seen |= shell > _LEAST_SEEN * u[:, SHELL_STRENGTH]
    by = np.zeros(values.shape)
    by[:, CORE_STRENGTH], by[:, SHELL_STRENGTH] = 1.0, -1.0
    u_apart = np.sqrt(np.einsum("np,npq,nq->n", by, covariance, by))
    is_told = np.abs(core - shell) > _LEAST_APART * u_apart
    is_told &= shell > _LEAST_SEEN * u[:, SHELL_STRENGTH]
    first = there.argmax(axis=1)
    last = there.shape[1] - 1 - there[:, ::-1].argmax(axis=1)
    beyond = ~((centre - r - t > first - 0.5) & (centre + r + t < last + 0.5))
    wide = _RESOLVED * np.exp(values[:, LOG_BLUR])
    vague = ~(u[:, SHELL] <= _VAGUE * t)
    if blur is None:
        vague |= t < wide
    return np.select(
        [
            ~seen,
            beyond,
            ~is_told,
            vague,
        ],
        [_LOW_CONTRAST, _OUT_OF_FRAME, _NOT_IDENTIFIABLE, _UNRESOLVED],
        default="",
    )


def _only(wire: CoatedWire) -> CoatedWire:
    """The one wire of a batch of one, as plain numbers."""
    one: dict[str, Any] = {}
    for item in fields(wire):
        value = getattr(wire, item.name)
        if isinstance(value, np.ndarray):
            first = value[0]
            one[item.name] = first if first.ndim else first.item()
    return replace(wire, **one)
