"""Viewer and session show the same."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from hands import drag, make_movie, make_trace
from napari_insitu_tem.layers.keys import role
from napari_insitu_tem.layers.movie_layer import movie_layer_data
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.events import mark_event


def names(link):
    """Names of the viewer's layers."""
    return [layer.name for layer in link.viewer.layers]


def test_slider_and_playhead_are_one(link):
    steps = []
    link.viewer.dims.events.current_step.connect(lambda e: steps.append(e.value[0]))
    link.viewer.dims.set_current_step(0, 4)
    assert link.session.playhead.frame == 4
    link.session.go_to(7)
    assert link.viewer.dims.current_step[0] == 7
    assert steps == [4, 7]


def test_the_canvas_says_time_potential_and_current(link):
    link.session.go_to(4)
    text = link.viewer.canvas.overlays.text.text
    assert text == "frame 4   t = 2.00 s   E = +0.220 V   I = 1 nA"
    assert link.viewer.canvas.overlays.scale_bar.visible


def test_realigning_rewrites_the_canvas(link):
    session = link.session
    from napari_insitu_tem.model.alignment import align_by_offset

    session.edit("align", session.document.with_alignment("wire", align_by_offset(3)))
    assert "t = 3.00 s" in link.viewer.canvas.overlays.text.text


def test_calibrating_rescales_every_layer_of_the_movie(link):
    session = link.session
    mark_event(session, "crack")
    session.edit(
        "calibrate", session.document.with_calibration("wire", Calibration.square(2.0))
    )
    assert [tuple(x.scale) for x in link.viewer.layers] == [(1, 2, 2)] * 2
    session.undo()
    assert tuple(link.viewer.layers[0].scale) == (1, 0.5, 0.5)


def test_a_pixel_size_leaves_the_movie_where_it_is_on_the_screen(link):
    session, camera = link.session, link.viewer.scene.camera

    def on_screen(y, x):
        _, *place = link.movie_layer("wire").data_to_world((0, y, x))
        return (np.array(place) - camera.center[-2:]) * camera.zoom

    camera.center, camera.zoom = (0, 20.0, 30.0), 8.0
    before = on_screen(40, 100)
    size = Calibration.square(0.02)
    session.edit("calibrate", session.document.with_calibration("wire", size))
    np.testing.assert_allclose(on_screen(40, 100), before)
    session.undo()
    np.testing.assert_allclose(on_screen(40, 100), before)
    assert camera.zoom == pytest.approx(8.0)


def test_a_movie_opened_as_a_layer_joins_the_experiment(link):
    from napari.layers import Layer

    movie = make_movie("second", frames=4)
    link.viewer.layers.append(Layer.create(*movie_layer_data(movie)))
    assert [m.name for m in link.session.experiment.movies] == ["wire", "second"]


def test_two_movies_show_one_at_a_time_and_clamp_to_their_frames():
    viewer = ViewerModel()
    link = link_of(viewer)
    link.session.open(
        Experiment(
            trace=make_trace(),
            movies=[make_movie("a", 10), make_movie("b", 4, start_s=8.0)],
        )
    )
    link.session.seek(9_000_000_000)
    assert [layer.visible for layer in viewer.layers] == [False, True]
    viewer.dims.set_current_step(0, 9)
    assert link.session.playhead.frame == 3
    assert viewer.dims.current_step[0] == 3
    link.close()


def test_the_other_movie_comes_up_where_the_shown_one_is_deleted():
    viewer = ViewerModel()
    link = link_of(viewer)
    link.session.open(Experiment(movies=[make_movie("a"), make_movie("b")]))
    shown = link.session.playhead.movie
    other = "b" if shown == "a" else "a"
    assert not link.movie_layer(other).visible
    viewer.layers.remove(link.movie_layer(shown))
    assert link.session.playhead.movie == other
    assert link.movie_layer(other).visible
    link.close()


def test_a_tool_goes_on_drawing_on_the_movie_that_comes_up():
    viewer = ViewerModel()
    link = link_of(viewer)
    link.session.open(Experiment(movies=[make_movie("a", 10), make_movie("b", 4)]))
    link.session.toolbox.change("expansion", snap=False)
    link.session.toolbox.activate("expansion")
    link.session.go_to(1, "b")
    drag(link.pen(), (20.0, 10.0), (20.0, 70.0))
    (record,) = link.session.document.records.values()
    assert (record.movie, record.frame) == ("b", 1)
    link.close()


def test_a_deleted_annotation_layer_keeps_its_rows_and_comes_back(link):
    session = link.session
    said = []
    session.message.connect(said.append)
    mark_event(session, "crack")
    link.viewer.layers.remove(link.annotation_layer("event", "wire").layer)
    assert len(session.document.records) == 1
    assert "are kept" in said[-1]
    mark_event(session, "gas bubble")
    assert len(link.annotation_layer("event", "wire").layer.data) == 2


def test_a_renamed_layer_is_still_ours(link):
    mark_event(link.session, "crack")
    layer = link.annotation_layer("event", "wire").layer
    layer.name = "something else"
    mark_event(link.session, "crack")
    assert len(layer.data) == 2
    assert role(layer) == "annotations"


