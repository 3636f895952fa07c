"""Both boundaries of a layer traced in images with a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from napari_insitu_tem.measure import trace_layer
from napari_insitu_tem.model.errors import MeasurementError

CENTRE = 70.3


def ring(rng, core=40.0, thick=10.0, dose=40.0, levels=(0.7, 1.0, 1.4), blur=1.5):
    y, x = np.mgrid[:140, :140] - CENTRE
    rho, width = np.hypot(y, x), np.hypot(blur, 12**-0.5)
    mean = levels[0] + (levels[1] - levels[0]) * ndtr((rho - core) / width)
    mean += (levels[2] - levels[1]) * ndtr((rho - core - thick) / width)
    return rng.poisson(dose * mean)


def drawn(radius, part=1.0, vertices=30):
    angle = part * 2 * np.pi * np.arange(vertices + 1) / vertices
    points = CENTRE + radius * np.column_stack([np.sin(angle), np.cos(angle)])
    if part == 1.0:
        points[-1] = points[0]
    return points


@pytest.mark.parametrize("gain", [1.0, None])
@pytest.mark.parametrize("levels", [(0.7, 1.0, 1.4), (1.4, 1.0, 0.7), (1.0, 1.4, 0.8)])
def test_a_ring_is_found_from_rough_boundaries(rng, gain, levels):
    image = ring(rng, levels=levels).astype(np.uint16)
    found = trace_layer(image, drawn(38), drawn(52.5), gain=gain)
    assert found.flag == ""
    assert found.mean == pytest.approx(10, abs=4 * found.u_mean)
    assert found.u_mean < 0.2
    assert found.thickness.mean == pytest.approx(10, abs=0.3)
    assert found.levels == pytest.approx(40 * np.array(levels), rel=0.03)
    assert found.blur == pytest.approx(1.5, abs=0.4)
    for points, u, radius in (
        (found.inner, found.u_inner, 40),
        (found.outer, found.u_outer, 50),
    ):
        assert np.all(points[0] == points[-1])
        error = np.hypot(*(points - CENTRE).T) - radius
        assert np.sqrt(np.mean(error**2)) < 0.7
        assert len(u) == len(points) == len(found.flags)


def test_an_open_layer_and_the_order_of_drawing(rng):
    image = ring(rng)
    inner, outer = drawn(38.5, 0.5), drawn(52, 0.5)
    one = trace_layer(image, inner, outer[::-1], gain=1.0)
    assert one.mean == pytest.approx(10, abs=0.6)
    assert not np.all(one.inner[0] == one.inner[-1])
    assert one.flag == ""


def test_a_thin_layer_needs_a_known_blur(rng):
    image = ring(rng, thick=2.0, dose=100.0)
    inner, outer = drawn(39.5), drawn(43)
    assert trace_layer(image, inner, outer, gain=1.0).flag in (
        "unresolved",
        "low_contrast",
    )
    thick = ring(rng, thick=4.5, dose=100.0)
    known = trace_layer(thick, inner, drawn(45.5), gain=1.0, blur=1.5)
    assert known.flag == ""
    assert known.mean == pytest.approx(4.5, abs=0.3)
    assert known.u_blur == 0.0


def test_where_there_is_no_layer_it_says_so(rng):
    even = rng.poisson(20.0, (140, 140))
    assert trace_layer(even, drawn(38), drawn(52), gain=1.0).flag != ""
    image = ring(rng)
    moved = np.roll(image, -40, axis=0)[:100]
    shift = np.array([40.0, 0.0])
    found = trace_layer(moved, drawn(38) - shift, drawn(52) - shift, gain=1.0)
    assert "out_of_frame" in set(found.flags)


def test_what_makes_no_sense_is_refused(rng):
    image = ring(rng)
    with pytest.raises(MeasurementError, match="one image"):
        trace_layer(image[None], drawn(38), drawn(52))
    with pytest.raises(MeasurementError, match="out of the image"):
        trace_layer(image, drawn(38) + 500, drawn(52) + 500)
    with pytest.raises(MeasurementError, match="two different points"):
        trace_layer(image, [], drawn(52))


@pytest.mark.parametrize("dose", [3.0, 10.0, 40.0])
def test_the_uncertainty_of_points_is_that_of_their_scatter(rng, dose):
    squares, stated = [], []
    for _ in range(5):
        image = ring(rng, dose=dose, levels=(0.7, 1.0, 1.3))
        wobble = rng.normal(0, 1.2, (2, 31))
        wobble[:, -1] = wobble[:, 0]
        angle = 2 * np.pi * np.arange(31) / 30
        way = np.column_stack([np.sin(angle), np.cos(angle)])
        both = [
            CENTRE + (r + w)[:, None] * way
            for r, w in zip((40, 50), wobble, strict=True)
        ]
        found = trace_layer(image, *both, gain=1.0)
        for points, radius in ((found.inner, 40), (found.outer, 50)):
            squares.append((np.hypot(*(points - CENTRE).T) - radius) ** 2)
        stated += [found.u_inner**2, found.u_outer**2]
    ratio = np.sqrt(np.mean(np.concatenate(stated)) / np.mean(np.concatenate(squares)))
    assert 0.7 < ratio < 1.5
