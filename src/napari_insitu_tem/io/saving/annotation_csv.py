"""Annotation tables as CSV: UTF-8, comma, point, one header line, no index.

Every value reads back equal. Files that a spreadsheet or another program has saved
again (semicolons, tabs, decimal commas, a byte order mark, CRLF, an index column) are
read too.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from napari_insitu_tem.io.probe import probe
from napari_insitu_tem.io.saving.atomic import write_text
from napari_insitu_tem.io.saving.csv_cells import (
    cell_text,
    guess_column,
    integer,
    number,
    plain_text,
    quoted,
)
from napari_insitu_tem.model.columns import (
    COMMON,
    DOSE_COLUMNS,
    KINDS,
    U_PICK,
    Column,
    typed,
)
from napari_insitu_tem.model.errors import MeasurementError, ReadError, SaveError
from napari_insitu_tem.model.geometry import Geometry

_FIRST = ("id", "kind")
_NEEDED = ("id", "kind", "object", "movie", "frame", "geometry")
_DELIMITERS = (",", ";", "\t")
_LONGEST_CELL = 2**31 - 1


def kind_of(table: pd.DataFrame) -> str:
    """The kind of a table: that of its rows; of an empty one, by its columns.

    Raises
    ------
    SaveError
        Its rows are of several kinds, or of none that is known.
    """
    kinds = list(dict.fromkeys(table["kind"])) if "kind" in table else []
    if not kinds:
        return _kind_by_columns(set(table.columns))
    if len(kinds) > 1 or kinds[0] not in KINDS:
        raise SaveError(
            f"A table holds rows of one kind; this one says {_listed(kinds)}.",
            hint=f"The kinds are {_listed(KINDS)}.",
        )
    return str(kinds[0])


def described(kind: str, names: Iterable[str]) -> tuple[Column, ...]:
    """All columns of a kind, and those of its options that are among the names."""
    there = set(names)
    options = (U_PICK, *KINDS[kind].options, *DOSE_COLUMNS)
    return (*KINDS[kind].all_columns, *(c for c in options if c.name in there))


def table_csv(table: pd.DataFrame) -> str:
    """Any table as CSV text; see `cell_text` for how values are written."""
    lines = [[quoted(cell_text(name)) for name in table.columns]]
    columns = [[quoted(cell_text(v)) for v in table[name]] for name in table.columns]
    lines += [list(row) for row in zip(*columns, strict=True)]
    return "".join(f"{','.join(line)}\n" for line in lines)


def annotations_csv(table: pd.DataFrame) -> str:
    """An annotation table as CSV text, every column of its kind in the set order."""
    return table_csv(typed(table, described(kind_of(table), table.columns)))


def write_annotations(path: Path, table: pd.DataFrame) -> Path:
    """Write an annotation table of one kind, whole or not at all.

    Raises
    ------
    SaveError
        It cannot be written; what was there is untouched.
    """
    return write_text(Path(path), annotations_csv(table))


def sniff_annotations(path: Path) -> bool:
    """Whether a file begins like an annotation table; never raises."""
    try:
        head = probe(path).head
        return _dialect(_decoded(head, Path(path), cut=True)) is not None
    except ReadError:
        return False


def read_annotations(path: Path) -> tuple[str, pd.DataFrame]:
    """Read an annotation table.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    kind
        Name of the kind of its rows.
    table
        Every column of the kind, typed and in order, then the unknown columns.

    Raises
    ------
    ReadError
        It is not such a table, or is damaged; names file, row and column. Rows are
        numbered as a spreadsheet shows them, the header being row 1.
    """
    path = Path(path)
    probe(path)
    text = _decoded(path.read_bytes(), path)
    delimiter = _dialect(text)
    if delimiter is None:
        raise ReadError(
            f"{path.name} is not an annotation table: its header does not begin with "
            f"{','.join(_FIRST)}.",
            hint="Choose a file that was exported or saved by this program.",
            path=path,
        )
    header, rows = _split(text, delimiter, path)
    _check_header(header, path)
    return _typed_table(header, rows, path, decimal_comma=delimiter == ";")


def _decoded(data: bytes, path: Path, *, cut: bool = False) -> str:
    """Text of a file by its byte order mark, UTF-8 without one."""
    utf16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if cut and error.start > len(data) - 4:
            return data[: error.start].decode("utf-16" if utf16 else "utf-8-sig")
        raise ReadError(
            f"{path.name} is not UTF-8 text (byte {error.start + 1} does not fit).",
            hint='Save it from the spreadsheet as "CSV UTF-8".',
            path=path,
        ) from error


def _dialect(text: str) -> str | None:
    """The delimiter with which the header reads `id,kind,...`; None for another file.

    A nameless column in front is the index that pandas and R like to add.
    """
    line = text[:2000].splitlines()[0] if text.strip() else ""
    for delimiter in _DELIMITERS:
        names = [name.strip().strip('"') for name in line.split(delimiter)]
        if tuple(names[:2]) == _FIRST or tuple(names[:3]) == ("", *_FIRST):
            return delimiter
    return None


def _split(
    text: str, delimiter: str, path: Path
) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Header and numbered rows; blank rows are left out."""
    if not text.endswith(("\n", "\r")):
        raise ReadError(
            f"{path.name} ends in the middle of a line: it is cut off.",
            hint="Fetch it again; if it is whole, end its last row with a new line.",
            path=path,
        )
    old = csv.field_size_limit(_LONGEST_CELL)
    try:
        lines = csv.reader(
            io.StringIO(text, newline=""), delimiter=delimiter, strict=True
        )
        rows = [(n, cells) for n, cells in enumerate(lines, 1) if any(cells)]
    except csv.Error as error:
        raise ReadError(
            f"{path.name} is damaged: a quote is opened and not closed ({error}).",
            hint="Fetch it again, or repair it in a spreadsheet.",
            path=path,
        ) from error
    finally:
        csv.field_size_limit(old)
    header = [plain_text(name.strip()) for name in rows[0][1]]
    if header[0] == "":
        header, rows = header[1:], [(n, cells[1:]) for n, cells in rows]
    return header, rows[1:]


