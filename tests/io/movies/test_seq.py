"""Norpix SEQ: both headers, grey and colour, stamps, damage."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import identify, read_movie
from napari_insitu_tem.model.errors import ReadError

BEGAN = 1_600_000_000


def header(data, *, version=5, code=100, frames=None, step=None, packed=0) -> bytes:
    rows, columns = data.shape[1:3]
    size = data[0].nbytes
    bits = data.itemsize * 8 * (data.shape[3] if data.ndim == 4 else 1)
    name = "Norpix seq\n".encode("utf-16-le").ljust(24, b"\0")
    text = "etching".encode("utf-16-le").ljust(512, b"\0")
    frames = len(data) if frames is None else frames
    body = struct.pack("<I24sii512s", 0xFEED, name, version, 1024, text)
    body += struct.pack("<6I", columns, rows, bits, min(bits, 12), size, code)
    body += struct.pack("<3Id", frames, 0, step or size + 24, 25.0)
    return (body.ljust(620, b"\0") + bytes([packed])).ljust(
        8192 if version >= 5 else 1024, b"\0"
    )


def write(path: Path, data, us=None, *, version=5, step=None, **options) -> Path:
    """Frames with stamps `us` microseconds after the beginning; None writes zeros."""
    size = data[0].nbytes
    step = step or size + 24
    us = [40_300 * i for i in range(len(data))] if us is None else us
    body = bytearray()
    for frame, late in zip(data, us, strict=True):
        seconds, rest = (BEGAN + late // 10**6, late % 10**6) if late >= 0 else (0, 0)
        stamp = struct.pack("<IHH", seconds, rest // 1000, rest % 1000)
        stamp = stamp if version >= 5 else stamp[:6]
        body += (frame.tobytes() + stamp).ljust(step, b"\0")
    head = header(data, version=version, step=step, **options)
    path.write_bytes(head + bytes(body))
    return path


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 4000, (5, 7, 9)).astype("uint16")


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
@pytest.mark.parametrize(("version", "step_ms"), [(5, 40.3), (3, 40.0)])
def test_pixels_and_times(tmp_path, data, dtype, version, step_ms):
    data = data.astype(dtype)
    path = write(tmp_path / "wire.seq", data, version=version)
    assert identify(path).name == "Norpix SEQ"
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.dtype == dtype
    expected = np.array([40.3e-3 * i for i in range(5)])
    if version < 5:
        expected = np.floor(expected * 1000) / 1000
    np.testing.assert_allclose(movie.times_s, expected, atol=1e-9)
    assert movie.exposures_s is None
    assert movie.start == datetime.fromtimestamp(BEGAN, UTC)
    assert movie.metadata["description"] == "etching"
    assert movie.metadata["nominal_frames_per_second"] == 25.0
    assert movie.calibration is None
    assert movie.warnings == ()


@pytest.mark.parametrize(
    ("code", "channels", "order"),
    [(200, 3, [2, 1, 0]), (400, 3, [0, 1, 2]), (500, 4, [2, 1, 0])],
)
def test_colour(tmp_path, rng, code, channels, order):
    data = rng.integers(0, 255, (3, 4, 6, channels)).astype("uint8")
    movie = read_movie(write(tmp_path / "a.seq", data, code=code))
    assert movie.shape == (3, 4, 6, 3)
    np.testing.assert_array_equal(movie.frames.frame(2), data[2][..., order])


def test_mosaic_is_said(tmp_path, data):
    movie = read_movie(write(tmp_path / "a.seq", data, code=101))
    assert "mosaic" in movie.warnings[0]


@pytest.mark.parametrize(
    ("us", "warning"),
    [
        ([-1] * 5, None),
        ([0] * 5, None),
        ([0, 10, -1, 30, 40], "no stamp"),
        ([0, 10, 5, 30, 40], "backwards"),
    ],
)
def test_stamps_that_are_no_times(tmp_path, data, us, warning):
    movie = read_movie(write(tmp_path / "a.seq", data, us))
    assert movie.times is None
    assert bool(movie.warnings) == bool(warning)
    assert warning is None or warning in movie.warnings[0]


def test_no_room_for_stamps(tmp_path, data):
    movie = read_movie(write(tmp_path / "a.seq", data, [-1] * 5, step=data[0].nbytes))
    assert len(movie) == 5
    assert movie.times is None


def test_frames_that_were_not_counted_and_those_that_are_gone(tmp_path, data):
    assert len(read_movie(write(tmp_path / "a.seq", data, frames=0))) == 5
    movie = read_movie(write(tmp_path / "b.seq", data, frames=3))
    assert len(movie) == 5
    assert "counts 3 frames; 5 with time stamps" in movie.warnings[0]
    other = [0, 40_000, 80_000, 10, 20]  # what stands behind is no later image
    assert len(read_movie(write(tmp_path / "b.seq", data, other, frames=3))) == 3
    path = write(tmp_path / "c.seq", data, frames=9)
    movie = read_movie(path)
    assert len(movie) == 5
    assert "5 of 9" in movie.warnings[0]
    whole = path.read_bytes()
    path.write_bytes(whole[: 8192 + 2 * (data[0].nbytes + 24) + data[0].nbytes])
    movie = read_movie(path)  # all pixels of the third are there, not its stamp
    assert movie.times_s == pytest.approx([0, 0.0403])
    assert "1 frames at the end have no time stamp" in " ".join(movie.warnings)


def test_room_that_was_kept_for_more(tmp_path, data):
    movie = read_movie(write(tmp_path / "a.seq", data, [0, 40_000, 90_000, -1, -1]))
    np.testing.assert_array_equal(np.asarray(movie.frames), data[:3])
    assert movie.times_s == pytest.approx([0, 0.04, 0.09])
    assert "2 frames at the end" in movie.warnings[0]


def test_loop_that_was_written_over(tmp_path, data):
    order = [3, 4, 0, 1, 2]
    us = [40_000 * i for i in order]
    movie = read_movie(write(tmp_path / "a.seq", data[order], us))
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.times_s == pytest.approx(np.arange(5) * 0.04)
    assert movie.start == datetime.fromtimestamp(BEGAN, UTC)
    assert "loop" in movie.warnings[0]


def test_header_as_streampix_lays_it_out(tmp_path, rng):
    """Every field in its order, 12 bits in two bytes, images on sectors of 8 KiB."""
    data = rng.integers(0, 4096, (4, 30, 50)).astype("<u2")
    size, step = data[0].nbytes, 8192
    fields = struct.pack("<i24sii", 0xFEED, "Norpix seq".encode("utf-16-le"), 5, 1024)
    fields += b"beam on".ljust(512, b"\0")
    fields += struct.pack("<6I", 50, 30, 12, 12, size, 100)
    fields += struct.pack("<3Id", 4, 0, step, 24.5)
    fields += struct.pack("<iIIIiiiI", 1, 0, 0, 0, 0, 0, 0, 0)
    fields += struct.pack("<iHHIIII", 1, 2, 3, 0, 0, 0, 0)
    fields += struct.pack("<qII", 0, 0, 8192)
    assert len(fields) == 664
    body = b"".join(
        (frame.tobytes() + struct.pack("<IHH", BEGAN + i, 250 * i, 7)).ljust(
            step, b"\0"
        )
        for i, frame in enumerate(data)
    )
    path = tmp_path / "a.seq"
    path.write_bytes(fields.ljust(8192, b"\0") + body)
    movie = read_movie(path)
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.times_s == pytest.approx([0, 1.25, 2.5, 3.75])
    assert movie.metadata["description"] == "beam on"
    assert movie.metadata["nominal_frames_per_second"] == 24.5
    assert movie.warnings == ()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"code": 102}, r"compressed or packed \(format 102\)"),
        ({"packed": 1}, "compressed"),
        ({"step": 8}, "damaged"),
    ],
)
def test_refusals(tmp_path, data, options, sentence):
    path = tmp_path / "a.seq"
    path.write_bytes(header(data, **options) + data.tobytes())
    with pytest.raises(ReadError, match=sentence) as caught:
        read_movie(path)
    assert path.name in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("kept", [40, 700, 8192, 8192 + 20])
def test_cut_files(tmp_path, data, kept):
    path = write(tmp_path / "a.seq", data)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ReadError, match="cut off"):
        read_movie(path)
