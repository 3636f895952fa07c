"""A step through the movie makes no work that the step before has done already."""

from __future__ import annotations

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QObject
from qtpy.QtWidgets import QApplication
from vispy.visuals.shaders.program import ModularProgram

from hands import make_movie, make_trace
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline import TimelineWidget

LINE = Geometry.of("line", [(30.0, 20.0), (60.0, 20.0)])


class Compositions(QObject):
    """Counts how often a window is composed."""

    def __init__(self, window):
        super().__init__()
        self.count = 0
        window.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.count += event.type() == QEvent.Type.UpdateRequest
        return False


@pytest.fixture
def measured():
    """A diameter on every frame."""
    experiment = Experiment(make_movie(), make_trace()).align(offset_s=0.0)
    experiment.document = experiment.document.with_records(
        Record.new(
            "expansion",
            object="wire",
            movie="wire",
            frame=frame,
            geometry=LINE,
            attributes={"quantity": "diameter"},
        )
        for frame in range(10)
    )
    return experiment


def settle():
    for _ in range(5):
        QApplication.processEvents()


def test_all_lanes_move_their_playhead_in_one_composition(qtbot, measured):
    session = Session(measured)
    timeline = TimelineWidget(session)
    qtbot.addWidget(timeline)
    timeline.resize(900, 500)
    timeline.show()
    settle()
    assert len(timeline.stack.shown_rows) >= 4
    compositions = Compositions(timeline)
    session.go_to(5)
    settle()
    # One for the playheads, one for the readings, which may come later.
    assert 1 <= compositions.count <= 2


def test_shapes_keep_their_shaders(make_napari_viewer, measured, monkeypatch):
    viewer = make_napari_viewer(show=True)
    link = link_of(viewer)
    link.session.open(measured)
    layer = link.annotation_layer("expansion", "wire").layer
    node = viewer.window._qt_viewer.canvas.layer_to_visual[layer].node
    meshes = {id(m.view_program) for m in (node.shape_faces, node.shape_highlights)}
    built = []
    build = ModularProgram._build

    def counted(program):
        built.append(id(program))
        return build(program)

    monkeypatch.setattr(ModularProgram, "_build", counted)
    viewer.dims.set_current_step(0, 1)
    viewer.screenshot(flash=False)
    built.clear()
    viewer.dims.set_current_step(0, 2)
    viewer.screenshot(flash=False)
    assert not meshes & set(built)


def test_a_shape_is_drawn_in_its_own_colour_on_every_frame(
    make_napari_viewer, measured
):
    """Shaders that are kept still show new vertices and colours."""
    viewer = make_napari_viewer(show=True)
    link = link_of(viewer)
    link.session.open(measured)
    layer = link.annotation_layer("expansion", "wire").layer
    layer.text.visible = False
    for colour in ("#ff0000", "#00ff00"):
        layer.edge_color = colour
        for frame in (3, 4):
            viewer.dims.set_current_step(0, frame)
            shot = viewer.screenshot(flash=False)[..., :3].astype(int)
            wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
            assert (abs(shot - wanted).max(axis=-1) < 60).sum() > 50


def test_a_table_is_made_once_for_all_who_ask(measured):
    session = Session(measured)
    first = session.table("expansion")
    assert session.table("expansion") is first
    (key, *_) = session.document.records
    session.edit("delete", session.document.without_records([key]))
    assert len(session.table("expansion")) == len(first) - 1
    session.undo()
    assert len(session.table("expansion")) == len(first)
    session.remove_trace("record")
    assert session.table("expansion")["potential_V"].isna().all()
