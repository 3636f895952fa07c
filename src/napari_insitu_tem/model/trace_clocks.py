"""Traces on one clock, by the starts of their files, and what is doubtful in that."""

from __future__ import annotations

from collections.abc import Sequence

from napari_insitu_tem.model.start_readings import Start, is_doubtful, settled
from napari_insitu_tem.model.timebase import to_ns
from napari_insitu_tem.model.trace import Trace

_HOURS = range(-14, 15)
_HOUR_NS = 3_600_000_000_000


def on_one_clock(traces: Sequence[Trace]) -> tuple[list[Trace], tuple[str, ...]]:
    """Move every trace to the clock of the first.

    A start of which day and month may be exchanged is read as the others tell.

    Returns
    -------
    traces
        With their times since the start of the first.
    notes
        A sentence for each trace without a start, for each whose start is of another
        kind (with a zone, without one), and for each that was read in another way.
    """
    traces, read = _settled(traces)
    first = traces[0]
    placed, notes = [first], list(read)
    for trace in traces[1:]:
        if first.stamp is None or trace.stamp is None:
            notes.append(_without_start(first, trace))
            placed.append(trace)
            continue
        moved = trace.shifted(int(to_ns(trace.stamp.minus(first.stamp))))
        placed.append(moved)
        if first.stamp.is_naive != trace.stamp.is_naive:
            notes.append(_of_zones(first, trace, moved))
    return placed, tuple(notes)


def _settled(traces: Sequence[Trace]) -> tuple[list[Trace], list[str]]:
    """Each with the start that the certain ones, or else the first, show to be it."""
    sure: list[Start] = [
        (t.name, t.stamp) for t in traces if t.stamp is not None and not is_doubtful(t)
    ]
    done, notes = [], []
    for trace in traces:
        trace, note = settled(trace, sure)
        if trace.stamp is not None and not sure:
            sure = [(trace.name, trace.stamp)]
        done.append(trace)
        notes += [note] if note else []
    return done, notes


def _without_start(first: Trace, trace: Trace) -> str:
    """One of them, or both, do not say when they began."""
    silent = [t.name for t in (first, trace) if t.stamp is None]
    who = (
        f"{silent[0]} gives no start"
        if len(silent) == 1
        else f"Neither {silent[0]} nor {silent[1]} gives a start"
    )
    return f"{who}: the time zero of {trace.name} was taken to be that of {first.name}."


def _of_zones(first: Trace, trace: Trace, moved: Trace) -> str:
    """One start is local time without a zone: the wall clocks were compared."""
    pair = (first, trace)
    zoned, local = pair if first.stamp and not first.stamp.is_naive else pair[::-1]
    note = (
        f"The start of {zoned.name} has a time zone, that of {local.name} is local "
        "time without one: they were put together as their clocks show."
    )
    if len(first) == 0 or len(moved) == 0 or _overlap(first, moved, 0):
        return note
    for hours in sorted(_HOURS, key=abs):
        if hours and _overlap(first, moved, hours * _HOUR_NS):
            return f"{note} They do not overlap; shifted by {hours:+d} h they would."
    return note


def _overlap(one: Trace, other: Trace, shift_ns: int) -> bool:
    begin, end = one.span_ns
    first, last = (t + shift_ns for t in other.span_ns)
    return first <= end and last >= begin
