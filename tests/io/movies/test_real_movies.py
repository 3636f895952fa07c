"""Every real image file at hand reads as its manifest says, or says why not."""

from __future__ import annotations

import csv
import gzip
import re
import zipfile
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_insitu_tem.io.movies.units import nm_per
from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie

READ = (
    "TIFF",
    "MRC",
    "PNG",
    "JPG",
    "Gatan DM",
    "FEI SER",
    "TVIPS",
    "EMD",
    "MP4",
    "GIF",
)
CUT = "header+extended header only"


@pytest.fixture(scope="module")
def rows(shared_data) -> list[dict[str, str]]:
    with (shared_data / "movies" / "MANIFEST.tsv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file, delimiter="\t"))


def is_read(row: dict[str, str]) -> bool:
    """Whether a row is a movie of a format that is read, not a part of a file."""
    if row["format"].startswith("Gatan DM"):
        is_image = all(int(n) > 1 for n in re.findall(r"\d+", row["shape"])[-2:])
        is_spectrum = "ref_F_1_1" in row["file"] or "ref_F_2_1" in row["file"]
        return is_image and not is_spectrum and "complex" not in row["dtype"]
    return row["format"].startswith(READ) and CUT not in row["format"]


def of_kind(rows: list[dict[str, str]], kind: str) -> list[dict[str, str]]:
    found = [row for row in rows if row["format"].startswith(kind) and is_read(row)]
    assert found
    return found


def expected_shape(text: str) -> tuple[int, ...]:
    """(y, x), (y, x, channel) and (t, y, x) of the manifest as the movie's shape."""
    shape = tuple(int(n) for n in re.findall(r"\d+", text))
    is_stack = len(shape) == 3 and (shape[-1] not in (3, 4) or shape[0] < 9)
    return shape if is_stack or len(shape) == 4 else (1, *shape)


def expected_nm(text: str) -> Any:
    """A number and a unit, or x and y; burnt-in bars and unset sizes are none."""
    found = re.findall(r"(?:^|; )(-?[\d.e-]+) (nm|µm|micron|A|pm|m)\b", text)
    sizes = [float(number) * (nm_per(unit) or 0) for number, unit in found[:2]]
    if not sizes or not 0 < min(sizes) < 1e9:  # over a metre: one over metres
        return None
    is_square = len(set(sizes)) == 1
    return pytest.approx(sizes[0] if is_square else tuple(sizes[::-1]), rel=1e-5)


def expected_start(text: str) -> datetime | None:
    """The start in UTC where a row has one, else the local one of a TIFF tag."""
    utc = re.search(r"(\d{4}-\d\d-\d\d)[T ]([\d:.]+)(?:Z|$)", text)
    if utc is not None:
        return datetime.fromisoformat(f"{utc[1]}T{utc[2]}+00:00")
    local = re.match(r"\d{4}:\d\d:\d\d \d\d:\d\d:\d\d", text)
    return datetime.strptime(local[0], "%Y:%m:%d %H:%M:%S") if local else None


def check(row: dict[str, str], movie: Movie) -> list[str]:
    """What a movie and its row disagree on."""
    shape, size = expected_shape(row["shape"]), expected_nm(row["pixel_size"])
    dtype = {"dm14": "uint8", "dm23": "uint8"}.get(row["dtype"], row["dtype"])
    dtype = dtype.removesuffix(" yuv420p")
    problems = []
    if row["format"] == "EMD Velox":
        shape = (shape[-1], *shape[:-1]) if len(shape) == 3 else shape
    if row["dtype"] == "dm23":
        shape = (*shape[-3:], 3)
    if row["shape"].startswith("(1,") and len(movie.shape) == 3:
        shape = shape[-3:]
    if movie.shape != shape:
        problems.append(f"shape {movie.shape}")
    if str(movie.dtype) != dtype:
        problems.append(f"dtype {movie.dtype}")
    is_told = row["pixel_size"] or row["format"] != "EMD Berkeley"
    if is_told and movie.pixel_size_nm != size:
        problems.append(f"pixel size {movie.pixel_size_nm}")
    start = expected_start(row["acquisition_time"])
    if start and abs(movie.start - start) > timedelta(microseconds=2):
        problems.append(f"start {movie.start}")
    exposure = re.search(r"exposure ([\d.]+) s", row["frame_interval"])
    if exposure and movie.metadata["exposure_s"] != pytest.approx(float(exposure[1])):
        problems.append(f"exposure {movie.metadata['exposure_s']}")
    frame = movie.frames.frame(len(movie) - 1)
    if frame.shape != movie.shape[1:] or not np.isfinite(frame).all():
        problems.append("frame")
    return problems


@pytest.mark.parametrize("kind", READ)
def test_files_that_are_read(shared_data, rows, kind):
    problems = {}
    for row in of_kind(rows, kind):
        movie = read_movie(shared_data / "movies" / row["file"])
        found = check(row, movie)
        movie.close()
        if found:
            problems[row["file"]] = (row["shape"], row["pixel_size"], found)
    assert not problems


def test_all_other_files_say_why_not(shared_data, rows):
    others = [row for row in rows if not is_read(row)]
    assert len(others) > 30
    for row in others:
        path = shared_data / "movies" / row["file"]
        with pytest.raises(ReadError) as caught:
            read_movie(path)
        assert path.name in caught.value.message
        assert caught.value.message.endswith(".")
        assert caught.value.hint


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
