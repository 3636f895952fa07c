"""A particle followed through a movie from one drawn outline."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.regions.contour import Contour, drawn_contour
from napari_insitu_tem.measure.regions.follow import (
    NO_DATA,
    OUT_OF_FRAME,
    Sighting,
    follow,
)
from napari_insitu_tem.measure.regions.frames import Frames, as_frames
from napari_insitu_tem.measure.regions.memory import Memory, first_memory
from napari_insitu_tem.measure.regions.sizes import feret_diameters
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.progress import Progress, no_progress

FloatArray = NDArray[np.float64]

LOST = "lost"
NOT_TRACKED = "not_tracked"

DIRECTIONS = ("both", "forward", "backward")

#: Frames in a row without the particle after which it is given up.
_PATIENCE = 10
#: Seconds between two reports of progress.
_REPORT_EVERY_S = 0.05


@dataclass(frozen=True, eq=False)
class RegionTrack:
    """A particle in every frame.

    Attributes
    ----------
    outline
        One closed outline a frame, (n, 2) vertices (y, x), the first point the last;
        (0, 2) where there is none.
    area, u_area
        (T,) enclosed area in px**2 and its standard uncertainty; NaN without outline.
    equivalent_diameter, u_equivalent_diameter
        (T,) diameter of the circle of that area, in px.
    feret_min, feret_max, u_feret_min, u_feret_max
        (T,) smallest and largest distance of two parallel lines that touch the outline,
        in px. Noise of the outline lengthens the largest by about its uncertainty.
    perimeter
        (T,) length of the outline in px, as smooth as it was fitted.
    centroid
        (T, 2) centre of the area (y, x).
    flag
        (T,) "" or why there is no outline or a doubtful one: `low_contrast` (no edge
        above the noise), `out_of_frame`, `unresolved` (too small for its blur, no edge
        along a quarter of it, as where particles touch, or neither a step at its edge
        nor the rim of a ball; there is no outline then), `jump` (much farther or
        larger than from frame to frame before), `no_data` (the frame is missing or
        blank), `lost` (given up before), `not_tracked` (not asked for).
    contrast
        (T,) brightness inside minus outside, in counts a pixel.
    blur
        (T,) width of the edge in px (1 s.d.), with that of pixel and interpolation.
    is_round
        (T,) whether the edge was that of a body round in depth too, as of a ball, whose
        contrast falls to nothing at its rim; else a step was fitted.
    stopped
        Frame after which nothing was followed any more, and why, for each direction.
    parameters
        What was asked for, and the noise that was found.
    """

    outline: tuple[FloatArray, ...]
    area: FloatArray
    u_area: FloatArray
    equivalent_diameter: FloatArray
    u_equivalent_diameter: FloatArray
    feret_min: FloatArray
    feret_max: FloatArray
    u_feret_min: FloatArray
    u_feret_max: FloatArray
    perimeter: FloatArray
    centroid: FloatArray
    flag: NDArray[np.str_]
    contrast: FloatArray
    blur: FloatArray
    is_round: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    stopped: dict[str, tuple[int, str]] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)


@on_one_thread
def track_region(
    frames: Any,
    outline: ArrayLike,
    *,
    gain: float | None = None,
    start: int = 0,
    direction: str = "both",
    anchors: Mapping[int, ArrayLike] | None = None,
    progress: Progress | None = None,
) -> RegionTrack:
    """Follow a particle that grows, shrinks, changes its shape and drifts.

    Parameters
    ----------
    frames
        A movie, a (t, y, x) array, a list of frames or anything that gives (y, x)
        frames by index; one frame is held at a time.
    outline
        (n, 2) vertices (y, x) of the particle in frame `start`, right to a few px;
        closed or not.
    gain
        Counts per electron: the noise is then that of counting (or more, where the
        images show more). None: least squares with the noise of the images.
    start
        Frame in which the outline was drawn; negative counts from the end.
    direction
        "both", "forward" or "backward" in time from `start`.
    anchors
        Frame -> outline that was corrected there. The track starts again from each; a
        frame follows from the last one before it (in the direction of tracking).
    progress
        Told how far it is; what it raises to cancel passes through.

    Raises
    ------
    MeasurementError
        No frames, an outline that encloses nothing, a frame that is not there, or an
        impossible gain.

    Notes
    -----
    In each frame the outline is first moved and grown to where the image fits it best
    (`search.found_again`), then displaced along its own normals by a Fourier series in
    its arc, fitted by maximum likelihood to the image in a strip around it
    (`fit.fit_displacement`). Size, place and elongation come from the frame alone;
    finer waves are held to the last outline as far as the shape changed little. The
    levels on both sides, blur, noise and motion are learnt on the way. The bound for a
    frame is ``u_A = 1.883 sqrt(P s / D) / C`` with the perimeter P, blur s, dose
    D a pixel and contrast C (Cramer-Rao; everything else known).

    A body whose contrast rises from its rim to its middle as that of a ball does is
    fitted with the rim of a ball, from the frame on in which that is clear
    (`roundness.roundness_of`): a step would find its area a fifth too small.

    The uncertainty of the area is that of the fit, whose covariance contains what
    neighbouring points share, the levels and the blur, times the noise found beside
    the edge over the stated one.
    """
    if gain is not None and not (np.isfinite(gain) and gain > 0):
        raise MeasurementError("The gain must be a positive number of counts.")
    if direction not in DIRECTIONS:
        raise MeasurementError(
            f"{direction!r} is not a direction of tracking.",
            hint=f"Choose one of {', '.join(DIRECTIONS)}.",
        )
    movie = as_frames(frames)
    seeds = _seeds(movie, outline, start, anchors)
    first = start % len(movie)
    report = _Reporter(progress or no_progress, len(movie))
    results: dict[int, _Row] = {}
    stopped: dict[str, tuple[int, str]] = {}
    ahead = range(first, len(movie))
    back = range(first, -1, -1)
    if direction != "backward":
        _run(movie, ahead, seeds, gain, results, stopped, "forward", report)
    if direction != "forward":
        _run(movie, back, seeds, gain, results, stopped, "backward", report)
    report.done()
    parameters = {
        "gain": gain,
        "start": first,
        "direction": direction,
        "anchors": sorted(k for k in seeds if k != first),
    }
    return _track([results.get(i) for i in range(len(movie))], stopped, parameters)


class _Reporter:
    """Tells of frames done, not too often."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total = progress, total
        self._told, self._count = -np.inf, 0

    def __call__(self) -> None:
        if time.monotonic() - self._told > _REPORT_EVERY_S:
            self._progress(self._count, self._total, "Following the outline")
            self._told = time.monotonic()
        self._count = min(self._count + 1, self._total)

    def done(self) -> None:
        self._progress(self._total, self._total, "Following the outline")


