"""What is known of one clock against another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]

#: The rate could not be told better than two good clocks keep it; it is left at one.
RATE_AT_ONE = "rate_at_one"
#: The two signals do not follow each other: nothing is said.
LOW_CORRELATION = "low_correlation"
#: They follow each other loosely: check before use.
WEAK_CORRELATION = "weak_correlation"
#: Another offset fits about as well.
AMBIGUOUS = "ambiguous"
#: Too few samples in common.
NO_OVERLAP = "no_overlap"
#: A signal does not change.
CONSTANT = "constant"


@dataclass(frozen=True, eq=False)
class ClockFit:
    """Clock b in terms of clock a: ``time_b = offset + rate * time_a``.

    Attributes
    ----------
    offset, u_offset
        Time on b in s where a shows 0, and its standard uncertainty; NaN where it
        cannot be known. Far from the data the uncertainty of the rate dominates it.
    rate, u_rate
        Seconds of b in a second of a.
    pivot
        Time on a in s where offset and rate do not depend on each other, about the
        middle of the data.
    offset_at_pivot, u_offset_at_pivot
        ``time_b - time_a`` there. With `pivot` and `rate` these are the numbers of an
        `Alignment`.
    residuals
        (n,) observed minus fitted: seconds on b for events, the signal's unit for
        signals (NaN for samples that took no part).
    flag
        "" or why it is doubted.
    parameters
        What was asked for and what was found on the way.
    """

    offset: float
    u_offset: float
    rate: float
    u_rate: float
    pivot: float
    offset_at_pivot: float
    u_offset_at_pivot: float
    residuals: FloatArray
    flag: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)

    def time_b(self, time_a: ArrayLike) -> FloatArray:
        """Times on clock b in s."""
        a = np.asarray(time_a, dtype=np.float64)
        away = a - self.pivot
        return np.asarray(self.offset_at_pivot + self.pivot + self.rate * away)

    def u_time_b(self, time_a: ArrayLike) -> FloatArray:
        """Their standard uncertainties."""
        away = np.asarray(time_a, dtype=np.float64) - self.pivot
        return np.asarray(np.hypot(self.u_offset_at_pivot, self.u_rate * away))


@dataclass(frozen=True, eq=False)
class EventAlignment(ClockFit):
    """Two clocks tied by events; flag `rate_at_one` where the rate is not told."""


@dataclass(frozen=True, eq=False)
class SignalAlignment(ClockFit):
    """Two clocks tied by signals that follow each other.

    `flag` is `low_correlation` (nothing is said), `weak_correlation`, `ambiguous`,
    `no_overlap`, `constant` or `rate_at_one`.

    Attributes
    ----------
    correlation
        Of the slopes of both signals, smoothed alike, at the best offset.
    """

    correlation: float = float("nan")
