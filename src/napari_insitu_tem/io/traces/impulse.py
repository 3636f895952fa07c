"""DENSsolutions Impulse logs of heating, gas and biasing holders (.csv)."""

from __future__ import annotations

import csv
import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.column_names import DIMENSIONS, UNITS, read_label
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.holder_columns import names_of, numbers_in, rows_of
from napari_insitu_tem.io.traces.start_times import DateReading, read_date, settle
from napari_insitu_tem.model.column_mapping import ColumnMapping, Role
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

_CLOCK = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2}(?:\.\d+)?)$")
_FIELD = re.compile(r"^(?P<key>[A-Za-z][^,:]{2,40}),\s*(?P<value>.*)$")
_METADATA_END = "_Metadata.log"
_METADATA_BYTES = 1_000_000
_DAY_S = 86400.0
_LONGEST_S = 1e7
#: Columns of a biasing experiment, as `plain` gives their names.
_SIGNALS: dict[str, Role] = {
    **dict.fromkeys(("voltage measured", "bias voltage measured"), "potential_V"),
    **dict.fromkeys(("current measured", "bias current measured"), "current_A"),
}


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:4096])
    names = [read_label(cell).plain for cell in names_of(lines_of(text)[0])]
    return 1.0 if names[:2] == ["timestamp", "experiment time"] else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a log; the day comes from the metadata log beside it, where there is one.

    Parameters
    ----------
    mapping
        Not used: the log says what each column is.

    Raises
    ------
    ReadError
        It has no samples, or its times run backwards.
    """
    progress(0, 1, "Reading the log")
    text, _ = decode(path.read_bytes())
    notes: list[str] = []
    try:
        names, body = rows_of(text, path.name, notes)
    except csv.Error:
        raise ReadError(
            f"{path.name} is an Impulse log that is damaged.",
            hint="Copy it again.",
            path=path,
        ) from None
    time_s = _elapsed([row[1] for row in body])
    columns: dict[str, object] = {"time_s": time_s}
    for i, name in enumerate(names[2:], start=2):
        cells = [row[i] for row in body]
        values = numbers_in(cells)
        numeric = bool(np.isfinite(values).any())
        ours, scale = _named(name, notes) if numeric else (name, 1.0)
        key = ours or f"column {i + 1}"
        key = key if key not in columns else f"{name} ({i + 1})"
        columns[key] = values * scale if numeric else cells
    said = _metadata(path)
    stamp, readings = _start([row[0] for row in body], time_s, said, notes)
    if readings:
        said["start_readings"] = list(readings)
    return Trace.from_columns(
        columns,
        name=path.stem,
        stamp=stamp,
        path=path,
        warnings=notes,
        format="DENSsolutions Impulse",
        reader="impulse",
        metadata=said,
    )


def _elapsed(cells: list[str]) -> FloatArray:
    """(N,) seconds of the experiment, written as such or as `h:m:s`."""
    seconds = numbers_in(cells)
    if np.isfinite(seconds).any():
        return seconds
    return np.array([_seconds(cell) for cell in cells], np.float64)


def _named(name: str, notes: list[str]) -> tuple[str, float]:
    """The trace's name of a column and the factor of its unit."""
    label = read_label(name)
    if label.plain == "temperature measured" and label.unit in ("", "°C", "degC"):
        return "temperature_degC", 1.0
    signal = _SIGNALS.get(label.plain)
    if signal is None:
        return name, 1.0
    if label.dimension == DIMENSIONS[signal]:
        return signal, UNITS[label.unit][1]
    notes.append(
        f"The log does not name the unit of {name!r}; the column was kept under its "
        "own name."
    )
    return name, 1.0


def _metadata(path: Path) -> dict[str, object]:
    """What the metadata log of the same experiment, in the same folder, says."""
    others = sorted(path.parent.glob(f"*{_METADATA_END}"))
    for other in [*others, path.parent / _METADATA_END.lstrip("_")]:
        name = other.name[: -len(_METADATA_END)]
        ours = path.name.startswith(f"{name}_") or not name
        if ours and other.is_file() and other.stat().st_size < _METADATA_BYTES:
            text, _ = decode(other.read_bytes())
            matches = [_FIELD.match(line) for line in lines_of(text)]
            return {m["key"]: m["value"].strip() for m in matches if m}
    return {}


def _start(
    clocks: list[str], time_s: FloatArray, said: dict[str, object], notes: list[str]
) -> tuple[StartStamp | None, tuple[str, ...]]:
    """The day of the metadata with the clock of the first sample, at time zero."""
    seconds = _seconds(clocks[0]) if clocks else np.nan
    dated = read_date(clocks[0]) if clocks else None
    if dated is not None and dated.resolution_s < _DAY_S and np.isfinite(time_s[0]):
        taken, doubt = settle(dated, usual="dmy")
        return _dated(taken, doubt, float(time_s[0]), notes)
    if not (np.isfinite(seconds) and time_s.size and np.isfinite(time_s[0])):
        return None, ()
    reading = read_date(str(said.get("Experiment date", "")))
    if reading is None:
        notes.append(
            f"The log gives the clock of its first sample ({clocks[0]}) without a day; "
            "its metadata log is not beside it, so the start is not known."
        )
        return None, ()
    taken, doubt = settle(reading, usual="dmy")
    if abs(time_s[0]) > _LONGEST_S:
        return None, ()
    zero = _on_day(float(seconds - time_s[0]), str(said.get("Experiment time", "")))
    if doubt and taken.other is not None:
        notes.append(doubt)
        readings = tuple(
            _at(day, zero).isoformat() for day in (taken.when, taken.other)
        )
    else:
        readings = ()
    source = "metadata log (day) and clock of the first sample"
    return StartStamp(_at(taken.when, zero), 1e-3, source), readings


def _dated(
    taken: DateReading, doubt: str, elapsed: float, notes: list[str]
) -> tuple[StartStamp | None, tuple[str, ...]]:
    """Time zero by a first sample that has day and clock."""
    if abs(elapsed) > _LONGEST_S:
        return None, ()
    back = timedelta(milliseconds=round(elapsed * 1e3))
    readings: tuple[str, ...] = ()
    if doubt and taken.other is not None:
        notes.append(doubt)
        readings = tuple((w - back).isoformat() for w in (taken.when, taken.other))
    source = "day and clock of the first sample"
    return StartStamp(taken.when - back, taken.resolution_s, source), readings


def _on_day(zero: float, clock: str) -> float:
    """Time zero in seconds of the day on which the experiment began.

    The first sample may be of another day than time zero: the clock at which the
    experiment began tells, else it is of the day that the metadata name.
    """
    began = _seconds(clock)
    if not np.isfinite(began):
        return zero % _DAY_S
    return zero - _DAY_S * round((zero - began) / _DAY_S)


def _at(day: datetime, seconds: float) -> datetime:
    midnight = day.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(milliseconds=round(seconds * 1e3))


def _seconds(cell: str) -> float:
    """Seconds since midnight; NaN where it is no clock."""
    match = _CLOCK.match(cell)
    if match is None:
        return float("nan")
    return 3600 * int(match[1]) + 60 * int(match[2]) + float(match[3])


FORMAT = Format(
    name="DENSsolutions Impulse",
    kind="trace",
    maker="DENSsolutions",
    extensions=(".csv",),
    library="",
    reads="temperature, measured voltage and current where they name a unit, and every "
    "other column under its own name; start with the metadata log beside it",
    missing="units of columns that the log does not name; live notes",
    sniff=_sniff,
    read=read,
)
