"""HDF5: Berkeley EMD, NeXus, any stack; axes, links, virtual frames."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.io.movies import hdf5_vet
from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.errors import ReadError

h5py = pytest.importorskip("h5py")


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 3000, (5, 9, 7)).astype("uint16")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.h5"


def axis(group, name, values, label, unit) -> None:
    group[name] = values
    group[name].attrs.update({"name": label, "units": unit})


def berkeley(path, data, times=(0, 0.5, 1, 2, 2.5), unit="[n_m]"):
    with h5py.File(path, "w") as file:
        group = file.create_group("data/movie")
        group.attrs["emd_group_type"] = 1
        group["data"] = data
        axis(group, "dim1", np.array(times, "f8"), "time", "[s]")
        axis(group, "dim2", np.arange(9) * 0.2 - 5, "y", unit)
        axis(group, "dim3", np.arange(7) * 0.2, "x", np.bytes_(unit))
        file["preview"] = np.zeros((90, 90, 3), "u1")
    return path


def test_berkeley(path, data):
    movie = read_movie(berkeley(path, data))
    assert movie.format == "HDF5 (Berkeley EMD)"
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_allclose(movie.times_s, [0, 0.5, 1, 2, 2.5])
    assert movie.pixel_size_nm == pytest.approx(0.2)


def test_first_two_positions_stand_for_all(path, data):
    movie = read_movie(berkeley(path, data, times=(0, 0.25)))
    np.testing.assert_allclose(movie.times_s, np.arange(5) * 0.25)


def test_positions_that_do_not_fit(path, data):
    movie = read_movie(berkeley(path, data, times=(0, 1, 2)))
    assert movie.times is None
    assert "does not fit" in movie.warnings[0]


def test_diffraction_is_uncalibrated(path, data):
    movie = read_movie(berkeley(path, data, unit="[1/n_m]"))
    assert movie.calibration is None
    assert "diffraction" in movie.warnings[0]


@pytest.mark.parametrize("time_axis", [0, 2])
def test_nexus(path, data, time_axis):
    names = ["y", "x"]
    names.insert(time_axis, "t")
    with h5py.File(path, "w") as file:
        group = file.create_group("entry/camera")
        group.attrs.update({"NX_class": "NXdata", "signal": "counts", "axes": names})
        group["counts"] = np.moveaxis(data, 0, time_axis)
        for name, values, unit in (
            ("t", np.array([0, 40, 80, 160, 200]), "ms"),
            ("y", np.arange(9) * 2.0, "nm"),
            ("x", np.arange(7) * 0.001, "um"),
        ):
            axis(group, name, values, name, unit)
        file["entry/larger"] = np.zeros((40, 30, 30))
    movie = read_movie(path)
    assert movie.format == "HDF5 (NeXus)"
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_allclose(movie.times_s, [0, 0.04, 0.08, 0.16, 0.2])
    assert movie.pixel_size_nm == pytest.approx((2.0, 1.0))


def test_largest_stack_of_an_unknown_file(path, data):
    with h5py.File(path, "w") as file:
        file["raw/frames"] = data
        file["raw/dark"] = data[:2]
        file["image"] = np.zeros((500, 500))
        file["table"] = np.zeros((500, 1))
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert "2 stacks of images; the largest, /raw/frames" in movie.warnings[0]
    assert (movie.times, movie.calibration) == (None, None)


def test_big_endian_and_compressed(path, data):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", data=data.astype(">u2"), compression="gzip")
    movie = read_movie(path)
    assert movie.dtype.isnative
    np.testing.assert_array_equal(movie.frames.frame(4), data[4])


def test_no_image(path):
    with h5py.File(path, "w") as file:
        file["curve"] = np.arange(50.0)
        file["four"] = np.zeros((3, 3, 3, 3))
    with pytest.raises(ReadError, match="without an image or a stack"):
        read_movie(path)


def test_frames_in_other_files_are_not_read(path, tmp_path, data):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["a"] = data
    layout = h5py.VirtualLayout(shape=data.shape, dtype=data.dtype)
    layout[:] = h5py.VirtualSource(tmp_path / "other.h5", "a", shape=data.shape)
    with h5py.File(path, "w") as file:
        file["link"] = h5py.ExternalLink("other.h5", "a")
        file.create_virtual_dataset("virtual", layout)
    with pytest.raises(ReadError, match="lie in other files"):
        read_movie(path)
    raw = tmp_path / "frames.raw"
    raw.write_bytes(data.tobytes())
    with h5py.File(path, "w") as file:
        where = [(str(raw), 0, data.nbytes)]
        file.create_dataset("a", data.shape, data.dtype, external=where)
    with pytest.raises(ReadError, match="lie in other files"):
        read_movie(path)


def test_promised_frames_take_no_memory(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("a", (10**6, 10**6), "u1", chunks=(64, 64))
    with pytest.raises(ReadError, match="promises frames"):
        read_movie(path)


def test_group_that_holds_itself(path, data):
    with h5py.File(path, "w") as file:
        file["a/frames"] = data
        file["a/again"] = file["a"]
        file["a/soft"] = h5py.SoftLink("/a/soft")
    np.testing.assert_array_equal(read_movie(path).frames.frame(1), data[1])


@pytest.mark.parametrize(
    "trial", ["import os; os.abort()", "print(1, flush=True)\nwhile True: pass"]
)
def test_damage_that_the_library_does_not_survive(path, data, trial, monkeypatch):
    monkeypatch.setattr(hdf5_vet, "_TRIAL", trial)
    monkeypatch.setattr(hdf5_vet, "_VETTER", hdf5_vet._Vetter())
    monkeypatch.setattr(hdf5_vet, "_PATIENCE_S", 0.5)
    with pytest.raises(ReadError, match="cannot read its structure"):
        read_movie(berkeley(path, data))


def test_a_process_that_another_file_harmed_is_not_believed(tmp_path, monkeypatch):
    """It dies of the second file that it sees, whichever that is."""
    trial = (
        "import os\nprint(1, flush=True)\ninput()\nprint('survived', flush=True)\n"
        "input()\nos.abort()"
    )
    vetter = hdf5_vet._Vetter()
    monkeypatch.setattr(hdf5_vet, "_TRIAL", trial)
    monkeypatch.setattr(hdf5_vet, "_VETTER", vetter)
    for name in "abc":
        path = tmp_path / f"{name}.h5"
        with h5py.File(path, "w") as file:
            file["data"] = np.zeros((3, 4, 5), "u2")
        assert len(read_movie(path)) == 3
    vetter.stop()


def test_a_chosen_stack(path, data):
    with h5py.File(path, "w") as file:
        for name, part in (("before", data[:2]), ("after", data)):
            group = file.create_group(f"entry/{name}")
            names = ["t", "y", "x"]
            group.attrs.update({"NX_class": "NXdata", "signal": "data", "axes": names})
            group["data"] = part
            axis(group, "t", np.arange(len(part)) * 0.5, "t", "s")
        file["mask"] = data[0]
    movie = read_movie(path)
    assert "2 stacks of images; the largest, /entry/after/data" in movie.warnings[0]
    assert movie.dataset == "entry/after/data"
    keys = ["entry/after/data", "entry/before/data", "mask"]
    assert [one.key for one in movie.datasets] == keys
    assert movie.datasets[1].describe() == "entry/before/data, 2 × 9 × 7, uint16"
    movie = read_movie(path, dataset="/entry/before/data")
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:2])
    np.testing.assert_allclose(movie.times_s, [0, 0.5])
    assert not movie.warnings
    with pytest.raises(ReadError, match="no dataset 'nothing'"):
        read_movie(path, dataset="nothing")
