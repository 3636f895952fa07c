"""Open, align, measure, undo, export, save, reopen: in the window, with the mouse."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from napari.plugins._npe2 import file_extensions_string_for_layers
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from hands import Canvas
from mouse import Mouse
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.opening import open_paths
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.samples import SAMPLES, sample_folder

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier

WIRE = sample_folder() / "si_nanowire"


def sample_files() -> list[Path]:
    """Movie and trace of the nanowire."""
    return [WIRE / "si_nanowire.ome.tif", WIRE / "si_nanowire_CP.mpt"]


def measure_three_kinds(canvas: Canvas, session) -> None:
    """Two diameters, a path with three fronts, one SEI band, one event."""
    session.toolbox.activate("expansion")
    canvas.drag((30.0, 40.0), (118.0, 40.0))
    canvas.key(Qt.Key.Key_N)
    session.toolbox.change("path", object="path 1")
    session.toolbox.activate("path")
    canvas.click((75.0, 20.0), (75.0, 200.0))
    canvas.key(Qt.Key.Key_Return)
    session.toolbox.activate("front")
    for frame, x in ((20, 80.0), (30, 100.0), (40, 120.0)):
        session.go_to(frame)
        canvas.click((75.0, x))
    session.toolbox.activate("sei")
    canvas.click((60.0, 30.0), (60.0, 100.0))
    canvas.double_click((60.0, 180.0))
    canvas.click((48.0, 30.0), (48.0, 100.0))
    canvas.double_click((48.0, 180.0))
    canvas.key(Qt.Key.Key_F5)


def test_open_align_measure_undo_export_save_reopen(
    window, canvas, qtbot, tmp_path, monkeypatch
):
    session = link_of(window).session
    dock = show_dock(window, "Experiment")
    dock.opener.open(sample_files())
    qtbot.waitUntil(lambda: session.experiment.has_trace and not dock.busy.is_busy)
    for kind in ("expansion", "front", "sei"):
        session.toolbox.change(kind, snap=False)

    align_by_an_event(window, dock, session, qtbot)
    measure_three_kinds(canvas, session)
    counts = {kind: len(table) for kind, table in session.tables().items()}
    assert counts == {"expansion": 2, "front": 3, "sei": 1, "event": 1, "path": 1}

    # Undo and redo by the usual keys, one action a step.
    before = session.document
    for _ in range(3):
        canvas.key(Qt.Key.Key_Z, CTRL)
    assert len(session.document.records) == len(before.records) - 3
    for _ in range(3):
        canvas.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert session.document.records == before.records

    tables = session.tables()
    export = show_dock(window, "Export")
    export.folder.setText(str(tmp_path / "export"))
    export.export_button.click()
    qtbot.waitUntil(lambda: (tmp_path / "export" / "datapackage.json").exists())
    plain = pd.read_csv(tmp_path / "export" / "front.csv")
    assert plain["value"].tolist() == tables["front"]["value"].tolist()
    assert plain["potential_V"].notna().all()

    monkeypatch.setattr(
        "napari_insitu_tem.widgets.experiment.saver.ask_experiment_name",
        lambda *_: tmp_path / "wire.insitu",
    )
    dock.saver.save_as()
    qtbot.waitUntil(lambda: not session.has_unsaved_edits and not dock.busy.is_busy)
    session.open(Experiment())
    assert len(window.layers) == 0
    dock.opener.open([tmp_path / "wire.insitu"])
    qtbot.waitUntil(lambda: len(session.document.records) == len(before.records))
    assert session.document.records == before.records
    assert session.experiment.alignment().method == "events"
    for kind, table in session.tables().items():
        pd.testing.assert_frame_equal(table, tables[kind])


def align_by_an_event(window, dock, session, qtbot) -> None:
    """Aligned by the start times at first; then the current's onset is marked."""
    assert session.experiment.alignment().method == "stamps"
    session.go_to(9)
    dock.alignment.marking.mark_button.click()
    assert session.is_marking
    timeline = show_dock(window, "Timeline")
    row = next(r for r in timeline.stack.rows if r.lane.kind == "current")
    mouse = Mouse(row.view)
    mouse.click(mouse.at(65.0))
    assert not session.is_marking
    alignment = session.experiment.alignment()
    assert alignment.method == "events"
    marked = float(alignment.pairs[0][1])
    assert marked == pytest.approx(65.0, abs=1.0)
    # It happened between the middles of the exposures (4 s) of frames 8 and 9.
    start = session.experiment.signals_at_frames()["time_s"]
    assert (start[8] + start[9]) / 2 + 2.0 == pytest.approx(marked)
    assert session.undo()
    assert session.experiment.alignment().method == "stamps"
    assert session.redo()