def _seeds(
    movie: Frames,
    outline: ArrayLike,
    start: int,
    anchors: Mapping[int, ArrayLike] | None,
) -> dict[int, Contour]:
    """Frame -> outline from which is tracked."""
    drawn = {start: outline} | dict(anchors or {})
    seeds = {}
    for frame, points in drawn.items():
        if not -len(movie) <= frame < len(movie):
            raise MeasurementError(
                f"There is no frame {frame} to track from.",
                hint=f"The movie has frames 0 to {len(movie) - 1}.",
            )
        contour = drawn_contour(points)
        if contour is None:
            raise MeasurementError(
                f"The outline in frame {frame} encloses nothing.",
                hint="Draw at least three points (y, x) around the particle.",
            )
        seeds[frame % len(movie)] = contour
    return seeds


@dataclass(frozen=True)
class _Row:
    """What is kept of a frame."""

    flag: str
    outline: FloatArray = field(default_factory=lambda: np.zeros((0, 2)))
    numbers: tuple[float, ...] = (np.nan,) * 12
    is_round: bool = False


def _run(
    movie: Frames,
    order: range,
    seeds: Mapping[int, Contour],
    gain: float | None,
    results: dict[int, _Row],
    stopped: dict[str, tuple[int, str]],
    name: str,
    report: Callable[[], None],
) -> None:
    """Follow from seed to seed in one direction."""
    memory: Memory | None = None
    reason = ""
    for index in order:
        report()
        frame = movie.frame(index)
        if index in seeds:
            memory, reason = _started(frame, seeds[index], gain)
            if reason:
                results[index], stopped[name] = _Row(reason), (index, reason)
                continue
        if reason or memory is None:
            results[index] = _Row(OUT_OF_FRAME if reason == OUT_OF_FRAME else LOST)
            continue
        sighting = _sighted(frame, memory, gain)
        unseen = sighting.memory.seen == 0 and sighting.contour is None
        if unseen and sighting.flag:
            reason = sighting.flag
        memory = sighting.memory
        results[index] = _row(sighting)
        if sighting.is_over or memory.missed > _PATIENCE:
            reason = sighting.flag
        if reason:
            stopped[name] = (index, reason)


