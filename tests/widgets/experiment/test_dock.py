"""The Experiment dock in a real window: opening, asking, cancelling, saving."""

from __future__ import annotations

import errno
import threading

import numpy as np
import pytest
import tifffile
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog

from napari_insitu_tem.io.saving import atomic
from napari_insitu_tem.io.saving.experiment_folder import load_experiment
from napari_insitu_tem.layers.asking import asker_of
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.samples import find_sample
from napari_insitu_tem.widgets.dialogs import asker
from napari_insitu_tem.widgets.dialogs.mapping import MappingDialog
from napari_insitu_tem.widgets.experiment import busy, opener, saver
from stamped import stamped_movie


@pytest.fixture
def viewer(make_napari_viewer):
    notification_manager.records.clear()
    return make_napari_viewer()


@pytest.fixture
def dock(viewer):
    return show_dock(viewer, "Experiment")


@pytest.fixture
def open_files(qtbot, dock, monkeypatch):
    """Open files as if they were chosen in the dialog, and wait."""
    monkeypatch.setattr(opener, "ask_interval", lambda *_: None)

    def open_them(*paths):
        monkeypatch.setattr(opener, "ask_files", lambda _: list(paths))
        dock.buttons.open_button.click()
        qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)

    return open_them


@pytest.fixture
def save_as(qtbot, dock, monkeypatch):
    """Save under a name as if it was typed in the dialog, and wait."""

    def save(path):
        monkeypatch.setattr(saver, "ask_experiment_name", lambda *_: path)
        dock.buttons.save_as_button.click()
        qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)

    return save


@pytest.fixture
def sample():
    return find_sample("si_nanowire")


def names(dock):
    experiment = dock.session.experiment
    return [m.name for m in experiment.movies], [t.name for t in experiment.traces]


def errors():
    return [notice.message for notice in notification_manager.records]


def add_row(session, frame=0):
    line = Geometry.of("line", [(1.0, 1.0), (20.0, 1.0)])
    movie = session.movie.name
    record = Record.new(
        "expansion",
        object="wire",
        movie=movie,
        frame=frame,
        geometry=line,
        attributes={"quantity": "diameter"},
    )
    session.edit("draw diameter", session.document.with_records([record]))
    return record


# -- opening -------------------------------------------------------------------------


def test_movie_and_record_are_opened_together_and_aligned(
    dock, viewer, open_files, sample
):
    open_files(sample.movie, sample.trace)
    assert names(dock) == (["si_nanowire"], ["si_nanowire_CP"])
    assert viewer.layers[0].name == "si_nanowire"
    assert dock.session.experiment.alignment().method == "stamps"
    assert "Timeline (napari-insitu-tem)" in viewer.window.dock_widgets
    assert dock.status.text().startswith("Opened si_nanowire, si_nanowire_CP.")


def test_cancelled_file_dialogs_change_nothing(dock, monkeypatch):
    monkeypatch.setattr(opener, "ask_files", lambda _: [])
    monkeypatch.setattr(opener, "ask_experiment", lambda _: None)
    dock.buttons.open_button.click()
    dock.buttons.experiment_button.click()
    assert not dock.busy.is_busy
    assert names(dock) == ([], [])


def test_bad_file_leaves_everything_as_it_was_and_is_named(
    dock, open_files, sample, tmp_path
):
    open_files(sample.movie)
    bad = tmp_path / "broken.tif"
    bad.write_bytes(b"")
    before = dock.session.experiment.movies
    open_files(bad)
    assert dock.session.experiment.movies == before
    (message,) = errors()
    assert "broken.tif" in message
    assert dock.status.text() == message


def test_good_files_open_beside_a_bad_one_which_is_named(
    dock, open_files, sample, tmp_path
):
    bad = tmp_path / "broken.tif"
    bad.write_bytes(b"")
    open_files(sample.movie, bad, sample.trace)
    assert names(dock) == (["si_nanowire"], ["si_nanowire_CP"])
    (message,) = errors()
    assert "broken.tif" in message
    assert dock.status.text().startswith("Opened si_nanowire, si_nanowire_CP.")
    assert dock.status.text().endswith(message)


