"""Which files of a folder are its movie, by their names alone."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from napari_insitu_tem.io.movies.name_series import main_series, missing_numbers
from napari_insitu_tem.io.registry import read_movie


def kept(names: list[str]) -> list[str]:
    return [path.stem for path in main_series([Path(f"{n}.png") for n in names])[0]]


SIX = [f"f_{i:03d}" for i in range(6)]


@pytest.mark.parametrize(
    "beside",
    [
        [f"f_{i:03d}_thumb" for i in range(6)],
        [f"mask_{i:03d}" for i in range(5)],
        [f"g_{i:03d}" for i in range(6)],
        ["overview"],
        ["f_mean", "f_sum", "f_std"],
    ],
)
def test_what_lies_beside_a_series(beside):
    assert kept([*beside, *SIX]) == SIX


@pytest.mark.parametrize(
    "names",
    [
        SIX,
        ["a", "b", "c"],
        ["before", "after"],
        ["w_3s", "w_9.5s", "w_12s"],
        ["at_11.59 AM", "at_12.00 PM"],
        ["w_-1V", "w_0V", "w_1V", "w_2V"],
        [*(f"charge_{i}" for i in range(4)), *(f"discharge_{i}" for i in range(4, 8))],
        ["3fa85f64", "1bc2a", "9e8d7c", "77aa12", "12aa77", "ff01"],
    ],
)
def test_one_movie(names):
    assert sorted(kept(names)) == sorted(names)


@pytest.mark.parametrize(
    ("numbers", "missing"),
    [
        ([1, 2, 3, 5, 6], [4]),
        ([0, 10, 20, 50, 60, 70, 80], [30, 40]),
        ([1, 2, 3], []),
        ([1, 2], []),
        ([1, 5, 9, 100], []),
        ([300, 310, 325, 330], []),
        ([1, 2, 3, 3000], []),
    ],
)
def test_numbers_that_lack(numbers, missing):
    assert missing_numbers([f"wire4_{n:04d}_x" for n in numbers]) == missing


def test_two_numbers_that_vary_are_no_counter():
    assert missing_numbers(["a1_10", "a2_20", "a4_40", "a5_50"]) == []


def images(folder: Path, names: list[str], size: tuple[int, int] = (5, 6)) -> None:
    for i, name in enumerate(names):
        Image.fromarray(np.full(size, i, "u1")).save(folder / f"{name}.png")


def test_folder_with_pictures_beside_its_frames(tmp_path):
    images(tmp_path, SIX)
    images(tmp_path, ["overview"], (9, 9))
    movie = read_movie(tmp_path)
    assert [int(movie.frames.frame(i)[0, 0]) for i in range(len(movie))] == [*range(6)]
    assert "1 images whose names are not of the series" in movie.warnings[0]
    assert "overview.png" in movie.warnings[0]


def test_a_number_that_lacks_is_said_where_there_are_no_times(tmp_path):
    images(tmp_path, [*SIX, "f_008"])
    assert "2 numbers lack" in read_movie(tmp_path).warnings[0]


def test_dates_give_the_order(tmp_path):
    clock = [f"run{i % 3}_20230506_0708{i:02d}" for i in range(7)]
    images(tmp_path, clock)
    movie = read_movie(tmp_path)
    assert [int(movie.frames.frame(i)[0, 0]) for i in range(7)] == [*range(7)]
    assert list(movie.times_s) == [*range(7)]


def test_times_against_the_order_of_the_names_are_said(tmp_path):
    images(tmp_path, [f"{300 + i}C_{60 - i}s" for i in range(6)])
    movie = read_movie(tmp_path)
    assert movie.times is None
    assert "do not rise in the order" in movie.warnings[0]


def exposed(path: Path, second: int) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = f"2023:05:06 07:08:{second:02d}"
    Image.fromarray(np.zeros((8, 8), "u1")).save(path, exif=exif)


def test_names_are_finer_than_stamps_of_whole_seconds(tmp_path):
    for i in range(6):
        exposed(tmp_path / f"w_{2 + i * 0.25:.2f}s.jpg", 9 + i // 4)
    movie = read_movie(tmp_path)
    assert movie.times_s == pytest.approx(2 + np.arange(6) * 0.25)
    assert movie.start == datetime(2023, 5, 6, 7, 8, 7)
    assert "EXIF" in movie.stamp.source


def test_stamps_of_every_image_come_before_names(tmp_path):
    for i in range(4):
        exposed(tmp_path / f"w_{i}s.jpg", 2 * i)
    movie = read_movie(tmp_path)
    assert movie.times_s == pytest.approx([0, 2, 4, 6])
    assert "EXIF" in movie.times.source