def test_a_deleted_movie_layer_takes_the_movie_out_and_keeps_its_rows(link):
    mark_event(link.session, "crack")
    link.viewer.layers.remove(link.movie_layer("wire"))
    assert link.session.experiment.movies == ()
    assert len(link.session.document.records) == 1


def test_two_viewers_do_not_share_anything(link):
    viewer = ViewerModel()
    other = link_of(viewer)
    assert other.session is not link.session
    mark_event(link.session, "crack")
    assert other.session.document.records == {}
    assert len(other.viewer.layers) == 0
    other.close()


def test_another_experiment_replaces_the_layers(link):
    mark_event(link.session, "crack")
    link.session.open(Experiment(make_movie("other")))
    assert names(link) == ["other"]


def test_opening_the_same_names_again_shows_the_new_frames(link):
    movie = make_movie()
    link.session.open(Experiment(movie))
    assert link.movie_layer("wire").data.frames is movie.frames
    assert names(link) == ["wire"]


def test_drawing_needs_its_layer_to_be_active(link):
    link.session.toolbox.activate("expansion")
    assert link.pen() is not None
    link.viewer.layers.selection.active = link.movie_layer("wire")
    assert link.pen() is None


def test_the_double_click_zooms_only_when_nothing_is_drawn(link):
    viewer = link.viewer
    zooms = lambda: [c.__name__ for c in viewer.mouse_double_click_callbacks]  # noqa: E731
    assert "double_click_to_zoom" in zooms()
    link.session.toolbox.activate("expansion")
    assert "double_click_to_zoom" not in zooms()
    link.session.toolbox.activate("")
    assert "double_click_to_zoom" in zooms()


def test_keys_undo_redo_copy_and_mark(link):
    viewer, session = link.viewer, link.session

    def press(key):
        action = next(f for k, f in viewer.keymap.items() if str(k) == key)
        action(viewer)

    session.toolbox.activate("expansion")
    drag(link.pen(), (20.0, 10.0), (20.0, 70.0))
    press("N")
    assert session.playhead.frame == 1
    assert len(session.document.of_kind("expansion")) == 2
    press("Ctrl+Z")
    assert len(session.document.of_kind("expansion")) == 1
    press("Ctrl+Shift+Z")
    assert len(session.document.of_kind("expansion")) == 2
    press("F5")
    assert session.document.of_kind("event")[0].get("label") == "crack"
    press("M")
    assert session.toolbox.active == ""


def test_a_changed_vocabulary_changes_the_keys(link):
    from napari_insitu_tem.model.document import EventTerm
    from napari_insitu_tem.state.events import set_vocabulary

    set_vocabulary(link.session, [EventTerm("dendrite", "#ffffff", "F9")])
    keys = {str(key) for key in link.viewer.keymap}
    assert "F9" in keys
    assert "F5" not in keys


def test_no_key_of_ours_is_an_arrow(link):
    assert not [k for k in link.bound_keys if k in ("Left", "Right", "Up", "Down")]


def test_a_colour_movie_is_shown_as_it_is():
    from napari_insitu_tem.model.movie import Movie

    data = np.zeros((3, 8, 8, 3), np.uint8)
    viewer = ViewerModel()
    link = link_of(viewer)
    link.session.add_movie(Movie.from_array(data, name="colour"))
    assert link.movie_layer("colour").rgb
    link.close()


def test_a_frame_that_cannot_be_read_is_black_and_said(capsys):
    from napari_insitu_tem.model.errors import ReadError
    from napari_insitu_tem.model.movie import ArraySource, FrameArray, Movie

    class Torn(ArraySource):
        """The third frame is damaged."""

        def read_frame(self, index):
            if index == 2:
                raise ReadError("film.tif: frame 2 cannot be read.")
            return super().read_frame(index)

    data = np.full((4, 6, 7), 9, np.uint16)
    viewer = ViewerModel()
    link = link_of(viewer)
    link.session.add_movie(Movie("film", FrameArray(Torn(data))))
    shown = link.movie_layer("film").data
    for frame in range(4):
        viewer.dims.set_current_step(0, frame)
    assert link.session.playhead.frame == 3
    assert shown[2:3].max() == 0
    assert shown[3].max() == 9
    link.close()


def test_an_event_key_marks_under_the_mouse_else_in_the_middle_of_the_view(link):
    viewer, session = link.viewer, link.session
    term = next(t for t in session.document.vocabulary if t.key)
    press = next(
        f for k, f in viewer.keymap.items() if str(k).lower() == term.key.lower()
    )
    viewer.mouse_over_canvas = True
    viewer.cursor.position = (0, 5.0, 7.0)  # nm, half a nm a pixel
    press(viewer)
    # the mouse has gone to a dock: the cursor is where it left the canvas
    viewer.mouse_over_canvas = False
    viewer.scene.camera.center = (0, 10.0, 12.0)
    press(viewer)
    # neither the mouse nor the view is on the frame
    viewer.scene.camera.center = (0, -900.0, 12.0)
    press(viewer)
    height, width = session.movie.shape[1:3]
    places = [r.geometry.parts[0][0] for r in session.document.of_kind("event")]
    expected = [(10, 14), (20, 24), ((height - 1) / 2, (width - 1) / 2)]
    np.testing.assert_allclose(places, expected)
