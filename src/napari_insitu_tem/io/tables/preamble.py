"""What the lines above a table say about the start of the measurement."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from napari_insitu_tem.io.traces.start_times import (
    DateReading,
    order_from,
    read_date,
    settle,
)
from napari_insitu_tem.model.column_mapping import DateOrder
from napari_insitu_tem.model.timebase import StartStamp

_START = re.compile(
    r"start|begin|began|acqui|measured|date and time meas|開始|开始|測定日", re.I
)
_NOT_START = re.compile(
    r"\bend\b|\bended\b|finish|stop|convert|export|saved|print|modif|calib|updated"
    r"|終了|结束|保存",
    re.I,
)
_DATE_WORD = re.compile(r"^\W*(?:(?:date|datum|fecha|data)\b|日[時付期])", re.I)
_TIME_WORD = re.compile(r"^\W*(time|zeit|clock|hora|heure)\b[^a-z]*\d", re.I)
_LONGEST = 200


@dataclass(frozen=True)
class Start:
    """A start stamp, or none, with what is doubtful in it.

    Attributes
    ----------
    stamp
        None where no line names one.
    doubts
        Sentences.
    readings
        Both readings of an ambiguous date, ISO 8601.
    """

    stamp: StartStamp | None = None
    doubts: tuple[str, ...] = ()
    readings: tuple[str, ...] = ()


def find_start(
    lines: Sequence[str], *, decimal: str = ".", order: DateOrder = ""
) -> Start:
    """The start of the measurement, where a line above the table names it.

    A line that speaks of a start goes before a line of a date, and that before a line
    that holds nothing but a date, of which it is not known what it is the date of.

    Parameters
    ----------
    decimal
        Of the table; a decimal comma means that dates are day first.
    order
        What the user said.
    """
    short = [line for line in lines if len(line) <= _LONGEST and any(
        c.isdigit() for c in line)]  # fmt: skip
    for finder in (_named_start, _named_date, _bare_date):
        found = finder(short)
        if found is None:
            continue
        reading, source, doubt = found
        evidence = order or order_from(short) or ("dmy" if decimal == "," else "")
        taken, unsure = settle(reading, evidence=evidence)
        doubts = tuple(text for text in (doubt, unsure) if text)
        if unsure and taken.other is not None:
            readings = (taken.when.isoformat(), taken.other.isoformat())
            return Start(taken.stamp(source), doubts, readings)
        return Start(taken.stamp(source), doubts)
    return Start()


Found = tuple[DateReading, str, str]


def _named_start(lines: Sequence[str]) -> Found | None:
    for line in lines:
        if _START.search(line) and not _NOT_START.search(line):
            reading = _with_day_and_hour(line, lines)
            if reading is not None:
                return reading, f"header, {_excerpt(line)!r}", ""
    return None


def _named_date(lines: Sequence[str]) -> Found | None:
    for line in lines:
        if _DATE_WORD.match(line) and not _NOT_START.search(line):
            reading = _with_day_and_hour(line, lines)
            if reading is not None:
                return reading, f"header, {_excerpt(line)!r}", ""
    return None


def _bare_date(lines: Sequence[str]) -> Found | None:
    """The first lines of some instruments are a date and nothing else."""
    for line in lines[:3]:
        letters = re.sub(r"[AaPp]\.?[Mm]\b|[A-Za-z]{3,9}(?=\.?\s+\d)", "", line)
        reading = read_date(line)
        if reading is None or re.search(r"[A-Za-z]{3}", letters):
            continue
        if reading.resolution_s <= 60.0:
            doubt = (
                f"The file does not say what the date in its header "
                f"({line.strip()!r}) is of; it was taken for the start."
            )
            return reading, f"header, {_excerpt(line)!r}", doubt
    return None


def _with_day_and_hour(line: str, lines: Iterable[str]) -> DateReading | None:
    """A date; where it stands alone, the time of day from a line of its own."""
    reading = read_date(line)
    if reading is None or reading.resolution_s <= 60.0:
        return reading
    clock = next((text for text in lines if _TIME_WORD.match(text)), "")
    both = read_date(f"{line} {clock}")
    return both if both is not None and both.resolution_s <= 60.0 else None


def _excerpt(line: str) -> str:
    return line.strip(" \t~#%\"';,")[:40]
