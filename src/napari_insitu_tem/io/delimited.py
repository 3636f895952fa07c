"""Any delimited text with a header: layout, units and meaning from the content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.mapping import remembered_mapping
from napari_insitu_tem.io.number_columns import (
    HEAD_BYTES,
    read_columns,
    without_cut_row,
)
from napari_insitu_tem.io.preamble import find_start
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.raw_table import RawTable
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.signals import Signals, convert
from napari_insitu_tem.io.suggestion import is_impedance, suggest
from napari_insitu_tem.io.table_layout import TableLayout, find_table, is_header
from napari_insitu_tem.io.text import (
    Encoding,
    decode,
    lines_of,
    looks_like_text,
)
from napari_insitu_tem.model.column_mapping import ColumnMapping, TablePreview
from napari_insitu_tem.model.errors import NeedsMappingError, ReadError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

BoolArray = NDArray[np.bool_]

_PREVIEW_ROWS = 20
_LOOKED_AT = 1000
_MARKUP = re.compile(r"^\s*(?:<|\{|\[\s*[\[{\"\d])")
#: (what stands above the table, what is to be known about such files)
_CAVEATS: tuple[tuple[re.Pattern[str], str], ...] = (
    (
        re.compile(r"Instrument Model:\s*CHI", re.IGNORECASE),
        "CH Instruments files do not say which sign a cathodic current has; check it, "
        "and change the sign if it is positive.",
    ),
)


@dataclass(frozen=True)
class _Found:
    """A table, where it stands and what stands above it."""

    layout: TableLayout
    encoding: Encoding
    above: tuple[str, ...]
    table: RawTable
    notes: tuple[str, ...]


def _sniff(looked: Probe) -> float:
    if looked.is_dir or not looks_like_text(looked.head):
        return 0.0
    text, _ = decode(looked.head)
    if _MARKUP.match(text):
        return 0.0
    return 0.3 if find_table(lines_of(text)) is not None else 0.0


def read(
    path: Path,
    *,
    mapping: ColumnMapping | None = None,
    progress: Progress = no_progress,
) -> Trace:
    """Read a delimited text.

    Parameters
    ----------
    mapping
        Which column is what. Without it an answer remembered for the layout is taken,
        else what names and units say, if they leave no doubt.

    Raises
    ------
    NeedsMappingError
        Something is not certain; the error carries the preview to ask on.
    ReadError
        There is no table, no time in it, or its rows are not of one kind.
    """
    found = _find(path, progress)
    mapping, note = _decide(found, mapping, path)
    signals = convert(found.table, mapping, path)
    _refuse_constant(signals, path)
    keep, breaks, notes = _own_rows(found.table, mapping, signals, path)
    columns = {name: np.asarray(v)[keep] for name, v in signals.columns.items()}
    _need_two(columns, found, path, notes)
    metadata = _start(found, mapping, signals)
    warnings = [*([note] if note else []), *found.notes, *signals.warnings, *notes]
    warnings.extend(text for sign, text in _CAVEATS if sign.search(_joined(found)))
    return Trace.from_columns(
        columns,
        name=path.stem,
        breaks=breaks[keep],
        stamp=signals.stamp,
        path=path,
        warnings=warnings,
        reference=signals.reference,
        format="Delimited text",
        reader="delimited",
        metadata=metadata,
    )


def preview_table(path: Path, *, progress: Progress = no_progress) -> TablePreview:
    """How a text table would be read, to confirm or correct.

    Raises
    ------
    ReadError
        There is no table.
    """
    return _preview(_find(path, progress), path)


def _find(path: Path, progress: Progress) -> _Found:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text, encoding = decode(head)
    lines = lines_of(text)
    if len(head) == HEAD_BYTES:
        lines = lines[:-1]  # cut off in the middle
    layout = find_table(lines) if not _MARKUP.match(text) else None
    if layout is None:
        raise ReadError(
            f"{path.name} holds no rows of numbers under a header.",
            hint="Open the exported record of the measurement.",
            path=path,
        )
    if layout.comma_means_both:
        raise ReadError(
            f"{path.name} uses commas between its columns and inside its numbers.",
            hint="Export it with another separator or with a decimal point.",
            path=path,
        )
    data = read_columns(
        path,
        layout.first_row,
        encoding=encoding,
        delimiter=layout.delimiter,
        decimal=layout.decimal,
        width=layout.width,
        quoted=layout.quoted,
        progress=progress,
    )
    data, notes = without_cut_row(data, path, encoding, layout.delimiter)
    table = RawTable.build(data, layout.header, layout.units, layout.decimal)
    above = lines[: layout.header_line if layout.header_line >= 0 else layout.first_row]
    return _Found(layout, encoding, tuple(above), table, tuple(notes))


def _refuse(found: _Found, path: Path) -> None:
    """Files of which it is certain that they are no record."""
    table, layout = found.table, found.layout
    if layout.stacked and _has_sparse_column(table):
        raise ReadError(
            f"{path.name} has rows of several kinds under several headers, one inside "
            "the other.",
            hint="Export the record alone (one row a point, one header), without the "
            "rows of cycles and steps.",
            path=path,
        )
    suggested, _ = suggest(table)
    if _has_second_header(table, suggested):
        raise ReadError(
            f"{path.name} holds several tables, one below the other.",
            hint="Export each measurement to a file of its own.",
            path=path,
        )
    if is_impedance(table) and not {"time_s", "potential_V"} <= set(suggested.columns):
        raise ReadError(
            f"{path.name} is an impedance spectrum, not a record against time.",
            hint="Open the record of the step before or after it.",
            path=path,
        )
    if "time_s" not in suggested.columns:
        raise ReadError(
            f"{path.name} has no times: no column is named as a time, and none could "
            "be one.",
            hint=_hint_for_no_time(found),
            path=path,
        )


def _has_sparse_column(table: RawTable) -> bool:
    """A column without a name that is filled in some rows only."""
    for index, label in enumerate(table.labels):
        if not label.text and len(table):
            share = float(table.column(index).notna().mean())
            if 0.0 < share < 0.5:
                return True
    return False


def _has_second_header(table: RawTable, mapping: ColumnMapping) -> bool:
    """A line of names between the rows."""
    choice = mapping.columns.get("time_s")
    index = None if choice is None else table.find(choice.column)
    if index is None or table.kind(index) != "number" or not table.spoiled(index):
        return False
    known = np.isfinite(table.numbers(index))
    missing = np.flatnonzero(~known[: int(np.flatnonzero(known)[-1])])
    rows = table.data.iloc[missing[:_LOOKED_AT]]
    return any(
        is_header(["" if cell != cell else str(cell) for cell in row])
        for row in rows.itertuples(index=False)
    )


def _hint_for_no_time(found: _Found) -> str:
    if re.search(r"scan rate", _joined(found), re.IGNORECASE):
        return (
            "It gives a scan rate only, from which the pauses are not known; export it "
            "again with the time."
        )
    return "Export it again with the time."


def _joined(found: _Found) -> str:
    return "\n".join(found.above[:200])


def _decide(
    found: _Found, mapping: ColumnMapping | None, path: Path
) -> tuple[ColumnMapping, str]:
    """The mapping to read by, and a sentence where it was remembered."""
    if mapping is not None:
        return mapping, ""
    remembered = remembered_mapping(found.layout.signature)
    if remembered is not None:
        return remembered, "Columns as chosen before for files of this layout."
    _refuse(found, path)
    preview = _preview(found, path)
    if preview.doubts:
        raise NeedsMappingError(
            f"{path.name}: it is not certain which column is what. "
            + " ".join(preview.doubts),
            preview=preview,
            path=path,
        )
    return preview.suggested, ""


def _preview(found: _Found, path: Path) -> TablePreview:
    table, layout = found.table, found.layout
    suggested, doubts = suggest(table)
    extra = []
    if layout.header_line < 0:
        extra.append("The table has no header.")
    if layout.stacked:
        extra.append("The line above the header holds names as well.")
    rows = tuple(
        tuple(row[i] if i < len(row) else "" for i in table.positions)
        for row in layout.sample[:_PREVIEW_ROWS]
    )
    return TablePreview(
        path=path,
        columns=table.keys,
        units=tuple(label.unit for label in table.labels),
        rows=rows,
        suggested=suggested,
        doubts=(*extra, *doubts),
        signature=layout.signature,
        layout=f"{layout.describe()}, {found.encoding.name}",
    )


def _refuse_constant(signals: Signals, path: Path) -> None:
    """A time that stands still is none."""
    time_s = np.asarray(signals.columns["time_s"], np.float64)
    known = time_s[np.isfinite(time_s)]
    if known.size > 1 and np.ptp(known) == 0.0:
        raise ReadError(
            f"{path.name}: the column taken as the time has the same value in every "
            "row.",
            hint="Choose another column as the time.",
            path=path,
        )


def _own_rows(
    table: RawTable, mapping: ColumnMapping, signals: Signals, path: Path
) -> tuple[BoolArray, BoolArray, list[str]]:
    """The rows of the table, without a foot and a few rows of another kind.

    Returns
    -------
    keep
        (N,) rows with a time.
    breaks
        (N,) rows that follow a row of another kind.
    notes
        Sentences about what was left out.
    """
    time_s = np.asarray(signals.columns["time_s"], np.float64)
    keep = np.isfinite(time_s)
    breaks = np.zeros(keep.size, bool)
    last = int(np.flatnonzero(keep)[-1]) if keep.any() else -1
    inside = np.flatnonzero(~keep[: last + 1])
    if inside.size > max(3, 0.005 * keep.size):
        column = mapping.columns["time_s"].column
        raise ReadError(
            f"{path.name}: {inside.size} rows between the others have no time in "
            f"{column!r}; the file seems to hold tables of several kinds.",
            hint="Export each table to a file of its own.",
            path=path,
        )
    notes = []
    if inside.size:
        notes.append(f"{inside.size} rows without a time were left out.")
        breaks[np.minimum(inside + 1, keep.size - 1)] = True
    below = table.data.iloc[last + 1 :]
    foot = int(below.notna().any(axis=1).sum())
    if foot and last >= 0:
        notes.append(f"{foot} lines below the table were left out.")
    return keep, breaks, notes


def _need_two(
    columns: dict[str, Any], found: _Found, path: Path, notes: list[str]
) -> None:
    rows = len(columns["time_s"])
    if not found.layout.sample:
        notes.append("The file holds a header and no rows.")
    elif rows < 2:
        raise ReadError(
            f"{path.name} holds {rows} rows with a time; a record needs two.",
            hint="Choose another column as the time, or export the file again.",
            path=path,
        )


def _start(found: _Found, mapping: ColumnMapping, signals: Signals) -> dict[str, Any]:
    """Metadata; the start from the lines above if no column gave it."""
    metadata: dict[str, Any] = {
        "layout": f"{found.layout.describe()}, {found.encoding.name}",
        "columns": mapping.as_dict()["columns"],
        "mapping": mapping.as_dict(),  # a saved experiment reads by it again
        "header": [line[:300] for line in found.above[:200]],
    }
    if signals.stamp is None:
        start = find_start(
            found.above, decimal=found.layout.decimal, order=mapping.date_order
        )
        signals.stamp, signals.readings = start.stamp, start.readings
        signals.warnings.extend(start.doubts)
    if signals.readings:
        metadata["start_readings"] = list(signals.readings)
    return metadata


FORMAT = Format(
    name="Delimited text",
    kind="trace",
    maker="any",
    extensions=(".csv", ".txt", ".tsv", ".dat", ".asc"),
    library="",
    reads="any text table with a header: delimiter, decimal mark, encoding, header, "
    "units, elapsed or absolute times found from the content; asks where it is not "
    "certain",
    missing="several tables in one file; tables without times",
    sniff=_sniff,
    read=read,
)
