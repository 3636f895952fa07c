"""Finding a shape on a frame, from where it was on the one before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.outlines.bodies import BODIES
from napari_insitu_tem.measure.snapping import snap
from napari_insitu_tem.measure.thickness import layer_thickness
from napari_insitu_tem.measure.thickness.across import squared, wire_across
from napari_insitu_tem.measure.thickness.traced import trace_layer
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Attributes, pairs
from napari_insitu_tem.state.counting import placing
from napari_insitu_tem.state.wires import found_values, is_seen

FloatArray = NDArray[np.float64]

#: Most points of a boundary that is kept: more say no more and slow the canvas down.
_POINTS = 60
#: Points from which the direction of a boundary's end is taken, and the most in px that
#: it is made longer.
_TANGENT, _LONGEST = 5, 3.0
#: Logarithm of the odds beyond which nothing is surer.
_SURE = 30.0
#: The same for the body that the first shape was taken for.
_TOLD = 5.0


@dataclass(frozen=True)
class FoundShape:
    """A shape on a frame.

    Attributes
    ----------
    geometry
        The shape.
    u_pick_px
        Uncertainty of placing a vertex in px that gives the row's value the uncertainty
        that was found; NaN where nothing was found.
    flag
        "" or why it was not found.
    moved_px
        How far it moved, or grew.
    attributes
        What else the row says of it.
    doubt
        Why what was found is to be looked at.
    """

    geometry: Geometry
    u_pick_px: float | None
    flag: str
    moved_px: float
    attributes: Attributes = ()
    doubt: str = ""


Finder = Callable[[NDArray[Any], Geometry], FoundShape]


class EdgeFinder:
    """The last shape snapped to the nearest edges.

    Whether a line crosses a round wire or a flat ribbon, and of what body an outline is
    the rim, is learnt on the way.

    Parameters
    ----------
    width, gain
        As for `snap`.
    body
        What the first shape was taken for, see `measure.Snapped`; "": not known.
    """

    def __init__(self, width: int, gain: float | None, body: str = "") -> None:
        self._width, self._gain = width, gain
        self._roundness = 0.0
        self._evidence = {name: -_TOLD * (name != body) for name in BODIES if body}

    def __call__(self, image: NDArray[Any], last: Geometry) -> FoundShape:
        """Find it on a frame."""
        found = snap(
            image,
            last,
            width_px=self._width,
            gain=self._gain,
            roundness=self._roundness,
            evidence=self._evidence,
        )
        self._roundness = float(np.clip(found.roundness, -_SURE, _SURE))
        if not found.is_snapped:
            return FoundShape(last, None, found.flag, 0.0)
        self._evidence = dict(found.evidence) or self._evidence
        how = placing(width=self._width, gain=self._gain)
        body = pairs({"body": found.body} if found.body else {})
        return FoundShape(
            found.geometry,
            float(found.u_pick_px),
            "",
            found.moved_px,
            (*how, *body),
            found.flag,
        )


class WireFinder:
    """The coated wire under the last line, which is put on its outer edges.

    Parameters
    ----------
    width, gain
        As for `measure.thickness.across.wire_across`.
    """

    def __init__(self, width: float, gain: float | None) -> None:
        self._width, self._gain = width, gain

    def __call__(self, image: NDArray[Any], last: Geometry) -> FoundShape:
        """Find it on a frame.

        Raises
        ------
        MeasurementError
            The line is too short.
        """
        how: dict[str, Any] = {"width": self._width, "gain": self._gain}
        found = wire_across(image, last.array(), **how)
        if not is_seen(found):
            return FoundShape(last, None, found.flag, 0.0)
        line = squared(image, last.array(), found, **how)
        found = wire_across(image, line, **how)
        if not is_seen(found):
            return FoundShape(last, None, found.flag, 0.0)
        moved = np.hypot(*(line - last.array()).T).max()
        values = (*found_values(found), *placing(**how))
        shape = Geometry.of("line", line)
        return FoundShape(shape, None, "", float(moved), values, found.flag)


class LayerFinder:
    """Both boundaries of a layer by a joint fit, see `measure.trace_layer`.

    Parameters
    ----------
    gain
        Counts per electron; None: not known.
    """

    def __init__(self, gain: float | None) -> None:
        self._gain = gain

    def __call__(self, image: NDArray[Any], last: Geometry) -> FoundShape:
        """Find it on a frame.

        Raises
        ------
        MeasurementError
            The layer lies out of the frame.
        """
        found = find_layer(image, last, self._gain)
        return replace(found, attributes=placing(gain=self._gain))


def find_layer(
    image: NDArray[Any], last: Geometry, gain: float | None = None
) -> FoundShape:
    """See `LayerFinder`."""
    traced = trace_layer(image, last.array(0), last.array(1), gain=gain)
    sides = [
        _thinned(to_the_ends(found, last.array(i)))
        for i, found in enumerate((traced.inner, traced.outer))
    ]
    geometry = Geometry.of("band", *sides)
    drawn = layer_thickness(*sides, method="nearest")
    before = layer_thickness(last.array(0), last.array(1), method="nearest").mean
    u_pick = traced.u_mean / drawn.sensitivity
    flag = traced.flag or drawn.flag
    return FoundShape(geometry, float(u_pick), flag, float(abs(drawn.mean - before)))


def to_the_ends(found: FloatArray, drawn: FloatArray) -> FloatArray:
    """An open boundary that was found, as long as the one that was drawn.

    It was looked for on lines a pixel apart, so that it ends a little before the drawn
    one: over many frames the layer would become shorter and shorter.

    Parameters
    ----------
    found, drawn
        (n, 2) and (m, 2) points (y, x) in the same direction.
    """
    if np.allclose(found[0], found[-1]):
        return found
    parts = [found]
    for end, place in ((0, 0), (-1, 2)):
        back = found[min(_TANGENT, len(found) - 1) * (1 if end == 0 else -1) + end]
        along = found[end] - back
        along = along / max(float(np.hypot(*along)), 1e-9)
        left = float((drawn[end] - found[end]) @ along)
        if 0 < left <= _LONGEST:
            parts.insert(place, (found[end] + left * along)[None])
    return np.concatenate(parts)


def _thinned(points: FloatArray) -> FloatArray:
    """At most so many points of a line, its ends among them."""
    if len(points) <= _POINTS:
        return points
    kept = np.linspace(0, len(points) - 1, _POINTS).round().astype(int)
    return np.asarray(points[kept])
