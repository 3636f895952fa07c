"""A text table with its header taken apart, before anything is given a meaning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.io.tables.column_names import Label, read_label
from napari_insitu_tem.io.tables.maker_units import with_maker_units
from napari_insitu_tem.io.tables.number_columns import to_numbers
from napari_insitu_tem.io.tables.time_columns import Kind, kind_of, seconds_of_clock

FloatArray = NDArray[np.float64]

_COUNT = r"^(\d{1,9})(?:_\d{1,9})+$"


@dataclass(eq=False)
class RawTable:
    """Columns as they were read, each with a name of its own.

    Attributes
    ----------
    labels
        Header cells taken apart, one a column.
    keys
        Names, each once.
    data
        (N, columns) as read; its columns are 0, 1, ...
    decimal
        Decimal mark of the numbers that are still text.
    positions
        Where each column stood in the file, from 0.
    """

    labels: tuple[Label, ...]
    keys: tuple[str, ...]
    data: pd.DataFrame
    decimal: str = "."
    positions: tuple[int, ...] = ()
    _numbers: dict[int, tuple[FloatArray, int]] = field(
        default_factory=dict, init=False, repr=False
    )
    _clocks: dict[int, FloatArray] = field(default_factory=dict, init=False, repr=False)
    _kinds: dict[int, Kind] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def build(
        cls,
        data: pd.DataFrame,
        header: Sequence[str],
        units: Sequence[str] = (),
        decimal: str = ".",
    ) -> RawTable:
        """From the columns of a body and the cells of its header.

        A column without a name is called after its number, and left out where it is
        empty as well. Names that occur again get a number behind.
        """
        width = data.shape[1]
        names = [*header, *[""] * width][:width]
        symbols = [*units, *[""] * width][:width]
        keep = [
            i
            for i in range(width)
            if names[i].strip() or bool(data.iloc[:, i].notna().any())
        ]
        labels = with_maker_units([read_label(names[i], symbols[i]) for i in keep])
        data = data.iloc[:, keep]
        data.columns = pd.RangeIndex(len(keep))
        keys = _each_once([label.text or f"column {i + 1}" for i, label in
                           zip(keep, labels, strict=True)])  # fmt: skip
        return cls(labels, keys, data, decimal, tuple(keep))

    def __len__(self) -> int:
        return len(self.data)

    def column(self, index: int) -> pd.Series[Any]:
        """A column as read."""
        return self.data.iloc[:, index]

    def numbers(self, index: int) -> FloatArray:
        """(N,) a column as float, NaN where it holds none."""
        return self._converted(index)[0]

    def clock(self, index: int) -> FloatArray:
        """(N,) a column of `h:m:s` in seconds, NaN where it holds none."""
        if index not in self._clocks:
            self._clocks[index] = seconds_of_clock(self.column(index))
        return self._clocks[index]

    def counts(self, index: int) -> FloatArray:
        """(N,) a column that counts as float: numbers, or the first of `3_1`."""
        if self.kind(index) != "text":
            return self.numbers(index)
        cells = self.column(index).astype("str").str.strip()
        return cells.str.extract(_COUNT, expand=False).to_numpy(np.float64)

    def spoiled(self, index: int) -> int:
        """Cells of a column that hold something else than a number or nothing."""
        return self._converted(index)[1]

    def kind(self, index: int) -> Kind:
        """What a column holds."""
        if index not in self._kinds:
            self._kinds[index] = kind_of(self.column(index))
        return self._kinds[index]

    def find(self, key: str) -> int | None:
        """The column of a name."""
        return self.keys.index(key) if key in self.keys else None

    def named(self, *names: str) -> int | None:
        """The first column whose plain name is one of these."""
        for name in names:
            for index, label in enumerate(self.labels):
                if label.plain == name:
                    return index
        return None

    def _converted(self, index: int) -> tuple[FloatArray, int]:
        if index not in self._numbers:
            column = self.column(index)
            found = to_numbers(column, self.decimal)
            if found[1] and not np.isfinite(found[0]).any():
                found = _in_the_other_mark(column, self.decimal, found)
            self._numbers[index] = found
        return self._numbers[index]


def _in_the_other_mark(
    column: pd.Series[Any], decimal: str, found: tuple[FloatArray, int]
) -> tuple[FloatArray, int]:
    """A column whose decimal mark is not that of the others, where no doubt is left.

    Three digits behind every mark might be thousands.
    """
    other = "," if decimal == "." else "."
    cells = column.dropna().astype("str").str.strip()
    decimals = cells.str.extract(rf"^[+-]?\d*\{other}(\d+)(?:[eE][+-]?\d+)?$")[0]
    if decimals.isna().all() or (decimals.dropna().str.len() == 3).all():
        return found
    again = to_numbers(column, other)
    return again if again[1] == 0 else found


def _each_once(names: Sequence[str]) -> tuple[str, ...]:
    taken: set[str] = set()
    result = []
    for name in names:
        free, number = name, 2
        while free in taken:
            free, number = f"{name} ({number})", number + 1
        taken.add(free)
        result.append(free)
    return tuple(result)
