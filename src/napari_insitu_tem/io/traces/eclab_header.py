"""The lines above the table of an EC-Lab text file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from napari_insitu_tem.io.traces.start_times import (
    DateReading,
    order_from,
    read_date,
    settle,
)
from napari_insitu_tem.model.column_mapping import DateOrder
from napari_insitu_tem.model.timebase import StartStamp

_COUNT = re.compile(r"^\s*Nb header lines\s*:\s*(\d+)", re.IGNORECASE)
_FIELD = re.compile(r"^\s*(?P<key>[^:]{2,60}?)\s*:\s*(?P<value>.*?)\s*$")
_OTHER_MARKS = tuple(re.compile(mark) for mark in (",", ";", r"\s{2,}"))
_LOOP = re.compile(r"^\s*Loop (\d+) from point number (\d+) to (\d+)")
_REFERENCE_POTENTIAL = re.compile(r"\s*\(\s*[-+\d.,]+\s*V\s*\)\s*$")

#: Names that no other program writes; two of them make a header.
OWN_NAMES = frozenset(
    ("mode", "ox/red", "error", "control changes", "ns changes", "counter inc.", "ns",
     "i range", "time/s", "ewe/v", "<ewe>/v", "<ewe/v>", "ecell/v", "<ecell>/v",
     "i/ma", "<i>/ma", "<i/ma>", "control/v", "control/ma", "control/v/ma", "dq/ma.h",
     "(q-qo)/ma.h", "(q-qo)/c", "half cycle", "p/w", "freq/hz", "re(z)/ohm", "ece/v")
)  # fmt: skip
MAGIC = ("ec-lab ascii file", "bt-lab ascii file")


@dataclass(frozen=True)
class EclabHeader:
    """What an EC-Lab file says before its table.

    Attributes
    ----------
    columns
        Header cells of the table.
    columns_line
        Line number of the header cells, from 0.
    technique
        As EC-Lab names it, empty without a full header.
    fields
        `key : value` lines.
    loop_starts
        Row numbers, from 0, at which a loop of the sequence begins, the first left out.
    stamp
        The start where a binary file gives it as a number; else it is in `fields`.
    """

    columns: tuple[str, ...]
    columns_line: int
    technique: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    loop_starts: tuple[int, ...] = ()
    stamp: StartStamp | None = None

    @property
    def reference(self) -> str:
        """The reference electrode, without the potential that EC-Lab adds."""
        text = self.fields.get("Reference electrode", "")
        return _REFERENCE_POTENTIAL.sub("", text).strip()

    def start(self) -> tuple[StartStamp | None, str, tuple[str, ...]]:
        """When `time/s` was zero.

        Returns
        -------
        stamp
            None without a full header.
        doubt
            A sentence where day and month may be exchanged.
        readings
            Both readings then, ISO 8601.
        """
        if self.stamp is not None:
            return self.stamp, "", ()
        reading = read_date(self.fields.get("Acquisition started on", ""))
        if reading is None:
            return None, "", ()
        taken, doubt = self._settled(reading)
        readings = (
            (taken.when.isoformat(), taken.other.isoformat())
            if doubt and taken.other is not None
            else ()
        )
        return taken.stamp("header, 'Acquisition started on'"), doubt, readings

    @property
    def date_order(self) -> DateOrder:
        """How the header writes its dates; empty without one."""
        reading = read_date(self.fields.get("Acquisition started on", ""))
        return "" if reading is None else self._settled(reading)[0].order

    @property
    def technique_start(self) -> StartStamp | None:
        """When the technique began, in the order of the header's other dates."""
        reading = read_date(self.fields.get("Technique started on", ""))
        if reading is None:
            return None
        return reading.in_order(self.date_order).stamp("header, 'Technique started on'")

    def _settled(self, reading: DateReading) -> tuple[DateReading, str]:
        """EC-Lab writes month/day/year; other separators leave a doubt."""
        evidence = order_from(
            self.fields.get(key, "")
            for key in ("Acquisition started on", "Technique started on")
        )
        if not evidence and reading.separator == "/":
            evidence = "mdy"
        return settle(reading, evidence=evidence, usual="mdy")

    @property
    def technique_delay_s(self) -> float | None:
        """Seconds from the start of the sequence to that of the technique."""
        first = read_date(self.fields.get("Acquisition started on", ""))
        second = read_date(self.fields.get("Technique started on", ""))
        if first is None or second is None or first.order != second.order:
            return None
        delay = (second.when - first.when) / timedelta(seconds=1)
        return delay if delay >= 0 else None


def looks_like_columns(line: str) -> bool:
    """Whether a line is the header of an EC-Lab table."""
    cells = [cell.strip().lower() for cell in line.split("\t")]
    return sum(1 for cell in cells if cell in OWN_NAMES) >= 2


def is_without_tabs(lines: Sequence[str]) -> bool:
    """Whether another program saved the text with another mark between its cells."""
    if any(looks_like_columns(line) for line in lines):
        return False
    return any(
        sum(cell.strip(' "').lower() in OWN_NAMES for cell in mark.split(line)) >= 2
        for line in lines
        for mark in _OTHER_MARKS
    )


def read_header(lines: Sequence[str]) -> EclabHeader | None:
    """Read the header, full, of three lines or only the names of the columns.

    None where no line holds names of EC-Lab's columns.
    """
    at = _columns_line(lines)
    if at is None:
        return None
    above = lines[:at]
    return EclabHeader(
        columns=tuple(cell.strip() for cell in lines[at].split("\t")),
        columns_line=at,
        technique=_technique(above),
        fields=_fields(above),
        loop_starts=_loop_starts(above),
    )


def _columns_line(lines: Sequence[str]) -> int | None:
    """Where the count in the second line points to, else the first that fits."""
    for line in lines[:5]:
        if match := _COUNT.match(line):
            at = int(match[1]) - 1
            if 0 <= at < len(lines) and _names_units(lines[at]):
                return at
    return next((i for i, line in enumerate(lines) if looks_like_columns(line)), None)


def _names_units(line: str) -> bool:
    """EC-Lab's columns, or at least names with units: the count says the rest."""
    return looks_like_columns(line) or sum("/" in c for c in line.split("\t")) >= 2


def _technique(lines: Sequence[str]) -> str:
    """The first line after the count that is neither empty nor `key : value`."""
    counts = (i for i, line in enumerate(lines[:8]) if _COUNT.match(line))
    first = next(counts, 1) + 1
    for line in lines[first : first + 8]:
        if line.strip():
            return "" if ":" in line or "\t" in line else line.strip()
    return ""


def _fields(lines: Sequence[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in lines:
        if (match := _FIELD.match(line)) and match["value"]:
            found.setdefault(match["key"], match["value"])
    return found


def _loop_starts(lines: Sequence[str]) -> tuple[int, ...]:
    starts = [int(match[2]) for line in lines if (match := _LOOP.match(line))]
    return tuple(start for start in starts if start > 0)
