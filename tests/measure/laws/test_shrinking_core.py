"""The shrinking core: closed forms, their limits, and what is fitted with them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from napari_insitu_tem.measure import compare_laws, fit_law
from napari_insitu_tem.measure.laws.shrinking_core import (
    GEOMETRIES,
    core_radius,
    diffusion_integral,
    outer_radius,
    resistance,
)

R = 60.0
T = np.arange(70.0)
RATIOS = (0.8, 1.0, 1.00001, 2.5, 4.0)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("ratio", RATIOS)
def test_the_closed_form_is_the_integral(geometry, ratio):
    for r in (59.9, 50.0, 20.0, 1.0, 0.0):
        whole, _ = quad(
            lambda u: float(resistance(u, R, ratio, geometry)),
            r,
            R,
            epsabs=1e-13,
            epsrel=1e-13,
        )
        form = float(diffusion_integral(r, R, ratio, geometry))
        assert form == pytest.approx(whole, rel=1e-10)


@pytest.mark.parametrize("geometry", GEOMETRIES)
@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize(("a", "b"), [(3.0, 2.0), (np.inf, 2.0), (3.0, np.inf)])
def test_the_radius_is_the_inverse_of_the_time(geometry, ratio, a, b):
    r = np.array([R, 59.0, 40.0, 10.0, 0.5, 0.0])
    t = (R - r) / a + diffusion_integral(r, R, ratio, geometry) / b
    assert core_radius(t, R, a, b, ratio, geometry) == pytest.approx(r, abs=1e-7)
    assert core_radius([-5.0], R, a, b, ratio, geometry) == [R]
    assert core_radius([2 * t[-1]], R, a, b, ratio, geometry) == [0.0]


def test_without_swelling_it_is_ginstling_brounshtein_and_valensi():
    left = 0.4
    sphere, cylinder = 1 - left**3, 1 - left**2
    expected = 1 - 3 * (1 - sphere) ** (2 / 3) + 2 * (1 - sphere)
    assert 6 * diffusion_integral(left, 1.0, 1.0, "sphere") == pytest.approx(expected)
    expected = cylinder + (1 - cylinder) * np.log(1 - cylinder)
    assert 4 * diffusion_integral(left, 1.0, 1.0, "cylinder") == pytest.approx(expected)


def test_the_product_takes_its_room():
    for geometry, power in (("cylinder", 2), ("sphere", 3)):
        outer = outer_radius(40.0, R, 4.0, geometry)
        assert outer**power - 40**power == pytest.approx(4 * (R**power - 40**power))


def mixed(geometry, ratio):
    """Half the time by reaction, half by diffusion, 80 % of it seen."""
    whole = 1.25 * T.size
    reaction = R / (0.5 * whole)
    diffusion = float(diffusion_integral(0.0, R, ratio, geometry)) / (0.5 * whole)
    radius = core_radius(T, R, reaction, diffusion, ratio, geometry)
    return radius, reaction, diffusion


@pytest.mark.parametrize("geometry", ["cylinder", "sphere"])
def test_both_constants_are_found(rng, geometry):
    radius, reaction, diffusion = mixed(geometry, 4.0)
    seen = radius + 0.3 * rng.standard_normal(T.size)
    known = {"geometry": geometry, "start": R, "onset": 0.0}
    fit = fit_law(seen, T, "shrinking core", volume_ratio=4.0, **known)
    u = fit.u_parameters
    assert abs(fit.parameters["velocity"] + reaction) < 4 * u["velocity"]
    assert abs(fit.parameters["diffusion_constant"] - diffusion) < (
        4 * u["diffusion_constant"]
    )
    assert u["diffusion_constant"] < 0.08 * diffusion
    # Another volume ratio fits about as well and gives another constant.
    wrong = fit_law(seen, T, "shrinking core", volume_ratio=1.0, **known)
    share = wrong.parameters["diffusion_constant"] / diffusion
    assert abs(share - 1) > 0.1


def test_a_path_that_begins_at_the_surface_needs_the_centre(rng):
    radius, reaction, _ = mixed("sphere", 2.5)
    seen = 10 + (R - radius) + 0.3 * rng.standard_normal(T.size)
    known = {"geometry": "sphere", "volume_ratio": 2.5, "start": 10.0, "onset": 0.0}
    given = fit_law(seen, T, "shrinking-core", centre=70.0, **known)
    assert given.parameters["velocity"] == pytest.approx(
        reaction, abs=4 * given.u_parameters["velocity"]
    )
    assert given.parameters["radius"] == pytest.approx(R)
    free = fit_law(seen, T, "shrinking-core", **known)
    u = free.u_parameters["radius"]
    assert abs(free.parameters["radius"] - R) < 4 * u and u > 0.5


@pytest.mark.parametrize("geometry", ["cylinder", "sphere"])
def test_the_mechanism_is_told_apart(rng, geometry):
    whole = float(diffusion_integral(0.0, R, 4.0, geometry)) / 90
    paths = {
        "linear": core_radius(T, R, R / 90, np.inf, 4.0, geometry),
        "parabolic": core_radius(T, R, np.inf, whole, 4.0, geometry),
        "linear-parabolic": mixed(geometry, 4.0)[0],
    }
    for law, radius in paths.items():
        seen = radius + 0.3 * rng.standard_normal(T.size)
        found = compare_laws(
            seen, T, geometry=geometry, volume_ratio=4.0, start=R, onset=0.0
        )
        assert found.best == law
