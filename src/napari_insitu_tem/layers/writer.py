"""npe2 writers: File > Save Selected Layers to CSV with its data package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_insitu_tem.io.saving.packaged_csv import write_packaged
from napari_insitu_tem.layers.keys import KEY
from napari_insitu_tem.layers.table_layer import table_of_layer
from napari_insitu_tem.model.experiment import Experiment


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
