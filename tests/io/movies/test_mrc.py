"""MRC movies: every mode and byte order, the headers of FEI and DE, bad headers."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import mrcfile
import numpy as np
import pytest
from mrcfile.dtypes import HEADER_DTYPE, get_ext_header_dtype

from napari_insitu_tem.io.registry import identify, read_any, read_movie
from napari_insitu_tem.model.errors import ReadError

DATA_AT = 1024


def write(path: Path, data: np.ndarray, voxel: float = 2.5) -> Path:
    with mrcfile.new(path) as mrc:
        mrc.set_data(data)
        mrc.voxel_size = voxel
    return path


def patch(path: Path, **fields) -> None:
    """Change fields of the header in place."""
    raw = bytearray(path.read_bytes())
    header = np.frombuffer(memoryview(raw)[:DATA_AT], HEADER_DTYPE).copy()
    for name, value in fields.items():
        header[name] = value
    raw[:DATA_AT] = header.tobytes()
    path.write_bytes(raw)


def cell(x: float, y: float) -> np.ndarray:
    value = np.zeros((), HEADER_DTYPE["cella"])
    value["x"], value["y"] = x, y
    return value


@pytest.mark.parametrize("dtype", ["int8", "int16", "float32", "uint16"])
@pytest.mark.parametrize("suffix", [".mrc", ".mrcs", ".map", ".st"])
def test_modes_and_names(tmp_path, rng, dtype, suffix):
    data = rng.integers(0, 100, (4, 9, 7)).astype(dtype)
    movie = read_movie(write(tmp_path / f"wire{suffix}", data))
    assert movie.shape == (4, 9, 7)
    assert movie.dtype == dtype
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.pixel_size_nm == pytest.approx(0.25)
    assert movie.times is None
    movie.close()


def test_half_precision_is_read_as_single(tmp_path, rng):
    data = rng.normal(size=(3, 9, 7)).astype("float16")
    movie = read_movie(write(tmp_path / "a.mrc", data))
    assert movie.dtype == np.float32
    np.testing.assert_array_equal(movie.frames.frame(1), data[1].astype("f4"))


@pytest.mark.parametrize("dtype", ["int16", "float32", "uint16"])
def test_big_endian(tmp_path, rng, dtype):
    data = rng.integers(0, 100, (4, 9, 7)).astype(dtype)
    little = write(tmp_path / "little.mrc", data)
    raw = little.read_bytes()
    header = np.frombuffer(raw[:DATA_AT], HEADER_DTYPE)
    header = header.astype(HEADER_DTYPE.newbyteorder(">"))
    header["machst"] = [0x11, 0x11, 0, 0]
    path = tmp_path / "big.mrc"
    path.write_bytes(header.tobytes() + data.astype(f">{data.dtype.str[1:]}").tobytes())
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.dtype.isnative
    assert movie.pixel_size_nm == pytest.approx(0.25)


def test_wrong_machine_stamp(tmp_path, rng):
    data = rng.integers(0, 100, (4, 9, 7)).astype("int16")
    path = write(tmp_path / "a.mrc", data)
    patch(path, machst=[0x11, 0x11, 0, 0])
    np.testing.assert_array_equal(read_movie(path).frames.frame(2), data[2])


@pytest.mark.parametrize(("flags", "dtype"), [(0, "uint8"), (1, "int8")])
def test_imods_flag_for_signed_bytes(tmp_path, rng, flags, dtype):
    data = rng.integers(0, 256, (3, 9, 7)).astype("uint8")
    path = write(tmp_path / "a.mrc", data.view("int8"))
    with path.open("r+b") as file:
        file.seek(152)
        file.write(np.array([1146047817, flags], "<i4").tobytes())
    movie = read_movie(path)
    assert movie.dtype == dtype
    np.testing.assert_array_equal(movie.frames.frame(1), data[1].view(dtype))


@pytest.mark.parametrize("mode", [3, 4, 101])
def test_modes_that_are_no_grey_levels(tmp_path, mode):
    path = write(tmp_path / "a.mrc", np.zeros((3, 9, 7), "int16"))
    patch(path, mode=mode)
    with pytest.raises(ReadError, match=rf"a\.mrc holds .*mode {mode}"):
        read_movie(path)


def test_unknown_mode(tmp_path):
    path = write(tmp_path / "a.mrc", np.zeros((3, 9, 7), "int16"))
    patch(path, mode=77)
    with pytest.raises(ReadError, match=r"a\.mrc"):
        read_movie(path)


@pytest.mark.parametrize("size", [0.0, -70.0, np.nan, np.inf])
def test_impossible_cell_is_uncalibrated(tmp_path, size):
    path = write(tmp_path / "a.mrc", np.zeros((3, 9, 7), "int16"))
    patch(path, cella=cell(size, size))
    movie = read_movie(path)
    assert movie.calibration is None
    assert "pixel size" in " ".join(movie.warnings)


def test_pixels_that_are_not_square(tmp_path):
    path = write(tmp_path / "a.mrc", np.zeros((3, 9, 7), "int16"))
    patch(path, cella=cell(7 * 2.5, 9 * 5.0))
    movie = read_movie(path)
    assert movie.calibration.y_nm == pytest.approx(0.5)
    assert movie.calibration.x_nm == pytest.approx(0.25)
    assert "not square" in " ".join(movie.warnings)


def test_one_angstrom_is_doubted(tmp_path):
    path = write(tmp_path / "a.mrc", np.zeros((3, 9, 7), "int16"), voxel=1.0)
    movie = read_movie(path)
    assert movie.pixel_size_nm == pytest.approx(0.1)
    assert "do not know the scale" in " ".join(movie.warnings)


def test_single_image(tmp_path, rng):
    data = rng.normal(size=(9, 7)).astype("f4")
    movie = read_movie(write(tmp_path / "one.mrc", data))
    assert movie.shape == (1, 9, 7)
    np.testing.assert_array_equal(movie.frames.frame(0), data)


def test_cut_data(tmp_path, rng):
    data = rng.integers(0, 100, (6, 9, 7)).astype("int16")
    path = write(tmp_path / "cut.mrc", data)
    path.write_bytes(path.read_bytes()[: DATA_AT + 3 * 9 * 7 * 2 + 5])
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:3])
    assert "3 of 6 frames" in " ".join(movie.warnings)


def test_nothing_but_a_header(tmp_path):
    path = write(tmp_path / "cut.mrc", np.zeros((6, 9, 7), "int16"))
    path.write_bytes(path.read_bytes()[:DATA_AT])
    with pytest.raises(ReadError, match="not one is complete"):
        read_movie(path)


def test_header_that_counts_too_few(tmp_path, rng):
    data = rng.integers(0, 100, (6, 9, 7)).astype("int16")
    path = write(tmp_path / "a.mrc", data)
    patch(path, nz=2)
    movie = read_movie(path)
    assert len(movie) == 2
    assert "room for 6 frames" in " ".join(movie.warnings)


def test_header_of_an_unfinished_recording(tmp_path, rng):
    data = rng.integers(0, 100, (6, 9, 7)).astype("int16")
    path = write(tmp_path / "a.mrc", data)
    patch(path, nz=0)
    assert len(read_movie(path)) == 6


def test_a_billion_frames_are_not_believed(tmp_path):
    path = write(tmp_path / "a.mrc", np.zeros((6, 9, 7), "int16"))
    patch(path, nz=10**9)
    movie = read_movie(path)
    assert len(movie) == 6


def test_cut_inside_the_header(tmp_path):
    path = write(tmp_path / "a.mrc", np.zeros((6, 9, 7), "int16"))
    path.write_bytes(path.read_bytes()[:800])
    with pytest.raises(ReadError, match=r"a\.mrc"):
        read_movie(path)


def test_old_file_without_a_mark_needs_its_name(tmp_path, rng):
    data = rng.integers(0, 100, (4, 9, 7)).astype("int16")
    path = write(tmp_path / "old.st", data)
    patch(path, map=b"\0\0\0\0", machst=[0, 0, 0, 0])
    np.testing.assert_array_equal(read_movie(path).frames.frame(3), data[3])
    other = path.rename(tmp_path / "old.bin")
    with pytest.raises(ReadError):
        identify(other)


def fei(path: Path, days: list[float], kind: bytes = b"FEI1", order="<", **fields):
    """An FEI file: one record a frame, all fields marked as valid."""
    dtype = get_ext_header_dtype(kind, order)
    records = np.zeros(len(days), dtype)
    records["Metadata size"] = dtype.itemsize
    records["Bitmask 1"] = 0xFFFFFFFF
    records["Timestamp"] = days
    records["Pixel size X"] = records["Pixel size Y"] = 6.5e-11
    records["Projection mode"] = 2
    records["Integration time"] = 0.25
    records["Magnification"] = 120000
    for name, value in fields.items():
        records[name.replace("_", " ")] = value
    header = np.zeros((), HEADER_DTYPE.newbyteorder(order))
    header["nx"], header["ny"], header["nz"], header["mode"] = 7, 9, len(days), 6
    header["mapc"], header["mapr"], header["maps"] = 1, 2, 3
    header["nsymbt"], header["exttyp"] = records.nbytes + 100, kind
    header["map"] = b"MAP "
    header["machst"] = [0x44, 0x44, 0, 0] if order == "<" else [0x11, 0x11, 0, 0]
    data = np.arange(len(days) * 63, dtype=f"{order}u2")
    path.write_bytes(
        header.tobytes() + records.tobytes() + b"\0" * 100 + data.tobytes()
    )
    return path


START = datetime(2020, 11, 3, 17, 36, 4, 917000)
OLE = 44138 + (17 * 3600 + 36 * 60 + 4.917) / 86400


@pytest.mark.parametrize("kind", [b"FEI1", b"FEI2"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_fei_records(tmp_path, kind, order):
    seconds = np.array([0, 0.3, 0.6, 1.5])
    path = fei(tmp_path / "a.mrc", list(OLE + seconds / 86400), kind, order)
    movie = read_movie(path)
    np.testing.assert_array_equal(
        movie.frames.frame(1), np.arange(63, 126).reshape(9, 7)
    )
    assert movie.pixel_size_nm == pytest.approx(0.065)
    np.testing.assert_allclose(movie.times_s, seconds, atol=2e-6)
    np.testing.assert_allclose(movie.exposures_s, 0.25)
    assert abs(movie.start - START) < timedelta(milliseconds=1)
    assert movie.stamp.is_naive
    assert movie.metadata["magnification"] == 120000
    assert movie.audit.gaps == ((3, pytest.approx(0.9, abs=1e-5)),)


def test_fei_records_that_all_have_one_time(tmp_path):
    movie = read_movie(fei(tmp_path / "a.mrc", [OLE] * 4))
    assert movie.times is None
    assert movie.start is not None


def test_fei_integration_over_the_period_is_no_exposure(tmp_path):
    days = list(OLE + np.arange(4) * 0.3 / 86400)
    movie = read_movie(fei(tmp_path / "a.mrc", days, Integration_time=12.2))
    assert movie.exposures_s is None
    assert "longer than the time between frames" in " ".join(movie.warnings)


def test_fei_diffraction_is_uncalibrated(tmp_path):
    movie = read_movie(fei(tmp_path / "a.mrc", [OLE] * 2, Projection_mode=1))
    assert movie.calibration is None
    assert "diffraction" in " ".join(movie.warnings)


def test_fei_magnification_that_was_changed(tmp_path):
    sizes = [6.5e-11, 6.5e-11, 1.3e-10]
    path = fei(tmp_path / "a.mrc", [OLE] * 3, Pixel_size_X=sizes, Pixel_size_Y=sizes)
    movie = read_movie(path)
    assert movie.calibration is None
    np.testing.assert_allclose(movie.frame_sizes_nm[:, 0], [0.065, 0.065, 0.13])
    assert "magnification was changed" in " ".join(movie.warnings)


def test_fei_fields_that_are_marked_invalid(tmp_path):
    movie = read_movie(
        fei(tmp_path / "a.mrc", list(OLE + np.arange(4) / 86400), Bitmask_1=0)
    )
    assert movie.times is None
    assert movie.stamp is None
    assert movie.calibration is None


def test_fei_damaged_record(tmp_path):
    movie = read_movie(fei(tmp_path / "a.mrc", [OLE] * 2, Metadata_size=5))
    assert "extended header is damaged" in " ".join(movie.warnings)


INFO = """\
Timestamp (seconds since Epoch)                                 = 1729539410
Local time = Mon Oct 21 14:36:50 2024
Autosave Movie Sum Count                                        = {summed}
Frame Exposure Time (nanoseconds)                               = 1427500
Frame Time (nanoseconds)                                        = 1428500
Specimen Pixel Size X (nanometers)                              = 0.1
"""


@pytest.mark.parametrize("summed", [1, 4])
def test_direct_electron_info_file(tmp_path, summed):
    path = write(tmp_path / "20241021_00405_movie.mrc", np.zeros((5, 9, 7), "uint16"))
    patch(path, cella=cell(-70, -90))
    (tmp_path / "20241021_00405_info.txt").write_text(INFO.format(summed=summed))
    movie = read_movie(path)
    np.testing.assert_array_equal(movie.times.start_ns, np.arange(5) * 1428500 * summed)
    expected = ((summed - 1) * 1428500 + 1427500) / 1e9
    np.testing.assert_allclose(movie.exposures_s, expected)
    zone = timezone(timedelta(hours=-5))
    assert movie.start == datetime(2024, 10, 21, 14, 36, 50, tzinfo=zone)
    assert movie.start.utcoffset() == timedelta(hours=-5)
    assert movie.calibration is None
    assert movie.metadata["specimen_pixel_size_x_nm"] == 0.1
    assert "20241021_00405_info.txt" in movie.times.source


def stamped(tmp_path, rows, info):
    path = write(tmp_path / "7_movie.mrc", np.zeros((5, 9, 7), "uint16"))
    if info:
        (tmp_path / "7_info.txt").write_text(info)
    text = "Frame Index, Timestamp (s), Electrons\n" + "\n".join(rows)
    (tmp_path / "7_movie_timestamps.csv").write_text(text)
    return read_movie(path)


@pytest.mark.parametrize("info", [INFO.format(summed=2), ""])
def test_direct_electron_table_of_stamps(tmp_path, info):
    began = [1133858.28439, 1133858.31715, 1133858.34991, 1133860.5, 1133860.53276]
    rows = [f"{i}, {second:.6f}, {31000000 + i}" for i, second in enumerate(began)]
    movie = stamped(tmp_path, rows, info)
    assert movie.times_s == pytest.approx(np.array(began) - began[0], abs=1e-6)
    assert movie.audit.gaps[0][0] == 3
    assert "table of time stamps" in movie.times.source
    assert movie.format == "MRC (Direct Electron)"
    assert (movie.exposures_s is None) == (not info)
    assert ("may be after the last frame" in " ".join(movie.warnings)) == bool(info)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["0, 1.0, 5", "1, 1.5, 5"], "times of 2 of 5 frames"),
        (["0, 1.0, 5", "1, 1.5, 5", "2, 2.0, 5", "3, 2.5", "4, "], "4 of 5 frames"),
        (["0, 2", "1, 1", "2, 3", "3, 4", "4, 5"], "do not rise"),
    ],
)
def test_direct_electron_table_that_does_not_fit(tmp_path, rows, said):
    movie = stamped(tmp_path, rows, INFO.format(summed=2))
    assert said in " ".join(movie.warnings)
    np.testing.assert_array_equal(movie.times.start_ns, np.arange(5) * 2857000)


def test_direct_electron_rate_where_there_is_no_frame_time(tmp_path):
    path = write(tmp_path / "7_movie.mrc", np.zeros((3, 9, 7), "uint16"))
    text = "Frames Per Second = 50\nAutosave Movie Sum Count = 2\n"
    (tmp_path / "7_info.txt").write_text(text + "Exposure Time (seconds) = 6\n")
    movie = read_movie(path)
    np.testing.assert_allclose(movie.times_s, [0, 0.04, 0.08])
    assert movie.exposures_s is None


def test_direct_electron_files_dropped_together(tmp_path):
    stamped(tmp_path, [f"{i}, {i}, 0" for i in range(5)], INFO.format(summed=1))
    (movie,) = read_any(sorted(tmp_path.iterdir()))
    assert list(movie.times_s) == [0, 1, 2, 3, 4]


def test_direct_electron_sum_has_no_frame_times(tmp_path):
    path = write(tmp_path / "7_final.mrc", np.zeros((1, 9, 7), "float32"))
    (tmp_path / "7_info.txt").write_text(INFO.format(summed=1))
    movie = read_movie(path)
    assert movie.times is None
    assert movie.start is not None


def test_another_text_named_like_it_is_ignored(tmp_path):
    path = write(tmp_path / "7_movie.mrc", np.zeros((3, 9, 7), "uint16"))
    (tmp_path / "7_info.txt").write_text("Sample = Si nanowire\nDose = low\n")
    movie = read_movie(path)
    assert movie.times is None
    assert movie.format == "MRC"
