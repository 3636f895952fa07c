"""Fronts followed through simulated kymographs with a known path."""

from __future__ import annotations

import numpy as np
import pytest

from front_scene import as_kymograph, counted, pixel_front, single_frame_bound
from napari_insitu_tem.measure import reslice, track_front
from napari_insitu_tem.measure.fronts.learning import learn_fronts
from napari_insitu_tem.measure.fronts.picks import picks_on
from napari_insitu_tem.measure.fronts.samples import front_samples
from napari_insitu_tem.model.errors import CancelledError, MeasurementError

FRAMES, LENGTH = 120, 140
T = np.arange(FRAMES)
STEADY = 20 + 0.8 * T


def rms(values):
    return float(np.sqrt(np.nanmean(np.square(values))))


@pytest.mark.parametrize("gain", [None, 1.0])
@pytest.mark.parametrize("levels", [(11, 9), (9, 11)])
def test_a_steady_front_is_found_better_than_frame_by_frame(rng, gain, levels):
    data = counted(rng, pixel_front(STEADY, *levels, LENGTH))
    track = track_front(data, gain=gain)
    error = track.position[0] - STEADY
    assert rms(error) < 0.6 * single_frame_bound(10, 0.2, LENGTH)
    assert np.mean(np.abs(error) < 1.96 * track.u_position[0]) > 0.9
    assert 0.6 < rms(error) / rms(track.u_position) < 1.3
    assert track.position.shape == track.u_position.shape == track.flag.shape
    assert set(track.flag[0]) == {""}
    assert track.levels == pytest.approx(levels, abs=0.1)
    assert track.blur == pytest.approx([2.0], abs=0.5)


def test_a_front_may_come_back_and_stick_and_slip(rng):
    slips = rng.exponential(4.0, FRAMES) * (rng.random(FRAMES) < 0.2)
    path = 40 + np.cumsum(slips * np.where(T < 60, 1, -1))
    path = np.clip(path, 20, 120)
    track = track_front(counted(rng, pixel_front(path, 11, 9, LENGTH)), gain=1.0)
    assert rms(track.position[0] - path) < single_frame_bound(10, 0.2, LENGTH)


def test_counts_that_are_not_electrons(rng):
    data = counted(rng, pixel_front(STEADY, 11, 9, LENGTH))
    bright = as_kymograph(37.0 * data.data)
    plain, scaled = track_front(data, gain=1.0), track_front(bright, gain=37.0)
    assert scaled.position == pytest.approx(plain.position, abs=1e-6)
    assert scaled.u_position == pytest.approx(plain.u_position, abs=1e-6)
    assert scaled.levels == pytest.approx(37 * plain.levels, rel=1e-6)


@pytest.mark.slow
def test_the_mirror_of_a_kymograph_has_the_mirrored_front(rng):
    data = counted(rng, pixel_front(STEADY, 11, 9, LENGTH)).data
    ahead = track_front(as_kymograph(data), gain=1.0)
    back = track_front(as_kymograph(data[:, ::-1]), gain=1.0)
    assert LENGTH - 1 - back.position == pytest.approx(ahead.position, abs=0.02)


@pytest.mark.parametrize("blur", [0.7, 2.0, 5.0])
def test_without_noise_the_place_is_exact_between_pixels(blur):
    path = 30 + 0.37 * T
    mean = pixel_front(path, 110, 90, LENGTH, blur)
    track = track_front(as_kymograph(mean))
    assert np.abs(track.position[0] - path).max() < 0.02
    assert track.blur == pytest.approx([blur], rel=0.05)


def test_a_front_that_rests_is_as_sure_as_its_uncertainty_says(rng):
    data = counted(rng, pixel_front(np.full(FRAMES, 60.3), 55, 45, LENGTH))
    track = track_front(data, gain=1.0)
    assert rms(track.position[0] - 60.3) < 1.5 * rms(track.u_position)
    assert rms(track.u_position) < 0.5 * single_frame_bound(50, 0.2, LENGTH)


@pytest.mark.slow
def test_samples_finer_than_pixels_share_their_electrons(rng):
    rows = np.zeros((40, 1))
    movie = [rng.poisson(pixel_front(p, 11, 9, LENGTH) + rows) for p in STEADY]
    line = np.array([[20.0, 5.0], [20.0, LENGTH - 5.0]])
    coarse = track_front(reslice(np.array(movie), line, 11), gain=1.0)
    fine = track_front(reslice(np.array(movie), line, 11, step=0.5), gain=1.0)
    assert rms(fine.position - 5 - (STEADY - 10)) < 0.9
    assert rms(fine.u_position) == pytest.approx(rms(coarse.u_position), rel=0.15)


def test_two_ordered_fronts(rng):
    slow, fast = 15 + 0.5 * T, 18 + 0.9 * T
    mean = pixel_front(slow, 14, 20, LENGTH)
    mean += pixel_front(fast, 0, 2, LENGTH)
    track = track_front(counted(rng, mean), gain=1.0, fronts=2)
    error = track.position - [slow, fast]
    assert track.levels == pytest.approx([14, 20, 22], abs=0.15)
    assert rms(error[0]) < 0.5 and rms(error[1]) < 1.5
    assert np.all(np.mean(np.abs(error) < 1.96 * track.u_position, axis=1) > 0.9)
    assert np.all(np.diff(track.position, axis=0) > 0)


