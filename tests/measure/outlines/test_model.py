"""The brightness across a rim."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from napari_insitu_tem.measure.edges.round_model import RoundModel
from napari_insitu_tem.measure.outlines.model import rims

SAMPLES = np.arange(-24.0, 11.0)


def test_a_flat_body_is_a_blurred_step():
    place = np.array([0.3, -2.1])
    found = rims(SAMPLES, place, np.zeros(2), 1.5, 0.0)
    step = ndtr((place[:, None] - SAMPLES) / np.hypot(1.5, np.sqrt(1 / 12)))
    assert found.value == pytest.approx(step, abs=2e-3)


@pytest.mark.parametrize("exponent", [0.0, 0.8, -0.5])
def test_a_round_body_is_the_wire_of_the_profiles(exponent):
    radius, place, blur = 24.0, 0.4, 1.2
    found = rims(SAMPLES, np.array([place]), np.array([radius]), blur, exponent)
    law = "exponential" if exponent else "linear"
    centre = place - radius - SAMPLES[0]
    values = [1.0, 0.0, exponent or 1.0, radius, centre, np.log(blur)]
    wire = RoundModel(SAMPLES.size, 0.0, law).brightness(np.array([values]))[0] - 1
    full = np.expm1(-exponent) if exponent else 1.0
    assert found.value[0] == pytest.approx(wire / full, abs=2e-3)


@pytest.mark.parametrize("depth", [0.0, 4.0, 20.0])
def test_derivatives(depth):
    place, round_px = np.array([0.3]), np.array([depth])

    def value(place, blur):
        return rims(SAMPLES, place, round_px, blur, 0.7).value

    found = rims(SAMPLES, place, round_px, 1.5, 0.7)
    # Over a whole part of a pixel: a step moves through them evenly.
    moved = (value(place + 0.25, 1.5) - value(place - 0.25, 1.5)) / 0.5
    wider = (value(place, 1.5 * np.exp(1e-4)) - found.value) / 1e-4
    assert found.by_place == pytest.approx(moved, abs=6e-3)
    assert found.by_log_blur == pytest.approx(wider, abs=1e-3)
