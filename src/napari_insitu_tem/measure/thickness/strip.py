"""The region between two boundaries: trimmed to where both are, and its outline."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.curves import Curve
from napari_insitu_tem.measure.facing import nearest_on

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Strip:
    """Two boundaries that face each other.

    Attributes
    ----------
    inner, outer
        (M, 2) points (y, x), both running the same way; closed rings repeat the first.
    start, length
        Where the inner part begins along the whole inner boundary, and how long it is;
        it may run over the joint of a closed one.
    is_closed
        Whether both are rings; else straight side walls join their ends.
    """

    inner: FloatArray
    outer: FloatArray
    start: float
    length: float
    is_closed: bool

    @property
    def walls(self) -> list[FloatArray]:
        """The two side walls of a strip that is not closed."""
        if self.is_closed:
            return []
        return [np.array([self.inner[end], self.outer[end]]) for end in (0, -1)]

    def prolonged(self, by: float) -> Strip:
        """The strip with both boundaries led on straight at their ends.

        Side walls go between grid points; so they do it away from where is measured.
        """
        if self.is_closed:
            return self
        return replace(
            self, inner=_prolonged(self.inner, by), outer=_prolonged(self.outer, by)
        )

    def has(self, along: FloatArray, whole: float) -> NDArray[np.bool_]:
        """(K,) which places along the inner boundary, of length `whole`, are in it."""
        if self.is_closed:
            return np.ones(len(along), dtype=bool)
        away = along - self.start
        if self.start + self.length > whole * (1 + 1e-12):
            away = away % whole
        slack = 1e-9 * whole
        return np.asarray((away >= -slack) & (away <= self.length + slack))


def strip_between(inner: Curve, outer: Curve) -> Strip:
    """Trim what overhangs, and turn the outer boundary the way of the inner one.

    A ring that faces an open boundary is cut where the ends of that are nearest. Of two
    open ones, an end that lies beyond the other's is cut at its nearest point.
    """
    if inner.is_closed and outer.is_closed:
        return Strip(inner.points, outer.points, 0.0, inner.length, True)
    if inner.is_closed:
        piece, start = _cut_ring(inner, outer)
        length = _length(piece)
        return Strip(piece, outer.points, start, length, False)
    if outer.is_closed:
        piece, _ = _cut_ring(outer, inner)
        return Strip(inner.points, piece, 0.0, inner.length, False)
    return _between_open(inner, outer)


def _between_open(inner: Curve, outer: Curve) -> Strip:
    a, b = inner.points, outer.points
    if _runs_against(a, b):
        b = b[::-1]
    here, there = _open(a), _open(b)
    ends = []
    for end in (0, -1):
        on_there = _along(there, a[end])
        on_here = _along(here, b[end])
        at_end = 0.0 if end == 0 else here.length
        far_end = 0.0 if end == 0 else there.length
        tiny = 1e-6 * (here.length + there.length)
        cuts_there = abs(on_there - far_end) > tiny
        cuts_here = abs(on_here - at_end) > tiny
        if cuts_there and not cuts_here:
            ends.append((at_end, on_there))
        elif cuts_here and not cuts_there:
            ends.append((on_here, far_end))
        else:
            ends.append((at_end, far_end))
    (s0, t0), (s1, t1) = ends
    if s1 <= s0 or t1 <= t0:
        return Strip(a, b, 0.0, inner.length, False)
    return Strip(_part(here, s0, s1), _part(there, t0, t1), s0, s1 - s0, False)


def _cut_ring(ring: Curve, other: Curve) -> tuple[FloatArray, float]:
    """The arc of a ring opposite an open curve, run its way; where it starts."""
    q = other.points
    middle = int(np.searchsorted(other.along, other.length / 2))
    marks = [_along(ring, q[k]) for k in (0, middle, -1)]
    whole = ring.length
    forward = (marks[2] - marks[0]) % whole
    if (marks[1] - marks[0]) % whole <= forward:
        return _part(ring, marks[0], marks[0] + forward), marks[0]
    back = whole - forward
    return _part(ring, marks[2], marks[2] + back)[::-1], marks[2]


def _part(curve: Curve, first: float, last: float) -> FloatArray:
    """Points of a curve between two lengths along it, over the joint if need be."""
    along, points = curve.along, curve.points
    if last > along[-1] and curve.is_closed:
        along = np.concatenate([along, along[-1] + along[1:]])
        points = np.concatenate([points, points[1:]])
    between = (along > first) & (along < last)
    ends = [[np.interp(s, along, points[:, k]) for k in (0, 1)] for s in (first, last)]
    return np.concatenate([ends[:1], points[between], ends[1:]])


def _prolonged(points: FloatArray, by: float) -> FloatArray:
    """Points led on at both ends, the way the last four times `by` go."""
    ends = []
    for line in (points, points[::-1]):
        away = np.hypot(*(line - line[0]).T)
        beyond = int(np.argmax(away > 4 * by)) or len(line) - 1
        ends.append(line[0] + by * (line[0] - line[beyond]) / away[beyond])
    return np.concatenate([ends[:1], points, ends[1:]])


def _runs_against(a: FloatArray, b: FloatArray) -> bool:
    """Whether the ends are closer to each other crosswise."""
    same = np.hypot(*(a[0] - b[0])) + np.hypot(*(a[-1] - b[-1]))
    crossed = np.hypot(*(a[0] - b[-1])) + np.hypot(*(a[-1] - b[0]))
    return bool(crossed < same)


def _open(points: FloatArray) -> Curve:
    return Curve(points, np.arange(len(points), dtype=np.float64), points, False)


def _along(curve: Curve, place: FloatArray) -> float:
    """Length along a curve of the point nearest to a place."""
    foot = nearest_on(curve, place[None])
    return float(np.interp(foot.vertex[0], curve.vertex, curve.along))


def _length(points: FloatArray) -> float:
    return float(np.hypot(*np.diff(points, axis=0).T).sum())
