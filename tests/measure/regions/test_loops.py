"""Loops are cut off outlines that cross themselves."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.regions.contour import drawn_contour
from napari_insitu_tem.measure.regions.loops import without_loops


def circle(count=100):
    return 40 * np.exp(2j * np.pi * np.arange(count) / count)


def test_what_does_not_cross_itself_stays():
    assert without_loops(circle()) is not None
    assert np.array_equal(without_loops(circle()), circle())


@pytest.mark.parametrize("way", [1, -1])
def test_a_loop_is_cut_off(way):
    # Out of the circle it is run clockwise, into it counterclockwise.
    turn = np.linspace(0.9 * np.pi, -0.9 * np.pi, 20)
    loop = 40 + way * (6 + 6 * np.exp(1j * way * turn))
    kept = without_loops(np.concatenate([loop, circle()[3:-2]]))
    assert np.abs(np.abs(kept) - 40).max() < 1.5


def test_corners_in_a_wrong_order_give_one_outline():
    z = circle(24)
    z[[7, 8]] = z[[8, 7]]
    contour = drawn_contour(np.column_stack([z.imag, z.real]))
    assert contour.area == pytest.approx(np.pi * 40**2, rel=0.05)
    ways = np.diff(np.append(contour.nodes, contour.nodes[0]))
    assert np.angle(np.roll(ways, -1) / ways).sum() == pytest.approx(2 * np.pi)
