"""The data package follows the specification and says where numbers come from."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem import __version__
from napari_insitu_tem.io.json_text import to_json
from napari_insitu_tem.io.saving.annotation_csv import annotations_csv, described
from napari_insitu_tem.io.saving.datapackage import Resource, describe_package, slug
from napari_insitu_tem.io.saving.source_files import SourceFile
from napari_insitu_tem.measure.tables import tables
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.trace import Trace

# https://specs.frictionlessdata.io/: table-schema, data-resource, data-package.
TYPES = {"string", "number", "integer", "boolean"}
NAME = re.compile(r"^([-a-z0-9._/])+$")
INSIDE = re.compile(r"^(?=^[^./~])(^((?!\.{2}).)*$).*$")


@pytest.fixture
def experiment() -> Experiment:
    movie = Movie.from_array(
        np.zeros((3, 8, 8), np.uint8),
        name="Wire 1",
        times_s=[0, 0.5, 1.0],
        exposures_s=0.4,
    )
    time = np.arange(0, 9, 0.1)
    trace = Trace.from_columns(
        {"time_s": time, "potential_V": time, "current_A": -time}, name="cell"
    )
    experiment = Experiment(movie, trace).align(offset_s=1.0, u_offset_s=0.25)
    line = Geometry.of("line", [(0, 0), (3, 4)])
    record = Record.new(
        "expansion", object="=w", movie="Wire 1", frame=1, geometry=line
    ).changed(quantity="length", extra=(("mine", 1.5),))
    experiment.document = experiment.document.with_records([record]).with_calibration(
        "Wire 1", Calibration.square(0.5, u_relative=0.02)
    )
    return experiment


@pytest.fixture
def package(experiment: Experiment) -> dict[str, Any]:
    table = tables(experiment)["expansion"]
    resource = Resource(
        "annotations/expansion.csv",
        "Expansion",
        annotations_csv(table).encode(),
        table,
        described("expansion", table.columns),
    )
    files = [
        SourceFile(path="film.tif", absolute="/d/film.tif", sha256="ab", bytes=12),
        SourceFile(path="../x/film.tif", absolute="/x/film.tif"),
    ]
    built = describe_package(
        "My Wire #1", [resource], experiment=experiment, sources={"Wire 1": files}
    )
    return json.loads(to_json(built))


def test_the_package_has_what_the_specification_asks_for(
    package: dict[str, Any],
) -> None:
    assert package["profile"] == "tabular-data-package"
    assert NAME.match(package["name"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", package["created"])
    names = [resource["name"] for resource in package["resources"]]
    assert names == ["expansion"]
    for resource in package["resources"]:
        assert resource["profile"] == "tabular-data-resource"
        assert NAME.match(resource["name"])
        assert INSIDE.match(resource["path"])
        schema = resource["schema"]
        fields = [field["name"] for field in schema["fields"]]
        assert len(fields) == len(set(fields))
        assert schema["primaryKey"] in fields
        assert schema["missingValues"] == [""]
        assert {field["type"] for field in schema["fields"]} <= TYPES
    for source in package["sources"]:
        assert source["title"]
        assert INSIDE.match(source.get("path", "fine"))


def test_hash_size_and_columns_are_those_of_the_file(
    package: dict[str, Any], experiment: Experiment, tmp_path: Path
) -> None:
    resource = package["resources"][0]
    data = annotations_csv(tables(experiment)["expansion"]).encode()
    assert resource["bytes"] == len(data)
    assert resource["hash"] == "sha256:" + hashlib.sha256(data).hexdigest()
    (tmp_path / "t.csv").write_bytes(data)
    read = pd.read_csv(tmp_path / "t.csv")
    assert list(read.columns) == [f["name"] for f in resource["schema"]["fields"]]


def test_every_described_column_has_its_unit_and_meaning(
    package: dict[str, Any],
) -> None:
    fields = {f["name"]: f for f in package["resources"][0]["schema"]["fields"]}
    for column in KINDS["expansion"].all_columns:
        field = fields[column.name]
        assert field["type"] == column.type
        assert field["description"] == column.description
        assert field.get("unit", "") == column.unit
    assert fields["mine"] == {"name": "mine", "type": "number", "format": "default"}


def test_sources_clock_scale_and_software_are_told(package: dict[str, Any]) -> None:
    first, second = package["sources"]
    assert (first["path"], first["hash"], first["bytes"]) == (
        "film.tif",
        "sha256:ab",
        12,
    )
    assert second["location"] == "../x/film.tif"
    assert "hash" not in second
    movie = package["movies"][0]
    assert movie["alignment"]["offset_s"] == 1.0
    assert movie["alignment"]["u_offset_s"] == 0.25
    assert "Offset +1.000 s" in movie["alignment"]["text"]
    assert movie["calibration"]["x_nm"] == 0.5
    assert movie["calibration"]["u_relative"] == 0.02
    assert movie["timeBase"]["frames"] == 3
    assert package["traces"][0]["chargeSource"] == "integrated"
    assert package["software"]["napari-insitu-tem"] == __version__
    assert {"python", "numpy", "pandas"} <= set(package["software"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("My Wire #1", "my-wire-1"), ("µ", "data"), ("", "data"), ("a_b.c-d", "a_b.c-d")],
)
def test_names_fit_the_specification(name: str, expected: str) -> None:
    assert slug(name) == expected
    assert NAME.match(slug(name))
