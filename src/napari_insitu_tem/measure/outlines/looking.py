"""How one image is looked at: its noise, and what lies beside the body."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.outlines.bodies import Body
from napari_insitu_tem.measure.outlines.fit import Look, RimFit, fit_rims
from napari_insitu_tem.measure.outlines.shapes import Shape
from napari_insitu_tem.measure.outlines.strips import Strips, cut_strips

FloatArray = NDArray[np.float64]

#: How far the image is looked at beyond the rim, and at most within it, in px.
_OUTSIDE, _INSIDE = 10, 60
#: Least half way to the opposite side in px for which a rim is calculated.
_LEAST_HALF = 1.5
#: Bounds of the ratio of the noise inside to that outside, and samples for it.
_NOISE_RATIO, _MANY = 4.0, 60
#: Samples outside are left out from where so many of them together differ by so many
#: standard deviations and so much of the contrast: a neighbour, a stain.
_TOGETHER, _DEVIATES, _OF_CONTRAST = 3, 4.5, 0.3
#: How far outside the rim that begins, in blurs and in px.
_BEYOND = (2.5, 1.5)
#: Noise that is taken at least, as a part of the contrast.
_LEAST_NOISE = 1e-3


class Looking:
    """One image and its noise.

    Parameters
    ----------
    image
        (y, x).
    noise
        Standard deviation of a pixel, as a mean over many sees it.
    gain
        Counts per electron; None: not known.
    """

    def __init__(self, image: NDArray[Any], noise: float, gain: float | None) -> None:
        self._image, self._gain = image, gain
        self._variance = noise**2
        self._outside = self._inside = max(self._variance, 1e-12)
        self._blur = 2.0

    def at(self, shape: Shape) -> Strips:
        """The strips around an outline, each to the middle of the body at most."""
        half = np.maximum(shape.stretches.half_chord, _LEAST_HALF + 1)
        inside = int(min(np.ceil(half.max()), _INSIDE))
        strips = cut_strips(self._image, shape.stretches, inside, _OUTSIDE)
        return strips.between(-half, np.full(half.size, np.inf))

    def fit(
        self,
        strips: Strips,
        shape: Shape,
        body: Body,
        start: FloatArray,
        rounds: int = 2,
    ) -> RimFit | None:
        """Fit a body; its size follows from where the rim is found."""
        half, blur = shape.stretches.half_chord, self._blur
        fit = None
        for _ in range(rounds if body.depends_on_size else 1):
            depth = body.round_px(np.maximum(half, _LEAST_HALF))
            look = Look(depth, body.is_exponential, self._noise_at(strips))
            fit = fit_rims(strips, shape.motion, look, start=start, blur=blur)
            if fit is None:
                return None
            half = shape.stretches.half_chord + fit.move  # both sides move alike
            start, blur = fit.values, fit.blur
        return fit

    def _noise_at(self, strips: Strips) -> FloatArray:
        """(S, n) variance of a pixel: one inside, one outside."""
        step = np.where(strips.samples < 0, self._inside, self._outside)
        return np.broadcast_to(step, strips.values.shape)

    def learn(self, strips: Strips, fit: RimFit) -> None:
        """Learn the noise inside and outside, and the blur, from a fit."""
        self._blur = fit.blur
        least = (_LEAST_NOISE * fit.contrast) ** 2
        base, inner = float(fit.shared[0]), float(fit.shared[0] + fit.contrast)
        if self._gain is not None:
            pair = self._gain * max(base, 0.0), self._gain * max(inner, 0.0)
            self._outside, self._inside = (max(v, least, 1e-12) for v in pair)
            return
        ratio, share = self._ratio(strips, fit)
        mean = max(self._variance, least)
        self._outside = mean / (1 - share + share * ratio)
        self._inside = ratio * self._outside

    @staticmethod
    def _ratio(strips: Strips, fit: RimFit) -> tuple[float, float]:
        """Noise inside over that outside, and the part that is inside."""
        far = _BEYOND[0] * fit.blur + _BEYOND[1]
        t = strips.samples - fit.move[:, None]
        # Differences of neighbours: what no body explains does not show in them.
        step = np.diff(strips.values, axis=1) ** 2 * strips.pixels[:, 1:]
        known = (strips.pixels[:, 1:] > 1) & (strips.pixels[:, :-1] > 1)
        inside, outside = known & (t[:, 1:] < -far), known & (t[:, :-1] > far)
        if min(inside.sum(), outside.sum()) < _MANY:
            return 1.0, 0.5
        ratio = float(step[inside].mean() / max(step[outside].mean(), 1e-300))
        return float(np.clip(ratio, 1 / _NOISE_RATIO, _NOISE_RATIO)), 0.5

    def cleared(self, strips: Strips, fit: RimFit) -> Strips:
        """Strips without what lies beyond the background outside the rim."""
        far = fit.move + _BEYOND[0] * fit.blur + _BEYOND[1]
        beyond = (strips.samples > far[:, None]) & (strips.pixels > 0)
        kernel = np.ones(_TOGETHER)
        weight = np.where(beyond, strips.pixels, 0.0)
        total = _along(weight * fit.residuals, kernel)
        many = _along(weight, kernel)
        mean = total / np.maximum(many, 1e-12)
        spread = np.sqrt(self._outside / np.maximum(many, 1e-12))
        odd = beyond & (np.abs(mean) > _DEVIATES * spread)
        odd &= np.abs(mean) > _OF_CONTRAST * abs(fit.contrast)
        if not odd.any():
            return strips
        first = np.where(odd.any(axis=1), odd.argmax(axis=1) - 1, odd.shape[1])
        kept = np.arange(odd.shape[1]) < first[:, None]
        return replace(strips, pixels=np.where(kept, strips.pixels, 0.0))

    def explained(self, strips: Strips, fit: RimFit) -> tuple[FloatArray, FloatArray]:
        """(S,) chi-squared that the edge explains, and what it should.

        Compared with a constant for each stretch, on the slope of the background.
        """
        weight = strips.pixels / self._noise_at(strips)
        total = np.maximum(weight.sum(axis=1, keepdims=True), 1e-300)

        def around(values: FloatArray) -> FloatArray:
            mean = np.sum(weight * values, axis=1, keepdims=True) / total
            return np.asarray(np.sum(weight * (values - mean) ** 2, axis=1))

        seen = np.where(weight > 0, strips.values, 0.0)
        left = np.sum(weight * fit.residuals**2, axis=1)
        return around(seen) - left, around(np.where(weight > 0, fit.model, 0.0))


def _along(values: FloatArray, kernel: FloatArray) -> FloatArray:
    """Sums over neighbours along each row."""
    from scipy.ndimage import convolve1d

    return np.asarray(convolve1d(values, kernel, axis=1, mode="constant"))
