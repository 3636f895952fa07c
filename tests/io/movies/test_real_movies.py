"""Real images that a manifest of single files does not tell all about."""

from __future__ import annotations

import gzip
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_movie


def test_series_of_a_growth_movie(shared_data):
    folder = shared_data / "movies" / "gabriel-ing__SimpliPyTEM"
    movie = read_movie(folder)
    assert movie.shape == (7, 1917, 1851)
    assert movie.pixel_size_nm == pytest.approx(0.163488, rel=1e-5)
    assert movie.times is None
    assert [p.name[-8:] for p in movie.paths] == [f"{i:04d}.tif" for i in range(7)]


@pytest.mark.parametrize(
    ("folder", "shape"),
    [
        ("full_frames_png_1733-1739", (3, 2048, 2048)),
        ("line_crops_1770-1786", (17, 660, 660, 4)),
        ("raw_jpg", (2, 2048, 2048, 3)),
    ],
)
def test_series_of_a_heating_movie(shared_data, folder, shape):
    home = shared_data / "movies" / "nomelabs__insitu-TEM-annealing-Ti"
    movie = read_movie(home / folder)
    assert movie.shape == shape
    assert movie.calibration is None
    assert movie.times is None
    assert movie.frames.frame(0).std() > 0


def test_direct_electron_movie(shared_data):
    folder = shared_data / "movies" / "hyperspy__rosettasciio" / "mrc"
    movie = read_movie(folder / "20241021_00405_movie.mrc")
    assert movie.shape == (32, 4, 8)
    np.testing.assert_allclose(movie.times_s, np.arange(32) * 1.4285e-3)
    np.testing.assert_allclose(movie.exposures_s, 1.4275e-3)
    zone = timezone(timedelta(hours=-5))
    assert movie.start == datetime(2024, 10, 21, 14, 36, 50, tzinfo=zone)


@pytest.mark.parametrize(
    ("name", "shape", "nm", "start", "exposure"),
    [
        (
            "epu2.9_example.mrc",
            (1, 4096, 4096),
            0.0666551328,
            datetime(2020, 11, 3, 17, 36, 4, 917000),
            12.207756,
        ),
        (
            "fei-extended.mrc",
            (1, 3838, 3710),
            0.0853775523,
            datetime(2017, 10, 10, 8, 37, 35, 641000),
            10.0,
        ),
    ],
)
def test_fei_headers(shared_data, tmp_path, name, shape, nm, start, exposure):
    source = shared_data / "movies" / "pypi__mrcfile-1.5.4"
    path = tmp_path / name
    header = (source / f"{name}.header_only.bin").read_bytes()
    with path.open("wb") as file:  # the pixels, which were left out, as a hole
        file.write(header)
        file.truncate(len(header) + shape[1] * shape[2] * 2)
    movie = read_movie(path)
    assert movie.shape == shape
    assert movie.pixel_size_nm == pytest.approx(nm, rel=1e-8)
    assert abs(movie.start - start) < timedelta(milliseconds=2)
    assert movie.metadata["exposure_s"] == pytest.approx(exposure)


def unpacked(archive: Path, folder: Path) -> Path:
    path = folder / archive.stem
    if archive.suffix == ".gz":
        path.write_bytes(gzip.decompress(archive.read_bytes()))
        return path
    with zipfile.ZipFile(archive) as file:
        return Path(file.extract(file.namelist()[0], folder))


@pytest.mark.parametrize(
    ("name", "nm", "start"),
    [
        (
            "JEOL-SightX-TEM-mag-dummy.tif.gz",
            1.8305,
            datetime(2019, 11, 27, 16, 11, 26, 620540, timezone(timedelta(hours=9))),
        ),
        (
            "JEOL-SightX-Ronchigram-dummy.tif.gz",
            None,
            datetime(2021, 5, 18, 14, 10, 44, 678686, timezone(timedelta(hours=9))),
        ),
        ("TVIPS_bin4.zip", 1.42080366, datetime(2017, 4, 12, 9, 1, 17)),
    ],
)
def test_vendors_tiffs(shared_data, tmp_path, name, nm, start):
    folder = shared_data / "movies" / "hyperspy__rosettasciio" / "tiff"
    movie = read_movie(unpacked(folder / name, tmp_path))
    assert movie.start == start
    assert movie.pixel_size_nm == (None if nm is None else pytest.approx(nm, rel=1e-5))
