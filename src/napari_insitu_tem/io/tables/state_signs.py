"""The sign of a current that is written without one, by the state beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.io.tables.raw_table import RawTable

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_OUT = (
    r"dis$|.*(?<![a-z])d(?:is)?ch|.*(?:dchg|discharg|d[eé]charg|entlad)"
    r"|.*(?:放电|放電|방전)"
)
_INTO = r"chg?$|.*ch(?:a|r|g)|.*充电|.*充電|.*lad(?:en|ung)|.*충전"
#: Letters that mean the same in a column that is named as one of states.
_LETTER_OUT, _LETTER_INTO = r"|d$", r"|c$"
#: Less than this share of the largest current is none, but the noise of a rest.
_NOISE = 0.001
#: A few samples at the ends of steps may be of the step beside it.
_MOSTLY = 0.98
_OTHER_WAY = (
    "The file has the current of a charge (by {key!r}) negative and that of a "
    "discharge positive; it is left so. Change the sign of the record if that is not "
    "meant."
)
#: Share of the rows with a current whose state must be known in any other column.
_KNOWN = 0.8
#: Words in the name of a column that tells charge from discharge.
_STATES = frozenset(
    ("state", "status", "md", "mode", "type", "command", "name", "step", "stepname",
     "工步类型", "工步状态", "状态", "工步名称")
)  # fmt: skip


def sign_by_state(table: RawTable, current: FloatArray) -> tuple[FloatArray, list[str]]:
    """Make the current of a discharge negative where none of the file's is.

    Parameters
    ----------
    current
        (N,) as it was read, charging positive.

    Returns
    -------
    current
        The same where the file writes signs or tells no discharge.
    notes
        Sentences on what was changed, and on states that leave the sign open.
    """
    for index, label in enumerate(table.labels):
        if label.dimension or table.kind(index) != "text":
            continue
        named = bool(set(label.plain.split()) & _STATES)
        state = table.column(index).astype("str").fillna("").str.strip()
        out, into = _told(state, letters=named)
        flowing = np.abs(current) > _NOISE * np.nanmax(np.abs(current), initial=0.0)
        both = (into & flowing).any() and (out | into)[flowing].mean() > _KNOWN
        if not (named or both) or not (out & flowing).any():
            continue
        key = table.keys[index]
        outward, inward = current[out & flowing] > 0.0, current[into & flowing] > 0.0
        if outward.mean() < _MOSTLY:
            return current, []
        if inward.size and inward.mean() < 1.0 - _MOSTLY:
            return current, [_OTHER_WAY.format(key=key)]
        if inward.size and inward.mean() < _MOSTLY:
            return current, []
        unknown = sorted(set(state[flowing & ~out & ~into]) - {""})
        return np.where(out, -current, current), _notes(key, unknown)
    return current, []


def _told(state: pd.Series[str], *, letters: bool) -> tuple[BoolArray, BoolArray]:
    """(N,) where a state is a discharge, and where a charge."""
    lower = state.str.lower()
    out = lower.str.match(_OUT + letters * _LETTER_OUT).to_numpy(bool)
    into = lower.str.match(_INTO + letters * _LETTER_INTO).to_numpy(bool)
    return out, into & ~out


def _notes(key: str, unknown: Sequence[str]) -> list[str]:
    notes = [
        f"The file has the current without a sign; discharge (by {key!r}) was made "
        "negative."
    ]
    if unknown:
        notes.append(
            f"The sign of the current in the states {', '.join(unknown)[:60]} is not "
            "known; it is left positive."
        )
    return notes
