"""What of a table of rows becomes a layer's features, defaults and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd


def labels(table: pd.DataFrame, kind: str) -> list[str]:
    """What is written beside each shape."""
    if kind == "event":
        return [str(label) for label in table["label"]]
    if kind == "path":
        return [str(name) for name in table["object"]]
    values = [
        "" if pd.isna(value) else f"{value:.4g} {unit}"
        for value, unit in zip(table["value"], table["unit"], strict=True)
    ]
    if kind == "sei" and "shell_px" in table:
        ratios = zip(values, table["shell_px"], table["t_over_r"], strict=True)
        return [v if pd.isna(t) else f"{v}, t/r {r:.3f}" for v, t, r in ratios]
    return values


def blank_row(table: pd.DataFrame) -> pd.DataFrame:
    """Defaults for a shape that napari adds: no id, so that it is seen as new."""
    blanks = {}
    for name in table.columns:
        dtype = table[name].dtype
        if is_text(table, name):
            blank: Any = ""
        elif dtype.kind in "iub" and table[name].notna().all():
            # napari copies a layer by way of plain integers, which cannot be blank.
            blank = dtype.type(0)
        else:
            blank = np.nan if dtype.kind == "f" else pd.NA
        blanks[name] = pd.Series([blank], dtype=dtype)
    return pd.DataFrame(blanks)


def is_text(table: pd.DataFrame, name: str) -> bool:
    """Whether a column is there and holds text."""
    return name in table and pd.api.types.is_string_dtype(table[name])
