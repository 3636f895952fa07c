"""The window while things go wrong: layers and docks that go, questions not answered.

Nothing that was there is lost, nothing hangs, and a sentence says what happened.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QLabel

from hands import Canvas, make_movie, make_trace
from napari_insitu_tem.io.experiment_folder import load_experiment, save_experiment
from napari_insitu_tem.layers.docks import AREAS, show_dock
from napari_insitu_tem.layers.opening import open_paths
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.errors import CancelledError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.samples import find_sample
from napari_insitu_tem.widgets.dialogs.mapping import MappingDialog
from napari_insitu_tem.widgets.experiment import opener as opener_module

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


class Escape:
    """Answers each question by the Escape key, and remembers what it said."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(30)

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if dialog is not None and dialog.isVisible():
            words = [label.text() for label in dialog.findChildren(QLabel)]
            self.texts.append(" ".join([dialog.windowTitle(), *words]))
            QTest.keyClick(dialog, Qt.Key.Key_Escape)

    def stop(self) -> None:
        self._timer.stop()


@pytest.fixture
def escape(qapp: Any) -> Iterator[Escape]:
    """Somebody who cancels every dialog."""
    somebody = Escape()
    yield somebody
    somebody.stop()


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


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_dropped_on_napari_is_named(window, session, tmp_path, name):
    path = tmp_path / name
    path.write_bytes(BAD[name])
    before = session.experiment.movies, session.document, list(window.layers)
    window.open(str(path), plugin="napari-insitu-tem")
    (sentence,) = shown()
    assert name in sentence
    assert sentence.count(".") >= 2  # what is wrong, and the way out
    assert (session.experiment.movies, session.document, list(window.layers)) == before


def test_a_bad_file_that_only_the_plugin_reads_is_named_when_dropped(
    window, session, tmp_path
):
    path = tmp_path / "diary.mpt"
    path.write_bytes(BAD["diary.mpt"])
    drop(window, path)
    assert [name for name in shown() if "diary.mpt" in name] == shown() != []


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
    show_dock(window, "Expansion")
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    finished = session.document
    press_and_move(canvas, (27.0, 60.0), (68.0, 60.0))
    assert rows(session) == 2
    window.layers.remove(link_of(window).annotation_layer("expansion", "wire").layer)
    settle()
    release(canvas, (68.0, 60.0))
    assert session.document.records == finished.records
    assert "are kept" in heard[-1]
    # The next row brings the layer back with all of them.
    session.toolbox.activate("")
    session.toolbox.activate("expansion")
    canvas.drag((27.0, 90.0), (68.0, 90.0))
    layer = link_of(window).annotation_layer("expansion", "wire").layer
    assert layer in window.layers
    assert len(layer.data) == rows(session) == 2


def test_the_tool_is_put_down_when_its_layer_goes(window, session):
    dock = show_dock(window, "Expansion")
    session.toolbox.activate("expansion")
    assert dock.actions_bar.draw.isChecked()
    window.layers.remove(link_of(window).annotation_layer("expansion", "wire").layer)
    assert session.toolbox.active == ""
    assert not dock.actions_bar.draw.isChecked()


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


@pytest.mark.parametrize("name", AREAS)
def test_a_dock_that_was_closed_hears_nothing_and_comes_back(
    window, canvas, session, qtbot, name
):
    dock = show_dock(window, name)
    dock = getattr(dock, "native", dock)
    session.toolbox.activate("expansion")
    with qtbot.waitSignal(dock.destroyed, timeout=5000):
        window.window.remove_dock_widget(dock)
        dock.deleteLater()
    canvas.drag(*WIRE)
    session.go_to(3)
    session.undo()
    session.redo()
    session.say("Nobody needs to hear this.")
    assert rows(session) == 1
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


@pytest.mark.parametrize("key", [Qt.Key.Key_F5, Qt.Key.Key_N])
def test_a_key_in_the_middle_of_a_drawing_keeps_no_half_shape(canvas, session, key):
    session.toolbox.activate("sei")
    canvas.click((28.0, 20.0), (28.0, 60.0))
    assert session.document.of_kind("sei")
    canvas.key(key)
    canvas.key(Qt.Key.Key_Escape)
    canvas.key(Qt.Key.Key_Escape)
    assert session.document.of_kind("sei") == ()


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


# -- questions that are not answered -----------------------------------


def test_cancelled_file_dialogs_change_nothing(window, canvas, session, escape):
    experiment_dock = show_dock(window, "Experiment")
    export_dock = show_dock(window, "Export")
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    before = session.document, session.experiment.movies
    folder = export_dock.folder.text()
    buttons = experiment_dock.buttons
    for button, title in (
        (buttons.open_button, "Open movies and traces"),
        (buttons.experiment_button, "Open an experiment"),
        (buttons.save_button, "Save the experiment as"),
        (buttons.save_as_button, "Save the experiment as"),
        (export_dock.choose_button, "Export tables to"),
    ):
        button.click()
        assert title in escape.texts[-1]
    assert (session.document, session.experiment.movies) == before
    assert session.has_unsaved_edits
    assert session.experiment.folder is None
    assert export_dock.folder.text() == folder
    assert shown() == []


def open_in_dock(window: Any, qtbot: Any, *paths: Path) -> None:
    dock = show_dock(window, "Experiment")
    dock.opener.open(list(paths))
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)


