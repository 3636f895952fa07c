"""Files dropped on the canvas while the Experiment dock is there."""

from __future__ import annotations

import numpy as np
import pytest
import tifffile
from napari._qt.qt_viewer import QtViewer
from napari.utils.notifications import notification_manager
from qtpy.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from qtpy.QtGui import QDragEnterEvent, QDropEvent
from qtpy.QtWidgets import QApplication

from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.samples import find_sample

NO_KEY = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def dock(make_napari_viewer):
    notification_manager.records.clear()
    viewer = make_napari_viewer()
    return show_dock(viewer, "Experiment")


@pytest.fixture
def passed(dock, monkeypatch):
    """What napari itself was left to open."""
    seen = []
    monkeypatch.setattr(
        QtViewer, "_qt_open", lambda self, names, **_: seen.extend(names)
    )
    return seen


def viewer_of(dock):
    return dock.opener._viewer().window._qt_viewer


def drop(dock, *paths, keys=NO_KEY):
    """Drag files on the canvas and let go."""
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(9, 9), copy, files, left, keys)
    QApplication.sendEvent(viewer_of(dock), enter)
    let_go = QDropEvent(QPointF(9, 9), copy, files, left, keys)
    QApplication.sendEvent(viewer_of(dock), let_go)


def settled(qtbot, dock):
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)


def test_dropped_files_open_together_without_a_question(qtbot, dock, passed, tmp_path):
    sample, bad = find_sample("si_nanowire"), tmp_path / "broken.mpt"
    bad.write_bytes(b"")
    drop(dock, sample.movie, bad, sample.trace)
    assert dock.busy.is_busy  # with its button to stop it
    settled(qtbot, dock)
    experiment = dock.session.experiment
    assert [m.name for m in experiment.movies] == ["si_nanowire"]
    assert experiment.has_trace
    (message,) = [notice.message for notice in notification_manager.records]
    assert "broken.mpt" in message
    assert passed == []


def test_what_the_plugin_does_not_read_is_left_to_napari(dock, passed, tmp_path):
    other = tmp_path / "notes.py"
    other.write_text("print()")
    drop(dock, other)
    assert passed == [str(other)]
    assert not dock.busy.is_busy


def test_a_table_of_measurements_is_left_to_napari(dock, passed):
    table = find_sample("si_nanowire").experiment / "annotations" / "expansion.csv"
    drop(dock, table)
    assert passed == [str(table)]


def test_without_the_dock_napari_opens_again(qtbot, dock, passed, tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((2, 8, 8), np.uint8))
    canvas, viewer = viewer_of(dock), dock.opener._viewer()
    with qtbot.waitSignal(dock.destroyed):
        viewer.window.remove_dock_widget(dock)
        dock.deleteLater()
    files = QMimeData()
    files.setUrls([QUrl.fromLocalFile(str(path))])
    copy, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    enter = QDragEnterEvent(QPoint(9, 9), copy, files, left, NO_KEY)
    QApplication.sendEvent(canvas, enter)
    let_go = QDropEvent(QPointF(9, 9), copy, files, left, NO_KEY)
    QApplication.sendEvent(canvas, let_go)
    assert passed == [str(path)]
