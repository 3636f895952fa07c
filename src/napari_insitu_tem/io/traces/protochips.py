"""Protochips logs of heating, biasing and gas-cell holders (.csv)."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.column_names import UNITS, known_unit
from napari_insitu_tem.io.tables.cut_rows import whole_lines
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.holder_columns import numbers_in, padded, snake
from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

_NOTE = re.compile(r"^(?P<key>[^=]{2,60}?)\s*=\s*(?P<value>.*)$")
#: Unit as the notes spell it to a factor and the symbol behind a column's name.
_UNITS = {
    "temperature": {"degrees c": "degC", "celsius": "degC", "kelvin": "K"},
    "current": {"amps": "A", "milliamps": "mA", "microamps": "uA", "nanoamps": "nA"},
    "voltage": {"volts": "V", "millivolts": "mV"},
    "resistance": {"ohms": "ohm", "kiloohms": "kohm"},
    "pressure": {"torr": "Torr", "mbar": "mbar", "pascal": "Pa"},
}
_SIGNALS = {"channel_a_voltage": "potential_V", "channel_a_current": "current_A"}


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:16384])
    lines = lines_of(text)
    names = [cell.strip().lower() for cell in lines[0].split(",")]
    if names[:2] != ["time", "notes"] or len(names) < 3:
        return 0.0
    notes = " ".join(lines[1:30])
    return 1.0 if "units =" in notes or "yyyy.mm.dd" in notes else 0.6


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a log: temperature, pressures, and potential and current of channel A.

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
    whole = whole_lines(lines_of(text), ",", path.name, notes)
    lines = [line.replace("\x00", "") for line in whole if line.strip()]
    try:
        rows = list(csv.reader(lines, skipinitialspace=True))
    except csv.Error:
        raise ReadError(
            f"{path.name} is a Protochips log that is damaged.",
            hint="Copy it again.",
            path=path,
        ) from None
    names = [cell.strip() for cell in rows[0]]
    body = [padded(row, len(names)) for row in rows[1:]]
    said = _notes([row[1] for row in body])
    columns = {"time_s": numbers_in([r[0] for r in body]) * _tick(said, notes)}
    units = _units(said)
    for i, name in enumerate(names[2:], start=2):
        values = numbers_in([row[i] for row in body])
        if np.isfinite(values).any():
            ours, values = _named(name, values, units)
            columns[ours] = values
    if "current_A" in columns:
        notes.append(
            "Potential and current are those of channel A; which sign its current has "
            "depends on the wiring of the chip."
        )
    return Trace.from_columns(
        columns,
        name=path.stem,
        stamp=_start(said),
        path=path,
        warnings=notes,
        technique=said.get("Experiment type", ""),
        format="Protochips log",
        reader="protochips",
        metadata=said,
    )


def _notes(cells: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for cell in cells:
        if match := _NOTE.match(cell):
            found.setdefault(match["key"], match["value"].strip())
    return found


def _tick(said: dict[str, str], notes: list[str]) -> float:
    """Seconds in a unit of the column of times."""
    unit = known_unit(said.get("Time units", ""))
    if unit and UNITS[unit][0] == "time":
        return UNITS[unit][1]
    notes.append(
        "The log does not name the unit of its times; they were taken as milliseconds, "
        "which is what such logs have. Check the duration."
    )
    return 1e-3


def _units(said: dict[str, str]) -> dict[str, str]:
    """Symbol for each kind of column, where the notes name a known one."""
    found = {}
    for kind, symbols in _UNITS.items():
        text = said.get(f"{kind.capitalize()} units", "").lower()
        if text in symbols:
            found[kind] = symbols[text]
    return found


def _named(
    name: str, values: FloatArray, units: dict[str, str]
) -> tuple[str, FloatArray]:
    """Name with unit, and values; channel A of a biasing chip is the signal."""
    plain = snake(name)
    kind = next((kind for kind in _UNITS if plain.endswith(kind)), "")
    symbol = units.get(kind, "")
    known = (
        known_unit(symbol.replace("u", "µ")) if kind in ("current", "voltage") else ""
    )
    if known:
        values = values * UNITS[known][1]
        symbol = "A" if kind == "current" else "V"
        if plain in _SIGNALS:
            return _SIGNALS[plain], values
    if (
        kind == "temperature"
        and symbol == "degC"
        and plain
        in (
            "channel_a_temperature",
            "holder_temperature",
        )
    ):
        return "temperature_degC", values
    return f"{plain}_{symbol}" if symbol else plain, values


def _start(said: dict[str, str]) -> StartStamp | None:
    day, clock = said.get("Date (yyyy.mm.dd)", ""), said.get("Time (hh:mm:ss.ms)", "")
    date = read_date(f"{day} {clock}") if day and clock else None
    return date.stamp("notes of the log, Date and Time") if date else None


FORMAT = Format(
    name="Protochips log",
    kind="trace",
    maker="Protochips",
    extensions=(".csv",),
    library="",
    reads="temperature, pressures, potential and current of channel A, further "
    "channels, notes, start",
    missing="the sign of the current, which the log does not give",
    sniff=_sniff,
    read=read,
)
