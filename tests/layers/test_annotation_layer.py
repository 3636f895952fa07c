"""A napari layer as the view of the table, and napari's own tools as edits."""

from __future__ import annotations

import numpy as np
import pytest

from napari_insitu_tem.layers.annotation_layer import AnnotationLayer
from napari_insitu_tem.model.beam import Beam
from napari_insitu_tem.model.columns import KINDS
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record


def diameter(frame: int, end: float = 50.0, **fields) -> Record:
    """A line from (20, 10) to (20, `end`)."""
    return Record.new(
        "expansion",
        object="NW-A",
        movie="wire",
        frame=frame,
        geometry=Geometry.of("line", [[20, 10], [20, end]]),
        attributes={"quantity": "diameter"},
        **fields,
    )


@pytest.fixture
def drawn(link) -> AnnotationLayer:
    """A layer with three rows."""
    rows = [diameter(frame) for frame in (0, 1, 2)]
    session = link.session
    session.edit("draw", session.document.with_records(rows))
    return link.annotation_layer("expansion", "wire")


def test_features_are_the_table_with_all_columns(drawn):
    features = drawn.layer.features
    assert tuple(features.columns) == KINDS["expansion"].names
    assert features["value"].tolist() == [20.0, 20.0, 20.0]
    assert features["time_s"].tolist() == [0.0, 0.5, 1.0]


def test_moving_a_shape_with_napari_is_one_undoable_step(drawn):
    layer, session = drawn.layer, drawn.session
    moved = [np.array(shape) for shape in layer.data]
    moved[1][:, 1:] += 5.0
    layer.data = [(m, "line") for m in moved]
    record = session.document.of_kind("expansion")[1]
    assert record.geometry.parts[0] == ((25.0, 15.0), (25.0, 55.0))
    assert session.undo() == "move shape"
    assert layer.data[1][:, 1:].tolist() == [[20, 10], [20, 50]]


def test_moving_makes_a_snapped_row_manual(link):
    session = link.session
    row = diameter(0, method="snapped", u_pick_px=0.1)
    session.edit("draw", session.document.with_records([row]))
    layer = link.annotation_layer("expansion", "wire").layer
    layer.data = [(np.array([[0, 20, 10], [0, 20, 60.0]]), "line")]
    (record,) = session.document.of_kind("expansion")
    assert (record.method, record.u_pick_px) == ("manual", None)


def test_moving_a_box_with_napari_measures_its_lattice_anew(link):
    session = link.session
    corners = np.array([[2, 2], [2, 60], [14, 60], [14, 2]], dtype=float)
    seen = {"spacing_px": 8.0, "u_spacing_px": 0.1, "orientation_deg": 0.0}
    row = diameter(0).changed(
        geometry=Geometry.of("polygon", corners), quantity="d_spacing", **seen
    )
    session.edit("draw", session.document.with_records([row]))
    layer = link.annotation_layer("expansion", "wire").layer
    assert layer.features["value"][0] == 4.0
    moved = np.column_stack([np.zeros(4), corners + np.array([0, 20])])
    layer.data = [(moved, "polygon")]
    (record,) = session.document.of_kind("expansion")
    assert record.get("spacing_px", None) is None
    assert record.flag == "low_contrast"
    assert np.isnan(layer.features["value"][0])


def test_deleting_with_napari_removes_the_row_and_undo_brings_it_back(drawn):
    layer, session = drawn.layer, drawn.session
    middle = layer.features["id"][1]
    layer.selected_data = {1}
    layer.remove_selected()
    assert middle not in session.document.records
    assert len(layer.data) == 2
    session.undo()
    assert sorted(layer.features["frame"]) == [0, 1, 2]
    assert len(layer.data) == 3


def test_a_shape_added_with_napari_becomes_a_row(drawn):
    layer, session = drawn.layer, drawn.session
    session.toolbox.change("expansion", object="NW-B")
    layer.add(np.array([[4, 30, 10], [4, 30, 20.0]]), shape_type="line")
    record = session.document.of_kind("expansion")[-1]
    assert (record.object, record.frame) == ("NW-B", 4)
    assert len(set(layer.features["id"])) == 4
    assert layer.features["value"].iloc[-1] == pytest.approx(5.0)


