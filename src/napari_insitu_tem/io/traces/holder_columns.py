"""Columns of the logs of sample holders: cells to numbers, names to a trace's words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


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
