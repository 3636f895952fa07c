"""npe2 writers: File > Save Selected Layers to CSV with its data package."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from napari_insitu_tem.io.saving.packaged_csv import write_packaged
from napari_insitu_tem.layers.keys import KEY
from napari_insitu_tem.layers.table_layer import table_of_layer
from napari_insitu_tem.model.errors import SaveError
from napari_insitu_tem.model.experiment import Experiment

#: What napari gives a writer for each layer: data, attributes, type.
LayerData = tuple[Any, dict[str, Any], str]


def write_layer(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write one annotation layer and describe it in `datapackage.json` beside it.

    A layer of others is written as napari writes it: vertices without features.

    Returns
    -------
    The paths written.

    Raises
    ------
    SaveError
        The layer holds no measurements, or the file cannot be written.
    """
    if KEY not in attributes.get("metadata", {}):
        return _write_as_napari(path, data, attributes)
    _, table = table_of_layer(data, attributes)
    written = write_packaged(Path(path), table, _experiment_of(attributes))
    return [str(one) for one in written]


def write_layers(path: str, layers: list[LayerData]) -> list[str]:
    """Write several annotation layers, each to a file of its own beside `path`.

    For `run.csv` and the layers "Expansion - wire" and "Events - wire" these are
    `run-expansion.csv` and `run-event.csv`, with the movie's name where there are
    several.

    Returns
    -------
    The paths written.

    Raises
    ------
    SaveError
        A file is there already (napari asked about `path` only), or as `write_layer`.
    """
    names = _names([attributes for _, attributes, _ in layers])
    chosen = Path(path)
    targets = [chosen.with_name(f"{chosen.stem}-{name}.csv") for name in names]
    there = [target.name for target in targets if target.exists()]
    if there:
        raise SaveError(
            f"{', '.join(there)} is there already.",
            hint="Choose another name, or save one layer at a time to replace it.",
        )
    written: list[str] = []
    for target, (data, attributes, _) in zip(targets, layers, strict=True):
        written += write_layer(str(target), data, attributes)
    return list(dict.fromkeys(written))


def _names(all_attributes: list[dict[str, Any]]) -> list[str]:
    """A short name for each layer, no two alike."""
    own = [about.get("metadata", {}).get(KEY, {}) for about in all_attributes]
    movies = {about.get("movie", "") for about in own if about}
    names: list[str] = []
    for about, attributes in zip(own, all_attributes, strict=True):
        name = str(about.get("kind") or attributes.get("name", "layer"))
        if about and len(movies) > 1:
            name += f"-{about.get('movie', '')}"
        name = re.sub(r"[^\w.-]+", "_", name)
        while name in names:
            name += "_"
        names.append(name)
    return names


def _experiment_of(attributes: dict[str, Any]) -> Experiment | None:
    """The experiment that an annotation layer shows, None for a standalone one."""
    session = attributes["metadata"][KEY].get("session")
    present = None if session is None else session()
    return None if present is None else present.experiment


def _write_as_napari(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    from napari_builtins.io import (  # type: ignore[import-untyped]
        napari_write_points,
        napari_write_shapes,
    )

    is_shapes = "shape_type" in attributes
    write = napari_write_shapes if is_shapes else napari_write_points
    written = write(path, data, attributes)
    return [] if written is None else [str(written)]
