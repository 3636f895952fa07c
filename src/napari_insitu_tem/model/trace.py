"""Trace: the potentiostat's record on its own clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.model.charge import find_gaps, integrate_charge, step_starts
from napari_insitu_tem.model.errors import ReadError, TimeBaseError
from napari_insitu_tem.model.timebase import StartStamp, to_ns

#: Columns with a meaning of their own; every other column is kept as it was read.
SIGNALS = ("potential_V", "current_A", "charge_C")
COUNTERS = ("cycle", "step")


@dataclass(frozen=True, eq=False)
class Trace:
    """Potential, current, charge against time.

    Attributes
    ----------
    name
        Unique within an experiment; the stem of the file at first.
    frame
        One row a sample: `time_s` and, where known, `potential_V`, `current_A`
        (anodic positive), `charge_C`, `cycle`, `step`; then the file's other columns.
    time_ns
        (N,) the times, not decreasing.
    breaks
        (N,) True at samples that do not continue the one before.
    stamp
        Wall-clock time of `time_s` = 0, None where unknown.
    technique
        As the instrument names it.
    reference
        What the potential is measured against, as text ("Ag/AgCl"), may be empty.
    averaged_current
        The current of a sample is its mean since the sample before.
    charge_source
        "instrument", "integrated" or "" where there is no charge.
    paths, format, reader, metadata, warnings
        As for a movie.
    owner, own_breaks
        Of a record merged from several traces: (N,) number of the trace a sample is of,
        and where it does not continue the one before within that trace.
    """

    name: str
    frame: pd.DataFrame
    time_ns: NDArray[np.int64]
    breaks: NDArray[np.bool_]
    stamp: StartStamp | None = None
    technique: str = ""
    reference: str = ""
    averaged_current: bool = False
    charge_source: str = ""
    paths: tuple[Path, ...] = ()
    format: str = ""
    reader: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    owner: NDArray[np.int64] | None = None
    own_breaks: NDArray[np.bool_] | None = None

    @classmethod
    def from_columns(
        cls,
        columns: Mapping[str, Any],
        *,
        name: str = "trace",
        breaks: Sequence[bool] | NDArray[np.bool_] | None = None,
        averaged_current: bool = False,
        stamp: StartStamp | None = None,
        path: Path | None = None,
        warnings: Sequence[str] = (),
        **about: Any,
    ) -> Trace:
        """Build a trace from the columns a reader found.

        Rows without a finite time are left out with a warning; a charge is integrated
        where a current is there and the instrument gives none, not across the beginning
        of a step, unless the current is the mean since the sample before.

        Parameters
        ----------
        columns
            Column name to (N,) values; `time_s` is needed. Units are those of the
            names: s, V, A, C.
        breaks
            (N,) True where a new table, technique or loop begins. Gaps are added.
        about
            Other attributes of the class.

        Raises
        ------
        ReadError
            No usable time, times that run backwards, columns of unequal length, or
            neither a potential nor a current nor any other numeric column.
        """
        label = path.name if path is not None else name
        table = _checked_table(columns, label, path)
        notes = list(warnings)
        starts = np.zeros(len(table), bool)
        if breaks is not None:
            starts |= np.asarray(breaks, bool)
        keep = np.isfinite(table["time_s"].to_numpy(float))
        if not keep.all():
            notes.append(f"{int((~keep).sum())} rows without a time were left out.")
            starts = _carry_breaks(starts, keep)
            table = table[keep].reset_index(drop=True)
        time_ns = _checked_times(table["time_s"].to_numpy(float), label, path)
        _refuse_backwards(time_ns, label, path)
        starts = starts | find_gaps(time_ns)
        source = ""
        if "charge_C" in table:
            source = "instrument"
        elif "current_A" in table:
            charge = integrate_charge(
                time_ns,
                table["current_A"].to_numpy(float),
                breaks=starts if averaged_current else starts | _step_starts(table),
                averaged=averaged_current,
            )
            table.insert(_after(table, "current_A"), "charge_C", charge)
            source = "integrated"
        about.setdefault("paths", () if path is None else (path,))
        return cls(
            name=name,
            frame=table,
            time_ns=time_ns,
            breaks=starts,
            stamp=stamp,
            averaged_current=averaged_current,
            charge_source=source,
            warnings=tuple(notes),
            **about,
        )

    def __len__(self) -> int:
        return int(self.time_ns.size)

    @property
    def start(self) -> datetime | None:
        """Wall-clock time of `time_s` = 0."""
        return None if self.stamp is None else self.stamp.when

    @property
    def span_ns(self) -> tuple[int, int]:
        """First and last time; (0, 0) for an empty record."""
        if len(self) == 0:
            return 0, 0
        return int(self.time_ns[0]), int(self.time_ns[-1])

    def has(self, column: str) -> bool:
        """Whether a column is there with at least one finite value."""
        return column in self.frame and bool(np.isfinite(self.values(column)).any())

    def values(self, column: str) -> NDArray[np.float64]:
        """(N,) values of a column as float, NaN where empty, text or absent."""
        if column not in self.frame:
            return np.full(len(self), np.nan)
        values = self.frame[column]
        if not pd.api.types.is_numeric_dtype(values):
            values = pd.to_numeric(values, errors="coerce")
        return values.to_numpy(dtype=np.float64, na_value=np.nan)

    def part(self, column: str) -> Trace:
        """The samples of those merged traces that have a column; else the trace itself.

        What another file recorded in between (the log of a holder beside that of a
        potentiostat) does not interrupt them.
        """
        if self.owner is None or self.own_breaks is None:
            return self
        has_it = np.unique(self.owner[np.isfinite(self.values(column))])
        mine = np.isin(self.owner, has_it)
        if mine.all() or not mine.any():
            return self
        owner, time_ns = self.owner[mine], self.time_ns[mine]
        breaks = self.own_breaks[mine] | find_gaps(time_ns)
        breaks[1:] |= owner[1:] != owner[:-1]
        return replace(
            self,
            frame=self.frame[mine].reset_index(drop=True),
            time_ns=time_ns,
            breaks=breaks,
            owner=owner,
            own_breaks=self.own_breaks[mine],
        )

    @property
    def others(self) -> tuple[str, ...]:
        """Further numeric columns that hold at least one number."""
        known = ("time_s", *SIGNALS, *COUNTERS)
        return tuple(
            str(name)
            for name, values in self.frame.items()
            if name not in known
            and pd.api.types.is_numeric_dtype(values)
            and not pd.api.types.is_bool_dtype(values)
            and self.has(str(name))
        )

    @cached_property
    def segment(self) -> NDArray[np.int64]:
        """(N,) number of the unbroken stretch a sample belongs to."""
        return np.cumsum(self.breaks)

    def renamed(self, name: str) -> Trace:
        """The same trace under another name."""
        return replace(self, name=name)

    def flipped(self) -> Trace:
        """The trace with the sign of current and charge changed, and said so."""
        table = self.frame.copy()
        for column in ("current_A", "charge_C"):
            if column in table:
                table[column] = -table[column]
        note = "The sign of current and charge was changed to anodic positive."
        return replace(self, frame=table, warnings=(*self.warnings, note))

    def shifted(self, offset_ns: int) -> Trace:
        """The trace with every time moved by `offset_ns`.

        Its samples happened when they did: the stamp, which is the wall-clock time of
        time zero, moves the other way.
        """
        if offset_ns == 0:
            return self
        table = self.frame.copy()
        time_ns = self.time_ns + np.int64(offset_ns)
        table["time_s"] = time_ns / 1e9
        stamp = self.stamp
        if stamp is not None:
            when = stamp.when - timedelta(microseconds=offset_ns / 1000)
            stamp = replace(stamp, when=when)
        return replace(self, frame=table, time_ns=time_ns, stamp=stamp)


def merge_traces(traces: Sequence[Trace], *, name: str = "record") -> Trace:
    """One record in time order from traces that share a clock.

    Where stretches of different traces interleave, each change of trace is a break:
    nothing is interpolated or integrated across it. Charge runs on from one trace to
    the next.

    Raises
    ------
    ReadError
        There is no trace.
    """
    if not traces:
        raise ReadError("There is no trace to merge.")
    if len(traces) == 1:
        return traces[0]
    ordered = sorted(traces, key=lambda trace: trace.span_ns[0])
    tables = [trace.frame.assign(_trace=i) for i, trace in enumerate(ordered)]
    table = pd.concat(tables, ignore_index=True)
    time_ns = np.concatenate([trace.time_ns for trace in ordered])
    breaks = np.concatenate([trace.breaks for trace in ordered])
    order = np.argsort(time_ns, kind="stable")
    table = table.iloc[order].reset_index(drop=True)
    time_ns, breaks = time_ns[order], breaks[order]
    owner = table.pop("_trace").to_numpy(np.int64)
    own_breaks = breaks.copy()
    breaks[1:] |= owner[1:] != owner[:-1]
    breaks |= find_gaps(time_ns)
    if "charge_C" in table:
        table["charge_C"] = _running_charge(table["charge_C"].to_numpy(float), owner)
    return Trace(
        name=name,
        frame=table,
        time_ns=time_ns,
        breaks=breaks,
        stamp=ordered[0].stamp,
        technique=_in_words(t.technique for t in ordered),
        reference=ordered[0].reference,
        averaged_current=_all_averaged(ordered),
        charge_source=_in_words(t.charge_source for t in ordered),
        metadata={trace.name: dict(trace.metadata) for trace in ordered},
        paths=tuple(path for trace in ordered for path in trace.paths),
        format=ordered[0].format,
        reader=ordered[0].reader,
        warnings=tuple(note for trace in ordered for note in trace.warnings),
        owner=owner,
        own_breaks=own_breaks,
    )


def _in_words(texts: Iterable[str]) -> str:
    """Each text once, the empty ones left out."""
    return ", ".join(dict.fromkeys(text for text in texts if text))


def _all_averaged(traces: Sequence[Trace]) -> bool:
    """Whether the current is a mean in every trace that has one."""
    kinds = {trace.averaged_current for trace in traces if "current_A" in trace.frame}
    return kinds == {True}


def _running_charge(
    charge: NDArray[np.float64], owner: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Sum each trace's own increments in time order."""
    steps = np.zeros_like(charge)
    for trace in np.unique(owner):
        mine = np.flatnonzero(owner == trace)
        own = np.diff(charge[mine], prepend=charge[mine[0]])
        steps[mine] = np.where(np.isfinite(own), own, 0.0)
    first = charge[0] if charge.size and np.isfinite(charge[0]) else 0.0
    return np.asarray(first + np.cumsum(steps))


