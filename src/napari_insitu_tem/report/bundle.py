"""Tables for others: one CSV a kind, the record at every frame, and a data package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from napari_insitu_tem.io.json_text import to_json
from napari_insitu_tem.io.saving.annotation_csv import (
    annotations_csv,
    described,
    table_csv,
)
from napari_insitu_tem.io.saving.atomic import encoded
from napari_insitu_tem.io.saving.atomic_folder import write_together
from napari_insitu_tem.io.saving.datapackage import FILE_NAME as PACKAGE
from napari_insitu_tem.io.saving.datapackage import Resource, describe_package, slug
from napari_insitu_tem.io.saving.experiment_sources import entries_of
from napari_insitu_tem.model.columns import (
    DOSE_COLUMNS,
    KINDS,
    SIGNAL_COLUMNS,
    Column,
)
from napari_insitu_tem.model.drift_columns import drift_cells, drift_columns
from napari_insitu_tem.model.errors import ExperimentError, SaveError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.law_columns import LAW_COLUMNS
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.report.law_table import law_table

TimeRange = tuple[float, float]


def export_bundle(
    experiment: Experiment,
    tables: Mapping[str, pd.DataFrame],
    out: str | Path,
    *,
    kinds: Iterable[str] | None = None,
    time_range_s: TimeRange | None = None,
    laws: pd.DataFrame | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> list[Path]:
    """Write the tables of an experiment to a folder, all of them or none.

    Writes `KIND.csv` for each kind that has rows, `signals_at_frames_MOVIE.csv` for
    each movie, `rate_laws.csv` where there are any, and `datapackage.json` that
    describes them.

    Parameters
    ----------
    experiment
        Where the tables come from.
    tables
        Kind to table with all columns, as of now.
    out
        The folder; made when it is not there, its parent must be.
    kinds
        Only these; all by default.
    time_range_s
        (first, last) in s on the experiment's clock: only rows and frames that start
        inside, and events that reach into it. Paths are kept, since they have no time.
    laws
        Fitted rate laws, with the columns of `LAW_COLUMNS`; None: those that the
        experiment keeps.
    overwrite
        Replace files of the same names.
    progress
        Told how far the hashing of large source files is.

    Returns
    -------
    list of Path
        What was written; the data package is the last.

    Raises
    ------
    ExperimentError
        There is nothing to export, or a kind that does not exist.
    SaveError
        Files are there already, or cannot be written; nothing was changed.
    CancelledError
        `progress` asked to stop; nothing was changed.
    """
    out = Path(out).expanduser().absolute()
    resources = [
        *_annotations(tables, kinds, time_range_s),
        *_signals(experiment, time_range_s),
        *_laws(law_table(experiment.document) if laws is None else laws),
    ]
    if not resources:
        raise ExperimentError(
            f"{experiment.name} has nothing to export in what was chosen.",
            hint="Measure something first, or choose more kinds or a longer time.",
        )
    names = [*(resource.path for resource in resources), PACKAGE]
    if not overwrite:
        _refuse_existing(out, names)
    movies, traces = entries_of(experiment, out, progress=progress)
    package = describe_package(
        experiment.name,
        resources,
        experiment=experiment,
        sources={entry.name: entry.files for entry in [*movies, *traces]},
    )
    files: dict[str, bytes | None] = {r.path: r.data for r in resources}
    files[PACKAGE] = to_json(package, indent=1)
    write_together(out, files, backups=0)
    return [out / name for name in names]


def _annotations(
    tables: Mapping[str, pd.DataFrame],
    kinds: Iterable[str] | None,
    time_range_s: TimeRange | None,
) -> list[Resource]:
    """One resource for each chosen kind that has rows."""
    resources = []
    for kind in _checked(kinds):
        table = tables.get(kind)
        if table is None:
            continue
        table = _inside(table, kind, time_range_s)
        if len(table):
            data = encoded(annotations_csv(table))
            columns = described(kind, table.columns)
            title = KINDS[kind].title
            resources.append(Resource(f"{kind}.csv", title, data, table, columns))
    return resources


def _checked(kinds: Iterable[str] | None) -> list[str]:
    if kinds is None:
        return list(KINDS)
    chosen = list(kinds)
    for kind in chosen:
        if kind not in KINDS:
            raise ExperimentError(
                f"{kind!r} is not a kind of measurement.",
                hint=f"The kinds are {', '.join(KINDS)}.",
            )
    return [kind for kind in KINDS if kind in chosen]


def _inside(
    table: pd.DataFrame, kind: str, time_range_s: TimeRange | None
) -> pd.DataFrame:
    """Rows in a stretch of time; rows without a time are outside."""
    if time_range_s is None or kind == "path":
        return table
    first, last = min(time_range_s), max(time_range_s)
    start = table["time_s"].to_numpy(float)
    end = start
    if "end_time_s" in table:
        ends = table["end_time_s"].to_numpy(float)
        end = np.where(np.isfinite(ends), ends, start)
    chosen = (end >= first) & (start <= last)
    return table[chosen].reset_index(drop=True)


def _signals(experiment: Experiment, time_range_s: TimeRange | None) -> list[Resource]:
    """The record at every frame, one resource a movie."""
    resources: list[Resource] = []
    for movie in experiment.movies:
        table = experiment.signals_at_frames(movie.name)
        table, drifts = _with_drift(experiment, movie, table)
        table = _inside(table, "signals", time_range_s)
        if table.empty:
            continue
        path = _free(f"signals_at_frames_{slug(movie.name)}", resources)
        title = f"The record at the frames of {movie.name}"
        data = encoded(table_csv(table))
        doses = [column for column in DOSE_COLUMNS if column.name in table]
        columns = (*SIGNAL_COLUMNS, *doses, *drifts)
        resources.append(Resource(path, title, data, table, columns, key="frame"))
    return resources


def _with_drift(
    experiment: Experiment, movie: Movie, table: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Column, ...]]:
    """A table of all frames with the movie's drift, and what was added."""
    drift = experiment.document.drifts.get(movie.name)
    if drift is None or len(drift.shift) != len(table):
        return table, ()
    size = movie.calibration
    cells = drift_cells(drift, None if size is None else size.scale_nm)
    return table.assign(**cells), drift_columns("px" if size is None else "nm")


def _laws(table: pd.DataFrame) -> list[Resource]:
    """The fitted rate laws, if there are any."""
    if table.empty:
        return []
    data = encoded(table_csv(table))
    return [Resource("rate_laws.csv", "Rate laws of fronts", data, table, LAW_COLUMNS)]


def _free(stem: str, taken: Iterable[Resource]) -> str:
    """A file name; names that differ in nothing a file name keeps get a number."""
    paths = {resource.path for resource in taken}
    number, path = 2, f"{stem}.csv"
    while path in paths:
        path = f"{stem}-{number}.csv"
        number += 1
    return path


def _refuse_existing(out: Path, names: Iterable[str]) -> None:
    there = [name for name in names if (out / name).exists()]
    if there:
        more = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise SaveError(
            f"{there[0]}{more} in {out} would be overwritten.",
            hint="Choose an empty folder, or allow it to be overwritten.",
            path=out / there[0],
        )
