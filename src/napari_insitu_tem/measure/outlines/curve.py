"""A drawn outline as a closed curve of smooth runs between corners."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.outlines.strips import Stretches

FloatArray = NDArray[np.float64]

#: A vertex where the outline turns by more than this, within so many px, is a corner.
_CORNER, _WITHIN, _WITHIN_PART = np.deg2rad(55.0), (4.0, 12.0), 0.06
#: Up to so many vertices each is meant; of more, a hand places one to so many px.
_MEANT, _HAND = 7, 1.2
#: A drawn outline is smoothed by this part of the distance of its vertices, at most.
_SMOOTH, _MOST_SMOOTH = 0.5, 8.0
#: Distance from a corner in px that is not looked at, and as a part of the run.
_MARGIN, _MARGIN_PART = 4.0, 0.25
#: Length of a stretch in px: least, and as a part of the outline.
_STRETCH, _STRETCHES = 6.0, 40
#: Points of a run at least.
_LEAST_POINTS = 5


@dataclass(frozen=True, eq=False)
class Run:
    """A smooth piece of an outline.

    Attributes
    ----------
    points
        (m, 2) points (y, x), about a pixel apart; of a closed run the first is not
        repeated.
    is_closed
        Whether it is the whole outline, without a corner.
    """

    points: FloatArray
    is_closed: bool

    @property
    def along(self) -> FloatArray:
        """(m,) length from the first point."""
        return np.concatenate([[0.0], np.cumsum(_lengths(self.points, closed=False))])

    @property
    def length(self) -> float:
        """Length in px."""
        return float(_lengths(self.points, closed=self.is_closed).sum())


def runs_of(vertices: FloatArray) -> list[Run]:
    """Cut an outline at its corners and smooth what lies between.

    Parameters
    ----------
    vertices
        (n, 2) drawn corners (y, x), the first not repeated, in the sense in which
        `turns_left` holds.
    """
    distinct = vertices[_lengths(vertices, closed=True) > 1e-6]
    corners = corners_of(distinct)
    if corners.size == 0:
        return [_closed_run(distinct)]
    runs = []
    for first, last in zip(
        corners, [*corners[1:], corners[0] + len(distinct)], strict=True
    ):
        picked = distinct[np.arange(first, last + 1) % len(distinct)]
        runs.append(_open_run(picked))
    return runs


def corners_of(vertices: FloatArray) -> NDArray[np.intp]:
    """Indices of vertices at which the outline turns sharply."""
    lengths = _lengths(vertices, closed=True)
    total = float(lengths.sum())
    within = float(np.clip(_WITHIN_PART * total, *_WITHIN))
    at = np.concatenate([[0.0], np.cumsum(lengths)])
    ring = np.concatenate([vertices, vertices[:1]])

    def place(s: FloatArray) -> FloatArray:
        return np.stack(
            [np.interp(s % total, at, ring[:, axis]) for axis in (0, 1)], axis=1
        )

    before = vertices - place(at[:-1] - within)
    after = place(at[:-1] + within) - vertices
    cross = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    turn = np.abs(np.arctan2(cross, np.sum(before * after, axis=1)))
    least = np.full(len(vertices), _CORNER)
    if len(vertices) > _MEANT:
        lever = np.maximum(within, np.minimum(lengths, np.roll(lengths, 1)))
        circle = 2 * np.pi * lever / total
        least = np.maximum(least, circle + 3 * _HAND * np.sqrt(6.0) / lever)
    kept: list[int] = []
    for i in np.argsort(-turn):
        gap = np.abs(at[i] - at[:-1][kept]) if kept else np.array([np.inf])
        gap = np.minimum(gap, total - gap) if kept else gap
        if turn[i] > least[i] and gap.min() >= within:
            kept.append(int(i))
    return np.array(sorted(kept), dtype=np.intp)


def _closed_run(vertices: FloatArray) -> Run:
    from scipy.ndimage import gaussian_filter1d

    spacing = _lengths(vertices, closed=True)
    points, step = evenly(np.concatenate([vertices, vertices[:1]]))
    wide = min(_SMOOTH * float(spacing.mean()), _MOST_SMOOTH) / step
    points = gaussian_filter1d(points[:-1], wide, axis=0, mode="wrap")
    return Run(points, True)


def _open_run(vertices: FloatArray) -> Run:
    from scipy.ndimage import gaussian_filter1d

    spacing = _lengths(vertices, closed=False)
    points, step = evenly(vertices)
    if len(vertices) > 2:
        wide = min(_SMOOTH * float(spacing.mean()), _MOST_SMOOTH) / step
        # Turned about its ends, so that they stay.
        before = 2 * points[0] - points[:0:-1]
        after = 2 * points[-1] - points[-2::-1]
        longer = np.concatenate([before, points, after])
        smooth = gaussian_filter1d(longer, wide, axis=0, mode="nearest")
        points = smooth[len(before) : len(before) + len(points)]
    return Run(points, False)


def evenly(points: FloatArray) -> tuple[FloatArray, float]:
    """Points about a pixel apart along a polyline, and their distance."""
    at = np.concatenate([[0.0], np.cumsum(_lengths(points, closed=False))])
    count = max(_LEAST_POINTS, int(np.ceil(at[-1])) + 1)
    s = np.linspace(0.0, at[-1], count)
    even = np.stack([np.interp(s, at, points[:, axis]) for axis in (0, 1)], axis=1)
    return even, float(at[-1] / (count - 1))


def _lengths(points: FloatArray, *, closed: bool) -> FloatArray:
    """Lengths of the segments, the last one back to the first where closed."""
    after = np.roll(points, -1, axis=0) if closed else points[1:]
    step = after - (points if closed else points[:-1])
    return np.hypot(step[:, 0], step[:, 1])


@dataclass(frozen=True, eq=False)
class Sites:
    """Where along the runs the stretches are.

    Attributes
    ----------
    stretches
        The stretches, run after run.
    run
        (S,) number of the run.
    along
        (S,) length from the first point of the run to the middle.
    """

    stretches: Stretches
    run: NDArray[np.intp]
    along: FloatArray


def sites_on(runs: Sequence[Run]) -> Sites:
    """Cut runs into stretches; near corners there is none."""
    total = sum(run.length for run in runs)
    target = max(_STRETCH, total / _STRETCHES)
    lines = max(3, round(target))
    ring = np.concatenate([run.points for run in runs])
    parts, number, along = [], [], []
    for i, run in enumerate(runs):
        margin = 0.0
        if not run.is_closed:
            margin = min(_MARGIN, _MARGIN_PART * run.length)
        usable = run.length - 2 * margin
        count = max(8 if run.is_closed else 1, round(usable / target))
        edges = np.linspace(margin, margin + usable, count + 1)
        middle = 0.5 * (edges[1:] + edges[:-1])
        share = (np.arange(lines) + 0.5) / lines - 0.5
        s = middle[:, None] + share * (usable / count)
        places, normals, curvature = frame_of(run, s)
        bend = curvature.mean(axis=1)
        parts.append((places, normals, np.full(count, usable / count), bend))
        number += [i] * count
        along.append(middle)
    places, normals, length, curvature = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    stretches = Stretches(places, normals, length, curvature, np.zeros(len(length)))
    chord = chords(stretches.middle, stretches.normal, ring)
    stretches = Stretches(places, normals, length, curvature, 0.5 * chord)
    return Sites(stretches, np.array(number), np.concatenate(along))


def frame_of(run: Run, s: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Places, outward normals and curvature at lengths along a run."""
    from scipy.ndimage import gaussian_filter1d

    points, at = run.points, run.along
    if run.is_closed:
        step = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    else:
        step = np.gradient(points, axis=0)
    tangent = step / np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-12)[:, None]
    angle = np.unwrap(np.arctan2(tangent[:, 0], tangent[:, 1]))
    spacing = run.length / (len(points) - (0 if run.is_closed else 1))
    if run.is_closed:
        turn = angle[-1] - angle[0]
        whole = np.round(turn / (2 * np.pi)) * 2 * np.pi or 2 * np.pi
        ramp = np.arange(len(points)) / len(points) * whole
        wide = min(3.0, 0.02 * run.length) / spacing
        angle = gaussian_filter1d(angle - ramp, wide, mode="wrap") + ramp
        ext = np.concatenate([angle, angle[:1] + whole])
        at = np.concatenate([at, [run.length]])
        ring = np.concatenate([points, points[:1]])
    else:
        ext, ring = angle, points
    bend = np.gradient(ext, at)
    bend = gaussian_filter1d(bend, 4.0 / spacing, mode="nearest")
    flat = np.clip(s, 0.0, at[-1])
    places = np.stack([np.interp(flat, at, ring[:, i]) for i in (0, 1)], axis=-1)
    turned = np.interp(flat, at, ext)
    # The outline is walked so that the outside lies to the side of (-x, y).
    normals = np.stack([-np.cos(turned), np.sin(turned)], axis=-1)
    return places, normals, np.interp(flat, at, bend)


def oriented(vertices: FloatArray) -> FloatArray:
    """The vertices in the sense in which the normals of `sites_on` point outwards."""
    y, x = (vertices - vertices.mean(axis=0)).T
    twice = np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y)
    return vertices if twice >= 0 else vertices[::-1]


def chords(places: FloatArray, normals: FloatArray, ring: FloatArray) -> FloatArray:
    """(S,) way along the inward normals to the opposite side of a closed outline."""
    start, step = ring, np.roll(ring, -1, axis=0) - ring
    gap = start - places[:, None]
    inward = -normals[:, None]

    def cross(a: FloatArray, b: FloatArray) -> FloatArray:
        return np.asarray(a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0])

    turn = cross(inward, step[None])
    with np.errstate(divide="ignore", invalid="ignore"):
        way = cross(gap, step[None]) / turn
        part = cross(gap, inward) / turn
    hits = (np.abs(turn) > 1e-12) & (part >= 0) & (part < 1) & (way > 1.0)
    ways = np.where(hits, way, np.inf).min(axis=1)
    size = float(np.hypot(*np.ptp(ring, axis=0)))
    return np.where(np.isfinite(ways), ways, size)
