"""Rings and spots of known radii in diffraction frames."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import lattice_spacing
from napari_insitu_tem.model.errors import MeasurementError

Y, X = np.mgrid[:220, :200].astype(float)


def beam(centre):
    r = np.hypot(Y - centre[0], X - centre[1])
    return 4 + 200 * np.exp(-r / 12) + 2000 * np.exp(-0.5 * (r / 3) ** 2), r


def rings(centre, *radii, height=4.0):
    frame, r = beam(centre)
    return frame + sum(height * np.exp(-0.5 * ((r - q) / 2) ** 2) for q in radii)


def spots(centre, *places, height=60.0):
    frame, _ = beam(centre)
    for radius, degrees in places:
        a = np.deg2rad(degrees)
        for side in (1, -1):
            y = centre[0] + side * radius * np.sin(a)
            x = centre[1] + side * radius * np.cos(a)
            away = (Y - y) ** 2 + (X - x) ** 2
            frame = frame + height * np.exp(-0.5 * away / 1.6**2)
    return frame


@pytest.mark.parametrize("gain", [None, 1.0])
def test_rings_wherever_the_centre_is(rng, gain):
    error, stated = [], []
    for _ in range(6):
        centre = np.array([110, 98]) + rng.uniform(-5, 5, 2)
        frame = rng.poisson(rings(centre, 45.3, 71.6))
        found = lattice_spacing(frame, diffraction=True, gain=gain)
        assert found.flag == "" and len(found.radii) == 2
        assert np.hypot(*(found.centre - centre)) < 0.5
        error.append(found.radii - [45.3, 71.6])
        stated.append(found.u_radii)
    assert np.sqrt(np.mean(np.square(error))) < 1.6 * np.mean(stated)
    assert np.mean(stated) < 0.15
    assert np.isnan(found.spacing)


def test_a_ring_becomes_a_spacing(rng):
    """0.23 1/angstrom at 0.005 1/angstrom a pixel: 4.35 angstrom."""
    frame = rng.poisson(rings((108.4, 101.2), 46.0, height=8.0))
    found = lattice_spacing(frame, diffraction=True, guess=45.0)
    spacing = 1 / (found.radius * 0.005)
    assert spacing == pytest.approx(4.35, abs=0.01)


def test_pairs_of_spots(rng):
    frame = rng.poisson(spots((108.4, 101.2), (50.3, 20), (50.3, 80), (75.1, 130)))
    found = lattice_spacing(frame, diffraction=True, gain=1.0)
    assert found.radii == pytest.approx([50.3, 50.3, 75.1], abs=0.2)
    assert np.all(np.abs(found.radii - [50.3, 50.3, 75.1]) < 4 * found.u_radii)
    assert found.centre == pytest.approx([108.4, 101.2], abs=0.2)
    third = lattice_spacing(frame, diffraction=True, guess=77.0)
    assert third.radius == pytest.approx(75.1, abs=0.2)
    assert third.orientation == pytest.approx(130, abs=0.3)


def test_a_given_centre_and_a_window(rng):
    frame = rng.poisson(rings((108.4, 101.2), 46.0, height=8.0))
    given = lattice_spacing(frame, diffraction=True, centre=(109, 101))
    assert given.radius == pytest.approx(46.0, abs=0.2)
    part = lattice_spacing(frame, (30, 20, 190, 182), diffraction=True)
    assert part.radius == pytest.approx(46.0, abs=0.2)
    assert part.centre == pytest.approx([108.4, 101.2], abs=0.3)


def behind_a_stop(frame, centre):
    y, x = np.abs(Y - centre[0] - 2), X - centre[1]
    return np.where((y < 8) & (x < 12), 0.02 * frame, frame)


def test_a_beam_stop_hides_the_beam_and_a_part_of_the_ring(rng):
    centre = (108.4, 101.2)
    frame = rng.poisson(behind_a_stop(rings(centre, 46.0, height=8.0), centre))
    found = lattice_spacing(frame, diffraction=True)
    assert found.radii == pytest.approx([46.0], abs=0.2)
    assert found.centre == pytest.approx(centre, abs=0.4)


def test_spots_behind_a_beam_stop(rng):
    centre = (108.4, 101.2)
    pattern = spots(centre, (50.3, 20), (50.3, 80), (75.1, 130))
    frame = rng.poisson(behind_a_stop(pattern, centre))
    found = lattice_spacing(frame, diffraction=True)
    assert found.radii == pytest.approx([50.3, 50.3, 75.1], abs=0.2)


def test_a_broad_ring(rng):
    frame, r = beam((108.4, 101.2))
    frame = frame + 12 * np.exp(-0.5 * ((r - 60) / 9) ** 2)
    found = lattice_spacing(rng.poisson(frame), diffraction=True)
    assert found.radius == pytest.approx(60.0, abs=0.4)


def test_where_nothing_is_diffracted(rng):
    frame = rng.poisson(beam((108.4, 101.2))[0])
    found = lattice_spacing(frame, diffraction=True)
    assert found.flag == "low_contrast"
    assert found.radii.size == 0 and np.isnan(found.radius)
    with_ring = rng.poisson(rings((108.4, 101.2), 46.0, height=8.0))
    wrong = lattice_spacing(with_ring, diffraction=True, guess=80.0)
    assert wrong.flag == "low_contrast"
    with pytest.raises(MeasurementError, match="guess"):
        lattice_spacing(frame, diffraction=True, guess=(1, 2))
    with pytest.raises(MeasurementError, match="centre"):
        lattice_spacing(frame, diffraction=True, centre=5)
