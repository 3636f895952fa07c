"""A program that was killed left edits behind; the next start offers them."""

from __future__ import annotations

import napari
import pytest
from napari._qt.qt_viewer import QtViewer

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.samples import find_sample
from napari_insitu_tem.state.autosave import Autosave
from napari_insitu_tem.state.recovery import recoverable
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets import recovery
from napari_insitu_tem.widgets.dialogs.recovery import RecoveryDialog
from stamped import stamped_movie, stamped_trace


@pytest.fixture(autouse=True)
def _first_window(monkeypatch):
    monkeypatch.setattr(recovery, "_offered", False)


def killed_after(edit):
    """A session of a real movie that ended without saving."""
    session = Session(Experiment(read_movie(find_sample("si_nanowire").movie)))
    autosave = Autosave(session)
    edit(session)
    autosave.stop()
    return session


def draw(session):
    line = Geometry.of("line", [(1.0, 1.0), (20.0, 1.0)])
    record = Record.new(
        "expansion",
        object="NW-A",
        movie=session.movie.name,
        frame=5,
        geometry=line,
        attributes={"quantity": "diameter"},
    )
    session.edit("draw diameter", session.document.with_records([record]))


def dialog_of(qtbot, viewer):
    """The question, once it is there."""

    def found():
        window = viewer.window._qt_window
        return [d for d in window.findChildren(RecoveryDialog) if d.isVisible()]

    qtbot.waitUntil(lambda: bool(found()))
    return found()[0]


def test_unsaved_edits_are_recovered_and_still_count_as_unsaved(
    qtbot, make_napari_viewer
):
    killed = killed_after(draw)
    viewer = make_napari_viewer(show=True)
    show_dock(viewer, "Experiment")
    dialog = dialog_of(qtbot, viewer)
    assert "1 unsaved edit, the last: draw diameter" in dialog.list.item(0).text()
    dialog.recover_button.click()
    session = link_of(viewer).session
    qtbot.waitUntil(lambda: bool(session.experiment.movies), timeout=20_000)
    assert session.document == killed.document
    assert session.has_unsaved_edits
    assert [layer.name for layer in viewer.layers][:1] == ["si_nanowire"]
    assert recoverable() == []  # this window's own journal holds them now


def test_later_offers_them_again_but_not_twice_in_one_program(
    qtbot, make_napari_viewer
):
    killed_after(draw)
    viewer = make_napari_viewer(show=True)
    show_dock(viewer, "Experiment")
    dialog_of(qtbot, viewer).later_button.click()
    assert len(recoverable()) == 1
    second = make_napari_viewer(show=True)
    show_dock(second, "Experiment")
    qtbot.wait(50)
    assert not second.window._qt_window.findChildren(RecoveryDialog)


def test_discarded_edits_are_gone(qtbot, make_napari_viewer):
    killed_after(draw)
    viewer = make_napari_viewer(show=True)
    show_dock(viewer, "Experiment")
    dialog_of(qtbot, viewer).discard_button.click()
    assert recoverable() == []


def test_nothing_is_offered_where_nothing_was_made():
    def align_only(session):
        session.open(Experiment())
        session.add_trace(stamped_trace())
        session.add_movie(stamped_movie())

    killed_after(align_only)
    assert recovery.worth_offering() == []
    assert recoverable() == []


def assert_kept(session):
    """The movie is still open, and the row is there for the next start."""
    assert [m.name for m in session.experiment.movies] == ["si_nanowire"]
    (left,) = recoverable()
    assert len(left.document.records) == 1
    assert [entry.name for entry in left.movies] == ["si_nanowire"]
    left.leave()


def test_viewer_closed_with_unsaved_edits_keeps_movie_and_rows(
    qtbot, make_napari_viewer
):
    viewer = make_napari_viewer()
    session = link_of(viewer).session
    session.open(Experiment(read_movie(find_sample("si_nanowire").movie)))
    draw(session)
    with qtbot.waitSignal(viewer.window._qt_window.destroyed):
        viewer.close()
    assert_kept(session)


def test_window_closed_by_its_button_keeps_movie_and_rows(qtbot):
    viewer = napari.Viewer(show=False)
    session = link_of(viewer).session
    session.open(Experiment(read_movie(find_sample("si_nanowire").movie)))
    draw(session)
    with qtbot.waitSignal(viewer.window._qt_window.destroyed):
        viewer.window._qt_window.close()
    assert_kept(session)
    # napari keeps such a viewer, with or without a plugin; other tests look for any.
    napari.Viewer._instances.discard(viewer)
    QtViewer._instances.clear()
