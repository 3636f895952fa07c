"""What the user says of fronts."""

from __future__ import annotations

import numpy as np
import pytest

from front_scene import as_kymograph, counted, pixel_front
from napari_insitu_tem.measure import track_front
from napari_insitu_tem.measure.fronts.picks import picks_on
from napari_insitu_tem.model.errors import MeasurementError

FRAMES, LENGTH = 80, 140
T = np.arange(FRAMES)
STEADY = 20 + 0.8 * T


def two_edges(rng):
    """Two edges of the same kind, the first a little stronger."""
    mean = pixel_front(30 + 0.3 * T, 14, 10, LENGTH)
    return counted(rng, mean + pixel_front(80 + 0.3 * T, 0, -3, LENGTH))


@pytest.mark.slow
def test_the_start_tells_which_edge_is_meant(rng):
    data = two_edges(rng)
    first, second = (track_front(data, gain=1.0, start=s) for s in (30.0, 80.0))
    assert np.abs(first.position[0] - (30 + 0.3 * T)).max() < 3
    assert np.abs(second.position[0] - (80 + 0.3 * T)).max() < 3


def test_anchors_are_kept_to_and_draw_their_neighbours(rng):
    data = counted(rng, pixel_front(STEADY, 10.2, 9.8, LENGTH))
    free = track_front(data, gain=1.0)
    anchors = {10: STEADY[10], 40: STEADY[40], 70: STEADY[70]}
    held = track_front(data, gain=1.0, anchors=anchors)
    at = list(anchors)
    assert held.position[0, at] == pytest.approx(STEADY[at], abs=2.5)
    assert np.all(held.u_position[0, at] <= 1.1)
    assert held.u_position[0].mean() < free.u_position[0].mean()
    assert held.parameters["anchors"] == {k: [v] for k, v in anchors.items()}


def test_a_correction_changes_only_what_is_near(rng):
    data = counted(rng, pixel_front(STEADY, 11, 9, LENGTH))
    free = track_front(data, gain=1.0)
    moved = track_front(data, gain=1.0, anchors={40: STEADY[40] + 4})
    change = np.abs(moved.position - free.position)[0]
    assert change[40] > 0.5
    assert change[:20].max() < 0.3 and change[60:].max() < 0.3
    assert moved.flag[0, 40] == ""


@pytest.mark.slow
def test_an_anchor_is_right_even_against_the_data(rng):
    data = counted(rng, pixel_front(STEADY, 11, 9, LENGTH))
    track = track_front(data, gain=1.0, anchors={40: 100.0})
    assert track.position[0, 40] == pytest.approx(100.0, abs=4.1)
    assert track.position[0, 20] == pytest.approx(STEADY[20], abs=3)


def test_anchors_of_one_of_two_fronts(rng):
    mean = pixel_front(STEADY, 10, 14, LENGTH)
    data = counted(rng, mean + pixel_front(STEADY + 40, 0, 3, LENGTH))
    anchors = {5: [np.nan, STEADY[5] + 40]}
    track = track_front(data, gain=1.0, fronts=2, anchors=anchors)
    assert np.abs(track.position - [STEADY, STEADY + 40]).max() < 4


def test_a_pick_where_the_frame_has_it_too_takes_nothing_from_the_evidence():
    grid = np.arange(0.0, 50.0, 0.5)
    term = np.tile(800 - 2 * np.abs(grid - 20), (3, 1))
    picks = picks_on(as_kymograph(np.ones((3, 50))), 1, {1: 20.0}, None)
    held = picks.applied(term.copy(), grid, 0)
    assert held.max(axis=1) == pytest.approx(800)
    assert np.array_equal(held[[0, 2]], term[[0, 2]])
    assert held[1, np.abs(grid - 20) > 5].max() < -1000


def test_positions_are_in_px_whatever_the_step(rng):
    data = counted(rng, pixel_front(STEADY / 0.8, 12, 9, LENGTH), step=0.8)
    track = track_front(data, gain=1.0, anchors={10: STEADY[10]}, start=20.0)
    assert np.abs(track.position[0] - STEADY).max() < 4
    assert track.surface.positions[1] - track.surface.positions[0] < 0.8


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"anchors": {80: 10.0}}, "no frame 80"),
        ({"anchors": {-1: 10.0}}, "no frame -1"),
        ({"anchors": {3: 200.0}}, "not on the path"),
        ({"anchors": {3: [10.0, 20.0]}}, "2 positions"),
        ({"start": -30.0}, "not on the path"),
        ({"start": 10.0, "fronts": 2}, "1 positions"),
        ({"start": [50.0, 10.0], "fronts": 2}, "order"),
    ],
)
def test_impossible_picks_are_refused(options, words):
    with pytest.raises(MeasurementError, match=words):
        track_front(as_kymograph(np.ones((FRAMES, LENGTH))), **options)