def test_a_folder_is_opened_by_a_button_of_its_own(qtbot, dock, monkeypatch, tmp_path):
    monkeypatch.setattr(opener, "ask_interval", lambda *_: None)
    folder = tmp_path / "series"
    folder.mkdir()
    for number in range(3):
        tifffile.imwrite(folder / f"a_{number}.tif", np.full((8, 9), number, np.uint8))
    monkeypatch.setattr(opener, "ask_folder", lambda *_: folder)
    dock.buttons.folder_button.click()
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)
    assert dock.session.movie.shape == (3, 8, 9)


def test_opening_can_be_cancelled_and_changes_nothing(qtbot, dock, monkeypatch):
    began, go_on = threading.Event(), threading.Event()

    def slow(paths, *, progress, find_asker):
        progress(1, 10, "page 1")
        began.set()
        go_on.wait(10)
        progress(2, 10)

    monkeypatch.setattr(opener, "read_paths", slow)
    dock.opener.open(["long.tif"])
    assert began.wait(10)
    qtbot.waitUntil(lambda: "page 1" in dock.busy.title.text())
    assert dock.busy.isVisibleTo(dock)
    dock.busy.cancel_button.click()
    go_on.set()
    qtbot.waitUntil(lambda: not dock.busy.is_busy)
    assert not dock.busy.isVisibleTo(dock)
    assert names(dock) == ([], [])
    assert dock.status.text() == "Opening long.tif was cancelled."
    assert errors() == []


def test_a_reader_that_does_not_ask_is_left_when_cancelled(qtbot, dock, monkeypatch):
    monkeypatch.setattr(busy, "PATIENCE_MS", 30)
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def deaf(paths, *, progress, find_asker):
        began.set()
        go_on.wait(10)
        ended.set()
        return [stamped_movie()]

    monkeypatch.setattr(opener, "read_paths", deaf)
    dock.opener.open(["long.csv"])
    assert began.wait(10)
    dock.busy.cancel_button.click()
    qtbot.waitUntil(lambda: not dock.busy.is_busy)
    assert dock.status.text() == "Opening long.csv was cancelled."
    go_on.set()
    assert ended.wait(10)
    qtbot.wait(100)
    assert names(dock) == ([], [])
    assert errors() == []


def test_dock_closed_while_it_opens_something_hears_no_more_of_it(
    qtbot, viewer, dock, monkeypatch
):
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    def slow(paths, *, progress, find_asker):
        began.set()
        go_on.wait(10)
        try:
            progress(1, 10)
        finally:
            ended.set()

    monkeypatch.setattr(opener, "read_paths", slow)
    dock.opener.open(["long.tif"])
    assert began.wait(10)
    dock.opener.open(["second.tif"])
    assert dock.status.text().startswith("Opening long.tif: wait")
    session = dock.session
    with qtbot.waitSignal(dock.destroyed):
        viewer.window.remove_dock_widget(dock)
        dock.deleteLater()
    go_on.set()
    assert ended.wait(10)
    qtbot.wait(50)
    assert session.experiment.movies == ()
    assert asker_of(viewer) is not None  # a new dock answers from now on


def test_movie_without_times_is_asked_for_its_interval(
    qtbot, dock, open_files, monkeypatch, tmp_path
):
    path = tmp_path / "timeless.tif"
    tifffile.imwrite(path, np.zeros((5, 8, 8), np.uint8), photometric="minisblack")
    open_files(path)
    assert dock.session.document.intervals == {}  # answered: later
    asked = []

    def answer(parent, name, frames):
        asked.append((name, frames))
        return 0.25

    monkeypatch.setattr(opener, "ask_interval", answer)
    other = path.rename(tmp_path / "other.tif")
    dock.opener.open([other])
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [("other", 5)]
    assert dock.session.document.intervals == {"other": 0.25}


def uncertain_table(folder):
    path = folder / "run.csv"
    rows = "".join(f"{i * 0.5},{0.1 * i},{i}\n" for i in range(20))
    path.write_text("t,Wert,x\n" + rows)
    return path


