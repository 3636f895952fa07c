"""Shapes of the model <-> vertices of napari, both (frame, y, x)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.geometry import (
    Geometry,
    ellipse_corners,
    ellipse_from_corners,
    is_simple_ring,
)

FloatArray = NDArray[np.float64]


def napari_type(geometry: Geometry) -> str:
    """The napari shape type that draws it.

    napari cannot fill a ring that touches or crosses itself; that is drawn as its
    outline.
    """
    if geometry.shape in ("polygon", "band"):
        return "polygon" if is_simple_ring(_ring(geometry)) else "path"
    return geometry.shape


def _ring(geometry: Geometry) -> FloatArray:
    """A polygon, or a band along its inner and back along its outer boundary."""
    if geometry.shape == "band":
        return np.concatenate([geometry.array(0), geometry.array(1)[::-1]])
    return geometry.array(0)


def to_vertices(geometry: Geometry, frame: int | None) -> FloatArray:
    """(n, 3) vertices (frame, y, x), or (n, 2) for a shape shown on every frame."""
    if geometry.shape == "ellipse":
        points = ellipse_corners(geometry)
    else:
        points = _ring(geometry)
    if frame is None:
        return points
    return np.column_stack([np.full(len(points), float(frame)), points])


def from_vertices(
    vertices: ArrayLike, shape_type: str, previous: Geometry | None = None
) -> tuple[Geometry, int | None]:
    """Shape and frame of what napari holds.

    Parameters
    ----------
    vertices
        (n, 3) or (n, 2).
    shape_type
        napari's: line, path, polygon, rectangle, ellipse or point.
    previous
        The shape the row had before; tells a band from a polygon and which vertices
        are its inner boundary.

    Raises
    ------
    MeasurementError
        Too few vertices.
    """
    array = np.atleast_2d(np.asarray(vertices, dtype=np.float64))
    frame = int(np.rint(array[0, 0])) if array.shape[1] == 3 else None
    points = array[:, -2:]
    if previous is not None and previous.shape == "band":
        return _band(points, previous), frame
    if shape_type == "ellipse":
        return ellipse_from_corners(points), frame
    was_polygon = previous is not None and previous.shape == "polygon"
    if was_polygon or shape_type in ("polygon", "rectangle"):
        if len(points) > 3 and np.array_equal(points[0], points[-1]):
            points = points[:-1]
        return Geometry.of("polygon", points), frame
    if shape_type == "point":
        return Geometry.of("point", points), frame
    return Geometry.of("line" if len(points) == 2 else "path", points), frame


def _band(points: FloatArray, previous: Geometry) -> Geometry:
    """Split a band's polygon where the inner boundary ends.

    A vertex that was added or taken away belongs to the boundary in which the old and
    the new polygon begin to differ.
    """
    inner = len(previous.parts[0])
    old = to_vertices(previous, None)
    extra = len(points) - len(old)
    if extra:
        shorter = min(len(points), len(old))
        same = np.all(np.isclose(points[:shorter], old[:shorter]), axis=1)
        differs = int(np.argmin(same)) if not same.all() else shorter
        if differs < inner:
            inner += extra
    inner = int(np.clip(inner, 2, len(points) - 2))
    return Geometry.of("band", points[:inner], points[inner:][::-1])


def with_marks(line: FloatArray, places: Sequence[float], size: float) -> FloatArray:
    """A line as a path with a short stroke across it at each of some places.

    Parameters
    ----------
    line
        (2, 2) ends (y, x).
    places
        Along the line from its first end, in px; ascending.
    size
        Length of a stroke.

    Returns
    -------
    (n, 2)
        From the first end to the last one, see `without_marks`.
    """
    step = line[1] - line[0]
    unit = step / np.hypot(*step)
    across = 0.5 * size * np.array([-unit[1], unit[0]])
    points = [line[0]]
    for place in places:
        at = line[0] + place * unit
        points += [at, at + across, at - across, at]
    return np.array([*points, line[1]])


def without_marks(vertices: FloatArray) -> FloatArray:
    """(2, ...) ends of a line with marks, see `with_marks`; other paths unchanged."""
    count = len(vertices)
    if (
        count < 6
        or (count - 2) % 4
        or not np.allclose(vertices[1:-1:4], vertices[4::4])
    ):
        return vertices
    return vertices[[0, -1]]


def same_shape(a: Geometry, b: Geometry) -> bool:
    """Whether two shapes agree to the single precision in which napari keeps them."""
    if a.shape != b.shape or len(a.parts) != len(b.parts):
        return False
    return all(
        len(p) == len(q) and np.allclose(p, q, rtol=1e-6, atol=1e-6)
        for p, q in zip(a.parts, b.parts, strict=True)
    )
