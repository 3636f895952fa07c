"""Positions along a path."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.paths import length_of, point_at, position_along
from napari_insitu_tem.model.errors import MeasurementError

PATH = [[0, 0], [0, 10], [10, 10]]


def test_a_point_beside_a_segment():
    found = position_along(PATH, [4, 12])
    assert found.position == 14
    assert found.point == (4, 10)
    assert found.distance == 2
    assert found.beyond == 0
    assert found.direction == (1, 0)


@pytest.mark.parametrize(
    ("point", "position", "beyond"),
    [([0, -3], 0, 3), ([14, 10], 20, 4), ([-2, 13], 10, 0)],
)
def test_ends_hold_and_corners_do_not_count_as_ends(point, position, beyond):
    found = position_along(PATH, point)
    assert found.position == position
    assert found.beyond == beyond


def test_there_and_back():
    where = np.array([0.0, 3.0, 10.0, 17.5, 20.0])
    for position, point in zip(where, point_at(PATH, where), strict=True):
        assert position_along(PATH, point).position == pytest.approx(position)
    assert point_at(PATH, 99.0).tolist() == [10, 10]
    assert length_of(PATH) == 20


def test_repeated_vertices_do_not_matter():
    found = position_along([[0, 0], [0, 0], [0, 10], [0, 10]], [1, 4])
    assert found.position == 4


def test_a_path_without_length_is_refused():
    with pytest.raises(MeasurementError, match="no length"):
        position_along([[2, 2], [2, 2]], [0, 0])


def test_placing_moves_the_position_by_as_much(rng):
    picks = [4, 10] + 0.7 * rng.standard_normal((4000, 2))
    positions = [position_along([[0, 0], [30, 40]], pick).position for pick in picks]
    assert np.std(positions) == pytest.approx(0.7, rel=0.04)
