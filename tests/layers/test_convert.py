"""Model shapes to napari's vertices and back."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.layers.convert import (
    from_vertices,
    napari_type,
    same_shape,
    to_vertices,
)
from napari_insitu_tem.model.geometry import Geometry

SHAPES = {
    "point": Geometry.of("point", [[3.5, 4.25]]),
    "line": Geometry.of("line", [[1, 2], [3, 4]]),
    "path": Geometry.of("path", [[1, 2], [3, 4], [5, 1]]),
    "polygon": Geometry.of("polygon", [[0, 0], [0, 9], [9, 9], [9, 0]]),
    "ellipse": Geometry.of("ellipse", [[0, 5], [20, 5]], [[10, 0], [10, 10]]),
    "band": Geometry.of("band", [[10, 0], [10, 20]], [[0, 0], [1, 10], [0, 20]]),
}


@pytest.mark.parametrize("name", SHAPES)
def test_there_and_back(name):
    shape = SHAPES[name]
    kind = "point" if name == "point" else napari_type(shape)
    back, frame = from_vertices(to_vertices(shape, 7), kind, shape)
    assert frame == 7
    assert same_shape(back, shape)


def test_a_shape_for_every_frame_has_no_frame():
    back, frame = from_vertices(to_vertices(SHAPES["path"], None), "path")
    assert frame is None
    assert back == SHAPES["path"]


def test_rings_that_napari_cannot_fill_are_drawn_as_outlines():
    crossing = Geometry.of("polygon", [[0, 0], [9, 9], [0, 9], [9, 0]])
    flat = Geometry.of("band", [[0, 0], [0, 9]], [[0, 0], [0, 9]])
    assert napari_type(SHAPES["band"]) == "polygon"
    assert napari_type(crossing) == "path"
    assert napari_type(flat) == "path"
    back, _ = from_vertices(to_vertices(crossing, 0), "path", crossing)
    assert back == crossing


@pytest.mark.parametrize(("place", "inner", "outer"), [(1, 3, 3), (3, 2, 4), (4, 2, 4)])
def test_a_vertex_put_into_a_band_joins_the_boundary_it_is_on(place, inner, outer):
    ring = to_vertices(SHAPES["band"], 0)
    # Ring: inner (10,0) (10,20), then outer back: (0,20) (1,10) (0,0).
    new = np.insert(ring, place, ring[place - 1 : place + 1].mean(axis=0), axis=0)
    back, _ = from_vertices(new, "polygon", SHAPES["band"])
    assert [len(part) for part in back.parts] == [inner, outer]


def test_a_vertex_taken_from_a_band_leaves_its_boundary():
    band = Geometry.of("band", [[10, 0], [11, 9], [10, 20]], [[0, 0], [1, 9], [0, 20]])
    ring = to_vertices(band, 0)
    back, _ = from_vertices(np.delete(ring, 1, axis=0), "polygon", band)
    assert [len(part) for part in back.parts] == [2, 3]
    back, _ = from_vertices(np.delete(ring, 4, axis=0), "polygon", band)
    assert [len(part) for part in back.parts] == [3, 2]
