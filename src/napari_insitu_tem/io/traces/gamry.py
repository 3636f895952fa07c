"""Gamry Framework data files (.DTA)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.cut_rows import CUT_ROW
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggested_time import has_named_time
from napari_insitu_tem.io.tables.suggestion import is_impedance, suggest
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.gamry_file import GamryFile, GamryTable, read_gamry
from napari_insitu_tem.io.traces.gamry_start import after_rest, start_of
from napari_insitu_tem.io.traces.signals import Signals, convert
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import to_ns
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

#: The electrode that is swept or stepped; the other one is held.
MAIN_CHANNELS = ("", "GENERATOR")
_SIGNALS = ("potential_V", "current_A")


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:8192])
    lines = [line.strip() for line in lines_of(text)[:4]]
    if lines[0] != "EXPLAIN" and f"TAG\t{lines[0]}" not in lines:
        return 0.0
    return 1.0 if any(line.startswith("TAG\t") for line in lines) else 0.8


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a Gamry file.

    The tables `CURVE`, `CURVE1`, ... become one trace, each its own cycle; a second
    working electrode measured at the same time becomes further columns.

    Parameters
    ----------
    mapping
        Other columns than `T`, `Vf` and `Im`.

    Raises
    ------
    ReadError
        An impedance spectrum, or no table with times.
    """
    progress(0, 2, "Reading the file")
    text, _ = decode(path.read_bytes())
    file = read_gamry(lines_of(text), path.name)
    progress(1, 2, "Reading the tables")
    tables = _main_tables(file, path)
    warnings: list[str] = []
    if file.is_cut:
        warnings.append(CUT_ROW.format(name=path.name))
    if file.rate_hz:
        warnings.append(
            "The file has no times; they were counted from the rate of its samples "
            f"({file.rate_hz:g} Hz)."
        )
    warnings.extend(_alone(file, tables, path))
    parts = [_signals(table.table, mapping, path) for table in tables]
    columns, breaks = _run_on(tables, parts, warnings)
    for part in parts:
        warnings.extend(part.warnings)
    _add_second_electrode(file, tables, columns, path, warnings)
    _apply_convention(file, tables, columns, warnings)
    warnings.extend(_overloads(tables))
    warnings.extend(
        f"The table {table.name} promises {table.missing + len(table.table)} rows and "
        f"holds {len(table.table)}: the measurement was stopped, or the file was cut "
        "off. Copy it again if rows are missing."
        for table in tables
        if table.missing
    )
    stamp, readings = start_of(file, warnings)
    stamp, delay = after_rest(file, tables, stamp, warnings)
    if not file.tables:
        warnings.append(
            f"{path.name} ends before its first table, inside the header: it was cut "
            "off, or the measurement never began. Copy it again from its computer."
        )
    return Trace.from_columns(
        columns,
        name=path.stem,
        breaks=breaks,
        stamp=stamp,
        path=path,
        warnings=warnings,
        technique=file.setting("TAG"),
        reference=parts[0].reference if parts else "",
        format="Gamry",
        reader="gamry",
        metadata=_metadata(file, readings, delay),
    )


def _main_tables(file: GamryFile, path: Path) -> list[GamryTable]:
    """The tables of the experiment itself, in their order."""
    curves = [table for table in file.tables if table.kind == ""]
    main = [table for table in curves if table.channel in MAIN_CHANNELS]
    spectra = [t for t in file.tables if t.kind == "Z" or is_impedance(t.table)]
    if spectra and (not main or is_impedance(main[0].table)):
        raise ReadError(
            f"{path.name} is an impedance spectrum ({file.setting('TAG') or 'Z'}), "
            "not a record against time.",
            hint="Open the file of the step before or after it.",
            path=path,
        )
    others = [table for table in file.tables if table.kind not in ("", "?")]
    named = [t for t in others if t.kind != "OCV" and not t.is_beside]
    found = main or named or curves or others or file.tables
    if found is not named:
        found = [table for table in found if table.source == found[0].source]
    if found and not has_named_time(found[0].table):
        raise ReadError(
            f"{path.name} has no table with times.",
            hint="Export the experiment with its curves.",
            path=path,
        )
    return found


def _alone(file: GamryFile, tables: Sequence[GamryTable], path: Path) -> list[str]:
    """Say where only what accompanies a curve is there, and not the curve."""
    if tables and tables[0].is_beside:
        what = f"the second working electrode ({tables[0].source.lower()})"
    elif (
        tables
        and tables[0].kind == "OCV"
        and file.setting("TAG") not in ("", "CORPOT", "OCV")
    ):
        what = "the open-circuit record that precedes a curve"
    else:
        return []
    return [
        f"{path.name} holds {what} alone: the experiment was stopped before its curve, "
        "or the file was cut off. Copy it again if the curve is missing."
    ]


def _signals(table: RawTable, mapping: ColumnMapping | None, path: Path) -> Signals:
    if mapping is None:
        mapping, _ = suggest(table)
    return convert(table, mapping, path)


def _run_on(
    tables: Sequence[GamryTable], parts: Sequence[Signals], warnings: list[str]
) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    """The tables one after the other on one clock."""
    if not parts:
        return {"time_s": [], "potential_V": [], "current_A": []}, np.zeros(0, bool)
    names = list(dict.fromkeys(name for part in parts for name in part.columns))
    sizes = [len(part.columns["time_s"]) for part in parts]
    columns: dict[str, Any] = {
        name: np.concatenate(
            [
                part.columns.get(name, np.full(size, np.nan))
                for part, size in zip(parts, sizes, strict=True)
            ]
        )
        for name in names
    }
    starts = np.cumsum([0, *sizes])[1:-1]
    columns["time_s"], breaks = _one_clock(columns["time_s"], starts, warnings)
    if len(tables) > 1 or any(table.number for table in tables):
        numbers = [t.number or i + 1 for i, t in enumerate(tables)]
        columns["cycle"] = np.repeat(numbers, sizes)
    return columns, breaks


