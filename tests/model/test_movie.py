"""Movie and FrameArray: what napari and the measurements ask of frames."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest

from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.errors import CalibrationError, ReadError, TimeBaseError
from napari_insitu_tem.model.movie import ArraySource, FrameArray, Movie
from napari_insitu_tem.model.timebase import FrameTimes


class Counting:
    """A source that is not in memory."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data
        self.shape, self.dtype = data.shape, data.dtype
        self.read: list[int] = []
        self.closed = 0

    def read_frame(self, index: int) -> np.ndarray:
        self.read.append(index)
        return self.data[index].copy()

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def data(rng) -> np.ndarray:
    return rng.integers(0, 1000, (9, 6, 5)).astype("uint16")


@pytest.fixture
def source(data) -> Counting:
    return Counting(data)


def still(source: Counting, **options) -> FrameArray:
    """Frames that are not read ahead, so that readings can be counted."""
    return FrameArray(source, read_ahead=0, **options)


def test_looks_like_an_array(source, data):
    frames = FrameArray(source)
    assert frames.shape == data.shape
    assert frames.dtype == data.dtype
    assert frames.ndim == 3
    assert frames.size == data.size
    assert frames.nbytes == data.nbytes
    assert frames.frame_bytes == data[0].nbytes
    assert len(frames) == 9


KEYS = [
    4,
    -1,
    np.int64(3),
    slice(2, 5),
    slice(None, None, -3),
    slice(5, 5),
    (slice(3, 4), slice(None), slice(None)),
    (2, slice(1, 3), slice(None, None, 2)),
    (2, 3, 4),
    (Ellipsis, 2),
    (1, Ellipsis),
    Ellipsis,
    (slice(None), 2, 3),
    [1, 4, 2],
    np.array([1, 4, 2]),
    np.array([True, False] * 4 + [True]),
    (slice(1, 3), slice(2, 4), 1),
]


@pytest.mark.parametrize("key", KEYS, ids=[str(key) for key in KEYS])
def test_indexing_is_numpys(source, data, key):
    got = FrameArray(source)[key]
    np.testing.assert_array_equal(got, data[key])
    assert got.dtype == data.dtype


def test_napari_reads_one_frame_for_a_slider_step(source):
    frames = still(source)
    frames[(slice(4, 5), slice(None), slice(None))]
    frames[(slice(4, 5), slice(None), slice(None))]
    assert source.read == [4]


@pytest.mark.parametrize("index", [9, -10, 100])
def test_no_such_frame(source, index):
    with pytest.raises(IndexError, match="of 9"):
        FrameArray(source).frame(index)


def test_frames_cannot_be_written_to(source, data):
    for frames in (FrameArray(source), FrameArray(ArraySource(data))):
        frame = frames.frame(0)
        with pytest.raises(ValueError, match="read-only"):
            frame[0, 0] = 1
    data[0, 0, 0] = 77  # the array that was given stays the owner's
    assert FrameArray(ArraySource(data)).frame(0)[0, 0] == 77


def test_memory_is_bounded(source, data):
    frames = still(source, cache_bytes=3 * data[0].nbytes)
    for index in range(9):
        frames.frame(index)
    frames.frame(8)
    frames.frame(0)
    assert source.read == [*range(9), 0]


def test_array_in_memory_is_neither_copied_nor_read_ahead(data):
    frames = FrameArray(ArraySource(data))
    for index in range(9):
        assert np.shares_memory(frames.frame(index), data)
    assert frames._cache is None


def test_memory_map_is_read_like_a_file(tmp_path, data):
    mapped = np.memmap(tmp_path / "m", "u2", "w+", shape=data.shape)
    mapped[:] = data
    frames = FrameArray(ArraySource(mapped))
    np.testing.assert_array_equal(frames.frame(3), data[3])
    assert frames._cache is not None
    frames.close()


def test_stepping_through_gives_the_same_frames_as_jumping(data):
    long = np.tile(data, (20, 1, 1))
    frames = FrameArray(Counting(long))
    for index in (*range(180), *range(179, -1, -1), *range(0, 180, 3)):
        np.testing.assert_array_equal(frames.frame(index), long[index])
    frames.close()


