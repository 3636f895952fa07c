"""Diameters of wires and balls against simulated projections of known size."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from napari_insitu_tem.measure import locate_edges
from napari_insitu_tem.measure.edges.round_model import RoundModel
from napari_insitu_tem.model.errors import MeasurementError

FINE, ROWS = 8, 20


def body(radius, centre, level=20.0, exponent=0.4, blur=1.5, samples=120, rows=0):
    """Transmission through a wire (rows = 0) or a ball, drawn on a fine grid."""
    x = (np.arange((samples + 40) * FINE) + 0.5) / FINE - 20.5
    y = np.zeros((1, 1))
    if rows:
        y = ((np.arange((rows + 20) * FINE) + 0.5) / FINE - 10.5 - (rows - 1) / 2)[
            :, None
        ]
    square = np.maximum(radius**2 - (x - centre) ** 2 - y**2, 0.0)
    image = level * np.exp(-exponent * np.sqrt(square) / radius)
    if rows:
        image = gaussian_filter(image, blur * FINE)[10 * FINE : -10 * FINE]
    else:
        image = gaussian_filter1d(image, blur * FINE)
    return image.mean(axis=0).reshape(-1, FINE).mean(axis=1)[20:-20]


def noisy(rng, profile, count):
    return rng.poisson(ROWS * np.tile(profile, (count, 1))) / ROWS


@pytest.mark.parametrize("radius", [8, 25, 45])
@pytest.mark.parametrize("blur", [0.7, 1.5, 3.0])
def test_without_noise_the_diameter_is_right_at_any_place(radius, blur):
    centres = 60 + np.array([-6.3, 0.0, 0.25, 4.7])
    profiles = np.array([body(radius, c, blur=blur) for c in centres])
    fits = locate_edges(profiles, model="wire")
    assert set(fits.flag) == {""}
    assert fits.diameter == pytest.approx(np.full(4, 2.0 * radius), rel=2e-3)
    assert fits.position == pytest.approx(centres, abs=0.02)
    assert fits.levels[:, 0] == pytest.approx(np.full(4, 20.0), rel=1e-3)
    assert fits.levels[:, 1] == pytest.approx(np.full(4, 20 * np.exp(-0.4)), rel=5e-3)


def test_a_ball_is_larger_than_its_averaged_rows_show():
    profile = body(20, 60.2, rows=ROWS)
    ball = locate_edges(profile, rows=ROWS, model="sphere", span=ROWS)
    through_the_centre = locate_edges(profile, rows=ROWS, model="sphere")
    assert ball.diameter[0] == pytest.approx(40, rel=3e-3)
    away = 40 - through_the_centre.diameter[0]
    assert away == pytest.approx(ROWS**2 / (6 * 40), abs=0.6)


def test_a_profile_through_the_centre_of_a_ball_is_its_chord(rng):
    """However many such profiles were averaged."""
    profiles = noisy(rng, body(20, 59.8), 20)
    ball = locate_edges(profiles, rows=ROWS, gain=1.0, model="sphere")
    wire = locate_edges(profiles, rows=ROWS, gain=1.0, model="wire")
    np.testing.assert_allclose(ball.diameter, wire.diameter)
    assert ball.diameter.mean() == pytest.approx(40, abs=0.5)


@pytest.mark.parametrize("gain", [None, 1.0])
@pytest.mark.parametrize("model", ["wire", "sphere"])
def test_error_is_near_the_bound_and_stated(rng, model, gain):
    profile = body(25, 59.8, exponent=0.5, rows=ROWS if model == "sphere" else 0)
    span = ROWS if model == "sphere" else 0
    data = noisy(rng, profile, 60)
    fits = locate_edges(data, rows=ROWS, gain=gain, model=model, span=span)
    error = fits.diameter - 50
    assert abs(error.mean()) < 3 * error.std() / np.sqrt(60) + 0.1
    assert error.std() < 1.25 * 0.78
    assert np.mean(np.abs(error) < 1.96 * fits.u_diameter) > 0.85
    assert np.median(fits.u_diameter) == pytest.approx(0.78, rel=0.15)


def test_a_step_fit_is_far_off_where_this_is_not(rng):
    data = noisy(rng, body(40, 79.6, samples=160), 8)
    own = locate_edges(data, rows=ROWS, gain=1.0, model="wire").diameter
    left = locate_edges(data[:, :80], rows=ROWS, gain=1.0).position
    right = locate_edges(data[:, 80:], rows=ROWS, gain=1.0).position + 80
    assert np.mean(right - left) < 0.95 * 80
    assert own.mean() == pytest.approx(80, abs=1.5)


def test_bright_bodies_are_linear_in_their_thickness(rng):
    x = np.arange(120)
    thickness = np.sqrt(np.maximum(25.0**2 - (x - 60.2) ** 2, 0.0)) / 25
    profile = 3 + 0.02 * x + 12 * gaussian_filter1d(thickness, 1.5)
    fits = locate_edges(noisy(rng, profile, 30), rows=ROWS, gain=1.0, model="wire")
    assert set(fits.flag) == {""} and set(fits.attenuation) == {"linear"}
    assert fits.diameter.mean() == pytest.approx(50, abs=0.4)
    assert fits.slopes.mean() == pytest.approx(0.02, abs=0.01)


def test_many_dark_bodies_tell_that_they_are_linear(rng):
    x = np.arange(100)
    thickness = np.sqrt(np.maximum(25.0**2 - (x - 50.2) ** 2, 0.0)) / 25
    profile = 20 - 8 * gaussian_filter1d(thickness, 1.5)
    fits = locate_edges(noisy(rng, profile, 60), rows=ROWS, gain=1.0, model="wire")
    assert set(fits.attenuation) == {"linear"}
    assert fits.diameter.mean() == pytest.approx(50, abs=0.4)
    exponential = noisy(rng, body(25, 50.2, exponent=0.5, samples=100), 30)
    fits = locate_edges(exponential, rows=ROWS, gain=1.0, model="wire")
    assert set(fits.attenuation) == {"exponential"}


def test_the_law_can_be_given():
    x = np.arange(120)
    thickness = np.sqrt(np.maximum(25.0**2 - (x - 60.2) ** 2, 0.0)) / 25
    profile = 20 - 6 * gaussian_filter1d(thickness, 1.5)
    usual = locate_edges(profile, rows=ROWS, gain=1.0, model="wire")
    told = locate_edges(
        profile, rows=ROWS, gain=1.0, model="wire", attenuation="linear"
    )
    assert usual.attenuation[0] == "exponential"
    assert told.diameter[0] == pytest.approx(50, abs=0.15)
    assert usual.diameter[0] < 49.7
    with pytest.raises(MeasurementError, match="law of attenuation"):
        locate_edges(profile, model="wire", attenuation="cubic")


@pytest.mark.parametrize("gain", [None, 1.0])
def test_what_cannot_be_known_is_flagged_and_not_given(rng, gain):
    for profile, word in (
        (np.full(120, 20.0), "low_contrast"),
        (20 + 0.03 * np.arange(120), "low_contrast"),
        (body(25, 12.0), "out_of_frame"),
        (body(25, 112.0), "out_of_frame"),
    ):
        data = noisy(rng, profile, 8)
        fits = locate_edges(data, rows=ROWS, gain=gain, model="wire")
        assert set(fits.flag) == {word}
        assert np.isnan(fits.diameter).all() and np.isnan(fits.position).all()


def test_samples_may_be_missing_and_arrays_of_integers_do(rng):
    profile = body(25, 60.2)
    holes = np.array([profile, profile])
    holes[0, 20:31] = np.nan
    holes[1] = np.nan
    fits = locate_edges(holes, rows=ROWS, gain=1.0, model="wire")
    assert fits.diameter[0] == pytest.approx(50, abs=0.2)
    assert list(fits.flag) == ["", "out_of_frame"] and np.isnan(fits.diameter[1])
    counts = np.rint(1000 * profile).astype(np.uint16)
    whole = locate_edges(counts, rows=ROWS, gain=1000.0, model="wire")
    assert whole.diameter[0] == pytest.approx(50, abs=0.2)
    with pytest.raises(MeasurementError, match="at least 12 samples"):
        locate_edges(np.ones(8), model="wire")


@pytest.mark.parametrize("rows", [0, 12])
@pytest.mark.parametrize("law", ["exponential", "linear"])
def test_the_derivatives_of_the_model_are_those_of_its_brightness(law, rows):
    model = RoundModel(90, rows, law)
    strength = 0.4 if law == "exponential" else -6.0
    here = np.array([[20.0, 0.01, strength, 23.3, 41.2, np.log(1.5)]])
    mean, derivatives = model(here)
    assert model.brightness(here) == pytest.approx(mean, abs=1e-12)
    for k in range(5 if rows else 6):
        step = np.zeros(6)
        step[k] = 1e-3
        slope = (model.brightness(here + step) - model.brightness(here - step)) / 2e-3
        size = np.abs(slope).max()
        assert derivatives[:, k] == pytest.approx(slope, abs=0.03 * size)


def test_bodies_of_one_movie_share_what_they_have_in_common_but_not_their_size(rng):
    radii = np.linspace(20, 40, 24)
    profiles = [body(r, 59.8, exponent=0.01 * r, samples=120) for r in radii]
    data = rng.poisson(ROWS * np.array(profiles)) / ROWS
    together = locate_edges(data, rows=ROWS, gain=1.0, model="wire")
    alone = [locate_edges(p, rows=ROWS, gain=1.0, model="wire") for p in data]
    spread = np.std([fit.blur[0] for fit in alone])
    assert np.std(together.blur) < 0.5 * spread
    error = (together.diameter - 2 * radii) / together.u_diameter
    assert np.sqrt(np.mean(error**2)) < 1.4
    slope = np.polyfit(2 * radii, together.diameter, 1)[0]
    assert slope == pytest.approx(1.0, abs=0.08)


@pytest.mark.slow
def test_in_a_common_light_a_body_is_known_better(rng):
    profile = body(40, 79.8, level=5.0, exponent=0.3, samples=160)
    together = locate_edges(noisy(rng, profile, 100), rows=ROWS, gain=1.0, model="wire")
    error = together.diameter - 80
    bound = 2.86  # Cramer-Rao, with a background of its own for each of them
    assert np.sqrt(np.nanmean(error**2)) < 1.25 * bound
    assert np.mean(together.flag == "") > 0.97
    assert np.abs(error / together.u_diameter).mean() == pytest.approx(0.8, abs=0.2)


def test_a_light_that_changes_with_the_size_does_not_change_the_diameters(rng):
    radii, levels = np.linspace(20, 30, 24), np.linspace(15.0, 25.0, 24)
    profiles = [
        body(r, 49.8, level=level, exponent=0.5, samples=100)
        for r, level in zip(radii, levels, strict=True)
    ]
    data = rng.poisson(ROWS * np.array(profiles)) / ROWS
    fits = locate_edges(data, rows=ROWS, gain=1.0, model="wire")
    error = fits.diameter - 2 * radii
    assert error.mean() == pytest.approx(0, abs=0.5)
    assert np.sqrt(np.mean((error / fits.u_diameter) ** 2)) < 1.4
    assert np.polyfit(2 * radii, fits.diameter, 1)[0] == pytest.approx(1.0, abs=0.08)


def test_a_stranger_among_bodies_keeps_its_own_blur(rng):
    profiles = [body(25, 59.8, level=100.0)] * 15
    profiles.append(body(25, 59.8, level=100.0, exponent=1.5, blur=4.0))
    data = rng.poisson(ROWS * np.array(profiles)) / ROWS
    fits = locate_edges(data, rows=ROWS, gain=1.0, model="wire")
    assert fits.blur[-1] == pytest.approx(4.0, abs=0.6)
    assert np.median(fits.blur) == pytest.approx(1.5, abs=0.2)
    assert fits.diameter[-1] == pytest.approx(50, abs=5 * fits.u_diameter[-1])
