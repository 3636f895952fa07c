"""`datapackage.json`: what the CSV files beside it hold and where they come from.

Follows the Frictionless Tabular Data Package, version 1
(https://specs.frictionlessdata.io/tabular-data-package/). Units, alignment,
calibration and the software are custom properties, which the specification allows.
"""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from typing import Any

import numpy as np
import pandas as pd

import napari_insitu_tem
from napari_insitu_tem.io.saving.csv_cells import column_type
from napari_insitu_tem.io.saving.source_files import SourceFile
from napari_insitu_tem.model.columns import Column
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.timebase import utc_now

FILE_NAME = "datapackage.json"

_NEUTRALISED = (
    "A text that a spreadsheet would run as a formula has an apostrophe in front; "
    "take it off where ' is followed by one of = + - @ (after more apostrophes or not)."
)

#: Libraries that have a say in the numbers.
_LIBRARIES = ("numpy", "pandas", "scipy", "scikit-image", "pint", "tifffile", "mrcfile")


@dataclass(frozen=True)
class Resource:
    """One CSV file of a package.

    Attributes
    ----------
    path
        Relative to the package, with "/".
    title
        For people.
    data
        The file's bytes.
    table
        What it holds.
    columns
        Descriptions of its columns; those that are not described get their type only.
    key
        Name of the column that identifies a row.
    """

    path: str
    title: str
    data: bytes
    table: pd.DataFrame
    columns: tuple[Column, ...]
    key: str = "id"


def describe_package(
    name: str,
    resources: Sequence[Resource],
    *,
    experiment: Experiment | None = None,
    sources: Mapping[str, Sequence[SourceFile]] | None = None,
) -> dict[str, Any]:
    """The content of `datapackage.json`.

    Parameters
    ----------
    name
        Of the package; made lower case, what is not a letter or a digit becomes `-`.
    resources
        At least one CSV file.
    experiment
        Where the tables come from, for alignment, calibration and traces.
    sources
        (name of movie or trace) to its files.
    """
    package: dict[str, Any] = {
        "profile": "tabular-data-package",
        "name": slug(name),
        "title": name,
        "description": _NEUTRALISED,
        "created": utc_now(),
        "resources": [_resource(resource) for resource in resources],
        "sources": [_source(of, file) for of, file in _flat(sources or {})],
        "software": software(),
    }
    if experiment is not None:
        package["movies"] = [_movie(experiment, m.name) for m in experiment.movies]
        package["traces"] = [_trace(experiment, t.name) for t in experiment.traces]
    if not package["sources"]:
        del package["sources"]
    return package


def slug(name: str) -> str:
    """A name as the specification wants it: lower case, digits, `-`, `_` and `.`."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower()).strip("-") or "data"


def software() -> dict[str, str]:
    """Names and versions of what made the numbers."""
    versions = {"napari-insitu-tem": napari_insitu_tem.__version__}
    versions["python"] = platform.python_version()
    for library in _LIBRARIES:
        try:
            versions[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "name": slug(resource.path.rsplit("/", 1)[-1].removesuffix(".csv")),
        "path": resource.path,
        "title": resource.title,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(resource.data),
        "hash": f"sha256:{hashlib.sha256(resource.data).hexdigest()}",
        "dialect": {
            "delimiter": ",",
            "lineTerminator": "\n",
            "quoteChar": '"',
            "doubleQuote": True,
            "skipInitialSpace": False,
            "header": True,
        },
        "schema": {
            "fields": _fields(resource.table, resource.columns),
            "missingValues": [""],
            "primaryKey": resource.key,
        },
    }


def _fields(table: pd.DataFrame, columns: Iterable[Column]) -> list[dict[str, Any]]:
    described = {column.name: column for column in columns}
    return [
        _field(described[str(name)])
        if str(name) in described
        else {"name": str(name), "type": column_type(table[name]), "format": "default"}
        for name in table.columns
    ]


def _field(column: Column) -> dict[str, Any]:
    field = {
        "name": column.name,
        "type": column.type,
        "format": "default",
        "description": column.description,
    }
    return {**field, "unit": column.unit} if column.unit else field


def _flat(
    sources: Mapping[str, Sequence[SourceFile]],
) -> Iterable[tuple[str, SourceFile]]:
    return ((name, file) for name, files in sources.items() for file in files)


def _source(of: str, file: SourceFile) -> dict[str, Any]:
    """A movie or trace file; `path` may only point inside the package."""
    source: dict[str, Any] = {"title": file.name, "of": of, "location": file.path}
    if file.path and not re.match(r"[./~]|.*\.\.", file.path):
        source["path"] = file.path
    if file.sha256:
        source["hash"] = f"sha256:{file.sha256}"
    if file.bytes >= 0:
        source["bytes"] = file.bytes
    return source


def _movie(experiment: Experiment, name: str) -> dict[str, Any]:
    """A movie with the calibration and the alignment that hold."""
    movie = experiment.movie(name)
    size, alignment = movie.calibration, experiment.alignment(name)
    drift = experiment.document.drifts.get(name)
    return {
        "name": name,
        "format": movie.format,
        "reader": movie.reader,
        "shape": list(movie.shape),
        "start": None if movie.start is None else movie.start.isoformat(),
        "timeBase": movie.audit.as_dict(),
        "calibration": None
        if size is None
        else {
            "y_nm": size.y_nm,
            "x_nm": size.x_nm,
            "u_relative": size.u_relative,
            "source": size.source,
            "details": size.details,
            "text": size.describe(),
        },
        "alignment": {**alignment.as_dict(), "text": alignment.describe()},
        **({} if drift is None else {"drift": _drift(drift)}),
        **_beam(experiment, name),
    }


def _beam(experiment: Experiment, name: str) -> dict[str, Any]:
    """How the electron dose of a movie is known, and what it comes to."""
    beam, dose = experiment.document.beams.get(name), experiment.dose(name)
    if beam is None:
        return {}
    told = {
        key: value
        for key, value in asdict(beam).items()
        if key != "counts" and value not in (None, "")
    }
    if dose is not None:
        spread = float(dose.u_dose[-1])
        told["dose_e_A2"] = float(dose.dose[-1])
        told["u_dose_e_A2"] = spread if np.isfinite(spread) else None
    return {"beam": told}


def _drift(drift: MovieDrift) -> dict[str, Any]:
    """Whether the drift of a movie is corrected, and where it was looked for."""
    known = np.isfinite(drift.known).all(axis=1)
    how = (
        "Positions of fronts count along a path that follows the specimen."
        if drift.is_on
        else "The drift is known, but positions are those in the raw frames."
    )
    return {
        "isCorrected": drift.is_on,
        "region": None if drift.region is None else drift.region.wkt,
        "framesKnown": int(np.count_nonzero(known)),
        "framesDoubted": sum(bool(flag) for flag in drift.flag),
        "text": how,
    }


def _trace(experiment: Experiment, name: str) -> dict[str, Any]:
    """A trace and how its signals are to be taken."""
    trace = experiment.trace(name)
    return {
        "name": name,
        "format": trace.format,
        "reader": trace.reader,
        "rows": len(trace),
        "start": None if trace.start is None else trace.start.isoformat(),
        "technique": trace.technique,
        "reference": trace.reference,
        "chargeSource": trace.charge_source,
        "averagedCurrent": trace.averaged_current,
        "signChanged": name in experiment.document.flipped,
    }
