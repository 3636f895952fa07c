"""Outlines put on the rims of bodies with a known area."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import snap
from napari_insitu_tem.measure.sizes import ellipse_area, polygon_area
from napari_insitu_tem.model.geometry import Geometry

CASES = [
    ("wire", 30, 4.0, "polygon", "wire"),
    ("ball", 40, 1.0, "polygon", "ball"),
    ("ball", 40, 1.5, "ellipse", "ball"),
    ("plate", 30, 1.4, "polygon", "flat"),
    ("disc", 30, 1.0, "polygon", "flat"),
    ("disc", 30, 1.3, "ellipse", "flat"),
]


def relative(result, truth):
    """Error of the area, and its uncertainty, as parts of the truth."""
    parts = result.geometry.parts
    size = polygon_area(parts[0]) if len(parts) == 1 else ellipse_area(*parts)
    return size.value / truth - 1, size.sensitivity * result.u_pick_px / truth


def drawn(body, shape, rng):
    return body.polygon(rng) if shape == "polygon" else body.ellipse(rng)


@pytest.mark.parametrize(("kind", "size", "ratio", "shape", "name"), CASES)
def test_the_body_and_its_area(rng, scene, kind, size, ratio, shape, name):
    body = scene(kind, size, ratio=ratio)
    for dose in (400, 100):
        result = snap(body.frame(rng, dose), drawn(body, shape, rng))
        assert (result.flag, result.body) == ("", name)
        away, u_area = relative(result, body.area)
        assert abs(away) < max(0.01, 3 * u_area)
        assert u_area < 0.03


@pytest.mark.parametrize("exponent", [0.4, -0.4])
def test_bright_on_dark_is_the_same(rng, scene, exponent):
    for kind, name in (("ball", "ball"), ("disc", "flat")):
        body = scene(kind, 40, exponent=exponent)
        result = snap(body.frame(rng, 200), body.polygon(rng))
        assert result.body == name
        away, u_area = relative(result, body.area)
        assert abs(away) < max(0.015, 3 * u_area)


def test_a_rounded_plate_is_told_from_both(rng, scene):
    body = scene("rounded", 60)
    result = snap(body.frame(rng, 200), body.polygon(rng))
    assert result.body == "rounded"
    away, u_area = relative(result, body.area)
    assert abs(away) < max(0.02, 3 * u_area)  # by steps: -0.11


def test_frames_together_tell_what_one_cannot(rng, scene):
    body = scene("ball", 24)
    evidence, last = {}, None
    for _ in range(8):
        last = snap(body.frame(rng, 20), body.polygon(rng), evidence=evidence)
        if last.is_snapped:
            evidence = last.evidence
    assert (last.flag, last.body) == ("", "ball")
    assert evidence["ball"] - evidence["flat"] > 4


def test_doubt_is_flagged_and_stated(rng, scene):
    body, doubted = scene("ball", 16), 0
    for _ in range(10):
        result = snap(body.frame(rng, 20), body.polygon(rng))
        if result.flag != "flat_or_round":
            continue
        doubted += 1
        away, u_area = relative(result, body.area)
        assert u_area > 0.05
        assert result.other_area / body.area - 1 != pytest.approx(away, abs=0.02)
    assert doubted > 3


def test_an_outline_that_lost_too_much_stays_and_says_so(rng, scene):
    body = scene("disc", 60, exponent=0.5)
    brightness = body.brightness.copy()
    brightness[:, int(body.centre[1] - 5) :] = np.exp(-0.5)
    shape = body.polygon(rng, corners=24)
    result = snap(rng.poisson(brightness * 200), shape)
    assert (result.flag, result.is_snapped) == ("low_contrast", False)
    assert result.geometry == shape
    assert np.isnan(result.u_pick_px)


def test_a_neighbour_across_a_gap_takes_no_part(rng, scene):
    body = scene("ball", 50)
    brightness = body.brightness.copy()
    gap = int(body.centre[1] + body.half + 8)
    brightness[:, gap:] = np.exp(-0.9)
    result = snap(rng.poisson(brightness * 200), body.polygon(rng))
    assert (result.flag, result.body) == ("", "ball")
    away, u_area = relative(result, body.area)
    assert abs(away) < max(0.015, 3 * u_area)


def test_corners_come_along_and_no_more_are_added_than_needed(rng, scene):
    body = scene("plate", 40, ratio=1.5)
    shape = body.polygon(rng)
    found = snap(body.frame(rng, 200), shape).geometry.array()
    assert 4 <= len(found) <= 16
    for before in shape.array():
        assert np.hypot(*(found - before).T).min() < 5
    assert np.hypot(*(found[0] - shape.array()[0])) < 5


def test_noise_alone_moves_nothing(rng):
    angle = 2 * np.pi * np.arange(16) / 16
    shape = Geometry.of(
        "polygon", np.stack([60 + 25 * np.sin(angle), 60 + 25 * np.cos(angle)], 1)
    )
    for _ in range(20):
        result = snap(rng.poisson(20, (120, 120)), shape)
        assert result.flag == "low_contrast"
        assert result.geometry == shape
