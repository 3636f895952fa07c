"""Snapping: a drawn shape moved to the edges that are near to it in the frame.

The one place through which the rest of the program finds edges for a shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.nearest_edge import (
    NearestEdges,
    across_means,
    nearest_edges,
)
from napari_insitu_tem.measure.noise import averaging_noise
from napari_insitu_tem.measure.outlines.bodies import FLAT, WIRE
from napari_insitu_tem.measure.sampling import sample_bilinear, strip_lines
from napari_insitu_tem.measure.snap_rims import snap_to_rim
from napari_insitu_tem.measure.snap_round import rims_of_wire
from napari_insitu_tem.measure.snap_sites import (
    Sites,
    boundary_sites,
    line_sites,
    point_site,
    polyline_sites,
    straight_sites,
)
from napari_insitu_tem.measure.snapped import Snapped, farthest
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import Geometry

FloatArray = NDArray[np.float64]

#: Samples beyond the reach on either side, so that an edge there has two levels.
_MARGIN = 8

#: Pixels around the shape from which the noise is taken.
_AROUND = 10

#: A shape of many vertices is flagged where more than this part found no edge.
_MAY_FAIL = 0.25

#: Logarithm of the odds from which a line is taken for one across a wire at once.
_NO_DOUBT = 8.0

#: Standard uncertainty of a vertex that stays where it was drawn, in px.
_BY_HAND = 1.0


@on_one_thread
def snap(
    frame: NDArray[Any],
    geometry: Geometry,
    *,
    reach_px: float = 12.0,
    width_px: float = 9.0,
    gain: float | None = None,
    along: ArrayLike | Geometry | None = None,
    roundness: float = 0.0,
    evidence: Mapping[str, float] | None = None,
) -> Snapped:
    """Move a shape to the nearest credible edges.

    The ends of a line move along it, to the rims of a round wire where it lies across
    one, else each to the edge near it. The vertices of a path and of both boundaries of
    a band move along the local normal, a point along its path. A polygon or an ellipse
    is put on the rim of a body: flat, rounded, a wire or a ball, whichever the image
    around all of it shows. Of a polygon the drawn corners come along, and others are
    added where the rim bends between them.

    Parameters
    ----------
    frame
        (y, x) image.
    geometry
        The drawn shape.
    reach_px
        Farthest move. It is kept below half the way to what lies opposite.
    width_px
        Width over which the image is averaged, along the edge.
    gain
        Counts per electron; None: not known.
    along
        The path of a point: (n, 2) vertices (y, x) or a shape.
    roundness
        What other frames say of the same line, see `Snapped.roundness`: at a low dose
        one frame can mistake a wire for a ribbon, and its rims by a tenth.
    evidence
        What other frames say of the body in the same outline or ellipse, see
        `Snapped.evidence`.

    Raises
    ------
    MeasurementError
        The frame is not a (y, x) image.

    Notes
    -----
    See `nearest_edge.nearest_edges`, and `outlines.place.put_on_rim` for polygons and
    ellipses. The mean over a width w along an edge of radius R lies ``w**2 / (24 R)``
    on the inner side of the edge: the ends of a line across a round particle are left
    too close by it. Choose a smaller width there. (Polygons and ellipses are followed
    around the bend, whatever the width.)
    """
    image = np.asarray(frame)
    if image.ndim != 2:
        raise MeasurementError("Snapping needs a frame (y, x) of one channel.")
    half = int(np.ceil(reach_px)) + _MARGIN
    look = _Look(image, width_px, gain, reach_px, half)
    if geometry.shape == "none":
        return Snapped(geometry, float("nan"), "", 0.0)
    if geometry.shape == "point":
        return _snap_point(look, geometry, along)
    if any(
        np.ptp(geometry.array(i), axis=0).max() < 1 for i in range(_parts(geometry))
    ):
        return Snapped(geometry, float("nan"), flags.TOO_SHORT, 0.0)
    if geometry.shape in ("ellipse", "polygon"):
        return snap_to_rim(image, geometry, reach_px, gain, evidence)
    if geometry.shape == "line":
        return _snap_line(look, geometry, roundness)
    return _snap_vertices(look, geometry)


@dataclass(frozen=True, eq=False)
class _Look:
    """How edges are looked for in one frame."""

    image: NDArray[Any]
    width: float
    gain: float | None
    reach: float
    half: int

    def at(self, sites: Sites) -> NearestEdges:
        """The nearest edge at each site."""
        places = strip_lines(sites.lines, sites.across, self.width)
        strips = sample_bilinear(self.image, places)
        noise = self._noise(strips, sites) / np.sqrt(strips.shape[2])
        strips[~sites.is_seen()] = np.nan
        return nearest_edges(strips, sites.reach, noise)

    def _crop(self, low: FloatArray, high: FloatArray) -> NDArray[Any]:
        """The image between two corners."""
        last = np.array(self.image.shape) - 1
        low, high = (np.clip(corner, 0, last).astype(int) for corner in (low, high))
        return self.image[low[0] : high[0] + 1, low[1] : high[1] + 1]

    def across_wire(
        self, ends: FloatArray, reach: FloatArray
    ) -> tuple[NearestEdges | None, float]:
        """Both ends of a line on the rims of a wire, and how likely there is one."""
        step = ends[1] - ends[0]
        length = float(np.hypot(*step))
        half = int(np.ceil(length / 2)) + self.half
        middle, direction = ends.mean(axis=0), step / length
        sites = straight_sites(middle[None], direction[None], reach[:1], half)
        strips = sample_bilinear(
            self.image, strip_lines(sites.lines, sites.across, self.width)
        )
        noise = self._noise(strips, sites) / np.sqrt(strips.shape[2])
        found = rims_of_wire(across_means(strips)[0], float(noise[0]))
        if found is None:
            return None, 0.0
        offset = np.array([-1.0, 1.0]) * (found.rims - half) - length / 2
        if np.any(np.abs(offset) > reach):
            return None, 0.0
        u_offset, blur = np.full(2, found.u_rim), np.full(2, np.nan)
        return NearestEdges(offset, u_offset, blur, ["", ""]), found.roundness

    def _noise(self, strips: FloatArray, sites: Sites) -> FloatArray:
        """(S,) noise of a pixel, as a mean over many of them sees it."""
        count = len(strips)
        if self.gain is not None:
            known = np.isfinite(strips)
            total = np.where(known, strips, 0.0).sum(axis=(1, 2))
            level = total / np.maximum(known.sum(axis=(1, 2)), 1)
            return np.asarray(np.sqrt(self.gain * np.maximum(level, 1e-12)))
        low, high = sites.lines.min(axis=(0, 1)), sites.lines.max(axis=(0, 1))
        around = self._crop(low - _AROUND, high + _AROUND)
        return np.full(count, averaging_noise(around))


def _parts(geometry: Geometry) -> int:
    return len(geometry.parts)


def _snap_line(look: _Look, geometry: Geometry, roundness: float) -> Snapped:
    """Both ends on the rims of a wire, or each on the edge near it."""
    ends = geometry.array()
    sites = line_sites(ends, look.reach, look.half)
    rims, more = look.across_wire(ends, sites.reach)
    odds = roundness + more
    if rims is None:
        found = look.at(sites)
    elif odds > _NO_DOUBT:
        found = rims
    else:
        found = _likelier(rims, look.at(sites), odds)
    known = np.isfinite(found.offset)
    moved = sites.place(np.where(known, found.offset, 0.0))
    shape = Geometry.of("line", np.where(known[:, None], moved, ends))
    snapped = _result(geometry, shape, [found])
    body = "" if snapped.flag else WIRE if rims is not None and odds >= 0 else FLAT
    return replace(snapped, roundness=odds, body=body)


def _likelier(rims: NearestEdges, steps: NearestEdges, odds: float) -> NearestEdges:
    """The likelier of two readings; its uncertainty has what the other one says."""
    found, other = (rims, steps) if odds >= 0 else (steps, rims)
    doubt = 1.0 / (1.0 + np.exp(abs(odds)))
    apart = np.nan_to_num(found.offset - other.offset)
    u_offset = np.hypot(found.u_offset, np.sqrt(doubt) * apart)
    return replace(found, u_offset=u_offset)


def _snap_vertices(look: _Look, geometry: Geometry) -> Snapped:
    """Path, band: every vertex by itself."""
    parts, edges = [], []
    for i in range(_parts(geometry)):
        points = geometry.array(i)
        if geometry.shape == "band":
            other = geometry.array(1 - i)
            sites = boundary_sites(points, other, look.reach, look.half)
        else:
            sites = polyline_sites(points, look.reach, look.half)
        found = look.at(sites)
        known = np.isfinite(found.offset)
        moved = sites.place(np.where(known, found.offset, 0.0))
        parts.append(np.where(known[:, None], moved, points))
        edges.append(found)
    return _result(geometry, Geometry.of(geometry.shape, *parts), edges)


def _snap_point(
    look: _Look, geometry: Geometry, along: ArrayLike | Geometry | None
) -> Snapped:
    if along is None:
        return Snapped(geometry, float("nan"), flags.NO_PATH, 0.0)
    path = along.array() if isinstance(along, Geometry) else np.asarray(along, float)
    point = geometry.array()[0]
    try:
        sites = point_site(point, path, look.reach, look.half)
    except MeasurementError:
        return Snapped(geometry, float("nan"), flags.NO_PATH, 0.0)
    found = look.at(sites)
    if found.flag[0]:
        return Snapped(geometry, float("nan"), found.flag[0], 0.0, (found.flag[0],))
    placed = sites.place(found.offset)
    return _result(geometry, Geometry.of("point", placed), [found])


def _result(
    before: Geometry, after: Geometry, edges: Sequence[NearestEdges]
) -> Snapped:
    """What is known of a shape whose vertices moved one by one.

    Each part is judged alone: of a band, one boundary may be found and the other not.
    """
    words = tuple(word for found in edges for word in found.flag)
    failed = [word for word in words if word]
    u = np.concatenate([found.u_offset for found in edges])
    u = np.where(np.isfinite(u), u, _BY_HAND)
    may_fail = 0.0 if len(words) <= 2 else _MAY_FAIL
    lost = [sum(map(bool, found.flag)) / max(len(found.flag), 1) for found in edges]
    flag = _commonest(failed) if max(lost) > may_fail else ""
    found_any = len(failed) < len(words)
    u_pick = float(np.sqrt(np.mean(u**2))) if found_any else float("nan")
    return Snapped(after, u_pick, flag, farthest(before, after), words)


def _commonest(words: Sequence[str]) -> str:
    failed = [word for word in words if word]
    return max(failed, key=failed.count) if failed else ""
