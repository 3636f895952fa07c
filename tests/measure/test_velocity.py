"""Local velocity against fronts of known speed."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.velocity import local_velocity

TIMES = np.array([0.0, 1.0, 2.5, 3.0, 4.2, 6.0, 7.0, 9.0])


def test_a_straight_front_has_its_speed_everywhere():
    found = local_velocity(TIMES[::-1], 5 - 3 * TIMES[::-1], 1.0)
    assert found.velocity == pytest.approx(np.full(8, -3.0))
    assert found.n.tolist() == [5] * 8


def test_two_picks_give_the_difference_quotient_and_one_gives_nothing():
    found = local_velocity([0.0, 2.0], [1.0, 7.0], [0.3, 0.4])
    assert found.velocity.tolist() == [3.0, 3.0]
    assert found.u_velocity == pytest.approx([0.25, 0.25])
    alone = local_velocity([2.0, 2.0], [1.0, 3.0], 1.0)
    assert np.isnan(alone.velocity).all()
    assert alone.n.tolist() == [0, 0]


def test_repeats_are_averaged_and_unknown_picks_left_out():
    found = local_velocity(
        [0.0, 0.0, 2.0, np.nan, 3.0],
        [1.0, 3.0, 6.0, 5.0, np.nan],
        [2.0, 2.0, 1.0, 1, 1],
    )
    assert found.velocity[:3] == pytest.approx([2.0, 2.0, 2.0])
    assert found.u_velocity[0] == pytest.approx(np.hypot(np.sqrt(2), 1) / 2)
    assert np.isnan(found.velocity[3:]).all()


def test_weights_favour_the_surer_picks():
    found = local_velocity([0.0, 1.0, 2.0], [0.0, 9.0, 2.0], [0.01, 100.0, 0.01])
    assert found.velocity[0] == pytest.approx(1.0, abs=1e-3)


def test_uncertainty_is_never_smaller_than_the_scatter(rng):
    # Half of the runs scatter less than stated; the larger uncertainty is given.
    u = np.array([1.0, 0.5, 2.0, 1.0, 1.0, 0.7, 1.0, 1.5])
    runs = [
        local_velocity(TIMES, 2 * TIMES + u * rng.standard_normal(8), u)
        for _ in range(4000)
    ]
    scatter = np.std([run.velocity for run in runs], axis=0)
    stated = np.array([run.u_velocity for run in runs])
    assert stated.min(axis=0) == pytest.approx(scatter, rel=0.04)
    assert np.all(np.sqrt(np.mean(stated**2, axis=0)) < 1.4 * scatter)
    rough = local_velocity(TIMES, 2 * TIMES + rng.standard_normal(8), 1e-3)
    assert np.all(rough.u_velocity > 0.05)


def test_picks_without_uncertainty_still_show_their_scatter():
    found = local_velocity([0.0, 1, 2, 3], [0.0, 1.2, 1.8, 3.0], 0.0, window=4)
    assert found.velocity[0] == pytest.approx(0.96)
    assert found.u_velocity[0] == pytest.approx(np.sqrt(0.072 / 2 / 5))


def followed_front(rng, steps, noise=1.0):
    """A walk seen in noise, and the smoothed walk with its uncertainty."""
    truth = np.cumsum(steps)
    variance, size = float(np.var(steps)), steps.size
    walk = variance * np.minimum.outer(np.arange(size) + 1, np.arange(size) + 1)
    covariance = np.linalg.inv(np.linalg.inv(walk) + np.eye(size) / noise**2)
    seen = truth + noise * rng.standard_normal(size)
    drift = steps.mean() * (np.arange(size) + 1)
    smooth = drift + covariance @ (seen - drift) / noise**2
    return truth, smooth, np.sqrt(np.diag(covariance))


@pytest.mark.parametrize("window", [5, 11, 21])
@pytest.mark.parametrize("length", [0.2, 0.5])
def test_a_followed_front_knows_its_velocity_as_well_as_it_says(rng, length, window):
    errors, stated = [], []
    for _ in range(20):
        truth, path, u = followed_front(rng, rng.exponential(length, 100))
        times = np.arange(100.0)
        found = local_velocity(times, path, u, window, followed=True)
        true = local_velocity(times, truth, np.ones(100), window).velocity
        errors.append((found.velocity - true)[20:-20])
        stated.append(found.u_velocity[20:-20])
    ratio = np.sqrt(np.mean(np.square(stated)) / np.mean(np.square(errors)))
    assert 0.75 < ratio < 1.25


def test_picks_between_followed_rows_stay_independent():
    times, u = np.arange(20.0), np.ones(20)
    alone = local_velocity(times, times, u).u_velocity
    none = local_velocity(times, times, u, followed=False).u_velocity
    every_second = local_velocity(times, times, u, followed=np.arange(20) % 2 == 0)
    assert none == pytest.approx(alone)
    assert every_second.u_velocity == pytest.approx(alone)
    rest = local_velocity(times, 0 * times, u, followed=True, least_step=0.1)
    assert np.all(rest.u_velocity < 0.2 * alone)
