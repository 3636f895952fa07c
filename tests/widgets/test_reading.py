"""File > Open, drag and drop and File > Open Sample lead to the same experiment."""

from __future__ import annotations

import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtWidgets import QDialog

from napari_insitu_tem.layers.docks import PLUGIN, show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.samples import SAMPLES, find_sample
from napari_insitu_tem.widgets.dialogs import asker
from napari_insitu_tem.widgets.dialogs.mapping import MappingDialog


@pytest.fixture
def viewer(make_napari_viewer):
    notification_manager.records.clear()
    return make_napari_viewer()


@pytest.fixture
def sample():
    return find_sample("si_nanowire")


def opened(viewer):
    experiment = link_of(viewer).session.experiment
    return [m.name for m in experiment.movies], [t.name for t in experiment.traces]


def drop(viewer, *paths):
    """What napari does with files that are dropped on its window."""
    viewer.window._qt_viewer._qt_open(
        [str(path) for path in paths], stack=False, choice_dialog=False, plugin=PLUGIN
    )


def test_movie_and_record_dropped_together_are_one_experiment(viewer, sample):
    drop(viewer, sample.movie, sample.trace)
    assert opened(viewer) == (["si_nanowire"], ["si_nanowire_CP"])
    assert link_of(viewer).session.experiment.alignment().method == "stamps"
    docks = set(viewer.window.dock_widgets)
    assert {f"Timeline ({PLUGIN})", f"Experiment ({PLUGIN})"} <= docks


@pytest.mark.parametrize("order", [("movie", "trace"), ("trace", "movie")])
def test_one_after_the_other_is_the_same(viewer, sample, order):
    for what in order:
        drop(viewer, getattr(sample, what))
    assert opened(viewer) == (["si_nanowire"], ["si_nanowire_CP"])
    assert link_of(viewer).session.experiment.alignment().method == "stamps"


def test_viewer_open_gives_the_layer_of_a_movie(viewer, sample):
    (layer,) = viewer.open(sample.movie, plugin=PLUGIN)
    assert layer.name == "si_nanowire"
    assert link_of(viewer).movie_layer("si_nanowire") is layer


def test_dropped_experiment_comes_with_its_measurements(viewer, sample):
    drop(viewer, sample.experiment)
    assert opened(viewer)[0] == ["si_nanowire"]
    assert len(link_of(viewer).session.document.of_kind("expansion")) > 5


@pytest.mark.parametrize("key", SAMPLES)
def test_every_sample_opens_from_the_menu(viewer, key):
    viewer.open_sample(PLUGIN, key)
    assert opened(viewer)[0] == [key]
    session = link_of(viewer).session
    kind = {"si_nanowire": "expansion", "sei_liquid_cell": "sei"}[key]
    assert len(link_of(viewer).annotation_layer(kind, key).layer.data) > 5
    assert not session.has_unsaved_edits


def test_bad_file_is_a_sentence_that_names_it(viewer, tmp_path):
    bad = tmp_path / "empty.mpt"
    bad.write_bytes(b"EC-Lab ASCII FILE\nNb header lines : 3\n\n")
    drop(viewer, bad)
    (notice,) = notification_manager.records
    assert notice.message.startswith("empty.mpt")
    assert "Traceback" not in notice.message
    assert opened(viewer) == ([], [])


def test_dropped_table_with_uncertain_columns_is_asked_about(
    viewer, tmp_path, monkeypatch
):
    monkeypatch.setenv("NAPARI_INSITU_TEM_CONFIG", str(tmp_path / "settings"))
    table = tmp_path / "run.txt"
    table.write_text("t;Wert\n" + "".join(f"{i};{i}\n" for i in range(20)))

    def fill_in(dialog):
        dialog.roles["potential_V"].column.setCurrentText("Wert")
        return QDialog.DialogCode.Accepted

    monkeypatch.setattr(MappingDialog, "exec", fill_in)
    drop(viewer, table)
    assert opened(viewer) == ([], ["run"])


def test_dropped_experiment_does_not_take_unsaved_work_away(
    viewer, sample, monkeypatch
):
    drop(viewer, sample.experiment)
    session = link_of(viewer).session
    before = session.experiment
    row = session.document.of_kind("expansion")[0].id
    session.edit("delete row", session.document.without_records([row]))
    monkeypatch.setattr(asker, "ask_fate_of_edits", lambda *_: "cancel")
    drop(viewer, sample.experiment)
    assert session.experiment is before
    assert not notification_manager.records
    assert "cancelled" in show_dock(viewer, "Experiment").status.text()
