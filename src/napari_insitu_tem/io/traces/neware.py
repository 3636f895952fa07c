"""Neware battery testers (.nda, .ndax), through NewareNDA."""

from __future__ import annotations

import warnings
import zipfile
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

_LARGEST = 2_000_000_000  # bytes of an archive unpacked
_CLOCK_S = 1.5  # stamps are whole seconds: what is less apart agrees


def _sniff(looked: Probe) -> float:
    if looked.head.startswith(b"NEWARE"):
        return 1.0
    if looked.is_dir or not looked.head.startswith(b"PK\x03\x04"):
        return 0.0
    try:
        with zipfile.ZipFile(looked.path) as archive:
            return 1.0 if "data.ndc" in archive.namelist() else 0.0
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return 0.8 if b"data.ndc" in looked.head else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a record of a battery tester.

    Times count within a step; they are put one after the other, with the pauses that
    the stamps of the samples show. Charging current is positive.

    Parameters
    ----------
    mapping
        Only its `flip_current` is used: the file says what each column is.

    Raises
    ------
    ModuleNotFoundError
        The library is not installed; the registry names the extra.
    ReadError
        The file is damaged or empty.
    """
    progress(0, 2, "Reading the file")
    data = _load(path)
    progress(1, 2, "Reading the columns")
    step = data["Step"].to_numpy(np.int64)
    stamps = _seconds(data["Timestamp"])
    time_s = _one_clock(data["Time"].to_numpy(np.float64), step, stamps)
    columns: dict[str, Any] = {
        "time_s": time_s,
        "potential_V": data["Voltage"].to_numpy(np.float64),
        "current_A": data["Current(mA)"].to_numpy(np.float64) * 1e-3,
        "cycle": data["Cycle"].to_numpy(np.int64),
        "step": step,
    }
    for name in data.columns:
        if name not in ("Step", "Cycle", "Time", "Voltage", "Current(mA)", "Timestamp"):
            values = data[name]
            text = values.dtype.kind not in "fiub"
            columns[str(name)] = (
                values.astype("str").to_numpy() if text else values.to_numpy(np.float64)
            )
    trace = Trace.from_columns(
        columns,
        name=path.stem,
        stamp=_start(data["Timestamp"]),
        path=path,
        technique="battery cycling",
        format="Neware",
        reader="NewareNDA",
    )
    return trace.flipped() if mapping is not None and mapping.flip_current else trace


def _load(path: Path) -> Any:
    import NewareNDA

    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                if sum(item.file_size for item in archive.infolist()) > _LARGEST:
                    raise ValueError("it would be too large unpacked")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library's, not the file's
            data = NewareNDA.read(str(path), log_level="ERROR")
        if len(data) == 0:
            raise ValueError("it holds no samples")
        data[["Step", "Timestamp", "Time", "Voltage", "Current(mA)", "Cycle"]]
    except Exception as error:  # noqa: BLE001 - whatever damage makes it raise
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else ""
        raise ReadError(
            f"{path.name} is a Neware file that cannot be read: "
            f"{why.rstrip('.') or 'it is cut off or damaged'}.",
            hint="Export the record from Neware's program as CSV and open that.",
            path=path,
        ) from None
    return data


def _seconds(stamps: Any) -> FloatArray:
    """(N,) seconds since the first stamp; NaN where there is none."""
    return np.asarray((stamps - stamps.iloc[0]).dt.total_seconds(), np.float64)


def _one_clock(
    within: FloatArray, step: NDArray[np.int64], stamps: FloatArray
) -> FloatArray:
    """Times within steps to times since the first sample.

    A step begins where the one before ended, unless the stamps are further apart.
    """
    time_s = np.round(within, 4)  # single precision in the file
    starts = np.flatnonzero(np.diff(step, prepend=step[0] - 1))
    for start, end in zip(starts, [*starts[1:], step.size], strict=True):
        if start == 0:
            time_s[:end] -= time_s[0]
            continue
        at = time_s[start - 1] + time_s[start]
        if np.isfinite(stamps[start]) and abs(stamps[start] - at) > _CLOCK_S:
            at = max(stamps[start], time_s[start - 1])
        time_s[start:end] += at - time_s[start]
    return time_s


def _start(stamps: Any) -> StartStamp | None:
    """The stamp of the first sample; UTC where the file has it so."""
    first = stamps.iloc[0]
    if first is None or first != first:
        return None
    when = first.to_pydatetime()
    if when.tzinfo is not None:
        return StartStamp(when.astimezone(UTC), 1e-3, "stamp of the first sample")
    return StartStamp(when, 1.0, "stamp of the first sample")


FORMAT = Format(
    name="Neware",
    kind="trace",
    maker="Neware",
    extensions=(".nda", ".ndax"),
    library="NewareNDA",
    extra="neware",
    reads="potential, current, cycle, step, state, capacities, start",
    missing="auxiliary channels; the layered CSV export",
    sniff=_sniff,
    read=read,
)
