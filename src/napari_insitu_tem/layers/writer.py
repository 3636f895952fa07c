"""npe2 writers: File > Save Selected Layers to CSV with its data package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from napari_insitu_tem.io.annotation_csv import write_annotations
from napari_insitu_tem.layers.table_layer import table_of_layer


def write_layer(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write one annotation layer.

    Returns
    -------
    The paths written.

    Raises
    ------
    SaveError
        The layer holds no measurements, or the file cannot be written.
    """
    _, table = table_of_layer(data, attributes)
    write_annotations(Path(path), table)
    return [path]
