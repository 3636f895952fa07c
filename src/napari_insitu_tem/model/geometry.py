"""Drawn shapes in pixel coordinates, and their well-known text (WKT).

Inside the code points are (y, x); WKT is (x y). Pixel centres are at integers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import MeasurementError

ShapeName = Literal["point", "line", "path", "polygon", "ellipse", "band", "none"]

Point = tuple[float, float]
Part = tuple[Point, ...]

FloatArray = NDArray[np.float64]

#: Fewest vertices of each part of a shape.
_LEAST = {"point": 1, "line": 2, "path": 2, "polygon": 3, "ellipse": 2, "band": 2}


@dataclass(frozen=True)
class Geometry:
    """One drawn shape.

    Attributes
    ----------
    shape
        `point`; `line` (two ends); `path` (open polyline); `polygon` (closed, the first
        point is not repeated); `ellipse` (its two axes, each given by its ends);
        `band` (two polylines, inner and outer); `none` (an event has no shape).
    parts
        Polylines of (y, x) points: one part, but two for an ellipse and a band.
    """

    shape: ShapeName
    parts: tuple[Part, ...] = ()

    @classmethod
    def of(cls, shape: ShapeName, *parts: ArrayLike) -> Geometry:
        """Build from arrays of shape (n, 2), one per part.

        Raises
        ------
        MeasurementError
            Too few points for the shape, or a coordinate that is not finite.
        """
        return cls(shape, tuple(_as_part(part, shape) for part in parts))

    @classmethod
    def nothing(cls) -> Geometry:
        """No shape."""
        return cls("none")

    def array(self, part: int = 0) -> FloatArray:
        """(n, 2) points of a part, (y, x)."""
        return np.array(self.parts[part], dtype=np.float64).reshape(-1, 2)

    @property
    def wkt(self) -> str:
        """WKT, empty for no shape; numbers read back equal."""
        if self.shape == "none":
            return ""
        texts = [_points_text(part) for part in self.parts]
        if self.shape == "point":
            return f"POINT ({texts[0]})"
        if self.shape in ("line", "path"):
            return f"LINESTRING ({texts[0]})"
        if self.shape == "polygon":
            return f"POLYGON (({_points_text((*self.parts[0], self.parts[0][0]))}))"
        return f"MULTILINESTRING ({', '.join(f'({text})' for text in texts)})"

    @classmethod
    def from_wkt(cls, text: str) -> Geometry:
        """Read WKT as written by `wkt`.

        Two crossing straight lines are an ellipse's axes; other pairs of lines are a
        band.

        Raises
        ------
        MeasurementError
            The text is not one of the shapes.
        """
        text = text.strip()
        if not text:
            return cls.nothing()
        match = re.fullmatch(r"([A-Za-z]+)\s*(\(.*\))", text, flags=re.DOTALL)
        name = match.group(1).upper() if match else ""
        parts = [_parse_points(part) for part in re.findall(r"\(([^()]+)\)", text)]
        if name == "POINT" and len(parts) == 1 and len(parts[0]) == 1:
            return cls.of("point", parts[0])
        if name == "LINESTRING" and len(parts) == 1:
            return cls.of("line" if len(parts[0]) == 2 else "path", parts[0])
        if name == "POLYGON" and len(parts) == 1:
            ring = parts[0][:-1] if parts[0][0] == parts[0][-1] else parts[0]
            return cls.of("polygon", ring)
        if name == "MULTILINESTRING" and len(parts) == 2:
            return cls.of("ellipse" if _are_axes(*parts) else "band", *parts)
        raise MeasurementError(f"{text[:60]!r} is not a shape that is known here.")

    def moved(self, dy: float, dx: float) -> Geometry:
        """The shape shifted by (dy, dx) pixels."""
        parts = tuple(tuple((y + dy, x + dx) for y, x in part) for part in self.parts)
        return Geometry(self.shape, parts)


def is_simple_ring(points: ArrayLike) -> bool:
    """Whether a closed ring encloses an area without touching or crossing itself.

    Parameters
    ----------
    points
        (n, 2), the first point not repeated.
    """
    ring = np.asarray(points, dtype=np.float64)
    if len(ring) < 3 or len(np.unique(ring, axis=0)) < len(ring):
        return False
    start, along = ring, np.roll(ring, -1, axis=0) - ring
    i, j = np.triu_indices(len(ring), k=2)
    apart = ~((i == 0) & (j == len(ring) - 1))
    i, j = i[apart], j[apart]
    cross = _cross(along[i], along[j])
    gap = start[j] - start[i]
    with np.errstate(divide="ignore", invalid="ignore"):
        s, t = _cross(gap, along[j]) / cross, _cross(gap, along[i]) / cross
    meets = (cross != 0) & (s >= 0) & (s <= 1) & (t >= 0) & (t <= 1)
    area = _cross(ring, np.roll(ring, -1, axis=0)).sum()
    return not meets.any() and bool(abs(area) > 1e-9)


def _cross(a: FloatArray, b: FloatArray) -> FloatArray:
    return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])


def ellipse_corners(geometry: Geometry) -> FloatArray:
    """(4, 2) corners of the box around an ellipse, the form napari draws it from."""
    (a, b), (c, d) = geometry.array(0), geometry.array(1)
    centre, u, v = (a + b) / 2, (b - a) / 2, (d - c) / 2
    return np.array([centre - u - v, centre + u - v, centre + u + v, centre - u + v])


def ellipse_from_corners(corners: ArrayLike) -> Geometry:
    """Inverse of `ellipse_corners`."""
    p = np.asarray(corners, dtype=np.float64)
    return Geometry.of(
        "ellipse",
        [(p[0] + p[3]) / 2, (p[1] + p[2]) / 2],
        [(p[0] + p[1]) / 2, (p[2] + p[3]) / 2],
    )


def _as_part(points: ArrayLike, shape: str) -> Part:
    array = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if len(array) < _LEAST[shape]:
        raise MeasurementError(f"A {shape} needs at least {_LEAST[shape]} points.")
    if not np.isfinite(array).all():
        raise MeasurementError(f"A point of the {shape} is not a finite number.")
    return tuple((float(y), float(x)) for y, x in array)


def _points_text(part: Iterable[Point]) -> str:
    return ", ".join(f"{x!r} {y!r}" for y, x in part)


def _parse_points(text: str) -> list[Point]:
    points = []
    for pair in text.split(","):
        numbers = pair.split()
        if len(numbers) != 2:
            raise MeasurementError(f"{pair.strip()!r} is not a point 'x y'.")
        try:
            points.append((float(numbers[1]), float(numbers[0])))
        except ValueError as error:
            raise MeasurementError(f"{pair.strip()!r} is not a point 'x y'.") from error
    return points


def _are_axes(first: Sequence[Point], second: Sequence[Point]) -> bool:
    """Two straight lines with one midpoint."""
    if len(first) != 2 or len(second) != 2:
        return False
    a, b = np.mean(first, axis=0), np.mean(second, axis=0)
    size = float(np.abs(np.asarray(first) - np.asarray(second)).max())
    return bool(np.abs(a - b).max() <= 1e-6 * max(size, 1.0))
