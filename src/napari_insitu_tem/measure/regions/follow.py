"""A particle found again in one frame, or the reason why not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.regions.contour import (
    Contour,
    wave_basis,
)
from napari_insitu_tem.measure.regions.fit import Displacement, fit_displacement
from napari_insitu_tem.measure.regions.levels import at_nodes, smoothed
from napari_insitu_tem.measure.regions.memory import (
    USUAL_WIDTH,
    Memory,
    noise_of,
    search_reach,
)
from napari_insitu_tem.measure.regions.noise import Noise
from napari_insitu_tem.measure.regions.roundness import RIM_GROWTH, roundness_of
from napari_insitu_tem.measure.regions.search import found_again
from napari_insitu_tem.measure.regions.strips import unrolled

FloatArray = NDArray[np.float64]

LOW_CONTRAST = "low_contrast"
OUT_OF_FRAME = "out_of_frame"
UNRESOLVED = "unresolved"
JUMP = "jump"
NO_DATA = "no_data"

#: Contrast that counts, in its uncertainties and in parts of that of frames before.
_LEAST_SIGNIFICANCE, _LEAST_PART = 5.0, 0.35
#: Part of the outline that may lie out of the frame, that may show no edge, and out of
#: the frame from which on nothing is left to follow.
_MAY_BE_OUT, _LEAST_VISIBLE, _GONE = 0.01, 0.75, 0.6
#: Part of the outline that other bodies may touch, and beyond which nothing is learnt.
_MOST_BRIDGED, _HIDDEN = 0.25, 0.5
#: Least radius in px and in widths of the edge; most relative uncertainty of the area.
_LEAST_RADIUS, _LEAST_WIDTHS, _MOST_VAGUE = 2.0, 1.6, 0.35
#: Change of the radius in a frame, in parts, that is a jump.
_MOST_GROWTH = 0.3
#: How much farther a particle that was not found is looked for, and how much its area
#: and contrast may differ then.
_FARTHER, _ALIKE_AREA, _ALIKE_CONTRAST = 3.0, 0.15, 0.3
#: Difference of the squares of what is left that decides between flat and round bodies,
#: from which on a body may well be round, and what of its contrast may be left of one.
_DECIDED, _OPEN, _UNLIKE = 15.0, 6.0, 0.08
#: Uncertainty of the area of a round body, in parts: contrast may go otherwise than
#: with thickness.
_ROUND_DOUBT = 0.006
#: Rise of the contrast behind the edge from which on there is no step, in parts.
_MOST_FADING = 0.05
#: Widths of the edge over which the curvature is averaged.
_BENDS = 1.5
#: Growth of the variance of an edge with its variance in squares of its width, from
#: fits of single edges at low dose.
_BENT = 1.8
#: Part of the reach of the search, and times the usual, that is a jump.
_JUMP_REACH, _JUMP_USUAL = 0.8, 3.0
#: Rounds of unrolling the image anew, in the first frame and in others.
_FIRST_ROUNDS, _ROUNDS = 5, 3


@dataclass(frozen=True, eq=False)
class Sighting:
    """A particle in one frame.

    Attributes
    ----------
    contour
        Its outline, None where there is none to trust.
    fit
        The last fit, None without any.
    flag
        "" or why the outline is missing or doubted.
    u_outward
        (A,) standard uncertainty of the nodes of the contour along their normals, px.
    u_area
        Standard uncertainty of the area in px**2.
    memory
        What is known for the next frame.
    is_over
        Whether there is nothing left to follow.
    """

    contour: Contour | None
    fit: Displacement | None
    flag: str
    u_outward: FloatArray
    u_area: float
    memory: Memory
    is_over: bool = False


@dataclass(frozen=True, eq=False)
class _Found:
    contour: Contour
    middle: Contour
    base: Contour
    fit: Displacement
    total: FloatArray
    out: float
    width: float
    is_settled: bool


def follow(frame: NDArray[Any], memory: Memory, gain: float | None) -> Sighting:
    """Look for a particle in a frame.

    Parameters
    ----------
    frame
        (y, x) image; NaN where there is nothing.
    memory
        What is known of it.
    gain
        Counts per electron, None where not known.
    """
    expected = memory.expected if memory.seen else memory.contour
    if _part_out(frame, expected) > _GONE:
        return _missed(memory, OUT_OF_FRAME, is_over=True)
    memory = memory.lit(frame)
    noise = noise_of(frame, expected, gain, memory.spread)
    found = _find(frame, memory, expected, noise, search_reach(expected))
    if found is None:
        return _missed(memory, NO_DATA)
    if not memory.is_round and abs(memory.roundness) < _DECIDED:
        found, memory = _flat_or_round(frame, memory, found, noise, gain)
    sighting = _judged(found, memory, gain)
    doubted = sighting.flag in (LOW_CONTRAST, JUMP) or not found.is_settled
    if memory.seen > 1 and doubted:
        far = _found_far(frame, memory, expected, noise, gain)
        if far is not None:
            return far
        if not found.is_settled and sighting.flag != LOW_CONTRAST:
            return _missed(memory, JUMP)
    return sighting


def _missed(memory: Memory, flag: str, *, is_over: bool = False) -> Sighting:
    nothing = np.zeros(0)
    return Sighting(None, None, flag, nothing, np.nan, memory.after_miss(), is_over)


def _part_out(frame: NDArray[Any], contour: Contour) -> float:
    rows, columns = frame.shape
    y, x = contour.nodes.imag, contour.nodes.real
    return float(np.mean((y < 0) | (x < 0) | (y > rows - 1) | (x > columns - 1)))


def _find(
    frame: NDArray[Any],
    memory: Memory,
    expected: Contour,
    noise: Noise,
    reach: float,
) -> _Found | None:
    """Place and size first, then the shape; None where nothing is known there."""
    levels = memory.levels.on(len(expected.nodes))
    level = 0.5 * float(np.mean(levels.inside + levels.outside))
    near = levels
    if memory.is_round:
        near = levels.near_a_rim(expected.radius)
    filled = memory.filled
    if filled is not None:
        filled = at_nodes(filled, len(expected.nodes))
    contour, _ = found_again(
        frame, expected, near, float(noise.of(level)), reach, memory.usual, filled
    )
    variance = memory.prior(contour)
    total = np.zeros(len(variance))
    is_first, width = memory.seen == 0, memory.width
    rounds = _FIRST_ROUNDS if is_first else _ROUNDS
    for k in range(rounds):
        widths = _widths(width, contour.radius, first=is_first, again=k > 0)
        strip = unrolled(frame, contour, 4.0 * max(widths) + 9.0)
        if not strip.weight.sum() > 0.3 * strip.weight.size:
            return None
        radius = contour.radius if memory.is_round else None
        prior = (-total, variance)
        fit = fit_displacement(
            strip, contour, levels, noise, prior, widths, filled, radius
        )
        # The prior's mean is where the outline was expected, seen from here.
        total = fit.coefficients + total
        settled = float(np.abs(fit.outward).max()) < 1.0 + 2.0 * width
        if k == rounds - 1 or (settled and not (is_first and k < 3)):
            break
        if is_first:
            width, _ = replace(memory, width=width).width_after(fit)
        contour, levels = _restarted(contour, fit), fit.levels
        if is_first:
            filled = None
    # The next frame starts from the blurred edge's middle: what undoes the blur would
    # be done again in every frame and raise each ripple of noise.
    middle = contour.displaced(fit.outward)
    measured = middle.displaced(_blur_shift(middle, fit.width))
    return _Found(
        measured,
        middle,
        contour,
        fit,
        total,
        float(strip.is_out.mean()),
        width,
        settled,
    )


def _flat_or_round(
    frame: NDArray[Any],
    memory: Memory,
    found: _Found,
    noise: Noise,
    gain: float | None,
) -> tuple[_Found, Memory]:
    """The body with a step at its edge, or with a rim where it is round in depth.

    A round body, fitted as if it had a step at its edge, is found a fifth too small.
    """
    levels = found.fit.levels
    shape = roundness_of(
        frame, found.middle, float(levels.outside.mean()), found.fit.width, noise
    )
    excess = _excess(memory, found.fit, gain)
    memory = replace(memory, roundness=memory.roundness + shape.gained / excess)
    if memory.roundness < _DECIDED or shape.misfit > _UNLIKE:
        return found, memory
    start = found.middle.moved(0j, 1.0 + RIM_GROWTH)
    other = replace(
        memory,
        contour=start,
        levels=levels.on(len(start.nodes)).as_round(),
        width=min(found.width, USUAL_WIDTH),
        is_round=True,
        seen=0,
    )
    body = _find(frame, other, start, noise, search_reach(start))
    if body is None or body.fit.contrast * found.fit.contrast <= 0:
        return found, memory
    return body, other


def _restarted(contour: Contour, fit: Displacement) -> Contour:
    """The outline moved, at even arcs where as many nodes are enough."""
    moved = contour.displaced(fit.outward)
    if len(moved.nodes) == len(contour.nodes) and moved.waves == contour.waves:
        return moved
    return Contour(contour.nodes + fit.outward * contour.normals, contour.waves)


def _widths(width: float, radius: float, *, first: bool, again: bool) -> list[float]:
    """Widths of the edge in the steps of a fit."""
    if first and not again:
        wide = max(0.06 * radius, 2.5 * width)
        return [*np.geomspace(min(wide, 12.0), width, 5), width]
    if again:
        return [1.3 * width, width, width]
    return [2.0 * width, 1.4 * width, width, width]


def _blur_shift(contour: Contour, width: float) -> FloatArray:
    """How far outside of the blurred edge's middle a curved edge lies.

    A disc of radius R blurred by a Gaussian of width w has its half level
    ``w**2 / (2 R)`` inside of its edge (second order in w / R). Curvature on arcs that
    the blur does not leave to be seen is noise and averaged.
    """
    most = 0.5 / width
    arc = contour.perimeter / len(contour.nodes)
    curvature = smoothed(contour.curvature, _BENDS * width / arc)
    return np.asarray(0.5 * width**2 * np.clip(curvature, -most, most))


def _excess(memory: Memory, fit: Displacement, gain: float | None) -> float:
    """Factor of the variance; never below 1 where counting gives the noise."""
    excess = memory.excess if np.isfinite(memory.excess) else fit.excess
    if not np.isfinite(excess):
        excess = 1.0
    least = 0.2 if gain is None else 1.0
    return float(np.clip(excess, least, 100.0))


def _judged(found: _Found, memory: Memory, gain: float | None) -> Sighting:
    fit, contour = found.fit, found.contour
    excess = _excess(memory, fit, gain)
    basis, _ = wave_basis(len(found.base.nodes), found.base.waves)
    by_area = found.base.arcs @ basis
    # Where single waves are not much surer than the edge is wide, the fit is no longer
    # linear in the noise and scatters more than its information says.
    local = fit.local
    bent = 1.0 + _BENT * excess * float(np.mean(fit.local)) / fit.width**2
    covariance = fit.covariance * excess * bent
    u_area = max(float(by_area @ covariance @ by_area), 0.0) ** 0.5
    u_area = float(np.hypot(u_area, _u_bridged(found)))
    if memory.is_round:
        u_area = float(np.hypot(u_area, _ROUND_DOUBT * contour.area))
    u_outward = np.sqrt(np.maximum(local * excess * bent, 0.0))
    if len(u_outward) != len(contour.nodes):
        at = np.linspace(0, len(u_outward), len(contour.nodes), endpoint=False)
        u_outward = np.interp(at, np.arange(len(u_outward)), u_outward)
    flag, is_seen, is_over = _verdict(found, memory, u_area, excess)
    if not is_seen:
        lost = replace(_missed(memory, flag, is_over=is_over), fit=fit)
        return lost
    learnt = replace(memory, width=found.width)
    known = learnt.after(found.middle, fit, found.total)
    shown = None if flag in (OUT_OF_FRAME, UNRESOLVED) else contour
    return Sighting(shown, fit, flag, u_outward, u_area, known, is_over)


def _u_bridged(found: _Found) -> float:
    """Uncertainty of the area beside arcs that have no edge of their own.

    Notes
    -----
    An arc of length L between fixed ends, whose curvature is known to half of that of
    a circle of the radius R, encloses ``L**3 / (24 R)`` more or less.
    """
    bridged = found.fit.bridged
    if not bridged.any() or bridged.all():
        return 0.0
    turn = int(np.argmin(bridged))
    hidden, arcs = np.roll(bridged, -turn), np.roll(found.base.arcs, -turn)
    lengths = np.bincount(np.cumsum(~hidden), np.where(hidden, arcs, 0.0))
    bulges = lengths**3 / (24.0 * max(found.contour.radius, 1.0))
    return float(np.sqrt(np.sum(bulges**2)))


def _verdict(
    found: _Found, memory: Memory, u_area: float, excess: float
) -> tuple[str, bool, bool]:
    """The flag, whether the particle was seen, whether its track ends."""
    fit, contour = found.fit, found.contour
    before = memory.levels.contrast
    part = fit.contrast / before if before else 0.0
    significance = abs(fit.contrast) / max(fit.u_contrast * np.sqrt(excess), 1e-300)
    least = _LEAST_PART if memory.seen else 0.1
    if part < least or not significance > _LEAST_SIGNIFICANCE:
        return LOW_CONTRAST, False, False
    if contour.radius < max(_LEAST_RADIUS, _LEAST_WIDTHS * fit.width):
        return UNRESOLVED, False, True
    if found.out > _MAY_BE_OUT:
        return OUT_OF_FRAME, True, found.out > _GONE
    if not u_area < _MOST_VAGUE * contour.area:
        return UNRESOLVED, False, False
    is_open = not memory.is_round and memory.roundness > _OPEN
    if fit.fades > _MOST_FADING or is_open:
        return UNRESOLVED, True, False
    hidden = float(fit.bridged.mean())
    if fit.visible < _LEAST_VISIBLE or hidden > _MOST_BRIDGED:
        return UNRESOLVED, hidden < _HIDDEN, False
    return JUMP if _has_jumped(found, memory) else "", True, False


def _has_jumped(found: _Found, memory: Memory) -> bool:
    """Whether a particle is much farther or larger than its motion so far says."""
    if memory.seen < 2:
        return False
    before = memory.expected
    growth = float(found.middle.radius / max(before.radius, 1e-9))
    moved = abs(found.middle.centroid - before.centroid)
    far = max(_JUMP_REACH * search_reach(before), _JUMP_USUAL * memory.usual)
    return moved > far or bool(abs(np.log(growth)) > _MOST_GROWTH)


def _found_far(
    frame: NDArray[Any],
    memory: Memory,
    expected: Contour,
    noise: Noise,
    gain: float | None,
) -> Sighting | None:
    """A particle of the same size and contrast that has jumped, if there is one."""
    reach = _FARTHER * search_reach(expected)
    wide = replace(memory, usual=reach)
    found = _find(frame, wide, expected, noise, reach)
    if found is None or not found.is_settled:
        return None
    sighting = _judged(found, wide, gain)
    if sighting.contour is None or sighting.flag not in ("", JUMP):
        return None
    area = found.middle.area / max(memory.contour.area, 1e-9)
    contrast = found.fit.contrast / memory.levels.contrast
    if abs(area - 1) > _ALIKE_AREA or abs(contrast - 1) > _ALIKE_CONTRAST:
        return None
    still = replace(sighting.memory, shift=memory.shift, growth=memory.growth)
    return replace(sighting, flag=JUMP, memory=still)
