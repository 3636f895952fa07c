"""Thickness against circles whose layer is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import layer_thickness
from napari_insitu_tem.model.errors import MeasurementError


def circle(radius, vertices=240, centre=(0.0, 0.0), turned=0.0):
    angle = turned + 2 * np.pi * np.arange(vertices + 1) / vertices
    points = radius * np.column_stack([np.sin(angle), np.cos(angle)]) + centre
    points[-1] = points[0]
    return points


def flat(depth=0.0, start=0.0, stop=100.0, vertices=11):
    x = np.linspace(start, stop, vertices)
    return np.column_stack([np.full(vertices, depth), x])


CIRCLES = [
    (50, 60, 0),
    (50, 53, 0),
    (10, 20, 0),
    (50, 60, 4),
    (50, 60, 8),
    (20, 40, 15),
]


@pytest.mark.parametrize(("r", "big", "off"), CIRCLES)
@pytest.mark.parametrize("vertices", [75, 240])
def test_nearest_between_circles_is_exact(r, big, off, vertices):
    inner = circle(r, vertices, (off, 0), turned=0.013)
    found = layer_thickness(inner, circle(big, vertices), method="nearest")
    to_inner = np.abs(np.hypot(*(found.points - [off, 0]).T) - r)
    to_outer = np.abs(big - np.hypot(*found.points.T))
    # A place lies on one circle; its thickness is the distance to the other one.
    truth = np.maximum(to_inner, to_outer)
    assert np.abs(found.thickness - truth).max() < 1e-3
    angle = 2 * np.pi * (np.arange(20000) + 0.5) / 20000
    around = np.column_stack([np.sin(angle), np.cos(angle)])
    inward = np.hypot(*(big * around - [off, 0]).T) - r
    outward = big - np.hypot(*(r * around + [off, 0]).T)
    assert found.mean == pytest.approx((inward.mean() + outward.mean()) / 2, abs=1e-3)
    assert found.min == pytest.approx(big - off - r, abs=2e-3)
    assert found.coverage == 1
    assert found.flag == ""
    assert found.n_samples == pytest.approx(2 * np.pi * (r + big), abs=2)


@pytest.mark.parametrize(("r", "big", "off"), CIRCLES)
def test_normals_between_circles_are_exact(r, big, off):
    found = layer_thickness(circle(r, 240, (off, 0)), circle(big), method="normal")
    normal = (found.points - [off, 0]) / np.hypot(*(found.points - [off, 0]).T)[:, None]
    along = np.sum(found.points * normal, axis=1)
    square = np.sum(found.points**2, axis=1)
    truth = -along + np.sqrt(along**2 - square + big**2)
    assert np.abs(found.thickness - truth).max() < 1e-3
    assert found.n_samples == pytest.approx(2 * np.pi * r, abs=1)


@pytest.mark.parametrize("method", ["nearest", "normal"])
def test_a_flat_layer(method):
    found = layer_thickness(flat(), flat(8.0), method=method)
    assert found.mean == 8.0
    assert (found.sd, found.u_mean) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert found.percentiles == pytest.approx(dict.fromkeys((5, 25, 50, 75, 95), 8.0))
    assert (found.median, found.min, found.max) == pytest.approx((8.0, 8.0, 8.0))
    assert (found.coverage, found.length) == (1.0, pytest.approx(100.0))
    below = layer_thickness(flat()[::-1], flat(-8.0), method=method)
    assert below.mean == 8.0


def test_a_wedge_has_its_spread():
    wedge = np.array([[5.0, 0.0], [15.0, 100.0]])
    found = layer_thickness(flat(), wedge, method="normal")
    assert found.mean == pytest.approx(10, abs=0.02)
    assert found.sd == pytest.approx(10 / np.sqrt(12), rel=0.02)
    assert found.percentiles[5] == pytest.approx(5.5, abs=0.1)
    assert found.percentiles[95] == pytest.approx(14.5, abs=0.1)


def test_corners_stay_corners():
    inner = np.array([[0.0, 0.0], [0.0, 50.0], [50.0, 50.0]])
    outer = np.array([[-10.0, 0.0], [-10.0, 60.0], [50.0, 60.0]])
    found = layer_thickness(inner, outer)
    assert found.max == pytest.approx(np.hypot(10, 10), abs=0.4)
    assert found.min == pytest.approx(10)


@pytest.mark.parametrize("method", ["nearest", "normal"])
def test_ends_that_overhang_do_not_count(method):
    found = layer_thickness(flat(), flat(8.0, 20, 60), method=method)
    assert found.coverage == pytest.approx(0.4, abs=0.011)
    assert found.mean == 8.0
    assert found.sd < 1e-12
    longer = layer_thickness(flat(0.0, 20, 60), flat(8.0), method=method)
    assert longer.coverage == 1
    assert longer.mean == 8.0


def test_half_a_ring_covers_half():
    found = layer_thickness(circle(50), circle(60)[:121])
    assert found.coverage == pytest.approx(0.5, abs=0.005)
    assert found.mean == pytest.approx(10, abs=1e-3)


def test_what_is_wrong_is_flagged():
    tilted = np.array([[-5.0, 0.0], [5.0, 100.0]])
    assert layer_thickness(flat(), tilted).flag == "crossing"
    assert layer_thickness(circle(50), circle(50, centre=(3, 0))).flag == "crossing"
    apart = layer_thickness(flat(0, 0, 10), flat(8.0, 20, 60))
    assert apart.flag == "no_overlap"
    assert np.isnan([apart.mean, apart.sd, apart.u_mean, apart.median]).all()
    assert (apart.coverage, apart.n_samples) == (0.0, 0)
    assert layer_thickness(flat(0, 0, 6), flat(8, 0, 6)).flag == "too_short"
    assert layer_thickness(flat(), flat(3.0), blur=2.0).flag == "unresolved"
    assert layer_thickness(flat(), flat(3.0), blur=1.0).flag == ""


def test_methods_are_named_when_one_is_unknown():
    with pytest.raises(MeasurementError, match="nearest, normal"):
        layer_thickness(flat(), flat(8.0), method="guess")
    with pytest.raises(MeasurementError, match="two different points"):
        layer_thickness([[1, 1], [1, 1]], flat(8.0))


@pytest.mark.parametrize("method", ["nearest", "normal"])
@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        (flat(vertices=8), flat(20.0, vertices=14)),
        (circle(60, 20), circle(90, 26)),
        (circle(60, 20), circle(90, 26)[:15]),
        (flat(0.0, 0, 100, 8), flat(20.0, 25, 75, 5)),
    ],
)
def test_placing_uncertainty_is_the_scatter_of_noisy_vertices(
    rng, method, inner, outer
):
    u = 0.4

    def noisy(points):
        moved = points + u * rng.standard_normal(points.shape)
        if np.all(points[0] == points[-1]):
            moved[-1] = moved[0]
        return moved

    stated = u * layer_thickness(inner, outer, method=method).sensitivity
    runs = [
        layer_thickness(noisy(inner), noisy(outer), method=method, step=3).mean
        for _ in range(200)
    ]
    assert np.std(runs) == pytest.approx(stated, rel=0.14)


def test_standard_error_knows_the_correlation_along_the_layer(rng):
    x = np.arange(400.0)
    means, stated, lengths = [], [], []
    for _ in range(100):
        rough = np.convolve(rng.standard_normal(440), np.ones(20) / np.sqrt(20), "same")
        outer = np.column_stack([20 + rough[20:420], x])
        found = layer_thickness(flat(0, 0, 399), outer, method="normal", step=2)
        means.append(found.mean)
        stated.append(found.u_mean)
        lengths.append(found.correlation_length)
    assert np.sqrt(np.mean(np.square(stated))) == pytest.approx(np.std(means), rel=0.25)
    assert np.median(lengths) == pytest.approx(20, rel=0.25)


def test_contour_noise_biases_nearest_down_and_normal_up(rng):
    x = np.arange(0.0, 600.0, 1.0)
    inner = np.column_stack([rng.standard_normal(600), x])
    outer = np.column_stack([10 + rng.standard_normal(600), x])
    assert 8.5 < layer_thickness(inner, outer).mean < 9.6
    assert layer_thickness(inner, outer, method="normal").mean > 10.5
