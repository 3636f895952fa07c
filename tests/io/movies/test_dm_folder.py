"""Folders of DM files: the in-situ tree, times of each file, files that differ."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dm_files import camera_tags, image, write_dm
from napari_insitu_tem.io.movies import dm_series
from napari_insitu_tem.io.registry import identify, read_movie
from napari_insitu_tem.model.errors import ReadError

OS = 1.3140161894481715e17
COUNTS = {0: 5, 1: 10, 2: 8, 3: 10, 4: 3}


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 4000, (sum(COUNTS.values()), 9, 7)).astype("uint16")


def tree(folder: Path, data: np.ndarray, tags) -> list[Path]:
    """A recording that begins in the midst of a second and drops two frames."""
    paths = []
    for second, count in COUNTS.items():
        at = folder / "Hour_00" / "Minute_59" / f"Second_{55 + second:02d}"
        at.mkdir(parents=True)
        for k in range(count):
            i = len(paths)
            clock = f"Hour_00_Minute_59_Second_{55 + second:02d}_Frame_{k:04d}"
            entry = image(data[i], [(0.2, "nm")] * 2, tags(i))
            paths.append(write_dm(at / f"{folder.name}_{clock}.dm4", entry))
    return paths


def no_tags(_: int) -> dict:
    return {}


def test_tree_with_times_from_its_names(tmp_path, data):
    paths = tree(tmp_path / "wire", data, no_tags)
    movie = read_movie(tmp_path / "wire")
    assert movie.shape == (36, 9, 7)
    assert movie.name == "wire"
    assert list(movie.paths) == paths
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.pixel_size_nm == pytest.approx(0.2)
    assert movie.times_s[[0, 5, 15]] == pytest.approx([3595, 3596, 3597])
    assert movie.times_s[16] == pytest.approx(3597 + 1 / 8)
    assert "file names" in movie.times.source
    assert movie.start is None


def test_hour_rolls_over(tmp_path, data):
    for hour, minute, i in ((1, 0, 1), (0, 59, 0), (10, 0, 2)):
        at = tmp_path / f"Hour_{hour:02d}" / f"Minute_{minute:02d}" / "Second_00"
        at.mkdir(parents=True)
        clock = f"Hour_{hour:02d}_Minute_{minute:02d}_Second_00_Frame_0000"
        write_dm(at / f"a_{clock}.dm4", image(data[i]))
    movie = read_movie(tmp_path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:3])
    np.testing.assert_allclose(movie.times_s, [3540, 3600, 36000])


@pytest.mark.parametrize("part", ["Hour_00", "Hour_00/Minute_59/Second_56"])
def test_part_of_the_tree(tmp_path, data, part):
    tree(tmp_path / "wire", data, no_tags)
    movie = read_movie(tmp_path / "wire" / part)
    assert len(movie) == (36 if part == "Hour_00" else 10)


def test_camera_stamps_come_first(tmp_path, data):
    starts = np.cumsum(np.where(np.arange(36) == 20, 0.3e9, 0.1e9)) - 0.1e9 + 5e8

    def tags(i: int) -> dict:
        return camera_tags(**{"Frame Start (ns)": float(starts[i])})

    tree(tmp_path / "wire", data, tags)
    movie = read_movie(tmp_path / "wire")
    np.testing.assert_array_equal(movie.times.start_ns, starts - starts[0])
    assert movie.times.source == "tags (Frame Start)"
    assert movie.audit.gaps == ((20, pytest.approx(0.3)),)
    np.testing.assert_allclose(movie.exposures_s, 0.04)
    began = datetime(2017, 5, 25, 4, 58, 4, 638896, UTC)
    assert abs(movie.start - began) < timedelta(microseconds=5)
    assert movie.start.utcoffset() == timedelta(hours=-4)


def dated(i: int, step: float) -> dict:
    tags = camera_tags()
    del tags["Acquisition"]
    tags["DataBar"]["Acquisition Time (OS)"] = OS + i * step
    return tags


def test_dates_of_the_files(tmp_path, data):
    tree(tmp_path / "wire", data, lambda i: dated(i, 1.25e6))
    movie = read_movie(tmp_path / "wire")
    np.testing.assert_allclose(movie.times_s, np.arange(36) * 0.125, atol=4e-6)
    assert "OS" in movie.times.source
    assert abs(movie.start - datetime(2017, 5, 25, 4, 58, 14, 481715, UTC)) < timedelta(
        milliseconds=1
    )


def test_dates_that_contradict_the_names(tmp_path, data):
    tree(tmp_path / "wire", data, lambda i: dated(i, 5e7))
    movie = read_movie(tmp_path / "wire")
    assert "file names" in movie.times.source
    assert "contradict" in " ".join(movie.warnings)
    first = movie.start + timedelta(seconds=float(movie.times_s[0]))
    assert abs(first - datetime(2017, 5, 25, 4, 58, 14, 481715, UTC)) < timedelta(
        milliseconds=1
    )


def test_only_the_first_file_is_parsed(tmp_path, data, monkeypatch):
    tree(tmp_path / "wire", data, lambda i: dated(i, 1e6))
    parsed = []
    read_tags = dm_series.read_tags
    monkeypatch.setattr(
        dm_series, "read_tags", lambda path: parsed.append(path) or read_tags(path)
    )
    movie = read_movie(tmp_path / "wire")
    np.testing.assert_array_equal(movie.frames.frame(30), data[30])
    assert len(parsed) == 1


def test_file_that_is_laid_out_otherwise(tmp_path, data):
    paths = tree(tmp_path / "wire", data, lambda i: dated(i, 1e6))
    size = paths[7].stat().st_size
    tags = {**dated(7, 1e6), "A first tag": "x", "Name": "longer"}
    write_dm(paths[7], image(data[7], [(0.2, "nm")] * 2, tags))
    assert paths[7].stat().st_size != size
    entry = image(data[9], [(0.2, "nm")] * 2, dated(9, 1e6))
    write_dm(paths[9], entry, AA="moved")  # behind the others: the offset holds
    movie = read_movie(tmp_path / "wire")
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_allclose(movie.times_s, np.arange(36) * 0.1, atol=4e-6)


def test_same_size_but_another_place(tmp_path, data):
    for i, (before, behind) in enumerate([("aa", "bbbb"), ("aaaa", "bb")]):
        entry = image(data[i])
        entry["ImageData"] = {"A": before, **entry["ImageData"], "Z": behind}
        write_dm(tmp_path / f"{i}.dm4", entry)
    sizes = {path.stat().st_size for path in tmp_path.iterdir()}
    assert len(sizes) == 1
    np.testing.assert_array_equal(np.asarray(read_movie(tmp_path).frames), data[:2])


@pytest.mark.parametrize("content", ["other shape", "cut", "empty", "text"])
def test_frame_that_does_not_fit(tmp_path, data, content):
    paths = tree(tmp_path / "wire", data, lambda i: dated(i, 1e6))
    if content == "other shape":
        write_dm(paths[7], image(data[7, :5]))
    else:
        raw = {"cut": paths[7].read_bytes()[:700], "empty": b"", "text": b"no" * 99}
        paths[7].write_bytes(raw[content])
    movie = read_movie(tmp_path / "wire")
    assert len(movie) == 36
    assert f"1 files cannot be read, the first is {paths[7].name}." in movie.warnings
    with pytest.raises(ReadError, match=paths[7].stem):
        movie.frames.frame(7)
    np.testing.assert_array_equal(movie.frames.frame(8), data[8])


def test_file_that_vanishes(tmp_path, data):
    paths = tree(tmp_path / "wire", data, no_tags)
    movie = read_movie(tmp_path / "wire")
    paths[3].unlink()
    with pytest.raises(ReadError, match="not there any more"):
        movie.frames.frame(3)


def test_links_out_of_the_folder_are_not_followed(tmp_path, data):
    tree(tmp_path / "other", data, no_tags)
    tree(tmp_path / "wire", data[:36], no_tags)
    (tmp_path / "wire" / "Hour_01").symlink_to(tmp_path / "other" / "Hour_00")
    assert len(read_movie(tmp_path / "wire")) == 36


def test_plain_folder_and_list(tmp_path, data):
    paths = [
        write_dm(tmp_path / f"frame{i}.dm3", image(data[i], tags=dated(i, 1e7)))
        for i in range(12)
    ]
    for source in (tmp_path, paths[::-1]):
        movie = read_movie(source)
        np.testing.assert_array_equal(np.asarray(movie.frames), data[:12])
        np.testing.assert_allclose(movie.times_s, np.arange(12.0), atol=4e-6)
        assert movie.format == "Gatan DM3 series"
    assert identify(paths[0]).name == "Gatan DM3/DM4"


@pytest.mark.parametrize(
    ("axes", "expected"),
    [
        ([(0.2, "nm"), (0.2, "nm"), (0.1, "nm")], [0.2, 0.2, 0.1]),
        ([(0.5, "nm"), (0.5, "µm"), (0.5, "nm")], [0.5, 500.0, 0.5]),
        ([(0.5, "nm"), (2.0, "1/nm"), (1.0, "nm")], [0.5, np.nan, 1.0]),
    ],
)
def test_magnification_that_was_changed(tmp_path, data, axes, expected):
    for i, axis in enumerate(axes):
        write_dm(tmp_path / f"{i}.dm4", image(data[i], [axis] * 2))
    movie = read_movie(tmp_path)
    assert movie.calibration is None
    np.testing.assert_allclose(movie.frame_sizes_nm, np.array([expected] * 2).T)
    assert "magnification was changed" in movie.warnings[0]
    assert ("1 frames" in movie.warnings[0]) == bool(np.isnan(expected).any())


def test_one_unread_file_changes_no_size(tmp_path, data):
    for i in range(3):
        write_dm(tmp_path / f"{i}.dm4", image(data[i], [(0.5, "nm")] * 2))
    (tmp_path / "1.dm4").write_bytes(b"nothing")
    movie = read_movie(tmp_path)
    assert movie.pixel_size_nm == 0.5
    assert movie.frame_sizes_nm is None


def test_stacks_are_no_frames(tmp_path, data):
    write_dm(tmp_path / "a.dm4", image(data))
    with pytest.raises(ReadError, match="is a stack"):
        read_movie(tmp_path)


def test_tree_without_files(tmp_path):
    (tmp_path / "Hour_00" / "Minute_00").mkdir(parents=True)
    with pytest.raises(ReadError, match="no DM3 or DM4 file"):
        read_movie(tmp_path)
