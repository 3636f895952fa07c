"""Pixels beside a layer: where they lie along it and across it."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure.curves import as_curve
from napari_insitu_tem.measure.thickness.beside import pixels_beside
from napari_insitu_tem.measure.thickness.straighten import lines_across

CENTRE = np.array([60.0, 61.5])


def circle(radius):
    angle = np.linspace(0, 2 * np.pi, 181)
    return CENTRE + radius * np.column_stack([np.sin(angle), np.cos(angle)])


def test_pixels_of_a_ring_have_their_distance_and_their_line():
    lines = lines_across(as_curve(circle(30), 0.25), as_curve(circle(40), 0.25), None)
    y, x = np.mgrid[:120, :120]
    image = np.hypot(y - CENTRE[0], x - CENTRE[1])
    pixels = pixels_beside(image, lines)
    away = pixels.offset - (pixels.values - 35)
    assert np.ptp(away) < 0.1 and abs(away.mean()) < 0.2
    own = np.arctan2(*(lines.middle - CENTRE).T)
    assert len(pixels.values) > 0.95 * np.sum(np.abs(image - 35) < lines.offsets[-1])
    angle = np.unwrap(own)
    assert np.all((pixels.part >= 0) & (pixels.part <= 1))
    assert np.ptp(pixels.at(angle)) > 6.2


def test_each_pixel_is_shared_out_once_and_missing_ones_are_left_out():
    image = np.ones((120, 120))
    image[50:70] = np.nan
    lines = lines_across(as_curve(circle(30), 0.25), as_curve(circle(40), 0.25), None)
    pixels = pixels_beside(image, lines)
    once, twice, beside = pixels.sums()
    number = len(pixels.values)
    assert once.sum() == pytest.approx(number)
    assert twice.sum() + 2 * beside.sum() == pytest.approx(number)
    assert np.isfinite(pixels.values).all()
