"""Records that cover the same time: each keeps its signals, the first those of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from napari_insitu_tem.model.trace import Trace

#: Records that share fewer samples than this share of the shorter follow one another.
SHARED = 0.05
_SIGNALS = {
    "potential_V": "potential (V)",
    "current_A": "current (A)",
    "charge_C": "charge (C)",
}
_MEASURED = ("potential_V", "current_A")


def set_apart(traces: Sequence[Trace]) -> tuple[list[Trace], tuple[str, ...]]:
    """Give the columns of records that run beside an earlier one names of their own.

    Two records run side by side where samples of one lie within unbroken stretches of
    the other and both have a potential or both a current. Their samples cannot be one
    line: the first record keeps its columns, the columns that the other has as well
    are called "NAME: potential (V)", "NAME: Ece/V".

    Parameters
    ----------
    traces
        On one clock, in the order of their rank.

    Returns
    -------
    traces
        In the same order.
    notes
        A sentence for each record that was set apart.
    """
    placed: list[Trace] = []
    notes = []
    for trace in traces:
        beside = [other for other in placed if runs_beside(trace, other)]
        if beside:
            notes.append(
                f"{trace.name} covers the same time as {beside[0].name}: rows take "
                f"the potential and the current of {beside[0].name}; those of "
                f"{trace.name} can be shown as further lanes."
            )
            trace = _named_apart(trace, beside)
        placed.append(trace)
    return placed, tuple(notes)


def runs_beside(one: Trace, other: Trace) -> bool:
    """Whether two records measured the same signal at the same time."""
    for column in _MEASURED:
        if not (one.has(column) and other.has(column)):
            continue
        inside = max(_inside(one, other, column), _inside(other, one, column))
        if inside >= 3 and inside > SHARED * min(len(one), len(other)):
            return True
    return False


def _inside(one: Trace, other: Trace, column: str) -> int:
    """Samples of a record strictly within the unbroken stretches of another."""
    known = np.isfinite(other.values(column))
    time, segment = other.time_ns[known], other.segment[known]
    first = np.flatnonzero(np.diff(segment, prepend=-1))
    last = np.append(first[1:], time.size) - 1
    mine = one.time_ns[np.isfinite(one.values(column))]
    at = np.searchsorted(time[first], mine, side="left") - 1
    within = (at >= 0) & (mine < time[last][np.maximum(at, 0)])
    return int(within.sum())


def _named_apart(trace: Trace, beside: Sequence[Trace]) -> Trace:
    """The record with a name of its own for every column that another has."""
    taken = {str(name) for other in beside for name in other.frame} - {"time_s"}
    names = {
        name: f"{trace.name}: {_SIGNALS.get(str(name), name)}"
        for name in trace.frame
        if str(name) in taken
    }
    return replace(trace, frame=trace.frame.rename(columns=names))