def test_uncertain_columns_are_asked_once_and_remembered(
    dock, open_files, monkeypatch, tmp_path
):
    monkeypatch.setenv("NAPARI_INSITU_TEM_CONFIG", str(tmp_path / "settings"))
    path = uncertain_table(tmp_path)
    asked = []

    def fill_in(dialog):
        asked.append(dialog)
        dialog.roles["potential_V"].column.setCurrentText("Wert")
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(MappingDialog, "exec", fill_in)
    open_files(path)
    assert names(dock) == ([], ["run"])
    np.testing.assert_allclose(
        dock.session.experiment.trace().values("potential_V"), 0.1 * np.arange(20)
    )
    open_files(path)
    assert names(dock) == ([], ["run", "run (2)"])
    assert len(asked) == 1


def test_a_table_without_an_answer_is_left_out(
    dock, open_files, sample, monkeypatch, tmp_path
):
    monkeypatch.setenv("NAPARI_INSITU_TEM_CONFIG", str(tmp_path / "settings"))
    monkeypatch.setattr(MappingDialog, "exec", lambda _: QDialog.DialogCode.Rejected)
    open_files(sample.movie, uncertain_table(tmp_path))
    assert names(dock) == (["si_nanowire"], [])
    assert dock.status.text().endswith("was cancelled.")
    assert "run.csv was cancelled" in dock.status.text()


# -- saving and opening again ----------------------------------------------------------


def test_experiment_is_saved_and_opened_again_equal(
    qtbot, dock, open_files, save_as, sample, tmp_path, make_napari_viewer
):
    open_files(sample.movie, sample.trace)
    record = add_row(dock.session, frame=3)
    dock.session.go_to(3)
    save_as(tmp_path / "wire")
    folder = tmp_path / "wire.insitu"
    assert not dock.session.has_unsaved_edits
    assert dock.buttons.state.text() == "wire.insitu"

    other = show_dock(make_napari_viewer(), "Experiment")
    other.opener.open([folder])
    qtbot.waitUntil(lambda: bool(other.session.experiment.movies), timeout=20_000)
    assert other.session.document == dock.session.document
    assert other.session.document.records[record.id] == record
    assert other.session.playhead.frame == 3
    assert not other.session.has_unsaved_edits


def test_save_asks_for_a_name_once(qtbot, dock, open_files, save_as, sample, tmp_path):
    open_files(sample.movie)
    save_as(tmp_path / "wire.insitu")
    add_row(dock.session)
    assert dock.buttons.state.text() == "wire.insitu has edits that are not saved."
    dock.buttons.save_button.click()
    qtbot.waitUntil(lambda: not dock.session.has_unsaved_edits)
    assert len(load_experiment(tmp_path / "wire.insitu").document.records) == 1


def test_cancelled_save_dialog_writes_nothing(dock, open_files, save_as, sample):
    open_files(sample.movie)
    add_row(dock.session)
    save_as(None)
    assert dock.session.has_unsaved_edits
    assert dock.session.experiment.folder is None


def test_other_experiment_of_that_name_is_replaced_only_if_so_wanted(
    dock, open_files, save_as, sample, tmp_path, monkeypatch
):
    open_files(sample.movie)
    add_row(dock.session)
    folder = tmp_path / "wire.insitu"
    save_as(folder)
    dock.session.experiment.folder = None
    add_row(dock.session)
    monkeypatch.setattr(saver, "ask_replace_folder", lambda *_: False)
    save_as(folder)
    assert len(load_experiment(folder).document.records) == 1
    monkeypatch.setattr(saver, "ask_replace_folder", lambda *_: True)
    save_as(folder)
    assert len(load_experiment(folder).document.records) == 2


def test_full_disk_keeps_edits_unsaved_and_the_old_files(
    qtbot, dock, open_files, save_as, sample, tmp_path, monkeypatch
):
    open_files(sample.movie)
    add_row(dock.session)
    folder = tmp_path / "wire.insitu"
    save_as(folder)
    add_row(dock.session)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("napari_insitu_tem.io.saving.atomic_folder.write_synced", full)
    monkeypatch.setattr(atomic, "write_synced", full)
    dock.buttons.save_button.click()
    qtbot.waitUntil(lambda: not dock.busy.is_busy)
    monkeypatch.undo()
    assert dock.session.has_unsaved_edits
    assert any("wire.insitu was not saved: the disk is full" in e for e in errors())
    assert len(load_experiment(folder).document.records) == 1