def _one_clock(
    time_s: FloatArray, starts: NDArray[np.int64], warnings: list[str]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Let the times run on where a table begins again at zero.

    A table that simply continues the one before is no break.
    """
    time_s = np.asarray(time_s, np.float64).copy()
    breaks = np.zeros(time_s.size, bool)
    steps = np.diff(time_s)
    usual = float(np.median(steps[steps > 0])) if np.any(steps > 0) else 1.0
    again = 0
    for start in starts:
        if not 0 < start < time_s.size:
            continue
        if time_s[start] <= time_s[start - 1]:
            time_s[start:] += time_s[start - 1] + usual - time_s[start]
            breaks[start] = True
            again += 1
        elif time_s[start] - time_s[start - 1] > 10 * usual:
            breaks[start] = True
    if again:
        warnings.append(
            f"The time begins again in {again} of the tables; they were put one after "
            "the other, the pauses between them are not known."
        )
    return time_s, breaks


def _add_second_electrode(
    file: GamryFile,
    main: Sequence[GamryTable],
    columns: dict[str, Any],
    path: Path,
    warnings: list[str],
) -> None:
    """Channels recorded at the same time as further columns, matched by time."""
    rest = [t for t in file.tables if t.kind not in ("Z", "OCV", "?")]
    for source in dict.fromkeys(t.source for t in rest):
        if not main or any(source == table.source for table in main):
            continue
        tables = [table for table in rest if table.source == source]
        parts = [_signals(table.table, None, path) for table in tables]
        theirs, _ = _run_on(tables, parts, [])
        name = source.lower() or "first electrode"
        left = _match(columns, theirs, name, _sign(file, tables[0]))
        note = f"; {left} of its samples have no sample of the first at their time"
        warnings.append(
            f"A second working electrode ({name}) was recorded at the same time; it is "
            f"in columns of its own{note if left else ''}."
        )


def _match(
    columns: dict[str, Any], theirs: dict[str, Any], name: str, sign: int
) -> int:
    """Copy the other channel's signals to the rows of the same time."""
    own = _ns(columns["time_s"])
    other = _ns(theirs["time_s"])
    order = np.argsort(other, kind="stable")
    at = np.clip(np.searchsorted(other[order], own), 0, max(other.size - 1, 0))
    if other.size == 0 or own.size == 0:
        return int(other.size)
    same = np.abs(other[order][at] - own) <= 1000
    for signal in _SIGNALS:
        if signal in theirs:
            values = np.asarray(theirs[signal], np.float64)[order][at]
            scale = sign if signal == "current_A" else 1
            columns[f"{name} {signal}"] = np.where(same, scale * values, np.nan)
    return int(other.size - np.unique(at[same]).size)


def _ns(time_s: Any) -> NDArray[np.int64]:
    values = np.nan_to_num(np.asarray(time_s, np.float64), nan=0.0)
    return to_ns(np.clip(values, -9e9, 9e9))


def _sign(file: GamryFile, table: GamryTable) -> int:
    """-1 where the file has cathodic current positive (`CONVENTION` 0)."""
    return -1 if file.setting("CONVENTION", table.channel) == "0" else 1


def _apply_convention(
    file: GamryFile,
    tables: Sequence[GamryTable],
    columns: dict[str, Any],
    warnings: list[str],
) -> None:
    if not tables or _sign(file, tables[0]) > 0:
        return
    turned = [name for name in ("current_A", "charge_C") if name in columns]
    for name in turned:
        columns[name] = -np.asarray(columns[name], np.float64)
    warnings.append(
        "The file has cathodic current positive (CONVENTION 0); the sign was changed "
        "to anodic positive."
        if turned
        else "The file has cathodic current positive (CONVENTION 0); no column of it "
        "was taken as the current, and its columns are left as they are."
    )


def _overloads(tables: Sequence[GamryTable]) -> list[str]:
    """Flags in the column `Over`: dots, with a letter for each limit that was hit."""
    count, letters = 0, ""
    for table in tables:
        index = table.table.named("over")
        if index is None or table.table.kind(index) != "text":
            continue
        marks = table.table.column(index).dropna().astype("str")
        marks = marks.str.replace(".", "", regex=False).str.strip()
        count += int((marks != "").sum())
        letters += "".join(marks.unique())
    if not count:
        return []
    kinds = "".join(sorted(set(letters)))[:12]
    return [f"{count} samples carry an overload flag ({kinds}) in the column 'Over'."]


def _metadata(file: GamryFile, readings: Sequence[str], delay: float) -> dict[str, Any]:
    metadata: dict[str, Any] = dict(file.settings)
    for section, values in file.sections.items():
        metadata[f"PSTAT {section}"] = dict(values)
    if readings:
        metadata["start_readings"] = list(readings)
    if delay:
        metadata["open_circuit_before_s"] = delay
    return metadata


FORMAT = Format(
    name="Gamry",
    kind="trace",
    maker="Gamry Instruments",
    extensions=(".dta",),
    library="",
    reads="potential, current, charge, cycles, a second working electrode, start, "
    "technique, overloads, sign convention; times of samples at a fixed rate; decimal "
    "comma or point, local dates",
    missing="impedance spectra; the open-circuit record before a curve",
    sniff=_sniff,
    read=read,
)