def test_a_cancelled_mapping_opens_nothing_and_says_so(
    window, session, heard, qtbot, escape, tmp_path, monkeypatch
):
    monkeypatch.setenv("NAPARI_INSITU_TEM_CONFIG", str(tmp_path / "settings"))
    path = tmp_path / "run.csv"
    path.write_text("t,Wert,x\n" + "".join(f"{i / 2},{i},{-i}\n" for i in range(20)))
    before = session.experiment.traces
    open_in_dock(window, qtbot, path)
    assert len(escape.texts) == 1
    assert heard[-1] == "Opening run.csv was cancelled."
    assert session.experiment.traces == before
    assert shown() == []
    assert not [w for w in QApplication.topLevelWidgets() if type(w) is MappingDialog]


def test_an_interval_that_is_not_given_is_asked_for_later(
    window, session, qtbot, escape, tmp_path
):
    path = tmp_path / "timeless.tif"
    tifffile.imwrite(path, np.zeros((5, 8, 8), np.uint8), photometric="minisblack")
    open_in_dock(window, qtbot, path)
    qtbot.waitUntil(lambda: bool(escape.texts))
    assert "timeless (5 frames) has no frame times" in escape.texts[0]
    assert session.experiment.movie("timeless").times is None
    assert session.document.intervals == {}


def test_a_file_that_is_not_located_leaves_its_rows_and_its_place(
    window, session, heard, qtbot, escape, tmp_path
):
    movie = tmp_path / "wire.ome.tif"
    movie.write_bytes(SAMPLE.movie.read_bytes())
    session.open(Experiment())
    open_paths(window, [movie])
    session.toolbox.change("expansion", snap=False)
    session.toolbox.activate("expansion")
    qtbot.wait(100)
    Canvas(window, qtbot).drag((30.0, 40.0), (118.0, 40.0))
    folder = save_experiment(session.experiment, tmp_path / "exp", session.tables())
    session.mark_saved()
    session.open(Experiment())
    away = movie.rename(tmp_path / "away.tif")
    open_in_dock(window, qtbot, folder)
    assert "wire.ome.tif is not where it was" in escape.texts[0]
    assert rows(session) == 1
    assert "wire.ome.tif" in heard[-1]
    # Saved without it and put back, it is there again.
    save_experiment(session.experiment, folder, session.tables())
    away.rename(movie)
    session.mark_saved()
    open_in_dock(window, qtbot, folder)
    assert [m.name for m in session.experiment.movies] == ["wire"]
    assert session.table("expansion")["value"].notna().all()


def test_an_experiment_does_not_replace_unsaved_edits_unasked(
    window, canvas, session, heard, qtbot, escape
):
    session.toolbox.activate("expansion")
    canvas.drag(*WIRE)
    before = session.experiment, session.document, list(window.layers)
    open_in_dock(window, qtbot, SAMPLE.experiment)
    qtbot.waitUntil(lambda: bool(escape.texts))
    assert "has edits that are not saved" in escape.texts[0]
    assert (session.experiment, session.document, list(window.layers)) == before
    assert "cancelled" in heard[-1]
    with pytest.raises(CancelledError):
        open_paths(window, [SAMPLE.experiment])
    assert session.experiment is before[0]
    with pytest.raises(CancelledError):
        window.open_sample("napari-insitu-tem", "si_nanowire")
    assert session.experiment is before[0]
    assert [layer.name for layer in window.layers] == [x.name for x in before[2]]


# -- two windows -----------------------------------


def open_small(viewer: Any, name: str) -> Any:
    session = link_of(viewer).session
    session.open(Experiment(make_movie(name), make_trace()).align(offset_s=0.0))
    session.toolbox.change("expansion", snap=False)
    return session


def test_two_windows_work_side_by_side(window, make_napari_viewer, qtbot):
    other = make_napari_viewer(show=True)
    sessions = [open_small(window, "a"), open_small(other, "b")]
    for viewer in (window, other):
        for name in ("Timeline", "Experiment", "Expansion"):
            show_dock(viewer, name)
    qtbot.wait(100)
    for viewer, session in zip((window, other), sessions, strict=True):
        session.toolbox.activate("expansion")
        Canvas(viewer, qtbot).drag(*WIRE)
    assert [[r.movie for r in s.document.records.values()] for s in sessions] == [
        ["a"],
        ["b"],
    ]
    sessions[0].undo()
    assert [rows(session) for session in sessions] == [0, 1]
    sessions[1].go_to(7)
    assert sessions[0].playhead.frame == 0
    # Its edits are kept when it closes, and the other one goes on.
    other.close()
    settle()
    Canvas(window, qtbot).drag(*WIRE)
    assert rows(sessions[0]) == 1
    canvas_text = window.canvas.overlays.text.text
    sessions[0].go_to(4)
    assert window.canvas.overlays.text.text != canvas_text


def test_a_window_closed_while_it_opens_a_file_disturbs_no_other(
    window, make_napari_viewer, qtbot, monkeypatch
):
    session = open_small(window, "a")
    other = make_napari_viewer(show=True)
    dock = show_dock(other, "Experiment")
    began, go_on, ended = (threading.Event() for _ in range(3))

    def slow(paths: Any, *, progress: Callable[..., None], find_asker: Any) -> Any:
        began.set()
        go_on.wait(10)
        try:
            progress(1, 2)
        finally:
            ended.set()
        return [make_movie("late")]

    monkeypatch.setattr(opener_module, "read_paths", slow)
    dock.opener.open([Path("long.tif")])
    assert began.wait(10)
    QTimer.singleShot(200, go_on.set)
    other.close()
    qtbot.waitUntil(ended.is_set, timeout=10_000)
    settle()
    session.toolbox.activate("expansion")
    Canvas(window, qtbot).drag(*WIRE)
    assert rows(session) == 1
    assert [m.name for m in session.experiment.movies] == ["a"]
    assert shown() == []
