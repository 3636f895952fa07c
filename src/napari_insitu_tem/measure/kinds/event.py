"""Event rows: how long they last and what passed during them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.common import set_flag
from napari_insitu_tem.measure.intervals import average_over_intervals
from napari_insitu_tem.measure.source import Source
from napari_insitu_tem.model.record import Record

FloatArray = NDArray[np.float64]

#: potential, current, charge, whether covered
_Passed = tuple[float, float, float, bool]

_COLUMNS = ("potential_mean_V", "current_mean_A", "charge_passed_C")


def fill(records: Sequence[Record], source: Source, columns: dict[str, Any]) -> None:
    """Add end, duration and what passed; see `kinds`.

    An event lasts from the start of its frame to the end of its last frame's exposure.
    With its own frame as `end_frame` it is an instant, without one it is still going
    on: in both cases these cells are empty.

    The duration is uncertain by the frames in which the event begins and ends, each
    anywhere in one frame interval: ``u = sqrt(2) interval / sqrt(12)`` (rectangular
    distribution, JCGM 100:2008 (GUM), section 4.3.7).
    """
    names = ("value", "u_value", "end_time_s", "duration_s", *_COLUMNS)
    cells: dict[str, FloatArray] = {
        name: np.full(len(records), np.nan) for name in names
    }
    spans: dict[int, tuple[int, int]] = {}
    intervals: dict[str, float] = {}
    for row, record in enumerate(records):
        span = _span_ns(record, source)
        if span is None:
            continue
        spans[row] = span
        duration = (span[1] - span[0]) / 1e9
        cells["end_time_s"][row] = span[1] / 1e9
        cells["value"][row] = cells["duration_s"][row] = duration
        if record.movie not in intervals:
            movie = source.movie(record.movie)
            intervals[record.movie] = (
                np.nan if movie is None else movie.audit.interval_s
            )
        cells["u_value"][row] = intervals[record.movie] / np.sqrt(6)
    for row, passed in _passed(records, source, spans).items():
        for name, value in zip(_COLUMNS, passed[:3], strict=True):
            cells[name][row] = value
        if not passed[3]:
            set_flag(columns, row, flags.GAP)
    columns |= cells
    columns["unit"] = ["s" if row in spans else "" for row in range(len(records))]


def _span_ns(record: Record, source: Source) -> tuple[int, int] | None:
    """Start and end of an event with a duration; None where it has or shows none."""
    end = record.get("end_frame", None)
    if end in (None, ""):
        return None
    start, stop = source.windows_ns(record.movie)
    first, last = sorted((int(record.frame), int(end)))
    if not 0 <= first < last < start.size:
        return None
    return int(start[first]), int(max(stop[last], start[first]))


def _passed(
    records: Sequence[Record], source: Source, spans: dict[int, tuple[int, int]]
) -> dict[int, _Passed]:
    """What the record says of each span; only new spans are looked up, all at once."""
    trace = source.trace
    if trace is None or not spans:
        return {}
    found: dict[int, _Passed] = {}
    new = []
    for row, span in spans.items():
        kept = source.recall("passed", records[row], (trace, span))
        if kept is None:
            new.append(row)
        else:
            found[row] = kept
    if new:
        start, stop = np.array([spans[row] for row in new], dtype=np.int64).T
        means = average_over_intervals(trace, start, stop)
        for i, row in enumerate(new):
            found[row] = (
                float(means.potential_V[i]),
                float(means.current_A[i]),
                float(means.charge_C[i]),
                bool(means.is_covered[i]),
            )
            source.keep("passed", records[row], (trace, spans[row]), found[row])
    return found
