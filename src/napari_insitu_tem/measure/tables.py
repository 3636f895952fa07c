"""The tables of an experiment: one row a record, every derived column filled in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.measure.common import common_columns
from napari_insitu_tem.measure.kinds import FILLS
from napari_insitu_tem.measure.rows import records_from_table
from napari_insitu_tem.measure.source import Source, is_same
from napari_insitu_tem.model.columns import (
    DOSE_COLUMNS,
    KINDS,
    U_PICK,
    Column,
    empty_table,
)
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.record import Record

__all__ = ["TableBuilder", "kind_table", "records_from_table", "tables"]


class TableBuilder:
    """Makes the tables of an experiment and remembers what an edit leaves as it was.

    Parameters
    ----------
    experiment
        Read anew at every call; never changed.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._source = Source(experiment)
        self._made: dict[tuple[str, str | None], pd.DataFrame] = {}
        self._made_from: tuple[object, ...] = ()

    def kind(self, kind: str, movie: str | None = None) -> pd.DataFrame:
        """The table of a kind, of one movie or of all; not to be changed in place.

        Returns
        -------
        DataFrame
            One row a record in document order. First the columns of the kind (see
            `model.columns.KINDS`), typed; then, where some row fills them, `u_pick_px`,
            the kind's options and the dose; then other attributes and unknown columns
            met in a CSV.
        """
        present = self._source.parts
        if not is_same(present, self._made_from):
            self._made.clear()
            self._made_from = present
        if (kind, movie) not in self._made:
            self._made[kind, movie] = self._make(kind, movie)
        return self._made[kind, movie]

    def _make(self, kind: str, movie: str | None) -> pd.DataFrame:
        records = self._source.document.of_kind(kind, movie)
        if not records:
            return empty_table(kind)
        columns = common_columns(records, self._source)
        for name in KINDS[kind].authored:
            columns[name] = [record.get(name, None) for record in records]
        FILLS[kind](records, self._source, columns)
        described = [*KINDS[kind].all_columns, *_options(kind, records, columns)]
        table = pd.DataFrame(
            {c.name: _as_array(columns.get(c.name), c, len(records)) for c in described}
        )
        return _with_the_rest(table, records, kind)

    def tables(self) -> dict[str, pd.DataFrame]:
        """Kind to table, for all kinds."""
        return {kind: self.kind(kind) for kind in KINDS}

    def signals(self, movie: str) -> pd.DataFrame:
        """The record at every frame, see `Experiment.usual_signals_at_frames`."""
        return self._source.signals(movie)


def kind_table(
    experiment: Experiment, kind: str, movie: str | None = None
) -> pd.DataFrame:
    """The table of a kind, of one movie or of all; see `TableBuilder.kind`."""
    return TableBuilder(experiment).kind(kind, movie)


def tables(experiment: Experiment) -> dict[str, pd.DataFrame]:
    """Kind to table, for all kinds; see `TableBuilder.kind`."""
    return TableBuilder(experiment).tables()


def _options(
    kind: str, records: Sequence[Record], columns: dict[str, Any]
) -> list[Column]:
    """The optional columns that some row fills."""
    columns[U_PICK.name] = [record.u_pick_px for record in records]
    optional = (U_PICK, *KINDS[kind].options, *DOSE_COLUMNS)
    return [c for c in optional if _is_filled(columns.get(c.name, ()))]


def _is_filled(values: Iterable[Any]) -> bool:
    return any(v not in (None, "") and v == v for v in values)


def _as_array(values: Any, column: Column, rows: int) -> Any:
    """The cells of a column in its type; blank where nothing derived them."""
    if values is None:
        values = [None] * rows
    if column.type == "number":
        return np.array(values, dtype=np.float64)
    if column.type == "integer":
        return pd.array(values, dtype="Int64")
    texts = ["" if value is None else value for value in values]
    return pd.array([*map(str, texts)], dtype="str")


def _with_the_rest(
    table: pd.DataFrame, records: Sequence[Record], kind: str
) -> pd.DataFrame:
    """Add attributes and columns that no description knows."""
    optional = (*KINDS[kind].options, *DOSE_COLUMNS)
    known = {*KINDS[kind].names, *(column.name for column in optional)}
    more: dict[str, dict[int, Any]] = {}
    for row, record in enumerate(records):
        for name, value in (*record.attributes, *record.extra):
            if name not in known:
                more.setdefault(name, {})[row] = value
    for name, cells in more.items():
        table[name] = _guessed([cells.get(row) for row in range(len(table))])
    return table


def _guessed(values: list[Any]) -> pd.Series:
    """Values of an undescribed column in the plainest type that holds them all."""
    there = [value for value in values if value is not None]
    if not there:
        return pd.Series(np.full(len(values), np.nan))
    if all(isinstance(value, str) for value in there):
        return pd.Series(values, dtype="str")
    if all(isinstance(value, bool) for value in there):
        return pd.Series(values, dtype="bool" if len(there) == len(values) else object)
    if all(isinstance(value, int) for value in there):
        whole = len(there) == len(values)
        return pd.Series(values, dtype="int64" if whole else "Int64")
    if all(isinstance(value, (int, float)) for value in there):
        return pd.Series(values, dtype="float64")
    return pd.Series(values, dtype=object)
