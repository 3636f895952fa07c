"""The window while things go wrong: layers and docks that go, questions not answered.

Nothing that was there is lost, nothing hangs, and a sentence says what happened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication

from hands import Canvas, make_movie, make_trace
from napari_insitu_tem.io.saving.experiment_folder import (
    load_experiment,
    save_experiment,
)
from napari_insitu_tem.layers.docks import AREAS, show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.samples import find_sample

SAMPLE = find_sample("si_nanowire")
LEFT = Qt.MouseButton.LeftButton
CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
WIRE = ((27.0, 30.0), (68.0, 30.0))


@pytest.fixture
def session(window: Any, qtbot: Any) -> Any:
    """The window's session, with a small wire and its trace."""
    notification_manager.records.clear()
    session = link_of(window).session
    session.open(Experiment(make_movie(), make_trace()).align(offset_s=0.0))
    for kind in ("expansion", "front", "sei", "path"):
        session.toolbox.change(kind, snap=False)
    qtbot.wait(50)
    return session


@pytest.fixture
def heard(session: Any) -> list[str]:
    """All sentences of the session."""
    sentences: list[str] = []
    session.message.connect(sentences.append)
    return sentences


def shown() -> list[str]:
    """What napari showed as notifications."""
    return [notice.message for notice in notification_manager.records]


def settle() -> None:
    for _ in range(3):
        QApplication.processEvents()


def rows(session: Any, kind: str = "expansion") -> int:
    return len(session.document.of_kind(kind))


# -- bad files through napari's own ways in -----------------------------------

BAD: dict[str, bytes] = {
    "empty.tif": b"",
    "empty.mpt": b"",
    "diary.mpt": b"The beam was down again.\n" * 9,
    "program.tif": bytes(range(256)) * 4,
    "backwards.csv": b"time/s,Ewe/V,I/mA\n9,1,2\n8,1,2\n7,1,2\n6,1,1\n",
    "cut.tif": SAMPLE.movie.read_bytes()[:60],
    "rows.csv": b"id,kind,object,movie,frame,geometry\nr1,expansion,o,wire,0,LINE(\n",
}


def drop(window: Any, *paths: Path) -> None:
    """What napari does with files that are dropped on it."""
    window.window._qt_viewer._qt_open([str(path) for path in paths], stack=False)


def test_bad_files_opened_in_napari_are_named_and_change_nothing(
    window, session, tmp_path
):
    before = session.experiment.movies, session.document, list(window.layers)
    for name, content in BAD.items():
        path = tmp_path / name
        path.write_bytes(content)
        notification_manager.records.clear()
        window.open(str(path), plugin="napari-insitu-tem")
        (sentence,) = shown()
        assert name in sentence
        assert sentence.count(".") >= 2, sentence  # what is wrong, and the way out
    after = session.experiment.movies, session.document, list(window.layers)
    assert after == before
    # A file that only the plugin reads, dropped on the window.
    notification_manager.records.clear()
    drop(window, tmp_path / "diary.mpt")
    (sentence,) = shown()
    assert "diary.mpt" in sentence


# -- layers that go while they are used -----------------------------------


def press_and_move(canvas: Canvas, start, end) -> None:
    """Begin a drag and keep the button down."""
    QTest.mouseMove(canvas.native, canvas.at(*start))
    QTest.mousePress(canvas.native, LEFT, pos=canvas.at(*start))
    for part in (0.3, 0.7, 1.0):
        point = np.asarray(start) + part * (np.asarray(end) - start)
        QTest.mouseMove(canvas.native, canvas.at(*point))
        settle()


def release(canvas: Canvas, end) -> None:
    QTest.mouseRelease(canvas.native, LEFT, pos=canvas.at(*end))
    settle()


def test_an_annotation_layer_deleted_while_it_is_drawn_on_loses_no_row(
    window, canvas, session, heard
):
    dock = show_dock(window, "Expansion")
    dock.actions_bar.draw.click()
    canvas.drag(*WIRE)
    finished = session.document
    press_and_move(canvas, (27.0, 60.0), (68.0, 60.0))
    assert rows(session) == 2
    window.layers.remove(link_of(window).annotation_layer("expansion", "wire").layer)
    settle()
    release(canvas, (68.0, 60.0))
    assert session.document.records == finished.records
    assert "are kept" in heard[-1]
    # The tool is put down; drawing again brings the layer back with all its rows.
    assert session.toolbox.active == ""
    assert not dock.actions_bar.draw.isChecked()
    dock.actions_bar.draw.click()
    canvas.drag((27.0, 90.0), (68.0, 90.0))
    layer = link_of(window).annotation_layer("expansion", "wire").layer
    assert layer in window.layers
    assert len(layer.data) == rows(session) == 2


