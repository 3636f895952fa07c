"""What EC-Lab's columns mean, for its texts and its binary files alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.tables.column_names import UNITS
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggestion import is_impedance, suggest
from napari_insitu_tem.io.traces.eclab_dates import order_dates
from napari_insitu_tem.io.traces.eclab_header import EclabHeader
from napari_insitu_tem.io.traces.eclab_potential import (
    COUNTER_ELECTRODE,
    is_of_the_cell,
    with_signals,
)
from napari_insitu_tem.io.traces.signals import Signals, convert
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

#: Techniques whose `<I>` is the charge since the last point divided by the time.
_AVERAGING = ("galvanostatic cycling", "constant voltage", "constant current", "gcpl")
#: A zero beside a potential nearer to it than this is one that a sweep passes.
_NEAR_ZERO_V = 0.02


def eclab_trace(
    header: EclabHeader,
    table: RawTable,
    notes: list[str],
    path: Path,
    *,
    mapping: ColumnMapping | None,
    form: str,
    reader: str,
) -> Trace:
    """A trace from a table of EC-Lab's columns.

    Parameters
    ----------
    notes
        Sentences about the reading so far.
    mapping
        Other columns than those that EC-Lab's names say.
    form, reader
        Names of the format and of its module.

    Raises
    ------
    ReadError
        An impedance spectrum without times, or times that run backwards.
    """
    if mapping is None:
        mapping = with_signals(suggest(table)[0], table)
    _refuse(table, mapping, path)
    dates = order_dates(mapping, table, header)
    table, signals = _in_order(table, dates.mapping, path)
    signals.readings = signals.readings or dates.readings
    notes.extend([*signals.warnings, *([dates.doubt] if dates.doubt else [])])
    signals.warnings = notes
    breaks = _breaks(header, len(table))
    averaged = _current_from_charge(table, signals) or _is_averaged(
        header, table, signals, breaks
    )
    _join_loops(signals, breaks)
    notes.extend(_zeros(signals))
    metadata = _about(header, signals)
    metadata["columns"] = mapping.as_dict()["columns"]
    _warn_of_time(header, signals)
    return Trace.from_columns(
        signals.columns,
        name=path.stem,
        breaks=breaks,
        averaged_current=averaged,
        stamp=signals.stamp,
        path=path,
        warnings=notes,
        technique=header.technique,
        reference=_reference(header, signals, is_of_the_cell(mapping, table)),
        format=form,
        reader=reader,
        metadata=metadata,
    )


def _reference(header: EclabHeader, signals: Signals, of_the_cell: bool) -> str:
    """What the potential is measured against, as text."""
    if of_the_cell:
        return COUNTER_ELECTRODE
    return signals.reference or header.reference


def _refuse(table: RawTable, mapping: ColumnMapping, path: Path) -> None:
    """Say what a file is that cannot be shown against time."""
    if is_impedance(table) and not {"time_s", "potential_V"} <= set(mapping.columns):
        raise ReadError(
            f"{path.name} is an impedance spectrum without potentials at times: "
            "nothing in it can be shown against time.",
            hint="Export it with the columns time/s and <Ewe>/V.",
            path=path,
        )
    if "time_s" not in mapping.columns:
        raise ReadError(
            f"{path.name} has no column time/s.",
            hint="Export it again from EC-Lab with the time.",
            path=path,
        )


def _in_order(
    table: RawTable, mapping: ColumnMapping, path: Path
) -> tuple[RawTable, Signals]:
    """The table and its signals, rows that stand a place too late put right.

    Times that run backwards by more than the usual spacing are left to be refused.
    """
    signals = convert(table, mapping, path)
    time_s = np.asarray(signals.columns["time_s"], np.float64)
    steps = np.diff(time_s)
    back = steps < 0
    if not back.any() or not np.isfinite(time_s).all() or not (steps > 0).any():
        return table, signals
    usual = float(np.median(steps[steps > 0]))
    if back.sum() > max(1, 0.01 * time_s.size) or -steps.min() > usual:
        return table, signals
    order = np.argsort(time_s, kind="stable")
    table = replace(table, data=table.data.iloc[order].reset_index(drop=True))
    signals = convert(table, mapping, path)
    rows = f"{int(back.sum())} row{'s' if back.sum() > 1 else ''}"
    signals.warnings.append(f"{rows} out of order were put in the order of the times.")
    return table, signals


def _breaks(header: EclabHeader, rows: int) -> NDArray[np.bool_]:
    """True where a loop of the sequence begins."""
    breaks = np.zeros(rows, bool)
    breaks[[start for start in header.loop_starts if start < rows]] = True
    return breaks


def _charge_steps(table: RawTable) -> FloatArray | None:
    """(N,) charge since the last point, in coulombs, from `dq`; `dQ` is another."""
    for index, label in enumerate(table.labels):
        if label.name == "dq" and label.dimension == "charge":
            return table.numbers(index) * UNITS[label.unit][1]
    return None


def _current_from_charge(table: RawTable, signals: Signals) -> bool:
    """Where a file has no current but the charge of each point, derive it."""
    steps = _charge_steps(table)
    if "current_A" in signals.columns or steps is None or len(table) == 0:
        return False
    current = _rate(steps, np.asarray(signals.columns["time_s"], np.float64))
    current[0] = current[1] if current.size > 1 and steps[0] else 0.0
    signals.columns["current_A"] = current
    signals.warnings.append(
        "The file has no current; it was derived from the charge of each point (dq/dt)."
    )
    return True


def _rate(steps: FloatArray, time_s: FloatArray) -> FloatArray:
    """Charge of each point divided by the time since the last, NaN for the first."""
    spans = np.diff(time_s, prepend=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spans > 0, steps / spans, np.nan)


def _is_averaged(
    header: EclabHeader,
    table: RawTable,
    signals: Signals,
    breaks: NDArray[np.bool_],
) -> bool:
    """Whether the current is dq/dt since the last point, by the file's own dq.

    Without a dq the technique decides, and only for a current in angle brackets.
    """
    if "current_A" not in signals.columns:
        return False
    steps = _charge_steps(table)
    if steps is not None:
        current = np.asarray(signals.columns["current_A"], np.float64)
        rate = _rate(steps, np.asarray(signals.columns["time_s"], np.float64))
        known = np.isfinite(rate) & np.isfinite(current) & ~breaks & (current != 0)
        if known.sum() >= 3:
            close = np.abs(rate - current) <= 2e-4 * np.abs(current)
            return bool(close[known].mean() > 0.9)
    named = header.technique.lower().startswith(_AVERAGING)
    return (
        named
        and table.named("i") is not None
        and any(label.plain == "i" and label.is_average for label in table.labels)
    )


def _join_loops(signals: Signals, breaks: NDArray[np.bool_]) -> None:
    """`(Q-Qo)` starts from zero in each loop: let the charge run on."""
    if "charge_C" not in signals.columns:
        return
    charge = np.array(signals.columns["charge_C"], np.float64)
    raw = charge.copy()
    for start in np.flatnonzero(breaks):
        before, after = raw[start - 1], raw[start]
        if abs(after) <= abs(after - before):
            charge[start:] += before
    signals.columns["charge_C"] = charge


def _zeros(signals: Signals) -> list[str]:
    """EC-Lab writes 0 V where it kept no potential."""
    if "potential_V" not in signals.columns:
        return []
    potential = np.asarray(signals.columns["potential_V"], np.float64)
    alone = np.ones(potential.size, bool)  # not a sweep that passes through zero
    near = np.abs(potential) < _NEAR_ZERO_V
    near &= potential != 0.0
    alone[1:] &= ~near[:-1]
    alone[:-1] &= ~near[1:]
    zeros = int(((potential == 0.0) & alone).sum())
    others = np.abs(potential[np.isfinite(potential) & (potential != 0.0)])
    if zeros == 0 or others.size == 0 or np.median(others) < 0.01:
        return []
    return [
        f"{zeros} of {potential.size} rows have a potential of exactly 0 V; EC-Lab "
        "writes 0 where it kept none. They are left as they are."
    ]


def _about(header: EclabHeader, signals: Signals) -> dict[str, Any]:
    """Metadata; the start of the file goes before one found in the table."""
    start, doubt, readings = header.start()
    if start is not None:
        if signals.stamp is not None:  # times were dates: count from the start
            shift = signals.stamp.minus(start)
            signals.columns["time_s"] = np.asarray(signals.columns["time_s"]) + shift
        signals.stamp = start
        signals.readings = readings
        if doubt:
            signals.warnings.append(doubt)
    metadata: dict[str, Any] = dict(header.fields)
    if signals.readings:
        metadata["start_readings"] = list(signals.readings)
    return metadata


def _warn_of_time(header: EclabHeader, signals: Signals) -> None:
    """The technique's own start must agree with its first time."""
    time_s = np.asarray(signals.columns["time_s"], np.float64)
    delay = header.technique_delay_s
    if delay is None or time_s.size == 0 or not np.isfinite(time_s[0]):
        return
    if delay > 2.0 and time_s[0] < delay - 2.0:
        signals.warnings.append(
            f"time/s begins at {time_s[0]:.6g} s, but the header says that the "
            f"technique started {delay:.6g} s after the acquisition: the clock may "
            "count from the technique. Check the offset."
        )
