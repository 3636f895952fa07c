"""Times: integer nanoseconds, start stamps, frame windows and their audit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from napari_insitu_tem.model.errors import TimeBaseError

NS_PER_S = 1_000_000_000

Int64Array = NDArray[np.int64]


def to_ns(seconds: ArrayLike) -> Int64Array:
    """Seconds to integer nanoseconds, rounded to the nearest.

    Parameters
    ----------
    seconds
        Finite seconds, any shape.

    Raises
    ------
    TimeBaseError
        A value is not finite or does not fit in 64 bits.
    """
    values = np.asarray(seconds, dtype=np.float64)
    if not np.all(np.isfinite(values)) or np.any(np.abs(values) > 9e9):
        raise TimeBaseError("A time is not a finite number of seconds.")
    whole = np.floor(values)
    fraction = np.rint((values - whole) * NS_PER_S)
    return whole.astype(np.int64) * NS_PER_S + fraction.astype(np.int64)


def to_seconds(nanoseconds: ArrayLike) -> NDArray[np.float64]:
    """Integer nanoseconds to float seconds."""
    return np.asarray(nanoseconds, dtype=np.int64) / NS_PER_S


@dataclass(frozen=True)
class StartStamp:
    """The wall-clock time at which a record's own clock stood at zero.

    Attributes
    ----------
    when
        Naive where the file gives local time without a zone, else aware.
    resolution_s
        The step in which the file writes it.
    source
        Where it was found, in words.
    """

    when: datetime
    resolution_s: float = 1.0
    source: str = ""

    @property
    def is_naive(self) -> bool:
        """Whether the zone is unknown."""
        return self.when.tzinfo is None

    def minus(self, other: StartStamp) -> float:
        """Seconds from `other` to this stamp; zones are used where both have one.

        A naive and an aware stamp are compared as wall clocks, since the naive one
        is local time of an unknown zone.
        """
        a, b = self.when, other.when
        if self.is_naive != other.is_naive:
            a, b = a.replace(tzinfo=None), b.replace(tzinfo=None)
        return (a - b).total_seconds()

    def isoformat(self) -> str:
        """ISO 8601 text, in the zone of the file."""
        return self.when.isoformat()


def utc_now() -> str:
    """The present moment as ISO 8601 text in UTC, to the millisecond."""
    now = datetime.now(UTC)
    return now.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, eq=False)
class FrameTimes:
    """When each frame was exposed, on the movie's own clock.

    Attributes
    ----------
    start_ns
        (T,) start of each frame's window.
    exposure_ns
        (T,) length of each window, or None where the file does not say. An exposure
        is never taken for a period, nor the other way round.
    source
        Where the times come from, in words ("per-frame stamps", "typed interval").
    """

    start_ns: Int64Array
    exposure_ns: Int64Array | None = None
    source: str = ""

    def __post_init__(self) -> None:
        start = np.array(self.start_ns, dtype=np.int64)
        if start.ndim != 1 or start.size == 0:
            raise TimeBaseError("Frame times must be one number a frame.")
        start.flags.writeable = False
        object.__setattr__(self, "start_ns", start)
        if self.exposure_ns is None:
            return
        exposure = np.array(
            np.broadcast_to(np.asarray(self.exposure_ns, np.int64), start.shape)
        )
        if np.any(exposure < 0):
            raise TimeBaseError("An exposure is negative.")
        exposure.flags.writeable = False
        object.__setattr__(self, "exposure_ns", exposure)

    @classmethod
    def from_seconds(
        cls,
        start_s: ArrayLike,
        exposure_s: ArrayLike | None = None,
        *,
        source: str = "",
    ) -> FrameTimes:
        """From float seconds."""
        exposure = None if exposure_s is None else to_ns(exposure_s)
        return cls(to_ns(start_s), exposure, source)

    @classmethod
    def regular(
        cls,
        frames: int,
        interval_s: float,
        *,
        exposure_s: float | None = None,
        source: str = "typed interval",
    ) -> FrameTimes:
        """Equally spaced frames starting at zero.

        Raises
        ------
        TimeBaseError
            The interval is not a positive number.
        """
        if not (np.isfinite(interval_s) and interval_s > 0):
            raise TimeBaseError(
                "The frame interval must be a positive number of seconds."
            )
        start = to_ns(np.arange(frames) * float(interval_s))
        exposure = None if exposure_s is None else to_ns(np.full(frames, exposure_s))
        return cls(start, exposure, source)

    def __len__(self) -> int:
        return int(self.start_ns.size)

    @property
    def windows_ns(self) -> tuple[Int64Array, Int64Array]:
        """(T,) start and (T,) stop of each frame's window; equal where unknown."""
        if self.exposure_ns is None:
            return self.start_ns, self.start_ns
        return self.start_ns, self.start_ns + self.exposure_ns

    @property
    def span_ns(self) -> tuple[int, int]:
        """First start and last stop; the last frame lasts its exposure or a period."""
        starts, stops = self.windows_ns
        last = int(np.max(stops))
        if self.exposure_ns is None and len(self) > 1:
            last += int(np.median(np.diff(np.sort(starts))))
        return int(starts.min()), last

    @property
    def is_ordered(self) -> bool:
        """Whether every frame starts later than the one before."""
        return bool(np.all(np.diff(self.start_ns) > 0))

    def frame_at(self, time_ns: int) -> int:
        """The frame being shown at a time: the last one that started by then."""
        order = self._order
        position = int(np.searchsorted(self.start_ns[order], time_ns, side="right")) - 1
        return int(order[max(position, 0)])

    @property
    def _order(self) -> NDArray[np.intp]:
        return np.argsort(self.start_ns, kind="stable")


