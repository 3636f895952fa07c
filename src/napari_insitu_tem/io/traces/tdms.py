"""LabVIEW TDMS files (.tdms) with a record in one group of channels."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.library_table import trace_of_table
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggestion import suggest
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

_TEXT = 300
_ISO = re.compile(r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d+)?$")


def _sniff(looked: Probe) -> float:
    return 1.0 if looked.head.startswith(b"TDSm") else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read the group of channels that holds times and a potential or a current.

    Parameters
    ----------
    mapping
        Which channel is what, where the names do not say so.

    Raises
    ------
    ModuleNotFoundError
        The library is not installed; the registry names the extra.
    NeedsMappingError
        It is not certain which channel is what.
    ReadError
        No group holds a record, or the file is damaged.
    """
    progress(0, 2, "Reading the file")
    notes: list[str] = []
    file = _open(path, notes)
    progress(1, 2, "Reading the channels")
    tables = [(g, table) for g in file.groups() if (table := _table(g)) is not None]
    best = next((t for t in tables if _is_record(t[1])), None)
    if best is None and (mapping is None or not tables):
        raise ReadError(
            f"{path.name} is a TDMS file in which no group holds times with a "
            "potential or a current.",
            hint="Export the record as text, with the time, and open that.",
            path=path,
        )
    group, table = best or tables[0]
    return trace_of_table(
        table,
        path,
        mapping=mapping,
        form="LabVIEW TDMS",
        reader="npTDMS",
        notes=notes,
        stamp=_start(file.properties),
        technique=str(group.properties.get("EC_Tech", ""))[:_TEXT],
        metadata={
            str(k): str(v)[:_TEXT]
            for k, v in {**file.properties, **group.properties}.items()
        },
    )


def _open(path: Path, notes: list[str]) -> Any:
    """The file; refused before its data are read where they cannot all be in it."""
    from nptdms import TdmsFile

    try:
        data = path.read_bytes()
        with warnings.catch_warnings(), _listening(notes):
            warnings.simplefilter("ignore")
            about = TdmsFile.read_metadata(io.BytesIO(data))
            count = sum(len(c) for g in about.groups() for c in g.channels())
            if count > 8 * len(data):
                raise ValueError("it promises more values than it can hold")
            return TdmsFile.read(io.BytesIO(data))
    except Exception as error:  # noqa: BLE001 - whatever damage makes it raise
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else ""
        raise ReadError(
            f"{path.name} is a TDMS file that cannot be read: "
            f"{why.rstrip('.') or 'it is cut off or damaged'}.",
            hint="Copy it again, or export the record as text.",
            path=path,
        ) from None


@contextmanager
def _listening(notes: list[str]) -> Iterator[None]:
    """Turn what the library would print of damage into one sentence."""
    heard = _Heard()
    names = [n for n in logging.root.manager.loggerDict if n.startswith("nptdms.")]
    loggers = [logging.getLogger(name) for name in names]
    before = [(item, list(item.handlers), item.propagate) for item in loggers]
    for item in loggers:
        item.handlers, item.propagate = [heard], False
    try:
        yield
    finally:
        for item, handlers, propagate in before:
            item.handlers, item.propagate = handlers, propagate
    if heard.count:
        notes.append("The file is cut off or damaged; what could be read is shown.")


class _Heard(logging.Handler):
    """Counts the warnings of a library."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Count one."""
        self.count += 1


def _table(group: Any) -> RawTable | None:
    """The channels as long as the longest, with their units."""
    channels = [c for c in group.channels() if len(c)]
    if not channels:
        return None
    size = max(len(c) for c in channels)
    names, units = [], []
    columns: dict[int, Any] = {}
    for channel in channels:
        values = np.asarray(channel[:])
        if len(values) != size or values.ndim != 1:
            continue
        names.append(str(channel.name))
        units.append(str(channel.properties.get("unit_string", "")))
        columns[len(columns)] = (
            values.astype(np.float64)
            if values.dtype.kind in "fiub"
            else pd.Series(values.astype("str"), dtype="object")
        )
    return RawTable.build(pd.DataFrame(columns), names, units)


def _is_record(table: RawTable) -> bool:
    found = suggest(table)[0].columns
    return "time_s" in found and bool({"potential_V", "current_A"} & set(found))


def _start(properties: Any) -> StartStamp | None:
    """The root's `dateTime`: UTC, since a second one gives local time beside it."""
    text = str(properties.get("dateTime", ""))
    match = _ISO.match(text)
    if match is None:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    local = any("local" in str(key).lower() for key in properties)
    step = 1e-3 if match[1] else 1.0
    source = "property dateTime"
    return StartStamp(when.replace(tzinfo=UTC) if local else when, step, source)


FORMAT = Format(
    name="LabVIEW TDMS",
    kind="trace",
    maker="National Instruments (EC4 DAQ and others)",
    extensions=(".tdms",),
    library="npTDMS",
    extra="tdms",
    reads="the group of channels with times, and its units; start of EC4 DAQ files",
    missing="waveforms without a channel of times; several records in one file",
    sniff=_sniff,
    read=read,
)
