"""Any delimited text with a header: layout, units and meaning from the content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.io.tables.found_table import (
    FoundTable,
    find_in_file,
    is_markup,
    preview_of,
)
from napari_insitu_tem.io.tables.mapping import remembered_mapping
from napari_insitu_tem.io.tables.preamble import find_start
from napari_insitu_tem.io.tables.set_quantities import with_set_quantities
from napari_insitu_tem.io.tables.table_checks import (
    need_two_rows,
    overload_notes,
    refuse_constant_time,
    refuse_no_record,
    rows_of_the_table,
)
from napari_insitu_tem.io.tables.table_layout import find_table
from napari_insitu_tem.io.text import decode, lines_of, looks_like_text
from napari_insitu_tem.io.traces.signals import Signals
from napari_insitu_tem.io.traces.table_under_header import convert_under
from napari_insitu_tem.model.column_mapping import ColumnMapping, TablePreview
from napari_insitu_tem.model.errors import NeedsMappingError
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace


def _sniff(looked: Probe) -> float:
    if looked.is_dir or not looks_like_text(looked.head):
        return 0.0
    text, _ = decode(looked.head)
    if is_markup(text):
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
    found = find_in_file(path, progress)
    mapping, note = _decide(found, mapping, path)
    signals, mapping = convert_under(found, mapping, path)
    refuse_constant_time(signals, path)
    keep, breaks, notes = rows_of_the_table(found.table, mapping, signals, path)
    columns = {name: np.asarray(v)[keep] for name, v in signals.columns.items()}
    need_two_rows(columns, found, path)
    notes += overload_notes(found.table)
    metadata = _start(found, mapping, signals)
    warnings = [*([note] if note else []), *found.notes, *signals.warnings, *notes]
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
    return preview_of(find_in_file(path, progress), path)


def _decide(
    found: FoundTable, mapping: ColumnMapping | None, path: Path
) -> tuple[ColumnMapping, str]:
    """The mapping to read by, and a sentence about it where there is one to say."""
    if mapping is not None:
        return mapping, ""
    remembered = remembered_mapping(found.layout.signature)
    if remembered is not None:
        return remembered, "Columns as chosen before for files of this layout."
    refuse_no_record(found, path)
    preview = preview_of(found, path)
    if preview.doubts:
        raise NeedsMappingError(
            f"{path.name}: it is not certain which column is what. "
            + " ".join(preview.doubts),
            preview=preview,
            path=path,
        )
    return with_set_quantities(found.table, preview.suggested)


def _start(
    found: FoundTable, mapping: ColumnMapping, signals: Signals
) -> dict[str, Any]:
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
    reads="any text table with a header, among them exports of Arbin, Neware, Basytec, "
    "Novonix, Landt, PEC, Digatron, Bitrode, Squidstat, Metrohm NOVA and Ivium: "
    "delimiter, decimal mark, marks between thousands, encoding, header, units, "
    "elapsed or absolute times found from the content; the sign of a current from the "
    "state beside it; asks where it is not certain",
    missing="several tables in one file; tables without times",
    sniff=_sniff,
    read=read,
)
