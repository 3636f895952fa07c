"""Rate laws fitted to positions, tracks and kymographs with a known truth."""

from __future__ import annotations

import numpy as np
import pytest

from front_scene import counted, pixel_front
from napari_insitu_tem.measure import FrontTrack, fit_law, track_front
from napari_insitu_tem.model.errors import MeasurementError

T = np.arange(80.0)
NOISE = 0.5


def mixed(t, linear, parabolic):
    """Distance by Deal and Grove."""
    a = parabolic / linear
    return 0.5 * (np.sqrt(a * a + 4 * parabolic * np.maximum(t, 0)) - a)


CASES = {
    "linear": (5 + 0.7 * T, {}, {"start": 5.0, "velocity": 0.7}),
    "falling": (105 - 0.7 * T, {"law": "linear"}, {"start": 105.0, "velocity": -0.7}),
    "rest, then linear": (
        5 + 0.7 * np.maximum(T - 20.3, 0),
        {"law": "linear", "start": 5.0},
        {"velocity": 0.7, "onset": 20.3},
    ),
    "parabolic": (
        5 + np.sqrt(30 * (T + 3.3)),
        {},
        {"start": 5.0, "onset": -3.3, "parabolic_constant": 30.0},
    ),
    "deal-grove": (
        5 + mixed(T, 1.5, 60.0),
        {"start": 5.0, "onset": 0.0},
        {"velocity": 1.5, "parabolic_constant": 60.0},
    ),
    "power": (
        5 + 3 * (T + 0.5) ** 0.6,
        {"start": 5.0},
        {"coefficient": 3.0, "exponent": 0.6, "onset": -0.5},
    ),
    "piecewise linear": (
        5 + 0.2 * T + 0.8 * np.maximum(T - 26.4, 0),
        {},
        {"start": 5.0, "velocity_1": 0.2, "velocity_2": 1.0, "break_1": 26.4},
    ),
    "grows and stops": (
        5 + 0.8 * np.minimum(T, 40),
        {"law": "piecewise"},
        {"velocity_1": 0.8, "velocity_2": 0.0, "break_1": 40.0},
    ),
    "three pieces": (
        5 + 0.2 * T + 0.8 * np.maximum(T - 26.4, 0) - np.maximum(T - 55, 0),
        {"law": "piecewise", "pieces": 3},
        {"velocity_2": 1.0, "velocity_3": 0.0, "break_1": 26.4, "break_2": 55.0},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_parameters_are_found_within_their_uncertainty(rng, name):
    truth, options, expected = CASES[name]
    options = {"law": name, **options}
    apart = []
    for _ in range(6):
        seen = truth + NOISE * rng.standard_normal(T.size)
        fit = fit_law(seen, T, **options)
        assert fit.flag == ""
        apart.append(
            [(fit.parameters[k] - v) / fit.u_parameters[k] for k, v in expected.items()]
        )
    assert np.sqrt(np.mean(np.square(apart))) < 1.6
    assert np.abs(apart).max() < 4.5
    assert fit.roughness == pytest.approx(NOISE, rel=0.3)
    assert np.abs(fit.predict(T) - truth).max() < 1.5
    assert np.sqrt(np.mean(fit.residuals**2)) == pytest.approx(NOISE, rel=0.3)


def test_what_is_given_is_certain(rng):
    seen = 5 + 0.7 * T + NOISE * rng.standard_normal(T.size)
    fit = fit_law(seen, T, "linear", start=5.0, onset=0.0)
    assert fit.parameters["start"] == 5.0 and fit.u_parameters["start"] == 0.0
    assert fit.parameters["onset"] == 0.0 and fit.u_parameters["onset"] == 0.0
    assert fit.free == 2 and fit.frames == 80


def test_times_in_any_unit_and_order(rng):
    seen = 5 + 0.7 * T + NOISE * rng.standard_normal(T.size)
    plain = fit_law(seen, T, "linear", start=5.0, onset=0.0)
    order = rng.permutation(T.size)
    other = fit_law(seen[order], 3600 * T[order], "linear", start=5.0, onset=0.0)
    expected = plain.parameters["velocity"] / 3600
    assert other.parameters["velocity"] == pytest.approx(expected, rel=1e-4)
    assert other.aicc == pytest.approx(plain.aicc, abs=0.02)


def test_stated_uncertainties_of_positions_are_used(rng):
    u = np.where(T < 40, 0.1, 3.0)
    seen = 5 + 0.7 * T + u * rng.standard_normal(T.size)
    seen[7] = np.nan
    fit = fit_law(seen, T, "linear", u_positions=u)
    assert fit.frames == 79
    weight = 1 / u[np.isfinite(seen)] ** 2
    t = T[np.isfinite(seen)]
    away = t - np.sum(weight * t) / weight.sum()
    bound = 1 / np.sqrt(np.sum(weight * away**2))
    assert fit.u_parameters["velocity"] == pytest.approx(bound, rel=0.25)
    assert abs(fit.parameters["velocity"] - 0.7) < 4 * bound


def test_a_law_is_fitted_to_what_frames_say_not_to_the_smoothed_path(rng):
    t = np.arange(60.0)
    truth = 20 + 0.8 * t
    data = counted(rng, pixel_front(truth, 11, 9, 100))
    track = track_front(data, gain=1.0)
    fit = fit_law(track, t, "linear")
    bound = 1.36 / np.sqrt(np.sum((t - t.mean()) ** 2))
    assert abs(fit.parameters["velocity"] - 0.8) < 4 * bound
    assert fit.u_parameters["velocity"] == pytest.approx(bound, rel=0.35)
    (_, _), covariance = np.polyfit(t, track.position[0], 1, cov=True)
    assert np.sqrt(covariance[0, 0]) < 0.6 * fit.u_parameters["velocity"]
    direct = fit_law(data, t, "linear", gain=1.0)
    assert direct.parameters == fit.parameters
    assert fit.residuals.shape == fit.u_residuals.shape == (60,)


def test_a_rough_front_makes_the_law_less_sure(rng):
    t = np.arange(60.0)
    straight = 20 + 0.8 * t
    rough = straight + 2.0 * rng.standard_normal(t.size)
    fits = [
        fit_law(
            track_front(counted(rng, pixel_front(x, 55, 45, 100)), gain=1.0),
            t,
            "linear",
        )
        for x in (straight, rough)
    ]
    assert fits[0].roughness < 0.5
    assert fits[1].roughness == pytest.approx(2.0, rel=0.35)
    ratio = fits[1].u_parameters["velocity"] / fits[0].u_parameters["velocity"]
    assert 2.0 < ratio < 6.0


def test_frames_that_stray_together_count_for_less(rng):
    white = rng.standard_normal(T.size)
    together = np.convolve(rng.standard_normal(T.size + 8), np.ones(9) / 3, "valid")
    alone = fit_law(5 + 0.7 * T + white, T, "linear").u_parameters["velocity"]
    assert fit_law(5 + 0.7 * T + together, T, "linear").u_parameters["velocity"] > (
        1.5 * alone
    )


def test_the_front_of_two_is_chosen():
    position = np.array([10 + 0.5 * T, 12 + 1.0 * T])
    track = FrontTrack(position, np.full(position.shape, 0.3))
    second = fit_law(track, T, "linear", front=1)
    assert second.parameters["velocity"] == pytest.approx(1.0, abs=1e-4)
    with pytest.raises(MeasurementError, match="2 fronts"):
        fit_law(track, T, "linear")


def test_start_and_onset_free_is_a_shifted_parabola(rng):
    seen = 5 + mixed(T + 2, 1.5, 60.0) + 0.3 * rng.standard_normal(T.size)
    fit = fit_law(seen, T, "linear-parabolic")
    assert fit.flag == "not_identifiable"
    assert np.isnan(fit.parameters["velocity"])
    constant, u = (d["parabolic_constant"] for d in (fit.parameters, fit.u_parameters))
    assert abs(constant - 60) < 4 * u
    assert np.abs(fit.predict(T) - (5 + mixed(T + 2, 1.5, 60.0))).max() < 0.6


def test_a_constant_that_does_not_show_is_not_told(rng):
    seen = 5 + 0.7 * T + NOISE * rng.standard_normal(T.size)
    fit = fit_law(seen, T, "deal-grove", start=5.0, onset=0.0)
    constant, u = (d["parabolic_constant"] for d in (fit.parameters, fit.u_parameters))
    assert np.isnan(constant) or u > 0.2 * constant
    assert fit.parameters["velocity"] == pytest.approx(0.7, abs=0.05)


def test_a_planar_diffusion_constant_needs_the_volume_ratio(rng):
    seen = 5 + np.sqrt(30 * T) + NOISE * rng.standard_normal(T.size)
    fit = fit_law(seen, T, "parabolic", start=5.0, onset=0.0, volume_ratio=4.0)
    expected = 2 * fit.parameters["parabolic_constant"]
    assert fit.parameters["diffusion_constant"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"law": "cubic"}, "not a rate law"),
        ({"law": "linear", "geometry": "cube"}, "not a geometry"),
        ({"law": "parabolic", "geometry": "sphere"}, "volume ratio"),
        ({"law": "power", "geometry": "sphere", "volume_ratio": 2}, "planar"),
        ({"law": "linear", "onset": 90.0, "start": 0.0}, "onset"),
    ],
)
def test_what_cannot_be_fitted_is_refused(options, words):
    with pytest.raises(MeasurementError, match=words):
        fit_law(100 - T, T, **options)


def test_times_that_do_not_fit_the_frames():
    with pytest.raises(MeasurementError, match="79 times"):
        fit_law(T, T[1:], "linear")
    with pytest.raises(MeasurementError, match="differ"):
        fit_law(T, np.zeros(80), "linear")
    with pytest.raises(MeasurementError, match="too few"):
        fit_law(T[:4], T[:4], "linear")
