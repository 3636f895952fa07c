import numpy as np
import pytest

from napari_insitu_tem.simulate.drift import jump, random_walk


def test_a_random_walk_spreads_as_the_square_root_of_time(rng):
    times = np.linspace(0, 100, 51)
    walks = np.array([random_walk(times, 0.3, rng) for _ in range(800)])
    assert np.all(walks[:, 0] == 0)
    assert walks[:, -1].std(axis=0) == pytest.approx([3.0, 3.0], rel=0.1)
    assert walks[:, 13].std(axis=0) == pytest.approx(0.3 * np.sqrt(times[13]), rel=0.1)


def test_steady_drift_is_along_y_and_x(rng):
    walk = random_walk([2.0, 4.0, 12.0], 0.0, rng, velocity_px_s=(0.5, -1.0))
    assert walk == pytest.approx(np.array([[0, 0], [1, -2], [5, -10]]))


def test_a_jump_holds_from_its_begin_until_its_end():
    shift = jump([0.0, 1.0, 1.9, 2.0], 1.0, 2.0, (3.0, -1.0))
    assert shift.tolist() == [[0, 0], [3, -1], [3, -1], [0, 0]]
