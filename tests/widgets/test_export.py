"""The Export dock: what is chosen is written, nothing is replaced unasked."""

from __future__ import annotations

import errno
from pathlib import Path

import pandas as pd
import pytest
from napari.utils.notifications import notification_manager

from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.opening import show_opened
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.samples import open_sample
from napari_insitu_tem.widgets import export
from stamped import stamped_movie


@pytest.fixture
def dock(make_napari_viewer):
    notification_manager.records.clear()
    viewer = make_napari_viewer()
    show_opened(viewer, open_sample("si_nanowire"))
    return show_dock(viewer, "Export")


@pytest.fixture
def write(qtbot, dock):
    def press():
        dock.export_button.click()
        qtbot.waitUntil(lambda: not dock.busy.is_busy, timeout=20_000)

    return press


def test_everything_is_written_by_default_and_said(dock, write, tmp_path):
    out = tmp_path / "tables"
    dock.folder.setText(str(out))
    write()
    names = {path.name for path in out.iterdir()}
    assert names == {
        "expansion.csv",
        "front.csv",
        "event.csv",
        "path.csv",
        "signals_at_frames_si_nanowire.csv",
        "datapackage.json",
    }
    assert str(out) in dock.result.text()
    assert "expansion.csv" in dock.result.text()


def test_only_chosen_kinds_are_written(dock, write, tmp_path):
    dock.folder.setText(str(tmp_path))
    dock.kinds["front"].setChecked(False)
    dock.kinds["path"].setChecked(False)
    write()
    assert not (tmp_path / "front.csv").exists()
    assert (tmp_path / "expansion.csv").exists()


def test_kinds_without_rows_cannot_be_chosen(dock):
    assert dock.kinds["sei"].text() == "SEI thickness (0 rows)"
    assert not dock.kinds["sei"].isEnabled()
    assert "sei" not in dock.chosen_kinds


def test_selected_range_limits_rows_and_frames(dock, write, tmp_path):
    assert not dock.selected.isEnabled()
    dock.session.set_range((60_000_000_000, 120_000_000_000))
    dock.selected.setChecked(True)
    dock.folder.setText(str(tmp_path))
    write()
    times = pd.read_csv(tmp_path / "expansion.csv")["time_s"]
    assert len(times) > 0
    assert times.between(60, 120).all()
    dock.session.set_range(None)
    assert dock.whole.isChecked()


def test_earlier_files_are_replaced_only_if_so_wanted(dock, write, tmp_path):
    dock.folder.setText(str(tmp_path))
    write()
    (tmp_path / "expansion.csv").write_text("mine")
    write()
    assert (tmp_path / "expansion.csv").read_text() == "mine"
    assert "would be overwritten" in dock.result.text()
    dock.replace.setChecked(True)
    write()
    assert (tmp_path / "expansion.csv").read_text().startswith("id,kind")


def test_full_disk_is_a_sentence_and_leaves_nothing(dock, write, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("napari_insitu_tem.io.saving.atomic_folder.write_synced", full)
    dock.folder.setText(str(tmp_path / "tables"))
    write()
    assert "the disk is full" in dock.result.text()
    assert not (tmp_path / "tables").exists()
    assert "the disk is full" in notification_manager.records[-1].message


def test_folder_is_suggested_beside_the_experiment_until_another_is_chosen(
    dock, monkeypatch, tmp_path
):
    assert dock.folder.text().endswith("si_nanowire-export")
    monkeypatch.setattr(export, "ask_folder", lambda *_: None)
    dock.choose_button.click()
    assert dock.folder.text().endswith("si_nanowire-export")
    monkeypatch.setattr(export, "ask_folder", lambda *_: tmp_path)
    dock.choose_button.click()
    dock.session.experiment.folder = Path("/data/wire.insitu")
    dock.refresh()
    assert dock.folder.text() == str(tmp_path)


def test_suggestions_for_experiments_saved_and_not():
    experiment = Experiment(stamped_movie(), name="wire")
    assert export.suggested_folder(experiment).name == "insitu-tem-export"
    experiment.folder = Path("/data/wire.insitu")
    assert export.suggested_folder(experiment) == Path("/data/wire-export")


def test_nothing_can_be_exported_from_nothing(make_napari_viewer):
    dock = show_dock(make_napari_viewer(), "Export")
    assert not dock.export_button.isEnabled()
