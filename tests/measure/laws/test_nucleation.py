"""Counts of nuclei."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import compare_nucleation, fit_nucleation
from napari_insitu_tem.model.errors import MeasurementError

T = np.arange(100.0)


def test_sites_that_are_used_up(rng):
    right, apart = 0, []
    for _ in range(20):
        born = np.sort(rng.exponential(1 / 0.05, 60))
        choice = compare_nucleation(T, np.searchsorted(born, T))
        right += choice.best == "instantaneous"
        fit = choice.fits["instantaneous"]
        apart.append((fit.parameters["rate"] - 0.05) / fit.u_parameters["rate"])
        assert fit.parameters["sites"] == pytest.approx(60, abs=5)
    assert right == 20
    assert np.std(apart) < 1.6
    assert fit.predict([0.0, 1e6])[1] == pytest.approx(fit.parameters["sites"])


def test_a_constant_rate(rng):
    right, apart = 0, []
    for _ in range(20):
        choice = compare_nucleation(T, np.cumsum(rng.poisson(0.6, T.size)))
        right += choice.best == "progressive"
        fit = choice.fits["progressive"]
        name = "nucleation_rate"
        apart.append((fit.parameters[name] - 0.6) / fit.u_parameters[name])
    assert right >= 17
    assert np.std(apart) < 1.6


def test_sites_that_do_not_run_out_are_not_told():
    fit = fit_nucleation(T, np.floor(0.6 * T), "instantaneous")
    assert fit.flag == "not_identifiable"
    assert np.isnan(fit.parameters["sites"])


def test_impossible_counts_are_refused():
    with pytest.raises(MeasurementError, match="decrease"):
        compare_nucleation([0, 1, 2], [3, 9, 8])
    with pytest.raises(MeasurementError, match="Fewer than"):
        compare_nucleation(T, np.minimum(T, 3))
    with pytest.raises(MeasurementError, match="increasing times"):
        compare_nucleation([0, 0, 1], [0, 5, 9])
    with pytest.raises(MeasurementError, match="not a law"):
        fit_nucleation(T, T, "sudden")
