"""What is doubted about a followed front."""

from __future__ import annotations

import numpy as np
import pytest

from front_scene import as_kymograph, counted, pixel_front
from napari_insitu_tem.measure import track_front

FRAMES, LENGTH = 120, 140
T = np.arange(FRAMES)
STEADY = 20 + 0.8 * T


@pytest.mark.parametrize("gain", [None, 1.0])
@pytest.mark.parametrize("fronts", [1, 2])
def test_nothing_but_noise_has_no_front(rng, gain, fronts):
    data = counted(rng, np.full((FRAMES, LENGTH), 10.0))
    track = track_front(data, gain=gain, fronts=fronts)
    assert set(track.flag.ravel()) == {"low_contrast"}
    assert np.isnan(track.position).all() and np.isnan(track.u_position).all()


@pytest.mark.slow
def test_noise_seldom_makes_a_front():
    for seed in range(12):
        data = counted(np.random.default_rng(seed), np.full((60, 80), 5.0))
        assert set(track_front(data).flag[0]) == {"low_contrast"}


@pytest.mark.slow
def test_a_second_front_that_is_not_there(rng):
    data = counted(rng, pixel_front(STEADY, 11, 9, LENGTH))
    track = track_front(data, gain=1.0, fronts=2)
    there = [front for front in range(2) if track.flag[front, 60] == ""]
    assert len(there) == 1
    error = track.position[there[0]] - STEADY
    assert np.sqrt(np.mean(error**2)) < 1.2


def test_a_front_that_comes_and_goes_is_out_of_the_frame(rng):
    path = -30 + 2.5 * T
    track = track_front(counted(rng, pixel_front(path, 11, 9, LENGTH)), gain=1.0)
    outside = (path < -3) | (path > LENGTH + 2)
    inside = (path > 3) & (path < LENGTH - 4)
    assert set(track.flag[0, outside]) == {"out_of_frame"}
    assert np.isnan(track.position[0, outside]).all()
    assert set(track.flag[0, inside]) == {""}
    assert np.abs(track.position[0, inside] - path[inside]).max() < 6


def test_a_jump_is_followed_and_flagged(rng):
    path = np.where(T < 60, 40.0, 100.0) + 0.05 * T
    track = track_front(counted(rng, pixel_front(path, 11, 9, LENGTH)), gain=1.0)
    assert list(np.flatnonzero(track.flag[0] == "jump")) == [60]
    assert np.abs(track.position[0] - path).max() < 4


def test_frames_without_contrast_in_between(rng):
    mean = pixel_front(STEADY, 11, 9, LENGTH)
    mean[60:75] = 10.0
    track = track_front(counted(rng, mean), gain=1.0)
    assert set(track.flag[0, 61:74]) == {"low_contrast"}
    clear = np.r_[0:58, 77:FRAMES]
    assert set(track.flag[0, clear]) == {""}


def test_two_places_that_are_as_likely(rng):
    path = np.where(T < 60, 40.0, 100.0)
    data = counted(rng, pixel_front(path, 12, 9, LENGTH)).data
    data[55:65, 25:115] = np.nan  # the jump is hidden
    track = track_front(as_kymograph(data), gain=1.0)
    assert set(track.flag[0, 57:63]) <= {"ambiguous", "jump"}
    assert np.sum(track.flag[0] == "ambiguous") >= 4
    assert track.u_position[0, 59:61].min() > 15


@pytest.mark.slow
def test_two_fronts_too_close_to_be_told_apart(rng):
    slow, fast = 20 + 0.4 * T, 21 + 0.8 * T
    mean = pixel_front(slow, 14, 20, LENGTH) + pixel_front(fast, 0, 3, LENGTH)
    track = track_front(counted(rng, mean), gain=1.0, fronts=2)
    assert np.all(track.flag[:, :4] == "unresolved")
    assert np.all(track.flag[:, 30:] == "")


@pytest.mark.parametrize("gain", [None, 1.0])
@pytest.mark.parametrize("value", [0.0, 5.0])
@pytest.mark.parametrize("fronts", [1, 2])
def test_a_kymograph_without_any_change_has_no_front(value, fronts, gain):
    track = track_front(
        as_kymograph(np.full((12, 40), value)), gain=gain, fronts=fronts
    )
    assert set(track.flag.ravel()) <= {"low_contrast", "out_of_frame"}
    assert np.isnan(track.position).all()