def test_a_pasted_shape_gets_an_id_of_its_own(drawn):
    layer = drawn.layer
    layer.selected_data = {0}
    layer._copy_data()
    layer._paste_data()
    drawn.pull_untold()
    assert layer.features["id"].is_unique
    assert len(drawn.session.document.records) == 4


def test_a_shape_of_the_wrong_sort_is_refused_in_words(link):
    said = []
    link.session.message.connect(said.append)
    layer = link.annotation_layer("sei", "wire").layer
    layer.add(np.array([[0, 1, 1], [0, 9, 9.0], [0, 5, 9]]), shape_type="path")
    assert len(layer.data) == 0
    assert "path is not a SEI thickness" in said[-1]


@pytest.fixture
def wire(link) -> AnnotationLayer:
    """A layer with a line across a coated wire that was measured."""
    measured = {"axis_px": 30, "core_radius_px": 20, "shell_px": 5}
    measured |= {"u_core_radius_px": 0.5, "u_shell_px": 0.6, "u_shell_over_core": 0.03}
    record = Record.new(
        "sei",
        object="W",
        movie="wire",
        frame=0,
        geometry=Geometry.of("line", [[10, 40], [70, 40]]),
        attributes={name: float(value) for name, value in measured.items()},
    )
    session = link.session
    session.edit("draw", session.document.with_records([record]))
    return link.annotation_layer("sei", "wire")


def test_the_edges_of_a_coated_wire_are_marked_on_its_line(wire):
    (shape,) = wire.layer.data
    assert shape[0].tolist() == [0, 10, 40]
    assert shape[-1].tolist() == [0, 70, 40]
    across = shape[(shape[:, 2] > 40)]
    assert across[:, 1].tolist() == [15, 20, 60, 65]  # outer, inner, inner, outer
    label = wire.layer.text.string.array[0]
    assert label == "2.50 nm, t/r 0.250"


def test_a_marked_line_that_is_moved_with_napari_is_measured_again(wire):
    layer, session = wire.layer, wire.session
    layer.data = [(layer.data[0] + [0, 3, 0], "path")]
    (record,) = session.document.of_kind("sei")
    assert record.geometry.array().tolist() == [[13, 40], [73, 40]]
    assert record.get("shell_px") != 5  # this movie shows no coated wire
    assert record.method == "manual"
    session.undo()
    assert len(layer.data[0]) == 18


def test_a_marked_line_that_is_pasted_is_a_row_of_its_own(wire):
    layer = wire.layer
    layer.selected_data = {0}
    layer._copy_data()
    layer._paste_data()
    wire.pull_untold()
    rows = wire.session.document.of_kind("sei")
    assert [row.geometry.shape for row in rows] == ["line", "line"]


def test_a_cell_typed_into_the_features_table_is_an_edit(drawn):
    drawn.layer.features.loc[1, "comment"] = "bent here"
    drawn.pull_untold()
    record = drawn.session.document.of_kind("expansion")[1]
    assert record.comment == "bent here"
    assert drawn.session.undo() == "edit table"
    assert drawn.layer.features["comment"].tolist() == ["", "", ""]


def test_selecting_a_shape_selects_its_row_and_goes_to_its_frame(drawn):
    layer, session = drawn.layer, drawn.session
    layer.selected_data = {2}
    layer.events.highlight()
    assert session.selection == {layer.features["id"][2]}
    assert session.playhead.frame == 2


def test_selecting_a_row_selects_its_shape(drawn):
    drawn.session.select([drawn.layer.features["id"][1]])
    assert set(drawn.layer.selected_data) == {1}


def test_a_vertex_dragged_live_updates_only_its_row(drawn):
    session = drawn.session
    first = session.document.of_kind("expansion")[0]
    longer = first.changed(geometry=Geometry.of("line", [[20, 10], [20, 90]]))
    session.preview(session.document.with_records([longer]))
    assert drawn.layer.features["value"].tolist() == [40.0, 20.0, 20.0]
    assert drawn.layer.data[0][1, 2] == 90
    session.cancel_preview()
    assert drawn.layer.features["value"].tolist() == [20.0, 20.0, 20.0]


