"""BioLogic EC-Lab and BT-Lab text exports (.mpt, .txt)."""

from __future__ import annotations

import re
from pathlib import Path

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.cut_rows import without_cut_row
from napari_insitu_tem.io.tables.number_columns import HEAD_BYTES, read_columns
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.table_layout import decimal_mark
from napari_insitu_tem.io.text import decode, lines_of
from napari_insitu_tem.io.traces.eclab_header import (
    MAGIC,
    EclabHeader,
    is_without_tabs,
    looks_like_columns,
    read_header,
)
from napari_insitu_tem.io.traces.eclab_signals import eclab_trace
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

#: Files that EC-Lab writes beside its records.
_COMPANION = re.compile(r"\s*[EB][CT]-lab (?P<what>setting|log) file", re.IGNORECASE)
_NO_RECORD = {
    "setting": "settings of a measurement",
    "log": "the log of a measurement",
}


def _sniff(looked: Probe) -> float:
    if looked.is_dir:
        return 0.0
    text, _ = decode(looked.head)
    lines = lines_of(text)
    if any(lines[0].strip().lower().startswith(magic) for magic in MAGIC):
        return 0.2 if is_without_tabs(lines) else 1.0
    if _COMPANION.match(lines[0]):
        return 1.0
    return 0.9 if any(looks_like_columns(line) for line in lines[:3]) else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read an EC-Lab text file.

    Parameters
    ----------
    mapping
        Other columns than those that EC-Lab's names say.

    Raises
    ------
    ReadError
        No table, an impedance spectrum without times, or times that run backwards.
    """
    header, table, notes = _read_table(path, progress)
    return eclab_trace(
        header, table, notes, path, mapping=mapping, form="EC-Lab text", reader="eclab"
    )


def _read_table(
    path: Path, progress: Progress
) -> tuple[EclabHeader, RawTable, list[str]]:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text, encoding = decode(head)
    lines = lines_of(text)
    header = read_header(lines)
    if companion := _COMPANION.match(lines[0]):
        what = _NO_RECORD[companion["what"].lower()]
        raise ReadError(
            f"{path.name} holds {what} by EC-Lab, not what was measured.",
            hint="Open the .mpt or .mpr file beside it.",
            path=path,
        )
    if header is None:
        raise ReadError(
            f"{path.name} begins like an EC-Lab file but has no table of columns.",
            hint="Export it again from EC-Lab as text, with the names of the columns.",
            path=path,
        )
    first = header.columns_line + 1
    rows = [line.split("\t") for line in lines[first : first + 50]]
    decimal = decimal_mark(rows)
    data = read_columns(
        path,
        first,
        encoding=encoding,
        delimiter="\t",
        decimal=decimal,
        width=max([len(header.columns), *(len(row) for row in rows)]),
        progress=progress,
    )
    names = sum(bool(name.strip()) for name in header.columns)
    data, notes = without_cut_row(data, path, encoding, "\t", names)
    return header, RawTable.build(data, header.columns, decimal=decimal), notes


FORMAT = Format(
    name="EC-Lab text",
    kind="trace",
    maker="BioLogic",
    extensions=(".mpt", ".txt"),
    library="",
    reads="potential, current, charge, cycle, step, loops, start, technique, reference "
    "electrode; any of its headers, decimal comma or point",
    missing="the settings of the technique are kept as text only",
    sniff=_sniff,
    read=read,
)
