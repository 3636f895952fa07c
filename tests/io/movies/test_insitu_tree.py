"""In-situ recordings of DigitalMicrograph: trees of any kind of file, directors."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import tifffile

from dm_files import image, write_dm
from napari_insitu_tem.io.registry import identify, read_any, read_movie
from napari_insitu_tem.model.errors import ReadError

COUNTS = (3, 5, 5, 2)


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 4000, (sum(COUNTS), 9, 7)).astype("uint16")


def tree(folder: Path, data: np.ndarray, suffix: str, write: Callable) -> list[Path]:
    """Four seconds across the full hour, the first and the last not complete."""
    paths = []
    for second, count in enumerate(COUNTS, 3598):
        hour, minute, second = second // 3600, second // 60 % 60, second % 60
        at = folder / f"Hour_{hour:02d}" / f"Minute_{minute:02d}"
        at /= f"Second_{second:02d}"
        at.mkdir(parents=True)
        for frame in range(count):
            clock = f"Hour_{hour:02d}_Minute_{minute:02d}_Second_{second:02d}"
            path = at / f"wire_{clock}_Frame_{frame:04d}{suffix}"
            write(path, data[len(paths)])
            paths.append(path)
    return paths


def write_frame(path: Path, frame: np.ndarray) -> None:
    write_dm(path, image(frame, [(0.2, "nm")] * 2))


def director(path: Path, frame: np.ndarray, frames: int, **raw: object) -> Path:
    """The image in front of a recording."""
    situ = {"Recorded": {"# Frames": np.uint32(frames)}}
    if raw:
        situ["Raw File Format Info"] = raw
    tags = {"In-situ": situ, "Meta Data": {"Function": "InSitu director"}}
    return write_dm(path, image(frame, [(0.2, "nm")] * 2, tags))


@pytest.mark.parametrize("at", ["", "Hour_00", "Hour_01/Minute_00/Second_00"])
def test_tree_of_tiff_files(tmp_path, data, at):
    paths = tree(tmp_path / "wire", data, ".tif", tifffile.imwrite)
    kept = slice(0, 8) if at == "Hour_00" else slice(8, 13) if at else slice(None)
    movie = read_movie(tmp_path / "wire" / at)
    assert list(movie.paths) == paths[kept]
    np.testing.assert_array_equal(np.asarray(movie.frames), data[kept])
    assert movie.times_s[-1] == pytest.approx(
        {"": 3601.2, "Hour_00": 3599.8}.get(at, 3600.8)
    )
    assert "hour, minute, second" in movie.times.source


def test_frames_of_dm_win_over_pictures_of_them(tmp_path, data):
    for path in tree(tmp_path, data, ".dm4", write_frame):
        tifffile.imwrite(path.with_suffix(".tif"), data[0])
    movie = read_movie(tmp_path)
    assert movie.format == "Gatan DM4 series"
    np.testing.assert_array_equal(np.asarray(movie.frames), data)


@pytest.mark.parametrize("claimed", [15, 16])
@pytest.mark.parametrize("opened", ["folder", "director"])
def test_director_beside_its_tree_is_no_frame(tmp_path, data, claimed, opened):
    paths = tree(tmp_path, data, ".dm4", write_frame)
    path = director(tmp_path / "wire.dm4", data[0] + 1, claimed)
    movie = read_movie(tmp_path if opened == "folder" else path)
    assert list(movie.paths) == paths
    assert movie.times_s[-1] == pytest.approx(3601.2)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    said = "counts 16 frames, there are 15 files" in " ".join(movie.warnings)
    assert said == (claimed == 16)


@pytest.mark.parametrize("claimed", [15, 16])
def test_director_in_dm5_beside_its_tree(tmp_path, data, claimed):
    pytest.importorskip("h5py")
    tree(tmp_path, data, ".dm4", write_frame)
    path = sibling("dm5").write(tmp_path / "film.dm5", data[0] + 1, frames=claimed)
    movie = read_movie(path)
    assert (movie.name, movie.format) == ("film", "Gatan DM4 series")
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert ("counts 16 frames" in " ".join(movie.warnings)) == (claimed == 16)


def test_other_image_beside_a_tree_is_itself(tmp_path, data):
    tree(tmp_path, data, ".dm4", write_frame)
    path = write_dm(tmp_path / "overview.dm4", image(data[0]))
    assert identify(path).name == "Gatan DM3/DM4"
    assert read_movie(path).shape == (1, 9, 7)


def test_second_recording_in_the_same_tree_is_left_out(tmp_path, data):
    for path in tree(tmp_path, data, ".dm4", write_frame)[:8]:
        write_frame(path.with_name(path.name.replace("wire", "other")), data[0])
    movie = read_movie(tmp_path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert "8 images whose names are not of the series" in movie.warnings[0]


def test_director_in_dm4_with_raw_parts(tmp_path, data):
    path = director(tmp_path / "wire.dm4", data[0], len(data))
    raw = data.tobytes()
    parts = raw[:500], raw[500:1000], raw[1000:]
    for number, part in enumerate(parts):
        name = f"wire.raw_{number}" if number else "wire.raw"
        (tmp_path / name).write_bytes(part)
    for source in (path, tmp_path):
        movie = read_movie(source)
        np.testing.assert_array_equal(np.asarray(movie.frames), data)
        assert movie.pixel_size_nm == pytest.approx(0.2)
        assert movie.times is None
        assert movie.warnings == ()
        assert len(movie.paths) == 4


def test_folder_with_a_recording_and_other_images(tmp_path, data):
    path = director(tmp_path / "wire.dm4", data[0], len(data))
    spread(path, data)
    write_dm(tmp_path / "overview.dm4", image(data[0]))
    movie = read_movie(tmp_path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert "1 DM files beside the recording" in movie.warnings[0]
    spread(director(tmp_path / "tube.dm4", data[0], len(data)), data)
    with pytest.raises(ReadError, match="holds 2 recordings") as caught:
        read_movie(tmp_path)
    assert "tube.dm4" in caught.value.hint


def test_raw_file_that_is_missing_is_said(tmp_path, data):
    path = director(tmp_path / "wire.dm4", data[0], len(data))
    for movie in (read_movie(path), read_movie(tmp_path)):
        assert movie.shape == (1, 9, 7)
        assert "recording of 15 frames is not beside" in movie.warnings[0]


def test_raw_file_that_is_short_or_long_is_said(tmp_path, data):
    path = director(tmp_path / "wire.dm4", data[0], len(data))
    (tmp_path / "wire.raw").write_bytes(data[:4].tobytes() + b"rest")
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:4])
    assert "counts 15 frames, its raw files hold 4" in movie.warnings[0]


@pytest.mark.parametrize(
    ("lengths", "size", "fits"),
    [((7, 9), 2, True), ((7, 9), 4, False), ((9, 7), 2, False), ((7, 9, 2), 2, False)],
)
def test_tags_that_describe_the_raw_file(tmp_path, data, lengths, size, fits):
    dimensions = [np.uint32(n) for n in lengths]
    described = {"Data Size (bytes)": np.uint32(size), "Dimensions": dimensions}
    path = director(tmp_path / "wire.dm4", data[0], len(data), **described)
    (tmp_path / "wire.raw").write_bytes(data.tobytes())
    if fits:
        assert read_movie(path).shape == data.shape
    else:
        with pytest.raises(ReadError, match="of another kind than its image"):
            read_movie(path)


@pytest.mark.parametrize("kind", ["dm4", "dm5", "tvips"])
def test_a_recording_and_its_parts_are_one_movie(tmp_path, data, kind):
    """As dropped together, and as an experiment opens its files again."""
    if kind == "tvips":
        path = sibling("tvips").write(tmp_path / "wire", data[:7], parts=(3, 3, 1))
        data = data[:7]
    elif kind == "dm4":
        path = director(tmp_path / "wire.dm4", data[0], len(data))
        spread(path, data)
    else:
        pytest.importorskip("h5py")
        path = sibling("dm5").write(tmp_path / "wire.dm5", data[0], frames=len(data))
        spread(path, data)
    movie = read_movie(path)
    assert len(movie.paths) == 3
    again = read_movie(movie.paths)
    assert again.paths == movie.paths
    np.testing.assert_array_equal(np.asarray(again.frames), data)
    dropped = read_any(sorted(tmp_path.iterdir()))
    assert [one.shape for one in dropped] == [data.shape]


def spread(path: Path, data: np.ndarray) -> None:
    raw = data.tobytes()
    for suffix, part in ((".raw", raw[:500]), (".raw_1", raw[500:])):
        path.with_suffix(suffix).write_bytes(part)


def sibling(name: str) -> ModuleType:
    """Another test's module, for the files that it writes."""
    path = Path(__file__).with_name(f"test_{name}.py")
    spec = importlib.util.spec_from_file_location(f"recorded_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
