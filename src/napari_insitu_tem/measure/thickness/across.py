"""A coated wire on a frame: its profile along a line drawn across it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.noise import gain_from_noise
from napari_insitu_tem.measure.sampling import sample_bilinear, strip_lines
from napari_insitu_tem.measure.thickness.coated import CoatedWire, coated_wire
from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

#: What is looked at beyond either end of the line: at least so many px, or this part of
#: its length, so that there is background beside the wire.
_BEYOND_PX, _BEYOND = 12.0, 0.15

#: Shortest line in px.
_SHORTEST = 6.0

#: A wire is taken to be turned against the line where this is seen by so many
#: standard uncertainties; no farther than so many degrees.
_TURNED, _FARTHEST_DEG = 3.0, 30.0


def wire_across(
    frame: NDArray[Any],
    line: ArrayLike,
    *,
    width: float = 9.0,
    gain: float | None = None,
) -> CoatedWire:
    """Measure the coated wire under a line.

    Parameters
    ----------
    frame
        (y, x) image.
    line
        (2, 2) ends (y, x), across the wire, about as far apart as it is wide.
    width
        Width in px, along the wire, over which the profile is averaged.
    gain
        Counts per electron; None: the noise is taken from the frame around the line.

    Returns
    -------
    CoatedWire
        Lengths in px; `centre` from the first end along the line.

    Raises
    ------
    MeasurementError
        The line is too short.

    Notes
    -----
    See `coated_wire`. Interpolation makes the noise of neighbouring samples alike, so
    that their scatter says too little: without a gain it is that of
    `noise.gain_from_noise`, in proportion to the brightness.
    """
    ends = _checked(line)
    beyond = _beyond(ends)
    places = _strip(ends, beyond, width)
    values = sample_bilinear(np.asarray(frame), places)
    rows = values.shape[1]
    profile = _mean(values)
    known = gain or _gain_around(np.asarray(frame), places)
    found = coated_wire(profile, rows=rows, gain=known)
    return _from_first_end(found, beyond, gain)


def squared(
    frame: NDArray[Any],
    line: ArrayLike,
    found: CoatedWire,
    *,
    width: float = 9.0,
    gain: float | None = None,
) -> FloatArray:
    """(2, 2) ends of the line on the wire's outer edges, at right angles to its axis.

    Parameters
    ----------
    frame, line, width, gain
        As for `wire_across`.
    found
        What that gave.

    Notes
    -----
    The axis follows from the centres under two lines beside this one, as far apart as
    half the wire is wide. A turn that noise may give is not made.
    """
    ends = _checked(line)
    unit = _unit(ends)
    along = np.array([-unit[1], unit[0]])
    centre = ends[0] + found.centre * unit
    apart = max(float(found.outer_radius), width)
    sides = [
        wire_across(frame, ends + s * along * apart / 2, width=width, gain=gain)
        for s in (-1, 1)
    ]
    slope = (sides[1].centre - sides[0].centre) / apart
    u_slope = np.hypot(sides[0].u_centre, sides[1].u_centre) / apart
    is_seen = all(side.flag in ("", flags.UNRESOLVED) for side in sides)
    steepest = np.tan(np.deg2rad(_FARTHEST_DEG))
    if is_seen and _TURNED * u_slope < abs(slope) < steepest:
        unit = (unit - slope * along) / np.hypot(1.0, slope)
        shorter = float(np.hypot(1.0, slope))
    else:
        shorter = 1.0
    half = float(found.outer_radius) / shorter * unit
    return np.array([centre - half, centre + half])


def _checked(line: ArrayLike) -> FloatArray:
    ends = np.asarray(line, dtype=np.float64)
    if ends.shape != (2, 2) or np.hypot(*(ends[1] - ends[0])) < _SHORTEST:
        raise MeasurementError(
            f"A line across a coated wire is at least {_SHORTEST:.0f} px long.",
            hint="Draw it from one side of the wire to the other.",
        )
    return ends


def _unit(ends: FloatArray) -> FloatArray:
    step = ends[1] - ends[0]
    return np.asarray(step / np.hypot(*step))


def _beyond(ends: FloatArray) -> float:
    length = float(np.hypot(*(ends[1] - ends[0])))
    return float(np.ceil(max(_BEYOND_PX, _BEYOND * length)))


def _strip(ends: FloatArray, beyond: float, width: float) -> FloatArray:
    """(n, W, 2) places a pixel apart along the line and beyond its ends."""
    length = float(np.hypot(*(ends[1] - ends[0])))
    unit = _unit(ends)
    along = np.arange(-beyond, length + beyond + 0.5)
    line = ends[0] + along[:, None] * unit
    across = np.broadcast_to(np.array([-unit[1], unit[0]]), line.shape)
    return strip_lines(line, across, width)


def _mean(values: FloatArray) -> FloatArray:
    """(n,) mean across the strip, NaN where less than all of it is on the frame."""
    return np.asarray(values.mean(axis=1))


def _gain_around(frame: NDArray[Any], places: FloatArray) -> float | None:
    """Counts per electron that would give the noise around the line; None: unknown."""
    last = np.array(frame.shape) - 1
    low = np.clip(places.min(axis=(0, 1)), 0, last).astype(int)
    high = np.clip(places.max(axis=(0, 1)), 0, last).astype(int)
    # A frame of a strip's width is too little to tell its noise.
    more = np.maximum(0, (high - low).max() - (high - low)) // 2
    low, high = np.maximum(low - more, 0), np.minimum(high + more, last)
    around = frame[low[0] : high[0] + 1, low[1] : high[1] + 1]
    return gain_from_noise(around)


def _from_first_end(found: CoatedWire, beyond: float, gain: float | None) -> CoatedWire:
    return replace(found, centre=found.centre - beyond, gain=gain)
