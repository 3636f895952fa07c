"""A lattice spacing is measured in the real window, with mouse and keys."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.rounding import rounded

PATIENCE_MS = 30_000


def crossed() -> Movie:
    """Two lattices, 8.0 px and, weaker, 6.0 px, that widen by 2.5 % a frame."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:96, :96]
    frames = []
    for wide in (1.0, 1.025, 1.05):
        mean = 60 + 15 * np.cos(2 * np.pi * x / (8.0 * wide))
        mean += 9 * np.cos(2 * np.pi * y / (6.0 * wide))
        frames.append(rng.poisson(mean))
    return Movie.from_array(
        np.array(frames, np.uint16),
        name="planes",
        pixel_size_nm=0.04,
        times_s=np.arange(3.0),
        exposures_s=1.0,
    )


@pytest.fixture
def link(window: Any) -> Any:
    link = link_of(window)
    link.session.open(Experiment(crossed()))
    window.reset_view()
    yield link
    link.session.mark_saved()


@pytest.fixture
def dock(window: Any, link: Any) -> Any:
    dock = show_dock(window, "Lattice spacing")
    return getattr(dock, "inner", dock)


def values(link: Any) -> list[float]:
    return link.session.table("expansion")["value"].round(3).tolist()


def test_box_is_drawn_another_peak_chosen_and_followed(dock, link, canvas, qtbot):
    bar, session = dock.actions_bar, link.session
    qtbot.mouseClick(bar.draw, Qt.MouseButton.LeftButton)
    canvas.drag((8, 8), (88, 88))
    assert values(link) == [0.32]
    shown = dock.row_view._text.text()
    value, u = session.table("expansion").loc[0, ["value", "u_value"]]
    for factor, unit in ((1, "nm"), (10, "&Aring;")):
        assert (
            " &plusmn; ".join(rounded(factor * value, factor * u)) + f" {unit}" in shown
        )
    assert "&Aring;" in shown
    peaks = dock.lattices.peaks
    qtbot.waitUntil(lambda: peaks.count() == 2, timeout=PATIENCE_MS)
    assert peaks.item(1).text().startswith("0.24")
    picture = dock.lattices.picture
    place = picture._places[1][0]
    qtbot.mouseClick(
        picture,
        Qt.MouseButton.LeftButton,
        pos=QPoint(round(place.x()), round(place.y())),
    )
    assert values(link) == [0.24]
    assert dock.guess.value() == pytest.approx(0.24, abs=0.001)
    canvas.key(Qt.Key.Key_K)
    qtbot.waitUntil(lambda: not link.tracking.is_busy, timeout=PATIENCE_MS)
    table = session.table("expansion")
    assert table["method"].tolist() == ["manual", "tracked", "tracked"]
    away = table["change_percent"] - [0, 2.5, 5.0]
    assert (abs(away) <= 3 * table["u_change_percent"] + 1e-9).all()
    canvas.key(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert values(link) == [0.24]


def test_a_typed_spacing_is_looked_for(dock, link, canvas, qtbot):
    line = dock.guess.lineEdit()
    line.selectAll()
    qtbot.keyClicks(line, "0.24")
    qtbot.keyClick(line, Qt.Key.Key_Return)
    qtbot.mouseClick(dock.actions_bar.draw, Qt.MouseButton.LeftButton)
    canvas.drag((8, 8), (88, 88))
    assert values(link) == [0.24]
    assert dock.guess.text() == "0.24 nm"


def test_the_dock_takes_the_tool_back_from_the_expansion_dock(dock, link, qtbot):
    session = link.session
    session.toolbox.change("expansion", quantity="diameter")
    session.toolbox.activate("expansion")
    assert not dock.actions_bar.draw.isChecked()
    qtbot.mouseClick(dock.actions_bar.draw, Qt.MouseButton.LeftButton)
    assert session.toolbox["expansion"].drawn_shape == "box"
    assert dock.actions_bar.draw.isChecked()
    assert session.toolbox.active == "expansion"


def test_the_reference_is_chosen_in_the_dock(dock, link, canvas, qtbot):
    qtbot.mouseClick(dock.actions_bar.draw, Qt.MouseButton.LeftButton)
    canvas.drag((8, 8), (88, 88))
    canvas.key(Qt.Key.Key_N)
    dock.reference.take.click()
    table = link.session.table("expansion")
    assert table["reference_frame"].tolist() == ["1", "1"]
    assert abs(table["change_percent"][0] + 100 * (1 - 1 / 1.025)) < 0.5
