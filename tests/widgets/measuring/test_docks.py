"""What a user sees and does in the measuring docks."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import Qt

from hands import click, drag
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.widgets.measuring.events import EventsDock
from napari_insitu_tem.widgets.measuring.expansion import ExpansionDock
from napari_insitu_tem.widgets.measuring.front import FrontDock
from napari_insitu_tem.widgets.measuring.sei import SeiDock


@pytest.fixture
def dock_of(opened, qtbot):
    """Make a dock of a class in the opened window."""

    def make(kind):
        dock = kind(opened.viewer)
        qtbot.addWidget(dock)
        return dock

    return make


def press(qtbot, button):
    """Click a button."""
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_draw_measure_copy_undo(opened, dock_of, qtbot):
    dock = dock_of(ExpansionDock)
    session, bar = opened.session, dock.actions_bar
    press(qtbot, bar.draw)
    assert session.toolbox.active == "expansion"
    drag(opened.pen(), (20.0, 10.0), (20.0, 70.0))
    assert "30" in dock.row_view._text.text()
    assert "0.00 s" in dock.row_view._text.text()
    press(qtbot, bar.forward)
    assert session.playhead.frame == 1
    assert len(session.document.of_kind("expansion")) == 2
    assert bar.undo.toolTip() == "Undo draw diameter (Ctrl+Z)"
    press(qtbot, bar.undo)
    assert len(session.document.of_kind("expansion")) == 1
    press(qtbot, bar.redo)
    assert len(session.document.of_kind("expansion")) == 2
    session.select([session.document.of_kind("expansion")[0].id])
    press(qtbot, bar.delete)
    assert len(session.document.of_kind("expansion")) == 1


def test_quantity_and_volume_model_decide_what_can_be_drawn(opened, dock_of):
    dock = dock_of(ExpansionDock)
    tool = lambda: opened.session.toolbox["expansion"]  # noqa: E731
    dock.parameters["quantity"].value = "area"
    assert dock.parameters["shape"].choices == ("polygon", "ellipse")
    dock.parameters["shape"].value = "ellipse"
    assert tool().drawn_shape == "ellipse"
    dock.parameters["quantity"].value = "volume"
    dock.parameters["volume_model"].value = "cylinder"
    assert dock.parameters["shape"].choices == ("line",)
    assert (tool().get("quantity"), tool().get("volume_model")) == (
        "volume",
        "cylinder",
    )


def test_two_docks_of_a_kind_show_the_same_settings(dock_of):
    first, second = dock_of(ExpansionDock), dock_of(ExpansionDock)
    first.parameters["stride"].value = 4
    first.parameters["quantity"].value = "length"
    assert second.parameters["stride"].value == 4
    assert second.parameters["quantity"].value == "length"


def test_the_reference_is_taken_added_and_reset(opened, dock_of):
    dock = dock_of(ExpansionDock)
    session = opened.session
    session.go_to(2)
    dock.reference.take.click()
    session.go_to(5)
    dock.reference.add.click()
    assert session.document.object_settings("object 1").reference_frames == (2, 5)
    assert "frames 2, 5" in dock.reference._text.text()
    session.undo()
    assert "frame 2" in dock.reference._text.text()


def test_a_new_object_is_typed(opened, dock_of, qtbot):
    dock = dock_of(ExpansionDock)
    dock.object_box.setEditText("NW-B")
    qtbot.keyClick(dock.object_box.lineEdit(), Qt.Key.Key_Return)
    assert opened.session.toolbox["expansion"].object == "NW-B"
    drag_on = opened.session
    drag_on.toolbox.activate("expansion")
    drag(opened.pen(), (20.0, 10.0), (20.0, 70.0))
    assert drag_on.document.of_kind("expansion")[0].object == "NW-B"


def test_a_row_is_given_to_another_object_and_commented(opened, dock_of, qtbot):
    dock = dock_of(ExpansionDock)
    session = opened.session
    session.toolbox.activate("expansion")
    drag(opened.pen(), (20.0, 10.0), (20.0, 70.0))
    dock.row_view._comment.setText("bent")
    dock.row_view._comment.editingFinished.emit()
    dock.row_view._object.name_changed.emit("NW-C")
    (record,) = session.document.of_kind("expansion")
    assert (record.comment, record.object) == ("bent", "NW-C")
    assert session.undo() == "give row to NW-C"
    assert session.undo() == "edit comment"


def test_a_path_then_fronts(opened, dock_of, qtbot):
    dock = dock_of(FrontDock)
    session = opened.session
    assert not dock.actions_bar.draw.isEnabled()
    press(qtbot, dock.draw_path)
    click(opened.pen(), (48.0, 5.0), (48.0, 120.0))
    opened.pen().finish()
    assert dock.path_box.name == "path 1"
    press(qtbot, dock.actions_bar.draw)
    for frame, x in ((0, 15.0), (1, 25.0), (2, 35.0)):
        session.go_to(frame)
        click(opened.pen(), (48.0, x))
    assert "velocity 10" in dock.row_view._text.text()
    dock.width_box.setValue(21)
    assert session.document.of_kind("path")[0].get("width_px") == 21


def test_sei_boundaries(opened, dock_of, qtbot):
    dock = dock_of(SeiDock)
    press(qtbot, dock.actions_bar.draw)
    assert "inner" in dock.hint.text()
    pen = opened.pen()
    click(pen, (40.0, 10.0), (40.0, 60.0))
    pen.finish()
    dock.refresh()
    assert "outer" in dock.hint.text()
    click(pen, (30.0, 10.0), (30.0, 60.0))
    pen.finish()
    assert "coverage" in dock.row_view._text.text()


@pytest.mark.parametrize("kind", [ExpansionDock, FrontDock, SeiDock])
def test_the_width_that_snapping_averages_over_is_chosen(dock_of, opened, kind):
    dock = dock_of(kind)
    box = dock.parameters["width"]
    assert box.value == 9
    box.value = 21
    assert opened.session.toolbox[dock.kind].width == 21


def test_a_line_across_a_coated_wire(opened, dock_of, qtbot):
    dock = dock_of(SeiDock)
    opened.session.open(Experiment(coated_movie()))
    shape, width = dock.parameters["shape"], dock.parameters["width"]
    shape.value, width.value = "line", 31
    assert dock.actions_bar.draw.text() == "Draw line"
    assert not dock.parameters["core"].enabled
    press(qtbot, dock.actions_bar.draw)
    drag(opened.pen(), (20.0, 60.0), (80.0, 60.0))
    text = dock.row_view._text.text()
    assert "t/r 0.2" in text
    assert "core radius 1" in text
    assert text.count("&plusmn;") == 3
    (record,) = opened.session.document.of_kind("sei")
    assert record.get("width_px") == 31
    shape.value = "band"
    assert dock.actions_bar.draw.text() == "Draw boundaries"
    assert dock.parameters["core"].enabled


def coated_movie() -> Movie:
    """A core of 24 px with a shell of 6 px, of 0.5 nm, with its axis at y = 50."""
    away = np.arange(100.0)[:, None] - 50
    core, outer = (2 * np.sqrt(np.maximum(r**2 - away**2, 0)) for r in (24.0, 30.0))
    mean = 500 * np.exp(-core / 90 - (outer - core) / 45) * np.ones((1, 128))
    frames = np.random.default_rng(2).poisson(mean, (2, 100, 128))
    return Movie.from_array(frames.astype(np.uint16), name="wire", pixel_size_nm=0.5)


def test_events_are_marked_begun_and_ended(opened, dock_of, qtbot):
    dock = dock_of(EventsDock)
    session, table = opened.session, dock.vocabulary
    press(qtbot, table.cellWidget(3, 2))
    assert session.document.of_kind("event")[0].get("label") == "crack"
    press(qtbot, table.cellWidget(4, 3))
    assert table.cellWidget(4, 3).text() == "End"
    session.go_to(6)
    press(qtbot, table.cellWidget(4, 3))
    assert table.cellWidget(4, 3).text() == "Begin"
    assert session.document.of_kind("event")[1].get("end_frame") == 6


def test_the_vocabulary_is_edited_in_place(opened, dock_of):
    dock = dock_of(EventsDock)
    session = opened.session
    dock._add()
    last = len(session.document.vocabulary) - 1
    dock.vocabulary.item(last, 0).setText("dendrite")
    dock.vocabulary.item(last, 1).setText("F9")
    term = session.document.vocabulary[-1]
    assert (term.label, term.key) == ("dendrite", "F9")
    dock.vocabulary.item(last, 0).setText("crack")
    assert session.document.vocabulary[-1].label == "dendrite"
    assert dock.vocabulary.item(last, 0).text() == "dendrite"
    dock.vocabulary.setCurrentCell(last, 0)
    dock._remove()
    assert len(session.document.vocabulary) == last


def test_without_a_movie_the_docks_say_nothing_can_be_drawn(make_napari_viewer, qtbot):
    viewer = make_napari_viewer()
    for kind in (ExpansionDock, FrontDock, SeiDock, EventsDock):
        dock = kind(viewer)
        qtbot.addWidget(dock)
        assert not dock.actions_bar.draw.isEnabled()


def test_a_closed_dock_leaves_the_session_working(opened, dock_of):
    dock = dock_of(ExpansionDock)
    dock.close()
    dock.deleteLater()
    opened.session.go_to(3)
    opened.session.toolbox.change("expansion", stride=2)


def test_show_table_opens_the_features_of_the_layer(opened, dock_of, qtbot):
    dock = dock_of(ExpansionDock)
    session = opened.session
    session.toolbox.activate("expansion")
    drag(opened.pen(), (20.0, 10.0), (20.0, 70.0))
    session.go_to(4)
    drag(opened.pen(), (20.0, 10.0), (20.0, 80.0))
    dock._show_table()
    table = opened.viewer.window.dock_widgets["Features table widget (napari)"]
    table.table.selectRow(0)
    assert session.playhead.frame == 0
    session.select([session.document.of_kind("expansion")[1].id])
    rows = {i.row() for i in table.table.selectionModel().selectedRows()}
    assert rows == {1}
