"""Fronts in two dimensions against simulated ones of known place and bend."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from napari_insitu_tem.measure import locate_edge_2d, locate_edges
from napari_insitu_tem.model.errors import MeasurementError


def disc(radius, width=40, columns=64, place=31.3, low=45.0, high=55.0, blur=1.5):
    """The edge of a disc whose foremost point lies in the middle row."""
    y = (np.arange(width * 5) + 0.5) / 5 - 0.5 - 0.5 * (width - 1)
    x = (np.arange(columns * 5) + 0.5) / 5 - 0.5
    away = np.hypot(x - (place - radius), y[:, None]) - radius
    image = low + (high - low) * ndtr(away / blur)
    return image.reshape(width, 5, columns, 5).mean(axis=(1, 3))


def tilted(tangent, width=30, columns=64, place=31.3, blur=1.5):
    y, x = np.mgrid[:width, :columns] - np.array([0.5 * (width - 1), 0])[:, None, None]
    away = (x - place - tangent * y) / np.hypot(1, tangent)
    return 45 + 10 * ndtr(away / blur)


@pytest.mark.parametrize("gain", [None, 1.0])
@pytest.mark.parametrize("radius", [35, 50, 200])
def test_an_arc_is_found_where_it_is(radius, gain):
    strip = disc(radius)
    fit = locate_edge_2d(strip, gain=gain)
    assert fit.flag == ""
    assert fit.position == pytest.approx(31.3, abs=0.02)
    assert fit.curvature == pytest.approx(-1 / radius, rel=0.03)
    assert fit.slope == pytest.approx(0, abs=1e-3)
    assert fit.levels == pytest.approx((45, 55), abs=0.05)
    if radius == 50:
        flat = locate_edges(strip.mean(axis=0), rows=40, gain=1.0)
        assert flat.position[0] < 31.3 - 1.0


def test_it_may_bend_either_way_and_be_dark_or_bright():
    for strip, place, bend in (
        (disc(50)[:, ::-1], 63 - 31.3, 1 / 50),
        (disc(50, low=55, high=45), 31.3, -1 / 50),
    ):
        fit = locate_edge_2d(strip)
        assert fit.position == pytest.approx(place, abs=0.02)
        assert fit.curvature == pytest.approx(bend, rel=0.03)


@pytest.mark.parametrize("degrees", [-40, -10, 0, 25, 45])
def test_a_tilted_front(degrees):
    fit = locate_edge_2d(tilted(np.tan(np.radians(degrees))), gain=1.0)
    assert fit.position == pytest.approx(31.3, abs=0.02)
    assert fit.tilt == pytest.approx(degrees, abs=0.2)
    assert fit.blur == pytest.approx(1.5, abs=0.1)
    assert fit.path[[0, -1], 1] == pytest.approx(
        31.3 + np.tan(np.radians(degrees)) * np.array([-14.5, 14.5]), abs=0.1
    )


@pytest.mark.parametrize("gain", [None, 1.0])
def test_the_uncertainty_is_stated(rng, gain):
    strip = disc(50)
    fits = [locate_edge_2d(rng.poisson(strip), gain=gain) for _ in range(40)]
    error = np.array([fit.position for fit in fits]) - 31.3
    stated = np.array([fit.u_position for fit in fits])
    assert {fit.flag for fit in fits} == {""}
    assert abs(error.mean()) < 0.05 + 3 * error.std() / np.sqrt(40)
    assert np.sqrt(np.mean(error**2)) < 1.5 * np.median(stated)
    assert np.median(stated) == pytest.approx(0.40, rel=0.2)


def test_what_is_not_there_is_flagged(rng):
    noise = [locate_edge_2d(rng.poisson(np.full((30, 40), 20.0))) for _ in range(8)]
    assert {fit.flag for fit in noise} == {"low_contrast"}
    assert locate_edge_2d(np.full((9, 20), 7)).flag == "low_contrast"
    nothing = locate_edge_2d(np.full((9, 20), np.nan))
    assert nothing.flag == "out_of_frame" and np.isnan(nothing.position)


def test_pixels_may_be_missing():
    strip = disc(50)
    strip[10:14, 20:45] = np.nan
    assert locate_edge_2d(strip).position == pytest.approx(31.3, abs=0.02)


@pytest.mark.parametrize("strip", [np.zeros(30), np.zeros((2, 40)), np.zeros((9, 3))])
def test_what_is_no_strip_is_refused(strip):
    with pytest.raises(MeasurementError, match="strip"):
        locate_edge_2d(strip)
    with pytest.raises(MeasurementError, match="positive"):
        locate_edge_2d(np.zeros((9, 30)), gain=-1)
