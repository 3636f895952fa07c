"""Outlines that can be moved along their normals: drawn runs, and ellipses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.outlines.curve import (
    Run,
    Sites,
    chords,
    evenly,
    oriented,
    runs_of,
    sites_on,
)
from napari_insitu_tem.measure.outlines.fit import Motion
from napari_insitu_tem.measure.outlines.strips import Stretches

FloatArray = NDArray[np.float64]

#: How much the move of a stretch differs from the mean of its neighbours' (1 s.d. in
#: px), on an outline without corners and between corners; and how far all of it moves.
_CLOSED_BENDS, _OPEN_BENDS, FAR = 1.5, 0.5, 12.0
#: Stretches from which the end of a run is drawn on to the corner.
_LAST = 3
#: Length of a stretch of an ellipse in px: least, and as a part of the ellipse.
_STRETCH, _STRETCHES, _FEWEST = 6.0, 40, 12


class Shape(Protocol):
    """What can be put on a rim."""

    @property
    def stretches(self) -> Stretches:
        """Where the image is looked at."""

    @property
    def motion(self) -> Motion:
        """How it may move."""

    @property
    def ring(self) -> FloatArray:
        """(m, 2) points of the closed outline, the first not repeated."""

    @property
    def shares(self) -> FloatArray:
        """(S,) length of the outline that moves with each stretch, in px."""

    def moved(self, values: FloatArray) -> Shape:
        """The same after a motion by (K,) values."""


@dataclass(frozen=True, eq=False)
class Outline:
    """Smooth runs between corners."""

    runs: tuple[Run, ...]

    @classmethod
    def drawn(cls, vertices: FloatArray) -> Outline:
        """From the corners of a polygon."""
        return cls(tuple(runs_of(oriented(vertices))))

    @cached_property
    def sites(self) -> Sites:
        """The stretches and where they lie on the runs."""
        return sites_on(self.runs)

    @property
    def stretches(self) -> Stretches:
        """See `Shape`."""
        return self.sites.stretches

    @property
    def ring(self) -> FloatArray:
        """See `Shape`."""
        parts = [r.points if r.is_closed else r.points[:-1] for r in self.runs]
        return np.concatenate(parts)

    @property
    def shares(self) -> FloatArray:
        """See `Shape`."""
        length = self.stretches.length
        whole = np.array([run.length for run in self.runs])
        seen = np.array([length[self.sites.run == i].sum() for i in range(len(whole))])
        return np.asarray(length * (whole / seen)[self.sites.run])

    @property
    def motion(self) -> Motion:
        """See `Shape`: every stretch by itself, not far from its neighbours."""
        count = len(self.stretches)
        precision = np.eye(count) / FAR**2
        for i, run in enumerate(self.runs):
            mine = np.flatnonzero(self.sites.run == i)
            bend = _second_differences(mine.size, run.is_closed)
            usual = _CLOSED_BENDS if run.is_closed else _OPEN_BENDS
            precision[np.ix_(mine, mine)] += bend.T @ bend / usual**2
        return Motion(np.eye(count), precision)

    def moved(self, values: FloatArray) -> Outline:
        """See `Shape`; corners are where the runs meet."""
        moved = [
            _moved_run(run, self.sites, i, values) for i, run in enumerate(self.runs)
        ]
        if self.runs[0].is_closed:
            return Outline((Run(moved[0], True),))
        corners = [
            _meeting(before, after)
            for before, after in zip([moved[-1], *moved[:-1]], moved, strict=True)
        ]
        ends = zip(corners, moved, [*corners[1:], corners[0]], strict=True)
        return Outline(tuple(Run(_even(*parts), False) for parts in ends))


@dataclass(frozen=True, eq=False)
class Ellipse:
    """An ellipse by its centre and (2, 2) half axes."""

    centre: FloatArray
    axes: FloatArray

    @cached_property
    def _around(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """(S, W) parameters of the places, (S,) lengths and the design's parameters."""
        fine = np.linspace(0.0, 2 * np.pi, 721)
        speed = np.hypot(*self._tangent(fine).T)
        at = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]))])
        at *= fine[1]
        target = max(_STRETCH, at[-1] / _STRETCHES)
        count = max(_FEWEST, round(at[-1] / target))
        step = at[-1] / count
        lines = max(3, round(step))
        share = (np.arange(lines) + 0.5) / lines
        s = (np.arange(count)[:, None] + share) * step
        middle = (np.arange(count) + 0.5) * step
        inside = np.interp(s, at, fine)
        return inside, np.full(count, step), np.interp(middle, at, fine)

    def _tangent(self, angle: FloatArray) -> FloatArray:
        """(..., 2) derivative of the place by the parameter."""
        return np.asarray(
            -np.sin(angle)[..., None] * self.axes[0]
            + np.cos(angle)[..., None] * self.axes[1]
        )

    def _normal(self, angle: FloatArray) -> FloatArray:
        """(..., 2) outward unit normals."""
        tangent = self._tangent(angle)
        turned = np.stack([tangent[..., 1], -tangent[..., 0]], axis=-1)
        turned *= np.sign(np.linalg.det(self.axes)) or 1.0
        length = np.hypot(turned[..., 0], turned[..., 1])[..., None]
        return np.asarray(turned / np.maximum(length, 1e-12))

    def _place(self, angle: FloatArray) -> FloatArray:
        weights = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
        return np.asarray(self.centre + weights @ self.axes)

    @cached_property
    def stretches(self) -> Stretches:
        """See `Shape`."""
        angle, length, middle = self._around
        speed = np.hypot(*self._tangent(middle).T)
        bend = abs(float(np.linalg.det(self.axes))) / np.maximum(speed, 1e-9) ** 3
        places, normals = self._place(angle), self._normal(angle)
        chord = chords(places.mean(axis=1), self._normal(middle), self.ring)
        return Stretches(places, normals, length, bend, 0.5 * chord)

    @property
    def ring(self) -> FloatArray:
        """See `Shape`."""
        return self._place(np.linspace(0.0, 2 * np.pi, 180, endpoint=False))

    @property
    def shares(self) -> FloatArray:
        """See `Shape`."""
        return self.stretches.length

    @property
    def motion(self) -> Motion:
        """See `Shape`: centre and both half axes move; turning alone does nothing."""
        middle = self._around[2]
        normal = self._normal(middle)
        cos, sin = np.cos(middle)[:, None], np.sin(middle)[:, None]
        basis = np.concatenate([normal, normal * cos, normal * sin], axis=1)
        return Motion(basis, np.eye(6) / FAR**2)

    def moved(self, values: FloatArray) -> Ellipse:
        """See `Shape`; the half axes are at right angles again."""
        pair = self.axes + values[2:].reshape(2, 2)
        directions, lengths, _ = np.linalg.svd(pair.T)
        principal = (directions * lengths).T
        if abs(principal[0] @ self.axes[0]) < abs(principal[1] @ self.axes[0]):
            principal = principal[::-1]
        sign = np.sign(np.sum(principal * self.axes, axis=1, keepdims=True))
        return Ellipse(self.centre + values[:2], principal * np.where(sign, sign, 1.0))


