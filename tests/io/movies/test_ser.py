"""FEI SER: pixels, scale, stamps, the EMI file beside it, refusals."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from napari_insitu_tem.io.registry import read_any, read_movie
from napari_insitu_tem.model.errors import ReadError

CODES = {
    "uint8": 1, "uint16": 2, "uint32": 3, "int8": 4, "int16": 5, "int32": 6,
    "float32": 7, "float64": 8, "complex64": 9,
}  # fmt: skip
BEGAN = 1318987126
XML = (
    "<ObjectInfo><Data><Label>High tension</Label><Value>200</Value><Unit>kV</Unit>"
    "</Data><Data><Label>Mode</Label><Value>{mode}</Value><Unit></Unit></Data>"
    "<AcquireDate>{date}</AcquireDate><AcquireInfo>{info}</AcquireInfo></ObjectInfo>"
)


def write_ser(
    path: Path,
    data,
    *,
    delta=1e-10,
    total=None,
    version=0x210,
    stamps=None,
    kind=0x4122,
) -> Path:
    """Rows are written from the lowest up, as TIA does."""
    long = version >= 0x220
    total = len(data) if total is None else total
    offset_kind = "q" if long else "i"
    dims = struct.pack("<IddIIcI", total, 0, 1, 0, 1, b"N", 0)
    table = 30 + (4 if long else 0) + len(dims)
    head = struct.pack(
        "<HHHIIII", 0x4949, 0x197, version, kind, 0x4152, total, len(data)
    )
    head += struct.pack(f"<{offset_kind}I", table, 1) + dims
    body, places, tags = b"", [], []
    at = table + 2 * total * struct.calcsize(offset_kind)
    for i, frame in enumerate(data):
        places.append(at + len(body))
        deltas = delta if isinstance(delta, tuple) else (delta, delta)
        size = (CODES[str(frame.dtype)], frame.shape[1], frame.shape[0])
        body += struct.pack("<ddiddihii", 0, deltas[1], 0, 0, deltas[0], 0, *size)
        body += np.ascontiguousarray(frame[::-1]).tobytes()
        tags.append(at + len(body))
        body += struct.pack("<HHI", 0x4152, 0, (stamps or [BEGAN] * len(data))[i])
    empty = [0] * (total - len(data))
    offsets = struct.pack(f"<{2 * total}{offset_kind}", *places, *empty, *tags, *empty)
    path.write_bytes(head + offsets + body)
    return path


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 100, (4, 9, 7)).astype("uint16")


@pytest.mark.parametrize("version", [0x210, 0x220])
@pytest.mark.parametrize("dtype", list(CODES)[:-1])
def test_types_and_versions(tmp_path, data, version, dtype):
    path = write_ser(tmp_path / "a_1.ser", data.astype(dtype), version=version)
    movie = read_movie(path)
    assert movie.format == "FEI SER"
    assert movie.dtype == dtype
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert movie.pixel_size_nm == pytest.approx(0.1)
    assert movie.times is None
    assert movie.start == datetime(2011, 10, 19, 1, 18, 46, tzinfo=UTC)


def test_pixels_that_are_not_square(tmp_path, data):
    movie = read_movie(write_ser(tmp_path / "a_1.ser", data, delta=(2e-10, 1e-10)))
    assert movie.pixel_size_nm == pytest.approx((0.2, 0.1))


def test_magnification_that_was_changed(tmp_path, data):
    path = write_ser(tmp_path / "a.ser", data, delta=(2e-10, 1e-10))
    assert read_movie(path).frame_sizes_nm is None
    raw = bytearray(path.read_bytes())
    second = raw.index(
        struct.pack("<d", 1e-10), raw.index(data[1][::-1].tobytes()) - 50
    )
    raw[second : second + 8] = struct.pack("<d", 4e-10)
    path.write_bytes(raw)
    movie = read_movie(path)
    assert movie.calibration is None
    expected = [[0.2, 0.1], [0.2, 0.4], [0.2, 0.1], [0.2, 0.1]]
    np.testing.assert_allclose(movie.frame_sizes_nm, expected)
    assert "magnification was changed" in " ".join(movie.warnings)


def test_diffraction_is_uncalibrated(tmp_path, data):
    movie = read_movie(write_ser(tmp_path / "a_1.ser", data, delta=4.2e7))
    assert movie.calibration is None
    assert "diffraction" in movie.warnings[0]


def test_series_that_was_stopped_early(tmp_path, data):
    movie = read_movie(write_ser(tmp_path / "a_1.ser", data, total=200))
    np.testing.assert_array_equal(np.asarray(movie.frames), data)
    assert "4 of 200 frames were recorded." in movie.warnings


@pytest.mark.parametrize(
    ("steps", "times"),
    [([0, 2, 4, 9], [0, 2, 4, 9]), ([0, 0, 1, 1], None), ([0, 0, 0, 0], None)],
)
def test_stamps_of_whole_seconds(tmp_path, data, steps, times):
    stamps = [BEGAN + s for s in steps]
    movie = read_movie(write_ser(tmp_path / "a_1.ser", data, stamps=stamps))
    assert (None if movie.times is None else list(movie.times_s)) == times
    assert ("too coarse" in " ".join(movie.warnings)) == (steps[-1] == 1)


def write_emi(
    path: Path, date: str, mode: str = " TEM uP SA Zoom Image", info=""
) -> None:
    text = XML.format(mode=mode, date=date, info=info)
    path.write_bytes(b"JK\0\x02" + b"\1" * 500 + text.encode() + b"\0" * 50)


def test_emi_file_tells_the_zone_and_the_exposure(tmp_path, data):
    write_emi(
        tmp_path / "a.emi",
        "Wed Oct 19 03:18:47 2011",
        info="<CameraNamePath>Orius</CameraNamePath><DwellTimePath>0.25</DwellTimePath>",
    )
    movie = read_movie(write_ser(tmp_path / "a_1.ser", data))
    assert movie.start == datetime(2011, 10, 19, 1, 18, 46, tzinfo=UTC)
    assert movie.start.utcoffset() == timedelta(hours=2)
    assert movie.metadata["exposure_s"] == 0.25
    assert movie.metadata["high_tension_V"] == 200_000
    assert movie.metadata["camera"] == "Orius"


@pytest.mark.parametrize(
    ("mode", "is_known"),
    [("TEM uP SA Diffraction", False), ("STEM nP SA Zoom Diffraction", True)],
)
def test_diffraction_of_a_camera_and_of_a_scan(tmp_path, data, mode, is_known):
    write_emi(tmp_path / "a.emi", "", mode)
    movie = read_movie(write_ser(tmp_path / "a_1.ser", data))
    assert (movie.calibration is not None) == is_known


def test_local_date_where_there_is_no_tag(tmp_path, data):
    write_emi(tmp_path / "a.emi", "Wed Oct 19 03:18:47 2011")
    movie = read_movie(write_ser(tmp_path / "a_1.ser", data, stamps=[0] * 4))
    assert movie.start == datetime(2011, 10, 19, 3, 18, 47)


def test_emi_file_of_fewer_series(tmp_path, data):
    write_emi(tmp_path / "a.emi", "Wed Oct 19 03:18:47 2011")
    movie = read_movie(write_ser(tmp_path / "a_2.ser", data))
    assert movie.start.utcoffset() == timedelta(0)


def test_frame_of_another_size(tmp_path, data):
    frames = [*data[:2], data[2, :5], data[3]]
    movie = read_movie(write_ser(tmp_path / "a_1.ser", frames))
    assert "1 frames are damaged or not of the size" in movie.warnings[0]
    with pytest.raises(ReadError, match=r"Frame 2 of a_1\.ser"):
        movie.frames.frame(2)
    np.testing.assert_array_equal(movie.frames.frame(3), data[3])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kind": 0x4120}, "spectra or profiles"),
        ({"dtype": "complex64"}, "complex numbers"),
        ({"keep": 40}, "not one of its 4 images"),
        ({"keep": 250}, "cut off"),
    ],
)
def test_what_is_no_movie_says_so(tmp_path, data, options, words):
    kind = options.get("kind", 0x4122)
    frames = data.astype(options.get("dtype", "uint16"))
    path = write_ser(tmp_path / "a_1.ser", frames, kind=kind)
    path.write_bytes(path.read_bytes()[: options.get("keep")])
    with pytest.raises(ReadError, match=words):
        read_movie(path)


def test_description_alone(tmp_path):
    write_emi(tmp_path / "a.emi", "")
    with pytest.raises(ReadError, match=r"a\.emi.*TIA") as caught:
        read_movie(tmp_path / "a.emi")
    assert ".ser" in caught.value.hint


def test_series_and_emi_file_dropped_together(tmp_path, data):
    write_emi(tmp_path / "a.emi", "Wed Oct 19 03:18:47 2011")
    paths = [write_ser(tmp_path / f"a_{i}.ser", data) for i in (1, 2)]
    opened = read_any([tmp_path / "a.emi", *paths])
    assert [movie.shape for movie in opened] == [data.shape] * 2
