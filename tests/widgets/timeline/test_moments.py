"""Times of frames, and where a movie has none."""

from __future__ import annotations

import numpy as np

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.timebase import FrameTimes
from napari_insitu_tem.widgets.timeline.moments import Moments, covered_s


def test_gaps_are_left_out() -> None:
    times = FrameTimes.from_seconds([0, 1, 2, 10, 11])
    np.testing.assert_allclose(covered_s(times), [[0, 3], [10, 12]])


def test_one_frame_lasts_its_exposure() -> None:
    np.testing.assert_allclose(
        covered_s(FrameTimes.from_seconds([3], [0.5])), [[3, 3.5]]
    )


def test_equal_times_are_one_stretch() -> None:
    np.testing.assert_allclose(covered_s(FrameTimes.from_seconds([2, 2, 2])), [[2, 2]])


def test_frames_without_a_time_are_nan() -> None:
    movie = Movie.from_array(np.zeros((3, 2, 2)), name="a", times_s=[0, 1, 2])
    still = Movie.from_array(np.zeros((3, 2, 2)), name="still")
    moments = Moments(Experiment(movies=[movie, still]).align(offset_s=5, movie="a"))
    found = moments.start_s(["a", "still", "gone", "a", "a"], [1, 1, 1, 7, -1])
    np.testing.assert_array_equal(found, [6, np.nan, np.nan, np.nan, np.nan])
    assert moments.extent_s() == (5, 8)
    assert Moments(Experiment()).extent_s() is None
