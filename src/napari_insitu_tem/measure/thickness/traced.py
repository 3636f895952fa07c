"""Both boundaries of a layer snapped at once to the image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.curves import as_curve
from napari_insitu_tem.measure.noise import averaging_noise
from napari_insitu_tem.measure.thickness.beside import pixels_beside
from napari_insitu_tem.measure.thickness.layer import layer_thickness
from napari_insitu_tem.measure.thickness.mixing import Mixture, fit_boundaries
from napari_insitu_tem.measure.thickness.result import RESOLVED, LayerThickness
from napari_insitu_tem.measure.thickness.search import search_layer
from napari_insitu_tem.measure.thickness.straighten import Lines, lines_across
from napari_insitu_tem.measure.thickness.three_levels import Problem, State
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: Blur with which the search begins where it is not known.
_FIRST_BLUR = 1.8

#: A step of brightness below this many of its own uncertainties is noise.
_LEAST_STEP = 4.0

#: A boundary less certain than this many px, or than this part of the layer, is vague.
_VAGUE, _VAGUE_PART = 2.0, 0.5

#: Part of the lines that may be doubtful before the whole is.
_MAY_FAIL = 0.25

_PIXEL = 1.0 / 12.0
_LOW_CONTRAST, _OUT_OF_FRAME = "low_contrast", "out_of_frame"
_UNRESOLVED = "unresolved"


@dataclass(frozen=True, eq=False)
class TracedLayer:
    """Both boundaries of a layer, found in an image.

    Attributes
    ----------
    inner, outer
        (K, 2) boundaries (y, x), about a pixel a point; of a ring the first point is
        repeated, so that they have one more.
    u_inner, u_outer
        Standard uncertainty of each point across the layer, as many as points.
    levels, u_levels
        (3,) brightness of core, layer and outside.
    blur, u_blur
        Gaussian blur of both edges (1 s.d.) in px, without that of the pixel.
    mean, u_mean
        Mean thickness, and its standard uncertainty by the noise of the image.
    roughness
        (2,) standard deviation of the step of each boundary from line to line.
    flags
        For each point "" or `low_contrast`, `unresolved`, `out_of_frame`.
    flag
        The same word for the layer as a whole; `unresolved` where it is thinner than
        two blurs that are not known.
    gain, is_blur_known
        As given.
    """

    inner: FloatArray
    outer: FloatArray
    u_inner: FloatArray
    u_outer: FloatArray
    levels: FloatArray
    u_levels: FloatArray
    blur: float
    u_blur: float
    mean: float
    u_mean: float
    roughness: FloatArray
    flags: NDArray[np.str_]
    flag: str
    gain: float | None
    is_blur_known: bool

    @cached_property
    def thickness(self) -> LayerThickness:
        """The thickness between the two boundaries, by "laplace"."""
        blur = None if self.is_blur_known else self.blur
        return layer_thickness(self.inner, self.outer, blur=blur)


@on_one_thread
def trace_layer(
    image: ArrayLike,
    inner: ArrayLike,
    outer: ArrayLike,
    *,
    gain: float | None = None,
    blur: float | None = None,
    reach: float | None = None,
) -> TracedLayer:
    """Find both boundaries of a layer at once, from roughly drawn ones.

    Parameters
    ----------
    image
        (y, x) counts.
    inner, outer
        (n, 2) drawn boundaries (y, x); closed where the first point is the last.
    gain
        Counts per electron; None: the noise is taken from the image.
    blur
        Gaussian blur (1 s.d., without that of the pixel) where it is known, as from a
        single sharp edge of the same movie. A layer thinner than two blurs can only be
        measured with it.
    reach
        How far in px the boundaries may lie from the drawn ones; None: half the layer,
        5 to 12 px.

    Raises
    ------
    MeasurementError
        No image (y, x), or boundaries that do not face each other.

    Notes
    -----
    The layer is laid out straight along lines across it. Each shows three levels, core,
    layer and outside, with two steps of a common blur. The pair of places is searched
    for on all lines together (`search.search_layer`); then places, levels and blur are
    fitted at once to the pixels beside the layer (`three_levels.fit_three_levels`).
    How smooth each boundary is follows from the image (`mixing.fit_boundaries`). Edges
    found one by one attract each other where they are closer than about four blurs; the
    joint fit does not have that error.
    """
    frame = np.asarray(image)
    if frame.ndim != 2 or min(frame.shape, default=0) < 4:
        raise MeasurementError("A layer is traced in one image (y, x).")
    curves = as_curve(inner, 0.25), as_curve(outer, 0.25)
    lines = lines_across(*curves, reach)
    data = lines.samples(frame)
    is_seen = _is_seen(lines, data)
    if is_seen.sum() < 4:
        raise MeasurementError(
            "The layer lies out of the image.", hint="Draw it inside the frame."
        )
    missing = ~np.isfinite(data)
    data = np.where(missing, np.nanmean(data), data)
    sigma = None if blur is None else float(np.hypot(blur, np.sqrt(_PIXEL)))
    variance = _variance(frame, lines, data, gain)
    weights = 1.0 / variance
    found = search_layer(lines, data, weights, sigma or _FIRST_BLUR)
    pixels = pixels_beside(frame, lines)
    # The variance of a sample is that of the pixels around its offset.
    pixels = replace(
        pixels, weights=1.0 / np.interp(pixels.offset, lines.offsets, variance)
    )
    log_blur = float(np.log(sigma or _FIRST_BLUR))
    reference = np.stack([lines.inner, lines.outer])
    problem = Problem(pixels, reference, None if sigma is None else log_blur)
    start = State(found.boundaries, found.levels, log_blur)
    fit = fit_boundaries(problem, start, gain)
    return _result(lines, fit, is_seen, sigma, gain)


def _is_seen(lines: Lines, data: FloatArray) -> NDArray[np.bool_]:
    """(K,) whether a line has samples on both sides of where edges are looked for."""
    x = lines.offsets[None, :]
    near = (x > lines.inner[:, None] - 0.5 * lines.reach) & (
        x < lines.outer[:, None] + 0.5 * lines.reach
    )
    return np.asarray(~np.any(near & ~np.isfinite(data), axis=1))


def _variance(
    frame: NDArray[Any], lines: Lines, data: FloatArray, gain: float | None
) -> FloatArray:
    """(n,) variance of a sample, as a mean over many of them sees it."""
    if gain is not None:
        level = np.maximum(data.mean(axis=0), 1e-2 * abs(float(data.mean())) + 1e-12)
        return np.asarray(gain * level)
    places = lines.place(lines.offsets[None, :])
    last = np.array(frame.shape) - 1
    low = np.clip(places.min(axis=(0, 1)) - 10, 0, last).astype(int)
    high = np.clip(places.max(axis=(0, 1)) + 10, 0, last).astype(int)
    around = frame[low[0] : high[0] + 1, low[1] : high[1] + 1]
    noise = averaging_noise(around)
    least = 1e-6 * float(np.ptp(data)) + 1e-12
    return np.full(len(lines.offsets), max(noise, least) ** 2)


def _result(
    lines: Lines,
    fit: Mixture,
    is_seen: NDArray[np.bool_],
    sigma: float | None,
    gain: float | None,
) -> TracedLayer:
    blur = float(np.sqrt(max(np.exp(2 * fit.state.log_blur) - _PIXEL, 0.0)))
    wide = float(np.exp(fit.state.log_blur))
    flags = _flags(fit, is_seen, wide, sigma is not None)
    steps = np.diff(fit.state.x, axis=1)
    roughness = steps.std(axis=1)
    sides = [lines.place(x[:, None])[:, 0] for x in fit.state.x]
    u = list(fit.u_boundaries)
    if lines.is_closed:
        sides = [np.concatenate([p, p[:1]]) for p in sides]
        u = [np.concatenate([v, v[:1]]) for v in u]
        flags = np.concatenate([flags, flags[:1]])
    mean = float(np.mean(fit.state.x[1] - fit.state.x[0]))
    failed = [word for word in flags if word]
    flag = ""
    if len(failed) > _MAY_FAIL * len(flags):
        flag = str(max(failed, key=failed.count))
    else:
        is_thin = sigma is None and mean - fit.u_mean < RESOLVED * wide
        flag = _UNRESOLVED if is_thin or fit.u_mean > 0.5 * mean else flag
    return TracedLayer(
        inner=sides[0],
        outer=sides[1],
        u_inner=u[0],
        u_outer=u[1],
        levels=fit.state.levels,
        u_levels=fit.u_levels,
        blur=blur,
        u_blur=fit.u_log_blur * wide,
        mean=mean,
        u_mean=fit.u_mean,
        roughness=roughness,
        flags=flags,
        flag=flag,
        gain=gain,
        is_blur_known=sigma is not None,
    )


def _flags(
    fit: Mixture, is_seen: NDArray[np.bool_], wide: float, is_known: bool
) -> NDArray[np.str_]:
    """(K,) why a point is not to be trusted."""
    steps = np.abs(np.diff(fit.state.levels))
    u_steps = np.hypot(fit.u_levels[:-1], fit.u_levels[1:])
    is_faint = bool(np.any(~(steps > _LEAST_STEP * u_steps)))
    thick = fit.state.x[1] - fit.state.x[0]
    u = np.hypot(*fit.u_boundaries)
    vague = ~(u < np.maximum(_VAGUE, _VAGUE_PART * thick))
    if not is_known:
        vague |= thick < RESOLVED * wide
    return np.select(
        [~is_seen, np.full(thick.shape, is_faint), vague],
        [_OUT_OF_FRAME, _LOW_CONTRAST, _UNRESOLVED],
        default="",
    )
