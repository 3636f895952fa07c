"""HDF5: how each convention says what the axes are, and which data to show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.errors import ReadError

h5py = pytest.importorskip("h5py")


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 3000, (5, 9, 7)).astype("uint16")


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "a.h5"


def seconds(group: Any, name: str = "time") -> None:
    group[name] = np.arange(5) * 0.5
    group[name].attrs["units"] = "s"


def check(path: Path, data: np.ndarray, *, size_nm: float | None = None) -> None:
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_allclose(movie.times_s, np.arange(5) * 0.5)
    assert movie.pixel_size_nm == (size_nm and pytest.approx(size_nm))


def plot(file: Any, data: np.ndarray) -> Any:
    """The group that is to be shown, beside a larger one."""
    file.attrs["default"] = "entry"
    entry = file.create_group("entry")
    entry.attrs.update({"NX_class": "NXentry", "default": "plot"})
    other = entry.create_group("another")
    other.attrs.update({"NX_class": "NXdata", "signal": "data"})
    other["data"] = np.zeros((9, 50, 50), "u2")
    group = entry.create_group("plot")
    names = ["time", ".", "."]
    group.attrs.update({"NX_class": "NXdata", "signal": "data", "axes": names})
    seconds(group)
    if data is not None:
        group["data"] = data
    return group


def test_the_chain_of_defaults_leads_to_the_data(path, data):
    with h5py.File(path, "w") as file:
        plot(file, data)
    check(path, data)


@pytest.mark.parametrize("link", ["soft", "hard", "relative"])
def test_data_of_a_detector_shown_elsewhere(path, data, link):
    with h5py.File(path, "w") as file:
        file["entry0/detector/data"] = data
        group = plot(file, None)
        if link == "hard":
            group["data"] = file["entry0/detector/data"]
        elif link == "soft":
            group["data"] = h5py.SoftLink("/entry0/detector/data")
        else:
            group["inner/data"] = data
            group["data"] = h5py.SoftLink("inner/data")
    check(path, data)


def test_links_in_a_circle_and_out_of_the_file(path, data):
    with h5py.File(path, "w") as file:
        group = plot(file, data)
        group["round"] = h5py.SoftLink("/entry/plot/about")
        group["about"] = h5py.SoftLink("/entry/plot/round")
        group["up"] = h5py.SoftLink("../../x")
        group["out"] = h5py.ExternalLink("other.h5", "/data")
        group["via"] = h5py.SoftLink("/entry/plot/out")
    with h5py.File(path.with_name("other.h5"), "w") as file:
        file["data"] = np.zeros((50, 60, 70), "u1")
    check(path, data)
    keys = [one.key for one in read_movie(path).datasets]
    assert keys == ["entry/plot/data", "entry/another/data"]


def test_a_default_that_leads_nowhere(path, data):
    with h5py.File(path, "w") as file:
        file.attrs["default"] = "gone"
        file["entry/data"] = data
    np.testing.assert_array_equal(read_movie(path).frames.frame(0), data[0])


def test_hyperspy(path, data):
    with h5py.File(path, "w") as file:
        group = file.create_group("Experiments/movie")
        group["data"] = data
        told = (("time", 0.5, "s"), ("y", 0.2, "nm"), ("x", 0.2, "nm"))
        for i, (name, scale, unit) in enumerate(told):
            about = {"name": name, "scale": scale, "units": unit, "offset": 0.0}
            group.create_group(f"axis-{i}").attrs.update(about)
    check(path, data, size_nm=0.2)


def test_berkeley_in_its_newer_version(path, data):
    with h5py.File(path, "w") as file:
        group = file.create_group("root/movie")
        group.attrs["emd_group_type"] = "array"
        group["data"] = data
        group["thumbnail"] = np.zeros((90, 90), "u1")
        for i, (step, unit) in enumerate(((0.5, "s"), (0.2, "nm"), (0.2, "nm"))):
            group[f"dim{i}"] = [0, step]
            group[f"dim{i}"].attrs["units"] = unit
    check(path, data, size_nm=0.2)


def test_dimension_scales(path, data):
    with h5py.File(path, "w") as file:
        file["data"] = data
        for i, (name, unit) in enumerate((("t", "s"), ("y", "nm"), ("x", "nm"))):
            file[name] = np.arange(data.shape[i]) * (0.2 if i else 0.5)
            file[name].attrs["units"] = unit
            file[name].make_scale(name)
            file["data"].dims[i].attach_scale(file[name])
    check(path, data, size_nm=0.2)


def test_scales_that_could_be_those_of_two_axes_are_none(path, rng):
    data = rng.integers(0, 9, (5, 5, 7)).astype("u2")
    with h5py.File(path, "w") as file:
        file["data"] = data
        seconds(file)
        file["time"].make_scale("time")
    assert read_movie(path).times is None


@pytest.mark.parametrize("chunks", [None, True])
@pytest.mark.parametrize("shape", [(5, 1, 9, 7), (1, 5, 9, 7, 1), (5, 9, 7, 1)])
def test_axes_of_length_one(path, data, shape, chunks):
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=data.reshape(shape), chunks=chunks)
        file["data"].attrs["signal"] = 1
        names = ["nm" if n in (7, 9) else "s" if n == 5 else "" for n in shape]
        file["data"].attrs["axes"] = [f"a{i}" for i in range(len(shape))]
        for i, unit in enumerate(names):
            file[f"a{i}"] = np.arange(shape[i]) * (0.5 if unit == "s" else 0.2)
            file[f"a{i}"].attrs["units"] = unit
    check(path, data, size_nm=0.2)


@pytest.mark.parametrize("chunks", [None, (1, 9, 7, 3), True])
def test_colours(path, rng, chunks):
    data = rng.integers(0, 255, (5, 9, 7, 3)).astype("u1")
    with h5py.File(path, "w") as file:
        file.create_dataset("data", data=data, chunks=chunks)
    movie = read_movie(path)
    assert movie.is_colour
    np.testing.assert_array_equal(np.asarray(movie.frames), data)


def test_one_picture_in_colour(path, rng):
    data = rng.integers(0, 255, (1, 9, 7, 3)).astype("u1")
    with h5py.File(path, "w") as file:
        file["data"] = data
    np.testing.assert_array_equal(np.asarray(read_movie(path).frames), data)


def test_four_axes_are_refused_by_their_number(path):
    with h5py.File(path, "w") as file:
        file["data"] = np.zeros((3, 4, 5, 6), "u2")
    with pytest.raises(ReadError, match="an array of 4 axes"):
        read_movie(path)