def test_too_many_frames_at_once(monkeypatch, source):
    monkeypatch.setattr("napari_insitu_tem.model.movie.MATERIALISE_BYTES", 100)
    with pytest.raises(MemoryError, match="9 frames would take"):
        FrameArray(source)[:]


def test_conversion_to_an_array(source, data):
    frames = FrameArray(source)
    np.testing.assert_array_equal(np.asarray(frames), data)
    assert np.asarray(frames, dtype=float).dtype == float
    with pytest.raises(ValueError, match="without a copy"):
        np.array(frames, copy=False)


def test_close_closes_the_source(source):
    frames = FrameArray(source)
    frames.close()
    frames.close()
    assert source.closed == 2


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4, 5, 6)])
def test_array_with_other_axes(shape):
    with pytest.raises(ReadError, match=r"\(t, y, x\)"):
        Movie.from_array(np.zeros(shape))


def test_single_image_is_a_movie_of_one(data):
    assert Movie.from_array(data[0]).shape == (1, 6, 5)


def test_what_a_movie_knows(data):
    start = datetime(2024, 1, 2, 3, 4, 5)
    movie = Movie.from_array(
        data,
        name="wire",
        pixel_size_nm=0.25,
        times_s=np.arange(9) * 0.5,
        exposures_s=0.4,
        start=start,
    )
    assert movie.pixel_size_nm == 0.25
    np.testing.assert_allclose(movie.times_s, np.arange(9) * 0.5)
    np.testing.assert_allclose(movie.exposures_s, 0.4)
    assert movie.start == start
    assert str(movie.audit).startswith("9 frames, 0.500 s apart, no gaps")
    assert not movie.is_colour


def test_what_a_movie_does_not_know(data):
    movie = Movie.from_array(data)
    assert movie.pixel_size_nm is None
    assert movie.times_s is None
    assert movie.exposures_s is None
    assert movie.start is None
    assert "type the frame interval" in str(movie.audit)


def test_interval_typed_by_the_user(data):
    movie = Movie.from_array(data).with_interval(0.2)
    np.testing.assert_allclose(movie.times_s, np.arange(9) * 0.2)
    assert movie.times.source == "typed interval"
    for bad in (0, -1, np.nan):
        with pytest.raises(TimeBaseError):
            movie.with_interval(bad)


def test_impossible_pixel_size(data):
    with pytest.raises(CalibrationError):
        Movie.from_array(data, pixel_size_nm=0)


def test_times_must_fit_the_frames(data):
    with pytest.raises(TimeBaseError, match="9 frames but 4 frame times"):
        Movie.from_array(data).with_times(FrameTimes.regular(4, 1.0))


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64"])
def test_luminance_of_colour(rng, dtype):
    data = rng.integers(0, 255, (2, 6, 5, 4)).astype(dtype)
    movie = Movie.from_array(data)
    assert movie.is_colour
    expected = data[1, ..., :3] @ np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose(movie.frame(1), expected, rtol=1e-6)
    grey = Movie.from_array(np.full((1, 2, 2, 3), 100, dtype))
    np.testing.assert_allclose(grey.frame(0), 100, rtol=1e-6)


def test_grey_frames_are_given_as_they_are(data):
    assert Movie.from_array(data).frame(2).dtype == np.uint16


def test_pixel_sizes_of_frames(data):
    sizes = np.tile([[2.0, 1.0]], (9, 1))
    sizes[3] = np.nan
    movie = replace(Movie.from_array(data), frame_sizes_nm=sizes)
    assert movie.calibration is None
    assert movie.calibration_at(0).scale_nm == (2.0, 1.0)
    assert movie.calibration_at(3) is None
    assert movie.calibration_at(9) is None
    assert movie.calibration_at(-1) is None
    typed = movie.with_calibration(Calibration.square(0.5))
    assert typed.calibration_at(3).pixel_size_nm == 0.5
    with pytest.raises(CalibrationError, match="9 frames but 8 pixel sizes"):
        replace(movie, frame_sizes_nm=sizes[:8])
