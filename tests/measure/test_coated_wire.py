"""Core and shell of a coated wire against profiles with a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import coated_wire
from napari_insitu_tem.model.errors import MeasurementError


def wire(core=60.0, shell=12.6, dose=10.0, kappas=(0.15, 0.5), n=240, blur=1.5):
    """Mean counts across a coated cylinder, by brute force on a fine grid."""
    parts = 25
    x = (np.arange(n * parts) + 0.5) / parts - 0.5 - (0.5 * n - 0.3)
    inner, outer = (
        2 * np.sqrt(np.maximum(r**2 - x**2, 0.0)) for r in (core, core + shell)
    )
    in_core, in_shell = np.array(kappas) / (2 * core)
    through = np.exp(-in_core * inner - in_shell * (outer - inner))
    reach = np.arange(-8 * parts, 8 * parts + 1) / parts
    bell = np.exp(-0.5 * (reach / blur) ** 2)
    padded = np.pad(through, 8 * parts, constant_values=1.0)
    fine = np.convolve(padded, bell / bell.sum(), "valid")
    return dose * fine.reshape(n, parts).mean(axis=1)


@pytest.mark.parametrize("ratio", [0.1, 0.21, 0.4])
@pytest.mark.parametrize("kappas", [(0.15, 0.5), (0.5, 0.15), (0.0, 0.6)])
def test_without_noise_it_is_exact(ratio, kappas):
    found = coated_wire(wire(50.0, 50 * ratio, kappas=kappas), blur=1.5, gain=1e-6)
    assert found.t_over_r == pytest.approx(ratio, abs=0.002)
    assert found.core_radius == pytest.approx(50, abs=0.05)
    assert found.shell_thickness == pytest.approx(50 * ratio, abs=0.1)
    assert found.outer_radius == pytest.approx(50 * (1 + ratio), abs=0.05)
    assert found.centre == pytest.approx(119.7, abs=0.01)
    assert found.attenuation * 100 == pytest.approx(kappas, abs=0.01)
    assert found.background == pytest.approx(10, rel=1e-3)
    assert found.flag == ""
    assert isinstance(found.t_over_r, float)


def test_with_noise_it_is_unbiased_and_knows_its_uncertainty(rng):
    mean = wire()
    profiles = rng.poisson(40 * mean, (40, mean.size)) / 40
    found = coated_wire(profiles, rows=40, gain=1.0)
    error = found.t_over_r - 0.21
    assert abs(error.mean()) < 0.012
    assert np.sqrt(np.mean(error**2)) < 0.042
    assert 0.6 < np.median(found.u_t_over_r) / error.std() < 1.5
    assert found.flag.shape == (40,)
    assert np.mean(found.flag == "") > 0.9


def test_the_unit_of_counts_and_a_slope_do_not_matter():
    mean = wire(dose=100.0)
    one = coated_wire(mean, rows=40, gain=1.0, blur=1.5)
    tenfold = coated_wire(10 * mean + 3.0, rows=40, gain=10.0, blur=1.5)
    assert tenfold.t_over_r == pytest.approx(one.t_over_r, abs=0.01)
    assert tenfold.u_t_over_r == pytest.approx(one.u_t_over_r, rel=0.05)
    tilted = mean + 0.02 * np.arange(mean.size)
    assert coated_wire(tilted, blur=1.5).t_over_r == pytest.approx(0.21, abs=0.01)
    assert coated_wire(np.round(10 * mean).astype(np.uint16), blur=1.5).flag == ""


def test_a_bright_wire_on_dark_is_linear():
    x = np.arange(200) - 98.2
    inner, outer = (2 * np.sqrt(np.maximum(r**2 - x**2, 0.0)) for r in (40, 52))
    found = coated_wire(5 + 0.3 * inner + 1.0 * (outer - inner), blur=0.0)
    assert found.contrast == "linear"
    assert found.t_over_r == pytest.approx(0.3, abs=0.01)
    assert found.attenuation == pytest.approx([0.3, 1.0], rel=0.05)


def test_what_cannot_be_known_is_flagged(rng):
    nothing = coated_wire(rng.poisson(400.0, 200) / 40, rows=40, gain=1.0)
    assert nothing.flag != ""
    bare = wire(60.0, 12.6, kappas=(0.3, 0.3))
    noisy = rng.poisson(40 * bare, (20, bare.size)) / 40
    assert np.mean(coated_wire(noisy, rows=40, gain=1.0).flag != "") > 0.8
    thin = wire(60.0, 1.5, dose=1000.0)
    assert coated_wire(rng.poisson(40 * thin) / 40, rows=40, gain=1.0).flag != ""
    cut = wire(60.0, 12.6, dose=1000.0)[60:]
    assert coated_wire(cut, rows=40, gain=1.0).flag == "out_of_frame"
    missing = wire()
    missing[:] = np.nan
    assert coated_wire(missing).flag == "out_of_frame"
    assert np.isnan(coated_wire(missing).t_over_r)


def test_missing_samples_take_no_part():
    mean = wire()
    mean[[3, 90, 180]] = np.nan
    assert coated_wire(mean, blur=1.5).t_over_r == pytest.approx(0.21, abs=0.003)


def test_what_makes_no_sense_is_refused():
    with pytest.raises(MeasurementError, match="at least 16 samples"):
        coated_wire([1.0, 2.0, 3.0])
    with pytest.raises(MeasurementError, match="kind of contrast"):
        coated_wire(wire(), contrast="phase")
