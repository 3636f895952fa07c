"""Columns of the logs of sample holders: cells to numbers, names to a trace's words."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.io.tables.cut_rows import whole_lines
from napari_insitu_tem.io.text import lines_of

FloatArray = NDArray[np.float64]

_FEWEST = 2  # columns of any log: a time and what it says of it
_DECIMAL_COMMA = re.compile(r"^([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)$")


def delimiter_of(header: str) -> str:
    """The mark between the cells: a semicolon where commas are decimal marks."""
    return ";" if header.count(";") > header.count(",") else ","


def names_of(header: str) -> list[str]:
    """The cells of a header."""
    return [cell.strip().strip('"') for cell in header.split(delimiter_of(header))]


def rows_of(
    text: str, name: str, notes: list[str]
) -> tuple[list[str], list[list[str]]]:
    """Header and rows of the log `name`, every row as wide as the header.

    Numbers have a decimal point, also those of a log with semicolons. A last row that
    breaks off is left out, with a note.

    Raises
    ------
    csv.Error
        The log is damaged, or its header has less than two columns.
    """
    mark = delimiter_of(next(iter(lines_of(text[:4096])), ""))
    whole = whole_lines(lines_of(text), mark, name, notes)
    lines = [line.replace("\x00", "") for line in whole if line.strip()]
    rows = list(csv.reader(lines, delimiter=mark, skipinitialspace=True))
    names = [cell.strip() for cell in rows[0]] if rows else []
    if len(names) < _FEWEST:
        raise csv.Error("its header is cut off")
    body = [padded(row, len(names)) for row in rows[1:]]
    if mark == ";":
        body = [[_DECIMAL_COMMA.sub(r"\1.\2", cell) for cell in row] for row in body]
    return names, body


def numbers_in(cells: Sequence[str]) -> FloatArray:
    """(N,) numbers of a column of cells; NaN where one is none, or infinite."""
    values = pd.to_numeric(pd.Series(list(cells), dtype="object"), errors="coerce")
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    return np.where(np.abs(numbers) < 1e300, numbers, np.nan)


def padded(row: Sequence[str], width: int) -> list[str]:
    """The cells of a row without spaces, exactly `width` of them."""
    return [*(cell.strip() for cell in row), *[""] * width][:width]


def snake(name: str) -> str:
    """`Holder Temperature` to `holder_temperature`."""
    return "_".join(re.findall(r"[^\W_]+", name.lower()))
