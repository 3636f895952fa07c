"""Drift of a movie as part of the document: where the content of each frame is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import Geometry

FloatArray = NDArray[np.float64]
Pairs = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class MovieDrift:
    """Where the content of each frame has moved to, and whether that is corrected.

    Attributes
    ----------
    shift
        (dy, dx) in px of every frame: what lies at p in the first usable frame lies at
        p + shift[t] in frame t. NaN where it is not known.
    u_shift
        Their standard uncertainties.
    flag
        "" or why a frame is doubted, of every frame.
    region
        The polygon of what holds still; None: the whole frame.
    is_on
        Whether it is corrected: on the canvas, along paths, in kymographs.
    gain
        Counts per electron with which it was estimated; None: it was not known.
    """

    shift: Pairs
    u_shift: Pairs
    flag: tuple[str, ...]
    region: Geometry | None = None
    is_on: bool = True
    gain: float | None = None

    def __post_init__(self) -> None:
        """Check the lengths, and let what is not known equal itself.

        Raises
        ------
        MeasurementError
            The parts differ in length.
        """
        if not len(self.shift) == len(self.u_shift) == len(self.flag):
            raise MeasurementError("The parts of a drift differ in length.")
        for name in ("shift", "u_shift"):
            object.__setattr__(self, name, _pairs(getattr(self, name)))

    @classmethod
    def of(
        cls,
        shift: ArrayLike,
        u_shift: ArrayLike,
        flag: ArrayLike,
        region: Geometry | None = None,
        *,
        is_on: bool = True,
        gain: float | None = None,
    ) -> MovieDrift:
        """From arrays of shape (T, 2), (T, 2) and (T,)."""
        pairs = [np.asarray(v, dtype=np.float64).tolist() for v in (shift, u_shift)]
        words = tuple(str(word) for word in np.asarray(flag).tolist())
        return cls(_pairs(pairs[0]), _pairs(pairs[1]), words, region, is_on, gain)

    @cached_property
    def known(self) -> FloatArray:
        """(T, 2) shifts, NaN where they are not known."""
        return np.array(self.shift, dtype=np.float64).reshape(-1, 2)

    @cached_property
    def shown(self) -> FloatArray:
        """(T, 2) shifts by which frames are shown: the last one that is known.

        Before the first one, that one; 0 where none is.
        """
        is_known = np.asarray(np.isfinite(self.known).all(axis=1))
        if not is_known.any():
            return np.zeros_like(self.known)
        index = np.where(is_known, np.arange(len(is_known)), -1)
        last = np.maximum.accumulate(index)
        return self.known[np.where(last < 0, int(np.argmax(is_known)), last)]

    def shown_at(self, frame: int) -> FloatArray:
        """(2,) shift by which a frame is shown; 0 for one that is not there."""
        return self.shown[frame] if 0 <= frame < len(self.shown) else np.zeros(2)

    def known_at(self, frame: int) -> FloatArray:
        """(2,) shift of a frame; NaN where it is not known."""
        there = 0 <= frame < len(self.shift)
        return self.known[frame] if there else np.full(2, np.nan)

    def path_shift(self, drawn: int) -> FloatArray:
        """(T, 2) by which a path drawn on a frame is moved in each; NaN: not known.

        A path drawn on a frame of which the drift is not known counts as drawn where
        that frame is shown.
        """
        return self.known - self.shown_at(drawn)

    def moved(self, start: int, stop: int) -> FloatArray:
        """(2,) from where a thing is in one frame to where it is in another."""
        return self.shown_at(stop) - self.shown_at(start)

    def u_moved(self, start: int, stop: int) -> FloatArray:
        """(2,) standard uncertainty of `moved`; NaN where it is not known."""
        if start == stop:
            return np.zeros(2)
        u = [self.u_shift[f] for f in (start, stop) if 0 <= f < len(self.u_shift)]
        return np.asarray(np.sqrt(np.sum(np.square(u), axis=0)), dtype=np.float64)


def _pairs(values: object) -> Pairs:
    """Pairs of floats in which all that is not known is the same NaN."""
    assert isinstance(values, (list, tuple))
    return tuple((_same_nan(a), _same_nan(b)) for a, b in values)


def _same_nan(value: float) -> float:
    """NaN is not equal to itself, but a tuple with the same NaN is to another."""
    return math.nan if value != value else float(value)
