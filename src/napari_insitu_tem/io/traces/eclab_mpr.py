"""BioLogic EC-Lab binary files (.mpr), through a galvani-compatible library."""

from __future__ import annotations

import io
import struct
import warnings
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.io.movies.dates import from_ole_days
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.traces.eclab_header import EclabHeader
from napari_insitu_tem.io.traces.eclab_signals import eclab_trace
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

_MAGIC = b"BIO-LOGIC MODULAR FILE"
_UNKNOWN = "unknown_colID"
#: First byte of the settings to the technique, as EC-Lab's texts of it name it.
_TECHNIQUES = {
    4: "Galvanostatic Cycling with Potential Limitation",
    11: "Open Circuit Voltage",
    24: "Chronoamperometry / Chronocoulometry",
    25: "Chronopotentiometry",
    28: "Wait",
    30: "Galvano Electrochemical Impedance Spectroscopy",
    51: "Cyclic Voltammetry Advanced",
    108: "Linear Sweep Voltammetry",
    117: "Constant Voltage",
    118: "Constant Current",
    127: "Modulo Bat",
}
#: Where the module of the log may keep the start, in days of OLE automation.
_START_OFFSETS = (585, 465, 469, 473)
_DAYS = (32874.0, 73051.0)  # 1990 to 2100


def _sniff(looked: Probe) -> float:
    return 1.0 if looked.head.startswith(_MAGIC) else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read an EC-Lab binary file.

    Parameters
    ----------
    mapping
        Other columns than those that EC-Lab's names say.

    Raises
    ------
    ModuleNotFoundError
        The library is not installed; the registry names the extra.
    ReadError
        The file is cut off or damaged, is a spectrum without times, or its times run
        backwards.
    """
    progress(0, 2, "Reading the file")
    found = _parse(path)
    progress(1, 2, "Reading the columns")
    notes: list[str] = []
    data = _columns(found, notes)
    modules = {_name(m): m for m in found.modules}
    settings = modules.get("VMP Set", {}).get("data") or b"\x00"
    header = EclabHeader(
        columns=tuple(data.columns),
        columns_line=0,
        technique=_TECHNIQUES.get(settings[0], ""),
        loop_starts=_loop_starts(found),
        stamp=_start(modules.get("VMP LOG")),
    )
    if header.stamp is None:
        notes.append(
            "The file has no log with the time of its start: the measurement was not "
            "closed, or the log was not saved."
        )
    names = list(data.columns)
    data.columns = pd.RangeIndex(data.shape[1])
    table = RawTable.build(data, names)
    return eclab_trace(
        header, table, notes, path, mapping=mapping, form="EC-Lab binary",
        reader="galvani",
    )  # fmt: skip


def _parse(path: Path) -> Any:
    """The library's reading; its columns are kept if only the start fails.

    It refuses, for one, a start on another day than that of the settings.
    """
    from galvani.BioLogic import MPRfile

    found = MPRfile.__new__(MPRfile)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of columns it does not know; told below
        try:
            found.__init__(io.BytesIO(path.read_bytes()))
        except Exception as error:  # noqa: BLE001 - whatever damage makes it raise
            if getattr(found, "data", None) is None:
                raise _damaged(path, error) from None
    return found


def _damaged(path: Path, error: Exception) -> ReadError:
    why = str(error).strip().splitlines()[0].strip().rstrip(".") if str(error) else ""
    unknown = "unknown columns" in why or "Unrecognised version" in why
    return ReadError(
        f"{path.name} is an EC-Lab file that cannot be read: "
        f"{why[:160] or 'it is cut off or damaged'}.",
        hint="Export it from EC-Lab as text (.mpt) and open that."
        if unknown
        else "Copy it again, or export it from EC-Lab as text (.mpt).",
        path=path,
    )


def _name(module: Mapping[str, Any]) -> str:
    return bytes(module["shortname"]).decode("ascii", "replace").strip()


def _columns(found: Any, notes: list[str]) -> pd.DataFrame:
    """Its columns and flags, without those of which the place is not certain."""
    names = list(found.data.dtype.names)
    unknown = [i for i, name in enumerate(names) if name.startswith(_UNKNOWN)]
    doubtful = set(range(unknown[0], unknown[-1] + 1)) if unknown else set()
    if doubtful:
        notes.append(
            f"{len(unknown)} columns are of a kind that the reader does not know; they"
            + (" and those between them" if len(doubtful) > len(unknown) else "")
            + " were left out."
        )
    columns: dict[str, Any] = {}
    for i, name in enumerate(names):
        if i in doubtful:
            continue
        if name != "flags":
            columns[name] = _numbers(found.data[name])
            continue
        for flag in found.flags_dict:
            columns[flag] = np.asarray(found.get_flag(flag), np.float64)
    return pd.DataFrame(columns)


def _numbers(values: Any) -> Any:
    """(N,) as float; infinity, which only damage writes, becomes NaN."""
    numbers = np.asarray(values, np.float64)
    return np.where(np.abs(numbers) < 1e300, numbers, np.nan)


def _loop_starts(found: Any) -> tuple[int, ...]:
    """Rows at which a loop begins; the first row and the end are none."""
    index = getattr(found, "loop_index", None)
    if index is None:
        return ()
    rows = len(found.data)
    return tuple(sorted({int(i) for i in index if 0 < int(i) < rows}))


def _start(log: Mapping[str, Any] | None) -> StartStamp | None:
    """The start in the module of the log, local time."""
    data = b"" if log is None else bytes(log["data"])
    for offset in _START_OFFSETS:
        if len(data) < offset + 8:
            continue
        (days,) = struct.unpack_from("<d", data, offset)
        if _DAYS[0] < days < _DAYS[1]:
            return StartStamp(_to_ms(from_ole_days(days)), 1e-3, "log of the .mpr file")
    return None


def _to_ms(when: datetime) -> datetime:
    """To the millisecond, which is what the number of days can hold."""
    ms = round(when.microsecond / 1000)
    return when.replace(microsecond=0) + timedelta(milliseconds=ms)


FORMAT = Format(
    name="EC-Lab binary",
    kind="trace",
    maker="BioLogic",
    extensions=(".mpr",),
    library="datalab-org-galvani",
    extra="biologic",
    reads="potential, current (from the charge where the file has none), charge, "
    "cycle, step, loops, start from the log, technique",
    missing="reference electrode and settings; columns that the library does not know; "
    "a start where the measurement was not closed",
    sniff=_sniff,
    read=read,
)
