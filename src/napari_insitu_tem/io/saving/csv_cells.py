"""Single cells of a CSV file: values to text and back, exactly."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.model.columns import ColumnType

#: First characters by which a spreadsheet takes a text for a formula (OWASP, "CSV
#: injection", with the full-width forms).
_FORMULA = "=+\\-@\t\r\n＝＋－＠"
_DANGEROUS = re.compile(f"'*[{_FORMULA}]")
_NEUTRALISED = re.compile(f"'+[{_FORMULA}]")

_BLANKS = frozenset({"", "na", "nan", "n/a", "#n/a", "null"})
_LARGEST = 2**63 - 1


def cell_text(value: Any) -> str:
    """A value as it stands in a cell, before quoting.

    Numbers are written with the fewest digits that read back equal, missing values as
    nothing. A text that a spreadsheet would run as a formula gets an apostrophe in
    front; so does one that already looks like that, so that the way back is certain.
    """
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (float, np.floating)):
        return "" if np.isnan(value) else repr(float(value))
    text = str(value)
    return f"'{text}" if _DANGEROUS.match(text) else text


def quoted(text: str) -> str:
    """A cell's text with the quotes that CSV needs around it."""
    if text != text.strip() or any(mark in text for mark in ',;"\t\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def plain_text(cell: str) -> str:
    """Inverse of `cell_text` for a text."""
    return cell[1:] if _NEUTRALISED.match(cell) else cell


def number(cell: str, *, decimal_comma: bool = False) -> float:
    """A number from a cell, NaN for a blank.

    Raises
    ------
    ValueError
        The cell holds something else.
    """
    text = cell.strip()
    if text.lower() in _BLANKS:
        return float("nan")
    if decimal_comma:
        text = text.replace(",", ".")
    if "_" in text:
        raise ValueError(text)
    return float(text)


def integer(cell: str, *, decimal_comma: bool = False) -> int | None:
    """A whole number from a cell ("12" or "12.0"), None for a blank.

    Raises
    ------
    ValueError
        The cell holds something else.
    """
    text = cell.strip()
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    value = number(text, decimal_comma=decimal_comma)
    if np.isnan(value):
        return None
    if not value.is_integer() or abs(value) > 2**53:
        raise ValueError(text)
    return int(value)


def guess_column(cells: Sequence[str]) -> pd.Series:
    """Values of a column that nothing is known about.

    It becomes a number (or a truth value) only where every cell is written exactly as
    this module writes that number, so that texts like "007", "1.50" or "NA" stay what
    they are and nothing is lost on the way back.
    """
    filled = [cell for cell in cells if cell != ""]
    if filled and len(filled) == len(cells) and set(filled) <= {"True", "False"}:
        return pd.Series([cell == "True" for cell in cells], dtype="bool")
    if filled and all(_is_integer_text(cell) for cell in filled):
        integers = [int(c) if c else pd.NA for c in cells]
        whole = len(filled) == len(cells)
        return pd.Series(integers, dtype="int64" if whole else "Int64")
    if filled and all(_is_number_text(cell) for cell in filled):
        floats = [float(c) if c else np.nan for c in cells]
        return pd.Series(floats, dtype="float64")
    return pd.Series([plain_text(cell) for cell in cells], dtype="str")


def _is_integer_text(cell: str) -> bool:
    return bool(re.fullmatch(r"0|-?[1-9][0-9]{0,18}", cell)) and (
        abs(int(cell)) <= _LARGEST
    )


def _is_number_text(cell: str) -> bool:
    try:
        value = float(cell)
    except ValueError:
        return False
    return not np.isnan(value) and repr(value) == cell


def column_type(values: pd.Series) -> ColumnType:
    """How the values of a column that nothing is known about are described."""
    if pd.api.types.is_bool_dtype(values):
        return "string"
    if pd.api.types.is_integer_dtype(values):
        return "integer"
    return "number" if pd.api.types.is_numeric_dtype(values) else "string"
