"""Particles followed through simulated movies whose outlines are known."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.measure import track_region
from napari_insitu_tem.model.errors import CancelledError, MeasurementError
from napari_insitu_tem.model.movie import Movie
from region_scene import (
    area_of,
    bound,
    ellipse,
    lobed,
    mean_image,
    overlap,
    perimeter_of,
    regular,
)

SHAPE, CENTRE = (128, 128), np.array([64.0, 64.0])
GROWING = [ellipse(24 + 0.8 * t, 18, CENTRE + t * np.array([0.5, 1])) for t in range(8)]


def movie(rng, outlines, dose=20, contrast=0.3, blur=1.5, others=()):
    """Counted electrons; None among the outlines is an empty frame."""
    empty = np.full(SHAPE, dose * (1 + contrast / 2))
    means = [
        empty if p is None else mean_image(p, SHAPE, dose, contrast, blur, others)
        for p in outlines
    ]
    return np.array([rng.poisson(mean) for mean in means]).astype(np.uint16)


def in_bounds(track, outlines, dose=20, contrast=0.3):
    """Errors of the area in units of the Cramer-Rao bound."""
    truth = np.array([area_of(p) for p in outlines])
    limit = [bound(perimeter_of(p), dose, abs(contrast)) for p in outlines]
    return (track.area - truth) / limit


@pytest.mark.parametrize("contrast", [0.3, -0.3])
@pytest.mark.parametrize("gain", [1.0, None])
def test_a_growing_drifting_particle(rng, contrast, gain):
    frames = movie(rng, GROWING, contrast=contrast)
    track = track_region(frames, GROWING[0][::30], gain=gain)
    assert set(track.flag) == {""}
    error = in_bounds(track, GROWING)
    assert np.sqrt(np.mean(error**2)) < 2.0
    truth = np.array([area_of(p) for p in GROWING])
    assert np.abs((track.area - truth) / track.u_area).max() < 4
    for found, true in zip(track.outline, GROWING, strict=True):
        assert overlap(found, true, SHAPE) > 0.93
        assert found.shape[1] == 2 and np.array_equal(found[0], found[-1])
    centre = CENTRE + np.arange(8)[:, None] * [0.5, 1]
    assert np.abs(track.centroid - centre).max() < 0.8
    assert track.contrast == pytest.approx(-20 * contrast, abs=0.8)


@pytest.mark.parametrize(
    "shape",
    [
        lobed(25, CENTRE, lobes=0.25),
        regular(28, CENTRE),
        ellipse(44, 11, CENTRE, 0.4),
        ellipse(10, 10, CENTRE),
    ],
    ids=["lobed", "hexagon", "4:1", "small"],
)
def test_without_noise_sizes_are_those_drawn(shape):
    frames = [mean_image(shape, SHAPE, 100, 0.3)] * 3
    track = track_region(frames, shape)
    assert set(track.flag) == {""}
    assert track.area == pytest.approx([area_of(shape)] * 3, rel=0.02)
    apart = np.hypot(*(shape[:, None] - shape[None, :]).transpose(2, 0, 1))
    assert track.feret_max == pytest.approx([apart.max()] * 3, abs=2.5)
    assert track.perimeter == pytest.approx([perimeter_of(shape)] * 3, rel=0.03)
    diameter = 2 * np.sqrt(area_of(shape) / np.pi)
    assert track.equivalent_diameter == pytest.approx([diameter] * 3, rel=0.01)


def test_feret_diameters_of_an_ellipse():
    shape = ellipse(40, 20, CENTRE, 0.3)
    track = track_region([mean_image(shape, SHAPE, 100, 0.3)], shape)
    assert track.feret_max == pytest.approx([80], abs=0.5)
    assert track.feret_min == pytest.approx([40], abs=0.5)
    assert 0 < track.u_feret_min[0] < 3 and 0 < track.u_feret_max[0] < 3


def test_stated_uncertainty_is_that_of_the_scatter(rng):
    shape = ellipse(26, 20, CENTRE)
    track = track_region(movie(rng, [shape] * 60), shape, gain=1.0)
    error = track.area - area_of(shape)
    assert 0.7 < np.mean(track.u_area) / np.sqrt(np.mean(error**2)) < 1.4


def test_an_outline_drawn_some_pixels_off(rng):
    sloppy = GROWING[0][::60] + np.array([4, -4]) + rng.normal(0, 1.5, (12, 2))
    track = track_region(movie(rng, GROWING), sloppy, gain=1.0)
    assert np.abs(in_bounds(track, GROWING)).max() < 5
    assert set(track.flag) == {""}


def test_a_neighbour_stays_outside(rng):
    other = ellipse(18, 18, CENTRE + np.array([0, 50]))
    outlines = [ellipse(20 + t, 20 + t, CENTRE) for t in range(8)]
    frames = movie(rng, outlines, others=[other])
    track = track_region(frames, outlines[0], gain=1.0)
    assert np.abs(in_bounds(track, outlines)).max() < 4


def test_touching_particles_do_not_become_one(rng):
    shape, other = (
        ellipse(22, 22, CENTRE),
        ellipse(20, 20, CENTRE + np.array([0, 41.5])),
    )
    track = track_region(movie(rng, [shape] * 8, others=[other]), shape, gain=1.0)
    assert np.nanmax(track.area) < 1.12 * area_of(shape)


def test_a_bad_frame_is_flagged_and_tracking_goes_on(rng):
    frames = movie(rng, GROWING).astype(np.float32)
    frames[2], frames[4] = np.nan, 7.0
    track = track_region(frames, GROWING[0], gain=1.0)
    assert list(track.flag) == ["", "", "no_data", "", "no_data", "", "", ""]
    assert np.isnan(track.area[[2, 4]]).all()
    assert track.outline[2].shape == (0, 2)
    assert np.nanmax(np.abs(in_bounds(track, GROWING))) < 5


def test_what_vanishes_is_flagged_not_guessed(rng):
    outlines = [ellipse(22, 18, CENTRE)] * 4 + [None] * 14
    track = track_region(movie(rng, outlines), outlines[0], gain=1.0)
    assert set(track.flag[:4]) == {""}
    assert set(track.flag[4:]) == {"low_contrast", "lost"}
    assert np.isnan(track.area[4:]).all()
    assert track.stopped["forward"][1] == "low_contrast"


def test_what_dissolves_ends_flagged(rng):
    outlines = [ellipse(20 - 2 * t, 20 - 2 * t, CENTRE) for t in range(10)] + [None] * 4
    track = track_region(movie(rng, outlines), outlines[0], gain=1.0)
    assert set(track.flag[:7]) == {""}
    assert "" not in track.flag[-4:] and np.isnan(track.area[-4:]).all()


def test_what_leaves_the_frame_says_so(rng):
    outlines = [ellipse(20, 16, CENTRE + np.array([0, 5 * t])) for t in range(16)]
    track = track_region(movie(rng, outlines), outlines[0], gain=1.0)
    assert set(track.flag[:8]) == {""}
    assert set(track.flag[10:]) == {"out_of_frame"}
    assert np.isnan(track.area[10:]).all()


def test_from_the_middle_both_ways(rng):
    frames = movie(rng, GROWING)
    track = track_region(frames, GROWING[4], gain=1.0, start=4)
    assert np.abs(in_bounds(track, GROWING)).max() < 5
    ahead = track_region(frames, GROWING[4], gain=1.0, start=4, direction="forward")
    assert list(ahead.flag[:4]) == ["not_tracked"] * 4
    assert np.array_equal(ahead.area[5:], track.area[5:])


def test_a_corrected_outline_takes_over(rng):
    moved = [CENTRE] * 4 + [CENTRE + 35] * 4
    outlines = [ellipse(16, 16, centre) for centre in moved]
    frames = movie(rng, outlines)
    track = track_region(frames, outlines[0], gain=1.0, anchors={4: outlines[4]})
    assert set(track.flag) == {""}
    assert track.centroid == pytest.approx(np.array(moved), abs=1.0)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int16, np.float32])
def test_kinds_of_pixels_and_of_movies(rng, dtype):
    frames = movie(rng, GROWING[:3])
    plain = track_region(frames, GROWING[0], gain=1.0)
    asked = []

    class Lazy:
        shape = frames.shape

        def __getitem__(self, index):
            asked.append(index)
            return frames[index].astype(dtype)

    for source in (Lazy(), list(frames.astype(dtype)), Movie.from_array(frames)):
        track = track_region(source, GROWING[0], gain=1.0)
        assert track.area == pytest.approx(plain.area, rel=1e-5)
    assert set(asked) == {0, 1, 2}


def test_counts_that_are_not_electrons(rng):
    frames = movie(rng, GROWING[:3])
    plain = track_region(frames, GROWING[0], gain=1.0)
    scaled = track_region(frames * 37.0, GROWING[0], gain=37.0)
    assert scaled.area == pytest.approx(plain.area, rel=1e-4)
    assert scaled.u_area == pytest.approx(plain.u_area, rel=1e-2)


def test_one_image_is_a_movie_of_one_frame(rng):
    track = track_region(movie(rng, GROWING[:1])[0], GROWING[0])
    assert track.area.shape == (1,) and track.flag[0] == ""


def test_nothing_there_is_low_contrast(rng):
    track = track_region(rng.poisson(10, (3, *SHAPE)), GROWING[0], gain=1.0)
    assert list(track.flag) == ["low_contrast", "lost", "lost"]


def test_an_outline_out_of_the_frame(rng):
    track = track_region(movie(rng, GROWING[:2]), GROWING[0] + 500, gain=1.0)
    assert set(track.flag) == {"out_of_frame"}


@pytest.mark.parametrize(
    ("frames", "outline", "options"),
    [
        (np.zeros((0, 8, 8)), GROWING[0], {}),
        (np.zeros((2, 8, 8, 3)), GROWING[0], {}),
        (np.zeros((2, 8, 8)), [[1, 1], [2, 2]], {}),
        (np.zeros((2, 8, 8)), [[1, 1], [2, 2], [3, 3]], {}),
        (np.zeros((2, 8, 8)), [[1, 1], [2, np.nan], [3, 0]], {}),
        (np.zeros((2, 8, 8)), GROWING[0], {"gain": -1.0}),
        (np.zeros((2, 8, 8)), GROWING[0], {"start": 2}),
        (np.zeros((2, 8, 8)), GROWING[0], {"direction": "up"}),
    ],
)
def test_what_cannot_be_is_said(frames, outline, options):
    with pytest.raises(MeasurementError):
        track_region(frames, outline, **options)


def test_it_tells_how_far_it_is_and_can_be_cancelled(rng):
    told = []
    frames = movie(rng, GROWING[:3])
    track_region(
        frames, GROWING[0], progress=lambda done, total, text="": told.append(done)
    )
    assert told[0] == 0 and told[-1] == 3

    def cancel(done, total, text=""):
        raise CancelledError(text)

    with pytest.raises(CancelledError):
        track_region(frames, GROWING[0], progress=cancel)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_ball_is_measured_to_its_rim(rng, sign):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    radii = np.array([36.0, 38.0, 40.0, 42.0])
    means = [
        20 * (1 + 0.3 * sign * np.sqrt(np.maximum(1 - (d / radius) ** 2, 0)))
        for radius in radii
        for d in [np.hypot(y - CENTRE[0], x - CENTRE[1])]
    ]
    track = track_region(rng.poisson(means), ellipse(37, 35, CENTRE)[::20], gain=1.0)
    assert set(track.flag) == {""}
    assert track.is_round.all()
    assert track.area == pytest.approx(np.pi * radii**2, rel=0.06)
    assert np.abs((track.area - np.pi * radii**2) / track.u_area).max() < 4


def test_what_is_neither_flat_nor_a_ball_gets_no_area(rng):
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]] - CENTRE[:, None, None]
    cone = np.maximum(1 - np.hypot(y, x) / 40, 0)
    frames = rng.poisson(100 - 60 * cone, (4, *SHAPE))
    track = track_region(frames, ellipse(40, 40, CENTRE)[::20], gain=1.0)
    assert set(track.flag) == {"unresolved"}
    assert np.isnan(track.area).all()


def test_a_flat_body_is_not_taken_for_round(rng):
    track = track_region(movie(rng, GROWING, dose=5), GROWING[0], gain=1.0)
    assert not track.is_round.any()


def test_a_beam_that_flickers_by_more_than_the_contrast(rng):
    beam = 1 + 0.3 * np.sin(1.3 * np.arange(8))
    outlines = [lobed(30 + t, CENTRE + 0.5 * t) for t in range(8)]
    means = [
        b * mean_image(p, SHAPE, 20, 0.3) for b, p in zip(beam, outlines, strict=True)
    ]
    track = track_region(rng.poisson(means), outlines[0][::30], gain=1.0)
    assert set(track.flag) == {""}
    assert np.abs(in_bounds(track, outlines)).max() < 5
    # A dark field has an offset that may be negative.
    below = rng.poisson(means) - 200.0
    assert set(track_region(below, outlines[0][::30]).flag) == {""}


def test_noise_that_pixels_share_is_found_without_a_gain(rng):
    from scipy.ndimage import gaussian_filter

    shape = ellipse(30, 24, CENTRE)
    counted = movie(rng, [shape] * 10).astype(float)
    spread = [gaussian_filter(frame, 0.7) for frame in counted]
    track = track_region(spread, shape[::30])
    assert set(track.flag) == {""}
    assert 0.7 * bound(perimeter_of(shape), 20, 0.3) < track.u_area.mean()
