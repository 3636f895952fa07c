"""Alignment: the auditable tie between a movie's clock and the trace's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import AlignmentError
from napari_insitu_tem.model.timebase import StartStamp, to_ns, utc_now

Method = Literal["none", "stamps", "typed", "dragged", "events", "signals"]

#: Standard uncertainty of the rate where it is not measured: quartz clocks of two PCs.
RATE_TOLERANCE = 200e-6

#: The pairs must span this many times their own scatter for a rate to be fitted.
_LEAST_SPAN_S = 10.0


@dataclass(frozen=True)
class Alignment:
    """trace time = `offset_s` + `pivot_s` + `rate` * (movie time - `pivot_s`).

    Attributes
    ----------
    offset_s
        Added to the movie's time at the pivot.
    rate
        Seconds of the trace's clock in a second of the movie's.
    pivot_s
        Movie time at which offset and rate do not depend on each other.
    u_offset_s, u_rate
        Standard uncertainties; NaN where nothing is known of the offset's.
    method
        How it was obtained.
    pairs
        (movie time, trace time) in s of the events marked in both.
    residuals_s
        Trace time of each pair minus the fit.
    note
        What the user should know, in words.
    created_utc
        When it was made.
    """

    offset_s: float = 0.0
    rate: float = 1.0
    pivot_s: float = 0.0
    u_offset_s: float = float("nan")
    u_rate: float = 0.0
    method: Method = "none"
    pairs: tuple[tuple[float, float], ...] = ()
    residuals_s: tuple[float, ...] = ()
    note: str = ""
    created_utc: str = ""

    def __post_init__(self) -> None:
        if not (np.isfinite(self.offset_s) and abs(self.offset_s) < 4e9):
            raise AlignmentError("The offset between the clocks is not a number.")
        if not 0.5 < self.rate < 2:
            raise AlignmentError(
                f"A clock rate of {self.rate:.3g} is impossible.",
                hint="Check that the pairs of events are in the right order.",
            )

    def __eq__(self, other: object) -> bool:
        """The same in every part; what is not known equals what is not known."""
        if not isinstance(other, Alignment):
            return NotImplemented
        return self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash((self.offset_s, self.rate, self.method, self.pairs, self.note))

    def to_trace_ns(self, movie_ns: ArrayLike) -> NDArray[np.int64]:
        """Movie clock to trace clock, integer nanoseconds."""
        movie = np.asarray(movie_ns, dtype=np.int64)
        shift = to_ns(self.offset_s)
        if self.rate == 1.0:
            return np.asarray(movie + shift)
        pivot = to_ns(self.pivot_s)
        drift = np.rint((movie - pivot) * (self.rate - 1.0)).astype(np.int64)
        return np.asarray(movie + shift + drift)

    def to_movie_ns(self, trace_ns: ArrayLike) -> NDArray[np.int64]:
        """Trace clock to movie clock, integer nanoseconds."""
        moved = np.asarray(trace_ns, dtype=np.int64) - to_ns(self.offset_s)
        if self.rate == 1.0:
            return np.asarray(moved)
        pivot = to_ns(self.pivot_s)
        drift = np.rint((moved - pivot) * (1.0 / self.rate - 1.0)).astype(np.int64)
        return np.asarray(moved + drift)

    def u_time_s(self, movie_s: ArrayLike) -> NDArray[np.float64]:
        """Standard uncertainty of the trace time of moments on the movie's clock."""
        away = np.asarray(movie_s, dtype=np.float64) - self.pivot_s
        return np.asarray(np.hypot(self.u_offset_s, self.u_rate * away))

    def describe(self) -> str:
        """One or two sentences for the user."""
        if self.method == "none":
            return (
                "Not aligned: the movie's first frame is taken as the trace's time 0."
            )
        how = {
            "stamps": "from the start times in both files",
            "typed": "typed",
            "dragged": "dragged along the trace",
            "events": f"from {len(self.pairs)} event{'s' * (len(self.pairs) != 1)} "
            "marked in both",
            "signals": "from a signal that follows the trace",
        }[self.method]
        sure = (
            "uncertainty unknown"
            if np.isnan(self.u_offset_s)
            else f"+/- {self.u_offset_s:.2g} s"
        )
        text = f"Offset {self.offset_s:+.3f} s ({sure}), {how}"
        if self.rate != 1.0:
            ppm = 1e6 * (self.rate - 1)
            text += f"; rate {ppm:+.0f} +/- {1e6 * self.u_rate:.0f} ppm"
        if len(self.residuals_s) > 1:
            text += f"; residuals {np.std(self.residuals_s):.2g} s rms"
        return f"{text}. {self.note}".strip()

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON; NaN as None."""
        return {
            "offset_s": self.offset_s,
            "rate": self.rate,
            "pivot_s": self.pivot_s,
            "u_offset_s": None if np.isnan(self.u_offset_s) else self.u_offset_s,
            "u_rate": self.u_rate,
            "method": self.method,
            "pairs": [list(pair) for pair in self.pairs],
            "residuals_s": list(self.residuals_s),
            "note": self.note,
            "created_utc": self.created_utc,
        }

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> Alignment:
        """Inverse of `as_dict`."""
        u = values.get("u_offset_s")
        return cls(
            **{
                **values,
                "u_offset_s": float("nan") if u is None else u,
                "pairs": tuple((float(a), float(b)) for a, b in values["pairs"]),
                "residuals_s": tuple(values["residuals_s"]),
            }
        )


def align_by_stamps(
    movie: StartStamp,
    trace: StartStamp,
    *,
    overlap: tuple[float, float, float, float] | None = None,
) -> Alignment:
    """Offset from the wall-clock start stamps of both files.

    Parameters
    ----------
    movie, trace
        Wall-clock times of both clocks' zeros.
    overlap
        (movie first, movie last, trace first, trace last) in s on their own clocks:
        used to say whether the two overlap, and whether a whole number of half hours
        (a time zone, daylight saving) would make them.
    """
    offset = movie.minus(trace)
    u = float(np.hypot(movie.resolution_s, trace.resolution_s) / np.sqrt(12))
    notes = []
    if movie.is_naive or trace.is_naive:
        notes.append(
            "At least one file gives local time without a zone; the PCs' clocks may "
            "differ by more than the uncertainty says."
        )
    suspect = suspicious_hours(offset)
    if suspect:
        notes.append(suspect)
    if overlap is not None:
        notes.append(_overlap_note(offset, overlap))
    return Alignment(
        offset_s=offset,
        u_offset_s=u,
        u_rate=RATE_TOLERANCE,
        method="stamps",
        note=" ".join(note for note in notes if note),
        created_utc=utc_now(),
    )


def suspicious_hours(offset_s: float, tolerance_s: float = 90.0) -> str:
    """A sentence where an offset is close to a whole number of half hours, else ''."""
    halves = round(offset_s / 1800.0) if np.isfinite(offset_s) else 0
    if halves == 0 or abs(halves) > 52:
        return ""
    rest = offset_s - 1800.0 * halves
    if abs(rest) > tolerance_s:
        return ""
    away = "exactly" if abs(rest) < 0.5 else f"within {abs(rest):.0f} s of"
    return (
        f"The offset is {away} {halves / 2:+g} h: a time zone or daylight saving "
        "may differ between the two PCs."
    )


def _overlap_note(offset_s: float, overlap: tuple[float, float, float, float]) -> str:
    first, last, trace_first, trace_last = overlap
    if first + offset_s <= trace_last and last + offset_s >= trace_first:
        return ""
    for halves in sorted(range(-28, 29), key=abs):
        moved = offset_s + 1800.0 * halves
        if halves and first + moved <= trace_last and last + moved >= trace_first:
            return (
                "Movie and trace do not overlap; shifted by "
                f"{halves / 2:+g} h they would: check the time zones."
            )
    return "Movie and trace do not overlap."


def align_by_offset(
    offset_s: float,
    *,
    u_offset_s: float = float("nan"),
    method: Method = "typed",
) -> Alignment:
    """A typed or dragged offset: trace time = movie time + `offset_s`.

    Raises
    ------
    AlignmentError
        The offset is not a finite number.
    """
    return Alignment(
        offset_s=float(offset_s),
        u_offset_s=float(u_offset_s),
        u_rate=RATE_TOLERANCE,
        method=method,
        note=suspicious_hours(float(offset_s)),
        created_utc=utc_now(),
    )


def align_by_events(
    pairs: Sequence[tuple[float, float]],
    *,
    u_movie_s: float = 0.0,
    u_trace_s: float = 0.0,
) -> Alignment:
    """Fit the clocks to events marked in both records.

    One pair gives the offset. Two leave the rate at one, since they would fit any rate
    without a residual to judge it by. Three or more, well spread, give offset and rate
    by least squares, trace time = a + b (movie time - mean), with the covariance scaled
    by the residuals where they exceed the stated uncertainty of a pair. They are well
    spread where the rate follows to 200 ppm, or differs from one by more than three of
    its standard uncertainties; otherwise it stays at one.

    Parameters
    ----------
    pairs
        (movie time, trace time) in s.
    u_movie_s, u_trace_s
        Standard uncertainty of marking an event in either (a frame interval divided by
        the square root of twelve, for example).

    Raises
    ------
    AlignmentError
        There is no pair, or a time is not finite.
    """
    table = np.asarray(list(pairs), dtype=np.float64).reshape(-1, 2)
    if len(table) == 0 or not np.isfinite(table).all():
        raise AlignmentError(
            "Mark at least one event in the movie and in the trace.",
        )
    movie, trace = table[:, 0], table[:, 1]
    pivot = float(movie.mean())
    u_pair = float(np.hypot(u_movie_s, u_trace_s))
    span = float(np.ptp(movie))
    common = {
        "method": "events",
        "pairs": tuple((float(a), float(b)) for a, b in table),
        "pivot_s": pivot,
        "created_utc": utc_now(),
    }
    why = _why_no_rate(len(table), span)
    if len(table) >= 3 and span > _LEAST_SPAN_S:
        fit = _fit_rate(movie, trace, pivot, u_pair, common)
        if _tells_rate(fit):
            return fit
        why = (
            f"The events tell the clocks' rate to {1e6 * fit.u_rate:.0f} ppm only, "
            f"less well than two clocks keep it ({1e6 * RATE_TOLERANCE:.0f} ppm); it "
            "is left at one. Mark events farther apart."
        )
    offset = float(np.mean(trace - movie))
    residuals = trace - movie - offset
    scatter = float(np.std(residuals, ddof=1)) if len(table) > 1 else 0.0
    u_offset = max(u_pair, scatter) / np.sqrt(len(table))
    return Alignment(
        offset_s=offset,
        u_offset_s=u_offset,
        u_rate=RATE_TOLERANCE,
        residuals_s=tuple(float(r) for r in residuals),
        note=why,
        **common,  # type: ignore[arg-type]
    )


def _fit_rate(
    movie: NDArray[np.float64],
    trace: NDArray[np.float64],
    pivot: float,
    u_pair: float,
    common: dict[str, Any],
) -> Alignment:
    away = movie - pivot
    spread = float(np.sum(away**2))
    excess = float(np.sum(away * (trace - movie)) / spread)
    offset = float(np.mean(trace - movie))
    residuals = trace - movie - offset - excess * away
    scatter = float(np.sqrt(np.sum(residuals**2) / (len(movie) - 2)))
    u_each = max(u_pair, scatter)
    return Alignment(
        offset_s=offset,
        rate=1.0 + excess,
        u_offset_s=u_each / np.sqrt(len(movie)),
        u_rate=u_each / np.sqrt(spread),
        residuals_s=tuple(float(r) for r in residuals),
        **common,
    )


def _tells_rate(fit: Alignment) -> bool:
    """Whether a fitted rate is better than taking the two clocks to be good ones."""
    is_sure = fit.u_rate <= RATE_TOLERANCE
    return is_sure or abs(fit.rate - 1.0) > 3 * fit.u_rate


def _why_no_rate(pairs: int, span_s: float) -> str:
    if pairs == 1:
        return "One event gives the offset only; the clocks' rate is left at one."
    if pairs == 2:
        return (
            "Two events leave the rate at one: they would fit any rate, with nothing "
            "left over to judge it by. Mark a third, far from both."
        )
    return (
        f"The events span {span_s:.3g} s, too little to tell the clocks' rate; it is "
        "left at one."
    )
