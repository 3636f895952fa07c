"""TVIPS: both versions, several files, frame times, scale, refusals."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_movie
from napari_insitu_tem.model.errors import ReadError

BEGAN = 1_600_000_000


def header(shape, bits=16, version=2, pixel=2, extra=60, mag=40_000) -> bytes:
    rows, columns = shape
    fields = (256, version, columns, rows, bits, 0, 0, 2, 2, pixel, 200, mag, extra)
    return (struct.pack("<13I", *fields) + b"TVIPS " * 50)[:256]


def record(frame, ms, *, version=2, mode=1, mag=0, extra=60, number=0) -> bytes:
    seconds, rest = (BEGAN + ms // 1000, ms % 1000) if ms is not None else (0, 0)
    if version == 1:
        return struct.pack("<3I", number, seconds, rest) + frame.tobytes()
    fields = struct.pack("<4IfII", number, seconds, rest, 0, 1.0, mag, mode)
    return fields.ljust(extra, b"\0") + frame.tobytes()


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 200, (7, 9, 6)).astype("uint16")


def write(path: Path, data, ms=None, *, parts=(7,), head=None, **options) -> Path:
    """Frames over the given parts; the first path is returned."""
    ms = [40 * i for i in range(len(data))] if ms is None else ms
    version, extra = options.get("version", 2), options.get("extra", 60)
    bits = data.dtype.itemsize * 8
    head = head or header(data.shape[1:], bits, version, extra=extra)
    at = 0
    for number, count in enumerate(parts):
        chunk = range(at, at + count)
        body = b"".join(record(data[i], ms[i], number=i, **options) for i in chunk)
        name = f"{path.stem}_{number:03d}.tvips"
        path.with_name(name).write_bytes((b"" if number else head) + body)
        at += count
    return path.with_name(f"{path.stem}_000.tvips")


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("extra", [60, 68])
def test_pixels_times_and_scale(tmp_path, data, dtype, extra):
    data = data.astype(dtype)
    movie = read_movie(write(tmp_path / "wire", data, extra=extra))
    assert (movie.name, movie.format) == ("wire", "TVIPS")
    assert movie.dtype == dtype
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_array_equal(movie.times.start_ns, np.arange(7) * 40_000_000)
    assert movie.start == datetime.fromtimestamp(BEGAN, UTC)
    assert movie.pixel_size_nm == 2
    assert movie.metadata["high_tension_V"] == 200_000


def test_first_version(tmp_path, data):
    movie = read_movie(write(tmp_path / "wire", data, version=1))
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_array_equal(movie.times.start_ns, np.arange(7) * 40_000_000)
    assert movie.start == datetime.fromtimestamp(BEGAN, UTC)


def test_first_version_with_tiny_frames(tmp_path):
    data = np.arange(7, dtype="uint8").reshape(7, 1, 1)
    movie = read_movie(write(tmp_path / "wire", data, version=1))
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_array_equal(movie.times.start_ns, np.arange(7) * 40_000_000)


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("at", [4, 8])
def test_header_that_holds_no_stamp(tmp_path, data, version, at):
    path = write(tmp_path / "wire", data, version=version)
    raw = bytearray(path.read_bytes())
    raw[256 + at : 256 + at + 4] = struct.pack("<I", 70_000)
    path.write_bytes(raw)
    movie = read_movie(path)
    assert (movie.times, movie.start) == (None, None)


@pytest.mark.parametrize("opened", ["000", "001", "002"])
def test_parts_in_a_row(tmp_path, data, opened):
    write(tmp_path / "wire", data, parts=(3, 3, 1))
    (tmp_path / "wire_004.tvips").write_bytes(b"of another recording")
    movie = read_movie(tmp_path / f"wire_{opened}.tvips")
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    np.testing.assert_array_equal(movie.times.start_ns, np.arange(7) * 40_000_000)
    assert [path.name[-9:-6] for path in movie.paths] == ["000", "001", "002"]
    movie.close()


def test_gap_in_the_stamps_is_kept(tmp_path, data):
    ms = [0, 40, 80, 900, 940, 980, 1020]
    movie = read_movie(write(tmp_path / "wire", data, ms))
    assert movie.audit.gaps == ((3, pytest.approx(0.82)),)


@pytest.mark.parametrize("ms", [[5] * 7, [0, 40, 20, 60, 80, 90, 99]])
def test_stamps_that_are_no_times(tmp_path, data, ms):
    movie = read_movie(write(tmp_path / "wire", data, ms))
    assert movie.times is None
    assert movie.start is not None
    assert ("backwards" in " ".join(movie.warnings)) == (ms[0] == 0)


def test_diffraction_is_uncalibrated(tmp_path, data):
    movie = read_movie(write(tmp_path / "wire", data, mode=2))
    assert movie.calibration is None
    assert "diffraction" in movie.warnings[0]


def test_pixel_of_the_camera_is_no_scale(tmp_path, data):
    head = header(data.shape[1:], pixel=15_500)
    movie = read_movie(write(tmp_path / "wire", data, head=head))
    assert movie.calibration is None
    assert "camera's own pixel" in movie.warnings[0]


def test_changed_magnification(tmp_path, data):
    path = write(tmp_path / "wire", data)
    raw = bytearray(path.read_bytes())
    raw[256 + 20 : 256 + 24] = struct.pack("<I", 9)
    path.write_bytes(raw)
    movie = read_movie(path)
    assert movie.calibration is None
    assert "magnification was changed" in movie.warnings[0]


def test_cut_recording(tmp_path, data):
    path = write(tmp_path / "wire", data)
    path.write_bytes(path.read_bytes()[:-30])
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:6])
    assert "ends in the midst of a frame" in movie.warnings[0]
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(ReadError, match="not one frame of 9 x 6"):
        read_movie(path)


def test_later_part_alone(tmp_path, data):
    first = write(tmp_path / "wire", data, parts=(3, 4))
    first.unlink()
    with pytest.raises(ReadError, match="wire_001"):
        read_movie(tmp_path / "wire_001.tvips")


def test_numbers_in_other_files_are_no_header(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(struct.pack("<13I", 256, 2, 9, 9, 12, *[0] * 8) + b"\1" * 400)
    with pytest.raises(ReadError):
        identify(path)
