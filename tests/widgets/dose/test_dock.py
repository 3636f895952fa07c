"""The Beam dose dock in a window, with mouse and keys."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.dosing import beam_of

LEFT = Qt.MouseButton.LeftButton


def film(exposures_s=4.0) -> Movie:
    """Eight frames of 100 e a pixel, half of it covered, 5 counts an electron."""
    rng = np.random.default_rng(5)
    electrons = np.full((8, 192, 256), 100.0)
    electrons[:, :96] *= 0.5
    return Movie.from_array(
        (5 * rng.poisson(electrons)).astype(np.uint16),
        name="film",
        pixel_size_nm=1.0,
        times_s=5.0 * np.arange(8),
        exposures_s=exposures_s,
    )


@pytest.fixture
def open_dock(make_napari_viewer, qtbot):
    def show(movie: Movie):
        viewer = make_napari_viewer(show=True)
        viewer.window._qt_window.resize(1366, 768)
        link_of(viewer).session.open(Experiment(movie))
        dock = show_dock(viewer, "Beam dose")
        qtbot.waitUntil(dock.isVisible)
        return dock

    return show


@pytest.fixture
def dock(open_dock):
    return open_dock(film())


@pytest.fixture
def hands(qtbot):
    class Hands:
        def type(self, field, text: str) -> None:
            field.setFocus()
            field.selectAll()
            qtbot.keyClicks(field, text)
            qtbot.keyClick(field, Qt.Key.Key_Return)

        def press(self, button) -> None:
            qtbot.mouseClick(button, LEFT)

        def wait(self, dock) -> None:
            qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)

    return Hands()


def test_a_typed_gain_gives_the_dose_in_one_step(dock, hands):
    session = dock.session
    assert dock.result.text() == "The dose of this movie is not known yet."
    hands.type(dock.counts.gain, "5")
    hands.wait(dock)
    hands.type(dock.counts.spread, "0.25")
    # 75 e on 100 A2 in 4 s
    assert dock.result.text() == "0.188 e/Å²/s, 6.00 e/Å² by the last frame, ±5 %."
    assert "Whole frames" in dock.doubts.text()
    session.undo()
    session.undo()
    assert session.document.beams == {}
    assert dock.counts.gain.number is None


def test_the_gain_is_estimated_and_an_empty_place_found(dock, hands):
    hands.press(dock.counts.estimate)
    assert not dock.body.isEnabled()
    hands.wait(dock)
    beam = beam_of(dock.session)
    assert abs(beam.gain - 5) < 3 * beam.u_gain
    assert dock.counts.gain.value() == pytest.approx(beam.gain, abs=1e-4)
    hands.press(dock.counts.places["empty"])
    hands.wait(dock)
    assert beam_of(dock.session).region[0] >= 96
    dose = dock.session.experiment.dose()
    assert abs(dose.dose[-1] - 8.0) < 3 * dose.u_dose[-1]
    assert "px from x" in dock.counts.place.text()
    assert not dock.doubts.isVisible()


def test_cancel_leaves_everything_as_it_was(dock, hands):
    hands.press(dock.counts.estimate)
    hands.press(dock.busy.cancel_button)
    hands.wait(dock)
    if not dock.session.document.beams:  # else it was quicker than the hand
        assert dock.result.text() == "The dose of this movie is not known yet."
        assert not dock.problem.isVisible()


def test_what_the_canvas_shows_is_taken(dock, hands, qtbot):
    viewer = dock._viewer()
    viewer.scene.camera.zoom = 15
    viewer.scene.camera.center = (0, 140, 80)
    qtbot.wait(100)
    hands.press(dock.counts.places["view"])
    hands.wait(dock)
    y0, x0, y1, x1 = beam_of(dock.session).region
    assert y0 < 140 < y1 and x0 < 80 < x1
    assert (y1 - y0) * (x1 - x0) < 192 * 256 / 4


def test_frames_without_noise_end_in_a_sentence(open_dock, hands):
    flat = Movie.from_array(
        np.full((4, 64, 64), 9.0), times_s=np.arange(4.0), exposures_s=0.5
    )
    dock = open_dock(flat)
    hands.press(dock.counts.estimate)
    hands.wait(dock)
    assert dock.problem.isVisible()
    assert "no noise" in dock.problem.text()
    assert dock.session.document.beams == {}


def test_a_beam_current_and_an_area(dock, hands, qtbot):
    dock.way.setFocus()
    qtbot.keyClick(dock.way, Qt.Key.Key_Down)
    assert dock.parallel.isVisible() and not dock.counts.isVisible()
    assert dock.result.text().startswith("Missing: the beam current and")
    hands.type(dock.parallel.current, "0.05")
    hands.type(dock.parallel.spread, "3")
    hands.type(dock.parallel.diameter, "1000")
    hands.type(dock.parallel.diameter_spread, "2")
    beam = beam_of(dock.session)
    assert beam.current_A == pytest.approx(5e-11)
    assert beam.u_extent_relative == pytest.approx(0.02)
    assert dock.result.text() == "3.97 e/Å²/s, 127 e/Å² by the last frame, ±5 %."
    dock.time.between.setFocus()
    qtbot.keyClick(dock.time.between, Qt.Key.Key_Down)
    # 39 s instead of 32 s
    assert "155 e/Å²" in dock.result.text()
    hands.type(dock.time.before, "45")
    assert "200 e/Å²" in dock.result.text()
    hands.press(dock.forget)
    assert dock.session.document.beams == {}


def test_a_scan_and_a_movie_without_exposure(open_dock, hands, qtbot):
    dock = open_dock(film(exposures_s=None))
    assert dock.time.exposure.isVisible()
    dock.way.setFocus()
    qtbot.keyClick(dock.way, Qt.Key.Key_End)
    hands.type(dock.probe.current, "20")
    hands.type(dock.probe.dwell, "1")
    # 1.248 e/A2 a frame
    assert dock.result.text().endswith(
        "9.99 e/Å² by the last frame, uncertainty not stated."
    )
    qtbot.keyClick(dock.way, Qt.Key.Key_Home)
    hands.type(dock.counts.gain, "5")
    hands.wait(dock)
    assert dock.result.text() == "Missing: the exposure of a frame."
    hands.type(dock.time.exposure, "4")
    assert "6.00 e/Å² by the last frame" in dock.result.text()


def test_a_second_movie_begins_with_the_dose_of_the_first(dock, hands):
    session = dock.session
    assert dock.time.earlier.isHidden(), "there is one movie"
    hands.type(dock.counts.gain, "5")
    hands.wait(dock)
    session.add_movie(film())
    assert not dock.time.earlier.isHidden()
    hands.press(dock.time.earlier)
    assert "no order" in dock.problem.text()
    assert beam_of(session).before_e_A2 == 0.0


def test_the_dock_fits_and_leaves_the_arrow_keys_alone(dock):
    for part in (*dock.forms.values(), dock.time):
        assert part.minimumSizeHint().width() <= 290
    for button in (dock.counts.estimate, dock.forget, *dock.counts.places.values()):
        assert button.focusPolicy() == Qt.FocusPolicy.NoFocus
