"""What the header says about the playhead and about the moment under the mouse."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from napari_insitu_tem.state.session import Session
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
        return [*out, Reading("", "the record does not cover this frame")]
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
