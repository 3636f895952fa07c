"""Counts per electron of simulated movies whose gain is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from napari_insitu_tem.measure import estimate_gain
from napari_insitu_tem.model.errors import CancelledError, MeasurementError

SIZE = 160


def movie(rng, dose=20, gain=37.0, spread=0.7, frames=24, offset=0.0, texture=0.3):
    pattern = gaussian_filter(rng.standard_normal((SIZE, SIZE)), 8) * 8
    for t in range(frames):
        mean = dose * (1 + texture * pattern) * (1 + 0.1 * np.sin(t / 6))
        yield offset + gain * camera(rng.poisson(np.maximum(mean, 0)), spread)


def camera(electrons, spread):
    electrons = electrons.astype(float)
    return gaussian_filter(electrons, spread) if spread else electrons


@pytest.mark.parametrize("spread", [0.0, 0.7, 1.2])
@pytest.mark.parametrize(("dose", "gain"), [(20, 37.0), (2, 1.0)])
def test_the_point_spread_does_not_hide_it(rng, dose, gain, spread):
    found = estimate_gain(list(movie(rng, dose, gain, spread)))
    assert found.flag == ""
    assert abs(found.gain / gain - 1) < 0.1
    assert abs(found.gain - gain) < 3.5 * found.u_gain < 0.4 * gain
    assert found.electrons == pytest.approx(dose, rel=0.15)
    if spread:
        assert found.binned[0] < 0.8 * gain


def test_what_moves_does_not_count(rng):
    y, x = np.mgrid[:SIZE, :SIZE]
    texture = 20 * (1 + gaussian_filter(rng.standard_normal((SIZE, SIZE)), 8) * 3)
    frames = []
    for t in range(24):
        disc = gaussian_filter((np.hypot(y - 80, x - 50 - 2 * t) < 30) * 1.0, 1.5)
        drifted = shift(texture, (0.2 * t, 0.3 * t), order=1, mode="nearest")
        frames.append(10 * camera(rng.poisson(drifted * (1 - 0.4 * disc)), 0.7))
    found = estimate_gain(frames)
    assert found.gain == pytest.approx(10.0, rel=0.1)


def test_a_film_that_jitters_does_not_count(rng):
    film = gaussian_filter(rng.standard_normal((SIZE + 40, SIZE + 40)), 2) * 7
    frames = []
    for _ in range(16):
        y, x = rng.integers(-6, 7, 2) + 20
        mean = 20 * np.maximum(1 + 0.2 * film[y : y + SIZE, x : x + SIZE], 0)
        frames.append(10 * camera(rng.poisson(mean), 0.7))
    found = estimate_gain(frames)
    assert found.flag == ""
    assert abs(found.gain - 10) < 3 * found.u_gain < 2


def test_a_beam_that_flickers_does_not_count(rng):
    film = 1 + 0.1 * gaussian_filter(rng.standard_normal((256, 256)), 8) * 8
    beam = np.where(np.arange(24) % 2, 0.5, 1.5)
    found = estimate_gain([7.0 * rng.poisson(20 * b * film) for b in beam])
    assert abs(found.gain - 7) < 3.5 * found.u_gain < 0.8


def test_counted_electrons_that_are_cut_off(rng):
    frames = np.minimum(15 * rng.poisson(12, (5, SIZE, SIZE)), 255).astype(np.uint8)
    assert estimate_gain(frames).flag == "saturated"


def test_a_dark_level(rng):
    frames = list(movie(rng, offset=500.0, texture=0.6, frames=32))
    given = estimate_gain(frames, offset=500.0)
    assert given.flag == "" and given.gain == pytest.approx(37, rel=0.12)
    found = estimate_gain(frames)
    assert found.flag == "offset"
    assert abs(found.gain - 37) < 3.5 * found.u_gain
    assert found.offset == pytest.approx(500, rel=0.3)


def test_read_noise_is_taken_away(rng):
    frames = [
        frame + rng.normal(0, 40.0, frame.shape) for frame in movie(rng, 2, 37.0, 0.0)
    ]
    assert estimate_gain(frames).gain > 1.15 * 37
    found = estimate_gain(frames, read_noise=40.0)
    assert found.gain == pytest.approx(37, rel=0.1)


def test_what_cannot_be_known_is_refused(rng):
    assert estimate_gain(np.ones((5, 100, 100))).flag == "constant"
    frames = np.array(list(movie(rng, frames=4, gain=9.0)))
    assert estimate_gain(frames.clip(0, 200).astype(np.uint8)).flag == "saturated"
    assert estimate_gain(frames[:1]).flag == "too_few"
    assert estimate_gain(frames[:, :40, :20]).flag == "too_few"
    same = estimate_gain(np.repeat(frames[:1], 4, axis=0))
    assert same.flag == "constant" and np.isnan(same.gain) and np.isnan(same.u_gain)
    for bad in ([], np.zeros((3, 0, 4)), np.zeros(5)):
        with pytest.raises(MeasurementError):
            estimate_gain(bad)
    with pytest.raises(MeasurementError, match="read noise"):
        estimate_gain(frames, read_noise=-1)


def test_a_spoilt_frame_and_repeated_frames(rng):
    frames = list(movie(rng))
    frames[5] = np.full((SIZE, SIZE), np.nan)
    frames.insert(9, frames[9])
    assert estimate_gain(frames).gain == pytest.approx(37, rel=0.1)


def test_it_can_be_cancelled(rng):
    def stop(done, total, text=""):
        raise CancelledError(text)

    with pytest.raises(CancelledError, match="Gain"):
        estimate_gain(list(movie(rng, frames=3)), progress=stop)


def test_the_uncertainty_of_a_small_movie_is_its_scatter():
    away = []
    for seed in range(24):
        rng = np.random.default_rng(seed)
        found = estimate_gain(4.0 * rng.poisson(32, (16, 128, 128)), offset=0.0)
        away.append((found.gain - 4) / found.u_gain)
    assert 0.7 < np.sqrt(np.mean(np.square(away))) < 1.35
