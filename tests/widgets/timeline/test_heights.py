"""Lanes share the height of the timeline."""

from __future__ import annotations

from napari_insitu_tem.widgets.timeline.heights import Room, shared

SIGNAL = Room(84, 44)
BAR = Room(28, 28, stretches=False)


def test_room_left_over_goes_to_lanes_that_stretch() -> None:
    heights = shared(400, [BAR, SIGNAL, SIGNAL])
    assert heights[0] == 28
    assert sum(heights) == 400
    assert abs(heights[1] - heights[2]) <= 1


def test_lanes_shrink_to_what_they_need_and_no_further() -> None:
    assert sum(shared(150, [BAR, SIGNAL, SIGNAL])) == 150
    assert shared(50, [BAR, SIGNAL, SIGNAL]) == [28, 44, 44]


def test_chosen_height_stands() -> None:
    tall = Room(84, 44, chosen=200)
    assert shared(400, [BAR, tall, SIGNAL]) == [28, 200, 172]
    assert shared(100, [BAR, tall, SIGNAL]) == [28, 200, 44]
    assert shared(400, [Room(84, 44, chosen=1)]) == [44]


def test_no_lanes() -> None:
    assert shared(100, []) == []
