import numpy as np
import pytest

from napari_insitu_tem.simulate.camera import Camera, dose_per_area, illumination


def test_counts_follow_poisson_gain_and_offset(rng):
    camera = Camera(gain=4.0, offset=6.0)
    counts = camera.expose(np.full((300, 300), 12.0), rng)
    electrons = camera.electrons(counts)
    assert counts.dtype == np.uint8
    # 90 000 pixels: the mean is known to 0.012, the variance to 0.5 %
    assert electrons.mean() == pytest.approx(12.0, abs=0.05)
    assert electrons.var() / electrons.mean() == pytest.approx(1.0, abs=0.02)
    assert np.all(electrons == np.rint(electrons))


def test_read_noise_adds_to_the_variance(rng):
    camera = Camera(gain=20.0, offset=100.0, read_noise=9.0, dtype="uint16")
    counts = camera.expose(np.full((300, 300), 5.0), rng).astype(float)
    assert counts.var() == pytest.approx(20**2 * 5 + 9**2, rel=0.03)


def test_counts_are_clipped_to_the_type(rng):
    assert Camera(gain=50.0).expose(np.full((4, 4), 100.0), rng).max() == 255
    assert Camera(offset=-5.0).expose(np.zeros((4, 4)), rng).max() == 0


def test_the_beam_is_brightest_at_its_centre_and_falls_off():
    beam = illumination((21, 31), 8.0, centre=(10.0, 15.0), width_px=10.0)
    assert beam[10, 15] == beam.max() == 8.0
    assert beam[20, 15] == pytest.approx(8.0 * np.exp(-0.5))


def test_dose_per_area_is_in_square_angstroms():
    # 1 nm is 10 angstrom: a pixel of 0.5 nm has 25 square angstroms
    assert dose_per_area(50.0, 0.5) == pytest.approx(2.0)
