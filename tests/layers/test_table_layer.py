"""A CSV of annotations as a layer, and a layer as a CSV."""

from __future__ import annotations

from pathlib import Path

import npe2
import numpy as np
import pandas as pd
import pytest
from napari.layers import Layer

from napari_insitu_tem.io.saving.annotation_csv import (
    read_annotations,
    write_annotations,
)
from napari_insitu_tem.layers.reader import get_annotation_reader, get_reader
from napari_insitu_tem.layers.writer import write_layer, write_layers
from napari_insitu_tem.model.errors import SaveError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.samples import sample_folder

SHAPES = {
    "expansion": [
        Geometry.of("line", [[20, 10], [20.5, 70.25]]),
        Geometry.of("polygon", [[1, 1], [1, 30], [30, 30]]),
        Geometry.of("ellipse", [[0, 5.1], [20, 5.1]], [[10, 0], [10, 10.2]]),
    ],
    "sei": [Geometry.of("band", [[40, 0], [40, 90]], [[30, 0], [29, 45], [30, 90]])],
    "event": [Geometry.of("point", [[3.25, 4.5]])],
    "path": [Geometry.of("path", [[1, 1], [40, 40], [41, 80]])],
}


def record(kind: str, geometry: Geometry, frame: int) -> Record:
    """A row with a comment and a column nobody knows."""
    quantity = "diameter" if geometry.shape == "line" else "area"
    own = {"expansion": {"quantity": quantity}, "event": {"label": "crack"}}
    return Record.new(
        kind,
        object="NW-A",
        movie="wire",
        frame=frame,
        geometry=geometry,
        comment='=1+1, "quoted"',
        attributes=own.get(kind, {}),
    ).changed(extra=(("site", "B2"),))


@pytest.fixture
def drawn(link):
    """A link with rows of every kind of shape."""
    rows = [
        record(kind, geometry, frame)
        for kind, shapes in SHAPES.items()
        for frame, geometry in enumerate(shapes)
    ]
    link.session.edit("draw", link.session.document.with_records(rows))
    return link


@pytest.mark.parametrize("kind", SHAPES)
def test_saving_a_layer_and_opening_the_csv_gives_it_back(drawn, kind, tmp_path):
    layer = drawn.annotation_layer(kind, "wire").layer
    path = tmp_path / f"{kind}.csv"
    data, attributes, _ = layer.as_layer_data_tuple()
    assert str(path) in write_layer(str(path), data, attributes)
    reader = get_annotation_reader(str(path))
    (opened,) = reader(str(path))
    back = Layer.create(*opened)
    assert type(back) is type(layer)
    pd.testing.assert_frame_equal(back.features, layer.features)
    for one, other in zip(back.data, layer.data, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-9)
    if kind != "event":
        assert back.shape_type == layer.shape_type
    assert "site" in back.features


def test_the_csv_is_the_table_of_the_experiment(drawn, tmp_path):
    layer = drawn.annotation_layer("expansion", "wire").layer
    data, attributes, _ = layer.as_layer_data_tuple()
    write_layer(str(tmp_path / "out.csv"), data, attributes)
    plain = pd.read_csv(tmp_path / "out.csv")
    assert plain["value"].tolist() == layer.features["value"].tolist()
    assert plain["geometry"][0] == "LINESTRING (10.0 20.0, 70.25 20.5)"


def test_the_data_package_stands_beside_the_csv(drawn, tmp_path):
    import json

    layer = drawn.annotation_layer("sei", "wire").layer
    data, attributes, _ = layer.as_layer_data_tuple()
    written = write_layer(str(tmp_path / "sei.csv"), data, attributes)
    assert sorted(written) == [
        str(tmp_path / "datapackage.json"),
        str(tmp_path / "sei.csv"),
    ]
    package = json.loads((tmp_path / "datapackage.json").read_text())
    (resource,) = package["resources"]
    assert resource["path"] == "sei.csv"
    units = {f["name"]: f.get("unit", "") for f in resource["schema"]["fields"]}
    assert units["thickness_mean_nm"] == "nm"


def test_a_second_csv_joins_the_package_of_the_first(drawn, tmp_path):
    import json

    for kind in ("sei", "event"):
        layer = drawn.annotation_layer(kind, "wire").layer
        data, attributes, _ = layer.as_layer_data_tuple()
        write_layer(str(tmp_path / f"{kind}.csv"), data, attributes)
    package = json.loads((tmp_path / "datapackage.json").read_text())
    assert [r["path"] for r in package["resources"]] == ["sei.csv", "event.csv"]


