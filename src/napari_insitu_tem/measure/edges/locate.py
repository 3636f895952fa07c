"""Edges along profiles: batch fits of blurred steps and of round bodies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.edges.noise_model import NoiseModel
from napari_insitu_tem.measure.edges.result import OUT_OF_FRAME, EdgeFits
from napari_insitu_tem.measure.edges.round_body import fit_round_bodies
from napari_insitu_tem.measure.edges.round_model import EXPONENTIAL, LINEAR
from napari_insitu_tem.measure.edges.step import fit_step_profiles, step_flags
from napari_insitu_tem.measure.step_posterior import LEAST_WIDTH
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: Samples that are worked on at once.
_BATCH = 500_000

#: Fewest samples of a profile for the parameters of a model.
_LEAST_SAMPLES = {"step": 6, "wire": 12, "sphere": 12}

MODELS = tuple(_LEAST_SAMPLES)


@on_one_thread
def locate_edges(
    profiles: ArrayLike,
    *,
    rows: float = 1,
    gain: float | None = None,
    model: str = "step",
    attenuation: str | None = None,
    span: float = 0.0,
    least_noise: ArrayLike | None = None,
) -> EdgeFits:
    """Find the one edge, or the one round body, of each profile.

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
        "step": a step blurred by a Gaussian. "wire": the projection of a round wire
        across the profile. "sphere": that of a ball whose centre lies on the profile's
        line.
    attenuation
        Of a wire or sphere: "exponential" (transmission, Beer-Lambert) or "linear" in
        the thickness (thin bodies, dark field). None: exponential for bodies darker
        than the background and linear for brighter ones, unless the profiles together
        say otherwise, which they can in good light only. The wrong one of them makes
        the diameter wrong by 1 % where the body takes a quarter of the light.
    span
        Of a sphere: height in px across the profile over which its rows were averaged,
        the centre in the middle (`rows` of them a pixel apart: `span=rows`). 0: the
        profile is that through the centre. Averaging over a height h makes a ball of
        diameter d look thinner by about h**2/(6 d) px.
    least_noise
        (N,) standard deviation of a sample, from elsewhere; used without a gain, and
        raised by the residuals where they scatter more.

    Raises
    ------
    MeasurementError
        Unknown model or attenuation, no profile, too few samples for the model, a
        number of rows or a gain that is not positive, or a span that is negative or of
        another body than a sphere.

    Notes
    -----
    **Step.** ``I(x) = lo + (hi - lo) Phi((x - x0) / s)``, Phi being the normal
    distribution function; ``s**2 = blur**2 + 1/12`` includes the integration over a
    pixel. The whole profile is searched: the likelihood of every place and width gives
    the posterior mean and standard deviation of the place, see `step_posterior`. Where
    these are finer than its grid, a least-squares fit of all four parameters takes
    over, with the uncertainty of the Fisher information. Where the profile is described
    much better with slopes of the background before and after the edge (chi-squared
    lower by 14, exceeded by chance in 0.1 %), they are fitted too; they begin at the
    edge and are blurred as it is. Where a quarter of the profiles (ten at least) asks
    for slopes, the slopes and widths that all have in common are learnt from them, and
    all are fitted again with that. Where slopes are possible but not demanded and
    would move the edge by more than twice its uncertainty, it is flagged `unresolved`.
    A profile by itself may hide its slope in weak light: with 10 electrons a pixel, 20
    rows and a slope of 5 % of the step a pixel on one side, half of them are flagged,
    and one in ten of the others is off by more than 5 px.

    **Wire, sphere.** See `round_body.fit_round_bodies`: the thickness
    ``2 sqrt(R**2 - x**2)``, attenuating exponentially or linearly, integrated over
    pixels (and over the span), blurred, on a background with a slope.

    With a gain the variance of a sample is ``gain I / rows`` (Poisson), whatever the
    residuals are: a camera that spreads its electrons over several pixels makes single
    pixels, not sums over an edge, look less noisy than they are. Without a gain the
    variance follows from the residuals, raised by the correlation of neighbouring ones.

    A curved front (see `locate_edge_2d`) and Fresnel fringes bias a step fit; the
    stated uncertainty does not contain that.
    """
    if attenuation not in (None, EXPONENTIAL, LINEAR):
        raise MeasurementError(
            f"{attenuation!r} is not a law of attenuation.",
            hint=f"Choose {EXPONENTIAL} or {LINEAR}.",
        )
    if not span >= 0 or (span and model != "sphere"):
        raise MeasurementError(
            "Only a sphere looks different where rows beside its centre are averaged.",
            hint="Give a span of 0, or of a height in px for a sphere.",
        )
    y, is_there = _checked(profiles, rows, gain, model)
    few = is_there.sum(axis=1) < _LEAST_SAMPLES[model]
    is_there[few] = True  # fitted as nothing, and flagged
    y = np.where(is_there & ~few[:, None], y, 0.0)
    noise = NoiseModel(rows, gain, least_noise, len(y))
    batch = max(1, _BATCH // y.shape[1])
    parts = []
    for first in range(0, len(y), batch):
        part = slice(first, first + batch)
        some = y[part], is_there[part], noise.of(part)
        if model == "step":
            parts.append(_fit_steps(*some))
        else:
            parts.append(fit_round_bodies(*some, model, attenuation, span))
    return _without(_joined(parts), few)


def _checked(
    profiles: ArrayLike, rows: float, gain: float | None, model: str
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The profiles as an array, and where they have samples."""
    if model not in MODELS:
        raise MeasurementError(
            f"{model!r} is not a model of an edge.",
            hint=f"Choose one of {', '.join(MODELS)}.",
        )
    if not rows > 0 or (gain is not None and not gain > 0):
        raise MeasurementError("The number of rows and the gain must be positive.")
    y = np.atleast_2d(np.asarray(profiles, dtype=np.float64))
    least = _LEAST_SAMPLES[model]
    if y.ndim != 2 or y.shape[0] == 0 or y.shape[1] < least:
        raise MeasurementError(
            f"A {model} needs profiles of at least {least} samples along the line.",
            hint="Give an array (profiles, samples).",
        )
    return y, np.isfinite(y)


