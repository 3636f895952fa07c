"""Aligning by a signal, in the Experiment dock."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace

FRAMES = 200


def charge(t):
    """Cycles that get longer, so that none is mistaken for its neighbour."""
    return np.sin(t / 9) + 0.6 * np.sin(t / 23 + 1) + 0.4 * np.sin((t / 40) ** 2)


def experiment():
    """The movie begins 17.3 s into the record; brightness follows the charge."""
    level = 100 + 20 * charge(np.arange(FRAMES) + 17.7)
    rng = np.random.default_rng(1)
    movie = Movie.from_array(
        rng.normal(level[:, None, None], 8, (FRAMES, 12, 12)).astype(np.float32),
        name="film",
        times_s=np.arange(float(FRAMES)),
        exposures_s=0.8,
    )
    t = np.arange(0, 260, 0.25)
    columns = {"time_s": t, "potential_V": 0 * t, "charge_C": 1e-6 * charge(t)}
    return Experiment(movie, Trace.from_columns(columns, name="record"))


@pytest.fixture
def panel(make_napari_viewer):
    viewer = make_napari_viewer(show=True)
    link_of(viewer).session.open(experiment())
    panel = show_dock(viewer, "Experiment").alignment.signals
    panel.set_open(True)
    return panel


def press(panel, qtbot):
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.busy.is_busy, timeout=20_000)


def test_choosing_two_signals_aligns_the_movie(panel, qtbot):
    session = panel._session
    assert [panel.signal.itemText(i) for i in range(panel.signal.count())] == [
        "mean brightness"
    ]
    assert [panel.column.itemText(i) for i in range(panel.column.count())] == [
        "charge",
        "potential",
    ]
    press(panel, qtbot)
    alignment = session.experiment.alignment("film")
    assert alignment.method == "signals"
    assert alignment.offset_s == pytest.approx(17.3, abs=0.3)
    assert panel.result.text().startswith("Apparent offset +17.")
    assert panel.button.isEnabled()
    session.undo()
    assert session.experiment.alignment("film").method == "none"


def test_a_refusal_is_said_and_nothing_is_changed(panel, qtbot):
    panel.column.setCurrentIndex(1)
    press(panel, qtbot)
    assert "does not change" in panel.result.text()
    assert panel._session.document.alignments == {}


def test_without_a_record_the_section_is_off(make_napari_viewer):
    viewer = make_napari_viewer()
    panel = show_dock(viewer, "Experiment").alignment.signals
    panel.set_open(True)
    assert not panel.button.isEnabled()
