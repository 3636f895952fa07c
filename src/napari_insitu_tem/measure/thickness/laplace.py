"""Thickness along the field lines of a potential between two boundaries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.curves import Curve
from napari_insitu_tem.measure.facing import Facing, curves_cross, nearest_on
from napari_insitu_tem.measure.thickness.potential import (
    DirectionField,
    solve_potential,
)
from napari_insitu_tem.measure.thickness.strip import Strip, strip_between

FloatArray = NDArray[np.float64]

#: Grid steps across a layer, unless it has more grid points than the second allows.
_ACROSS, _MOST_POINTS = 16.0, 30_000

#: Largest step of the grid in px, unless the points become too many.
_COARSEST = 1.0

#: Step along a field line, and distance to the end at which the rest is straight, both
#: in steps of the grid.
_STRIDE, _NEAR = 0.5, 0.75

#: A field line longer than this many times the nearest distance (plus this many grid
#: steps) has gone astray.
_ASTRAY = 6.0

#: How far the side walls are put beyond the ends, in steps of the grid.
_BEYOND = 4.0

#: Layers thinner than this are none, in px.
_NOTHING = 1e-6


def along_field_lines(inner: Curve, outer: Curve, places: FloatArray) -> Facing:
    """From places on the inner boundary along field lines to the outer one.

    Parameters
    ----------
    inner, outer
        The boundaries.
    places
        (K, 2) evenly spaced places on the inner boundary, in order, each in the middle
        of its part.
    """
    strip = strip_between(inner, outer)
    nearest = nearest_on(outer, places)
    count = len(places)
    where = (np.arange(count) + 0.5) * inner.length / count
    covered = strip.has(where, inner.length)
    if not (covered & nearest.is_covered).any():
        return Facing(nearest.distance, nearest.foot, nearest.vertex, covered & False)
    typical = float(np.median(nearest.distance[covered]))
    if typical < _NOTHING:
        return Facing(nearest.distance, nearest.foot, nearest.vertex, covered)
    step = _grid_step(strip, typical)
    field = solve_potential(strip.prolonged(_BEYOND * step), step)
    if field is None:
        return Facing(nearest.distance, nearest.foot, nearest.vertex, covered)
    length, ends = _followed(field, outer, places[covered], nearest.distance[covered])
    distance = np.full(count, np.nan)
    distance[covered] = length
    feet = places.copy()
    feet[covered] = ends
    if curves_cross(inner, outer):
        distance[covered & _is_beyond(inner, outer, places, nearest)] = 0.0
    found = np.isfinite(distance)
    landed = nearest_on(outer, feet)
    return Facing(distance, landed.foot, landed.vertex, covered & found)


def _grid_step(strip: Strip, typical: float) -> float:
    """Step of the grid for a layer of a typical thickness."""
    fine = min(typical / _ACROSS, _COARSEST)
    return float(max(fine, np.sqrt(strip.length * typical / _MOST_POINTS)))


def _followed(
    field: DirectionField, outer: Curve, places: FloatArray, nearest: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """(K,) lengths of the field lines, NaN where lost, and (K, 2) their ends.

    Midpoint rule in steps of half a grid step. The distance to the outer boundary is
    asked for again once a line has come so far that it might be near.
    """
    near, stride = _NEAR * field.step, _STRIDE * field.step
    length = np.zeros(len(places))
    here = places.copy()
    result = np.full(len(places), np.nan)
    free = nearest - near
    active = np.arange(len(places))
    longest = _ASTRAY * nearest + 20 * field.step
    while active.size:
        check = active[free[active] <= 0]
        if check.size:
            found = nearest_on(outer, here[check])
            done = found.distance <= near
            arrived = check[done]
            result[arrived] = length[arrived] + found.distance[done]
            here[arrived] = found.foot[done]
            free[check] = np.maximum(found.distance - near, 1e-9)
            active = active[
                np.isnan(result[active]) & (length[active] < longest[active])
            ]
        start = here[active]
        middle = field.at(start + 0.5 * stride * field.at(start))
        moving = np.hypot(*middle.T) > 0.5
        active, middle = active[moving], middle[moving]
        here[active] += stride * middle
        length[active] += stride
        free[active] -= stride
    return result, here


def _is_beyond(
    inner: Curve, outer: Curve, places: FloatArray, nearest: Facing
) -> NDArray[np.bool_]:
    """(K,) which places lie on the wrong side of the outer boundary."""
    _, tangents, _ = inner.evenly(inner.length / len(places))
    to_foot = nearest.foot - places
    side = to_foot[:, 0] * tangents[:, 1] - to_foot[:, 1] * tangents[:, 0]
    return np.asarray(side * np.sign(side.sum()) < 0)
