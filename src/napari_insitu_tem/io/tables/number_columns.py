"""Columns of numbers from delimited text, fast, in either decimal mark."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_bool_dtype, is_numeric_dtype

from napari_insitu_tem.io.text import Encoding, decode, lines_of, offset_of_line
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress

FloatArray = NDArray[np.float64]

#: Header and first rows stand within these bytes.
HEAD_BYTES = 2**20
#: Files above this size are read in pieces and report where they are.
PIECEWISE_BYTES = 32 * 2**20
_ROWS_A_PIECE = 250_000
_NUMBER = re.compile(r"^[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eEdD][+-]?\d+)?$")
#: Instruments write 9.9E37 where a reading is too large, and 9.91E37 where it is none.
_OVERFLOW = 9.8e37
#: The exponent of a number in double precision, as Fortran writes it.
_FORTRAN = re.compile(r"(?<=[\d.,])[dD](?=[+-]?\d+$)")
#: The minus of typesetters, which some programs write.
_MINUS = "\u2212"
#: With marks between thousands, so that no other reading is left: 1,499.5 or 1,234,567.
_GROUPED = {
    mark: re.compile(
        rf"^[+-]?\d{{1,3}}(?:(?:{group}\d{{3}})+{mark}\d+|(?:{group}\d{{3}}){{2,}})$"
    )
    for mark, group in (("\\.", ","), (",", "\\."))
}
_NOTHING = frozenset(
    ("", "nan", "n/a", "na", "null", "none", "-", "--", "---", "1.#qnan", "-1.#ind",
     "1.#ind", "#n/a", "-nan", "-nan(ind)")
)  # fmt: skip


def is_number(cell: str) -> bool:
    """Whether a cell is a number in either decimal mark."""
    cell = cell.strip().replace(_MINUS, "-")
    return _NUMBER.match(cell) is not None or bool(grouped_mark(cell))


def grouped_mark(cell: str) -> str:
    """The decimal mark that a number with groups of thousands shows, else empty."""
    for mark, pattern in _GROUPED.items():
        if pattern.match(cell.strip()):
            return mark[-1]
    return ""


def is_nothing(cell: str) -> bool:
    """Whether a cell stands for a value that is not there."""
    return cell.strip().lower() in _NOTHING


def read_columns(
    path: Path,
    first_line: int,
    *,
    encoding: Encoding,
    delimiter: str,
    decimal: str = ".",
    width: int,
    quoted: bool = False,
    progress: Progress = no_progress,
) -> pd.DataFrame:
    """Every row from a line of the file to its end.

    Parameters
    ----------
    first_line
        Line of the first row, from 0, within the first mebibyte.
    delimiter
        One character; a space stands for any run of white space.
    width
        Columns at least; wider rows make more, narrower ones are filled up.

    Returns
    -------
    DataFrame
        Columns 0, 1, ...; numbers where a whole column is numbers, else text.

    Raises
    ------
    ReadError
        A line has very many more cells than the others.
    """
    if encoding.is_wide:
        text, _ = decode(path.read_bytes())
        rows = lines_of(text)[first_line:]
        options = {"delimiter": delimiter, "decimal": decimal}
        return read_lines(rows, name=path.name, quoted=quoted, **options)
    with path.open("rb") as file:
        offset = offset_of_line(file.read(HEAD_BYTES)[encoding.skip :], first_line)
        offset += encoding.skip
        size = path.stat().st_size
        large = size - offset > PIECEWISE_BYTES
        report = progress if large else no_progress

        def attempt(width: int, quoted: bool) -> pd.DataFrame:
            file.seek(offset)
            options = (encoding.name, delimiter, decimal, width, quoted)
            return _read(file, *options, report, size, large)

        try:
            return attempt(width, quoted)
        except pd.errors.ParserError:  # a row is wider than those seen so far
            file.seek(offset)
            return _attempts(
                attempt, _checked(path.name, _widest(file, delimiter), width), quoted
            )


def _attempts(
    attempt: Callable[[int, bool], pd.DataFrame], width: int, quoted: bool
) -> pd.DataFrame:
    """With quotation marks if there are any; without, where one lacks its second."""
    if quoted:
        try:
            return attempt(width, True)
        except pd.errors.ParserError:
            pass
    return attempt(width, False)


def _checked(name: str, widest: int, usual: int) -> int:
    """The number of columns, unless one line would blow up the table.

    Raises
    ------
    ReadError
        A line has very many more cells than the others.
    """
    if widest > max(4 * usual, usual + 100):
        raise ReadError(
            f"{name}: a line of the table has {widest} cells, the others have {usual}.",
            hint="The file is damaged; copy or export it again.",
        )
    return max(widest, usual)


def read_lines(
    lines: Sequence[str],
    *,
    name: str,
    delimiter: str,
    decimal: str = ".",
    quoted: bool = False,
) -> pd.DataFrame:
    """Rows that are already lines of text of the file `name`; see `read_columns`."""
    data = io.BytesIO("\n".join(lines).encode("utf-8", "replace"))
    usual = _widest(io.BytesIO("\n".join(lines[:50]).encode("utf-8")), delimiter)
    width = _checked(name, _widest(data, delimiter), usual)

    def attempt(width: int, quoted: bool) -> pd.DataFrame:
        data.seek(0)
        return _read(data, "utf-8", delimiter, decimal, width, quoted)

    return _attempts(attempt, width, quoted)


def _read(
    file: IO[bytes],
    encoding: str,
    delimiter: str,
    decimal: str,
    width: int,
    quoted: bool,
    progress: Progress = no_progress,
    size: int = 0,
    piecewise: bool = False,
) -> pd.DataFrame:
    options: dict[str, Any] = {
        "sep": r"\s+" if delimiter == " " else delimiter,
        "decimal": decimal,
        "header": None,
        "names": range(width),
        "index_col": False,
        "encoding": encoding,
        "encoding_errors": "replace",
        "quoting": csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        "skipinitialspace": True,
        "engine": "c",
        "on_bad_lines": "error",
    }
    try:
        if not piecewise:
            table: pd.DataFrame = pd.read_csv(file, low_memory=False, **options)
            return table
        pieces = list(_pieces(file, options, progress, size))
    except pd.errors.EmptyDataError:
        return pd.DataFrame(columns=range(width), dtype=float)
    return pd.concat(pieces, ignore_index=True)


def _pieces(
    file: IO[bytes], options: dict[str, Any], progress: Progress, size: int
) -> Iterator[pd.DataFrame]:
    with pd.read_csv(file, chunksize=_ROWS_A_PIECE, **options) as reader:
        for piece in reader:
            done = min(file.tell(), size)
            progress(done, size, "Reading the table")
            yield piece


def _widest(file: IO[bytes], delimiter: str) -> int:
    if delimiter == " ":
        return max((len(line.split()) for line in file), default=1)
    mark = delimiter.encode()
    return 1 + max((line.count(mark) for line in file), default=0)


def to_numbers(column: pd.Series[Any], decimal: str = ".") -> tuple[FloatArray, int]:
    """A column as float, NaN where there is none.

    Returns
    -------
    values
        (N,) float.
    spoiled
        Number of cells that hold something else than a number or nothing.
    """
    if is_bool_dtype(column):
        return np.full(len(column), math.nan), len(column)
    if is_numeric_dtype(column):
        return _finite(column.to_numpy(dtype=np.float64, na_value=math.nan), None)
    text = column.astype("str").str.strip()
    empty = column.isna() | text.str.lower().isin(_NOTHING)
    text = _without_groups(text.str.replace(_MINUS, "-", regex=False), decimal)
    if text.str.contains(_FORTRAN).any():
        text = text.str.replace(_FORTRAN, "e", regex=True)
    wrong = text.str.contains("." if decimal == "," else ",", regex=False)
    plain = text.str.replace(decimal, ".", regex=False)
    values = pd.to_numeric(plain.where(~(empty | wrong)), errors="coerce")
    result = values.to_numpy(dtype=np.float64, na_value=math.nan).copy()
    if column.dtype == object:  # pieces of numbers beside pieces of text
        numbers = column.map(lambda cell: isinstance(cell, float)).to_numpy(bool)
        result[numbers] = column[numbers].to_numpy(dtype=np.float64)
    return _finite(result, empty.to_numpy(bool))


def _without_groups(text: pd.Series[str], decimal: str) -> pd.Series[str]:
    """Leave out the marks between thousands, where a cell shows that they are such."""
    point, mark = re.escape(decimal), "." if decimal == "," else ","
    marked = text[text.str.contains(mark, regex=False, na=False)]
    if not any(grouped_mark(cell) == decimal for cell in marked):
        return text
    groups = rf"[+-]?\d{{1,3}}(?:{re.escape(mark)}\d{{3}})+(?:{point}\d+)?$"
    whole = marked[marked.str.match(groups).to_numpy(bool)]
    result = text.copy()
    result[whole.index] = whole.str.replace(mark, "", regex=False)
    return result


def _finite(
    values: FloatArray, empty: NDArray[np.bool_] | None
) -> tuple[FloatArray, int]:
    """Infinities are no measurements, nor is what instruments write for an overflow."""
    infinite = np.isinf(values)
    too_large = np.abs(values) >= _OVERFLOW
    if too_large.any():
        values = np.where(too_large, math.nan, values)
    if empty is None:
        return values, int(infinite.sum())
    marked = too_large & ~infinite
    return values, int((np.isnan(values) & ~empty & ~marked).sum())
