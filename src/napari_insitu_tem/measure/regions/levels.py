"""Brightness on both sides of an outline, smoothed along it as far as noise demands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.strips import Strip

FloatArray = NDArray[np.float64]

#: Part of the contrast up to which noise may move a level, and the shortest arc in px
#: over which levels are averaged.
_LEVEL_NOISE, _SHORTEST_ARC = 0.07, 22.0
#: Depth in px behind the rim of a round body in which it is looked for.
_RIM_DEPTH = 6.0
#: Contrast of the middle of a round body over that next to its rim, about.
_FULL = 1.5
#: Width across the outline over which a level counts, in px.
_DEPTH = 9.0
#: Widths of the blur beyond which something of the wrong brightness is another body.
_BEYOND, _FOREIGN = 2.5, 0.5
#: Window outside of the outline that another body fills where two touch: nearest and
#: farthest distance in widths, and px added to it.
_TOUCHING_FROM, _TOUCHING_TO = (1.5, 1.0), (3.0, 2.0)
#: Part of the window that is filled there, and beside such places.
_FILLED, _HALF_FILLED = 0.5, 0.25
#: Noise of the smoothed image, in parts of the contrast, that tells bodies apart.
_FOREIGN_NOISE, _FOREIGN_DEPTH = 0.16, 3


@dataclass(frozen=True, eq=False)
class Levels:
    """Brightness beside an outline.

    Attributes
    ----------
    inside, outside
        (A,) brightness at each node.
    """

    inside: FloatArray
    outside: FloatArray

    @property
    def contrast(self) -> float:
        """Mean of inside minus outside."""
        return float(np.mean(self.inside - self.outside))

    def near_a_rim(self, radius: float) -> Levels:
        """What a round body of these levels shows next to its rim, where it is thin."""
        out = max(1.0 - _RIM_DEPTH / max(radius, _RIM_DEPTH), 0.0)
        part = np.sqrt(1.0 - out**2)
        return Levels(self.outside + part * (self.inside - self.outside), self.outside)

    def as_round(self) -> Levels:
        """Levels of a round body, about, that was taken for a flat one."""
        step = self.inside - self.outside
        return Levels(self.outside + _FULL * step, self.outside)

    def on(self, nodes: int) -> Levels:
        """The same levels at another number of nodes."""
        return Levels(at_nodes(self.inside, nodes), at_nodes(self.outside, nodes))


def at_nodes(values: FloatArray, nodes: int) -> FloatArray:
    """Values around an outline at another number of nodes."""
    count = len(values)
    if nodes == count:
        return values
    return np.interp(
        np.arange(nodes) * count / nodes, np.arange(count), values, period=count
    )


def fitted_levels(
    strip: Strip,
    weight: FloatArray,
    inner: FloatArray,
    arc: float,
    variance: float,
    before: Levels,
) -> Levels:
    """Levels by least squares, given the part of each sample that lies inside.

    Parameters
    ----------
    strip
        The image beside the outline.
    weight
        (A, H) areas of the samples that count.
    inner
        (A, H) part inside, 0 to 1.
    arc
        Arc of a node in px.
    variance
        Noise of a pixel.
    before
        Levels so far, whose contrast says how far is averaged.
    """
    outer = 1.0 - inner
    w_inner, w_outer = weight * inner, weight * outer
    sums = np.stack(
        [
            (w_inner * inner).sum(axis=1),
            (w_inner * outer).sum(axis=1),
            (w_outer * outer).sum(axis=1),
            (w_inner * strip.values).sum(axis=1),
            (w_outer * strip.values).sum(axis=1),
        ]
    )
    whole = sums.mean(axis=1, keepdims=True)
    contrast = max(abs(before.contrast), 1e-12)
    pixels = variance / (_LEVEL_NOISE * contrast) ** 2
    length = max(pixels / _DEPTH, _SHORTEST_ARC)
    near = smoothed(sums, length / np.sqrt(4 * np.pi) / arc) + 0.02 * whole
    return Levels(*_solved(near))


def _solved(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    a, b, c, f, g = sums
    determinant = np.maximum(a * c - b * b, 1e-9 * (a * c).max() + 1e-30)
    return (c * f - b * g) / determinant, (a * g - b * f) / determinant


def depth_weight(strip: Strip, blur: float) -> FloatArray:
    """(H,) how much samples count for the levels: those close to the outline most."""
    beyond = np.maximum(np.abs(strip.offsets) - 3 * blur, 0.0)
    return np.asarray(np.exp(-0.5 * (beyond / _DEPTH) ** 2))


def smoothed_strip(
    strip: Strip, contrast: float, arc: float, variance: float
) -> FloatArray:
    """(A, H) brightness averaged over as many pixels as tell two bodies apart."""
    pixels = variance / (_FOREIGN_NOISE * contrast) ** 2 if contrast else np.inf
    step = float(strip.offsets[1] - strip.offsets[0])
    width = np.clip(pixels / _FOREIGN_DEPTH, 4.0, 60.0) / np.sqrt(4 * np.pi) / arc
    depth = max(1, round(_FOREIGN_DEPTH / step))
    return _blocks(strip.values, strip.weight, width, depth)


def own_weight(
    strip: Strip,
    smooth: FloatArray,
    levels: Levels,
    edge: FloatArray,
    blur: float,
    arc: float,
    variance: float,
    filled_before: FloatArray | None = None,
    *,
    is_round: bool = False,
) -> tuple[FloatArray, FloatArray]:
    """Areas of samples without those of neighbouring bodies, and where they touch.

    Returns
    -------
    (A, H) areas, and (A,) how far another body fills a window next to each node,
    averaged with what it was before; see `touching`.

    Notes
    -----
    Seen from the outline, everything from the first place on is left out at which the
    smoothed image is nearer to the brightness of the other side. Where that begins next
    to the outline, its own edge cannot be told from the gap between two bodies, which
    pulls it outwards: the whole node is left out.
    """
    nothing = np.zeros(len(edge))
    contrast = levels.contrast
    if contrast == 0:
        return strip.weight, nothing
    pixels = variance / (_FOREIGN_NOISE * contrast) ** 2
    step = float(strip.offsets[1] - strip.offsets[0])
    part = (strip.values - levels.outside[:, None]) / contrast
    mean = (smooth - levels.outside[:, None]) / contrast
    away = strip.offsets - edge[:, None]
    gap = _BEYOND * blur + 0.5 * _FOREIGN_DEPTH
    wrong_out = (away > gap) & (mean > _FOREIGN)
    # A round body is nowhere as bright near its rim as at its centre.
    least = 0.0 if is_round else 1 - _FOREIGN
    wrong_in = (away < -gap) & (mean < least)
    grown = max(1, round(blur / step))
    beyond = np.maximum.accumulate(_widened(wrong_out, grown), axis=1) & (away > 0)
    within = np.maximum.accumulate(_widened(wrong_in, grown)[:, ::-1], axis=1)[:, ::-1]
    within &= away < 0
    result = np.where(beyond | within, 0.0, strip.weight)
    filled = _filled(strip.weight, part, away, blur, arc, pixels)
    if filled_before is not None:
        filled = 0.5 * (filled + filled_before)
    result[touching(filled)] = 0.0
    return result, filled


def touching(filled: FloatArray) -> NDArray[np.bool_]:
    """(A,) whether another body leaves no edge to see at a node."""
    return _spread(filled > _FILLED, filled > _HALF_FILLED)


def _filled(
    weight: FloatArray,
    part: FloatArray,
    away: FloatArray,
    blur: float,
    arc: float,
    pixels: float,
) -> FloatArray:
    """(A,) part of a window just outside of the outline that another body fills."""
    near, far = (a * blur + b for a, b in (_TOUCHING_FROM, _TOUCHING_TO))
    window = np.where((away > near) & (away < far), weight, 0.0)
    width = np.clip(pixels / (far - near), 4.0, 40.0) / np.sqrt(4 * np.pi) / arc
    sums = np.stack([(window * part).sum(axis=1), window.sum(axis=1)])
    inside, known = smoothed(sums, width)
    least = 0.02 * max(float(known.max()), 1e-9)
    return np.where(known > least, inside / np.maximum(known, least), 0.0)


def _spread(seeds: NDArray[np.bool_], allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Runs of allowed nodes around the outline that hold a seed."""
    if not seeds.any() or allowed.all():
        return seeds | (allowed & seeds.any())
    turn = int(np.argmin(allowed))
    seeds, allowed = np.roll(seeds, -turn), np.roll(allowed, -turn)
    run = np.cumsum(~allowed)
    return np.roll(allowed & np.isin(run, run[seeds]), turn)