def _fit_steps(
    y: FloatArray, is_there: NDArray[np.bool_], noise: NoiseModel
) -> EdgeFits:
    steps = fit_step_profiles(y, is_there, noise)
    width = np.exp(steps.values[:, 3])
    unknown = np.full(len(y), np.nan)
    return EdgeFits(
        position=steps.values[:, 0],
        u_position=steps.u_position,
        levels=steps.values[:, 1:3],
        blur=np.sqrt(np.maximum(width**2 - LEAST_WIDTH**2, 0.0)),
        flag=step_flags(steps, is_there),
        u_levels=steps.u_levels,
        slopes=steps.values[:, 4:6],
        diameter=unknown,
        u_diameter=unknown.copy(),
        attenuation=np.full(len(y), ""),
        rows=noise.rows,
        gain=noise.gain,
        model="step",
    )


_COLUMNS = (
    "position",
    "u_position",
    "levels",
    "blur",
    "flag",
    "u_levels",
    "slopes",
    "diameter",
    "u_diameter",
    "attenuation",
)


def _joined(parts: list[EdgeFits]) -> EdgeFits:
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in _COLUMNS
    }
    return replace(parts[0], **columns)


def _without(fits: EdgeFits, few: NDArray[np.bool_]) -> EdgeFits:
    """The fits, with nothing for profiles of too few samples."""
    for name in _COLUMNS:
        values = getattr(fits, name)
        if values.dtype.kind == "f":
            values[few] = np.nan
    flag = np.where(few, OUT_OF_FRAME, fits.flag)
    return replace(fits, flag=flag)