def test_shapes_show_on_their_frame_and_paths_on_all(link):
    session = link.session
    path = Record.new(
        "path",
        object="path 1",
        movie="wire",
        frame=0,
        geometry=Geometry.of("line", [[1, 1], [40, 40]]),
    )
    session.edit("draw", session.document.with_records([path, diameter(3)]))
    assert link.annotation_layer("path", "wire").layer.ndim == 2
    assert link.annotation_layer("expansion", "wire").layer.data[0][0, 0] == 3


def test_a_band_keeps_its_two_boundaries_when_dragged(link):
    session = link.session
    band = Geometry.of("band", [[40, 0], [40, 90]], [[30, 0], [29, 45], [30, 90]])
    row = Record.new("sei", object="NW-A", movie="wire", frame=0, geometry=band)
    session.edit("draw", session.document.with_records([row]))
    layer = link.annotation_layer("sei", "wire").layer
    data = np.array(layer.data[0])
    data[3, 1] = 25.0
    layer.data = [(data, layer.shape_type[0])]
    (record,) = session.document.of_kind("sei")
    assert record.geometry.parts[0] == ((40.0, 0.0), (40.0, 90.0))
    assert record.geometry.parts[1] == ((30.0, 0.0), (25.0, 45.0), (30.0, 90.0))


def test_a_derived_flag_in_the_table_is_not_an_edit(link):
    session = link.session
    lost = Record.new(
        "front",
        object="NW-A",
        movie="wire",
        frame=0,
        geometry=Geometry.of("point", [[5, 5]]),
        attributes={"front": "front 1", "path": "nowhere"},
    )
    session.edit("draw", session.document.with_records([lost]))
    binding = link.annotation_layer("front", "wire")
    assert binding.layer.features["flag"][0] == "no_path"
    binding.pull_untold()
    assert session.history.undo_label == "draw"


def test_single_precision_of_napari_is_not_a_move(link):
    session = link.session
    shape = Geometry.of("line", [[2047.123456789, 0.1], [1999.987654321, 4095.7]])
    row = diameter(0).changed(geometry=shape)
    session.edit("draw", session.document.with_records([row]))
    link.annotation_layer("expansion", "wire").pull()
    assert session.history.undo_label == "draw"
    assert session.document.records[row.id].geometry is shape


def test_features_have_the_dose_where_it_is_known(link, drawn):
    before = tuple(drawn.layer.features.columns)
    beam = Beam("parallel", current_A=1.602176634e-13, area_nm2=1e4)
    session = link.session
    session.edit("set beam", session.document.with_beam("wire", beam))
    features = drawn.layer.features
    assert features["dose_rate_e_A2_s"].tolist() == pytest.approx([1.0, 1.0, 1.0])
    assert features["dose_e_A2"].tolist() == pytest.approx([0.4, 0.8, 1.2])
    assert "u_dose_e_A2" not in features  # the current's is not stated
    session.undo()
    assert tuple(drawn.layer.features.columns) == before


def test_values_are_written_to_the_digits_of_their_uncertainty(link):
    """20 nm by 10 nm: an area of which the corners are known to 1 px of 0.5 nm."""
    corners = [[10, 10], [10, 50], [30, 50], [30, 10]]
    record = Record.new(
        "expansion",
        object="NW-A",
        movie="wire",
        frame=0,
        geometry=Geometry.of("polygon", corners),
        attributes={"quantity": "area"},
    )
    session = link.session
    session.edit("draw", session.document.with_records([record]))
    layer = link.annotation_layer("expansion", "wire").layer
    row = session.table("expansion").iloc[0]
    assert row["unit"] == "nm2"
    assert 1 < row["u_value"] < 99
    assert layer.text.string.array[0].split() in (["200.0", "nm²"], ["200", "nm²"])
