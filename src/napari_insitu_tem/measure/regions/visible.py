"""What of an edge is seen beside an outline: its contrast, and whether it is a step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.noise import Noise
from napari_insitu_tem.measure.regions.strips import Strip

FloatArray = NDArray[np.float64]

#: Depth in px of the window behind the edge that shows whether it is as the model says,
#: and uncertainties that count.
_RIM, _SURE = 4.0, 4.0


def contrast_seen(
    strip: Strip, edge: FloatArray, inner_part: FloatArray, width: float, noise: Noise
) -> tuple[float, float, float]:
    """Full contrast from samples next to the edge, and the part that shows it.

    `inner_part` is the part of the full contrast that is expected at each sample.

    The samples of each node lie within four widths on either side, so that it is the
    edge that counts and not a slope of the whole field.
    """
    away = strip.offsets - edge[:, None]
    reach = 4 * width
    inner = strip.weight * ((away < -0.5 * width) & (away > -reach))
    outer = strip.weight * ((away > 0.5 * width) & (away < reach))
    sums = np.stack(
        [
            (inner * strip.values).sum(axis=1),
            inner.sum(axis=1),
            (outer * strip.values).sum(axis=1),
            outer.sum(axis=1),
        ]
    )
    total = sums.sum(axis=1)
    if total[1] <= 0 or total[3] <= 0:
        return 0.0, np.inf, 0.0
    level_in, level_out = total[0] / total[1], total[2] / total[3]
    variance = noise.of(np.array([level_in, level_out]))
    spread = float(np.sqrt(variance[0] / total[1] + variance[1] / total[3]))
    contrast = float(level_in - level_out)
    seen = float((inner * inner_part).sum() / total[1])
    seen -= float((outer * inner_part).sum() / total[3])
    visible = _visible(sums, contrast, float(variance.mean()))
    return contrast / seen, spread / seen, visible


def fading(
    strip: Strip,
    edge: FloatArray,
    model: FloatArray,
    width: float,
    contrast: float,
    noise: Noise,
) -> float:
    """How much more contrast than expected there is farther in, in parts.

    0 below four times its noise.

    A body of one thickness has the same behind its blurred edge as deeper inside; one
    that thins towards its rim, as a sphere does, has more and more.
    """
    depth = edge[:, None] - strip.offsets
    near, far = 2 * width, 2 * width + _RIM
    masks = ((depth > near) & (depth < far), (depth > far) & (depth < 2 * far))
    contrasts, spreads = [], []
    for mask in masks:
        weight = strip.weight * mask
        total = float(weight.sum())
        if total <= 0 or not contrast:
            return 0.0
        above = weight * (strip.values - model)
        contrasts.append(float(above.sum()) / total)
        level = float((weight * model).sum()) / total
        spreads.append(float(noise.of(level)) / total)
    rise = (contrasts[1] - contrasts[0]) / contrast
    spread = float(np.sqrt(sum(spreads))) / abs(contrast)
    return rise if abs(rise) > _SURE * spread else 0.0


def _visible(sums: FloatArray, contrast: float, variance: float) -> float:
    """Part of the outline, in pieces long enough to tell, with an edge of its own."""
    if contrast == 0:
        return 0.0
    nodes = sums.shape[1]
    own = np.minimum(sums[1], sums[3]).sum()
    pieces = int(np.clip(own * contrast**2 / (variance * 2 * 25.0), 1, 24))
    if pieces < 4:
        return 1.0
    starts = np.arange(pieces) * nodes // pieces
    parts = np.add.reduceat(sums, starts, axis=1)
    step = parts[0] / np.maximum(parts[1], 1e-9) - parts[2] / np.maximum(parts[3], 1e-9)
    known = (parts[1] > 0) & (parts[3] > 0)
    return float(np.mean((step / contrast > 0.4) & known))
