"""Parquet tables, among them the Battery Data Format's (.bdf.parquet), by pyarrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.library_table import trace_of_table
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.traces.bdf import is_bdf
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

_MAGIC = b"PAR1"
_LARGEST = 2_000_000_000  # bytes of a table unpacked


def _sniff(looked: Probe) -> float:
    return 0.0 if looked.is_dir else float(looked.head.startswith(_MAGIC))


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a table with times; names and units as in delimited text.

    Parameters
    ----------
    mapping
        Which column is what, where the names do not say so.

    Raises
    ------
    ModuleNotFoundError
        The library is not installed; the registry names the extra.
    NeedsMappingError
        It is not certain which column is what.
    ReadError
        It holds no times, or is damaged.
    """
    progress(0, 2, "Reading the table")
    data = _load(path)
    progress(1, 2, "Reading the columns")
    names = [str(name) for name in data.columns]
    units = ["s" if kind.kind == "m" else "" for kind in data.dtypes]
    columns = {i: _plain(data.iloc[:, i]) for i in range(len(names))}
    return trace_of_table(
        RawTable.build(pd.DataFrame(columns), names, units),
        path,
        mapping=mapping,
        form="Battery Data Format" if is_bdf(names) else "Parquet",
        reader="pyarrow",
    )


def _load(path: Path) -> pd.DataFrame:
    """The columns of one value a row."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            about = file.metadata
            groups = (about.row_group(i) for i in range(about.num_row_groups))
            if sum(group.total_byte_size for group in groups) > _LARGEST:
                raise ValueError("it would be too large unpacked")
            flat = [
                field.name
                for field in file.schema_arrow
                if not pa.types.is_nested(field.type)
            ]
            table = file.read(columns=flat)
        data: pd.DataFrame = table.to_pandas(ignore_metadata=True)
    except Exception as error:  # noqa: BLE001 - whatever damage makes it raise
        why = str(error).strip().splitlines()[0][:160] if str(error).strip() else ""
        raise ReadError(
            f"{path.name} is a Parquet table that cannot be read: "
            f"{why.rstrip('.') or 'it is cut off or damaged'}.",
            hint="Copy or export it again.",
            path=path,
        ) from None
    return data


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """Numbers as numbers, moments as ISO text, durations as seconds."""
    kind = column.dtype.kind
    if isinstance(column.dtype, pd.DatetimeTZDtype) or kind == "M":
        zone = "+00:00" if isinstance(column.dtype, pd.DatetimeTZDtype) else ""
        moments = column.dt.tz_convert("UTC") if zone else column
        return pd.Series(moments.dt.strftime(f"%Y-%m-%d %H:%M:%S.%f{zone}"))
    if kind == "m":
        return pd.Series(column.dt.total_seconds())
    if kind in "fiub":
        return column
    return column.where(column.isna(), column.astype("str")).astype("object")


FORMAT = Format(
    name="Parquet",
    kind="trace",
    maker="any (Battery Data Format and others)",
    extensions=(".parquet",),
    library="pyarrow",
    extra="parquet",
    reads="columns of numbers, text, moments and durations; names and units as in "
    "delimited text, the labels and machine names of the Battery Data Format",
    missing="nested columns; folders of several files",
    sniff=_sniff,
    read=read,
)