def test_a_movie_layer_deleted_while_every_dock_shows_it_keeps_the_rows(
    window, canvas, session, qtbot, heard
):
    for name in AREAS:
        show_dock(window, name)
    session.toolbox.change("path", object="path 1")
    session.toolbox.activate("path")
    canvas.click((48.0, 20.0), (48.0, 100.0))
    canvas.key(Qt.Key.Key_Return)
    session.toolbox.activate("front")
    canvas.click((48.0, 60.0))
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    count = len(session.document.records)
    assert count == 3
    press_and_move(canvas, (27.0, 60.0), (68.0, 60.0))
    window.layers.remove(link_of(window).movie_layer("wire"))
    settle()
    assert session.experiment.movies == ()
    assert len(session.document.records) == count
    assert session.playhead is None
    for kind in ("expansion", "front", "path"):
        assert "movie_missing" in session.table(kind)["flag"].iloc[0]
    # The same movie again: its rows are on it again.
    session.add_movie(make_movie())
    settle()
    assert session.table("expansion")["value"].iloc[0] == pytest.approx(20.5, abs=0.3)
    assert len(link_of(window).annotation_layer("expansion", "wire").layer.data) == 1


def test_renamed_layers_go_on_working(window, canvas, session, tmp_path):
    dock = show_dock(window, "Expansion")
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    link_of(window).annotation_layer("expansion", "wire").layer.name = "my lengths"
    link_of(window).movie_layer("wire").name = "my movie"
    canvas.drag((27.0, 60.0), (68.0, 60.0))
    assert rows(session) == 2
    assert len(window.layers["my lengths"].data) == 2
    assert dock.movie_box.currentText() == "wire"
    saved = save_experiment(session.experiment, tmp_path / "wire", session.tables())
    assert load_experiment(saved).document.records == session.document.records


def test_a_copied_annotation_layer_disturbs_nothing(window, canvas, session):
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    layer = link_of(window).annotation_layer("expansion", "wire").layer
    window.layers.append(type(layer).create(*layer.as_layer_data_tuple()))
    settle()
    window.layers.remove(window.layers[-1])
    window.layers.selection.active = layer
    canvas.drag((27.0, 60.0), (68.0, 60.0))
    assert rows(session) == 2


def test_docks_that_were_closed_hear_nothing_and_come_back(
    window, canvas, session, qtbot
):
    session.toolbox.activate("expansion")
    for name in AREAS:
        dock = show_dock(window, name)
        dock = getattr(dock, "native", dock)
        with qtbot.waitSignal(dock.destroyed, timeout=5000):
            window.window.remove_dock_widget(dock)
            dock.deleteLater()
    canvas.drag(*WIRE)
    session.go_to(3)
    session.undo()
    session.redo()
    session.say("Nobody needs to hear this.")
    assert rows(session) == 1
    for name in AREAS:
        assert show_dock(window, name) is not None
    settle()


# -- in the middle of a drawing -----------------------------------


def test_undo_in_the_middle_of_a_drawing_drops_only_what_is_unfinished(canvas, session):
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    finished = session.document
    press_and_move(canvas, (27.0, 60.0), (68.0, 60.0))
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert session.document == finished
    release(canvas, (68.0, 60.0))
    assert session.document == finished
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert rows(session) == 0
    canvas.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert session.document == finished


def test_the_undo_button_in_the_middle_of_a_polyline_does_the_same(
    window, canvas, session
):
    dock = show_dock(window, "SEI thickness")
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    finished = session.document
    session.toolbox.activate("sei")
    canvas.click((28.0, 20.0), (28.0, 60.0))
    dock.actions_bar.undo.click()
    assert session.document.of_kind("sei") == ()
    canvas.key(Qt.Key.Key_Escape)
    assert session.document.of_kind("sei") == ()
    assert len(session.document.records) <= len(finished.records)
    session.redo()


def test_a_key_in_the_middle_of_a_drawing_keeps_no_half_shape(canvas, session):
    session.toolbox.activate("sei")
    for key, y in ((Qt.Key.Key_F5, 28.0), (Qt.Key.Key_N, 40.0)):
        canvas.click((y, 20.0), (y, 60.0))
        assert session.document.of_kind("sei")
        canvas.key(key)
        canvas.key(Qt.Key.Key_Escape)
        assert session.document.of_kind("sei") == ()
    assert [r.get("label") for r in session.document.records.values()] == ["crack"]


def test_saving_in_the_middle_of_a_drawing_saves_what_is_finished(
    window, canvas, session, qtbot, tmp_path
):
    dock = show_dock(window, "Experiment")
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    session.experiment.folder = tmp_path / "wire.insitu"
    press_and_move(canvas, (27.0, 60.0), (68.0, 60.0))
    dock.buttons.save_button.click()
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)
    canvas.key(Qt.Key.Key_Z, CTRL)
    release(canvas, (68.0, 60.0))
    assert not session.has_unsaved_edits
    saved = load_experiment(tmp_path / "wire.insitu").document
    assert saved.records == session.document.records
    assert len(saved.records) == 1


def test_opening_another_experiment_in_the_middle_of_a_drawing_takes_nothing_along(
    canvas, session
):
    session.toolbox.activate("expansion")
    press_and_move(canvas, *WIRE)
    session.open(Experiment(make_movie("other"), make_trace()))
    settle()
    release(canvas, (68.0, 60.0))
    assert session.document.records == {}
    assert session.undo() == ""
