"""Drawing and correcting shapes."""

from __future__ import annotations

import numpy as np
import pytest

from hands import click, drag
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.state.pen import move_vertex


def rows(session, kind):
    """Records of a kind."""
    return session.document.of_kind(kind)


def test_a_dragged_line_is_a_row_with_value_time_and_signals(session, pen_of):
    session.go_to(4)
    drag(pen_of("expansion"), (20.0, 10.0), (20.0, 70.0))
    table = session.table("expansion")
    row = table.iloc[0]
    assert row["value"] == pytest.approx(30.0)
    assert row["unit"] == "nm"
    assert row["frame"] == 4
    assert row["time_s"] == pytest.approx(2.0)
    assert row["potential_V"] == pytest.approx(0.22, abs=1e-6)
    assert row["current_A"] == pytest.approx(1e-9)
    assert row["method"] == "manual"
    assert session.selection == {row["id"]}


def test_two_clicks_draw_a_line_like_a_drag_does(session, pen_of):
    click(pen_of("expansion"), (20.0, 10.0), (20.0, 70.0))
    (record,) = rows(session, "expansion")
    assert record.geometry.parts[0] == ((20.0, 10.0), (20.0, 70.0))


def test_a_click_alone_makes_no_row(session, pen_of):
    pen = pen_of("expansion")
    click(pen, (20.0, 10.0))
    assert pen.cancel()
    assert rows(session, "expansion") == ()
    assert session.history.undo_label == ""


def test_numbers_follow_while_the_line_is_dragged(session, pen_of):
    pen = pen_of("expansion")
    pen.press((20.0, 10.0), 3.0)
    pen.move((20.0, 30.0), 3.0, is_pressed=True)
    assert session.table("expansion")["value"].iloc[0] == pytest.approx(10.0)
    pen.move((20.0, 50.0), 3.0, is_pressed=True)
    assert session.table("expansion")["value"].iloc[0] == pytest.approx(20.0)
    assert session.history.undo_label == ""
    pen.release((20.0, 50.0), 3.0)
    assert session.history.undo_label == "draw diameter"


def test_drawing_again_on_a_frame_is_a_repeat(session, pen_of):
    pen = pen_of("expansion")
    drag(pen, (20.0, 10.0), (20.0, 70.0))
    drag(pen, (30.0, 10.0), (30.0, 71.0))
    assert len(rows(session, "expansion")) == 2


def test_dragging_an_end_moves_it_as_one_step(session, pen_of):
    pen = pen_of("expansion")
    drag(pen, (20.0, 10.0), (20.0, 70.0))
    drag(pen, (21.0, 69.0), (20.0, 90.0))
    (record,) = rows(session, "expansion")
    assert record.geometry.parts[0][1] == (20.0, 90.0)
    assert session.undo() == "move diameter"
    assert rows(session, "expansion")[0].geometry.parts[0][1] == (20.0, 70.0)
    assert session.undo() == "draw diameter"
    assert rows(session, "expansion") == ()


def test_a_grip_that_does_not_move_changes_nothing(session, pen_of):
    pen = pen_of("expansion")
    drag(pen, (20.0, 10.0), (20.0, 70.0))
    pen.press((20.0, 70.0), 3.0)
    pen.release((20.0, 70.0), 3.0)
    assert session.history.undo_label == "draw diameter"


def test_a_polyline_ends_by_a_click_on_its_last_point(session, pen_of):
    session.toolbox.change("expansion", quantity="length", shape="path")
    click(pen_of("expansion"), (20.0, 10.0), (20.0, 40.0), (50.0, 40.0), (50.0, 40.0))
    (record,) = rows(session, "expansion")
    assert record.geometry.shape == "path"
    assert session.table("expansion")["value"].iloc[0] == pytest.approx(30.0)


def test_a_polygon_closes_on_its_first_point(session, pen_of):
    session.toolbox.change("expansion", quantity="area", shape="polygon")
    corners = [(10.0, 10.0), (10.0, 50.0), (40.0, 50.0), (40.0, 10.0)]
    click(pen_of("expansion"), *corners, corners[0])
    row = session.table("expansion").iloc[0]
    assert row["value"] == pytest.approx(30 * 40 * 0.25)
    assert row["unit"] == "nm2"


def test_an_ellipse_fills_the_dragged_box(session, pen_of):
    session.toolbox.change("expansion", quantity="area", shape="ellipse")
    drag(pen_of("expansion"), (10.0, 10.0), (50.0, 30.0))
    row = session.table("expansion").iloc[0]
    assert row["value"] == pytest.approx(np.pi * 20 * 10 * 0.25)


def test_a_repeat_may_begin_at_the_ends_of_the_first(session, pen_of):
    pen = pen_of("expansion")
    said = []
    session.message.connect(said.append)
    for _ in range(3):
        pen.press((20.0, 10.0), 3.0, is_new=True)
        pen.move((20.0, 71.0), 3.0, is_pressed=True)
        pen.release((20.0, 71.0), 3.0)
    assert len(rows(session, "expansion")) == 3
    assert said == []
    drag(pen, (20.0, 10.0), (20.0, 15.0))
    assert len(rows(session, "expansion")) == 3
    assert "hold Ctrl" in said[-1]


