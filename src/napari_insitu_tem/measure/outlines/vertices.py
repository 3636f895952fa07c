"""The corners of a polygon that is drawn along an outline on a rim."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.outlines.place import Placed
from napari_insitu_tem.measure.outlines.shapes import Outline, area_of

FloatArray = NDArray[np.float64]

#: How far a polygon may be from the outline in px: as the rim is uncertain, within.
_TOLERANCES = (0.15, 0.5)
#: Of more drawn corners than this none is kept for its own sake.
_MOST_KEPT = 48


def corners_on(placed: Placed, drawn: FloatArray) -> FloatArray:
    """(n, 2) corners along an outline that was placed.

    The drawn corners come along, others are added where the outline bends between
    them; in stretches without an edge the drawn corners stay where they are.

    Parameters
    ----------
    placed
        The outline.
    drawn
        (m, 2) drawn corners (y, x), the first not repeated.
    """
    outline = placed.shape
    assert isinstance(outline, Outline)
    ring = outline.ring
    lost = np.array([bool(word) for word in placed.flags])
    middle = placed.before.stretches.middle
    stays = lost[_nearest(drawn, middle)]
    kept = ~lost[_nearest(ring, middle)]
    place = _nearest(drawn, ring)
    fixed = np.zeros(len(ring), dtype=bool)
    if len(drawn) <= _MOST_KEPT:
        fixed[place[~stays]] = True
    first = 0
    for run in outline.runs:
        fixed[first] |= not run.is_closed
        first += len(run.points) - (0 if run.is_closed else 1)
    order = np.concatenate([np.flatnonzero(kept).astype(float), place[stays] + 0.5])
    points = np.concatenate([ring[kept], drawn[stays]])
    needed = np.concatenate([fixed[kept], np.ones(int(stays.sum()), dtype=bool)])
    sorted_ = np.argsort(order, kind="stable")
    tolerance = float(np.clip(np.nan_to_num(placed.u_rim), *_TOLERANCES))
    corners = _simplified(points[sorted_], needed[sorted_], tolerance)
    if not lost.any():
        size = np.sqrt(area_of(ring) / max(area_of(corners), 1e-9))
        centre = ring.mean(axis=0)
        corners = centre + size * (corners - centre)
    return _as_drawn(corners, drawn)


def _nearest(points: FloatArray, others: FloatArray) -> NDArray[np.intp]:
    """(n,) index of the nearest of other points."""
    away = points[:, None] - others
    return np.asarray(np.argmin(np.einsum("nmi,nmi->nm", away, away), axis=1))


def _simplified(
    points: FloatArray, needed: NDArray[np.bool_], tolerance: float
) -> FloatArray:
    """Fewer points of a closed outline (Douglas and Peucker), the needed ones kept."""
    if len(points) <= 4:
        return points
    needed = needed.copy()
    if needed.sum() < 2:
        far = np.hypot(*(points - points[0]).T)
        needed[[0, int(far.argmax())]] = True
    start = int(np.flatnonzero(needed)[0])
    points, needed = np.roll(points, -start, axis=0), np.roll(needed, -start)
    ring = np.concatenate([points, points[:1]])
    ends = [*np.flatnonzero(needed).tolist(), len(points)]
    kept = set(ends)
    pending = list(pairwise(ends))
    while pending:
        i, j = pending.pop()
        if j - i < 2:
            continue
        step = ring[j] - ring[i]
        away = ring[i + 1 : j] - ring[i]
        length = float(np.hypot(*step))
        if length > 1e-9:
            off = np.abs(step[0] * away[:, 1] - step[1] * away[:, 0]) / length
        else:
            off = np.hypot(*away.T)
        k = int(off.argmax())
        if off[k] > tolerance:
            kept.add(i + 1 + k)
            pending += [(i, i + 1 + k), (i + 1 + k, j)]
    return ring[sorted(k for k in kept if k < len(points))]


def _as_drawn(corners: FloatArray, drawn: FloatArray) -> FloatArray:
    """In the sense in which it was drawn, from the first drawn corner on."""

    def twice(p: FloatArray) -> float:
        y, x = (p - p.mean(axis=0)).T
        return float(np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))

    if twice(corners) * twice(drawn) < 0:
        corners = corners[::-1]
    first = int(_nearest(drawn[:1], corners)[0])
    return np.roll(corners, -first, axis=0)
