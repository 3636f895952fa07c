"""All frames against their mean, again and again, until the shifts stand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure.drift.canvas import Canvas, laid_back
from napari_insitu_tem.measure.drift.changes import Changes
from napari_insitu_tem.measure.drift.coarse import placed
from napari_insitu_tem.measure.drift.frames import ReadyFrames
from napari_insitu_tem.measure.drift.pattern import Pattern
from napari_insitu_tem.measure.drift.template import Step, Template

Image = NDArray[np.float32]
FloatArray = NDArray[np.float64]

#: Passes over the movie at most, more of them where the camera has a pattern.
PASSES, _PATTERN_PASSES = 4, 6
#: Farthest in px from the place to begin with.
_REACH = 12.0
#: Enough where all steps are below this part of their uncertainty, and the farthest
#: step of a pass in px.
_ENOUGH, _FARTHEST = 0.1, 2.0


class Refinement:
    """The state between two passes.

    Parameters
    ----------
    frames
        The movie.
    mask
        (y, x) of the first frame: what holds still; None for all.
    is_counting
        Whether bright places weigh less.
    shifts
        (T, 2) places to a pixel or two, NaN for frames that take no part.

    Attributes
    ----------
    shifts
        (T, 2) places so far.
    steps
        (T,) what each frame said of its place in the last pass.
    has_pattern
        Whether a pattern of the camera was found and taken off.
    """

    def __init__(
        self,
        frames: ReadyFrames,
        mask: NDArray[np.bool_] | None,
        is_counting: bool,
        shifts: FloatArray,
    ) -> None:
        self.shifts, self._coarse = shifts.copy(), shifts
        self.steps: list[Step | None] = [None] * len(shifts)
        self._frames, self._mask, self._is_counting = frames, mask, is_counting
        self._good = np.flatnonzero(np.isfinite(shifts[:, 0]))
        self._still: Image | None = None
        self._canvas = self._empty()

    @property
    def has_pattern(self) -> bool:
        """Whether a pattern of the camera was found and taken off."""
        return self._frames.response is not None

    def run(self, begin_pass: Callable[[], None], tell: Callable[[int], None]) -> None:
        """Lay the frames down and improve the shifts until they stand."""
        begin_pass()
        for number, t in enumerate(self._good):
            tell(int(t))
            frame = self._frames(int(t))
            if not isinstance(frame, str):
                self._canvas.add(number % 2, *laid_back(*frame, self.shifts[t]))
        for number in range(PASSES + _PATTERN_PASSES):
            begin_pass()
            far = self._pass(number, tell)
            enough = PASSES + (_PATTERN_PASSES if self.has_pattern else 0)
            if number + 1 == enough or (number >= 1 and far < _ENOUGH):
                break

    def _empty(self) -> Canvas:
        places = self._coarse[self._good]
        low, high = places.min(axis=0) - _REACH, places.max(axis=0) + _REACH
        return Canvas(self._frames.shape, low, high)

    def _pass(self, number: int, tell: Callable[[int], None]) -> float:
        """Improve each shift once; return the largest step over its uncertainty."""
        canvas, following = self._canvas, self._empty()
        template = Template(
            canvas,
            min(self._frames.shape),
            self._weights(canvas),
            is_counting=self._is_counting,
        )
        changes = Changes(following.shape)
        pattern = Pattern(self._frames.shape) if self._frames.is_counts else None
        far = 0.0
        for order, t in enumerate(self._good):
            tell(int(t))
            frame = self._frames(int(t))
            if isinstance(frame, str):
                continue
            step, (window, rest) = template.step(*frame, self.shifts[t])
            if pattern is not None:
                pattern.add(frame[0])
            if number > 0:
                changes.add(window, rest)
            self.steps[t] = step
            if np.isfinite(step.step).all():
                moved = self.shifts[t] + np.clip(step.step, -_FARTHEST, _FARTHEST)
                place = self._coarse[t]
                self.shifts[t] = np.clip(moved, place - _REACH, place + _REACH)
                spread = np.sqrt(np.diag(step.covariance))
                far = max(far, float(np.max(np.abs(step.step) / (spread + 1e-3))))
            following.add(order % 2, *laid_back(*frame, self.shifts[t]))
        self._canvas = following
        self._still = changes.still() if number > 0 else None
        if pattern is not None:
            self._frames.response = pattern.response(
                following, self.shifts[self._good], self._frames.response
            )
        return far

    def _weights(self, canvas: Canvas) -> Image | None:
        """How far each place of the canvas holds still."""
        weights = self._still
        if self._mask is not None:
            held = placed(self._mask, canvas).astype(np.float32)
            weights = held if weights is None else weights * held
        return weights
