"""Zahner Thales records (.isc voltammograms, .isw curves), through zahner-analysis."""

from __future__ import annotations

import math
import struct
import warnings
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.text import decode
from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

_CURVE_HEAD = b"\x00\x00\xff\xff\xff\xfe\x00\x00\x00\x00\x00\x0e"
_CURVE_ROW = 24
_SETTINGS = 17  # numbers at the head of a voltammogram
_NOTES_BYTES = 100_000


def _sniff(looked: Probe) -> float:
    head = looked.head
    if looked.is_dir or len(head) < 142:
        return 0.0
    if head.startswith(_CURVE_HEAD) and _curve_fits(looked):
        return 1.0
    return 0.7 if _is_voltammogram(looked) else 0.0


def _curve_fits(looked: Probe) -> bool:
    (last,) = struct.unpack(">I", looked.head[14:18])
    return bool(18 + _CURVE_ROW * (last + 1) <= looked.size + _CURVE_ROW)


def _is_voltammogram(looked: Probe) -> bool:
    """Seventeen plausible numbers, then as many points as there is room for."""
    values = struct.unpack(f">{_SETTINGS}d", looked.head[: 8 * _SETTINGS])
    (last,) = struct.unpack(">I", looked.head[138:142])
    plausible = all(
        math.isfinite(v) and (v == 0 or 1e-12 < abs(v) < 1e12) for v in values
    )
    return plausible and any(values) and 0 < 10 * (last + 1) < looked.size


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a voltammogram or a current-potential curve against time.

    Parameters
    ----------
    mapping
        Only its `flip_current` is used: the file says what each column is.

    Raises
    ------
    ModuleNotFoundError
        The library is not installed; the registry names the extra.
    ReadError
        The file is damaged.
    """
    progress(0, 1, "Reading the file")
    data = path.read_bytes()
    curve = data.startswith(_CURVE_HEAD)
    found = _parse(data, path, curve=curve)
    columns = {
        "time_s": _finite(found.getTimeArray()),
        "potential_V": _finite(found.getVoltageArray()),
        "current_A": _finite(found.getCurrentArray()),
    }
    notes: list[str] = []
    stamp = _start_beside(path) if curve else _start_inside(found)
    if stamp is None:
        notes.append(
            "The start is not known"
            + (": the notes (_c.txt) are not beside the file." if curve else ".")
        )
    trace = Trace.from_columns(
        columns,
        name=path.stem,
        stamp=stamp,
        path=path,
        warnings=notes,
        technique="current-potential curve" if curve else "cyclic voltammetry",
        format="Zahner",
        reader="zahner-analysis",
    )
    return trace.flipped() if mapping is not None and mapping.flip_current else trace


def _parse(data: bytes, path: Path, *, curve: bool) -> Any:
    from zahner_analysis.file_import.isc_import import IscImport
    from zahner_analysis.file_import.isw_import import IswImport

    try:
        _refuse_more_points_than_bytes(data, curve=curve)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's, not the file's
            return IswImport(data) if curve else IscImport(data)
    except Exception as error:  # noqa: BLE001 - whatever damage makes it raise
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else ""
        raise ReadError(
            f"{path.name} is a Zahner file that cannot be read: "
            f"{why.rstrip('.') or 'it is cut off or damaged'}.",
            hint="Copy it again, or export it from Thales as text.",
            path=path,
        ) from None


def _refuse_more_points_than_bytes(data: bytes, *, curve: bool) -> None:
    at, row = (14, _CURVE_ROW) if curve else (138, 10)
    (last,) = struct.unpack(">I", data[at : at + 4])
    if row * (last + 1) > len(data):
        raise ValueError("it is cut off")


def _finite(values: Any) -> Any:
    numbers = np.asarray(values, np.float64)
    return np.where(np.abs(numbers) < 1e12, numbers, np.nan)


def _start_inside(found: Any) -> StartStamp | None:
    when = getattr(found, "measurementStartDateTime", None)
    return StartStamp(when, 1.0, "header") if isinstance(when, datetime) else None


def _start_beside(path: Path) -> StartStamp | None:
    """Day and first clock of the notes of the same measurement, in the same folder."""
    notes = path.with_name(f"{path.stem}_c.txt")
    if not notes.is_file() or notes.stat().st_size > _NOTES_BYTES:
        return None
    text, _ = decode(notes.read_bytes())
    days = [line for line in text.splitlines() if line.startswith("Time :")]
    clocks = [line for line in text.splitlines() if line.count(":") >= 4]
    if not days or not clocks:
        return None
    day = days[0].partition(":")[2].replace(",", " ").replace(".", " ")
    reading = read_date(f"{day} {clocks[0].partition('-')[0]}")
    return None if reading is None else reading.stamp(f"notes, {notes.name}")


FORMAT = Format(
    name="Zahner",
    kind="trace",
    maker="Zahner-Elektrik",
    extensions=(".isc", ".isw"),
    library="zahner-analysis",
    extra="zahner",
    reads="potential and current against time; start of voltammograms, of curves from "
    "the notes (_c.txt) beside them",
    missing="impedance spectra (.ism); further channels",
    sniff=_sniff,
    read=read,
)
