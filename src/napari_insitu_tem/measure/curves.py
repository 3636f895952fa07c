"""Boundaries as curves: smooth where their vertices sample a smooth line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: A vertex at which the boundary turns by less than the first belongs to a smooth line;
#: one at which it turns by more than the second is a corner; between, it is in part.
_SMOOTH, _CORNER = np.deg2rad([6.0, 12.0])

#: Points closer than this part of the boundary's extent are the same one.
_SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Curve:
    """A polyline close to a boundary.

    Attributes
    ----------
    points
        (M, 2) points (y, x), close to each other; the first is repeated at the end of a
        closed curve.
    vertex
        (M,) where each point lies among the drawn vertices: i + f is the part f of the
        way from vertex i to the next.
    vertices
        (n, 2) the drawn vertices, the first not repeated.
    is_closed
        Whether the end is the beginning.
    """

    points: FloatArray
    vertex: FloatArray
    vertices: FloatArray
    is_closed: bool

    @property
    def along(self) -> FloatArray:
        """(M,) length along the curve up to each point."""
        steps = np.hypot(*np.diff(self.points, axis=0).T)
        return np.concatenate([[0.0], np.cumsum(steps)])

    @property
    def length(self) -> float:
        """Length of the curve."""
        return float(self.along[-1])

    def evenly(self, step: float) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Places about `step` apart, each in the middle of an equal part.

        Returns
        -------
        (m, 2) places, (m, 2) unit tangents, (m,) positions among the vertices.
        """
        along = self.along
        count = max(round(self.length / step), 2)
        where = (np.arange(count) + 0.5) * self.length / count
        at = np.clip(np.searchsorted(along, where) - 1, 0, len(along) - 2)
        part = (where - along[at]) / (along[at + 1] - along[at])
        places = _between(self.points, at, part)
        tangents = _between(self._tangents, at, part)
        tangents /= np.hypot(*tangents.T)[:, None]
        return places, tangents, _between(self.vertex[:, None], at, part)[:, 0]

    @property
    def _tangents(self) -> FloatArray:
        """(M, 2) directions at the points."""
        steps = np.diff(self.points, axis=0)
        before = np.concatenate([steps[-1:] if self.is_closed else steps[:1], steps])
        after = np.concatenate([steps, steps[:1] if self.is_closed else steps[-1:]])
        return _circle_tangents(before, after)

    def hats(self, vertex: FloatArray) -> tuple[NDArray[np.intp], FloatArray]:
        """(K, 2) the vertices that move places on the curve, and by which part."""
        count = len(self.vertices)
        low = np.floor(vertex).astype(np.intp)
        if not self.is_closed:
            low = np.minimum(low, count - 2)
        part = vertex - low
        pairs = np.stack([low, low + 1], axis=1) % count
        return pairs, np.stack([1 - part, part], axis=1)


def as_curve(points: ArrayLike, spacing: float) -> Curve:
    """A curve through vertices, in pieces of at most `spacing`.

    Parameters
    ----------
    points
        (n, 2) vertices (y, x); closed where the last is the first.
    spacing
        Largest distance of neighbouring points.

    Raises
    ------
    MeasurementError
        Fewer than two different vertices, or one that is not a number.

    Notes
    -----
    Where the boundary turns by less than 6 degrees at both ends of a segment its
    vertices are taken for points of a smooth line, as a tracker gives them: the segment
    becomes the cubic (Hermite) with the tangents of the circles through three
    neighbouring vertices, which is right to fourth order. Where it turns by more than
    12 degrees, as in most lines drawn by hand, segments stay straight as drawn; between
    the two there is a gradual change.
    """
    p = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    if not np.isfinite(p).all():
        raise MeasurementError(
            "A boundary has points that are not numbers.", hint="Leave them out."
        )
    tiny = _SAME * float(np.ptp(p, axis=0).max(initial=0.0)) if len(p) else 0.0
    moves = np.hypot(*np.diff(p, axis=0).T) > tiny
    p = p[np.concatenate([np.ones(min(len(p), 1), dtype=bool), moves])]
    is_closed = len(p) > 3 and bool(np.hypot(*(p[0] - p[-1])) <= tiny)
    if is_closed:
        p = np.concatenate([p[:-1], p[:1]])
    if len(p) < 2:
        raise MeasurementError(
            "A boundary needs two different points.", hint="Draw it longer."
        )
    steps = np.diff(p, axis=0)
    tangents, smoothness = _smooth_segments(steps, is_closed)
    pieces, vertex = [], []
    for i, step in enumerate(steps):
        length = float(np.hypot(*step))
        parts = max(1, int(np.ceil(length / spacing)))
        f = np.arange(parts) / parts
        straight = p[i] + f[:, None] * step
        if smoothness[i] > 0:
            bent = _hermite(p[i], p[i + 1], length * tangents[i : i + 2], f)
            straight += smoothness[i] * (bent - straight)
        pieces.append(straight)
        vertex.append(i + f)
    pieces.append(p[-1:])
    vertex.append(np.array([float(len(steps))]))
    vertices = p[:-1] if is_closed else p
    return Curve(np.concatenate(pieces), np.concatenate(vertex), vertices, is_closed)


def _smooth_segments(
    steps: FloatArray, is_closed: bool
) -> tuple[FloatArray, FloatArray]:
    """(n, 2) unit tangents at the n vertices; how smooth each segment is, 0 to 1."""
    if len(steps) < 2:
        unit = steps / np.hypot(*steps.T)[:, None]
        return np.concatenate([unit, unit]), np.zeros(1)
    before = np.concatenate([steps[-1:], steps])
    after = np.concatenate([steps, steps[:1]])
    tangents = _circle_tangents(before, after)
    cosine = np.sum(before * after, axis=1) / (np.hypot(*before.T) * np.hypot(*after.T))
    turn = np.arccos(np.clip(cosine, -1.0, 1.0))
    gentle = np.clip((_CORNER - turn) / (_CORNER - _SMOOTH), 0.0, 1.0)
    if not is_closed:
        # At an end the circle goes on through the neighbouring vertex.
        gentle[0], gentle[-1] = gentle[1], gentle[-2]
        tangents[0] = _mirrored(tangents[1], steps[0])
        tangents[-1] = _mirrored(tangents[-2], steps[-1])
    return tangents, gentle[:-1] * gentle[1:]


def _circle_tangents(before: FloatArray, after: FloatArray) -> FloatArray:
    """Unit tangents of the circles through three points, from the steps between."""
    long_before = np.hypot(*before.T)[:, None]
    long_after = np.hypot(*after.T)[:, None]
    sums = before * long_after / long_before + after * long_before / long_after
    size = np.hypot(*sums.T)[:, None]
    return np.asarray(np.where(size > 0, sums / np.maximum(size, 1e-300), 0.0))


def _mirrored(tangent: FloatArray, chord: FloatArray) -> FloatArray:
    """Tangent at the other end of a chord of a circle."""
    unit = chord / np.hypot(*chord)
    return np.asarray(2 * (tangent @ unit) * unit - tangent)


def _hermite(
    a: FloatArray, b: FloatArray, ends: FloatArray, f: FloatArray
) -> FloatArray:
    f = f[:, None]
    g = 1 - f
    return np.asarray(
        (1 + 2 * f) * g**2 * a
        + f**2 * (3 - 2 * f) * b
        + f * g**2 * ends[0]
        - f**2 * g * ends[1]
    )


def _between(values: FloatArray, at: NDArray[np.intp], part: FloatArray) -> FloatArray:
    weight = part[:, None]
    return np.asarray((1 - weight) * values[at] + weight * values[at + 1])
