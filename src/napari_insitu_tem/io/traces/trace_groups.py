"""Which records are parts of one sequence of techniques, and these as one trace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

import numpy as np

from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace, merge_traces

#: Formats whose clock counts from the start of the whole sequence.
_SEQUENCED = frozenset(("EC-Lab text", "EC-Lab binary"))
#: `NAME_02_CP_C01`: name, place in the sequence, technique, channel.
_PART = re.compile(
    r"^(?P<name>.+?)_(?P<place>\d{2})_(?P<technique>[A-Za-z]+)"
    r"(?P<channel>(?:_[A-Za-z]+\d*)?_C[A-Z]?\d{2})$"
)
#: Starts that agree to a millisecond are no coincidence.
_FINE_S = 1e-3


def join_sequences(opened: Sequence[Movie | Trace]) -> list[Movie | Trace]:
    """Put the records of one sequence together; everything else stays as it is.

    Returns
    -------
    list
        In the order of what was opened; a joined record stands where its first part
        stood.
    """
    traces = [item for item in opened if isinstance(item, Trace)]
    groups = group_traces(traces)
    first = {id(group[0]): group for group in groups}
    joined: list[Movie | Trace] = []
    for item in opened:
        if not isinstance(item, Trace):
            joined.append(item)
        elif id(item) in first:
            joined.append(join(first[id(item)]))
    return joined


def group_traces(traces: Sequence[Trace]) -> list[list[Trace]]:
    """Find the records that are parts of one sequence of techniques.

    They have one format, one folder and one start, down to a millisecond or with names
    that differ in nothing but the place in the sequence and the technique; a record
    whose samples are those of another (a second export) is no part of it.

    Returns
    -------
    list of lists
        In the order of the first member.
    """
    groups: list[list[Trace]] = []
    for trace in traces:
        for group in groups:
            if all(_belong(trace, member) for member in group):
                group.append(trace)
                break
        else:
            groups.append([trace])
    return groups


def join(group: Sequence[Trace]) -> Trace:
    """One record in time order, gaps kept; each row says its technique and file.

    Raises
    ------
    ReadError
        There is none.
    """
    if not group:
        raise ReadError("There is no record to put together.")
    if len(group) == 1:
        return group[0]
    parts = [
        replace(part, frame=part.frame.assign(technique=part.technique, file=part.name))
        for part in group
    ]
    whole = merge_traces(parts, name=_common_name(group))
    note = (
        f"{len(group)} files of one sequence were put together in time order: "
        f"{', '.join(part.name for part in group)}."
    )
    warnings = tuple(dict.fromkeys((note, *whole.warnings)))
    return replace(whole, warnings=warnings)


def _belong(a: Trace, b: Trace) -> bool:
    """Whether two records are parts of one sequence."""
    if a.stamp is None or b.stamp is None or not a.paths or not b.paths:
        return False
    same = (
        a.format == b.format
        and a.format in _SEQUENCED
        and a.paths[0].parent == b.paths[0].parent
        and a.stamp.when == b.stamp.when
    )
    if not same or _same_samples(a, b):
        return False
    first, second = _stem(a.paths[0]), _stem(b.paths[0])
    if first is not None and second is not None:
        return first == second
    return max(a.stamp.resolution_s, b.stamp.resolution_s) <= _FINE_S


def _stem(path: Path) -> tuple[str, str] | None:
    """Name and channel of a file that is named as a part of a sequence."""
    match = _PART.match(path.stem)
    return None if match is None else (match["name"], match["channel"])


def _same_samples(a: Trace, b: Trace) -> bool:
    """Whether most samples of the shorter are in the longer: one is a copy."""
    size = min(len(a), len(b))
    shared = np.intersect1d(a.time_ns, b.time_ns).size
    return size > 0 and shared > max(1, 0.5 * size)


def _common_name(group: Sequence[Trace]) -> str:
    stem = _stem(group[0].paths[0])
    if stem is not None:
        return stem[0]
    names = [part.name for part in group]
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same).strip(" ._-") or names[0]
