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


def field_line_lengths(starts, r, big, off):
    """Lengths of the field lines between a circle around (off, 0) and one around 0.

    With the limiting points a and b of the two circles, ``w = log((z - a) / (b - z))``
    turns circles into lines of constant real part, and field lines into lines of
    constant imaginary part. The length is the integral of ``|dz/dw|`` along them.
    """
    if off == 0:
        return np.full(len(starts), float(big - r))
    middle = (big**2 - r**2 + off**2) / (2 * off)
    half = np.sqrt(middle**2 - big**2)
    a, b = middle - half, middle + half
    w = np.log((starts @ [1, 1j] - a) / (b - starts @ [1, 1j]))
    end = np.log((big - a) / (b - big))
    nodes, weights = np.polynomial.legendre.leggauss(40)
    real = 0.5 * ((end - w.real)[:, None] * nodes + (end + w.real)[:, None])
    e = np.exp(real + 1j * w.imag[:, None])
    return np.abs(e * (b - a) / (1 + e) ** 2) @ weights * np.abs(end - w.real) / 2


@pytest.mark.parametrize(("r", "big", "off"), CIRCLES)
def test_field_lines_between_circles(r, big, off):
    found = layer_thickness(circle(r, 240, (off, 0)), circle(big))
    truth = field_line_lengths(found.points, r, big, off)
    # 240 vertices leave up to 5e-6 of the radius between the curve and the circle.
    assert np.abs(found.thickness - truth).max() < 5e-3
    assert found.mean == pytest.approx(truth.mean(), abs=1e-3)
    assert found.method == "laplace"
    assert found.coverage == 1
    assert found.n_samples == pytest.approx(2 * np.pi * r, abs=1)


def test_field_lines_do_not_care_how_a_boundary_is_drawn():
    straight = layer_thickness(flat(), flat(8.0, vertices=400))
    assert straight.thickness == pytest.approx(np.full(100, 8.0))
    inner, outer = circle(50, 240, (4, 0)), circle(60)
    mean = layer_thickness(inner, outer).mean
    assert layer_thickness(inner[::-1], outer).mean == pytest.approx(mean, abs=1e-4)
    turned = np.concatenate([outer[100:], outer[1:101]])
    assert layer_thickness(inner, turned).mean == pytest.approx(mean, abs=1e-4)
    almost = outer.copy()
    almost[-1] += 1e-13
    assert layer_thickness(inner, almost).mean == pytest.approx(mean, abs=1e-4)
    nested = layer_thickness(outer, inner)
    assert nested.mean == pytest.approx(10.075, abs=0.02)


@pytest.mark.parametrize("thick", [2.0, 100.0])
def test_field_lines_of_thin_and_thick_layers(thick):
    found = layer_thickness(circle(150), circle(150 + thick, 300))
    assert np.abs(found.thickness - thick).max() < 1e-3
    slanted = flat(vertices=30) @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    other = flat(thick) @ np.array([[0.8, 0.6], [-0.6, 0.8]])
    assert layer_thickness(slanted, other).thickness == pytest.approx(thick, abs=0.01)


@pytest.mark.parametrize("vertices", [300, 700])
def test_noise_of_the_boundaries_hardly_moves_the_laplace_mean(rng, vertices):
    def noisy(radius):
        points = circle(radius, vertices)
        noise = rng.standard_normal(vertices)
        points *= (1 + (noise - noise.mean()) / radius)[[*range(vertices), 0], None]
        return points

    found = layer_thickness(noisy(50.0), noisy(60.0))
    assert found.mean == pytest.approx(10, rel=0.02)
    assert found.coverage > 0.99
    assert found.flag == ""
    rough = layer_thickness(noisy(50.0), noisy(60.0), smoothing=0)
    assert rough.mean < found.mean - 0.1


def test_where_boundaries_cross_there_is_no_layer():
    tilted = np.array([[-5.0, 0.0], [5.0, 100.0]])
    found = layer_thickness(flat(), tilted)
    assert found.flag == "crossing"
    left = found.points[:, 1] < 51
    assert np.all(found.thickness[left] == 0) or np.all(found.thickness[~left] == 0)
    assert found.max == pytest.approx(5, abs=0.1)
    same = layer_thickness(circle(50), circle(50))
    assert (same.flag, same.mean) == ("crossing", pytest.approx(0, abs=1e-9))
    touching = layer_thickness(circle(50, 240, (10, 0)), circle(60))
    assert touching.flag == "crossing"


def test_the_issue_names_are_there():
    found = layer_thickness(flat(), flat(3.0), blur=1.0)
    assert found.standard_error == found.u_mean
    assert (found.minimum, found.maximum) == (found.min, found.max)
    assert found.blur == 1.0


@pytest.mark.parametrize("method", ["laplace", "nearest", "normal"])
def test_a_flat_layer(method):
    found = layer_thickness(flat(), flat(8.0), method=method)
    assert found.mean == pytest.approx(8.0)
    assert (found.sd, found.u_mean) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert found.percentiles == pytest.approx(dict.fromkeys((5, 25, 50, 75, 95), 8.0))
    assert (found.median, found.min, found.max) == pytest.approx((8.0, 8.0, 8.0))
    assert (found.coverage, found.length) == (1.0, pytest.approx(100.0))
    below = layer_thickness(flat()[::-1], flat(-8.0), method=method)
    assert below.mean == pytest.approx(8.0)


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
    found = layer_thickness(inner, outer, method="nearest")
    assert found.max == pytest.approx(np.hypot(10, 10), abs=0.4)
    assert found.min == pytest.approx(10)


@pytest.mark.parametrize("method", ["laplace", "nearest", "normal"])
def test_ends_that_overhang_do_not_count(method):
    found = layer_thickness(flat(), flat(8.0, 20, 60), method=method)
    assert found.coverage == pytest.approx(0.4, abs=0.011)
    assert found.mean == pytest.approx(8.0)
    assert found.sd < 1e-12
    longer = layer_thickness(flat(0.0, 20, 60), flat(8.0), method=method)
    assert longer.coverage == 1
    assert longer.mean == pytest.approx(8.0)


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
    with pytest.raises(MeasurementError, match="laplace, nearest, normal"):
        layer_thickness(flat(), flat(8.0), method="guess")
    with pytest.raises(MeasurementError, match="two different points"):
        layer_thickness([[1, 1], [1, 1]], flat(8.0))
    with pytest.raises(MeasurementError, match="two different points"):
        layer_thickness([], flat(8.0))
    with pytest.raises(MeasurementError, match="not numbers"):
        layer_thickness([[1, np.nan], [1, 1]], flat(8.0))


@pytest.mark.parametrize("method", ["laplace", "nearest", "normal"])
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
    count, tolerance = (50, 0.3) if method == "laplace" else (200, 0.14)
    runs = [
        layer_thickness(noisy(inner), noisy(outer), method=method, step=3).mean
        for _ in range(count)
    ]
    assert np.std(runs) == pytest.approx(stated, rel=tolerance)


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
    assert 8.5 < layer_thickness(inner, outer, method="nearest").mean < 9.6
    assert layer_thickness(inner, outer, method="normal").mean > 10.5