@dataclass(frozen=True)
class TimeAudit:
    """What was found wrong, or right, with a movie's frame times.

    Attributes
    ----------
    frames
        Number of frames.
    interval_s
        Median spacing, NaN for a single frame or without times.
    gaps
        (frame after the gap, length in s) of spacings over 1.8 medians.
    duplicates, backwards
        Frames that start at the same time as, or before, the one before them.
    dropped
        Number of frames that would have fitted in the gaps.
    jitter_s
        Robust spread of the spacings outside gaps (1.4826 median absolute deviation).
    exposure_s
        Median exposure, None where unknown.
    source
        Where the times come from.
    """

    frames: int
    interval_s: float = float("nan")
    gaps: tuple[tuple[int, float], ...] = ()
    duplicates: tuple[int, ...] = ()
    backwards: tuple[int, ...] = ()
    dropped: int = 0
    jitter_s: float = 0.0
    exposure_s: float | None = None
    source: str = ""
    has_times: bool = True

    @property
    def is_clean(self) -> bool:
        """Whether the frames are evenly spaced and complete."""
        spoiled = self.gaps or self.duplicates or self.backwards
        return self.has_times and not spoiled and not self.is_irregular

    @property
    def is_irregular(self) -> bool:
        """Whether spacings scatter by more than 2 % of their median."""
        return bool(self.jitter_s > 0.02 * self.interval_s)

    def __str__(self) -> str:
        """One sentence for the user."""
        count = f"{self.frames} frame{'s' if self.frames != 1 else ''}"
        if not self.has_times:
            return f"{count}, no times in the file: type the frame interval"
        if self.frames == 1:
            return count
        parts = [count, f"{_seconds(self.interval_s)} apart"]
        if self.gaps:
            longest = max(length for _, length in self.gaps)
            plural = "s" if len(self.gaps) != 1 else ""
            parts.append(f"{len(self.gaps)} gap{plural}, longest {longest:.3g} s")
        if self.dropped:
            parts.append(f"about {self.dropped} dropped")
        if self.duplicates:
            parts.append(f"{len(self.duplicates)} with the time of the one before")
        if self.backwards:
            parts.append(f"{len(self.backwards)} earlier than the one before")
        if self.is_irregular:
            parts.append(f"irregular (spread {_seconds(self.jitter_s)})")
        elif not self.gaps:
            parts.append("no gaps")
        if self.exposure_s is not None:
            parts.append(f"each exposed {_seconds(self.exposure_s)}")
        if self.source:
            parts.append(f"times from {self.source}")
        return ", ".join(parts)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "frames": self.frames,
            "interval_s": None if np.isnan(self.interval_s) else self.interval_s,
            "gaps": [list(gap) for gap in self.gaps],
            "duplicates": list(self.duplicates),
            "backwards": list(self.backwards),
            "dropped": self.dropped,
            "exposure_s": self.exposure_s,
            "source": self.source,
            "text": str(self),
        }


def audit_frame_times(frames: int, times: FrameTimes | None) -> TimeAudit:
    """Look a movie's time base over; nothing is changed.

    Parameters
    ----------
    frames
        Number of frames of the movie.
    times
        Its times, or None.
    """
    if times is None:
        return TimeAudit(frames, has_times=False)
    exposure = None
    if times.exposure_ns is not None:
        exposure = float(np.median(times.exposure_ns)) / NS_PER_S
    if len(times) < 2:
        return TimeAudit(frames, exposure_s=exposure, source=times.source)
    steps = np.diff(times.start_ns)
    forward = steps[steps > 0]
    median = float(np.median(forward)) if forward.size else float("nan")
    late = np.flatnonzero(steps > 1.8 * median)
    regular = forward[forward <= 1.8 * median]
    spread = 1.4826 * float(np.median(np.abs(regular - median))) if regular.size else 0
    return TimeAudit(
        frames=frames,
        interval_s=median / NS_PER_S,
        gaps=tuple((int(i) + 1, float(steps[i]) / NS_PER_S) for i in late),
        duplicates=tuple(int(i) + 1 for i in np.flatnonzero(steps == 0)),
        backwards=tuple(int(i) + 1 for i in np.flatnonzero(steps < 0)),
        dropped=int(np.sum(np.rint(steps[late] / median) - 1)) if late.size else 0,
        jitter_s=spread / NS_PER_S,
        exposure_s=exposure,
        source=times.source,
    )


def _seconds(value: float) -> str:
    """Seconds with three significant decimals where they matter."""
    return f"{value:.3f} s" if 0.1 <= value < 1000 else f"{value:.4g} s"
