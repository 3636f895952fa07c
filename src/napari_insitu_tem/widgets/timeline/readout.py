"""What the header says about the playhead and about the moment under the mouse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from napari_insitu_tem.model.trace import SIGNALS, Trace
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.column_titles import (
    column_label,
    name_of,
    symbol_of,
)
from napari_insitu_tem.widgets.timeline.formatting import (
    potential_text,
    quantity_text,
    shortened,
    time_text,
)

_MOST_REFERENCE = 14


@dataclass(frozen=True)
class Reading:
    """One item of the readout.

    Attributes
    ----------
    name
        What it is: "E", "I"; "" for none.
    text
        With its unit.
    role
        `potential`, `current`, `charge` (for the colour) or "".
    """

    name: str
    text: str
    role: str = ""


def readings(session: Session) -> list[Reading]:
    """Frame, time and signals at the playhead; a sentence where it has no time."""
    playhead, movie = session.playhead, session.movie
    if playhead is None or movie is None:
        return []
    frame = Reading("frame", f"{playhead.frame} of {len(movie)}")
    if session.time_ns is None:
        sentence = f"{movie.name} has no frame times, so this frame has no place here."
        return [frame, Reading("", sentence)]
    out = [frame, Reading("t", time_text(session.time_ns / 1e9))]
    record = session.experiment.record
    if record is None:
        return out
    row = session.signals(playhead.movie).iloc[playhead.frame]
    if not any(pd.notna(row[c]) for c in ("potential_V", "current_A", "charge_C")):
        return [*out, *_further(record, session.time_ns)]
    if pd.notna(row["potential_V"]):
        reference = shortened(record.reference, _MOST_REFERENCE)
        text = potential_text(float(row["potential_V"]), reference)
        out.append(Reading("E", text, "potential"))
    if pd.notna(row["current_A"]):
        text = quantity_text(float(row["current_A"]), "A")
        out.append(Reading("I", text, "current"))
    if pd.notna(row["charge_C"]):
        text = quantity_text(float(row["charge_C"]), "C")
        out.append(Reading("Q", text, "charge"))
    if pd.notna(row["cycle"]):
        out.append(Reading("cycle", str(int(row["cycle"]))))
    return out


def _further(record: Trace, time_ns: int) -> list[Reading]:
    """What a record without potential and current has at a moment, its first column."""
    nothing = Reading("", "the record does not cover this frame")
    if any(map(record.has, SIGNALS)) or not record.others:
        return [nothing]
    column = record.others[0]
    value = _at(record.part(column), column, time_ns)
    if not np.isfinite(value):
        return [nothing]
    label = column_label(column)
    return [Reading(name_of(label), f"{value:.4g} {symbol_of(label)}".strip())]


def _at(part: Trace, column: str, time_ns: int) -> float:
    """The line through two samples at a moment; NaN beyond them or across a break."""
    times, values = part.time_ns, part.values(column)
    after = int(np.searchsorted(times, time_ns, side="left"))
    if after < times.size and times[after] == time_ns:
        return float(values[after])
    if after in (0, times.size) or part.breaks[after]:
        return float("nan")
    pair = slice(after - 1, after + 1)
    return float(np.interp(time_ns, times[pair], values[pair]))
