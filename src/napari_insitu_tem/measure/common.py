"""The columns that every kind shares: who, where, when, and the record at that time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.source import Source
from napari_insitu_tem.model.columns import DOSE_COLUMNS
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record

#: Columns copied from the record as they are.
_AUTHORED = (
    "id",
    "kind",
    "object",
    "movie",
    "frame",
    "method",
    "observer",
    "comment",
    "created_utc",
)

_NUMBERS = (
    "time_s",
    "frame_duration_s",
    "u_time_s",
    "potential_V",
    "current_A",
    "charge_C",
)
_COUNTERS = ("cycle", "step")
_DOSES = tuple(column.name for column in DOSE_COLUMNS)


def common_columns(records: Sequence[Record], source: Source) -> dict[str, Any]:
    """Name to (N,) values of the common columns, value and its uncertainty excepted.

    The columns of the dose are there, too, empty where it is not known.

    Cells are empty where the movie or the frame is not there; `flag` then says so,
    unless the row carries a flag of its own.
    """
    columns: dict[str, Any] = {
        name: [getattr(record, name) for record in records] for name in _AUTHORED
    }
    columns["flag"] = [record.flag for record in records]
    columns["geometry"] = [
        source.derived("wkt", record, None, lambda r=record: r.geometry.wkt)  # type: ignore[misc]
        for record in records
    ]
    columns |= {name: np.full(len(records), np.nan) for name in (*_NUMBERS, *_DOSES)}
    counters = {name: np.full(len(records), np.nan) for name in _COUNTERS}
    for name, rows in rows_by_movie(records).items():
        _join(columns, counters, name, rows, source)
    for column, values in counters.items():
        missing = np.isnan(values)
        whole = np.where(missing, 0, values).astype(np.int64)
        columns[column] = pd.arrays.IntegerArray(whole, missing)
    return columns


def rows_by_movie(records: Sequence[Record]) -> dict[str, list[int]]:
    """Movie name to the positions of its rows."""
    groups: dict[str, list[int]] = {}
    for row, record in enumerate(records):
        groups.setdefault(record.movie, []).append(row)
    return groups


def set_flag(columns: dict[str, Any], row: int, flag: str) -> None:
    """Flag a row that has no flag yet."""
    if flag and not columns["flag"][row]:
        columns["flag"][row] = flag


def pick_uncertainties(
    records: Sequence[Record], source: Source
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(N,) uncertainty of placing a point in px, and whether it is the row's own."""
    stated = source.document.settings.u_pick_px
    own = np.array([record.u_pick_px is not None for record in records], dtype=bool)
    picks = [stated if r.u_pick_px is None else r.u_pick_px for r in records]
    return np.array(picks, dtype=np.float64), own


def numbered(keys: Sequence[Hashable]) -> tuple[NDArray[np.intp], list[int]]:
    """(N,) number of each key in order of appearance, and where each first appears."""
    numbers: dict[Hashable, int] = {}
    firsts = []
    group = np.empty(len(keys), dtype=np.intp)
    for row, key in enumerate(keys):
        if key not in numbers:
            numbers[key] = len(numbers)
            firsts.append(row)
        group[row] = numbers[key]
    return group, firsts


def scales(
    records: Sequence[Record], source: Source
) -> list[tuple[tuple[float, float] | None, float, str]]:
    """For each row the pixel's (y, x) size, its relative uncertainty and its unit.

    In nm where the movie is calibrated, else 1 px. Where the magnification was changed
    it is the frame's own. The size is None where the movie, or the size of that frame,
    is not known, so that nothing can be said.
    """
    movies = {name: source.movie(name) for name in {r.movie for r in records}}
    return [_scale(movies[record.movie], record.frame) for record in records]


def _scale(
    movie: Movie | None, frame: int
) -> tuple[tuple[float, float] | None, float, str]:
    """Size of a frame's pixel, its relative uncertainty and its unit."""
    if movie is None:
        return None, 0.0, ""
    calibration = movie.calibration_at(frame)
    if calibration is not None:
        return calibration.scale_nm, calibration.u_relative, "nm"
    if movie.frame_sizes_nm is not None:
        return None, 0.0, ""
    return (1.0, 1.0), 0.0, "px"


def _join(
    columns: dict[str, Any],
    counters: dict[str, NDArray[np.float64]],
    movie: str,
    rows: list[int],
    source: Source,
) -> None:
    """Fill in the signals of the rows of one movie."""
    if source.movie(movie) is None:
        for row in rows:
            set_flag(columns, row, flags.MOVIE_MISSING)
        return
    signals = source.signals(movie)
    frames = np.array([columns["frame"][row] for row in rows])
    there = (frames >= 0) & (frames < len(signals))
    for row in np.array(rows)[~there]:
        set_flag(columns, int(row), flags.FRAME_MISSING)
    at, frames = np.array(rows)[there], frames[there]
    for name in (*_NUMBERS, *(name for name in _DOSES if name in signals)):
        columns[name][at] = signals[name].to_numpy(float)[frames]
    for name in _COUNTERS:
        picked = signals[name].take(frames)
        counters[name][at] = picked.to_numpy(dtype=float, na_value=np.nan)
