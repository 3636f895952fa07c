"""The drift of a movie from all its frames together."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.measure.drift.coarse import Coarse, follow, mosaics
from napari_insitu_tem.measure.drift.frames import AnyFrames, ReadyFrames
from napari_insitu_tem.measure.drift.refine import PASSES, Refinement
from napari_insitu_tem.measure.drift.result import (
    JUMP,
    LOW_CONTRAST,
    UNRESOLVED,
    Drift,
)
from napari_insitu_tem.measure.drift.search import CLEAR
from napari_insitu_tem.measure.drift.template import Step
from napari_insitu_tem.measure.threads import on_one_thread
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

FloatArray = NDArray[np.float64]

#: Standard uncertainty in px above which a direction counts as not determined.
_UNDETERMINED = 3.0
#: Standard uncertainty in px that interpolation leaves, however many the electrons.
_INTERPOLATION = 0.005
#: A jump is a step over this many px and this many times the usual one.
_JUMP_PX, _JUMP_TIMES = 3.0, 8.0
#: Seconds between two reports of progress.
_REPORT_EVERY_S = 0.05


@on_one_thread
def estimate_drift(
    frames: Movie | AnyFrames,
    *,
    mask: ArrayLike | None = None,
    gain: float | None = None,
    progress: Progress | None = None,
) -> Drift:
    """Find where the content of each frame has moved to against the first one.

    Parameters
    ----------
    frames
        A movie, or a (t, y, x) array, lazy or not; one frame is read at a time, the
        movie about six times.
    mask
        (y, x) of the first frame: true where the specimen holds still. Only what lies
        there in the first frame is compared, wherever it drifts. None: everything.
    gain
        Counts per electron: the noise is then that of counting, so that bright places
        weigh less. None: all places weigh the same. The uncertainties follow from the
        data either way.
    progress
        Told how far it is; what it raises to cancel passes through.

    Returns
    -------
    Drift
        `shift` is where the content has moved to: something at (y, x) in the first
        usable frame is at (y, x) + shift[t] in frame t.

    Raises
    ------
    MeasurementError
        There is no frame, the frames are too small, or mask or gain do not fit.

    Notes
    -----
    Coarse: correlation of the binned frame, between fine and shade, with the mean of
    those before it; then of the even frames with the mean of the odd ones and the
    reverse. Fine: Gauss-Newton steps against the mean of all frames, see
    `template.Template`, in which blocks of the frame vote: those that disagree with the
    others, because the specimen itself changes there, count less (`votes.vote`). The
    standard uncertainty is that of a sum of independent blocks, so it holds for a
    camera that spreads its electrons, too. Where more than half of what has contrast
    moves as one, that counts as the specimen: give a mask of what stands still. The
    Cramer-Rao bound of one frame is ``(sum (dmu/dx)^2 / mu)^(-1/2)``; a shift against
    the first frame has that of both.

    A pattern of the camera that stands still is told from the specimen only where the
    specimen moves by more than about two pixels.
    """
    ready = ReadyFrames(frames)
    held = _checked_mask(mask, ready.shape)
    if gain is not None and not (np.isfinite(gain) and gain > 0):
        raise MeasurementError("The gain must be a positive number of counts.")
    tell = _Teller(progress or no_progress, ready.count)
    coarse = Coarse(ready, held)
    tell.next_pass()
    shifts, flags, ambiguous = follow(coarse, tell)
    steps: list[Step | None] = [None] * ready.count
    if np.isfinite(shifts[:, 0]).sum() > 1:
        shifts = _placed_all(coarse, shifts, flags, ambiguous, tell)
    has_pattern = False
    if np.isfinite(shifts[:, 0]).sum() > 1:
        is_counting = gain is not None and ready.is_counts
        refinement = Refinement(ready, held, is_counting, shifts)
        refinement.run(tell.next_pass, tell)
        shifts, steps = refinement.shifts, refinement.steps
        has_pattern = refinement.has_pattern
    tell.end()
    parameters: dict[str, Any] = {
        "gain": gain,
        "mask": None if held is None else int(held.sum()),
        "bin": coarse.bin,
        "passes": tell.passes,
        "pattern": has_pattern,
    }
    return _drift(shifts, steps, flags, ambiguous, parameters)


def _checked_mask(
    mask: ArrayLike | None, shape: tuple[int, int]
) -> NDArray[np.bool_] | None:
    if mask is None:
        return None
    held = np.asarray(mask).astype(bool)
    if held.shape != shape:
        raise MeasurementError(
            f"The mask has the shape {held.shape}, the frames {shape}."
        )
    if not held.any():
        raise MeasurementError("The mask leaves nothing to compare.")
    return held


class _Teller:
    """Progress over several passes."""

    def __init__(self, report: Progress, count: int) -> None:
        self._report, self._count = report, count
        self._told = -np.inf
        self.passes = 0

    def next_pass(self) -> None:
        """A new pass begins."""
        self.passes += 1

    def __call__(self, index: int) -> None:
        """Frame `index` of the pass is next."""
        if time.monotonic() - self._told > _REPORT_EVERY_S:
            total = (4 + PASSES) * self._count
            done = (self.passes - 1) * self._count + index
            self._report(min(done, total), total, "Finding the drift")
            self._told = time.monotonic()

    def end(self) -> None:
        """All is done."""
        total = (4 + PASSES) * self._count
        self._report(total, total, "Finding the drift")


def _placed_all(
    coarse: Coarse,
    shifts: FloatArray,
    flags: NDArray[np.str_],
    ambiguous: NDArray[np.bool_],
    tell: _Teller,
) -> FloatArray:
    """Places in px, each frame against the half of the others it is not part of."""
    tell.next_pass()
    halves = mosaics(coarse, shifts, tell)
    order = np.cumsum(np.isfinite(shifts[:, 0])) - 1
    found = np.isfinite(shifts[:, 0])
    filled = _filled(shifts)
    places = np.full_like(shifts, np.nan)
    tell.next_pass()
    for t in range(len(shifts)):
        tell(t)
        image = coarse.image(t)
        if isinstance(image, str):
            continue
        half = int(order[t]) % 2 if found[t] else 0
        match = halves[1 - half].find(image, filled[t])
        if match is None or match.height < CLEAR:
            flags[t] = LOW_CONTRAST
            continue
        flags[t] = ""
        ambiguous[t] |= match.is_ambiguous
        places[t] = match.shift * coarse.bin
    return places


def _filled(shifts: FloatArray) -> FloatArray:
    """Shifts with that of the frame before where there is none, as an expectation."""
    good = np.flatnonzero(np.isfinite(shifts[:, 0]))
    before = np.searchsorted(good, np.arange(len(shifts)), side="right") - 1
    return np.asarray(shifts[good[np.maximum(before, 0)]])


def _drift(
    shifts: FloatArray,
    steps: list[Step | None],
    flags: NDArray[np.str_],
    ambiguous: NDArray[np.bool_],
    parameters: dict[str, Any],
) -> Drift:
    """Shifts against the first usable frame with their uncertainties and flags."""
    variance = np.full_like(shifts, np.nan)
    for t, step in enumerate(steps):
        if step is not None and step.frames > 1:
            own = np.diag(step.covariance)
            variance[t] = own * step.frames / (step.frames - 1) + _INTERPOLATION**2
    good = np.flatnonzero(np.isfinite(shifts[:, 0]))
    if len(good) == 0:
        nothing = np.full_like(shifts, np.nan)
        return Drift(nothing, nothing.copy(), flags, parameters)
    first = int(good[0])
    away = shifts - shifts[first]
    u = np.sqrt(variance + variance[first])
    u[first] = 0.0
    lost = np.isfinite(away[:, 0]) & ~(u <= _UNDETERMINED).all(axis=1)
    flags = np.where((flags == "") & ambiguous, UNRESOLVED, flags)
    flags = np.where((flags == "") & _jumps(away), JUMP, flags)
    flags = np.where(lost, UNRESOLVED, flags)
    away[lost] = np.nan
    u[lost | ~np.isfinite(away[:, 0])] = np.nan
    return Drift(away, u, flags.astype(np.str_), {**parameters, "first": first})


def _jumps(shift: FloatArray) -> NDArray[np.bool_]:
    """Frames much farther from the one before than usual."""
    jumps = np.zeros(len(shift), bool)
    good = np.flatnonzero(np.isfinite(shift[:, 0]))
    step = np.hypot(*np.diff(shift[good], axis=0).T)
    if len(step):
        usual = float(np.median(step))
        jumps[good[1:]] = step > max(_JUMP_PX, _JUMP_TIMES * usual)
    return jumps
