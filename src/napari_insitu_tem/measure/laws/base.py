"""What every rate law of a front offers: positions, guesses, bounds, parameters."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.errors import MeasurementError

FloatArray = NDArray[np.float64]

LINEAR = "linear"
PARABOLIC = "parabolic"
LINEAR_PARABOLIC = "linear-parabolic"
POWER = "power"
PIECEWISE = "piecewise-linear"

#: Every law, from simple to complicated.
LAWS = (LINEAR, PARABOLIC, LINEAR_PARABOLIC, POWER, PIECEWISE)

_ALIASES = {
    "deal-grove": LINEAR_PARABOLIC,
    "mixed": LINEAR_PARABOLIC,
    "shrinking-core": LINEAR_PARABOLIC,
    "reaction": LINEAR,
    "diffusion": PARABOLIC,
    "sqrt": PARABOLIC,
    "square-root": PARABOLIC,
    "power-law": POWER,
    "piecewise": PIECEWISE,
    "stick-slip": PIECEWISE,
}

#: Earliest onset that is looked for, in lengths of the record before its beginning.
_EARLIEST = 20.0
#: Guesses of the onset, in lengths of the record after its beginning.
_ONSETS = (-1.0, -0.2, -0.02, -0.001, 0.01, 0.05, 0.15, 0.3, 0.5, 0.7)


def law_name(law: str) -> str:
    """The law that is meant by a word.

    Raises
    ------
    MeasurementError
        No such law.
    """
    word = law.strip().lower().replace("_", "-").replace(" ", "-")
    word = _ALIASES.get(word, word)
    if word not in LAWS:
        raise MeasurementError(
            f"{law!r} is not a rate law.", hint=f"Choose one of {', '.join(LAWS)}."
        )
    return word


@dataclass(frozen=True)
class Setting:
    """What is known before a law is fitted.

    Attributes
    ----------
    first, last
        First and last time.
    direction
        1 where the position grows with time, -1 where it falls.
    start, onset
        Position before the front moves and the time when it begins to; None where they
        are to be found.
    rests
        Whether the front still rests in the first frame, so that the onset is within
        the record; None where that is open.
    """

    first: float
    last: float
    direction: int
    start: float | None = None
    onset: float | None = None
    rests: bool | None = None

    @property
    def span(self) -> float:
        """Length of the record."""
        return self.last - self.first

    @property
    def onsets(self) -> tuple[float, float]:
        """Earliest and latest onset that is looked for, where it is free."""
        earliest = self.first - _EARLIEST * self.span
        if self.rests is None:
            return earliest, self.last
        return (self.first, self.last) if self.rests else (earliest, self.first)


class RateLaw(ABC):
    """A law with the parameters that are free, in a form that is easy to fit.

    The values that are fitted begin with the start and the onset where these are free.
    """

    #: Name of the law.
    law: str

    def __init__(self, setting: Setting) -> None:
        self.setting = setting
        self.frees = [
            name
            for name, value in (("start", setting.start), ("onset", setting.onset))
            if value is None
        ]

    @abstractmethod
    def positions(self, values: FloatArray, times: FloatArray) -> FloatArray:
        """(T,) positions at times."""

    @abstractmethod
    def guesses(self, times: FloatArray, positions: FloatArray) -> list[FloatArray]:
        """Values to begin with, from rough positions at times."""

    @abstractmethod
    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Least and largest values."""

    @property
    @abstractmethod
    def is_log(self) -> NDArray[np.bool_]:
        """(K,) which values are logarithms."""

    @abstractmethod
    def parameters(self, values: FloatArray) -> dict[str, float]:
        """What the values mean, in px and the unit of the times."""

    def split(self, values: FloatArray) -> tuple[float, float, FloatArray]:
        """Start, onset and the values of the shape."""
        given = dict(zip(self.frees, values, strict=False))
        start, onset = self.setting.start, self.setting.onset
        start = given["start"] if start is None else start
        onset = given["onset"] if onset is None else onset
        return float(start), float(onset), values[len(self.frees) :]

    def _joined(self, start: float, onset: float, shape: list[float]) -> FloatArray:
        """Values from their parts; the start and onset only where free."""
        free = {"start": start, "onset": onset}
        return np.array([*(free[name] for name in self.frees), *shape])

    def _bounds(
        self, shape: list[tuple[float, float]]
    ) -> tuple[FloatArray, FloatArray]:
        free = {"start": (-np.inf, np.inf), "onset": self.setting.onsets}
        every = [*(free[name] for name in self.frees), *shape]
        low, high = np.array(every).T
        return low, high

    def _onsets(self) -> list[float]:
        if self.setting.onset is not None:
            return [self.setting.onset]
        tries = [self.setting.first + part * self.setting.span for part in _ONSETS]
        earliest, latest = self.setting.onsets
        return [onset for onset in tries if earliest <= onset <= latest]
