"""A table of annotations as a layer of its own, without an experiment, and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.layers.annotation_layer import is_points_kind
from napari_insitu_tem.layers.convert import (
    from_vertices,
    napari_type,
    same_shape,
    to_vertices,
)
from napari_insitu_tem.layers.feature_table import labels
from napari_insitu_tem.layers.keys import KEY
from napari_insitu_tem.layers.space import layer_space
from napari_insitu_tem.layers.styles import POINTS_STYLE, SHAPES_STYLE, text_style
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.errors import SaveError
from napari_insitu_tem.model.geometry import Geometry


def table_layer_data(
    kind: str, table: pd.DataFrame, name: str
) -> tuple[Any, dict[str, Any], str]:
    """(data, attributes, type): every row a shape, every column a feature."""
    geometries = [Geometry.from_wkt(text) for text in table["geometry"]]
    drawn = [geometry.shape != "none" for geometry in geometries]
    table = table[drawn].reset_index(drop=True)
    geometries = [g for g, is_drawn in zip(geometries, drawn, strict=True) if is_drawn]
    timeless = kind == "path"
    frames = [None if timeless else int(frame) for frame in table["frame"]]
    vertices = [to_vertices(g, f) for g, f in zip(geometries, frames, strict=True)]
    ndim = 2 if timeless else 3
    attributes: dict[str, Any] = {
        "name": name,
        "features": table,
        "metadata": {
            KEY: {
                "role": "table",
                "kind": kind,
                "geometries": dict(zip(table["id"], geometries, strict=True)),
            }
        },
        "text": {**text_style(ndim), "string": labels(table, kind)},
        "ndim": ndim,
        **layer_space(None, ndim),
    }
    if is_points_kind(kind):
        data = np.concatenate(vertices) if vertices else np.zeros((0, ndim))
        return data, {**POINTS_STYLE, **attributes}, "points"
    attributes["shape_type"] = [napari_type(g) for g in geometries]
    return vertices, {**SHAPES_STYLE, **attributes}, "shapes"


def table_of_layer(data: Any, attributes: dict[str, Any]) -> tuple[str, pd.DataFrame]:
    """Kind and table of a layer as a writer gets it; shapes as they are now.

    Raises
    ------
    SaveError
        The layer is not a table of annotations.
    """
    own = attributes.get("metadata", {}).get(KEY, {})
    table = attributes.get("features")
    if own.get("kind") not in KINDS or table is None or "geometry" not in table:
        raise SaveError(
            f"{attributes.get('name', 'The layer')} holds no measurements.",
            hint="Choose a layer made by a measurement dock.",
        )
    table = table.copy()
    before = own.get("geometries", {})
    types = attributes.get("shape_type") or ["point"] * len(table)
    for place, (vertices, shape_type) in enumerate(zip(data, types, strict=True)):
        old = before.get(table["id"].iat[place])
        if old is None and table["geometry"].iat[place]:
            old = Geometry.from_wkt(table["geometry"].iat[place])
        geometry, frame = from_vertices(vertices, str(shape_type), old)
        table.loc[table.index[place], "geometry"] = _kept(old, geometry).wkt
        if frame is not None:
            table.loc[table.index[place], "frame"] = frame
    return str(own["kind"]), table


def _kept(old: Geometry | None, new: Geometry) -> Geometry:
    """The stored shape where it was not moved, so that its text stays equal."""
    return old if old is not None and same_shape(old, new) else new