def test_edits_made_while_it_is_saved_stay_unsaved(
    qtbot, dock, open_files, sample, tmp_path, monkeypatch
):
    open_files(sample.movie)
    add_row(dock.session)
    began, go_on = threading.Event(), threading.Event()
    write = saver.save_experiment

    def slow(*args, **options):
        began.set()
        go_on.wait(10)
        return write(*args, **options)

    monkeypatch.setattr(saver, "save_experiment", slow)
    monkeypatch.setattr(saver, "ask_experiment_name", lambda *_: tmp_path / "wire")
    dock.buttons.save_as_button.click()
    assert began.wait(10)
    add_row(dock.session)
    go_on.set()
    qtbot.waitUntil(lambda: not dock.busy.is_busy)
    assert dock.session.has_unsaved_edits
    assert len(load_experiment(tmp_path / "wire.insitu").document.records) == 1


@pytest.mark.parametrize("fate", ["save", "discard", "cancel"])
def test_unsaved_edits_are_asked_about_before_they_are_replaced(
    qtbot, dock, open_files, save_as, sample, tmp_path, monkeypatch, fate
):
    open_files(sample.movie)
    folder = tmp_path / "wire.insitu"
    save_as(folder)
    record = add_row(dock.session)
    asked = []

    def answer(parent, name):
        asked.append(name)
        return fate

    monkeypatch.setattr(asker, "ask_fate_of_edits", answer)
    before = dock.session.experiment
    dock.opener.open([sample.experiment])
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)
    assert asked == ["wire"]
    assert (dock.session.experiment is before) == (fate == "cancel")
    saved = record.id in load_experiment(folder).document.records
    assert saved == (fate == "save")


def test_moved_movie_is_asked_for(
    qtbot, dock, open_files, save_as, sample, tmp_path, monkeypatch
):
    movie = tmp_path / "wire.ome.tif"
    movie.write_bytes(sample.movie.read_bytes())
    open_files(movie)
    save_as(tmp_path / "exp.insitu")
    (tmp_path / "away").mkdir()
    moved = movie.rename(tmp_path / "away" / "renamed.ome.tif")
    monkeypatch.setattr(asker, "ask_to_locate", lambda _, path: path == movie)
    monkeypatch.setattr(asker, "ask_moved_file", lambda *_: moved)
    dock.opener.open([tmp_path / "exp.insitu"])
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)
    assert dock.session.experiment.movie("wire").paths == (moved,)


def test_experiment_opens_without_a_file_that_nobody_finds(
    qtbot, dock, open_files, save_as, sample, tmp_path, monkeypatch
):
    movie = tmp_path / "wire.ome.tif"
    movie.write_bytes(sample.movie.read_bytes())
    open_files(movie)
    record = add_row(dock.session)
    save_as(tmp_path / "exp.insitu")
    movie.unlink()
    monkeypatch.setattr(asker, "ask_to_locate", lambda *_: False)
    dock.opener.open([tmp_path / "exp.insitu"])
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)
    assert names(dock) == ([], [])
    assert record.id in dock.session.document.records
    assert "wire" in dock.status.text()


# -- following -------------------------------------------------------------------------


def test_two_movies_can_be_told_apart_and_chosen(dock):
    session = dock.session
    assert not dock.movie_row.isVisibleTo(dock)
    session.add_movie(stamped_movie("first"))
    session.add_movie(stamped_movie("second", pixel_size_nm=None))
    assert dock.movie_row.isVisibleTo(dock)
    dock.movie_box.setCurrentText("second")
    dock.movie_box.activated.emit(1)
    assert session.playhead.movie == "second"
    assert dock.scale.state.text().startswith("Uncalibrated")
    session.go_to(0, "first")
    assert dock.movie_box.currentText() == "first"
    assert dock.scale.state.text() == "0.5 nm/px (given)"


