"""Polygons and ellipses put on the rim of a body."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.noise import averaging_noise
from napari_insitu_tem.measure.outlines.curve import evenly
from napari_insitu_tem.measure.outlines.place import Placed, put_on_rim
from napari_insitu_tem.measure.outlines.shapes import Ellipse, Outline, Shape
from napari_insitu_tem.measure.outlines.vertices import corners_on
from napari_insitu_tem.measure.sizes import crosses_itself, ellipse_area, polygon_area
from napari_insitu_tem.measure.snap_sites import half_axes
from napari_insitu_tem.measure.snapped import Snapped, farthest
from napari_insitu_tem.model.geometry import Geometry

FloatArray = NDArray[np.float64]

#: Pixels around the reach from which the noise is taken.
_AROUND = 10


def snap_to_rim(
    image: NDArray[Any],
    geometry: Geometry,
    reach: float,
    gain: float | None = None,
    known: Mapping[str, float] | None = None,
) -> Snapped:
    """Put a polygon or an ellipse on the rim of the body that it is drawn around.

    Parameters
    ----------
    image
        (y, x).
    geometry
        A polygon or an ellipse.
    reach
        Farthest move in px.
    gain
        Counts per electron; None: not known.
    known
        What other images say of the body, see `Snapped.evidence`.
    """
    if geometry.shape == "ellipse":
        drawn: Shape = Ellipse(*half_axes(geometry))
    else:
        drawn = Outline.drawn(geometry.array())
    noise = averaging_noise(_around(image, drawn.ring, reach + _AROUND))
    how: dict[str, Any] = {"reach": reach, "noise": noise, "gain": gain}
    placed = put_on_rim(image, drawn, known=known, **how)
    if placed.flag:
        return Snapped(geometry, float("nan"), placed.flag, 0.0, placed.flags)
    if geometry.shape == "ellipse":
        return _as_ellipse(geometry, placed)
    return _as_polygon(geometry, placed)


def _around(image: NDArray[Any], ring: FloatArray, margin: float) -> NDArray[Any]:
    """The image around an outline."""
    last = np.array(image.shape) - 1
    low = np.clip(ring.min(axis=0) - margin, 0, last).astype(int)
    high = np.clip(ring.max(axis=0) + margin, 0, last).astype(int)
    return image[low[0] : high[0] + 1, low[1] : high[1] + 1]


def _as_polygon(geometry: Geometry, placed: Placed) -> Snapped:
    drawn = geometry.array()
    corners = corners_on(placed, drawn)
    if crosses_itself(corners):
        return Snapped(geometry, float("nan"), flags.UNRESOLVED, 0.0, placed.flags)
    before = evenly(np.concatenate([drawn, drawn[:1]]))[0]
    away = np.hypot(*(corners[:, None] - before).transpose(2, 0, 1))
    moved = float(away.min(axis=1).max())
    size = polygon_area(corners)
    return _snapped(Geometry.of("polygon", corners), placed, size.sensitivity, moved)


def _as_ellipse(geometry: Geometry, placed: Placed) -> Snapped:
    found = placed.shape
    assert isinstance(found, Ellipse)
    ends = [np.stack([found.centre - axis, found.centre + axis]) for axis in found.axes]
    shape = Geometry.of("ellipse", *ends)
    size = ellipse_area(ends[0], ends[1])
    return _snapped(shape, placed, size.sensitivity, farthest(geometry, shape))


def _snapped(
    shape: Geometry, placed: Placed, sensitivity: float, moved: float
) -> Snapped:
    """With the uncertainty of a point that gives the area its own."""
    return Snapped(
        shape,
        placed.u_area / max(sensitivity, 1e-12),
        flags.FLAT_OR_ROUND if placed.is_doubtful else "",
        moved,
        placed.flags,
        body=placed.body,
        evidence=placed.evidence,
        other_area=placed.other_area,
    )
