"""The Drift dock, with a mouse on the canvas and on its buttons."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from hands import Canvas
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.drifts import set_drift


def wandering(frames=6):
    """A textured specimen that goes a pixel down and a pixel left in every frame."""
    ground = np.random.default_rng(3).normal(100, 20, (110, 140))
    data = np.stack(
        [ground[10 - t : 106 - t, 6 + t : 134 + t] for t in range(frames)]
    ).astype(np.float32)
    return Movie.from_array(
        data, name="film", pixel_size_nm=2.0, times_s=np.arange(float(frames))
    )


@pytest.fixture
def window(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1366, 768)
    link_of(viewer).session.open(Experiment(wandering()))
    return viewer


@pytest.fixture
def dock(window):
    return show_dock(window, "Drift")


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_a_box_is_drawn_the_drift_estimated_switched_and_undone(window, dock, qtbot):
    session, canvas = dock.session, Canvas(window, qtbot)
    session.go_to(4)
    dock.part.click()
    assert dock.box.is_drawing
    assert session.playhead.frame == 0
    canvas.drag((20, 20), (80, 100))
    assert not dock.box.is_drawing
    corners = dock.region.array()
    assert corners.min(axis=0) == pytest.approx([20, 20], abs=1.5)
    assert corners.max(axis=0) == pytest.approx([80, 100], abs=1.5)
    click(qtbot, dock.estimate_button)
    qtbot.waitUntil(lambda: bool(session.document.drifts), timeout=20_000)
    drift = session.document.drifts["film"]
    assert drift.region == dock.region
    expected = [[t, -t] for t in range(6)]
    assert drift.known == pytest.approx(np.array(expected), abs=0.1)
    assert dock.found.isVisible()
    assert "nm" in dock.result.text()
    session.go_to(5)
    image = window.layers[0]
    assert image.translate[1:] == pytest.approx([-10.0, 10.0], abs=0.2)
    dock.is_on.click()
    assert image.translate.tolist() == [0.0, 0.0, 0.0]
    session.undo()
    assert dock.is_on.isChecked()
    click(qtbot, dock.forget_button)
    assert session.document.drifts == {}
    assert not dock.found.isVisible()


def test_doubted_frames_are_listed_and_reached_by_a_click(dock, qtbot):
    shift = np.array([[t, -t] for t in range(6)], dtype=float)
    shift[3] = np.nan
    flags = ["", "", "jump", "blank", "", ""]
    drift = MovieDrift.of(shift, np.full((6, 2), 0.1), flags)
    set_drift(dock.session, "film", drift)
    texts = [dock.doubted.item(i).text() for i in range(dock.doubted.count())]
    assert texts == ["Frame 2: a jump", "Frame 3: is blank"]
    place = dock.doubted.visualItemRect(dock.doubted.item(1)).center()
    qtbot.mouseClick(dock.doubted.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dock.session.playhead.frame == 3


def test_a_region_without_a_box_is_asked_for(window, dock, qtbot):
    dock.part.click()
    window.layers.selection.active = window.layers[0]
    assert not dock.box.is_drawing
    click(qtbot, dock.estimate_button)
    assert "Draw a box" in dock.problem.text()
    assert not dock.busy.is_busy


def test_escape_ends_drawing_and_the_layer_goes_with_the_whole_frame(
    window, dock, qtbot
):
    dock.part.click()
    Canvas(window, qtbot).key(Qt.Key.Key_Escape)
    assert not dock.box.is_drawing
    dock.whole.click()
    assert "Holds still" not in [layer.name for layer in window.layers]


def test_cancel_leaves_everything_as_it_was(window, dock, qtbot):
    dock.session.open(Experiment(wandering(7)))
    click(qtbot, dock.estimate_button)
    assert dock.busy.is_busy
    click(qtbot, dock.busy.cancel_button)
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)
    assert dock.session.document.drifts == {}
    assert dock.estimate_button.isEnabled()


def test_without_a_movie_nothing_can_be_pressed(make_napari_viewer):
    dock = show_dock(make_napari_viewer(), "Drift")
    assert not dock.estimate_button.isEnabled()


def test_a_dock_that_is_opened_later_shows_drift_and_region(window):
    region = Geometry.of("polygon", [(20, 20), (20, 90), (70, 90), (70, 20)])
    shift = np.zeros((6, 2))
    drift = MovieDrift.of(shift, shift + 0.1, [""] * 6, region, is_on=False)
    set_drift(link_of(window).session, "film", drift)
    dock = show_dock(window, "Drift")
    assert dock.part.isChecked()
    assert dock.region == region
    assert not dock.is_on.isChecked()
    shown = window.layers["Holds still"].data[0]
    assert np.asarray(shown) == pytest.approx(region.array())
