"""How far an outline has to move along its normals: maximum likelihood in one frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.contour import (
    Contour,
    wave_basis,
    wave_products,
)
from napari_insitu_tem.measure.regions.levels import (
    Levels,
    depth_weight,
    fitted_levels,
    own_weight,
    smoothed_strip,
    touching,
)
from napari_insitu_tem.measure.regions.noise import Noise
from napari_insitu_tem.measure.regions.rims import Profile, rim_profile, step_profile
from napari_insitu_tem.measure.regions.strips import Strip
from napari_insitu_tem.measure.regions.visible import contrast_seen, fading

FloatArray = NDArray[np.float64]

#: Farthest a node moves in one step of the fit, in widths of the edge.
_FARTHEST = 1.5
#: Waves whose scores beside the edge tell how noisy that of the edge is.
_NOISE_WAVES = 6
#: Places around the outline at which its uncertainty is worked out.
_PLACES = 40
#: The parameters besides the displacement: both levels and the logarithm of the blur.
_EXTRAS = 3


@dataclass(frozen=True, eq=False)
class Displacement:
    """The result of a fit in one frame.

    Attributes
    ----------
    outward
        (A,) displacement of each node along its normal, in px.
    coefficients, covariance
        (2 K + 1,) displacement in waves, (2 K + 1, 2 K + 1) covariance without excess
        noise.
    local
        (A,) variance of each node's displacement by that covariance.
    levels, width
        Brightness on both sides, and width of the edge with the pixel's own.
    contrast, u_contrast
        Mean of inside minus outside over the outline, and its standard uncertainty.
    excess
        Variance of the score beside the edge over that of the stated noise.
    visible
        Part of the outline along which the edge is seen.
    log_width_score, log_width_information
        For learning the width.
    fades
        Part by which the contrast rises more than expected behind the edge, 0 where it
        cannot be told from none.
    filled
        (A,) part of a window next to each node that another body fills.
    misfit, weight
        (A, H) squares of what is left, in variances of a pixel, and the area in px that
        each stands for.
    """

    outward: FloatArray
    coefficients: FloatArray
    covariance: FloatArray
    local: FloatArray
    levels: Levels
    width: float
    contrast: float
    u_contrast: float
    excess: float
    visible: float
    log_width_score: float
    log_width_information: float
    fades: float = 0.0
    filled: FloatArray = field(default_factory=lambda: np.zeros(0))
    misfit: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    weight: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))

    @property
    def bridged(self) -> NDArray[np.bool_]:
        """(A,) where another body touches, so that the shape alone says the end."""
        return touching(self.filled)

    @property
    def variances(self) -> FloatArray:
        """(2 K + 1,) variances of the coefficients."""
        return np.diagonal(self.covariance)


@dataclass(frozen=True, eq=False)
class _Slopes:
    """Sums over offsets that the Newton step needs."""

    score: FloatArray
    information: FloatArray
    extra_score: FloatArray
    extra_information: FloatArray
    mixed: FloatArray


def fit_displacement(
    strip: Strip,
    contour: Contour,
    levels: Levels,
    noise: Noise,
    prior: tuple[FloatArray, FloatArray],
    widths: Sequence[float],
    filled_before: FloatArray | None = None,
    round_radius: float | None = None,
) -> Displacement:
    """Fit the edge along the whole outline.

    Parameters
    ----------
    strip
        The image beside the outline.
    contour
        The outline.
    levels
        Brightness on both sides, roughly.
    noise
        Variance of a pixel.
    prior
        (2 K + 1,) expected coefficients and their variances.
    widths
        Width of the edge in each step: wide ones first reach far.
    filled_before
        (A,) `Displacement.filled` in the frame before.
    round_radius
        Radius of a body that is round in depth too and thins towards its rim, see
        `rims.rim_profile`; None: one with a step at its edge.

    Notes
    -----
    The model is ``out + (in - out) Phi((d(s) - n) / w)`` at offset n from the outline
    at arc s, with d(s) a Fourier series (and the rim of a ball in place of Phi for a
    round body). Each step is one of Fisher scoring for
    the series, both levels and the width together, after the local levels have been
    fitted; the prior enters as a quadratic penalty. The covariance of the series is the
    inverse of the same information, so neighbouring nodes share what they share.
    """
    basis, _ = wave_basis(len(contour.nodes), contour.waves)
    arc = contour.perimeter / len(contour.nodes)
    mean, variance = prior
    c = mean.copy()
    size = len(c)
    away_from = strip.offsets
    level_noise = float(noise.of(np.mean(levels.inside + levels.outside) / 2))
    smooth = smoothed_strip(strip, levels.contrast, arc, level_noise)
    for step, width in enumerate(widths):
        edge = basis @ c
        weight, filled = own_weight(
            strip,
            smooth,
            levels,
            edge,
            width,
            arc,
            level_noise,
            filled_before,
            is_round=round_radius is not None,
        )
        away = away_from - edge[:, None]
        if round_radius is None:
            profile = step_profile(away, width)
        else:
            profile = rim_profile(away, width, round_radius)
        inner = profile.inner
        depth = depth_weight(strip, width)
        if step or len(widths) == 1:
            levels = fitted_levels(
                strip, weight * depth, inner, arc, level_noise, levels
            )
        step_size = _steps(levels)
        model = levels.outside[:, None] + step_size[:, None] * inner
        per = weight / noise.of(model)
        slopes = _slopes(strip, per, model, step_size[:, None], profile)
        matrix, vector = _bordered(slopes, basis, c - mean, variance)
        try:
            moved = np.linalg.solve(matrix, vector)[:size]
        except np.linalg.LinAlgError:
            break
        farthest = np.abs(basis @ moved).max()
        c = c + moved * min(1.0, _FARTHEST * width / max(farthest, 1e-12))
    own = replace(strip, weight=weight)
    seen = (basis @ c, model, inner)
    found = _result(own, basis, c, levels, slopes, matrix, widths[-1], seen, noise)
    fades = fading(own, basis @ c, model, widths[-1], levels.contrast, noise)
    misfit = (strip.values - model) ** 2 / noise.of(model)
    return replace(found, filled=filled, fades=fades, misfit=misfit, weight=weight)


def _steps(levels: Levels) -> FloatArray:
    """(A,) inside minus outside, of one sign and at most twice the mean."""
    step = levels.inside - levels.outside
    mean = levels.contrast
    return np.asarray(np.clip(step / mean, 0.0, 2.0) * mean) if mean else step


def _slopes(
    strip: Strip,
    per: FloatArray,
    model: FloatArray,
    step: FloatArray,
    profile: Profile,
) -> _Slopes:
    left = (strip.values - model) * per
    slope, inner = step * profile.bell, profile.inner
    weighted = slope * per
    extras = np.stack([inner, 1 - inner, step * profile.by_width])
    return _Slopes(
        score=(slope * left).sum(axis=1),
        information=(slope * weighted).sum(axis=1),
        extra_score=(extras * left).sum(axis=(1, 2)),
        extra_information=(extras * per).reshape(3, -1) @ extras.reshape(3, -1).T,
        mixed=(extras * weighted).sum(axis=2),
    )


def _bordered(
    slopes: _Slopes, basis: FloatArray, away: FloatArray, variance: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Information of all parameters and the score."""
    size = basis.shape[1]
    matrix = np.empty((size + _EXTRAS, size + _EXTRAS))
    matrix[:size, :size] = wave_products(slopes.information, (size - 1) // 2)
    matrix[:size, :size] += np.diag(1.0 / variance)
    matrix[:size, size:] = basis.T @ slopes.mixed.T
    matrix[size:, :size] = matrix[:size, size:].T
    matrix[size:, size:] = slopes.extra_information
    rest = np.arange(size, size + _EXTRAS)
    matrix[rest, rest] *= 1.0 + 1e-6
    matrix[rest, rest] += 1e-12
    vector = np.concatenate(
        [basis.T @ slopes.score - away / variance, slopes.extra_score]
    )
    return matrix, vector


def _result(
    strip: Strip,
    basis: FloatArray,
    c: FloatArray,
    levels: Levels,
    slopes: _Slopes,
    matrix: FloatArray,
    width: float,
    seen: tuple[FloatArray, FloatArray, FloatArray],
    noise: Noise,
) -> Displacement:
    size = len(c)
    try:
        covariance = np.asarray(np.linalg.inv(matrix), dtype=np.float64)
    except np.linalg.LinAlgError:
        covariance = np.full_like(matrix, np.nan)
    edge, model, inner = seen
    own = covariance[:size, :size]
    local = _local(basis, own)
    contrast, u_contrast, visible = contrast_seen(strip, edge, inner, width, noise)
    return Displacement(
        outward=edge,
        coefficients=c,
        covariance=own,
        local=np.maximum(local, 0.0),
        levels=levels,
        width=width,
        contrast=contrast,
        u_contrast=u_contrast,
        excess=_excess(strip, edge, width, model, noise),
        visible=visible,
        log_width_score=float(slopes.extra_score[2]),
        log_width_information=float(slopes.extra_information[2, 2]),
    )


def _local(basis: FloatArray, covariance: FloatArray) -> FloatArray:
    """(A,) variance at each node, worked out at some of them.

    Not as a matrix product: for so small a one threads cost more than they save.
    """
    count = len(basis)
    apart = max(1, count // _PLACES)
    thin = basis[::apart]
    some = np.einsum("ak,kl,al->a", thin, covariance, thin, optimize=False)
    at = np.arange(0, count, apart)
    return np.asarray(np.interp(np.arange(count), at, some, period=count))


def _excess(
    strip: Strip, edge: FloatArray, width: float, model: FloatArray, noise: Noise
) -> float:
    """Variance of the score away from the edge, in units of that of the noise.

    Notes
    -----
    The same bell that weighs the image at the edge is laid beside it, where its mean
    score is 0: what it gives there for the longest waves is the noise of area, place
    and elongation, with texture, the camera's point spread and levels included.
    """
    away = strip.offsets - edge[:, None]
    left = (strip.values - model) * strip.weight
    variance = noise.of(model) * strip.weight
    ratios = []
    reach = float(strip.offsets[-1])
    for shift in np.arange(3.5, 9.0, 1.5) * width:
        if shift + 2 * width > reach:
            break
        for side in (-1, 1):
            bell = np.exp(-0.5 * ((away - side * shift) / width) ** 2)
            score = (bell * left).sum(axis=1)
            expected = float((bell**2 * variance).sum())
            power = np.abs(np.fft.rfft(score)[:_NOISE_WAVES]) ** 2
            if expected > 0:
                ratios.append(float(power.mean()) / expected)
    return float(np.median(ratios)) if ratios else np.nan
