"""DM5: images in HDF5, and recordings in raw files whose borders the frames cross."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.errors import ReadError

h5py = pytest.importorskip("h5py")

AXES = [(0.1, "nm"), (0.1, "nm"), (0.04, "s")]


def write(path: Path, shown, *, frames=None, axes=AXES) -> Path:
    with h5py.File(path, "w") as file:
        file.create_dataset(
            "ImageList/[0]/ImageData/Data", data=np.zeros((90, 90), "u1")
        )
        file.create_group("Thumbnails/[0]").attrs["ImageIndex"] = 0
        group = file.create_group("ImageList/[1]")
        group["ImageData/Data"] = shown
        for i, (scale, unit) in enumerate(axes):
            axis = file.create_group(
                f"ImageList/[1]/ImageData/Calibrations/Dimension/[{i}]"
            )
            axis.attrs.update({"Scale": np.float32(scale), "Units": unit})
        tags = group.create_group("ImageTags/Acquisition/Parameters/High Level")
        tags.attrs["Exposure (s)"] = 0.03
        bar = group.create_group("ImageTags/DataBar")
        bar.attrs["Acquisition Date"] = "25.05.2017"
        bar.attrs["Acquisition Time"] = "00:58:14"
        if frames is not None:
            recorded = group.create_group("ImageTags/In-situ/Recorded")
            recorded.attrs["# Frames"] = np.uint32(frames)
    return path


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 4000, (12, 9, 7)).astype("uint16")


def spread(path: Path, data, borders) -> None:
    """The bytes of all frames over several files, cut at the borders."""
    raw = data.tobytes()
    edges = [0, *borders, len(raw)]
    for number, (start, stop) in enumerate(itertools.pairwise(edges)):
        suffix = f".raw_{number}" if number else ".raw"
        path.with_suffix(suffix).write_bytes(raw[start:stop])


@pytest.mark.parametrize("borders", [[], [500, 1000], [126, 127, 1100], [1, 2, 3]])
def test_frames_cross_the_borders_of_the_parts(tmp_path, data, borders):
    path = write(tmp_path / "wire.dm5", data[0], frames=12)
    spread(path, data, borders)
    movie = read_movie(path)
    assert movie.shape == (12, 9, 7)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_allclose(movie.times_s, np.arange(12) * 0.04)
    np.testing.assert_allclose(movie.exposures_s, 0.03)
    assert movie.pixel_size_nm == pytest.approx(0.1)
    assert movie.start.isoformat() == "2017-05-25T00:58:14"
    assert len(movie.paths) == 2 + len(borders)
    assert movie.warnings == ()


def test_more_than_ten_parts_are_in_order_of_their_numbers(tmp_path, data):
    path = write(tmp_path / "wire.dm5", data[0], frames=12)
    spread(path, data, list(range(100, 1400, 100)))
    np.testing.assert_array_equal(np.asarray(read_movie(path).frames), data)


def test_count_that_disagrees_with_the_parts(tmp_path, data):
    path = write(tmp_path / "wire.dm5", data[0], frames=50)
    spread(path, data, [600])
    movie = read_movie(path)
    assert len(movie) == 12
    assert "counts 50 frames, its raw files hold 12" in movie.warnings[0]


def test_part_that_is_missing_ends_the_recording(tmp_path, data):
    path = write(tmp_path / "wire.dm5", data[0], frames=12)
    spread(path, data, [500, 1000])
    path.with_suffix(".raw_1").unlink()
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:3])


def test_part_that_vanishes_later(tmp_path, data):
    path = write(tmp_path / "wire.dm5", data[0], frames=12)
    spread(path, data, [500])
    movie = read_movie(path)
    path.with_suffix(".raw").write_bytes(b"12")
    with pytest.raises(ReadError, match=r"Frame 2 of wire\.raw is cut off"):
        movie.frames.frame(2)


def test_director_without_its_recording(tmp_path, data):
    movie = read_movie(write(tmp_path / "wire.dm5", data[0], frames=12))
    np.testing.assert_array_equal(movie.frames.frame(0), data[0])
    assert "not beside this file (wire.raw)" in movie.warnings[0]


def test_recording_that_is_too_short(tmp_path, data):
    path = write(tmp_path / "wire.dm5", data[0], frames=12)
    path.with_suffix(".raw").write_bytes(b"1234")
    with pytest.raises(ReadError, match=r"wire\.raw is cut off"):
        read_movie(path)


def test_stack_inside_the_file(tmp_path, data):
    movie = read_movie(write(tmp_path / "a.dm5", data))
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_allclose(movie.times_s, np.arange(12) * 0.04)


def test_file_without_an_image(tmp_path):
    with h5py.File(tmp_path / "a.dm5", "w") as file:
        file.create_group("ImageList")
    with pytest.raises(ReadError, match="no image of real numbers"):
        read_movie(tmp_path / "a.dm5")
