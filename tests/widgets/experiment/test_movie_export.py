"""Writing a movie from the Experiment dock: all of it, a stretch, stopped, refused."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state import exporting_movies
from napari_insitu_tem.state.calibrating import calibrate
from napari_insitu_tem.widgets.dialogs import files
from napari_insitu_tem.widgets.experiment import movie_export
from stamped import stamped_movie, stamped_trace


@pytest.fixture
def dock(make_napari_viewer):
    notification_manager.records.clear()
    viewer = make_napari_viewer()
    link_of(viewer).session.open(Experiment(stamped_movie(), stamped_trace()))
    dock = show_dock(viewer, "Experiment")
    dock.movie_export.set_open(True)
    return dock


@pytest.fixture
def export(qtbot, dock, monkeypatch):
    """Export under a name as if it was typed in the dialog, and wait."""

    def run(path, *, replace=None, form="OME-TIFF"):
        monkeypatch.setattr(movie_export, "ask_movie_name", lambda *_: (path, form))
        monkeypatch.setattr(movie_export, "ask_replace_movie", lambda *_: replace)
        dock.movie_export.export_button.click()
        qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)

    return run


def test_all_frames_with_what_was_typed(dock, export, tmp_path):
    session = dock.session
    calibrate(session, Calibration.square(0.25, u_relative=0.02))
    export(tmp_path / "out.ome.tif")
    movie = read_movie(tmp_path / "out.ome.tif")
    np.testing.assert_array_equal(
        np.asarray(movie.frames), np.asarray(session.movie.frames)
    )
    assert movie.pixel_size_nm == pytest.approx(0.25)
    np.testing.assert_array_equal(movie.times_s, session.movie.times_s)
    assert movie.start == session.movie.start
    assert "Exported" in dock.status.text()
    assert not session.experiment.folder


@pytest.mark.parametrize("form", ["OME-TIFF", "OME-Zarr"])
def test_a_stretch_without_an_ending(dock, export, tmp_path, form):
    if form == "OME-Zarr":
        pytest.importorskip("zarr")
    section, movie = dock.movie_export, dock.session.movie
    section.first.setValue(2)
    section.last.setValue(5)
    assert section.part.isChecked()
    assert section.size.text().startswith("4 frames")
    export(tmp_path / "part", form=form)
    again = read_movie(tmp_path / f"part{exporting_movies.ENDINGS[form]}")
    np.testing.assert_array_equal(np.asarray(again.frames), movie.frames[2:6])
    np.testing.assert_allclose(again.times_s, movie.times_s[2:6])


def test_the_stretch_of_the_timeline(dock):
    section, session = dock.movie_export, dock.session
    assert not section.range_button.isEnabled()
    starts = session.experiment.frame_times(session.movie.name).start_ns
    session.set_range((int(starts[1]), int(starts[3])))
    section.range_button.click()
    assert section.stretch == (1, 3)


def test_what_is_there_is_replaced_only_when_the_user_says_so(dock, export, tmp_path):
    path = tmp_path / "out.ome.tif"
    path.write_bytes(b"mine")
    export(path, replace=False)
    assert path.read_bytes() == b"mine"
    export(path, replace=True)
    assert len(read_movie(path)) == len(dock.session.movie)


def test_stopped_it_leaves_nothing(qtbot, dock, tmp_path, monkeypatch):
    frames = dock.session.movie.frames
    began, go_on = threading.Event(), threading.Event()
    read = frames.frame

    def slow(index):
        if index == 2:
            began.set()
            go_on.wait(10)
        return read(index)

    monkeypatch.setattr(frames, "frame", slow)
    path = tmp_path / "out.ome.tif"
    monkeypatch.setattr(movie_export, "ask_movie_name", lambda *_: (path, "OME-TIFF"))
    dock.movie_export.export_button.click()
    qtbot.waitUntil(began.is_set, timeout=10_000)
    assert dock.busy.isVisibleTo(dock)
    dock.busy.cancel_button.click()
    go_on.set()
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=10_000)
    assert list(tmp_path.iterdir()) == []
    assert not notification_manager.records


def test_a_place_that_cannot_be_written_to(dock, export, tmp_path):
    export(tmp_path / "nowhere" / "out.ome.tif")
    assert "was not saved" in dock.status.text()
    export(tmp_path / "out.png")
    assert "written as" in dock.status.text()
    assert list(tmp_path.iterdir()) == []


def test_the_dialog_gives_name_and_format(dock, tmp_path, monkeypatch):
    chosen = (str(tmp_path / "a"), "OME-Zarr (*.ome.zarr)")
    monkeypatch.setattr(files.QFileDialog, "getSaveFileName", lambda *_, **__: chosen)
    assert files.ask_movie_name(dock, "x") == (tmp_path / "a", "OME-Zarr")
    monkeypatch.setattr(files.QFileDialog, "getSaveFileName", lambda *_, **__: ("", ""))
    assert files.ask_movie_name(dock, "x") is None


def test_without_a_movie(make_napari_viewer):
    dock = show_dock(make_napari_viewer(), "Experiment")
    assert not dock.movie_export.body.isEnabled()
