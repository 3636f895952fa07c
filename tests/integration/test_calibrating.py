"""The pixel size is found on the canvas of the real window."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie


def frame() -> np.ndarray:
    """Fringes of 8 px along x, and a bar of 80 px below them."""
    rng = np.random.default_rng(2)
    x = np.arange(128)
    image = rng.poisson(60 + 15 * np.cos(2 * np.pi * x / 8) + np.zeros((128, 1)))
    image[98:] = rng.poisson(60, (30, 128))
    image[108:113, 20:100] = 250
    return image.astype(np.uint16)


@pytest.fixture
def link(window: Any) -> Any:
    link = link_of(window)
    link.session.open(Experiment(Movie.from_array(frame()[None], name="film")))
    window.reset_view()
    yield link
    link.session.mark_saved()


@pytest.fixture
def section(window: Any, link: Any) -> Any:
    dock = show_dock(window, "Experiment")
    return getattr(dock, "inner", dock).scale


def layer_names(window: Any) -> list[str]:
    return [layer.name for layer in window.layers]


def type_into(qtbot: Any, field: Any, text: str) -> None:
    field.lineEdit().selectAll()
    qtbot.keyClicks(field.lineEdit(), text)
    qtbot.keyClick(field.lineEdit(), Qt.Key.Key_Return)


def test_from_a_scale_bar(section, link, canvas, window, qtbot):
    qtbot.mouseClick(section.bar_button, Qt.MouseButton.LeftButton)
    canvas.drag((110, 18), (111, 102))
    assert "between the edges at its ends" in section.bar.words.text()
    assert not section.bar.use.isEnabled()
    type_into(qtbot, section.bar.length, "40")
    assert "nm/px" in section.bar.result.text()
    qtbot.mouseClick(section.bar.use, Qt.MouseButton.LeftButton)
    size = link.session.movie.calibration
    assert size.x_nm == pytest.approx(0.5, rel=0.005)
    assert "(scale bar: 40 nm over " in section.state.text()
    assert section.bar.isHidden()
    assert not section.bar_button.isChecked()
    assert layer_names(window) == ["film"]
    link.session.undo()
    assert link.session.movie.calibration is None


def test_from_a_lattice(section, link, canvas, window, qtbot):
    qtbot.mouseClick(section.lattice_button, Qt.MouseButton.LeftButton)
    canvas.drag((10, 10), (90, 110))
    assert "px, direction" in section.lattice.words.text()
    section.lattice.planes.setCurrentText("Au 111")
    section.lattice.planes.activated.emit(section.lattice.planes.currentIndex())
    qtbot.mouseClick(section.lattice.use, Qt.MouseButton.LeftButton)
    size = link.session.movie.calibration
    assert size.x_nm == pytest.approx(0.23548 / 8, rel=0.01)
    assert size.source == "lattice spacing"


def test_escape_and_another_panel_put_the_first_away(
    section, link, canvas, window, qtbot
):
    qtbot.mouseClick(section.bar_button, Qt.MouseButton.LeftButton)
    qtbot.mouseClick(section.lattice_button, Qt.MouseButton.LeftButton)
    assert section.bar.isHidden()
    assert layer_names(window) == ["film", "Known lattice"]
    canvas.key(Qt.Key.Key_Escape)
    assert section.lattice.isHidden()
    assert not section.lattice_button.isChecked()
    assert layer_names(window) == ["film"]


def test_a_box_without_a_lattice_says_so(section, link, canvas, qtbot):
    qtbot.mouseClick(section.lattice_button, Qt.MouseButton.LeftButton)
    canvas.drag((100, 103), (125, 125))
    assert "No lattice" in section.lattice.words.text()
    assert not section.lattice.use.isEnabled()
    section.lattice.cancel.click()