def test_three_repeats_with_the_same_ends_give_the_uncertainty(window, canvas):
    open_paths(window, sample_files())
    session = link_of(window).session
    QApplication.processEvents()
    session.toolbox.change("expansion", snap=False)
    session.toolbox.activate("expansion")
    canvas.drag((30.0, 40.0), (118.0, 40.0))
    stated = session.table("expansion")["u_value"].iloc[0]
    for end in (117.0, 119.0):
        canvas.drag((30.0, 40.0), (end, 40.0), CTRL)
    made = session.table("expansion")
    assert len(made) == 3
    scatter = made["value"].std()
    assert made["u_value"].to_numpy(float) == pytest.approx(3 * [scatter])
    assert scatter < stated
    canvas.drag((119.0, 40.0), (125.0, 40.0))
    assert len(session.table("expansion")) == 3


def test_docks_come_up_with_what_is_opened_and_only_once(window):
    open_paths(window, sample_files())
    docks = window.window.dock_widgets
    assert "Timeline (napari-insitu-tem)" in docks
    first = show_dock(window, "Expansion")
    assert show_dock(window, "Expansion") is first
    assert sum(name.startswith("Expansion") for name in docks) == 1


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_file_open_takes_movie_and_trace_in_any_order(window, order):
    files = sample_files()
    for place in order:
        window.open(str(files[place]), plugin="napari-insitu-tem")
    session = link_of(window).session
    assert [m.name for m in session.experiment.movies] == ["si_nanowire"]
    assert session.experiment.has_trace
    assert session.experiment.alignment().method == "stamps"
    assert window.layers[0].name == "si_nanowire"


@pytest.mark.parametrize("sample", list(SAMPLES))
def test_file_open_sample_shows_a_measured_experiment(window, sample):
    window.open_sample("napari-insitu-tem", sample)
    session = link_of(window).session
    assert session.document.records
    assert len(window.layers) > 1
    assert not session.has_unsaved_edits


def test_arrow_keys_stay_with_the_slider_while_drawing(window, canvas):
    open_paths(window, sample_files())
    session = link_of(window).session
    session.toolbox.activate("expansion")
    canvas.key(Qt.Key.Key_Right)
    canvas.key(Qt.Key.Key_Right)
    canvas.key(Qt.Key.Key_Left)
    assert session.playhead.frame == 1
    assert not session.document.of_kind("expansion")


def test_a_saved_layer_opens_as_the_same_rows(window, canvas, qtbot, tmp_path):
    open_paths(window, sample_files())
    session = link_of(window).session
    session.toolbox.change("expansion", snap=False)
    qtbot.wait(100)
    session.toolbox.activate("expansion")
    canvas.drag((30.0, 40.0), (118.0, 40.0))
    before = session.document
    layer = link_of(window).annotation_layer("expansion", "si_nanowire").layer
    offered, _ = file_extensions_string_for_layers([layer])
    assert offered.startswith("napari-insitu-tem")
    window.layers.selection = {layer}
    window.layers.save(str(tmp_path / "rows.csv"), selected=True)
    assert (tmp_path / "datapackage.json").exists()
    canvas.key(Qt.Key.Key_Z, CTRL)
    assert not session.document.of_kind("expansion")
    window.open(str(tmp_path / "rows.csv"), plugin="napari-insitu-tem")
    assert session.document.records.keys() == before.records.keys()
    (key,) = before.records
    assert session.document.records[key].geometry == before.records[key].geometry


def test_timeline_cyclic_view_and_docks_fit_a_small_screen(window):
    open_paths(window, sample_files())
    for name in ("Cyclic view", "Front position", "SEI thickness", "Events"):
        show_dock(window, name)
        QApplication.processEvents()
    assert window.window._qt_window.minimumSizeHint().width() <= 1366
    assert window.window._qt_window.width() <= 1366
