"""Frames read by their byte offsets."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.io.movies.raw_frames import RawFrames, whole_frames
from napari_insitu_tem.model.errors import ReadError


@pytest.fixture
def stored(tmp_path, rng):
    data = rng.integers(0, 60000, (6, 5, 4)).astype(">u2")
    path = tmp_path / "raw.bin"
    path.write_bytes(b"HEAD" + data.tobytes())
    return path, data


def test_frames_in_native_byte_order(stored):
    path, data = stored
    frames = RawFrames(path, range(4, 4 + 6 * 40, 40), (5, 4), data.dtype)
    assert frames.shape == (6, 5, 4)
    assert frames.dtype.isnative
    for i in range(6):
        np.testing.assert_array_equal(frames.read_frame(i), data[i])
        assert frames.read_frame(i).dtype.isnative


def test_offsets_in_any_order(stored):
    path, data = stored
    frames = RawFrames(path, [44, 4, 124], (5, 4), data.dtype)
    np.testing.assert_array_equal(frames.read_frame(1), data[0])
    np.testing.assert_array_equal(frames.read_frame(2), data[3])


def test_without_positioned_reads(stored, monkeypatch):
    import os

    monkeypatch.delattr(os, "preadv")
    path, data = stored
    frames = RawFrames(path, range(4, 4 + 6 * 40, 40), (5, 4), data.dtype)
    for i in (5, 0, 3):
        np.testing.assert_array_equal(frames.read_frame(i), data[i])


def test_cut_frame_says_how_much_is_there(stored):
    path, data = stored
    frames = RawFrames(path, [4 + 5 * 40 + 8], (5, 4), data.dtype)
    with pytest.raises(ReadError, match=r"Frame 0 of raw\.bin is cut off: 32 of 40"):
        frames.read_frame(0)


def test_unknown_offset(stored):
    path, data = stored
    frames = RawFrames(path, [4, -1], (5, 4), data.dtype)
    frames.read_frame(0)
    with pytest.raises(ReadError, match=r"Frame 1 of raw\.bin"):
        frames.read_frame(1)


def test_finish_changes_shape_and_type(stored):
    path, data = stored
    frames = RawFrames(
        path,
        range(4, 4 + 6 * 40, 40),
        (5, 4),
        data.dtype,
        finish=lambda frame: frame.T.astype("f4"),
    )
    assert frames.shape == (6, 4, 5)
    assert frames.dtype == np.float32
    np.testing.assert_array_equal(frames.read_frame(2), data[2].T)


def test_frames_written_later_are_seen(stored):
    path, data = stored
    frames = RawFrames(path, range(4, 4 + 7 * 40, 40), (5, 4), data.dtype)
    with pytest.raises(ReadError):
        frames.read_frame(6)
    with path.open("ab") as file:
        file.write(data[0].tobytes())
    np.testing.assert_array_equal(frames.read_frame(6), data[0])


@pytest.mark.parametrize(
    ("size", "offset", "step", "claimed", "expected"),
    [
        (1000, 0, 100, 10, 10),
        (999, 0, 100, 10, 9),
        (1000, 950, 100, 10, 0),
        (1000, 0, 100, 10**12, 10),
        (1000, 2000, 100, 5, 0),
        (1000, 0, 0, 5, 0),
    ],
)
def test_whole_frames(size, offset, step, claimed, expected):
    assert whole_frames(size, offset, step, claimed) == expected
