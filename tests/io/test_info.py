"""What `info --json` prints of a file."""

from __future__ import annotations

import json

import numpy as np
import tifffile

from napari_insitu_tem.io.info import KEYS, describe_file
from records import protochips


def test_movie(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        np.zeros((4, 9, 7), "u2"),
        imagej=True,
        resolution=(4, 4),
        metadata={"axes": "TYX", "unit": "nm", "finterval": 0.5},
    )
    found = describe_file(path)
    assert tuple(found) == KEYS
    assert found["file"] == str(path)
    assert found["kind"] == "movie"
    assert found["shape"] == [4, 9, 7]
    assert found["dtype"] == "uint16"
    assert found["frames"] == 4
    assert found["pixel_size_nm"] == 0.25
    assert found["frame_interval_s"] == 0.5
    assert found["duration_s"] == 2.0
    assert found["time_s"] == [0.0, 1.5]
    assert found["start"] is None
    assert found["rows"] is None
    assert found["warnings"] == []
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_record_of_a_holder(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(protochips("Channel A Temperature", [(0, 25), (50, 26)]))
    found = describe_file(path)
    assert tuple(found) == KEYS
    assert found["potential_V"] is None and found["rows"] == 9
    assert found["columns"] == ["time_s", "temperature_degC"]


def test_movie_that_says_nothing(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((5, 9, 7), "u2"), metadata=None)
    found = describe_file(path)
    unknown = ("pixel_size_nm", "frame_interval_s", "duration_s", "start", "time_s")
    assert all(found[key] is None for key in unknown)
    json.dumps(found, allow_nan=False)


def test_pixels_that_are_not_square_have_two_sizes(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path,
        np.zeros((4, 9, 7), "u2"),
        imagej=True,
        resolution=(4, 2),
        metadata={"unit": "nm"},
    )
    assert describe_file(path)["pixel_size_nm"] == [0.5, 0.25]


def test_error(tmp_path):
    path = tmp_path / "gone.tif"
    found = describe_file(path)
    assert set(found) == {"file", "error"}
    assert found["error"]["type"] == "ReadError"
    assert "gone.tif" in found["error"]["message"]
    assert found["error"]["hint"]
