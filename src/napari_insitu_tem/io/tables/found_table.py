"""A table found in a text file, with what stands above it, before it has a meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from napari_insitu_tem.io.tables.cut_rows import without_cut_row
from napari_insitu_tem.io.tables.number_columns import (
    HEAD_BYTES,
    read_columns,
    read_lines,
)
from napari_insitu_tem.io.tables.raw_table import RawTable
from napari_insitu_tem.io.tables.split_words import join_columns, unwrapped
from napari_insitu_tem.io.tables.suggestion import suggest
from napari_insitu_tem.io.tables.table_layout import TableLayout, find_table
from napari_insitu_tem.io.text import Encoding, decode, lines_of
from napari_insitu_tem.model.column_mapping import TablePreview
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress

_PREVIEW_ROWS = 20
_MARKUP = re.compile(r"^\s*(?:<|\{|\[\s*[\[{\"\d])")


def is_markup(text: str) -> bool:
    """Whether a text is XML or JSON rather than a table."""
    return _MARKUP.match(text) is not None


@dataclass(frozen=True)
class FoundTable:
    """A table, where it stands and what stands above it."""

    layout: TableLayout
    encoding: Encoding
    above: tuple[str, ...]
    table: RawTable
    notes: tuple[str, ...]

    @property
    def header_text(self) -> str:
        """The lines above the table as one text."""
        return "\n".join(self.above[:200])


def find_in_file(path: Path, progress: Progress) -> FoundTable:
    """Find the table of a file and read its columns.

    Raises
    ------
    ReadError
        There is none, or its commas mean two things.
    """
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    text, encoding = decode(head)
    lines = lines_of(text)
    if len(head) == HEAD_BYTES:
        lines = lines[:-1]  # cut off in the middle
    layout = find_table(lines) if not is_markup(text) else None
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
    data = _data(path, layout, encoding, progress)
    data, notes = without_cut_row(data, path, encoding, layout.delimiter)
    table = RawTable.build(data, layout.header, layout.units, layout.decimal)
    above = lines[: layout.header_line if layout.header_line >= 0 else layout.first_row]
    return FoundTable(layout, encoding, tuple(above), table, tuple(notes))


def _data(
    path: Path, layout: TableLayout, encoding: Encoding, progress: Progress
) -> pd.DataFrame:
    """Every row, cell by cell."""
    if layout.wrapped:
        text, _ = decode(path.read_bytes())
        rows = [unwrapped(line) for line in lines_of(text)[layout.first_row :]]
        return read_lines(
            rows,
            name=path.name,
            delimiter=layout.delimiter,
            decimal=layout.decimal,
            quoted=layout.quoted,
        )
    data = read_columns(
        path,
        layout.first_row,
        encoding=encoding,
        delimiter=layout.delimiter,
        decimal=layout.decimal,
        width=layout.width + sum(count - 1 for _, count in layout.joined),
        quoted=layout.quoted,
        progress=progress,
    )
    return join_columns(data, layout.joined)


def preview_of(found: FoundTable, path: Path) -> TablePreview:
    """What a user is asked on, with the best guess and the doubts in it."""
    table, layout = found.table, found.layout
    suggested, doubts = suggest(table)
    extra = []
    if layout.header_line < 0:
        extra.append("The table has no header.")
    if layout.loose:
        extra.append(
            f"The header has {len(layout.header)} words and most rows have "
            f"{len(layout.sample[0]) if layout.sample else 0} cells."
        )
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