@pytest.mark.slow
def test_a_band_between_two_fronts_of_the_same_brightness(rng):
    slow, fast = 20 + 0.4 * T, 26 + 0.8 * T
    mean = pixel_front(slow, 5, 6.5, LENGTH) + pixel_front(fast, 0, -1.5, LENGTH)
    track = track_front(counted(rng, mean), gain=1.0, fronts=2)
    assert np.all(np.abs(track.position - [slow, fast]).max(axis=1) < 4)


@pytest.mark.slow
def test_three_ordered_fronts(rng):
    places = 15 + 0.3 * T, 45 + 0.4 * T, 80 + 0.3 * T
    mean = pixel_front(places[0], 40, 50, LENGTH)
    mean += pixel_front(places[1], 0, 10, LENGTH)
    mean += pixel_front(places[2], 0, -15, LENGTH)
    track = track_front(counted(rng, mean), gain=1.0, fronts=3)
    assert rms(track.position - np.array(places)) < 0.5


def test_flicker_of_the_beam_does_not_move_the_front(rng):
    flicker = 1 + 0.1 * rng.standard_normal(FRAMES)
    mean = flicker[:, None] * pixel_front(STEADY, 11, 9, LENGTH)
    track = track_front(counted(rng, mean), gain=1.0)
    assert track.parameters["flicker"]
    assert rms(track.position[0] - STEADY) < 1.0


@pytest.mark.parametrize("levels", [(10.5, 9.5), (9, 11)])
@pytest.mark.parametrize("gain", [None, 1.0])
def test_a_beam_that_fades_does_not_hide_the_front(rng, levels, gain):
    fading = np.linspace(1.15, 0.85, FRAMES)
    light = fading[:, None] * pixel_front(STEADY, *levels, LENGTH)
    track = track_front(counted(rng, light, rows=40), gain=gain)
    bound = single_frame_bound(10, abs(levels[0] - levels[1]) / 10, LENGTH) / 2
    assert rms(track.position[0] - STEADY) < 0.75 * bound
    assert set(track.flag[0]) == {""}


def test_two_fronts_that_begin_together_leave_the_right_evidence(rng):
    steps = pixel_front(10 + 0.4 * T, 8, 10, LENGTH)
    light = steps + pixel_front(12 + 0.8 * T, 0, 2, LENGTH)
    data = counted(rng, light, rows=20)
    picks = picks_on(data, 2, None, None)
    found = learn_fronts(front_samples(data, 1.0), 2, picks, lambda done: None)
    counts = 20 * data.data
    model = found.model
    deviance = 2 * np.sum(counts * np.log(counts / model) - (counts - model))
    # The evidence is that of all samples; paths that are not known cost little.
    assert found.merit == pytest.approx(-0.5 * deviance, rel=0.05)
    truth = [10 + 0.4 * T, 12 + 0.8 * T]
    means = np.array([chance @ found.grid for chance in found.posteriors])
    assert rms(means - truth) < 1.0


@pytest.mark.parametrize("gain", [None, 1.0])
def test_a_wedge_and_a_sharp_edge_that_stay_are_no_fronts(rng, gain):
    x = np.arange(LENGTH)
    pattern = np.linspace(0.8, 1.2, LENGTH) * np.where(x < 120, 1.0, 2.0)
    mean = pattern * pixel_front(STEADY[:110], 11, 9, LENGTH)
    track = track_front(counted(rng, mean), gain=gain)
    assert track.parameters["pattern"]
    assert rms(track.position[0] - STEADY[:110]) < 1.2


def test_missing_samples_and_frames(rng):
    data = counted(rng, pixel_front(STEADY, 11, 9, LENGTH)).data
    data[:, :10] = np.nan
    data[30] = np.nan
    data[80:90, 70:100] = np.nan
    track = track_front(as_kymograph(data), gain=1.0)
    assert np.isnan(track.position[0, 30]) and track.flag[0, 30] == "low_contrast"
    known = T != 30
    assert rms(track.position[0, known] - STEADY[known]) < 1.5


def test_whole_numbers_and_few_frames(rng):
    mean = pixel_front(STEADY[:2], 300, 200, LENGTH)
    track = track_front(as_kymograph(rng.poisson(mean).astype(np.uint16), rows=1))
    assert track.position[0] == pytest.approx(STEADY[:2], abs=1.5)
    single = track_front(as_kymograph(mean[:1]))
    assert single.position[0] == pytest.approx(STEADY[:1], abs=0.1)


def test_progress_is_told_and_may_cancel(rng):
    data = counted(rng, pixel_front(STEADY, 11, 9, LENGTH))
    told = []
    track_front(data, progress=lambda done, total, text="": told.append((done, total)))
    assert told[-1][0] == told[-1][1]
    assert all(0 <= done <= total for done, total in told)

    def stop(done, total, text=""):
        raise CancelledError("Following")

    with pytest.raises(CancelledError):
        track_front(data, progress=stop)


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        (np.ones((5, 3)), {}, "at least"),
        (np.full((5, 30), np.nan), {}, "outside"),
        (np.ones((5, 30)), {"gain": 0.0}, "gain"),
        (np.ones((5, 30)), {"fronts": 0}, "fronts"),
        (np.ones((5, 30)), {"fronts": 9}, "fronts"),
    ],
)
def test_what_cannot_be_followed_is_refused(data, options, words):
    with pytest.raises(MeasurementError, match=words):
        track_front(as_kymograph(data), **options)


@pytest.mark.slow
def test_a_long_kymograph_in_seconds(rng):
    path = 50 + 0.45 * np.arange(1500)
    track = track_front(counted(rng, pixel_front(path, 11, 9, 800)), gain=1.0)
    assert rms(track.position[0] - path) < 0.8
