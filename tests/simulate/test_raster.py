import numpy as np
import pytest
from scipy.special import erf

from napari_insitu_tem.simulate.raster import Raster, smooth_noise


def test_pixel_centres_are_at_integers():
    y, x = Raster((4, 6), oversampling=3).points
    assert y.reshape(4, 3).mean(axis=1) == pytest.approx([0, 1, 2, 3])
    assert x.reshape(6, 3).mean(axis=1) == pytest.approx([0, 1, 2, 3, 4, 5])


@pytest.mark.parametrize("place", [20.0, 20.25, 20.5, 20.75])
def test_an_edge_lies_where_it_was_put_between_pixels(place):
    """Against the exact blurred edge, averaged over each pixel."""
    raster, blur = Raster((3, 41), oversampling=4), 1.5
    seen = raster.pixels((raster.points[1] > place).astype(float), blur)[1]
    fine = np.arange(41)[:, None] + np.linspace(-0.5, 0.5, 101)[None, :]
    exact = 0.5 * (1 + erf((fine - place) / (blur * np.sqrt(2)))).mean(axis=1)
    grid = 1 / (2 * 4)  # the edge falls on the fine grid to half a step
    assert np.abs(seen - exact).max() < 0.3 * grid
    # the amount of light tells the place: what is bright lies right of it
    assert 40.5 - seen.sum() == pytest.approx(place, abs=grid)


def test_blur_and_averaging_keep_the_mean():
    raster = Raster((20, 30))
    y, x = raster.points
    spot = np.exp(-0.5 * ((y - 9.3) ** 2 + (x - 14.6) ** 2))
    assert raster.pixels(spot, 1.0).sum() == pytest.approx(2 * np.pi, rel=1e-6)


def test_a_constant_scene_may_be_a_single_number():
    assert np.all(Raster((3, 4)).pixels(np.array(2.0), 1.0) == 2.0)


def test_smooth_noise_has_unit_variance_and_the_stated_correlation(rng):
    noise = smooth_noise(20_000, 10.0, rng)
    correlation = [np.mean(noise * np.roll(noise, k)) for k in (0, 10, 60)]
    assert correlation == pytest.approx([1.0, np.exp(-0.5), 0.0], abs=0.08)
