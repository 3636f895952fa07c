import numpy as np
import pytest

from napari_insitu_tem.simulate.bodies import (
    axis_direction,
    axis_normal,
    chord,
    distance_to_axis,
    shell_chord,
)


def test_a_chord_is_the_diameter_in_the_middle_and_nothing_outside():
    assert chord([0.0, 3.0, 5.0, 6.0], 5.0) == pytest.approx([10.0, 8.0, 0.0, 0.0])


def test_chords_of_a_wire_add_up_to_its_cross_section():
    across = np.linspace(-7, 7, 20_001)
    area = chord(across, 7.0).sum() * (across[1] - across[0])
    assert area == pytest.approx(np.pi * 49, rel=1e-5)


def test_core_and_shell_make_up_the_whole():
    across = np.linspace(-6, 6, 25)
    whole = chord(across, 2.0) + shell_chord(across, 2.0, 5.0)
    assert whole == pytest.approx(chord(across, 5.0))


def test_axis_coordinates_run_along_and_across():
    start, angle = (10.0, 20.0), 30.0
    along = np.asarray(start) + 8 * np.asarray(axis_direction(angle))
    beside = along + 3 * np.asarray(axis_normal(angle))
    assert distance_to_axis(*along, start, angle) == pytest.approx((8.0, 0.0))
    assert distance_to_axis(*beside, start, angle) == pytest.approx((8.0, 3.0))
    assert axis_normal(0.0) == pytest.approx((1.0, 0.0))
