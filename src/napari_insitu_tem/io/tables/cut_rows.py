"""The last row of a file that was cut off in the middle of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from napari_insitu_tem.io.text import STRAY, Encoding, lines_of

#: Said where the last row was left out; `{name}` is the file's.
CUT_ROW = (
    "{name}: the file breaks off in its last row, which was left out. Copy or export "
    "it again to have all of it."
)
_TAIL_BYTES = 2**16
_LOOKED_BACK = 21
_PARTS = re.compile(
    r"[+-]?\d*(?:[.,](?P<decimals>\d*))?(?:[eEdD][+-]?(?P<exponent>\d+))?(?<=\d)"
)
_BEGUN = re.compile(r"(?:[+-]?\d*[.,]?\d*(?:[eEdD][+-]?)?)?")


def ends_in_a_cut_row(lines: Sequence[str], delimiter: str) -> bool:
    """Whether the last line has no end and breaks off before it is whole.

    It has fewer cells than the one before, or its last cell is not written as those
    above it are: 2E-002 may be all that 2E-0 was.
    """
    filled = [line for line in lines[-_LOOKED_BACK:] if line.strip()]
    if len(filled) < 2 or not lines[-1].strip("\ufffd \r\t") or '"' in filled[-1]:
        return False
    split = None if delimiter == " " else delimiter
    *above, last = (line.rstrip("\ufffd").split(split) for line in filled)
    if len(last) < len(above[-1]):
        bare = len(last) == len(above[-1]) - 1 and all(not row[-1] for row in above)
        return not bare or is_cut_cell(last[-1], [row[len(last) - 1] for row in above])
    alike = [row[-1] for row in above if len(row) == len(last)]
    return is_cut_cell(last[-1], alike)


def whole_lines(
    lines: Sequence[str], delimiter: str, name: str, notes: list[str]
) -> list[str]:
    """The lines of the file `name` without a last row that breaks off, and a note."""
    if not ends_in_a_cut_row(lines, delimiter):
        return list(lines)
    notes.append(CUT_ROW.format(name=name))
    return list(lines[:-1])


def is_cut_cell(cell: str, above: Sequence[str]) -> bool:
    """Whether a last cell is only the beginning of a number like those above it.

    Programs write a column in one way: with as many decimals, or digits of the
    exponent, in every row. Where they do not, only what is far too short is told.
    """
    forms = [_form(text) for text in above]
    known = [form for form in forms if form is not None]
    if len(known) < max(2, 0.8 * len(forms)):
        return False
    mine = _form(cell)
    if mine is None:
        return _BEGUN.fullmatch(cell.strip()) is not None
    decimals = [form[0] for form in known]
    exponents = [form[1] for form in known]
    if min(exponents) > 0:
        return mine[1] < min(exponents)
    if max(exponents) > 0 or mine[1] > 0 or mine[0] >= min(decimals):
        return False
    if min(decimals) == max(decimals):
        return True
    return mine[0] <= max(decimals) - 3 and cell.strip() != "0"


def _form(cell: str) -> tuple[int, int] | None:
    """How many decimals and digits of the exponent a number is written with."""
    match = _PARTS.fullmatch(cell.strip().replace("\u2212", "-"))
    if match is None:
        return None
    return len(match["decimals"] or ""), len(match["exponent"] or "")


def last_lines(path: Path, encoding: Encoding) -> list[str]:
    """The lines at the end of a file; the last is empty where the file has a line end.

    Bytes that a cut left of a character become U+FFFD.
    """
    with path.open("rb") as file:
        begin = max(path.stat().st_size - _TAIL_BYTES, 0)
        file.seek(begin + (encoding.skip - begin) % encoding.width)
        tail = file.read()
    whole = len(tail) - len(tail) % encoding.width
    text = tail[:whole].decode(encoding.name, errors="replace")
    return lines_of(text.strip(STRAY))


def without_cut_row(
    data: pd.DataFrame, path: Path, encoding: Encoding, delimiter: str, names: int = 0
) -> tuple[pd.DataFrame, list[str]]:
    """The rows without the last one where the file breaks off in it, and a note.

    A single row has none above it: it is cut where it has fewer cells than `names`.
    """
    tail = last_lines(path, encoding)
    if len(data) > 1:
        is_cut = ends_in_a_cut_row(tail, delimiter)
    else:
        cells = len(tail[-1].split(delimiter)) if tail[-1].strip() else names
        is_cut = len(data) == 1 and cells < names
    if not is_cut:
        return data, []
    return data.iloc[:-1], [CUT_ROW.format(name=path.name)]
