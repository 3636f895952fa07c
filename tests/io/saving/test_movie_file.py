"""A movie that was written is read again as it was, or was not written at all."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import tifffile

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.io.saving import movie_file
from napari_insitu_tem.io.saving.movie_file import export_movie
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.errors import (
    CancelledError,
    MissingExtraError,
    ReadError,
    SaveError,
)
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp

NAMES = ("wire.ome.tif", "wire.ome.zarr")
WHEN = datetime(2024, 5, 13, 11, 19, 51, 602000, timezone(timedelta(hours=-5)))


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    if request.param.endswith("zarr"):
        pytest.importorskip("zarr")
    return request.param


@pytest.fixture
def movie(rng) -> Movie:
    """Irregular times to the nanosecond, oblong pixels, a start in another zone."""
    data = rng.integers(0, 60000, (6, 9, 7)).astype("uint16")
    start = np.array([0, 1, 40_000_001, 10**9, 3 * 10**12, 3 * 10**12 + 7])
    exposure = np.array([1, 5, 25_000_000, 10, 20, 30])
    return replace(
        Movie.from_array(data, name="wire"),
        calibration=Calibration(0.3, 0.1 / 3),
        times=FrameTimes(start, exposure, "stamps"),
        stamp=StartStamp(WHEN, 1e-3, "header"),
    )


def assert_equal(again: Movie, movie: Movie) -> None:
    np.testing.assert_array_equal(np.asarray(again.frames), np.asarray(movie.frames))
    assert again.dtype == movie.dtype
    if movie.times is None:
        assert again.times is None
    else:
        np.testing.assert_array_equal(again.times.start_ns, movie.times.start_ns)
        if movie.times.exposure_ns is not None:
            expected = movie.times.exposure_ns
            np.testing.assert_array_equal(again.times.exposure_ns, expected)
        else:
            assert again.times.exposure_ns is None
    assert (again.calibration is None) == (movie.calibration is None)
    if movie.calibration is not None:
        assert again.calibration.scale_nm == movie.calibration.scale_nm
    assert again.start == movie.start


def test_read_again_as_it_was(tmp_path, movie, name):
    told = []
    path = export_movie(
        movie, tmp_path / name, progress=lambda done, n, text="": told.append((done, n))
    )
    again = read_movie(path)
    assert_equal(again, movie)
    assert again.start.utcoffset() == timedelta(hours=-5)
    assert told == [(i, 6) for i in range(7)]
    assert [p.name for p in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "float32", "float64"])
def test_types(tmp_path, movie, name, dtype):
    data = (np.asarray(movie.frames) // 256).astype(dtype)
    film = Movie.from_array(data, pixel_size_nm=0.5, times_s=np.arange(6) * 0.1)
    assert_equal(read_movie(export_movie(film, tmp_path / name)), film)


def test_colour(tmp_path, rng, name):
    film = Movie.from_array(rng.integers(0, 255, (4, 5, 6, 3)).astype("uint8"))
    assert_equal(read_movie(export_movie(film, tmp_path / name)), film)


def test_one_frame_and_nothing_known(tmp_path, rng, name):
    film = Movie.from_array(rng.integers(0, 255, (1, 5, 6)).astype("uint8"))
    assert_equal(read_movie(export_movie(film, tmp_path / name)), film)


def test_naive_start_of_whole_seconds(tmp_path, movie, name):
    stamp = StartStamp(datetime(2024, 5, 13, 11, 19, 51), 1.0, "header")
    again = read_movie(export_movie(replace(movie, stamp=stamp), tmp_path / name))
    assert again.start == stamp.when
    assert again.stamp.is_naive
    assert again.stamp.resolution_s == 1.0


def test_other_programs_find_the_numbers(tmp_path, movie):
    path = export_movie(movie, tmp_path / "a.ome.tif")
    with tifffile.TiffFile(path) as tif:
        assert tif.is_ome
        assert tif.series[0].axes == "TYX"
        root = ElementTree.fromstring(tif.ome_metadata)
    space = {"o": root.tag[1:].partition("}")[0]}
    pixels = root.find(".//o:Pixels", space)
    assert float(pixels.get("PhysicalSizeY")) == 0.3
    assert pixels.get("PhysicalSizeYUnit") == "nm"
    plane = root.findall(".//o:Plane", space)[2]
    assert (plane.get("DeltaT"), plane.get("DeltaTUnit")) == ("0.040000001", "s")
    assert plane.get("ExposureTime") == "0.025000000"
    date = root.find(".//o:AcquisitionDate", space).text
    assert datetime.fromisoformat(date) == WHEN.astimezone(UTC)


def test_zarr_keeps_what_tiff_cannot(tmp_path, movie):
    pytest.importorskip("zarr")
    size = Calibration(0.3, 0.1, u_relative=0.02, source="scale bar")
    film = replace(movie, calibration=size)
    again = read_movie(export_movie(film, tmp_path / "a.zarr"))
    assert again.calibration == size
    assert again.times.source == "stamps"
    sizes = np.repeat([[0.2], [0.4]], 3, axis=0) * np.ones(2)
    sizes[4] = np.nan
    film = replace(movie, calibration=None, frame_sizes_nm=sizes)
    again = read_movie(export_movie(film, tmp_path / "b.zarr"))
    np.testing.assert_array_equal(again.frame_sizes_nm, sizes)


def test_pixels_that_ome_tiff_does_not_have(tmp_path, rng):
    film = Movie.from_array(rng.integers(0, 9, (2, 4, 4)))
    with pytest.raises(SaveError, match="int64"):
        export_movie(film, tmp_path / "a.ome.tif")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("failing", ["cancel", "read"])
def test_nothing_is_left_behind(tmp_path, movie, name, failing):
    def stop(done, total, text=""):
        if done == 3:
            raise CancelledError("stopped")

    def broken(index):
        if index == 3:
            raise ReadError("frame 3 is damaged.")
        return frame(index)

    path = tmp_path / name
    export_movie(movie, path)
    frame = movie.frames.frame
    if failing == "read":
        movie.frames.frame = broken
    with pytest.raises((CancelledError, ReadError)):
        export_movie(
            movie,
            path,
            overwrite=True,
            progress=stop if failing == "cancel" else movie_file.no_progress,
        )
    assert [p.name for p in tmp_path.iterdir()] == [name]
    movie.frames.frame = frame
    assert_equal(read_movie(path), movie)


def test_what_is_there_is_replaced_only_on_demand(tmp_path, movie, name):
    path = export_movie(movie, tmp_path / name)
    other = replace(movie, times=None)
    with pytest.raises(SaveError, match="there already"):
        export_movie(other, path)
    assert_equal(read_movie(path), movie)
    export_movie(other, path, overwrite=True)
    assert_equal(read_movie(path), other)
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_the_movies_own_file_is_never_replaced(tmp_path, movie, name):
    again = read_movie(export_movie(movie, tmp_path / name))
    with pytest.raises(SaveError, match="own file"):
        export_movie(again, tmp_path / name, overwrite=True)
    assert_equal(read_movie(tmp_path / name), movie)


def test_refusals(tmp_path, movie, monkeypatch):
    import sys

    with pytest.raises(SaveError, match=r"\.ome\.tif or"):
        export_movie(movie, tmp_path / "wire.mp4")
    with pytest.raises(SaveError, match="is not there"):
        export_movie(movie, Path(tmp_path / "none" / "wire.ome.tif"))
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(MissingExtraError, match="zarr"):
        export_movie(movie, tmp_path / "wire.zarr")
    assert list(tmp_path.iterdir()) == []
