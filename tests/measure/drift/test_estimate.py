"""Drift against known shifts: sign, precision, doubts, and what must not mislead it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import fourier_shift, gaussian_filter

from napari_insitu_tem.measure import estimate_drift
from napari_insitu_tem.model.errors import (
    CancelledError,
    MeasurementError,
    ReadError,
)
from napari_insitu_tem.model.movie import Movie

PAD = 48


def specimen(shape, seed=1, detail=2.0):
    """(y, x) texture of unit variance, PAD px larger on each side."""
    rng = np.random.default_rng(seed)
    size = [n + 2 * PAD for n in shape]
    texture = gaussian_filter(rng.standard_normal(size), detail, mode="wrap")
    return texture / texture.std()


def expected(shifts, shape=(96, 128), dose=20.0, contrast=0.15, scene=None):
    """(T, y, x) mean electrons of a specimen that moves by (T, 2) shifts."""
    scene = specimen(shape) if scene is None else scene
    spectrum = np.fft.fft2(scene)
    frames = []
    for shift in shifts:
        moved = np.fft.ifft2(fourier_shift(spectrum, shift)).real
        frames.append(dose * (1 + contrast * moved[PAD:-PAD, PAD:-PAD]))
    return np.maximum(np.stack(frames), 0.01)


def bound(shape=(96, 128), dose=20.0, contrast=0.15):
    """Cramer-Rao bound of the shift of one frame, mean of both axes, in px."""
    mean = expected([[0, 0]], shape, dose, contrast)[0]
    informations = [np.sum(g**2 / mean) for g in np.gradient(mean)]
    return np.sqrt(np.mean(1 / np.array(informations)))


@pytest.fixture
def walk(rng):
    steps = rng.normal(0, 0.8, (10, 2))
    return np.cumsum(steps, axis=0) - steps[0]


def test_content_that_moves_down_and_left_has_that_sign():
    frames = np.full((2, 64, 64), 10.0)
    frames[0, 20:28, 30:38] = 50
    frames[1, 25:33, 27:35] = 50
    drift = estimate_drift(frames)
    assert drift.shift[0].tolist() == [0, 0]
    assert drift.shift[1] == pytest.approx([5, -3], abs=0.05)


def test_shifts_are_found_to_the_bound_and_say_how_sure(walk, rng):
    frames = rng.poisson(expected(walk))
    drift = estimate_drift(frames)
    error = (drift.shift - walk)[1:]
    assert not (drift.flag != "").any()
    # Against the first frame: the error of both frames.
    assert np.sqrt(np.mean((error - error.mean(0)) ** 2)) < 1.5 * bound()
    assert drift.u_shift[1:] == pytest.approx(np.sqrt(2) * bound(), rel=0.4)
    assert (np.abs(error) < 5 * drift.u_shift[1:]).all()
    assert drift.u_shift[0].tolist() == [0, 0]


@pytest.mark.slow
@pytest.mark.parametrize("frames", [2, 12])
def test_the_uncertainty_is_that_of_the_scatter(frames):
    errors, stated = [], []
    for seed in range(60 // frames + 6):
        rng = np.random.default_rng(seed)
        walk = np.cumsum(rng.normal(0, 0.8, (frames, 2)), axis=0)
        drift = estimate_drift(rng.poisson(expected(walk)))
        errors.append((drift.shift - walk + walk[0])[1:])
        stated.append(drift.u_shift[1:])
    scatter = np.sqrt(np.mean(np.square(errors)))
    assert 0.75 < np.sqrt(np.mean(np.square(stated))) / scatter < 1.25


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.astype(np.uint8),
        lambda f: f.astype(np.int16) - 15,
        lambda f: 1e4 * f + 3.0,
        lambda f: -1.0 * f,
        lambda f: f * np.linspace(0.7, 1.3, len(f))[:, None, None],
    ],
    ids=["uint8", "int16 about zero", "large", "dark on bright", "beam changes"],
)
def test_type_scale_and_sign_do_not_matter(walk, rng, change):
    frames = rng.poisson(expected(walk))
    drift = estimate_drift(change(frames))
    assert drift.shift == pytest.approx(walk, abs=8 * bound())


def test_gain_makes_bright_places_weigh_less(walk, rng):
    frames = 7 * rng.poisson(expected(walk, contrast=0.3))
    plain, weighed = estimate_drift(frames), estimate_drift(frames, gain=7.0)
    assert weighed.shift == pytest.approx(walk, abs=0.15)
    assert np.mean(weighed.u_shift) < np.mean(plain.u_shift)
    assert weighed.parameters["gain"] == 7.0


def test_a_movie_is_read_one_frame_at_a_time(walk, rng):
    frames = rng.poisson(expected(walk)).astype(np.uint16)
    read = []

    class Lazy:
        shape = frames.shape

        def __getitem__(self, index):
            assert isinstance(index, int)
            read.append(index)
            return frames[index]

    lazy = estimate_drift(Lazy())
    assert len(read) <= 8 * len(frames) + 8
    whole = estimate_drift(Movie.from_array(frames))
    assert lazy.shift == pytest.approx(whole.shift, abs=1e-9)
    assert estimate_drift(list(frames)).shift == pytest.approx(whole.shift, abs=1e-9)


def test_a_third_of_the_field_at_once_is_found_and_called_a_jump(walk, rng):
    walk = walk.copy()
    walk[4:] += [30, -40]
    frames = rng.poisson(expected(walk, scene=specimen((96, 128))))
    drift = estimate_drift(frames)
    assert drift.shift == pytest.approx(walk, abs=0.3)
    assert np.flatnonzero(drift.flag == "jump").tolist() == [4]


def test_frames_without_the_specimen_are_nan_and_said(walk, rng):
    frames = rng.poisson(expected(walk)).astype(float)
    frames[2] = np.nan
    frames[4] = 3.0
    frames[6] = rng.poisson(20, frames[6].shape)
    frames[7, :30] = np.nan
    drift = estimate_drift(frames)
    assert drift.flag[[2, 4, 6]].tolist() == ["no_data", "blank", "low_contrast"]
    assert np.isnan(drift.shift[[2, 4, 6]]).all()
    assert np.isnan(drift.u_shift[[2, 4, 6]]).all()
    good = [0, 1, 3, 5, 7, 8, 9]
    assert drift.shift[good] == pytest.approx(walk[good], abs=0.3)
    assert (drift.flag[good] == "").all()


def test_shifts_count_from_the_first_frame_with_the_specimen(walk, rng):
    frames = rng.poisson(expected(walk)).astype(float)
    frames[0] = 0.0
    drift = estimate_drift(frames)
    assert drift.flag[0] == "blank"
    assert drift.parameters["first"] == 1
    assert drift.shift[1].tolist() == [0, 0]
    assert drift.shift[2:] == pytest.approx(walk[2:] - walk[1], abs=0.3)


def test_a_frame_that_cannot_be_read_is_skipped(walk, rng):
    frames = rng.poisson(expected(walk)).astype(np.uint16)

    class Torn:
        shape = frames.shape

        def __getitem__(self, index):
            if index == 3:
                raise ReadError("frame 3 is torn")
            return frames[index]

    drift = estimate_drift(Torn())
    assert drift.flag[3] == "no_data"
    assert drift.shift[4:] == pytest.approx(walk[4:], abs=0.3)


def test_noise_alone_gives_no_shift(rng):
    drift = estimate_drift(rng.poisson(5.0, (5, 96, 96)))
    assert np.isnan(drift.shift[:-1]).all()
    assert set(drift.flag[:-1]) == {"low_contrast"}


def test_a_lattice_is_followed_but_doubted(rng):
    y, x = np.mgrid[: 96 + 2 * PAD, : 128 + 2 * PAD]
    # Whole periods, so that the periodic shift of the scene holds.
    lattice = np.cos(2 * np.pi * x / 8) + np.cos(2 * np.pi * y / 8)
    walk = np.cumsum(rng.normal(0, 0.5, (6, 2)), axis=0)
    frames = rng.poisson(expected(walk - walk[0], scene=lattice))
    drift = estimate_drift(frames)
    assert set(drift.flag) == {"unresolved"}
    assert drift.shift == pytest.approx(walk - walk[0], abs=0.3)


def test_one_straight_edge_leaves_its_direction_open(rng):
    frames = np.full((6, 96, 96), 20.0)
    frames[:, :, 40:] = 30
    assert set(estimate_drift(rng.poisson(frames)).flag) == {"unresolved"}


def test_a_pattern_of_the_camera_does_not_hold_it_back(rng):
    steps = rng.normal(0, 0.8, (20, 2))
    walk = np.cumsum(steps, axis=0) - steps[0]
    frames = rng.poisson(expected(walk, dose=5.0))
    pattern = 1 + 0.1 * rng.standard_normal(frames.shape[1:])
    drift = estimate_drift(frames * pattern)
    assert drift.parameters["pattern"]
    slope = np.polyfit(walk.ravel(), drift.shift.ravel(), 1)[0]
    assert slope == pytest.approx(1, abs=0.03)
    assert not estimate_drift(frames).parameters["pattern"]


def test_dead_and_hot_pixels_do_not_hold_it_back(walk, rng):
    frames = rng.poisson(expected(walk)).astype(float)
    frames[:, 50, 60] = 60_000
    frames[:, 20, :3] = 0
    assert estimate_drift(frames).shift == pytest.approx(walk, abs=0.3)


def test_only_the_masked_part_counts(walk, rng):
    frames = expected(walk)
    others = expected(-walk, scene=specimen((96, 128), seed=9))
    frames[:, :, 64:] = others[:, :, 64:]
    still = np.zeros((96, 128), bool)
    still[:, :58] = True
    drift = estimate_drift(rng.poisson(frames), mask=still)
    assert drift.shift == pytest.approx(walk, abs=0.4)


def test_a_growing_particle_is_not_taken_for_drift(walk, rng):
    frames = expected(walk)
    y, x = np.mgrid[:96, :128]
    for t, (dy, dx) in enumerate(walk):
        # It grows to the right only, so its centre moves by more than the specimen.
        grown = np.hypot(y - 48 - dy, x - 30 - 2 * t - dx) < 14 + 2 * t
        frames[t, grown] = 8
    drift = estimate_drift(rng.poisson(frames))
    assert drift.shift == pytest.approx(walk, abs=0.4)


def test_a_front_that_crosses_the_field_is_outvoted_by_the_film(walk, rng):
    frames = expected(walk, contrast=0.1)
    for t, frame in enumerate(frames):
        place = 12 + 10 * t + walk[t, 1]
        frame *= 1 - 0.15 * (1 - np.tanh((np.arange(frame.shape[1]) - place) / 1.5))
    drift = estimate_drift(rng.poisson(frames))
    error = (drift.shift - walk)[1:]
    assert (np.abs(error) < 4 * drift.u_shift[1:]).all()
    assert np.sqrt(np.mean((error - error.mean(0)) ** 2)) < 3 * bound(contrast=0.1)


def test_details_of_two_pixels_do_not_bind_it_to_the_pixels(walk, rng):
    scene = specimen((96, 128), detail=1.0)
    drift = estimate_drift(rng.poisson(expected(walk, dose=200.0, scene=scene)))
    error = (drift.shift - walk)[1:]
    assert np.abs(error - error.mean(0)).max() < 0.027


def test_one_frame_and_two(walk, rng):
    frames = rng.poisson(expected(walk))
    one = estimate_drift(frames[:1])
    assert (one.shift.tolist(), one.flag.tolist()) == ([[0, 0]], [""])
    two = estimate_drift(frames[:2])
    assert two.shift == pytest.approx(walk[:2], abs=0.3)


@pytest.mark.parametrize(
    ("frames", "options", "words"),
    [
        (np.zeros((4, 4)), {}, "frames"),
        (np.zeros((0, 64, 64)), {}, "frames"),
        (np.zeros((3, 8, 64)), {}, "too small"),
        (np.ones((3, 64, 64)), {"mask": np.ones((3, 3))}, "shape"),
        (np.ones((3, 64, 64)), {"mask": np.zeros((64, 64))}, "nothing"),
        (np.ones((3, 64, 64)), {"gain": -1.0}, "positive"),
    ],
)
def test_what_cannot_be_is_refused(frames, options, words):
    with pytest.raises(MeasurementError, match=words):
        estimate_drift(frames, **options)


def test_progress_is_told_and_cancelling_passes_through(walk, rng):
    frames = rng.poisson(expected(walk))
    told = []
    estimate_drift(frames, progress=lambda *a: told.append(a))
    done = [d for d, _, _ in told]
    assert done == sorted(done)
    assert told[-1][0] == told[-1][1]

    def cancel(done, total, text=""):
        raise CancelledError("Finding the drift")

    with pytest.raises(CancelledError):
        estimate_drift(frames, progress=cancel)