def test_two_boundaries_make_one_sei_row(session, pen_of):
    pen = pen_of("sei")
    click(pen, (40.0, 10.0), (40.0, 60.0))
    assert pen.finish() is None
    click(pen, (30.0, 10.0), (30.0, 60.0))
    assert pen.finish() is not None
    row = session.table("sei").iloc[0]
    assert row["thickness_mean_nm"] == pytest.approx(5.0, abs=1e-6)
    assert len(rows(session, "sei")) == 1
    assert session.undo() == "draw SEI"
    assert rows(session, "sei") == ()


def test_holding_the_button_traces_a_boundary_freehand(session, pen_of):
    pen = pen_of("sei")
    pen.press((40.0, 10.0), 3.0)
    for x in range(12, 80, 2):
        pen.move((40.0, float(x)), 3.0, is_pressed=True)
    pen.release((40.0, 78.0), 3.0)
    pen.finish()
    click(pen, (30.0, 10.0), (30.0, 78.0))
    record = pen.finish()
    assert record is not None
    assert len(record.geometry.parts[0]) > 5


def test_a_front_is_put_on_its_path(session, pen_of):
    session.toolbox.change("path", object="path 1")
    pen = pen_of("path")
    click(pen, (48.0, 5.0), (48.0, 120.0))
    pen.finish()
    click(pen_of("front"), (52.0, 45.0))
    row = session.table("front").iloc[0]
    assert row["value"] == pytest.approx(20.0)
    assert row["path"] == "path 1"
    assert row["geometry"] == "POINT (45.0 48.0)"


def test_a_click_far_from_the_path_says_so_and_places_nothing(session, pen_of):
    said = []
    session.message.connect(said.append)
    session.toolbox.change("path", object="path 1")
    pen = pen_of("path")
    click(pen, (5.0, 5.0), (5.0, 120.0))
    pen.finish()
    click(pen_of("front"), (90.0, 45.0))
    assert rows(session, "front") == ()
    assert "px from the path" in said[-1]


def test_a_front_without_a_path_says_what_to_do(session, pen_of):
    said = []
    session.message.connect(said.append)
    click(pen_of("front"), (48.0, 45.0))
    assert rows(session, "front") == ()
    assert "Draw the path" in said[-1]


def test_a_shape_begun_on_another_frame_is_dropped(session, pen_of):
    session.toolbox.change("expansion", quantity="length", shape="path")
    pen = pen_of("expansion")
    click(pen, (20.0, 10.0), (20.0, 40.0))
    session.go_to(3)
    click(pen, (60.0, 10.0), (60.0, 40.0), (60.0, 40.0))
    (record,) = rows(session, "expansion")
    assert record.frame == 3
    assert len(record.geometry.parts[0]) == 2


def test_escape_gives_back_the_document_as_it_was(session, pen_of):
    before = session.document
    pen = pen_of("sei")
    click(pen, (40.0, 10.0), (40.0, 60.0))
    assert pen.cancel()
    assert session.document is before


def test_without_a_name_for_the_object_nothing_is_drawn(session, pen_of):
    said = []
    session.message.connect(said.append)
    session.toolbox.change("expansion", object=" ")
    drag(pen_of("expansion"), (20.0, 10.0), (20.0, 70.0))
    assert rows(session, "expansion") == ()
    assert said[-1] == "Name the object that is measured."


@pytest.mark.parametrize("part", [0, 1])
@pytest.mark.parametrize("vertex", [0, 1])
def test_an_ellipse_keeps_its_centre_when_an_axis_is_dragged(part, vertex):
    ellipse = Geometry.of("ellipse", [[0, 10], [40, 10]], [[20, 0], [20, 20]])
    moved = move_vertex(ellipse, part, vertex, (50.0, 40.0))
    for axis in (0, 1):
        assert moved.array(axis).mean(axis=0) == pytest.approx([20, 10])
    assert moved.parts[part][vertex] == pytest.approx((50.0, 40.0))
    other = moved.array(1 - part)
    assert np.hypot(*(other[1] - other[0])) == pytest.approx((20.0, 40.0)[part])
    first = moved.array(part)
    assert (first[1] - first[0]) @ (other[1] - other[0]) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("ends", ["finish", "cancel"])
def test_what_to_draw_next_is_not_said_once_it_is_drawn(session, pen_of, ends):
    said = []
    session.message.connect(said.append)
    pen = pen_of("sei")
    click(pen, (20.0, 10.0), (20.0, 60.0))
    pen.finish()
    assert "outer" in said[-1]
    click(pen, (30.0, 10.0), (30.0, 60.0))
    getattr(pen, ends)()
    assert len(rows(session, "sei")) == (ends == "finish")
    assert "outer" not in said[-1]