def _widened(mask: NDArray[np.bool_], by: int) -> NDArray[np.bool_]:
    """A mask and `by` columns on either side."""
    result = mask.copy()
    for k in range(1, by + 1):
        result[:, :-k] |= mask[:, k:]
        result[:, k:] |= mask[:, :-k]
    return result


def _blocks(
    values: FloatArray, weight: FloatArray, width: float, depth: int
) -> FloatArray:
    """Weighted mean over neighbouring nodes and `depth` offsets."""
    count = len(values)
    order = np.arange(count // 2 + 1)[:, None] * 2 * np.pi / count
    kernel = np.exp(-0.5 * (order * width) ** 2)
    both = np.stack([values * weight, weight])
    both = np.fft.irfft(np.fft.rfft(both, axis=1) * kernel, count, axis=1)
    pad = depth // 2
    total = np.cumsum(np.pad(both, ((0, 0), (0, 0), (pad + 1, pad))), axis=2)
    total = total[:, :, 2 * pad + 1 :] - total[:, :, : -2 * pad - 1]
    return np.asarray(total[0] / np.maximum(total[1], 1e-9))


def smoothed(values: FloatArray, width: float) -> FloatArray:
    """Periodic Gaussian smoothing along the last axis; width (1 s.d.) in nodes."""
    count = values.shape[-1]
    order = np.arange(count // 2 + 1) * 2 * np.pi / count
    kernel = np.exp(-0.5 * (order * width) ** 2)
    return np.fft.irfft(np.fft.rfft(values, axis=-1) * kernel, count, axis=-1)
