"""One CSV file with the data package that describes it, as a layer is saved."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd

from napari_insitu_tem.io.json_text import to_json
from napari_insitu_tem.io.saving.annotation_csv import (
    annotations_csv,
    described,
    kind_of,
)
from napari_insitu_tem.io.saving.atomic import write_bytes, write_text
from napari_insitu_tem.io.saving.datapackage import (
    FILE_NAME,
    Resource,
    describe_package,
)
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.experiment import Experiment


def write_packaged(
    path: Path, table: pd.DataFrame, experiment: Experiment | None = None
) -> list[Path]:
    """Write an annotation table and describe it in `datapackage.json` beside it.

    A package that is there already keeps its other files.

    Parameters
    ----------
    path
        The CSV file.
    table
        Rows of one kind.
    experiment
        Where they come from, for calibration and alignment.

    Returns
    -------
    The CSV file and the package.

    Raises
    ------
    SaveError
        Either cannot be written; what was there is untouched.
    """
    kind = kind_of(table)
    text = annotations_csv(table)
    resource = Resource(
        path=path.name,
        title=KINDS[kind].title,
        data=text.encode(),
        table=table,
        columns=described(kind, table.columns),
    )
    package = describe_package(path.stem, [resource], experiment=experiment)
    beside = path.parent / FILE_NAME
    others = [
        other
        for other in _resources(beside)
        if other.get("path") != path.name
        and (path.parent / str(other.get("path"))).is_file()
    ]
    package["resources"] = [*others, *package["resources"]]
    if others:
        package["name"] = package["title"] = path.parent.name or path.stem
    return [write_text(path, text), write_bytes(beside, to_json(package, indent=1))]


def _resources(package: Path) -> list[dict[str, Any]]:
    """What a package describes; nothing where it cannot be read."""
    try:
        found = json.loads(package.read_text(encoding="utf-8"))["resources"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [r for r in found if isinstance(r, dict)] if isinstance(found, list) else []
