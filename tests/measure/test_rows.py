"""Records from tables: what was authored comes back equal."""

from __future__ import annotations

import pandas as pd
import pytest

from napari_insitu_tem.measure.rows import records_from_table
from napari_insitu_tem.measure.tables import kind_table
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.document import ObjectSettings
from napari_insitu_tem.model.errors import ReadError

BAND = ([[0.1, 0], [0, 9]], [[3, 0], [3, 9.7]])


def everything(build):
    return {
        "expansion": [
            build.line(0, comment='said "so", = 3', observer="Ada"),
            build.line(3, 12.3, u_pick_px=0.31, method="snapped", flag="jump"),
            build.line(4, extra=(("grid", "A3"), ("tilt", 2.5), ("note", None))),
        ],
        "front": [
            build.row(
                "front", "point", [[1, 2]], attributes={"front": "f", "path": "p"}
            )
        ],
        "sei": [build.row("sei", "band", *BAND, attributes={"core": "circle"})],
        "event": [
            build.row("event", "none", attributes={"label": "crack", "end_frame": 7})
        ],
        "path": [build.row("path", "path", [[0, 0], [5, 5], [9, 5]])],
    }


@pytest.mark.parametrize("kind", KINDS)
def test_records_survive_the_table(build, kind):
    records = everything(build)[kind]
    table = kind_table(build.add(build.experiment(), *records), kind)
    back = records_from_table(table, kind)
    for old, new in zip(records, back, strict=True):
        filled = dict(new.extra)
        assert new.changed(extra=old.extra) == old
        assert all(filled[name] == value for name, value in old.extra)
    again = kind_table(build.add(build.experiment(), *back), kind)
    pd.testing.assert_frame_equal(table, again)


def test_derived_flags_and_the_model_of_the_object_are_left_behind(build):
    experiment = build.add(build.experiment(), build.line(0, 9, "diameter"))
    settings = ObjectSettings(reference_frames=(5,), volume_model="sphere")
    experiment.document = experiment.document.with_object("NW-A", settings)
    table = kind_table(experiment, "expansion")
    assert table["flag"][0] == "no_reference"
    (record,) = records_from_table(table, "expansion", objects={"NW-A": settings})
    assert record == next(iter(experiment.document.records.values()))
    (record,) = records_from_table(table, "expansion")
    assert record.get("volume_model") == "sphere"


def test_a_plain_table_is_enough():
    table = pd.DataFrame(
        {"frame": [0.0, 2.0], "geometry": "LINESTRING (0 0, 3 4)", "movie": "m"}
    )
    first, second = records_from_table(table, "expansion")
    assert first.id != second.id
    assert (second.frame, second.method) == (2, "manual")
    assert second.geometry.parts == (((0, 0), (4, 3)),)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"geometry": "LINESTRING (0 0"}, "Row 2 .*LINESTRING"),
        ({"geometry": "POINT (1 1)"}, "Row 2 .*point cannot"),
        ({"geometry": "LINESTRING (0 0, nan 1)"}, "Row 2 .*finite"),
        ({"frame": None}, "Row 2 .*frame"),
        ({"frame": 1.5}, "Row 2 .*frame is 1.5"),
        ({"frame": "x"}, "Row 2"),
        ({"method": "guessed"}, "Row 2 .*'guessed'"),
        ({"u_pick_px": -1.0}, "Row 2 .*u_pick_px"),
        ({"kind": "sei"}, "Row 2 .*'sei'"),
        ({"id": "a"}, "Row 2 .*id a"),
    ],
)
def test_a_bad_row_is_named(change, words):
    good = {
        "id": "a",
        "kind": "expansion",
        "frame": 0,
        "geometry": "LINESTRING (0 0, 3 4)",
        "method": "manual",
        "u_pick_px": 1.0,
    }
    table = pd.DataFrame([good, {**good, "id": "b", **change}])
    with pytest.raises(ReadError, match=words):
        records_from_table(table, "expansion")


def test_a_missing_column_is_named():
    with pytest.raises(ReadError, match="'geometry'"):
        records_from_table(pd.DataFrame({"frame": [0]}), "expansion")