def test_scrubbing_redraws_nothing_in_the_dock(dock, monkeypatch):
    dock.session.add_movie(stamped_movie())
    redrawn = []
    for section in (dock.scale, dock.alignment, dock.files):
        monkeypatch.setattr(section, "refresh", lambda: redrawn.append(1))
    for frame in range(10):
        dock.session.go_to(frame)
    assert redrawn == []


def test_colours_follow_the_theme(viewer, dock):
    viewer.theme = "dark"
    dark = dock.styleSheet()
    viewer.theme = "light"
    assert dock.styleSheet() != dark


def test_dock_is_there_once_and_nothing_is_wider_than_it(viewer, dock):
    assert show_dock(viewer, "Experiment") is dock
    dock.session.add_movie(stamped_movie("a name that is much longer than the dock"))
    width = dock.scroll.widget().minimumSizeHint().width()
    assert width + dock.scroll.verticalScrollBar().sizeHint().width() <= (
        dock.minimumWidth()
    )
    assert dock.minimumWidth() <= dock.sizeHint().width()


def test_a_long_name_in_a_message_is_not_cut_off(qtbot, viewer, dock):
    dock.session.say("Opened jdb11-1_c3_gcpl_5cycles_2V-3p8V_C-24_data_C09.")
    assert dock.status.minimumSizeHint().width() <= dock.sizeHint().width()
    assert "C-24_data" in dock.status.text().replace("\u200b", "")


def test_a_dock_that_was_closed_hears_nothing_any_more(qtbot, viewer, dock):
    session = link_of(viewer).session
    with qtbot.waitSignal(dock.destroyed):
        viewer.window.remove_dock_widget(dock)
        dock.deleteLater()
    session.add_movie(stamped_movie())
    session.say("Nobody is left to hear this.")


def test_another_dataset_of_a_file(qtbot, dock, viewer, open_files, save_as, tmp_path):
    path = tmp_path / "wire.tif"
    data = np.arange(6 * 2 * 30 * 40, dtype="u2").reshape(6, 2, 30, 40)
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TCYX"})
    open_files(path)
    box = dock.files.cards[0].dataset
    assert [box.itemText(i) for i in range(box.count())] == [
        "channel 1, 6 × 30 × 40, uint16",
        "channel 2, 6 × 30 × 40, uint16",
    ]
    add_row(dock.session, frame=2)

    box.showPopup()
    qtbot.keyClick(box.view(), Qt.Key.Key_Down)
    qtbot.keyClick(box.view(), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dock.session.movie.dataset == "channel 2", timeout=5000)
    assert dock.files.cards[0].dataset.currentText().startswith("channel 2")
    layer = link_of(viewer).movie_layer("wire")
    np.testing.assert_array_equal(layer.data[3], data[3, 1])
    images = [one for one in viewer.layers if one.name.startswith("wire")]
    assert images[0] is layer
    assert dock.status.text().startswith("wire is channel 2 now. Its rows were kept")

    dock.session.undo()
    assert dock.files.cards[0].dataset.currentText().startswith("channel 1")
    np.testing.assert_array_equal(
        link_of(viewer).movie_layer("wire").data[3], data[3, 0]
    )
    dock.session.redo()
    save_as(tmp_path / "x.insitu")
    open_files(tmp_path / "x.insitu")
    assert dock.files.cards[0].dataset.currentText().startswith("channel 2")
    assert len(dock.session.document.records) == 1


def test_a_dataset_that_cannot_be_read_any_more(qtbot, dock, open_files, tmp_path):
    path = tmp_path / "wire.tif"
    data = np.zeros((6, 2, 30, 40), "u2")
    tifffile.imwrite(path, data, imagej=True, metadata={"axes": "TCYX"})
    open_files(path)
    path.unlink()
    box = dock.files.cards[0].dataset
    box.activated.emit(1)
    qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=5000)
    assert "does not exist" in dock.status.text()
    assert box.currentText().startswith("channel 1")
    assert dock.session.movie.dataset == "channel 1"
