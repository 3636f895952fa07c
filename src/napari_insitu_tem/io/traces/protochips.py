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
from napari_insitu_tem.io.tables.column_names import (
    UNITS,
    Label,
    known_unit,
    read_label,
)
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.holder_columns import (
    names_of,
    numbers_in,
    rows_of,
    snake,
)
from napari_insitu_tem.io.traces.start_times import read_date
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

FloatArray = NDArray[np.float64]

_NOTE = re.compile(r"^(?P<key>[^=]{2,60}?)\s*=\s*(?P<value>.*)$")
_SYMBOLS = {"°C": "degC", "deg C": "degC", "oC": "degC", "µA": "uA"}
#: Unit as the notes spell it to a factor and the symbol behind a column's name.
_UNITS = {
    "temperature": {"degrees c": "degC", "celsius": "degC", "kelvin": "K"},
    "current": {"amps": "A", "milliamps": "mA", "microamps": "uA", "nanoamps": "nA"},
    "voltage": {"volts": "V", "millivolts": "mV"},
    "resistance": {"ohms": "ohm", "kiloohms": "kohm"},
    "pressure": {"torr": "Torr", "mbar": "mbar", "pascal": "Pa"},
}
_SIGNALS = {"voltage": "potential_V", "current": "current_A"}
_CHANNELS = ("channel_a", "channel_b")
_SAMPLE_TEMPERATURES = ("temperature", "channel_a_temperature", "holder_temperature")


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:16384])
    lines = lines_of(text)
    names = [read_label(cell).plain for cell in names_of(lines[0])]
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
    """Read a log: temperature, pressures, and potential and current of a channel.

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
            f"{path.name} is a Protochips log that is damaged.",
            hint="Copy it again.",
            path=path,
        ) from None
    said = _notes([row[1] for row in body])
    tick = _tick(read_label(names[0]), said, notes)
    time_s = numbers_in([row[0] for row in body]) * tick
    columns = {"time_s": time_s, **_columns(names, body, said, notes)}
    return Trace.from_columns(
        columns,
        name=path.stem,
        stamp=_start(said),
        path=path,
        warnings=notes,
        technique=said.get("Experiment type", ""),
        format="Protochips log",
        reader="protochips",
        metadata={**said, "notes": _remarks(body, time_s)},
    )


def _columns(
    names: Sequence[str],
    body: Sequence[Sequence[str]],
    said: dict[str, str],
    notes: list[str],
) -> dict[str, FloatArray]:
    """Name with unit to values, in the words of a trace where it has one."""
    units = _units(said)
    found: dict[str, FloatArray] = {}
    for i, name in enumerate(names[2:], start=2):
        values = numbers_in([row[i] for row in body])
        if np.isfinite(values).any():
            ours, values = _named(read_label(name), values, units)
            found[ours if ours not in found else f"{ours} ({i + 1})"] = values
    channel = _channel(found)
    signals = {f"{channel}_{kind}_{ours[-1]}": ours for kind, ours in _SIGNALS.items()}
    if signals.keys() & found.keys():
        notes.append(
            f"Potential and current are those of channel {channel[-1].upper()}; which "
            "sign its current has depends on the wiring of the chip."
        )
    return {signals.get(name, name): values for name, values in found.items()}


def _channel(found: dict[str, FloatArray]) -> str:
    """The channel of the sample: the first at which something was measured."""
    for channel in _CHANNELS:
        for kind in _SIGNALS:
            values = found.get(f"{channel}_{kind}_{_SIGNALS[kind][-1]}")
            if values is not None and np.nan_to_num(values).any():
                return channel
    return _CHANNELS[0]


def _remarks(body: Sequence[Sequence[str]], time_s: FloatArray) -> list[list[object]]:
    """What the user wrote down, with its time in seconds."""
    return [
        [float(second), row[1]]
        for row, second in zip(body, time_s, strict=True)
        if row[1] and not _NOTE.match(row[1]) and np.isfinite(second)
    ]


def _notes(cells: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for cell in cells:
        if match := _NOTE.match(cell):
            found.setdefault(match["key"], match["value"].strip())
    return found


def _tick(label: Label, said: dict[str, str], notes: list[str]) -> float:
    """Seconds in a unit of the column of times."""
    for unit in (label.unit, known_unit(said.get("Time units", ""))):
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
    label: Label, values: FloatArray, units: dict[str, str]
) -> tuple[str, FloatArray]:
    """Name with unit, and values; those of channels in volts and amperes."""
    plain = snake(label.name)
    kind = next((kind for kind in _UNITS if plain.endswith(kind)), "")
    symbol = _SYMBOLS.get(label.unit, label.unit) or units.get(kind, "")
    known = known_unit(symbol.replace("u", "µ")) if kind in _SIGNALS else ""
    if known and UNITS[known][0] in ("potential", "current"):
        values = values * UNITS[known][1]
        symbol = _SIGNALS[kind][-1]
    if symbol == "degC" and plain in _SAMPLE_TEMPERATURES:
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
    reads="temperature, pressures, potential and current of channel A (of B where A "
    "measured nothing), further channels, notes, start",
    missing="the sign of the current, which the log does not give",
    sniff=_sniff,
    read=read,
)
