import numpy as np
import pytest

from napari_insitu_tem.simulate.reaction import (
    behind_front,
    parabolic,
    parabolic_arrival,
    swollen_diameter,
)


def test_a_parabolic_front_slows_as_the_square_root_of_time():
    assert parabolic([-1.0, 0.0, 1.0, 4.0], 9.0) == pytest.approx([0, 0, 3, 6])
    assert parabolic_arrival(parabolic([1.0, 2.5], 9.0), 9.0) == pytest.approx([1, 2.5])


def test_a_wire_keeps_its_volume_times_the_ratio():
    before, core, ratio = 130.0, 60.0, 3.8
    after = swollen_diameter(before, core, ratio)
    assert after**2 - core**2 == pytest.approx(ratio * (before**2 - core**2))
    assert swollen_diameter(before, before, ratio) == before
    # 300 % more volume across a wire of constant length doubles the diameter
    assert swollen_diameter(100.0, 0.0, 4.0) == pytest.approx(200.0)


def test_the_front_is_where_half_is_done():
    part = behind_front([-50.0, 10.0, 16.0, 80.0], 10.0, 6.0)
    assert part == pytest.approx([1.0, 0.5, 0.158655, 0.0], abs=1e-6)
    assert np.all(np.diff(behind_front(np.linspace(-40, 40, 99), 3.0, 5.0)) <= 0)
