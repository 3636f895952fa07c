"""The measurements and arrays in a PalmSens session file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.text import decode
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.timebase import StartStamp

FloatArray = NDArray[np.float64]

#: Kinds of arrays, as the file numbers them.
TIME, POTENTIAL, CURRENT, CHARGE, FREQUENCY = 0, 1, 2, 3, 5

_TICKS_PER_US = 10
_TICK_ZERO = datetime(1, 1, 1)
_OVERLOAD = 1
_PREFIXES = {"": 1.0, "pico": 1e-12, "nano": 1e-9, "micro": 1e-6, "milli": 1e-3}
_UNIT = re.compile(
    r"(?P<prefix>pico|nano|micro|milli|)(?:ampere|volt|coulomb|second|time)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, eq=False)
class Array:
    """One array of a measurement.

    Attributes
    ----------
    kind
        As the file numbers it: `TIME`, `POTENTIAL`, ...
    name
        As the file describes it: `scan1`.
    label
        Name and unit for a further column.
    values
        (N,) in s, V, A, C where the unit is one of these; else as written.
    overloads
        Samples marked as an overload.
    hidden
        The program does not show it either.
    """

    kind: int
    name: str
    label: str
    values: FloatArray
    overloads: int = 0
    hidden: bool = False


@dataclass(frozen=True, eq=False)
class Measurement:
    """One measurement of a session."""

    title: str
    technique: str
    device: str
    stamp: StartStamp | None
    arrays: tuple[Array, ...]

    def has(self, kind: int) -> bool:
        """Whether it has an array of a kind."""
        return any(array.kind == kind for array in self.arrays)


def read_session(path: Path) -> list[Measurement]:
    """Read every measurement.

    Raises
    ------
    ReadError
        It is not whole JSON, or has no measurements.
    """
    text, _ = decode(path.read_bytes())
    try:
        root = _lower(json.loads(text))
    except (ValueError, RecursionError):
        raise ReadError(
            f"{path.name} is a PalmSens session that is cut off or damaged.",
            hint="Save it again, or copy it again.",
            path=path,
        ) from None
    found = root.get("measurements")
    if not isinstance(found, list) or not found:
        raise ReadError(
            f"{path.name} is a PalmSens session without measurements.",
            hint="Save the session after measuring.",
            path=path,
        )
    return [_measurement(_lower(item), i + 1) for i, item in enumerate(found)]


def _lower(item: object) -> Mapping[str, Any]:
    """An object with its keys in lower case: versions differ in that."""
    if not isinstance(item, dict):
        return {}
    return {str(key).lower(): value for key, value in item.items()}


def _measurement(item: Mapping[str, Any], number: int) -> Measurement:
    values = _lower(item.get("dataset")).get("values")
    values = values if isinstance(values, list) else []
    title = str(item.get("title") or f"measurement {number}")[:200]
    return Measurement(
        title=title,
        technique=re.sub(r"\s*\[\d+\]$", "", title),
        device=str(item.get("deviceserial") or "")[:200],
        stamp=_stamp(item),
        arrays=tuple(_array(_lower(value)) for value in values),
    )


def _stamp(item: Mapping[str, Any]) -> StartStamp | None:
    """The start; local time with its offset from UTC where the file gives both."""
    local = _from_ticks(item.get("timestamp"))
    utc = _from_ticks(item.get("utctimestamp"))
    if utc is None:
        return None if local is None else StartStamp(local, 1e-3, "TimeStamp")
    ahead = timedelta(0) if local is None else local - utc
    quarter = timedelta(minutes=15)
    ahead = round(ahead / quarter) * quarter
    if abs(ahead) > timedelta(hours=14):
        ahead = timedelta(0)
    try:
        when = (utc + ahead).replace(tzinfo=timezone(ahead))
    except OverflowError:
        return None
    return StartStamp(when, 1e-3, "UTCTimeStamp")


def _from_ticks(ticks: object) -> datetime | None:
    """Date from steps of 100 ns since the year 1."""
    if isinstance(ticks, bool) or not isinstance(ticks, int):
        return None
    try:
        when = _TICK_ZERO + timedelta(microseconds=ticks // _TICKS_PER_US)
    except OverflowError:
        return None
    return when if 1990 <= when.year <= 2200 else None


def _array(item: Mapping[str, Any]) -> Array:
    unit = _lower(item.get("unit"))
    cells = item.get("datavalues")
    cells = [_lower(cell) for cell in cells] if isinstance(cells, list) else []
    scale, symbol = _scale(unit)
    name = str(item.get("description") or "")[:100]
    kind = item.get("arraytype")
    return Array(
        kind=kind if isinstance(kind, int) and not isinstance(kind, bool) else -1,
        name=name,
        label=f"{name} ({symbol})" if symbol else name,
        values=_numbers(cells) * scale,
        overloads=sum(1 for cell in cells if cell.get("s") == _OVERLOAD),
        hidden=item.get("hidden") is True,
    )


def _scale(unit: Mapping[str, Any]) -> tuple[float, str]:
    """Factor to the unit without prefix, and its symbol."""
    name = str(unit.get("type") or "").rpartition(".")[2]
    match = _UNIT.match(name)
    symbol = str(unit.get("s") or "")[:20]
    return (_PREFIXES[match["prefix"].lower()], symbol) if match else (1.0, symbol)


def _numbers(cells: Sequence[Mapping[str, Any]]) -> FloatArray:
    """(N,) values, NaN where one is no finite number."""
    values = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        value = cell.get("v")
        if isinstance(value, (int, float)) and abs(value) < 1e300:
            values[i] = value
    return values
