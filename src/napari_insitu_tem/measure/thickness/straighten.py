"""A layer laid out straight: lines across it, one about every pixel along it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.curves import Curve, as_curve
from napari_insitu_tem.measure.sampling import sample_bilinear
from napari_insitu_tem.measure.thickness.laplace import along_field_lines
from napari_insitu_tem.measure.thickness.smoothing import local_lines, smoothing_of
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: Smoothing along the layer of where the lines are put, in px (1 s.d.).
_CALM = 12.0

#: Samples beyond the reach on either side, so that an edge there has two levels.
_MARGIN = 8


@dataclass(frozen=True, eq=False)
class Lines:
    """K lines across a layer.

    Attributes
    ----------
    middle, across
        (K, 2) places (y, x) on the lines, and unit vectors from inner to outer.
    offsets
        (n,) distances from `middle` at which the image is sampled, 1 px apart.
    inner, outer
        (K,) offsets of the drawn boundaries.
    reach
        How far from these they are looked for.
    is_closed
        Whether the last line is beside the first.
    """

    middle: FloatArray
    across: FloatArray
    offsets: FloatArray
    inner: FloatArray
    outer: FloatArray
    reach: float
    is_closed: bool

    def samples(self, image: NDArray[Any]) -> FloatArray:
        """(K, n) values of the image, NaN out of it."""
        places = self.place(self.offsets[None, :])
        return sample_bilinear(image, places)

    def place(self, offsets: FloatArray) -> FloatArray:
        """(K, m, 2) places at (K, m) or (1, m) offsets."""
        step = self.across[:, None, :] * offsets[..., None]
        return np.asarray(self.middle[:, None, :] + step)


def lines_across(inner: Curve, outer: Curve, reach: float | None) -> Lines:
    """Lay lines across the layer between two roughly drawn boundaries.

    A line runs the way of the field between the boundaries, calmed along the layer, so
    that a jitter of the drawing does not show in the straightened image.

    Raises
    ------
    MeasurementError
        The boundaries do not face each other.
    """
    calm_inner, calm_outer = _calmed(inner), _calmed(outer)
    places, _, _ = calm_inner.evenly(1.0)
    facing = along_field_lines(calm_inner, calm_outer, places)
    chosen = facing.is_covered & (facing.distance > 1e-3)
    if chosen.sum() < 4:
        raise MeasurementError(
            "The two boundaries do not face each other.",
            hint="Draw both along the same stretch of the layer.",
        )
    start, foot = places[chosen], facing.foot[chosen]
    is_closed = inner.is_closed and outer.is_closed and bool(chosen.all())
    middle = 0.5 * (start + foot)
    steps = np.hypot(*np.diff(middle, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    period = None
    if is_closed:
        period = float(along[-1] + np.hypot(*(middle[0] - middle[-1])))
    sigma = min(_CALM, along[-1] / 8)
    once = local_lines(along, period, sigma)
    across = once @ (foot - start)
    across /= np.hypot(*across.T)[:, None]
    middle = 2 * (once @ middle) - once @ (once @ middle)
    half = 0.5 * np.asarray(once @ facing.distance[chosen])
    near = reach if reach is not None else float(np.clip(half.mean(), 5.0, 12.0))
    far = int(np.ceil(half.max() + near)) + _MARGIN
    offsets = np.arange(-far, far + 1, dtype=np.float64)
    return Lines(middle, across, offsets, -half, half, near, is_closed)


def _calmed(curve: Curve) -> Curve:
    """A finely drawn boundary without its jitter."""
    matrix = smoothing_of(curve, 0.25 * _CALM)
    if matrix is None:
        return curve
    points = np.asarray(matrix @ curve.vertices)
    if curve.is_closed:
        points = np.concatenate([points, points[:1]])
    return as_curve(points, 0.25)
