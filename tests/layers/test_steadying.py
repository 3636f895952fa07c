"""The canvas with the drift corrected."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.drifts import set_drift, switch_drift

SHIFT = np.array([[2.0 * t, -3.0 * t] for t in range(10)])


def drift(**more):
    shift = SHIFT.copy()
    shift[6] = np.nan
    return MovieDrift.of(shift, np.full((10, 2), 0.1), [""] * 10, **more)


def add(link, kind, shape, *parts, frame=0, **attributes):
    record = Record.new(
        kind,
        object="wire",
        movie="wire",
        frame=frame,
        geometry=Geometry.of(shape, *parts),
        attributes=attributes,
    )
    link.session.edit("add", link.session.document.with_records([record]))
    return record


def layer_of(link, kind):
    return link.annotation_layer(kind, "wire").layer


def test_frames_are_moved_back_with_their_rows(link):
    add(link, "expansion", "line", [(10, 10), (10, 30)], frame=4, quantity="length")
    set_drift(link.session, "wire", drift())
    link.session.go_to(4)
    for layer in (link.movie_layer("wire"), layer_of(link, "expansion")):
        assert layer.translate.tolist() == [0.0, -4.0, 6.0]  # 0.5 nm a pixel
    link.session.undo()
    assert link.movie_layer("wire").translate.tolist() == [0.0, 0.0, 0.0]


def test_a_frame_whose_drift_is_not_known_stays_where_the_one_before_is(link):
    set_drift(link.session, "wire", drift())
    link.session.go_to(6)
    assert link.movie_layer("wire").translate.tolist() == [0.0, -5.0, 7.5]


def test_switching_it_off_shows_the_raw_movie(link):
    set_drift(link.session, "wire", drift())
    link.session.go_to(3)
    switch_drift(link.session, "wire", False)
    assert link.movie_layer("wire").translate.tolist() == [0.0, 0.0, 0.0]


def test_the_slider_keeps_its_frame_and_its_range(link):
    steps = []
    link.viewer.dims.events.current_step.connect(lambda e: steps.append(e.value[0]))
    set_drift(link.session, "wire", drift())
    link.session.go_to(3)
    assert steps == [3]
    assert link.viewer.dims.range[0] == (0.0, 9.0, 1.0)


def test_a_path_stands_still_on_the_canvas_and_stays_raw_in_its_row(link):
    points = [(40.0, 20.0), (40.0, 100.0)]
    path = add(link, "path", "path", points, frame=2)
    layer = layer_of(link, "path")
    before = layer.data_to_world(layer.data[0][0])
    assert before == pytest.approx((20.0, 10.0))
    set_drift(link.session, "wire", drift())
    for frame in (0, 2, 7):
        link.session.go_to(frame)
        here = layer.data_to_world(layer.data[0][0])
        # Drawn on frame 2, which is shown moved by -(4, -6) px.
        assert here == pytest.approx(((40.0 - 4.0) / 2, (20.0 + 6.0) / 2))
    assert link.session.document.records[path.id].geometry == path.geometry
    switch_drift(link.session, "wire", False)
    assert layer.data_to_world(layer.data[0][0]) == pytest.approx(before)


def mouse(link, y, x):
    """An event of the mouse over a pixel of the frame that is shown."""
    frame = link.session.playhead.frame
    position = link.movie_layer("wire").data_to_world((frame, y, x))
    return SimpleNamespace(position=position, camera_zoom=1.0)


@pytest.mark.parametrize("kind", ["expansion", "path", "front"])
def test_the_pen_draws_where_the_mouse_is(link, kind):
    set_drift(link.session, "wire", drift())
    link.session.go_to(5)
    link.annotation_layer(kind, "wire")
    pen = link._pens[kind, "wire"]
    assert pen._point(mouse(link, 33.0, 44.0)) == pytest.approx((33.0, 44.0))


def test_a_vertex_of_a_path_is_taken_where_it_is_seen(link):
    path = add(link, "path", "path", [(40.0, 20.0), (40.0, 100.0)], frame=2)
    set_drift(link.session, "wire", drift())
    link.session.toolbox.activate("path")
    link.session.go_to(5)
    pen = link.pen()
    # From frame 2 to frame 5 it went by (6, -9).
    pen.press((46.0, 11.0), 2.0)
    pen.move((50.0, 11.0), 2.0, is_pressed=True)
    pen.release((50.0, 11.0), 2.0)
    moved = link.session.document.records[path.id]
    assert moved.frame == 2
    assert moved.geometry.parts == (((44.0, 20.0), (40.0, 100.0)),)


def test_a_path_moved_with_naparis_tools_is_stored_raw(link):
    path = add(link, "path", "path", [(40.0, 20.0), (40.0, 100.0)], frame=2)
    set_drift(link.session, "wire", drift())
    layer = layer_of(link, "path")
    vertices = layer.data[0] + [1.0, 0.0]
    layer.data = [vertices]
    link.annotation_layer("path", "wire").pull()
    moved = link.session.document.records[path.id].geometry
    assert np.allclose(moved.array(), [(41.0, 20.0), (41.0, 100.0)], atol=1e-5)


def test_rows_of_paths_do_not_change_by_looking(link):
    points = [(40.0, 20.0), (44.0, 60.0), (40.0, 100.0)]
    path = add(link, "path", "path", points, frame=2)
    set_drift(link.session, "wire", drift())
    link.annotation_layer("path", "wire").pull()
    assert link.session.document.records[path.id] is path


def test_the_mouse_reads_pixels_of_the_frame(link):
    set_drift(link.session, "wire", drift())
    link.session.go_to(5)
    link.viewer.cursor.position = mouse(link, 12.0, 20.0).position
    link.viewer.mouse_over_canvas = True
    assert link.cursor_position() == pytest.approx((12.0, 20.0))
