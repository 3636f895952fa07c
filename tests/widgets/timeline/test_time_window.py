"""The stretch of time that is shown."""

from __future__ import annotations

import pytest

from napari_insitu_tem.widgets.timeline.time_window import TimeWindow


@pytest.fixture
def window(qapp) -> TimeWindow:
    window = TimeWindow()
    window.set_extent(0, 100)
    return window


def test_shows_everything_with_a_margin(window) -> None:
    assert window.shown == (-2, 102)
    assert window.is_fitted


def test_zoom_keeps_the_moment_under_the_mouse(window) -> None:
    part = (30 - window.shown[0]) / window.span
    window.zoom(0.1, 30)
    assert window.span == pytest.approx(10.4)
    assert (30 - window.shown[0]) / window.span == pytest.approx(part)


def test_zoom_and_pan_have_limits(window) -> None:
    for _ in range(400):
        window.zoom(0.5, 50)
    assert window.span >= 0.99e-6
    for _ in range(100):
        window.zoom(3, 50)
    assert window.span <= 401
    window.pan(1e9)
    assert window.shown[0] <= 100


def test_reveal_turns_the_page_only_when_needed(window) -> None:
    window.show(10, 20)
    window.reveal(15)
    assert window.shown == (10, 20)
    window.reveal(30)
    assert window.shown == pytest.approx((29, 39))
    window.reveal(25)
    assert window.shown == pytest.approx((16, 26))


def test_new_extent_moves_a_fitted_view_only(window) -> None:
    window.set_extent(0, 200)
    assert window.shown == (-4, 204)
    window.show(10, 20)
    window.set_extent(0, 300)
    assert window.shown == (10, 20)


def test_single_moment_has_some_room_around(window) -> None:
    window.set_extent(5, 5)
    assert window.shown[0] < 5 < window.shown[1]
