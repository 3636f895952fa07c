"""What of a table of rows becomes a layer's features, defaults and labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.model.rounding import rounded, unit_text


def labels(table: pd.DataFrame, kind: str) -> list[str]:
    """What is written beside each shape."""
    if kind == "event":
        return [str(label) for label in table["label"]]
    if kind == "path":
        return [str(name) for name in table["object"]]
    cells = zip(table["value"], table["u_value"], table["unit"], strict=True)
    values = [
        "" if pd.isna(value) else f"{rounded(value, u, 4)[0]} {unit_text(unit)}"
        for value, u, unit in cells
    ]
    if kind == "sei" and "shell_px" in table:
        unknown = pd.Series(np.nan, index=table.index)
        u_ratio = table.get("u_t_over_r", unknown).where(table["shell_px"].notna())
        ratios = zip(values, table["t_over_r"], u_ratio, strict=True)
        return [
            text if pd.isna(u) else f"{text}, t/r {rounded(ratio, u)[0]}"
            for text, ratio, u in ratios
        ]
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
