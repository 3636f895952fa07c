"""Exponents of coarsening."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import compare_coarsening, fit_coarsening
from napari_insitu_tem.model.errors import MeasurementError

T = np.linspace(0, 10, 40)


def grown(n, first=20.0, last=60.0):
    return (first**n + (last**n - first**n) * T / T[-1]) ** (1 / n)


@pytest.mark.parametrize("n", [2.0, 3.0])
def test_the_exponent_is_told_apart_and_found(rng, n):
    seen = grown(n) + 0.7 * rng.standard_normal(T.size)
    choice = compare_coarsening(T, seen)
    assert choice.exponent == n and choice.flag == ""
    rate = (60**n - 20**n) / T[-1]
    fit = choice.fits[n]
    assert abs(fit.parameters["rate"] - rate) < 4 * fit.u_parameters["rate"]
    assert abs(fit.parameters["start"] - 20) < 4 * fit.u_parameters["start"]
    free = fit_coarsening(T, seen)
    assert abs(free.parameters["exponent"] - n) < 4 * free.u_parameters["exponent"]


def test_a_particle_that_dissolves_has_a_negative_rate(rng):
    seen = grown(3.0, 40.0, 15.0) + 0.3 * rng.standard_normal(T.size)
    fit = fit_coarsening(T, seen, exponent=3.0)
    rate = (15.0**3 - 40.0**3) / T[-1]
    assert abs(fit.parameters["rate"] - rate) < 4 * fit.u_parameters["rate"]
    assert np.all(fit.predict([0, 5, 50]) >= 0)


def test_hardly_grown_grains_do_not_tell(rng):
    seen = grown(3.0, 20.0, 21.0) + 0.5 * rng.standard_normal(T.size)
    choice = compare_coarsening(T, seen, u_radii=0.5)
    assert np.isnan(choice.exponent) and choice.flag == "not_identifiable"


def test_impossible_radii_are_refused():
    with pytest.raises(MeasurementError, match="several times"):
        fit_coarsening([1.0], [2.0])
    with pytest.raises(MeasurementError, match="negative"):
        fit_coarsening(T, -T)
    with pytest.raises(MeasurementError, match="no coarsening"):
        fit_coarsening(T, T, exponent=0.0)