def _started(
    frame: NDArray[Any] | None, contour: Contour, gain: float | None
) -> tuple[Memory | None, str]:
    """What a drawn outline says, or why nothing can be followed from it."""
    if frame is None or _is_blank(frame):
        return None, NO_DATA
    memory = first_memory(frame, contour, gain)
    return memory, OUT_OF_FRAME if memory is None else ""


def _sighted(
    frame: NDArray[Any] | None, memory: Memory, gain: float | None
) -> Sighting:
    if frame is None or _is_blank(frame):
        return Sighting(None, None, NO_DATA, np.zeros(0), np.nan, memory.after_miss())
    return follow(frame, memory, gain)


def _is_blank(frame: NDArray[Any]) -> bool:
    """Whether every pixel of a coarse sample is the same or missing."""
    thin = tuple(slice(None, None, max(1, size // 64)) for size in frame.shape)
    sample = frame[thin]
    if sample.dtype.kind == "f":
        sample = sample[np.isfinite(sample)]
    return bool(sample.size == 0 or sample.min() == sample.max())


def _row(sighting: Sighting) -> _Row:
    contour, fit = sighting.contour, sighting.fit
    if contour is None or fit is None:
        return _Row(sighting.flag)
    area = contour.area
    diameter = 2 * contour.radius
    feret = feret_diameters(contour, sighting.u_outward)
    centre = contour.centroid
    numbers = (
        area,
        sighting.u_area,
        diameter,
        sighting.u_area / (np.pi * diameter / 2),
        feret.least,
        feret.most,
        feret.u_least,
        feret.u_most,
        contour.perimeter,
        centre.imag,
        centre.real,
        fit.levels.contrast,
        fit.width,
    )
    return _Row(sighting.flag, contour.vertices(), numbers, sighting.memory.is_round)


def _track(
    rows: list[_Row | None],
    stopped: dict[str, tuple[int, str]],
    parameters: dict[str, Any],
) -> RegionTrack:
    full = [row or _Row(NOT_TRACKED) for row in rows]
    width = max(len(row.numbers) for row in full)
    table = np.full((len(full), max(width, 13)), np.nan)
    for line, row in zip(table, full, strict=True):
        line[: len(row.numbers)] = row.numbers
    columns: Iterator[FloatArray] = iter(table.T.copy())
    named = {
        name: next(columns)
        for name in (
            "area",
            "u_area",
            "equivalent_diameter",
            "u_equivalent_diameter",
            "feret_min",
            "feret_max",
            "u_feret_min",
            "u_feret_max",
            "perimeter",
        )
    }
    return RegionTrack(
        outline=tuple(row.outline for row in full),
        centroid=np.column_stack([next(columns), next(columns)]),
        contrast=next(columns),
        blur=next(columns),
        flag=np.array([row.flag for row in full]),
        is_round=np.array([row.is_round for row in full], dtype=np.bool_),
        stopped=stopped,
        parameters=parameters,
        **named,
    )
