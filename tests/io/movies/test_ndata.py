"""Nion Swift: zip and HDF5, calibrations, dates, what is no series of images."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_movie
from napari_insitu_tem.model.errors import ReadError

CALIBRATIONS = [
    {"offset": 0.0, "scale": 40.0, "units": "ms"},
    {"offset": -1.0, "scale": 0.5, "units": "nm"},
    {"offset": -1.0, "scale": 0.5, "units": "nm"},
]


def properties(**more: Any) -> dict[str, Any]:
    return {
        "version": 13,
        "created": "2024-05-13T11:19:51.602000",
        "timezone_offset": "+0200",
        "title": "etching",
        "is_sequence": True,
        "collection_dimension_count": 0,
        "datum_dimension_count": 2,
        "dimensional_calibrations": CALIBRATIONS,
        "metadata": {"hardware_source": {"exposure": 0.025}},
        **more,
    }


def write_zip(path: Path, data, text: Any, *, packed=zipfile.ZIP_STORED) -> Path:
    array = io.BytesIO()
    np.save(array, data)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("data.npy", array.getvalue(), packed)
        archive.writestr("metadata.json", json.dumps(text))
    return path


def write_h5(path: Path, data, text: Any) -> Path:
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        name = "data" if path.suffix == ".h5" else "data/0"
        file[name] = data
        file[name].attrs["properties"] = json.dumps(text)
    return path


def write(path: Path, data, text: Any) -> Path:
    writer = write_zip if path.suffix.startswith(".ndata") else write_h5
    return writer(path, data, text)


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 4000, (5, 7, 9)).astype("uint16")


NAMES = ("wire.ndata", "wire.ndata1", "wire.h5", "wire.nhdf")


@pytest.mark.parametrize("name", NAMES)
def test_a_sequence(tmp_path, data, name):
    path = write(tmp_path / name, data, properties())
    assert identify(path).name == "Nion Swift"
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.pixel_size_nm == 0.5
    np.testing.assert_allclose(movie.times_s, np.arange(5) * 0.04)
    np.testing.assert_allclose(movie.exposures_s, 0.025)
    zone = timezone(timedelta(hours=2))
    assert movie.start == datetime(2024, 5, 13, 13, 19, 51, 602000, zone)
    assert movie.start.utcoffset() == timedelta(hours=2)
    assert movie.metadata["title"] == "etching"
    assert "may be after the first frame" in movie.warnings[0]
    movie.close()


@pytest.mark.parametrize("name", NAMES)
def test_one_image(tmp_path, data, name):
    text = properties(is_sequence=False, dimensional_calibrations=CALIBRATIONS[1:])
    movie = read_movie(write(tmp_path / name, data[0], text))
    np.testing.assert_array_equal(movie.frames.frame(0), data[0])
    assert (len(movie), movie.pixel_size_nm) == (1, 0.5)
    assert movie.warnings == ()
    movie.close()


def test_properties_of_an_older_library(tmp_path, data):
    inner = {k: v for k, v in properties().items() if k != "created"}
    text = {"data_sources": [inner], "created": "2014-01-02T03:04:05"}
    movie = read_movie(write_zip(tmp_path / "a.ndata", data, text))
    assert movie.pixel_size_nm == 0.5
    assert movie.start.astimezone(UTC) == datetime(2014, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "told",
    [
        {"datetime_modified": "2024-05-13T13:19:51", "datetime_modified_tz": "+0200"},
        {
            "datetime_modified": {
                "local_datetime": "2024-05-13T13:19:51.000000",
                "tz": "+0200",
                "dst": "+60",
            }
        },
    ],
)
def test_an_exported_file(tmp_path, data, told):
    text = {"version": 1, "is_sequence": True, "spatial_calibrations": CALIBRATIONS}
    movie = read_movie(write_zip(tmp_path / "a.ndata1", data, {**text, **told}))
    assert movie.pixel_size_nm == 0.5
    assert movie.start == datetime(2024, 5, 13, 11, 19, 51, tzinfo=UTC)


def test_colour_is_stored_blue_first(tmp_path, rng):
    data = rng.integers(0, 255, (3, 4, 6, 4)).astype("uint8")
    movie = read_movie(write_zip(tmp_path / "a.ndata", data, properties()))
    assert movie.shape == (3, 4, 6, 3)
    np.testing.assert_array_equal(movie.frames.frame(1), data[1][..., [2, 1, 0]])


@pytest.mark.parametrize(
    ("unit", "frames"), [("", None), ("pixels", None), ("s", 5), ("ms", 5)]
)
def test_a_step_without_a_unit_of_time_is_no_interval(tmp_path, data, unit, frames):
    scales = [{"scale": 2.0, "units": unit}, *CALIBRATIONS[1:]]
    text = properties(dimensional_calibrations=scales)
    movie = read_movie(write_zip(tmp_path / "a.ndata", data, text))
    assert (movie.times is None) == (frames is None)


@pytest.mark.parametrize(
    ("shape", "dtype", "more", "sentence"),
    [
        ((4, 5, 6), "f4", {"datum_dimension_count": 1}, "not a series of images"),
        ((2, 3, 4, 5), "f4", {"collection_dimension_count": 2}, "not a series"),
        ((3, 4), "c8", {}, "no grey levels"),
        ((50,), "f4", {"datum_dimension_count": 1}, "not a series"),
    ],
)
def test_what_is_no_series_of_images(tmp_path, shape, dtype, more, sentence):
    text = properties(**more)
    path = write_zip(tmp_path / "a.ndata", np.zeros(shape, dtype), text)
    with pytest.raises(ReadError, match=sentence) as caught:
        read_movie(path)
    assert path.name in caught.value.message and caught.value.hint


def test_packed_and_pickled_arrays_are_refused(tmp_path, data):
    path = tmp_path / "a.ndata"
    write_zip(path, data, properties(), packed=zipfile.ZIP_DEFLATED)
    with pytest.raises(ReadError, match="compressed"):
        read_movie(path)
    write_zip(path, np.array([[{"a": 1}, 2]], dtype=object), properties())
    with pytest.raises(ReadError, match="no grey levels"):
        read_movie(path)


@pytest.mark.parametrize("text", ["nothing", [1], {"metadata": 5, "created": 7}])
def test_a_damaged_description_leaves_the_frames(tmp_path, data, text):
    movie = read_movie(write_zip(tmp_path / "a.ndata", data, text))
    np.testing.assert_array_equal(movie.frames.frame(4), data[4])
    assert movie.calibration is None
    assert movie.start is None


def test_axes_that_are_not_told_are_said(tmp_path, data):
    told = properties()
    for key in ("is_sequence", "collection_dimension_count", "datum_dimension_count"):
        told.pop(key, None)
    movie = read_movie(write_zip(tmp_path / "a.ndata", data, told))
    assert movie.shape == data.shape
    assert "Nothing says which of its three axes" in movie.warnings[0]
