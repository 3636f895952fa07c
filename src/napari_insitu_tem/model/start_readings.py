"""Which of two readings of a start is meant, by what else was opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

#: Key of a trace's metadata with both readings of its start, ISO 8601.
READINGS = "start_readings"
#: Files of one experiment begin within these days of each other.
_DAYS_S = 10 * 86400.0

#: Name and start of a file.
Start = tuple[str, StartStamp]


def is_doubtful(trace: Trace) -> bool:
    """Whether day and month of its start may be exchanged."""
    return len(trace.metadata.get(READINGS, ())) == 2


def settled(trace: Trace, others: Sequence[Start]) -> tuple[Trace, str]:
    """The trace with the reading of its start that is near to another file's.

    Parameters
    ----------
    others
        Files whose starts are certain; the first that is near to one reading, and not
        to the other, decides.

    Returns
    -------
    trace
        With the start that is meant, its times as they were.
    note
        A sentence where the start is another one than the file alone suggests.
    """
    if trace.stamp is None or not is_doubtful(trace):
        return trace, ""
    readings = [datetime.fromisoformat(text) for text in trace.metadata[READINGS]]
    if trace.stamp.when not in readings:
        return trace, ""
    for name, start in others:
        near = [
            replace(trace.stamp, when=when)
            for when in readings
            if abs(StartStamp(when).minus(start)) <= _DAYS_S
        ]
        if len(near) != 1:
            continue
        (meant,) = near
        if meant.when == trace.stamp.when:
            return trace, ""
        note = (
            f"The start of {trace.name} was read as {meant.when:%d %B %Y}, day and "
            f"month exchanged, since {name} began on {start.when:%d %B %Y}."
        )
        return replace(trace, stamp=meant), note
    return trace, ""
