"""The time and the signals of the frame, written on the canvas."""

from __future__ import annotations

import math

import pandas as pd

from napari_insitu_tem.state.session import Session

_PREFIXES = ((1.0, ""), (1e-3, "m"), (1e-6, "u"), (1e-9, "n"), (1e-12, "p"))


def with_prefix(value: float, unit: str) -> str:
    """A number with the SI prefix that gives it one to three digits.

    >>> with_prefix(-2.5e-9, "A")
    '-2.5 nA'
    """
    size = abs(value)
    for factor, prefix in _PREFIXES:
        if size >= factor:
            return f"{value / factor:.3g} {prefix}{unit}"
    return f"{value / 1e-12:.3g} p{unit}" if size else f"0 {unit}"


def readout(session: Session) -> str:
    """Time, potential and current at the playhead, "" without a movie."""
    playhead, movie = session.playhead, session.movie
    if playhead is None or movie is None:
        return ""
    row = session.signals(movie.name).iloc[playhead.frame]
    parts = [f"frame {playhead.frame}"]
    if _known(row["time_s"]):
        parts.append(f"t = {row['time_s']:.2f} s")
    if _known(row["potential_V"]):
        parts.append(f"E = {row['potential_V']:+.3f} V")
    if _known(row["current_A"]):
        parts.append(f"I = {with_prefix(row['current_A'], 'A')}")
    return "   ".join(parts)


def _known(value: float) -> bool:
    return bool(pd.notna(value)) and math.isfinite(value)
