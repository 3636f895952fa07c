"""Mean counts of frames, and where there is no specimen."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.counts import find_empty, mean_counts
from napari_insitu_tem.model.errors import CancelledError, MeasurementError


def test_counts_of_a_region_in_every_frame():
    frames = np.zeros((3, 20, 30), np.uint16)
    frames[:, 5:10, 10:20] = np.array([10, 20, 30])[:, None, None]
    assert mean_counts(frames, (5, 10, 10, 20)) == ((0, 10.0), (1, 20.0), (2, 30.0))
    assert mean_counts(frames)[2] == (2, pytest.approx(30 * 50 / 600))


def test_a_long_movie_is_read_here_and_there():
    frames = np.arange(1000.0)[:, None, None] * np.ones((1, 2, 2))
    found = mean_counts(frames, most=11)
    assert len(found) == 11
    assert found[0] == (0, 0.0) and found[-1] == (999, 999.0)
    assert all(frame == counts for frame, counts in found)


def test_frames_without_numbers_are_left_out():
    frames = np.ones((3, 4, 4))
    frames[1] = np.nan
    assert mean_counts(frames) == ((0, 1.0), (2, 1.0))
    with pytest.raises(MeasurementError, match="No frame"):
        mean_counts(np.full((2, 4, 4), np.nan))


def test_a_region_outside_is_refused():
    with pytest.raises(MeasurementError, match="region"):
        mean_counts(np.ones((2, 4, 4)), (0, 0, 5, 4))


def test_the_user_can_stop_it():
    def stop(done, total, text=""):
        raise CancelledError("Counts")

    with pytest.raises(CancelledError):
        mean_counts(np.ones((2, 4, 4)), progress=stop)
    with pytest.raises(CancelledError):
        find_empty(np.ones((2, 40, 40)), progress=stop)


def test_a_place_that_stays_empty_is_found():
    rng = np.random.default_rng(3)
    bright = np.full((20, 80, 120), 40.0)
    bright[:, :40] *= 0.6
    # brightest at first, until the specimen grows into it
    bright[:, 40:, :60] *= 1.1
    bright[10:, 40:, :60] *= 0.5
    y0, x0, y1, x1 = find_empty(rng.poisson(bright))
    assert (y1 - y0, x1 - x0) == (10, 10)
    assert y0 >= 40 and x0 >= 60