def _check_header(header: list[str], path: Path) -> None:
    missing = [name for name in _NEEDED if name not in header]
    if missing:
        raise ReadError(f"{path.name}: the column {missing[0]} is missing.", path=path)
    twice = [name for name in header if header.count(name) > 1]
    if twice:
        raise ReadError(
            f"{path.name}: the column {twice[0] or '(nameless)'} is there twice.",
            path=path,
        )


def _typed_table(
    header: list[str],
    rows: list[tuple[int, list[str]]],
    path: Path,
    *,
    decimal_comma: bool,
) -> tuple[str, pd.DataFrame]:
    for line, cells in rows:
        if len(cells) != len(header):
            raise ReadError(
                f"{path.name}, row {line}: {len(cells)} cells under "
                f"{len(header)} column names; the row is damaged or cut off.",
                path=path,
            )
    at = [line for line, _ in rows]
    cells_of = {name: [c[i] for _, c in rows] for i, name in enumerate(header)}
    kind = _checked_kind(cells_of, at, path)
    known = {column.name: column for column in described(kind, header)}
    columns = {
        name: _column(known[name], cells, at, path, decimal_comma)
        if name in known
        else guess_column(cells)
        for name, cells in cells_of.items()
    }
    table = typed(pd.DataFrame(columns), known.values())
    _check_rows(table, at, path)
    return kind, table


def _checked_kind(cells_of: dict[str, list[str]], at: list[int], path: Path) -> str:
    """The kind of all rows."""
    kinds = cells_of["kind"]
    if not kinds:
        return _kind_by_columns(set(cells_of))
    for line, kind in zip(at, kinds, strict=True):
        if kind not in KINDS:
            _refuse(path, line, "kind", f"{kind!r} is none of {_listed(KINDS)}")
        if kind != kinds[0]:
            _refuse(path, line, "kind", f"{kind!r} differs from {kinds[0]!r} above")
    return kinds[0]


def _column(
    column: Column, cells: list[str], at: list[int], path: Path, decimal_comma: bool
) -> pd.Series:
    """Cells of a known column in its type."""
    if column.type == "string":
        return pd.Series([plain_text(cell) for cell in cells], dtype="str")
    parse: Callable[..., Any] = integer if column.type == "integer" else number
    comma = decimal_comma and not any("." in cell for cell in cells)
    values = []
    for line, cell in zip(at, cells, strict=True):
        try:
            values.append(parse(cell, decimal_comma=comma))
        except ValueError:
            what = "a whole number" if column.type == "integer" else "a number"
            _refuse(path, line, column.name, f"{cell!r} is not {what}")
    return pd.Series(values, dtype=column.dtype)


def _check_rows(table: pd.DataFrame, at: list[int], path: Path) -> None:
    """Ids that are there and differ, frames that are there, shapes that are known."""
    seen: dict[str, int] = {}
    own = "Give each row an id of its own."
    rows = zip(at, table["id"], table["frame"], table["geometry"], strict=True)
    for line, row_id, frame, shape in rows:
        if not row_id:
            _refuse(path, line, "id", "it is empty", own)
        if row_id in seen:
            _refuse(
                path, line, "id", f"{row_id!r} is the id of row {seen[row_id]} too", own
            )
        seen[row_id] = line
        if pd.isna(frame) or frame < 0:
            what = "it is empty" if pd.isna(frame) else f"{frame} is not a frame index"
            _refuse(path, line, "frame", what)
        try:
            Geometry.from_wkt(shape)
        except MeasurementError as error:
            _refuse(path, line, "geometry", error.message.rstrip("."))


def _refuse(path: Path, line: int, column: str, what: str, hint: str = "") -> NoReturn:
    raise ReadError(
        f"{path.name}, row {line}, column {column}: {what}.",
        hint=hint or "Correct the cell, or export the table again.",
        path=path,
    )


def _kind_by_columns(names: set[str]) -> str:
    """The kind with the most columns of its own among those that are all there."""
    common = {column.name for column in COMMON}
    fitting = [
        (len(kind.columns), name)
        for name, kind in KINDS.items()
        if set(kind.names) <= names | common
    ]
    return max(fitting)[1]


def _listed(names: Iterable[object]) -> str:
    return ", ".join(str(name) for name in names)