def test_a_shape_moved_in_a_standalone_layer_is_saved_where_it_is(drawn, tmp_path):
    kind, table = "expansion", drawn.session.table("expansion")
    write_annotations(tmp_path / "in.csv", table)
    (opened,) = get_annotation_reader(str(tmp_path / "in.csv"))(
        str(tmp_path / "in.csv")
    )
    layer = Layer.create(*opened)
    moved = [np.array(shape) for shape in layer.data]
    moved[0][:, 1:] += 1.0
    layer.data = list(zip(moved, layer.shape_type, strict=True))
    data, attributes, _ = layer.as_layer_data_tuple()
    write_layer(str(tmp_path / "out.csv"), data, attributes)
    assert read_annotations(tmp_path / "out.csv")[0] == kind
    saved = read_annotations(tmp_path / "out.csv")[1]["geometry"]
    assert saved[0] == "LINESTRING (11.0 21.0, 71.25 21.5)"
    assert saved[1:].tolist() == table["geometry"][1:].tolist()


def test_a_table_of_a_sample_is_not_taken_for_a_record(tmp_path):
    for folder in ("si_nanowire", "sei_liquid_cell"):
        tables = sample_folder() / folder / f"{folder}.insitu" / "annotations"
        for path in tables.glob("*.csv"):
            assert get_annotation_reader(str(path)) is not None
            assert get_reader(str(path)) is None


def test_a_layer_of_others_is_written_as_napari_writes_it(tmp_path):
    from napari.layers import Points, Shapes
    from napari_builtins.io import csv_to_layer_data

    mine = (Shapes([[[0, 0], [1, 2]]], shape_type="line"), Points([[1.0, 2.0]]))
    for number, layer in enumerate(mine):
        data, attributes, kind = layer.as_layer_data_tuple()
        path = str(tmp_path / f"{number}.csv")
        assert write_layer(path, data, attributes) == [path]
        again = csv_to_layer_data(path, require_type=kind)
        np.testing.assert_array_equal(again[0], data)


def test_a_layer_that_is_no_table_is_refused_in_words(link, tmp_path):
    data, attributes, _ = link.movie_layer("wire").as_layer_data_tuple()
    with pytest.raises(SaveError, match="wire holds no measurements"):
        write_layer(str(tmp_path / "x.csv"), data, attributes)
    assert list(tmp_path.iterdir()) == []


def test_readers_leave_files_of_others_alone(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("a,b\n1,2\n")
    assert get_annotation_reader(str(table)) is None
    script = tmp_path / "x.py"
    script.write_text("print()\n")
    assert get_reader(str(script)) is None
    assert get_reader(str(tmp_path / "missing.tif")) is None


def test_without_a_window_a_movie_comes_as_a_layer(tmp_path):
    import tifffile

    tifffile.imwrite(
        tmp_path / "film.tif",
        np.arange(5 * 8 * 8, dtype=np.uint16).reshape(5, 8, 8),
        imagej=True,
        resolution=(2.0, 2.0),
        metadata={"unit": "nm", "axes": "TYX", "finterval": 0.5},
    )
    path = str(tmp_path / "film.tif")
    (opened,) = get_reader(path)(path)
    layer = Layer.create(*opened)
    assert tuple(layer.scale) == (1.0, 0.5, 0.5)
    assert layer.axis_labels == ("frame", "y", "x")
    assert layer.data.shape == (5, 8, 8)


def test_several_layers_are_written_to_a_file_each(drawn, tmp_path):
    viewer = drawn.viewer
    viewer.layers.selection = {
        drawn.annotation_layer(kind, "wire").layer for kind in SHAPES
    }
    layers = [layer.as_layer_data_tuple() for layer in viewer.layers.selection]
    written = write_layers(str(tmp_path / "run.csv"), layers)
    names = {f"run-{kind}.csv" for kind in SHAPES} | {"datapackage.json"}
    assert {path.name for path in tmp_path.iterdir()} == names
    assert {tmp_path / name for name in names} == {Path(path) for path in written}
    _, table = read_annotations(tmp_path / "run-expansion.csv")
    assert len(table) == len(SHAPES["expansion"])
    with pytest.raises(SaveError, match=r"run-expansion\.csv"):
        write_layers(str(tmp_path / "run.csv"), layers)


def test_napari_finds_the_writer_of_several_layers():
    manager = npe2.PluginManager()
    manager.register(npe2.PluginManifest.from_distribution("napari-insitu-tem"))
    writers = [
        list(manager.iter_compatible_writers(kinds))
        for kinds in (["shapes", "points"], ["shapes", "shapes"], ["points", "points"])
    ]
    for found in writers:
        ours = [w.command for w in found if w.command.startswith("napari-insitu-tem")]
        assert ours == ["napari-insitu-tem.write_several_annotations"]