def _second_differences(count: int, is_closed: bool) -> FloatArray:
    """(rows, count) second differences of values along a run."""
    one = np.eye(count)
    if is_closed:
        return np.asarray(np.roll(one, 1, axis=0) - 2 * one + np.roll(one, -1, axis=0))
    return np.asarray(np.diff(one, n=2, axis=0))


def _moved_run(run: Run, sites: Sites, number: int, values: FloatArray) -> FloatArray:
    """Points of a run through its stretches, each moved along its normal.

    An open run goes on straight beyond its first and its last stretch.
    """
    from scipy.interpolate import CubicSpline

    mine = np.flatnonzero(sites.run == number)
    stretches, s = sites.stretches, sites.along[mine]
    # The middle of an arc lies on its inner side.
    bulge = stretches.length[mine] ** 2 * stretches.curvature[mine] / 24
    away = (values[mine] + bulge)[:, None] * stretches.normal[mine]
    points = stretches.middle[mine] + away
    if run.is_closed:
        around = np.concatenate([s, s[:1] + run.length])
        ring = np.concatenate([points, points[:1]])
        count = max(len(run.points), 4 * s.size)
        at = s[0] + np.arange(count) * run.length / count
        return np.asarray(CubicSpline(around, ring, bc_type="periodic")(at))
    if s.size == 1:
        pair = run.points[[0, -1]]
        shift = (points[0] - pair.mean(axis=0)) @ stretches.normal[mine[0]]
        return np.asarray(pair + shift * stretches.normal[mine[0]])
    last = min(_LAST, s.size)
    ends: list[FloatArray] = []
    for end, part in ((0.0, slice(None, last)), (run.length, slice(-last, None))):
        line = np.polyfit(s[part] - end, points[part], 1)
        ends.append(line[1])
    inner = np.linspace(s[0], s[-1], max(2, round(s[-1] - s[0])))
    curve = CubicSpline(s, points, bc_type="natural") if s.size > 2 else None
    between = curve(inner) if curve else points
    return np.concatenate([ends[:1], between, ends[1:]])


def _meeting(before: FloatArray, after: FloatArray) -> FloatArray:
    """Where two runs meet that were drawn on; half way where they are parallel."""
    (a, b), (c, d) = before[-2:], after[1::-1]
    u, v = b - a, d - c
    cross = u[0] * v[1] - u[1] * v[0]
    middle = 0.5 * (b + d)
    if abs(cross) < 0.2 * np.hypot(*u) * np.hypot(*v):
        return np.asarray(middle)
    part = ((c - a)[0] * v[1] - (c - a)[1] * v[0]) / cross
    meet = a + part * u
    too_far = np.hypot(*(meet - middle)) > 2 * (np.hypot(*(b - d)) + 4.0)
    return np.asarray(middle if too_far else meet)


def _even(corner: FloatArray, points: FloatArray, other: FloatArray) -> FloatArray:
    """Points about a pixel apart from a corner along a run to the next corner."""
    return evenly(np.concatenate([corner[None], points[1:-1], other[None]]))[0]


def area_of(ring: FloatArray) -> float:
    """Area within a closed outline."""
    y, x = (ring - ring.mean(axis=0)).T
    return 0.5 * abs(float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)))


def is_end(shape: Shape, direction: FloatArray) -> NDArray[np.bool_]:
    """(S,) stretches that lie across a direction (y, x), as the ends of a wire do."""
    return np.asarray(np.abs(shape.stretches.normal @ direction) > np.sqrt(0.5))


def long_axis(ring: Sequence[Sequence[float]] | FloatArray) -> tuple[FloatArray, float]:
    """Direction (y, x) in which an outline is longest, and how many times as long."""
    points = np.asarray(ring, dtype=np.float64)
    away = points - points.mean(axis=0)
    axis = np.linalg.svd(away, full_matrices=False)[2]
    size = np.ptp(away @ axis.T, axis=0)
    return axis[0], float(size[0] / max(size[1], 1e-9))