def _checked_table(
    columns: Mapping[str, Any], label: str, path: Path | None
) -> pd.DataFrame:
    if "time_s" not in columns:
        raise ReadError(
            f"{label} has no time column.",
            hint="Export it again with the time, or choose the column by hand.",
            path=path,
        )
    try:
        table = pd.DataFrame(dict(columns))
    except ValueError as error:
        raise ReadError(f"{label}: its columns differ in length.", path=path) from error
    front = [c for c in ("time_s", *SIGNALS, *COUNTERS) if c in table]
    table = table[front + [c for c in table.columns if c not in front]]
    if len(table) and not np.isfinite(table["time_s"].to_numpy(float)).any():
        raise ReadError(f"{label}: no time in it is a number.", path=path)
    numeric = [c for c in table.columns if pd.api.types.is_numeric_dtype(table[c])]
    if len(numeric) < 2:
        raise ReadError(
            f"{label} holds a time but neither a potential nor a current.",
            hint="Choose the columns by hand.",
            path=path,
        )
    return table


def _step_starts(table: pd.DataFrame) -> NDArray[np.bool_]:
    """Where a numbered step begins."""
    if "step" not in table:
        return np.zeros(len(table), bool)
    return step_starts(table["step"].to_numpy(float))


def _checked_times(
    seconds: NDArray[np.float64], label: str, path: Path | None
) -> NDArray[np.int64]:
    try:
        return to_ns(seconds)
    except TimeBaseError as error:
        raise ReadError(
            f"{label}: a time in it is too large to be seconds.",
            hint="Choose another unit for the time.",
            path=path,
        ) from error


def _refuse_backwards(
    time_ns: NDArray[np.int64], label: str, path: Path | None
) -> None:
    back = np.flatnonzero(np.diff(time_ns) < 0)
    if back.size:
        row = int(back[0]) + 1
        raise ReadError(
            f"{label}: its times run backwards at row {row + 1} "
            f"({time_ns[row - 1] / 1e9:.6g} s, then {time_ns[row] / 1e9:.6g} s).",
            hint="Export each measurement to a file of its own, or choose another "
            "time column.",
            path=path,
        )


def _carry_breaks(
    breaks: NDArray[np.bool_], keep: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Keep the number of breaks before each row that stays."""
    count = np.cumsum(breaks)[keep]
    return np.asarray(np.diff(count, prepend=0) > 0)


def _after(table: pd.DataFrame, column: str) -> int:
    return int(np.flatnonzero(table.columns == column)[0]) + 1
