"""Snapping on simulated frames whose edges are known."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.special import ndtr

from napari_insitu_tem.measure import snap
from napari_insitu_tem.measure.sizes import ellipse_area, polygon_area
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import Geometry

Y, X = np.mgrid[:200, :220].astype(float)


def wire(rng, half, angle, dose, contrast=0.3, blur=1.2):
    """A dark band through (100, 110), turned by an angle; its frame and its ends."""
    away = (X - 110) * np.cos(angle) + (Y - 100) * np.sin(angle)
    inside = ndtr((away + half) / blur) - ndtr((away - half) / blur)
    frame = rng.poisson(dose * (1 - contrast * inside)).astype(np.uint16)
    side = np.array([np.sin(angle), np.cos(angle)])
    return frame, np.array([[100, 110] - half * side, [100, 110] + half * side])


def disc(rng, radius, dose, contrast=0.3, blur=1.2):
    away = np.hypot(Y - 100, X - 110) - radius
    return rng.poisson(dose * (1 - contrast * ndtr(-away / blur)))


@pytest.mark.parametrize("gain", [None, 1.0])
@pytest.mark.parametrize("dose", [200, 30])
def test_diameter_of_a_wire_and_its_uncertainty(rng, dose, gain):
    errors, stated = [], []
    for _ in range(100):
        half, angle = rng.uniform(10, 28), rng.uniform(-0.4, 0.4)
        frame, ends = wire(rng, half, angle, dose)
        drawn = ends + rng.uniform(-3, 3, 2)[:, None] * [np.sin(angle), np.cos(angle)]
        result = snap(frame, Geometry.of("line", drawn), gain=gain)
        if result.flag:
            continue
        (a, b) = result.geometry.array()
        errors.append(np.hypot(*(b - a)) - 2 * half)
        stated.append(np.sqrt(2) * result.u_pick_px)
    errors, stated = np.array(errors), np.array(stated)
    assert len(errors) > 95
    assert abs(errors.mean()) < 3 * errors.std() / np.sqrt(len(errors)) + 0.02
    assert errors.std() < {200: 0.3, 30: 0.8}[dose]
    assert 0.88 < np.mean(np.abs(errors) < 1.96 * stated) <= 1.0
    assert np.median(stated) == pytest.approx(errors.std(), rel=0.35)


def round_wire(rng, radius, angle, dose, exponent=0.4, blur=1.2):
    """A wire that fades towards its rims; its frame and its ends."""
    away = (X - 110) * np.cos(angle) + (Y - 100) * np.sin(angle)
    thickness = np.sqrt(np.maximum(radius**2 - away**2, 0.0)) / radius
    frame = rng.poisson(gaussian_filter(dose * np.exp(-exponent * thickness), blur))
    side = radius * np.array([np.sin(angle), np.cos(angle)])
    centre = np.array([100, 110])
    return frame, np.array([centre - side, centre + side])


def diameters(frames, ends, *, remembered):
    """Relative errors of a line snapped on one frame after the other."""
    length, roundness, errors = np.hypot(*(ends[1] - ends[0])), 0.0, []
    for frame in frames:
        found = snap(frame, Geometry.of("line", ends), roundness=roundness)
        a, b = found.geometry.array()
        errors.append(np.hypot(*(b - a)) / length - 1)
        roundness = found.roundness if remembered else 0.0
    return np.array(errors)


def test_frames_together_tell_a_wire_from_a_ribbon(rng):
    round_frames = [round_wire(rng, 20, 0.1, 20, exponent=0.8) for _ in range(12)]
    ends = round_frames[0][1]
    alone, together = (
        diameters([f for f, _ in round_frames], ends, remembered=r) for r in (0, 1)
    )
    assert np.abs(together[3:]).max() < 0.08
    assert np.abs(alone).max() > 0.1  # a rim taken for a step
    flat = [wire(rng, 20, 0.1, 20, contrast=0.5) for _ in range(8)]
    as_ribbon = diameters([f for f, _ in flat], flat[0][1], remembered=True)
    assert np.abs(as_ribbon).max() < 0.05


def test_a_line_across_a_round_wire_ends_on_its_rims(rng):
    errors = []
    for _ in range(10):
        radius, angle = rng.uniform(14, 30), rng.uniform(-0.4, 0.4)
        frame, ends = round_wire(rng, radius, angle, 200)
        along = [np.sin(angle), np.cos(angle)]
        drawn = ends + rng.uniform(-3, 3, 2)[:, None] * along
        result = snap(frame, Geometry.of("line", drawn))
        assert result.flag == ""
        (a, b) = result.geometry.array()
        errors.append(np.hypot(*(b - a)) / (2 * radius) - 1)
    assert abs(np.median(errors)) < 0.01  # two steps: -0.08


def test_the_ends_move_along_the_line_and_no_farther_than_half_of_it(rng):
    frame, ends = wire(rng, 20, 0.0, 200)
    drawn = ends + np.array([[4, -3], [4, 2]])
    result = snap(frame, Geometry.of("line", drawn))
    assert result.geometry.array()[:, 0] == pytest.approx([104, 104])
    assert result.geometry.array()[:, 1] == pytest.approx([90, 130], abs=0.6)
    assert result.moved_px == pytest.approx(3, abs=0.6)
    thin, ends = wire(rng, 4, 0.0, 2000)
    inside = Geometry.of("line", [[100, 107], [100, 114.5]])
    assert snap(thin, inside).geometry.array()[:, 1] == pytest.approx(
        [106, 114], abs=0.3
    )


def test_an_edge_out_of_reach_is_not_taken(rng):
    frame, ends = wire(rng, 20, 0.0, 200)
    drawn = Geometry.of("line", ends + np.array([[0, 0], [0, 9]]))
    assert snap(frame, drawn, reach_px=12).flag == ""
    result = snap(frame, drawn, reach_px=6)
    assert result.flag == "low_contrast"
    assert result.flags == ("", "low_contrast")
    assert result.geometry.array()[1].tolist() == drawn.array()[1].tolist()


def test_where_there_is_only_noise_nothing_moves(rng):
    words = Counter()
    for _ in range(50):
        frame = rng.poisson(20, (120, 120))
        drawn = Geometry.of("line", [[60, 40], [60, 80]])
        result = snap(frame, drawn)
        words.update(result.flags)
        if result.flag == "low_contrast" and not any(w == "" for w in result.flags):
            assert result.geometry == drawn
            assert np.isnan(result.u_pick_px)
    assert words["low_contrast"] >= 98


def test_an_ellipse_is_fitted_to_the_particle(rng):
    errors, stated = [], []
    for _ in range(60):
        radius = rng.uniform(15, 40)
        frame = disc(rng, radius, 100)
        centre = np.array([100, 110]) + rng.uniform(-1.5, 1.5, 2)
        a, b = radius + rng.uniform(-2, 2, 2)
        drawn = Geometry.of(
            "ellipse",
            centre + np.array([[0, -a], [0, a]]),
            centre + np.array([[-b, 0], [b, 0]]),
        )
        result = snap(frame, drawn)
        assert result.flag == ""
        assert Geometry.from_wkt(result.geometry.wkt).shape == "ellipse"
        area = ellipse_area(*result.geometry.parts)
        errors.append(area.value - np.pi * radius**2)
        stated.append(area.sensitivity * result.u_pick_px)
    errors, stated = np.array(errors), np.array(stated)
    assert abs(errors.mean()) < 4
    assert errors.std() < 15
    assert np.mean(np.abs(errors) < 1.96 * stated) > 0.88


def test_a_polygon_around_a_particle(rng):
    frame = disc(rng, 40, 200)
    angle = 2 * np.pi * np.arange(24) / 24
    around = np.column_stack([np.sin(angle), np.cos(angle)])
    drawn = [100, 110] + (40 + rng.uniform(-2, 2, 24))[:, None] * around
    result = snap(frame, Geometry.of("polygon", drawn))
    assert result.flag == ""
    assert result.body == "flat"
    radii = np.hypot(*(result.geometry.array() - [100, 110]).T)
    assert radii == pytest.approx(40, abs=0.6)
    area = polygon_area(result.geometry.parts[0])
    u_area = area.sensitivity * result.u_pick_px
    assert area.value == pytest.approx(np.pi * 40**2, abs=3 * u_area)
    assert 2 < u_area < 12  # square px; 14 for 24 independent corners


def test_both_boundaries_of_a_layer(rng):
    upper = 90 + 3 * np.sin(X / 25)
    mean = 1 - 0.35 * ndtr((upper - Y) / 1.2) - 0.15 * ndtr((upper + 10 - Y) / 1.2)
    frame = rng.poisson(200 * mean)
    x = np.linspace(20, 190, 15)
    truth = 90 + 3 * np.sin(x / 25)
    inner = np.column_stack([truth + rng.uniform(-2, 2, 15), x])
    outer = np.column_stack([truth + 10 + rng.uniform(-2, 2, 15), x])
    result = snap(frame, Geometry.of("band", inner, outer))
    assert result.flag == ""
    for part, depth in ((0, 0), (1, 10)):
        y, x = result.geometry.array(part).T
        error = y - (90 + depth + 3 * np.sin(x / 25))
        assert abs(error.mean()) < 0.3
        assert error.std() < 0.8


def test_a_front_moves_along_its_path(rng):
    frame = rng.poisson(400 * (1 - 0.3 * ndtr((63.4 - X) / 2)))
    path = [[100, 20], [100, 90], [150, 90]]
    result = snap(frame, Geometry.of("point", [[100, 67]]), along=path)
    assert result.flag == ""
    assert result.geometry.array()[0] == pytest.approx([100, 63.4], abs=0.7)
    assert 0.08 < result.u_pick_px < 0.3
    assert snap(frame, Geometry.of("point", [[100, 67]])).flag == "no_path"


@pytest.mark.parametrize(
    ("shape", "parts"),
    [
        ("line", [[[2, 2], [195, 215]]]),
        ("line", [[[-50, -50], [-20, -30]]]),
        ("line", [[[0, 0], [0, 219]]]),
        ("line", [[[5, 5], [5, 5]]]),
        ("path", [[[0, 0], [0, 0], [3, 3]]]),
        ("polygon", [[[0, 0], [0, 219], [199, 219]]]),
        ("ellipse", [[[0, -30], [0, 30]], [[-20, 0], [20, 0]]]),
        ("band", [[[1, 1], [1, 100]], [[3, 1], [3, 100]]]),
        ("band", [[[1, 1], [1, 100]], [[1, 1], [1, 100]]]),
        ("none", []),
    ],
)
def test_no_shape_throws_at_the_border_of_a_frame(rng, shape, parts):
    frame = rng.poisson(50, (200, 220)).astype(np.int16)
    drawn = Geometry.of(shape, *parts)
    result = snap(frame, drawn)
    assert result.geometry == drawn
    assert result.flag or shape == "none"
    holes = np.full((40, 40), np.nan)
    assert snap(holes, drawn).geometry == drawn


def test_a_colour_frame_is_refused():
    with pytest.raises(MeasurementError, match="one channel"):
        snap(np.zeros((9, 9, 3)), Geometry.of("line", [[1, 1], [5, 5]]))
