"""Battery Data Format (.bdf.csv), read and written; labels of its ontology 1.3.0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.saving.atomic import write_text
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces import delimited
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

ONTOLOGY = "1.3.0"
#: The three columns that the format asks for, by label and by machine name.
REQUIRED = ("Test Time / s", "Voltage / V", "Current / A")
_MACHINE = ("test_time_second", "voltage_volt", "current_ampere")


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head[:8192])
    cells = (cell.strip().strip('"') for cell in lines_of(text)[0].split(","))
    return float(is_bdf(cells))


def is_bdf(names: Iterable[str]) -> bool:
    """Whether the names of columns are those of the format."""
    known = set(names)
    return known >= set(REQUIRED) or known >= set(_MACHINE)


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a file of the format; charging current is positive.

    Parameters
    ----------
    mapping
        Other columns than those that the labels say.

    Raises
    ------
    ReadError
        It holds no rows, or its times run backwards.
    """
    trace = delimited.read(path, mapping=mapping, progress=progress)
    return replace(trace, format="Battery Data Format", reader="bdf")


def write_bdf(path: Path, trace: Trace) -> Path:
    """Write a trace in the format.

    The potential is written as the voltage, as the format's own converters do; what it
    is measured against is not part of the file. A quantity without a label in the
    format keeps its name and is marked by it: `Charge / C`.

    Parameters
    ----------
    path
        Should end in `.bdf.csv`.

    Returns
    -------
    The file.

    Raises
    ------
    SaveError
        It cannot be written; what was there is untouched.
    """
    table = bdf_table(trace)
    return write_text(path, table.to_csv(index=False, lineterminator="\n"))


def bdf_table(trace: Trace) -> pd.DataFrame:
    """The columns of a trace under the labels of the format.

    Returns
    -------
    pandas.DataFrame
        `Test Time / s`, `Voltage / V` and `Current / A` always (empty where the trace
        has none); `Unix Time / s` where the start is known with its zone; cycle, a
        count of steps that never repeats, the instrument's own number of the step, net
        capacity and charge where the trace has them.
    """
    columns: dict[str, Any] = {
        REQUIRED[0]: trace.time_ns / 1e9,
        REQUIRED[1]: trace.values("potential_V"),
        REQUIRED[2]: trace.values("current_A"),
    }
    if trace.stamp is not None and not trace.stamp.is_naive:
        started = trace.stamp.when.timestamp()
        columns["Unix Time / s"] = started + trace.time_ns / 1e9
    if trace.has("cycle"):
        columns["Cycle Count / 1"] = _whole(trace.values("cycle"))
    if trace.has("step"):
        step = trace.values("step")
        changed = (step[1:] != step[:-1]) & ~(np.isnan(step[1:]) & np.isnan(step[:-1]))
        columns["Step Count / 1"] = np.concatenate([[1], 1 + np.cumsum(changed)])
        columns["Step ID"] = _whole(step)
    if trace.has("charge_C"):
        columns["Net Capacity / Ah"] = trace.values("charge_C") / 3600
        columns["Charge / C"] = trace.values("charge_C")
    if trace.has("temperature_degC"):
        columns["Temperature T1 / degC"] = trace.values("temperature_degC")
    return pd.DataFrame(columns)


def _whole(values: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Whole numbers, empty where there is none."""
    return pd.array(np.rint(values), dtype="Float64").astype("Int64")


FORMAT = Format(
    name="Battery Data Format",
    kind="trace",
    maker="Battery Data Alliance",
    extensions=(".csv",),
    library="",
    reads="the columns with their preferred labels or machine names; written as well",
    missing="the reference of a potential, for which it has no term; `.bdf.parquet` is "
    "read under Parquet and not written",
    sniff=_sniff,
    read=read,
)
