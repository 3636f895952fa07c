"""Where to begin: edges near the drawn outline, each by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.nearest_edge import NearestEdges, nearest_edges
from napari_insitu_tem.measure.outlines.shapes import FAR, Shape
from napari_insitu_tem.measure.outlines.strips import cut_strips

FloatArray = NDArray[np.float64]

_MARGIN = 8
#: Neighbouring stretches that are looked at together where one shows nothing.
_TOGETHER = (1, 3, 5)
#: Farthest move, as a part of half the way to the opposite side.
_OPPOSITE = 0.9
_ROUGH = 0.5
_ROUNDS = 6
_OFF, _NOT_MINE = 2.0, 4.0
#: How much less an outline bends otherwise than drawn, to see what lies off it.
_STIFFER = 100.0


def first_moves(
    image: NDArray[Any], shape: Shape, reach: float, noise: float
) -> tuple[FloatArray | None, NearestEdges]:
    """(K,) first values of the motion, and the edges that were found."""
    found = edges_at(image, shape, reach, noise)
    known = np.isfinite(found.offset)
    if not known.any():
        return None, found
    motion = shape.motion
    basis, offset = motion.basis[known], found.offset[known]
    weight = 1.0 / (found.u_offset[known] ** 2 + _ROUGH**2)
    ridge = np.eye(basis.shape[1]) / FAR**2
    stiff = ridge + _STIFFER * (motion.precision - ridge)

    def nearest(weight: FloatArray, precision: FloatArray) -> FloatArray:
        normal = basis.T @ (weight[:, None] * basis) + precision
        return np.asarray(np.linalg.solve(normal, basis.T @ (weight * offset)))

    # Edges of a neighbour lie off an outline that hardly bends otherwise than drawn.
    kept = weight
    for _ in range(_ROUNDS):
        off = np.abs(offset - basis @ nearest(kept, stiff))
        usual = max(1.5 * float(np.median(off)), 1.0)
        kept = weight / (1.0 + (off / (_OFF * usual)) ** 2) ** 2
    kept = np.where(off > _NOT_MINE * usual, 0.0, kept)
    return nearest(kept, motion.precision), found


def edges_at(
    image: NDArray[Any], shape: Shape, reach: float, noise: float
) -> NearestEdges:
    """The nearest edge of each stretch; of some together where one shows nothing."""
    half = int(np.ceil(reach)) + _MARGIN
    stretches = shape.stretches
    strips = cut_strips(image, stretches, half, half)
    profiles = np.where(strips.pixels > 0, strips.values, np.nan)
    far = np.minimum(reach, _OPPOSITE * stretches.half_chord)
    width = stretches.length
    first = None
    for count in _TOGETHER:
        mean, wide = _neighbours(profiles, width, count)
        found = nearest_edges(mean[:, :, None], far, noise / np.sqrt(wide))
        if first is None:
            first = found
        else:
            for i in np.flatnonzero([bool(word) for word in first.flag]):
                if not found.flag[i]:
                    first.offset[i], first.blur[i] = found.offset[i], found.blur[i]
                    first.u_offset[i], first.flag[i] = found.u_offset[i], ""
        if not any(first.flag):
            break
    assert first is not None
    return first


def _neighbours(
    profiles: FloatArray, width: FloatArray, count: int
) -> tuple[FloatArray, FloatArray]:
    """Means over neighbouring profiles, and over what width."""
    turns = range(-(count // 2), count // 2 + 1)
    many = np.stack([np.roll(profiles, turn, axis=0) for turn in turns])
    widths = np.stack([np.roll(width, turn) for turn in turns])[:, :, None]
    known = np.isfinite(many)
    total = np.where(known, widths, 0.0).sum(axis=0)
    sums = np.where(known, many * widths, 0.0).sum(axis=0)
    mean = np.where(total > 0, sums / np.maximum(total, 1e-12), np.nan)
    return mean, np.asarray(total.max(axis=1)).clip(1.0)
