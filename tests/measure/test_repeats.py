"""Repeats: their scatter replaces the stated uncertainty, their mean is honest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_insitu_tem.measure.repeats import mean_of_repeats, scatter_of_repeats

VALUES = np.array([10.0, 11.0, 12.0, 20.0, 21.0, 5.0])
GROUP = np.array([0, 0, 0, 1, 1, 2])


def test_three_repeats_replace_and_two_do_not():
    free = np.ones(6, bool)
    u = scatter_of_repeats(VALUES, np.full(6, 3.0), GROUP, free)
    assert u.tolist() == [1.0, 1.0, 1.0, 3.0, 3.0, 3.0]


def test_rows_with_their_own_uncertainty_take_no_part():
    free = np.array([True, True, False, True, True, True])
    u = scatter_of_repeats(VALUES, np.full(6, 3.0), GROUP, free)
    assert u.tolist() == [3.0] * 6


def test_copies_of_one_shape_tell_nothing():
    u = scatter_of_repeats(
        np.full(4, 7.3), np.full(4, 1.0), np.zeros(4, int), np.ones(4, bool)
    )
    assert u.tolist() == [1.0] * 4


def test_mean_of_repeats():
    table = pd.DataFrame(
        {
            "kind": "expansion",
            "movie": "m",
            "object": "A",
            "quantity": "area",
            "frame": [0, 0, 0, 5],
            "time_s": [0.0, 0.0, 0.0, 5.0],
            "potential_V": 3.0,
            "charge_C": np.nan,
            "value": [99.0, 100.0, 101.0, 200.0],
            "unit": "nm2",
            "u_value": np.hypot(1.0, [0.99, 1.0, 1.01, 2.0]),
        }
    )
    means = mean_of_repeats(table, u_relative=0.005)
    assert means["value"].tolist() == [100.0, 200.0]
    assert means["n"].tolist() == [3, 1]
    # 1 nm2 of placing each; 0.5 % of the scale is 1 % of an area.
    expected = [np.hypot(1 / np.sqrt(3), 1.0), np.hypot(1.0, 2.0)]
    assert means["u_value"].tolist() == pytest.approx(expected)
