"""The sign of a current that is written without one, by the state beside it."""

from __future__ import annotations

import numpy as np
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
    if np.nanmin(current, initial=0.0) < 0.0:
        return current, []
    flowing = current > 0.0
    for index, label in enumerate(table.labels):
        if label.dimension or table.kind(index) != "text":
            continue
        state = table.column(index).astype("str").fillna("").str.strip()
        named = bool(set(label.plain.split()) & _STATES)
        lower = state.str.lower()
        out = lower.str.match(_OUT + named * _LETTER_OUT).to_numpy(bool)
        into = lower.str.match(_INTO + named * _LETTER_INTO).to_numpy(bool) & ~out
        both = (into & flowing).any() and (out | into)[flowing].mean() > _KNOWN
        if (named or both) and (out & flowing).any():
            notes = [
                f"The file has the current without a sign; discharge (by "
                f"{table.keys[index]!r}) was made negative."
            ]
            unknown = sorted(set(state[flowing & ~out & ~into]) - {""})
            if unknown:
                notes.append(
                    f"The sign of the current in the states {', '.join(unknown)[:60]} "
                    "is not known; it is left positive."
                )
            return np.where(out, -current, current), notes
    return current, []
