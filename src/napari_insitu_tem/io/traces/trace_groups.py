"""Which records are parts of one sequence of techniques, and these as one trace."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from napari_insitu_tem.io.traces.record_copies import (
    ECLAB_FORMATS,
    same_samples,
    without_copies,
)
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.parallel_traces import runs_beside
from napari_insitu_tem.model.trace import Trace, merge_traces

#: `NAME_02_CP_C01_loop3`: name, place in the sequence, technique, channel, loop.
_PART = re.compile(
    r"^(?P<name>.+?)_(?P<place>\d{2})_(?P<technique>[A-Za-z]+\d{0,2})"
    r"(?P<channel>(?:_[A-Za-z]+\d*)?_C[A-Z]?\d{1,2})(?:_loop\d+)?$"
)
_CHANNEL = re.compile(r"_C([A-Z]?\d{1,2})(?:_loop\d+)?$")
#: Starts that agree to a millisecond are no coincidence.
_FINE_S = 1e-3


def join_sequences(opened: Sequence[Movie | Trace]) -> list[Movie | Trace]:
    """Put the records of one sequence together; everything else stays as it is.

    Of a technique given as text and as binary file one is left out.

    Returns
    -------
    list
        In the order of what was opened; a joined record stands where its first part
        stood.
    """
    kept = without_copies([item for item in opened if isinstance(item, Trace)])
    groups = group_traces([trace for trace in kept if trace is not None])
    first = {id(group[0]): group for group in groups}
    traces = iter(kept)
    joined: list[Movie | Trace] = []
    for item in opened:
        if not isinstance(item, Trace):
            joined.append(item)
        elif id(trace := next(traces)) in first:
            joined.append(join(first[id(trace)]))
    return joined


def group_traces(traces: Sequence[Trace]) -> list[list[Trace]]:
    """Find the records that are parts of one sequence of techniques.

    They are EC-Lab's and have one folder and one start, down to a millisecond or with
    names that differ in nothing but the place in the sequence, the technique and the
    loop; such names are enough where no file has a start. A record whose samples are
    those of another (a second export), of another channel (channels of a group start
    together), or that runs beside it is no part of it.

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
    in_time = sorted(group, key=lambda part: part.span_ns)
    whole = merge_traces(parts, name=_common_name(in_time))
    note = (
        f"{len(group)} files of one sequence were put together in time order: "
        f"{', '.join(part.name for part in group)}."
    )
    warnings = tuple(dict.fromkeys((note, *whole.warnings)))
    stamps = [part.stamp for part in group if part.stamp is not None]
    finest = min(stamps, key=lambda stamp: stamp.resolution_s, default=None)
    return replace(whole, stamp=finest, warnings=warnings)


def _belong(a: Trace, b: Trace) -> bool:
    """Whether two records are parts of one sequence."""
    if not {a.format, b.format} <= ECLAB_FORMATS or not a.paths or not b.paths:
        return False
    if a.paths[0].parent != b.paths[0].parent or not _start_together(a, b):
        return False
    if same_samples(a, b) or _on_two_channels(a, b):
        return False
    first, second = _stem(a.paths[0]), _stem(b.paths[0])
    if first is not None and second is not None:
        # Without a start other runs may bear such names: they run beside each other.
        return first == second and not (a.stamp is None and runs_beside(a, b))
    fine = all(t.stamp is not None and t.stamp.resolution_s <= _FINE_S for t in (a, b))
    return fine and not runs_beside(a, b)


def _on_two_channels(a: Trace, b: Trace) -> bool:
    """Whether headers or names say so: channels of a group start together."""
    said = [str(t.metadata.get("Run on channel", "")) for t in (a, b)]
    if all(said):
        return said[0] != said[1]
    named = [_CHANNEL.search(t.paths[0].stem) for t in (a, b)]
    first, second = named
    return first is not None and second is not None and first[1] != second[1]


def _start_together(a: Trace, b: Trace) -> bool:
    """Whether two records have one start, or neither has any."""
    if a.stamp is None or b.stamp is None:
        return a.stamp is None and b.stamp is None
    if a.format == b.format:
        return a.stamp.when == b.stamp.when
    apart = abs(a.stamp.minus(b.stamp))  # a text may leave out the fraction
    return apart < max(a.stamp.resolution_s, b.stamp.resolution_s)


def _stem(path: Path) -> tuple[str, str] | None:
    """Name and channel of a file that is named as a part of a sequence."""
    match = _PART.match(path.stem)
    return None if match is None else (match["name"], match["channel"])


def _common_name(group: Sequence[Trace]) -> str:
    stem = _stem(group[0].paths[0])
    if stem is not None:
        return stem[0]
    names = [part.name for part in group]
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in same).strip(" ._-") or names[0]
