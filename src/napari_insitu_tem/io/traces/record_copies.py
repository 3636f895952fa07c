"""Records opened twice: the text and the binary file of one technique."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_insitu_tem.model.trace import Trace

#: Formats in which EC-Lab keeps one and the same technique.
ECLAB_FORMATS = frozenset(("EC-Lab text", "EC-Lab binary"))
#: What a text may round off a time: as a share of it, and at least, in seconds.
_ROUNDED, _LEAST_S = 1e-7, 1e-6
#: Samples that are compared.
_LOOK = 2000


def without_copies(traces: Sequence[Trace]) -> list[Trace | None]:
    """Leave out the second file of a technique; the one that is kept says so.

    Two records are one technique where a text and a binary file of EC-Lab bear one name
    in one folder, do not contradict each other's start and share their samples. The
    longer is kept, of equal ones the text; it takes over a start and a technique that
    only the other file has.

    Returns
    -------
    list
        As long as what was given; None for a record that was left out.
    """
    kept: list[Trace | None] = list(traces)
    for i, first in enumerate(traces):
        for j in range(i + 1, len(traces)):
            if kept[i] is None or kept[j] is None or not _is_copy(first, traces[j]):
                continue
            stays, goes = sorted((i, j), key=lambda k: _rank(traces[k]))
            kept[stays], kept[goes] = _told(traces[stays], traces[goes]), None
    return kept


def same_samples(a: Trace, b: Trace) -> bool:
    """Whether most samples of the shorter are in the longer: one is a copy."""
    short, long = sorted((a.time_ns, b.time_ns), key=len)
    if short.size == 0 or short[-1] < long[0] or long[-1] < short[0]:
        return False
    steps = np.diff(short)
    some = short[np.unique(np.linspace(0, short.size - 1, _LOOK).astype(np.intp))]
    allowed = np.maximum(_ROUNDED * np.abs(some), _LEAST_S * 1e9)
    if (steps > 0).any():
        allowed = np.minimum(allowed, 0.25 * float(np.median(steps[steps > 0])))
    after = np.searchsorted(long, some)
    near = np.minimum(
        np.abs(long[np.minimum(after, long.size - 1)] - some),
        np.abs(some - long[np.maximum(after - 1, 0)]),
    )
    return bool((near <= allowed).sum() > max(1, 0.5 * some.size))


def _is_copy(a: Trace, b: Trace) -> bool:
    if {a.format, b.format} != ECLAB_FORMATS or not a.paths or not b.paths:
        return False
    one, other = a.paths[0], b.paths[0]
    if one.parent != other.parent or one.stem != other.stem:
        return False
    if a.stamp is not None and b.stamp is not None:
        apart = abs(a.stamp.minus(b.stamp))
        if apart > max(a.stamp.resolution_s, b.stamp.resolution_s):
            return False
    return same_samples(a, b)


def _rank(trace: Trace) -> tuple[int, bool]:
    """The first is kept: more rows, then the text."""
    return -len(trace), trace.format != "EC-Lab text"


def _told(trace: Trace, copy: Trace) -> Trace:
    """The record that is kept, with what only the other file knows, and its path."""
    note = (
        f"{copy.paths[0].name} holds the same samples as {trace.paths[0].name} and was "
        "left out."
    )
    return replace(
        trace,
        stamp=trace.stamp or copy.stamp,
        technique=trace.technique or copy.technique,
        reference=trace.reference or copy.reference,
        paths=(*trace.paths, *copy.paths),  # a saved experiment reads both again
        warnings=(*trace.warnings, note),
    )
