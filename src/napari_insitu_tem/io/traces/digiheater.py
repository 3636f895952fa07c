"""DENSsolutions DigiHeater logs of heating holders (.dens, .txt)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.cut_rows import whole_lines
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.holder_columns import numbers_in
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

_TITLE = re.compile(
    r"^\s*(?P<d>\d{1,2})/(?P<m>\d{1,2})/'?(?P<y>\d{2}|\d{4})\s+(?P<h>\d{1,2}):(?P<min>\d{2})"
    r"\s+(?P<program>Digiheater.*?)\s*$",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z#]+\s*(?:\[[^\]]*\])?")
_CLOCK = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$")
_LOOKED_AT = 60
#: Words that stand where a number should, and keep its place.
_NO_NUMBER = frozenset(("nan", "inf", "infinity", "ind"))
_DAY_S = 86400.0

#: Column of the log to that of the trace and the factor between their units.
_COLUMNS = {
    "tmeas[c]": ("temperature_degC", 1.0),
    "tset[c]": ("set_temperature_degC", 1.0),
    "rheat[ohm]": ("heater_resistance_ohm", 1.0),
    "vheat[v]": ("heater_potential_V", 1.0),
    "iheat[ma]": ("heater_current_A", 1e-3),
    "pheat[mw]": ("heater_power_W", 1e-3),
}


def _sniff(looked: Probe) -> float:
    if looked.is_dir or b"igiheater" not in looked.head[:8192]:
        return 0.0
    text, _ = decode(looked.head[:8192])
    return 1.0 if _title(lines_of(text)) is not None else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a log: temperature and the heater's own signals against time.

    Time zero is the first sample; the start is its clock with the day of the header.

    Parameters
    ----------
    mapping
        Not used: the log says what each column is.

    Raises
    ------
    ReadError
        There is no table of samples.
    """
    progress(0, 1, "Reading the log")
    text, _ = decode(path.read_bytes())
    notes: list[str] = []
    lines = whole_lines(lines_of(text), "\t", path.name, notes)
    title = _title(lines)
    names, first = _header(lines, path)
    rows = _rows(lines[first:], len(names), notes)
    clock = _clock([row[1] for row in rows], path)
    columns = {"time_s": np.round(clock - clock[0], 9) if clock.size else clock}
    for name, (ours, scale) in _COLUMNS.items():
        if name in names:
            at = names.index(name)
            columns[ours] = numbers_in([row[at] for row in rows]) * scale
    match = None if title is None else _TITLE.match(lines[title])
    return Trace.from_columns(
        columns,
        name=path.stem,
        stamp=_start(match, clock),
        path=path,
        warnings=notes,
        technique="heating",
        format="DENSsolutions DigiHeater",
        reader="digiheater",
        metadata={
            "program": match["program"] if match else "",
            "header": lines[title or 0 : first][:20],
        },
    )


def _title(lines: Sequence[str]) -> int | None:
    return next((i for i, x in enumerate(lines[:_LOOKED_AT]) if _TITLE.match(x)), None)


def _header(lines: Sequence[str], path: Path) -> tuple[list[str], int]:
    """Names of the columns, in lower case without spaces, and the first row."""
    for i, line in enumerate(lines[: 2 * _LOOKED_AT]):
        names = [re.sub(r"\s", "", name).lower() for name in _NAME.findall(line)]
        if names[:2] == ["sample", "time"] and len(names) > 2:
            return names, i + 1
    raise ReadError(
        f"{path.name} is a DigiHeater log without a table of samples.",
        hint="Save the log again after the experiment.",
        path=path,
    )


def _rows(lines: Sequence[str], width: int, notes: list[str]) -> list[list[str]]:
    """The samples; the word for the mode of control has no name and is left out."""
    rows, odd = [], 0
    for line in lines:
        cells = [cell.strip() for cell in line.replace(",", ".").split("\t")]
        if len(cells) < 3 or not _CLOCK.match(cells[1]):
            odd += bool(line.strip())
            continue
        numeric = [
            cell for cell in cells if not cell.isalpha() or cell.lower() in _NO_NUMBER
        ]
        rows.append([*numeric, *[""] * width][:width])
    if odd:
        notes.append(f"{odd} lines that are no samples were left out.")
    return rows


def _clock(cells: Sequence[str], path: Path) -> FloatArray:
    """(N,) seconds since midnight of the first day."""
    seconds = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        if match := _CLOCK.match(cell):
            h, m, s = int(match[1]), int(match[2]), float(match[3])
            if h < 24 and m < 60 and s < 61:
                seconds[i] = 3600 * h + 60 * m + s
    if not np.isfinite(seconds).any():
        raise ReadError(
            f"{path.name} is a DigiHeater log without samples.",
            hint="Save the log again after the experiment.",
            path=path,
        )
    known = np.flatnonzero(np.isfinite(seconds))
    back = np.diff(seconds[known], prepend=seconds[known[0]]) < -_DAY_S / 2
    seconds[known] += _DAY_S * np.cumsum(back)
    return np.asarray(seconds)


def _start(match: re.Match[str] | None, clock: FloatArray) -> StartStamp | None:
    """The day of the header with the clock of the first sample."""
    if match is None or clock.size == 0 or not np.isfinite(clock[0]):
        return None
    year = int(match["y"])
    try:
        day = datetime(year + 2000 if year < 100 else year, int(match["m"]),
                       int(match["d"]))  # fmt: skip
        opened = day + timedelta(hours=int(match["h"]), minutes=int(match["min"]))
    except (ValueError, OverflowError):
        return None
    when = day + timedelta(seconds=float(clock[0]))
    if when < opened - timedelta(hours=12):  # opened before midnight
        when += timedelta(days=1)
    return StartStamp(when, 0.01, "day of the header, clock of the first sample")


FORMAT = Format(
    name="DENSsolutions DigiHeater",
    kind="trace",
    maker="DENSsolutions",
    extensions=(".dens", ".txt"),
    library="",
    reads="temperature, set temperature, the heater's resistance, potential, current "
    "and power, start",
    missing="the calibration of the chip is kept as text",
    sniff=_sniff,
    read=read,
)
