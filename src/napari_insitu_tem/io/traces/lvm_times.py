"""Times of the rows of a LabVIEW measurement file, from its X values and headers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.tables.column_names import factor
from napari_insitu_tem.io.tables.time_columns import epoch_of
from napari_insitu_tem.io.traces.lvm_segments import UNTIMED, Segment, unit_of_x
from napari_insitu_tem.model.timebase import NS_PER_S

FloatArray = NDArray[np.float64]

#: A number with decimals, and its power of ten.
_DECIMAL = re.compile(r"[-+]?\d*\.(\d{1,40})(?:[eE]([-+]?\d{1,3}))?")


def times_of(
    segments: Sequence[Segment],
    x_values: FloatArray,
    notes: list[str],
    *,
    is_named: bool,
) -> tuple[FloatArray | None, str]:
    """(N,) seconds since the start of the first segment, or why they are not known.

    LabVIEW counts rows as seconds where the program gives no times; a channel that is
    named as a time goes before such a count.
    """
    ends = np.cumsum([len(one.rows) for one in segments])
    parts = np.split(x_values, ends[:-1])
    for k, one in enumerate(segments):
        if not np.isfinite(parts[k]).any():
            if _has_no_interval(one):
                return None, (
                    "has no times: it was written without X values, and its header "
                    "gives no interval of the rows"
                )
            parts[k] = _counted(one, notes)
        known = parts[k][np.isfinite(parts[k])]
        if known.size > 1 and (np.any(np.diff(known) < 0) or np.ptp(known) == 0):
            return None, (
                "has no times: under one header its X values begin again, run "
                "backwards or stand still"
            )
    steps = np.concatenate([np.diff(part) for part in parts])
    promised = [max(map(one.samples, one.channels)) for one in segments]
    if steps.size and np.all(np.abs(steps - UNTIMED) < 1e-6):
        if is_named:
            return None, "has no times: its X values only count the rows"
        if max(promised) > 1:
            notes.append(
                "Its rows are one second apart, which is also what LabVIEW writes "
                "where the program gives no interval; check it."
            )
    missing = [n - len(one.rows) for n, one in zip(promised, segments, strict=True)]
    if (total := sum(n for n in missing if n > 0)) > 0:
        notes.append(f"{total} rows that its headers promise are not there.")
    if np.isfinite(epoch_of(np.concatenate(parts))):
        return np.concatenate(parts), ""
    return _one_after_the_other(segments, parts, notes)


def _has_no_interval(segment: Segment) -> bool:
    """Whether the rows cannot be counted; LabVIEW gives single values a second each."""
    if not segment.rows:
        return False
    first = segment.channels[0]
    if not segment.of("Delta_X", first) and not segment.of("X0", first):
        return True
    delta = segment.number("Delta_X", first, UNTIMED)
    is_single = segment.samples(first) in (0, 1) and delta == UNTIMED
    return is_single and len(segment.rows) > 1


def _counted(segment: Segment, notes: list[str]) -> FloatArray:
    """Times by X0 and Delta_X, with a sentence on how far they can be trusted."""
    first, count = segment.channels[0], len(segment.rows)
    delta = segment.number("Delta_X", first, UNTIMED)
    text = segment.of("Delta_X", first).replace(",", ".")
    written = _DECIMAL.fullmatch(text.strip())
    wrong = 0.0
    if written is not None:
        wrong = count * 0.5 * 10.0 ** (int(written[2] or 0) - len(written[1]))
    scale = factor(unit_of_x(segment))
    if wrong > abs(delta) and wrong * scale > 1e-3:
        notes.append(
            f"The interval of {text} is rounded: after {count} rows its times may be "
            f"wrong by {wrong * scale:.2g} s."
        )
    promised = segment.samples(first)
    if 0 < promised < count:
        notes.append(
            f"The header is of the first {promised} rows; the other "
            f"{count - promised} were taken to follow without a pause."
        )
    times = segment.number("X0", first, 0.0) + np.arange(count) * delta
    return np.asarray(times * scale, np.float64)


def _one_after_the_other(
    segments: Sequence[Segment], parts: Sequence[FloatArray], notes: list[str]
) -> tuple[FloatArray | None, str]:
    """X values and the starts of the segments as one time axis.

    Where the X values run on as fast as the starts they count from the first start. A
    segment that begins a little too early, by the clock of the computer, is moved to
    the end of the one before.
    """
    starts = _starts(segments)
    firsts = np.array([part[np.isfinite(part)][:1].sum() for part in parts])
    passed, run = starts[1:] - starts[0], firsts[1:] - firsts[0]
    on = (run > 0) & (passed > 0) & (np.abs(passed - run) <= 0.05 + 0.05 * run)
    if on.size and on.all():
        starts[:] = starts[0]
    times: list[FloatArray] = []
    end, length, moved = -np.inf, 0.0, 0.0
    for one, part, start in zip(segments, parts, starts, strict=True):
        own = part + start
        known = own[np.isfinite(own)]
        if known.size:
            early = end - float(known[0])
            if early > 0:
                delta = one.number("Delta_X", one.channels[0], 0.0)
                push = early + (delta if delta != UNTIMED else 0.0)
                if early > max(0.25 * length, 1e-3):
                    return None, (
                        "has no certain times: a segment begins before the one above "
                        "it has ended"
                    )
                own, moved = own + push, max(moved, push)
            end, length = float(np.nanmax(own)), float(known[-1] - known[0])
        times.append(own)
    if moved:
        notes.append(
            f"Segments that began before the end of the one above them were moved by "
            f"up to {moved:.2g} s."
        )
    return np.concatenate(times), ""


def _starts(segments: Sequence[Segment]) -> FloatArray:
    """Seconds from the start of the first segment to that of each."""
    zero, last, starts = None, 0.0, []
    for one in segments:
        moment = one.moment(one.channels[0])
        if moment is not None:
            zero = moment[0] if zero is None else zero
            last = (moment[0] - zero) / NS_PER_S
        starts.append(last)
    return np.array(starts)
