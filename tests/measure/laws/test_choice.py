"""Which law holds, and when that cannot be told."""

from __future__ import annotations

import numpy as np
import pytest

from front_scene import bend
from napari_insitu_tem.measure import compare_laws, fit_law
from napari_insitu_tem.measure.laws.ranking import (
    akaike_weights,
    corrected_criterion,
    simplest,
)
from napari_insitu_tem.model.errors import MeasurementError

T = np.arange(60.0)
BENDS = {"linear": None, "parabolic": 0.0, "linear-parabolic": 1.0}


@pytest.mark.parametrize("law", BENDS)
@pytest.mark.parametrize("onset", [None, 0.0])
def test_the_law_is_found_where_the_start_is_known(rng, law, onset):
    right = 0
    for _ in range(12):
        seen = 10 + bend(120.0, T, BENDS[law]) + rng.standard_normal(T.size)
        found = compare_laws(seen, T, start=10.0, onset=onset)
        right += found.best == law
        assert found.flag == ""
        assert sum(found.weights.values()) == pytest.approx(1.0)
    assert right >= 10


def test_a_bent_path_of_unknown_start_and_onset_is_not_identifiable(rng):
    seen = 10 + bend(120.0, T, 1.0) + 0.5 * rng.standard_normal(T.size)
    found = compare_laws(seen, T)
    assert found.flag == "not_identifiable" and found.best == ""
    assert found.weights["parabolic"] > 0.9 or (
        found.weights["linear-parabolic"] == pytest.approx(found.weights["parabolic"])
    )
    assert found.weights["linear"] < 1e-6


def test_a_straight_path_is_linear_all_the_same(rng):
    seen = 10 + 1.3 * T + 0.5 * rng.standard_normal(T.size)
    found = compare_laws(seen, T)
    assert found.best == "linear" and found.flag == ""


def test_a_change_of_speed_against_a_smooth_law(rng):
    # Dissolves slowly, then faster after a third.
    path = 100 - 0.3 * T - 1.2 * np.maximum(T - 20, 0)
    seen = path + 0.8 * rng.standard_normal(T.size)
    found = compare_laws(
        seen, T, ["linear", "power", "piecewise"], start=100.0, onset=0.0
    )
    assert found.best == "piecewise-linear"
    fit = found.fits["piecewise-linear"]
    assert fit.parameters["break_1"] == pytest.approx(
        20, abs=4 * fit.u_parameters["break_1"]
    )


def test_a_comparison_needs_two_laws():
    with pytest.raises(MeasurementError, match="two different"):
        compare_laws(T, T, ["linear", "reaction"])


def test_ranking():
    assert corrected_criterion(-10.0, 2, 13) == pytest.approx(20 + 4 + 12 / 10)
    assert corrected_criterion(-10.0, 5, 6) == np.inf
    weights = akaike_weights({"a": 10.0, "b": 12.0, "c": np.inf})
    assert weights["a"] / weights["b"] == pytest.approx(np.e)
    assert weights["c"] == pytest.approx(0, abs=1e-12)
    assert simplest({"a": 10.0, "b": 8.5}, {"a": 1, "b": 2}) == "a"
    assert simplest({"a": 10.0, "b": 7.5}, {"a": 1, "b": 2}) == "b"


def rested(law, onset=15.0):
    """A front that rests at 10 px until its onset, and then goes 120 px."""
    u = np.maximum(T - onset, 0.0)
    return 10 + np.where(onset > T, 0.0, bend(120.0, u, BENDS[law]))


@pytest.mark.parametrize("law", BENDS)
def test_a_front_that_is_seen_to_rest_first_tells_start_and_onset(rng, law):
    seen = rested(law) + 0.5 * rng.standard_normal(T.size)
    found = compare_laws(seen, T, [*BENDS, "power", "piecewise-linear"])
    assert found.best == law and found.flag == ""
    fit = found.fits[law]
    for name, truth in (("start", 10.0), ("onset", 15.0)):
        assert fit.parameters[name] == pytest.approx(
            truth, abs=max(4 * fit.u_parameters[name], 0.05)
        )


def test_a_line_has_an_onset_only_where_a_rest_is_seen(rng):
    noise = 0.5 * rng.standard_normal(T.size)
    at_once = fit_law(10 + 2 * T + noise, T, "linear")
    assert at_once.parameters["onset"] == 0 and at_once.u_parameters["onset"] == 0
    later = fit_law(rested("linear") + noise, T, "linear")
    assert later.free == at_once.free + 1
    assert later.parameters["velocity"] == pytest.approx(
        120 / 44, abs=4 * later.u_parameters["velocity"]
    )
    assert later.predict([0.0, 15.0]) == pytest.approx([10, 10], abs=0.6)


@pytest.mark.parametrize("law", ["parabolic", "linear-parabolic"])
def test_a_front_that_moves_at_once_is_not_taken_for_one_that_rests(rng, law):
    for _ in range(8):
        seen = 10 + bend(120.0, T, BENDS[law]) + rng.standard_normal(T.size)
        found = compare_laws(seen, T)
        assert found.flag == "not_identifiable"
        assert found.fits["linear-parabolic"].flag == "not_identifiable"
