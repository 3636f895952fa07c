"""A trace from a table that a library took out of a file, asked about as text is."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from napari_insitu_tem.io.tables.mapping import remembered_mapping
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.suggestion import is_impedance, suggest
from napari_insitu_tem.io.tables.table_checks import refuse_constant_time
from napari_insitu_tem.io.traces.signals import convert
from napari_insitu_tem.model.column_mapping import ColumnMapping, TablePreview
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

_PREVIEW_ROWS = 20


def trace_of_table(
    table: RawTable,
    path: Path,
    *,
    mapping: ColumnMapping | None,
    form: str,
    reader: str,
    notes: Sequence[str] = (),
    stamp: StartStamp | None = None,
    technique: str = "",
    metadata: Mapping[str, Any] | None = None,
) -> Trace:
    """Give the columns their meaning, or ask.

    Parameters
    ----------
    stamp
        Of time zero, where the file gives one beside the table; it goes before one
        found in a column.

    Raises
    ------
    NeedsMappingError
        Something is not certain; the error carries the preview to ask on.
    ReadError
        The table has no times.
    """
    notes = list(notes)
    chosen = _decide(table, path, mapping, notes)
    signals = convert(table, chosen, path)
    refuse_constant_time(signals, path)
    about: dict[str, Any] = {**(metadata or {}), "mapping": chosen.as_dict()}
    if signals.readings and stamp is None:
        about["start_readings"] = list(signals.readings)
    return Trace.from_columns(
        signals.columns,
        name=path.stem,
        stamp=stamp or signals.stamp,
        path=path,
        warnings=[*notes, *signals.warnings],
        technique=technique,
        reference=signals.reference,
        format=form,
        reader=reader,
        metadata=about,
    )


def _decide(
    table: RawTable, path: Path, mapping: ColumnMapping | None, notes: list[str]
) -> ColumnMapping:
    if mapping is not None:
        return mapping
    signature = hashlib.sha256("\n".join(table.keys).encode()).hexdigest()[:32]
    remembered = remembered_mapping(signature)
    if remembered is not None:
        notes.append("Columns as chosen before for files of this layout.")
        return remembered
    suggested, doubts = suggest(table)
    if "time_s" not in suggested.columns or is_impedance(table):
        raise ReadError(
            f"{path.name} holds a table without times, which cannot be shown against "
            "time.",
            hint="Export the record with its times.",
            path=path,
        )
    if doubts:
        preview = TablePreview(
            path=path,
            columns=table.keys,
            units=tuple(label.unit for label in table.labels),
            rows=_rows(table.data),
            suggested=suggested,
            doubts=doubts,
            signature=signature,
            layout="table",
        )
        raise NeedsMappingError(
            f"{path.name}: it is not certain which column is what. {' '.join(doubts)}",
            preview=preview,
            path=path,
        )
    return suggested


def _rows(data: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    head = data.head(_PREVIEW_ROWS).astype("object")
    return tuple(
        tuple("" if pd.isna(cell) else str(cell) for cell in row)
        for row in head.itertuples(index=False, name=None)
    )
