"""Edge fits against simulated profiles with a known edge and known noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from scipy.special import ndtr

from napari_insitu_tem.measure import locate_edges
from napari_insitu_tem.model.errors import MeasurementError

SAMPLES = 64
X = np.arange(SAMPLES)


def pixel_edge(position, low, high, blur, x=X):
    """A blurred step integrated over pixels, exactly."""

    def area(u):
        z = u / blur
        return u * ndtr(z) + blur * np.exp(-0.5 * z * z) / np.sqrt(2 * np.pi)

    away = x - np.asarray(position)[..., None]
    return low + (high - low) * (area(away + 0.5) - area(away - 0.5))


def bound(position, low, high, blur, rows):
    """Cramer-Rao bound of the position, with levels and blur free."""
    here = np.array([position, low, high, blur], float)
    slopes = []
    for i in range(4):
        step = np.zeros(4)
        step[i] = 1e-4
        slopes.append((pixel_edge(*(here + step)) - pixel_edge(*(here - step))) / 2e-4)
    slopes = np.array(slopes)
    information = rows * (slopes / pixel_edge(*here)) @ slopes.T
    return float(np.sqrt(np.linalg.inv(information)[0, 0]))


def simulated(rng, dose, contrast, blur, rows, count=1500):
    low, high = dose * (1 - contrast / 2), dose * (1 + contrast / 2)
    truth = 31.5 + rng.uniform(-3, 3, count)
    mean = pixel_edge(truth, low, high, blur)
    profiles = rng.poisson(rows * mean) / rows
    return truth, profiles, bound(31.6, low, high, blur, rows)


@pytest.mark.parametrize("blur", [0.7, 1.5, 4.0])
@pytest.mark.parametrize("gain", [None, 1.0])
def test_without_noise_the_place_is_exact_at_any_phase(blur, gain):
    truth = np.linspace(20, 44, 49)
    fits = locate_edges(pixel_edge(truth, 100, 140, blur), rows=20, gain=gain)
    assert np.abs(fits.position - truth).max() < 1e-3
    assert fits.levels == pytest.approx(np.tile([100, 140], (49, 1)), abs=0.6)
    assert fits.blur == pytest.approx(np.full(49, blur), rel=0.03)
    assert set(fits.flag) == {""}


@pytest.mark.parametrize("gain", [None, 1.0])
@pytest.mark.parametrize(
    ("dose", "contrast", "blur", "rows", "worst"),
    [(200, 0.3, 1.5, 10, 1.08), (50, 0.2, 1.5, 20, 1.10), (10, 0.2, 1.5, 50, 1.15)],
)
def test_error_is_near_the_bound_and_stated(
    rng, gain, dose, contrast, blur, rows, worst
):
    truth, profiles, least = simulated(rng, dose, contrast, blur, rows)
    fits = locate_edges(profiles, rows=rows, gain=gain)
    error = fits.position - truth
    assert np.sqrt(np.mean(error**2)) < worst * least
    assert abs(error.mean()) < 0.02 + 3 * error.std() / np.sqrt(error.size)
    covered = np.mean(np.abs(error) < 1.96 * fits.u_position)
    assert 0.92 < covered < 0.97
    assert np.mean(fits.flag == "") > 0.99


def test_strong_noise_is_stated_and_flagged_where_the_place_is_lost(rng):
    truth, profiles, least = simulated(rng, 5, 0.15, 1.5, 20)
    fits = locate_edges(profiles, rows=20, gain=1.0)
    error = fits.position - truth
    assert np.sqrt(np.mean(error**2)) < 2.1 * least
    assert np.mean(np.abs(error) < 1.96 * fits.u_position) > 0.93
    good = fits.flag == ""
    assert np.std(error[~good]) > 2 * np.std(error[good])


def test_at_a_low_dose_all_profiles_count(rng):
    truth, profiles, least = simulated(rng, 10, 0.2, 1.5, 20, count=3000)
    fits = locate_edges(profiles, rows=20, gain=1.0)
    error = fits.position - truth
    assert np.mean(fits.flag == "") > 0.995
    assert np.sqrt(np.mean(error**2)) < 1.30 * least
    assert np.mean(np.abs(error) > max(5 * least, 2)) <= 0.005


@pytest.mark.parametrize("gain", [None, 1.0])
@pytest.mark.parametrize("one_sided", [True, False])
@pytest.mark.parametrize("slope", [0.05, -0.05, 0.1])
def test_a_sloping_background_does_not_move_the_edge(slope, one_sided, gain):
    x = (np.arange(104 * 16) + 0.5) / 16 - 20.5
    truth = np.array([28.1875, 31.5, 34.875])  # on the grid that draws them
    profiles = []
    for place in truth:
        away = x - place
        ramp = np.maximum(away, 0) if one_sided else away
        sharp = 45 + 10 * (away > 0) + 10 * slope * ramp
        fine = gaussian_filter1d(sharp, 1.5 * 16, mode="nearest")
        profiles.append(fine.reshape(-1, 16).mean(axis=1)[20:-20])
    for mirrored in (False, True):
        data = np.array(profiles)[:, :: -1 if mirrored else 1]
        place = SAMPLES - 1 - truth if mirrored else truth
        fits = locate_edges(data, rows=20, gain=gain)
        assert set(fits.flag) == {""}
        assert fits.position == pytest.approx(place, abs=0.01)
        side, sign = (0, -1) if mirrored else (1, 1)
        assert fits.slopes[:, side] == pytest.approx(sign * 10 * slope, abs=0.01)


def test_slopes_are_not_seen_where_there_are_none(rng):
    _, profiles, _ = simulated(rng, 50, 0.2, 1.5, 20)
    fits = locate_edges(profiles, rows=20, gain=1.0)
    assert np.mean(fits.slopes != 0) < 0.005


def test_a_camera_that_spreads_its_electrons_is_not_trusted_more(rng):
    truth = 31.5 + rng.uniform(-2, 2, 400)
    mean = pixel_edge(truth, 45, 55, 1.5, np.arange(-8, SAMPLES + 8))
    image = rng.poisson(np.repeat(mean[:, None], 36, axis=1)).astype(float)
    seen = gaussian_filter1d(gaussian_filter1d(image, 0.8, axis=1), 0.8, axis=2)
    profiles = seen[:, 8:-8, 8:-8].mean(axis=1)
    for gain in (1.0, None):
        fits = locate_edges(profiles, rows=20, gain=gain)
        true = np.sqrt(np.mean((fits.position - truth) ** 2))
        assert true / np.sqrt(np.mean(fits.u_position**2)) < 1.25


def test_strong_contrast_needs_the_weights(rng):
    truth, profiles, least = simulated(rng, 2, 1.6, 1.5, 5, count=3000)
    weighted = locate_edges(profiles, rows=5, gain=1.0).position - truth
    plain = locate_edges(profiles, rows=5).position - truth
    assert abs(weighted.mean()) < 0.08 < plain.mean()
    assert np.sqrt(np.mean(weighted**2)) < 1.16 * least


def test_noise_that_is_correlated_is_stated_larger(rng):
    truth = 31.5 + rng.uniform(-3, 3, 1500)
    white = 1.5 * rng.standard_normal((1500, SAMPLES))
    spread = gaussian_filter1d(white, 0.8, axis=1, mode="wrap")
    fits = locate_edges(pixel_edge(truth, 45, 55, 1.5) + spread)
    error = fits.position - truth
    assert 0.90 < np.mean(np.abs(error) < 1.96 * fits.u_position) < 0.98


def test_a_falling_edge_is_the_mirror_of_a_rising_one(rng):
    _, profiles, _ = simulated(rng, 50, 0.3, 1.5, 20, count=50)
    rising = locate_edges(profiles, rows=20, gain=1.0)
    falling = locate_edges(profiles[:, ::-1], rows=20, gain=1.0)
    assert SAMPLES - 1 - falling.position == pytest.approx(rising.position, abs=1e-3)
    assert falling.levels == pytest.approx(rising.levels[:, ::-1], rel=1e-4)


def test_where_there_is_no_edge_it_says_so(rng):
    noise = rng.poisson(50 * 20, (1000, SAMPLES)) / 20
    assert np.mean(locate_edges(noise, rows=20, gain=1.0).flag != "") == 1
    assert np.mean(locate_edges(noise).flag != "") > 0.995
    flat = locate_edges(np.full((3, 30), 7.0))
    assert list(flat.flag) == ["low_contrast"] * 3


def test_samples_may_be_missing():
    profile = pixel_edge(20.3, 100, 140, 1.0)
    for cut in (slice(0, 15), slice(30, 64), slice(40, 45)):
        partly = profile.copy()
        partly[cut] = np.nan
        fit = locate_edges(partly)
        assert fit.position[0] == pytest.approx(20.3, abs=1e-3)
        assert fit.flag[0] == ""
    gone = np.full((2, 30), np.nan)
    gone[1, 3:7] = [1, 1, 5, 5]
    fits = locate_edges(gone)
    assert list(fits.flag) == ["out_of_frame", "out_of_frame"]
    assert np.isnan(fits.position).all()


def test_one_profile_alone_gives_the_same_as_many(rng):
    _, profiles, _ = simulated(rng, 50, 0.3, 1.5, 20, count=40)
    many = locate_edges(profiles, rows=20, gain=1.0)
    one = locate_edges(profiles[7], rows=20, gain=1.0)
    assert one.position[0] == pytest.approx(many.position[7], abs=1e-9)
    assert one.position.shape == (1,)


def test_a_least_noise_from_elsewhere(rng):
    profile = pixel_edge(31.2, 100, 140, 1.5) + rng.standard_normal(SAMPLES)
    vague = locate_edges(profile, least_noise=[5.0])
    sure = locate_edges(profile, least_noise=0.01)
    assert vague.u_position[0] > 3 * sure.u_position[0]
    assert sure.u_position[0] > 0.02


@pytest.mark.parametrize(
    ("profiles", "model", "words"),
    [
        (np.zeros(30), "kink", "step"),
        (np.zeros(4), "step", "samples"),
        (np.zeros((0, 30)), "step", "profiles"),
    ],
)
def test_what_cannot_be_fitted_is_refused(profiles, model, words):
    with pytest.raises(MeasurementError, match=words):
        locate_edges(profiles, model=model)


def sloped_profiles(rng, dose, count):
    """Steps of a fifth of the dose; the side behind slopes by 5 % of it a pixel."""
    x = (np.arange(104 * 8) + 0.5) / 8 - 20.5
    truth = np.round((31.5 + rng.uniform(-3, 3, count)) * 8) / 8
    away = x - truth[:, None]
    sharp = dose * (0.9 + 0.2 * (away > 0) + 0.01 * np.maximum(away, 0))
    fine = gaussian_filter1d(sharp, 12.0, axis=1, mode="nearest")
    mean = fine.reshape(count, -1, 8).mean(axis=2)[:, 20:-20]
    return truth, rng.poisson(20 * mean) / 20


def test_slopes_of_one_movie_are_found_in_strong_noise_by_all_together(rng):
    truth, data = sloped_profiles(rng, 10, 300)
    fits = locate_edges(data, rows=20, gain=1.0)
    error, good = fits.position - truth, fits.flag == ""
    assert good.mean() > 0.85
    assert abs(error[good].mean()) < 0.3
    assert np.mean(np.abs(error[good]) < 1.96 * fits.u_position[good]) > 0.85


def test_on_short_profiles_those_that_do_not_show_the_slope_have_it_too(rng):
    truth, data = sloped_profiles(rng, 50, 300)
    fits = locate_edges(data[:, 12:52], rows=20, gain=1.0)
    error = (fits.position + 12 - truth)[fits.flag == ""]
    assert error.size > 280
    assert abs(error.mean()) < 0.1
    assert np.mean(np.abs(error) < 1.96 * fits.u_position[fits.flag == ""]) > 0.9


def test_an_edge_that_a_possible_slope_would_move_is_flagged(rng):
    truth, data = sloped_profiles(rng, 10, 60)
    fits = [locate_edges(profile, rows=20, gain=1.0) for profile in data]
    error = np.array([fit.position[0] for fit in fits]) - truth
    flagged = np.array([fit.flag[0] != "" for fit in fits])
    assert np.mean(flagged[error > 4]) > 0.7


@pytest.mark.slow
def test_an_edge_in_a_long_profile_is_as_sure_as_in_a_short_one(rng):
    """Its grid of places is wider, for the sake of memory."""
    place = 900.3
    x = np.arange(2200)
    mean = 10 * (1 + 0.2 * ndtr((x - place) / 1.5))
    profiles = rng.poisson(20 * np.tile(mean, (20, 1))) / 20
    long = locate_edges(profiles, rows=20, gain=1.0)
    short = locate_edges(profiles[:, 800:1000], rows=20, gain=1.0)
    away = (long.position - place) / long.u_position
    assert np.sqrt(np.mean(away**2)) < 1.6
    assert np.median(long.u_position / short.u_position) == pytest.approx(1, abs=0.2)
