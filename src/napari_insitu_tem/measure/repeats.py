"""Repeated measurements of one thing in one frame: their scatter and their mean."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

#: From this number of repeats on, their scatter replaces the stated uncertainty.
ENOUGH = 3

#: What tells one thing from another, by kind.
SAME_THING = {
    "expansion": ("movie", "object", "quantity", "frame"),
    "front": ("movie", "object", "path", "front", "frame"),
    "sei": ("movie", "object", "frame"),
}


def scatter_of_repeats(
    values: FloatArray,
    u_values: FloatArray,
    group: NDArray[np.intp],
    may_change: NDArray[np.bool_],
) -> FloatArray:
    """Standard uncertainties with those of repeats replaced by their scatter.

    Parameters
    ----------
    values, u_values
        (N,) values and their stated uncertainties by placing.
    group
        (N,) number of the group that repeats one measurement, from 0.
    may_change
        (N,) False for values with an uncertainty of their own (a fitted edge); they
        neither count as repeats nor change.

    Returns
    -------
    (N,)
        The sample standard deviation of a single value where its group has at least
        three; the stated one otherwise, and where the repeats are exactly equal (the
        same shape copied tells nothing of the scatter).

    Notes
    -----
    Type A evaluation of a standard uncertainty, JCGM 100:2008 (GUM), section 4.2. The
    mean of n repeats then has the uncertainty ``SD / sqrt(n)``. With three repeats the
    SD is itself known to about 50 %.
    """
    result = u_values.copy()
    used = may_change & np.isfinite(values)
    if not used.any():
        return result
    size = int(group.max()) + 1
    count = np.bincount(group[used], minlength=size).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(group[used], weights=values[used], minlength=size) / count
        away = (values - mean[group])[used]
        square = np.bincount(group[used], weights=away**2, minlength=size)
        spread = np.sqrt(square / (count - 1))[group]
        tells = spread > 1e-12 * np.abs(mean[group])
    replace = used & (count[group] >= ENOUGH) & tells
    result[replace] = spread[replace]
    return result


def mean_of_repeats(table: pd.DataFrame, u_relative: float = 0.0) -> pd.DataFrame:
    """One row a thing and frame: the mean of its repeats.

    Parameters
    ----------
    table
        A table of kind expansion, front or sei.
    u_relative
        Relative standard uncertainty of the pixel size contained in `u_value`; it is
        common to the repeats and does not become smaller by averaging.

    Returns
    -------
    DataFrame
        What tells the things apart, `time_s`, `potential_V`, `charge_C`, `value`,
        `unit`, `u_value`, `n`, in the order of first appearance.

    Notes
    -----
    ``u(mean)**2 = sum(u_i**2) / n**2`` of the placing, plus the common part.
    """
    kind = str(table["kind"].iloc[0]) if len(table) else "expansion"
    keys = [key for key in SAME_THING[kind] if key in table]
    there = table[table["value"].notna()].copy()
    power = there["unit"].str[2:].replace("", "1").astype(float)
    common = (u_relative * power * there["value"]) ** 2
    there["_placing"] = np.maximum(there["u_value"] ** 2 - common, 0.0)
    groups = there.groupby(keys, sort=False, dropna=False)
    first = ["time_s", "potential_V", "charge_C", "unit"]
    out = groups[first].first()
    out["n"] = groups.size()
    out["value"] = groups["value"].mean()
    common = u_relative * groups["unit"].first().str[2:].replace("", "1").astype(float)
    placing = np.sqrt(groups["_placing"].sum()) / out["n"]
    out["u_value"] = np.hypot(placing, common * out["value"])
    return out.reset_index()[[*keys, *first[:3], "value", "unit", "u_value", "n"]]
