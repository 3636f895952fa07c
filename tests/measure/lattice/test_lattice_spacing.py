"""Fringes of a known spacing: found, stated uncertainty, refused where unknown."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_insitu_tem.measure import lattice_spacing
from napari_insitu_tem.model.errors import MeasurementError

Y, X = np.mgrid[:96, :128].astype(float)


def fringes(spacing, degrees=23.0, phase=0.4):
    a = np.deg2rad(degrees)
    return np.cos(2 * np.pi * (X * np.cos(a) + Y * np.sin(a)) / spacing + phase)


def bound(spacing, modulation, dose, shape=Y.shape):
    """Cramer-Rao bound of a spacing along x."""
    n, m = shape
    variance = 24 / (4 * np.pi**2 * modulation**2 * dose * n * m * (m**2 - 1))
    return np.sqrt(variance) * spacing**2


def test_without_noise_it_is_exact():
    found = lattice_spacing(100 * (1 + 0.1 * fringes(7.3)))
    assert found.flag == ""
    assert found.spacing == pytest.approx(7.3, abs=1e-4)
    assert found.orientation == pytest.approx(23.0, abs=1e-3)
    assert found.modulation == pytest.approx(0.1, rel=0.01)
    assert 1 / np.hypot(*found.frequency) == pytest.approx(found.spacing)


@pytest.mark.parametrize("degrees", [0.0, 90.0, 135.0, 179.0])
def test_the_orientation_turns_from_x_to_y(degrees):
    found = lattice_spacing(100 * (1 + 0.1 * fringes(6.0, degrees)))
    turned = (found.orientation - degrees + 90) % 180 - 90
    assert turned == pytest.approx(0.0, abs=1e-2)
    assert 0 <= found.orientation < 180


def test_it_reaches_the_bound_and_knows_it(rng):
    error, stated = [], []
    for _ in range(60):
        spacing = rng.uniform(6, 9)
        mean = 10 * (1 + 0.1 * fringes(spacing, 0.0, rng.uniform(0, 6)))
        found = lattice_spacing(rng.poisson(mean), gain=1.0)
        error.append((found.spacing - spacing) / bound(spacing, 0.1, 10))
        stated.append(found.u_spacing / bound(spacing, 0.1, 10))
    assert np.sqrt(np.mean(np.square(error))) < 1.3
    assert np.mean(stated) == pytest.approx(1.0, abs=0.1)


def test_planes_that_widen(rng):
    """(0002) planes from 0.335 nm by 5.9 %, at 0.05 nm a pixel."""
    d = [
        lattice_spacing(
            rng.poisson(20 * (1 + 0.1 * fringes(spacing))), guess=6.7, gain=1.0
        )
        for spacing in (6.7, 6.7 * 1.059)
    ]
    ratio = d[1].spacing / d[0].spacing
    u = ratio * np.hypot(*(part.u_spacing / part.spacing for part in d))
    assert abs(ratio - 1.059) < 3 * u
    assert u < 0.0015


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16, np.float32])
def test_any_type_of_number(kind):
    image = np.rint(100 * (1 + 0.2 * fringes(6.0))).astype(kind)
    assert lattice_spacing(image).spacing == pytest.approx(6.0, abs=2e-3)
    assert lattice_spacing(image.tolist()).spacing == pytest.approx(6.0, abs=2e-3)
    assert lattice_spacing(image[None]).spacing == pytest.approx(6.0, abs=2e-3)


def test_windows_say_the_same(rng):
    image = rng.poisson(50 * (1 + 0.2 * fringes(6.0)))
    box = lattice_spacing(image, (10, 20, 80, 100))
    assert box.parameters["window"] == (10, 20, 80, 100)
    assert box.spacing == lattice_spacing(image[10:80, 20:100]).spacing
    slices = lattice_spacing(image, (slice(10, 80), slice(20, 100)))
    corners = lattice_spacing(image, [[10, 20], [10, 99], [79, 99], [79, 20]])
    assert slices.spacing == corners.spacing == box.spacing
    assert lattice_spacing(image, (-50, -50, 500, 500)).parameters["window"] == (
        0,
        0,
        96,
        128,
    )


def test_the_guess_picks_the_lattice(rng):
    mean = 50 * (1 + 0.15 * fringes(6.0, 20) + 0.08 * fringes(9.0, 110))
    image = rng.poisson(mean)
    first = lattice_spacing(image)
    assert first.spacing == pytest.approx(6.0, abs=0.02)
    assert first.others[:, 0] == pytest.approx([9.0], abs=0.03)
    a = np.deg2rad(110)
    for guess in (9.5, (9.0, 110), (np.sin(a) / 9, np.cos(a) / 9)):
        found = lattice_spacing(image, guess=guess)
        assert found.spacing == pytest.approx(9.0, abs=0.03)
    assert lattice_spacing(image, guess=(9.0, 40)).flag == "low_contrast"
    assert lattice_spacing(image, guess=15.0).flag == "low_contrast"


def test_of_two_lattices_in_reach_the_nearer_one_is_meant(rng):
    lattices = 0.10 * fringes(9.5, 100.0) + 0.08 * fringes(8.0, 20.0)
    image = rng.poisson(50 * (1 + lattices))
    for guess, spacing in ((7.7, 8.0), (9.9, 9.5)):
        found = lattice_spacing(image, guess=guess)
        assert abs(found.spacing - spacing) < 5 * found.u_spacing


def test_other_lattices_do_not_leak(rng):
    error = []
    for _ in range(25):
        spacing = rng.uniform(6, 7)
        strong = 0.3 * fringes(9.0, 0.0, rng.uniform(0, 6))
        weak = 0.05 * fringes(spacing, 0.0, rng.uniform(0, 6))
        found = lattice_spacing(rng.poisson(50 * (1 + strong + weak)), guess=spacing)
        error.append((found.spacing - spacing) / bound(spacing, 0.05, 50))
    assert np.sqrt(np.mean(np.square(error))) < 1.4


def test_a_particle_with_edges_and_a_gradient(rng):
    error, stated = [], []
    for _ in range(25):
        spacing = rng.uniform(6, 8)
        inside = gaussian_filter((np.hypot(Y - 48, X - 64) < 38).astype(float), 1.5)
        lit = 60 * (0.7 + 0.6 * X / 128) * (1 - 0.4 * inside)
        wave = 0.1 * inside * fringes(spacing, 23, rng.uniform(0, 6))
        found = lattice_spacing(rng.poisson(lit * (1 + wave)), gain=1.0)
        assert found.part < 0.7
        error.append(found.spacing - spacing)
        stated.append(found.u_spacing)
    assert np.mean(np.abs(error) < 2 * np.array(stated)) > 0.8
    assert np.sqrt(np.mean(np.square(error))) < 1.6 * np.mean(stated)


def test_missing_pixels(rng):
    image = rng.poisson(50 * (1 + 0.2 * fringes(6.0))).astype(float)
    image[20:40, 30:60] = np.nan
    image[rng.random(image.shape) < 0.05] = np.inf
    found = lattice_spacing(image)
    assert abs(found.spacing - 6.0) < 4 * found.u_spacing < 0.05


def scenes(rng):
    disc = gaussian_filter((np.hypot(Y - 48, X - 64) < 30).astype(float), 1.0)
    yield rng.poisson(5, Y.shape)
    yield gaussian_filter(rng.poisson(20, Y.shape).astype(float), 0.8)
    yield rng.poisson(30 * (1 - 0.5 * disc))
    yield rng.poisson(40 * (1 + 0.6 * (X * 0.8 + Y * 0.5 > 80)))
    yield rng.poisson(60 * (1 - 0.6 * ((abs(X - 60) < 30) & (abs(Y - 50) < 20))))
    yield rng.poisson(20 * np.exp(gaussian_filter(rng.standard_normal(Y.shape), 2)))


def test_noise_texture_and_edges_are_no_lattice(rng):
    for _ in range(8):
        for number, scene in enumerate(scenes(rng)):
            found = lattice_spacing(scene)
            assert found.flag == "low_contrast", number
            assert np.isnan(found.spacing) and np.isnan(found.u_spacing)


def test_too_few_or_too_fine_fringes_are_refused():
    assert lattice_spacing(100 + 10 * fringes(70.0), guess=70.0).flag == "unresolved"
    assert lattice_spacing(100 + 10 * fringes(6.0), guess=1.9).flag == "unresolved"
    assert lattice_spacing(100 + 10 * fringes(2.01, 0.0)).flag == "low_contrast"


def test_no_image_no_window_no_guess():
    image = 100 + 10 * fringes(6.0)
    assert lattice_spacing(image, (200, 200, 300, 300)).flag == "out_of_frame"
    assert lattice_spacing(image, (0, 0, 5, 50)).flag == "out_of_frame"
    assert lattice_spacing(np.full((50, 50), np.nan)).flag == "out_of_frame"
    assert lattice_spacing(np.full((50, 50), 7)).flag == "low_contrast"
    for bad in (np.zeros((0, 0)), np.zeros((2, 5, 5)), np.zeros(9)):
        with pytest.raises(MeasurementError, match="One image"):
            lattice_spacing(bad)
    for window in ((10, 10, 5, 50), (1, 2, 3), "all"):
        with pytest.raises(MeasurementError):
            lattice_spacing(image, window)
    for guess in (-3.0, (1, 2, 3), np.nan, (0.0, 0.0)):
        with pytest.raises(MeasurementError):
            lattice_spacing(image, guess=guess)
    with pytest.raises(MeasurementError, match="gain"):
        lattice_spacing(image, gain=0.0)
