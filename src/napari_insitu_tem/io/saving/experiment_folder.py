"""`NAME.insitu/`: an experiment on disk, saved and opened as a whole.

`experiment.json` holds all that the user made; `annotations/KIND.csv` are the tables
with every derived column, for any program to read; `datapackage.json` describes them.
When another program has changed a table since, its rows count at the next opening.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

import napari_insitu_tem
from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.json_text import check_format, from_json, to_json
from napari_insitu_tem.io.saving.annotation_csv import annotations_csv, described
from napari_insitu_tem.io.saving.atomic import encoded, saving
from napari_insitu_tem.io.saving.atomic_folder import (
    BACKUPS,
    find_together,
    write_together,
)
from napari_insitu_tem.io.saving.datapackage import FILE_NAME as PACKAGE
from napari_insitu_tem.io.saving.datapackage import Resource, describe_package
from napari_insitu_tem.io.saving.document_json import (
    damaged,
    document_from_values,
    document_values,
    unknown_parts,
)
from napari_insitu_tem.io.saving.edited_tables import (
    Convert,
    SavedTable,
    take_edited_tables,
)
from napari_insitu_tem.io.saving.experiment_sources import (
    Reopened,
    SourceEntry,
    entries_of,
)
from napari_insitu_tem.io.saving.source_files import Accept, Finder, Locate
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.errors import ReadError, SaveError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import utc_now

SUFFIX = ".insitu"
MAIN = "experiment.json"
FORMAT = "napari-insitu-tem experiment"
VERSION = 1


class ExperimentFile(BaseModel):
    """The content of `experiment.json`; what is not known is kept for the next save."""

    model_config = ConfigDict(extra="allow")

    format: str = FORMAT
    version: int = VERSION
    program: str = napari_insitu_tem.__version__
    saved_utc: str = ""
    name: str = ""
    movies: list[SourceEntry] = Field(default_factory=list)
    traces: list[SourceEntry] = Field(default_factory=list)
    annotations: dict[str, SavedTable] = Field(default_factory=dict)
    view: dict[str, Any] = Field(default_factory=dict)
    document: dict[str, Any] = Field(default_factory=dict)


def is_experiment(path: str | Path) -> bool:
    """Whether a path is a saved experiment: its folder, or `experiment.json` in it."""
    try:
        return find_together(_folder_of(path), MAIN) is not None
    except (ReadError, OSError):
        return False


def save_experiment(
    experiment: Experiment,
    folder: str | Path,
    tables: Mapping[str, pd.DataFrame],
    *,
    progress: Progress = no_progress,
) -> Path:
    """Save an experiment; either all of it is saved or nothing changes.

    Parameters
    ----------
    experiment
        Its `folder` and `name` become those of the saved one.
    folder
        Where to; `.insitu` is added to the name where it is not there. An experiment
        that is there already is replaced and kept in its folder `backups`.
    tables
        Kind to table with all columns, as of now.
    progress
        Told how far the hashing of large source files is.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    SaveError
        It cannot be written, or the folder holds something else; what was there is
        untouched.
    CancelledError
        `progress` asked to stop.
    """
    folder = _with_suffix(Path(folder).expanduser().absolute())
    _refuse_other(folder)
    tables = {kind: tables[kind] for kind in KINDS if len(tables.get(kind, ()))}
    _refuse_outdated(experiment, tables)
    movies, traces = entries_of(experiment, folder, progress=progress)
    csv = {kind: encoded(annotations_csv(table)) for kind, table in tables.items()}
    files: dict[str, bytes | None] = {
        _table_path(kind): csv.get(kind) for kind in KINDS
    }
    files[PACKAGE] = _package(experiment, folder.stem, tables, csv, [*movies, *traces])
    main = _main(experiment, folder.stem, movies, traces, csv, tables)
    files[MAIN] = to_json(main, indent=1)
    write_together(folder, files)
    experiment.folder, experiment.name = folder, folder.stem
    return folder


def load_experiment(
    folder: str | Path,
    *,
    locate: Locate | None = None,
    accept_changed: Accept | None = None,
    records_from_table: Convert | None = None,
    progress: Progress = no_progress,
) -> Experiment:
    """Open a saved experiment; nothing is written.

    A movie or trace that is not found leaves the experiment without it: its rows stay,
    the experiment's `warnings` say so, and the next save keeps the entry.

    Parameters
    ----------
    folder
        The folder, or `experiment.json` in it.
    locate
        `locate(old path, sha256)` is asked for a file that is not where it was; it
        returns the new path, or None to go on without. Further files are looked for in
        the same folder first.
    accept_changed
        `accept_changed(old path, found path)` is asked before a file is taken whose
        content is not that of the file that was measured; without it none is taken.
    records_from_table
        `records_from_table(table, kind, objects=...)` reads the rows of a table that
        another program has changed; without it such changes are left out, and said.
    progress
        Told how far long work is.

    Raises
    ------
    ReadError
        It is not a saved experiment, is damaged, or was saved by a newer version; or a
        file with other content is in the place of a movie or a trace.
    CancelledError
        `progress` asked to stop.
    """
    folder = _folder_of(path=folder)
    main = _read_main(folder)
    path = folder / MAIN
    document = document_from_values(main.document, path)
    document, warnings = take_edited_tables(
        folder, main.annotations, document, records_from_table
    )
    base = folder.parent.parent if folder.parent.name == BACKUPS else folder
    finder = Finder(base, locate=locate, accept=accept_changed, progress=progress)
    sources = Reopened(main.movies, main.traces, finder, progress)
    experiment = Experiment(
        movies=sources.movies,
        traces=sources.traces,
        document=document,
        name=folder.stem if folder.suffix == SUFFIX else main.name,
    )
    experiment.folder = folder
    experiment.view = main.view
    experiment.warnings = (*sources.warnings, *warnings)
    experiment.carried = {
        "movies": sources.missing_movies,
        "traces": sources.missing_traces,
        "file": dict(main.model_extra or {}),
        "document": unknown_parts(main.document),
    }
    return experiment


def _folder_of(path: str | Path) -> Path:
    path = Path(path).expanduser().absolute()
    return path.parent if path.name == MAIN else path


def _with_suffix(folder: Path) -> Path:
    if folder.suffix == SUFFIX:
        return folder
    return folder.with_name(f"{folder.name}{SUFFIX}")


def _refuse_other(folder: Path) -> None:
    """Never write into a folder that is something else."""
    with saving(folder):
        inside = list(folder.iterdir()) if folder.is_dir() else []
    # A first save that was killed leaves hidden names only.
    if any(item.name[0] != "." for item in inside) and not is_experiment(folder):
        raise SaveError(
            f"{folder.name} is there already and is not a saved experiment.",
            hint="Choose another name.",
            path=folder,
        )


def _refuse_outdated(
    experiment: Experiment, tables: Mapping[str, pd.DataFrame]
) -> None:
    """The tables must be those of the document."""
    written = {row_id for table in tables.values() for row_id in table["id"]}
    if written != set(experiment.document.records):
        raise SaveError(
            f"The tables of {experiment.name} are not those of its rows as they are "
            "now; nothing was saved.",
            hint="Make the tables again, then save.",
        )


def _table_path(kind: str) -> str:
    return f"annotations/{kind}.csv"


def _package(
    experiment: Experiment,
    name: str,
    tables: Mapping[str, pd.DataFrame],
    csv: Mapping[str, bytes],
    sources: list[SourceEntry],
) -> bytes | None:
    """The data package; there is none without a table."""
    if not tables:
        return None
    resources = [
        Resource(
            _table_path(kind),
            KINDS[kind].title,
            csv[kind],
            table,
            described(kind, table.columns),
        )
        for kind, table in tables.items()
    ]
    files = {entry.name: entry.files for entry in sources}
    package = describe_package(name, resources, experiment=experiment, sources=files)
    return to_json(package, indent=1)


def _main(
    experiment: Experiment,
    name: str,
    movies: list[SourceEntry],
    traces: list[SourceEntry],
    csv: Mapping[str, bytes],
    tables: Mapping[str, pd.DataFrame],
) -> dict[str, Any]:
    carried = experiment.carried
    main = ExperimentFile(
        saved_utc=utc_now(),
        name=name,
        movies=movies,
        traces=traces,
        annotations={
            kind: SavedTable(
                path=_table_path(kind),
                rows=len(tables[kind]),
                sha256=hashlib.sha256(data).hexdigest(),
            )
            for kind, data in csv.items()
        },
        view=experiment.view,
        document={
            **carried.get("document", {}),
            **document_values(experiment.document),
        },
    )
    return {**carried.get("file", {}), **main.model_dump()}


def _read_main(folder: Path) -> ExperimentFile:
    """`experiment.json`, checked."""
    path = find_together(folder, MAIN)
    if path is None:
        raise _not_saved(folder)
    with reading(path):
        data = path.read_bytes()
    shown = folder / MAIN
    values = check_format(from_json(data, shown), shown, form=FORMAT, version=VERSION)
    try:
        return ExperimentFile.model_validate(values)
    except ValidationError as error:
        raise damaged(shown, "", error) from error


def _not_saved(folder: Path) -> ReadError:
    if not folder.is_dir():
        return ReadError(
            f"{folder} is not there.",
            hint="It may have been moved or renamed; open it from where it is now.",
            path=folder,
        )
    backup = folder / BACKUPS / "1"
    return ReadError(
        f"{folder.name} is not a saved experiment: it has no {MAIN}.",
        hint=f"An earlier save of it is in {backup}."
        if backup.is_dir()
        else f"Choose a folder whose name ends in {SUFFIX}.",
        path=folder,
    )
