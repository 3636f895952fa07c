"""One unit for the whole canvas, and a camera that finds the movie that comes up."""

from __future__ import annotations

import numpy as np
import pytest
from napari.components import ViewerModel

from hands import make_movie
from napari_insitu_tem.layers.movie_layer import movie_layer_data
from napari_insitu_tem.layers.space import layer_space
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.events import mark_event


def test_all_layers_of_a_movie_share_scale_and_units():
    assert layer_space((0.5, 0.25))["scale"] == (1.0, 0.5, 0.25)
    assert layer_space((0.5, 0.25), 2)["units"] == ("nm", "nm")
    assert layer_space(None)["units"] == ("pixel", "pixel", "pixel")


@pytest.fixture
def mixed():
    """A calibrated movie and a smaller one in pixels."""
    viewer = ViewerModel()
    link = link_of(viewer)
    plain = Movie.from_array(np.zeros((4, 32, 40), np.uint8), name="plain")
    link.session.open(Experiment(movies=[make_movie("scaled", 10), plain]))
    yield link
    link.close()


def units(link):
    """The unit of the canvas, which the scale bar writes; None: it writes none."""
    found = link.viewer.layers.units
    return None if found is None else str(found[-1])


def test_a_layer_comes_with_the_unit_of_the_canvas(mixed):
    """napari complains as soon as a layer of another unit is there."""
    seen = []
    mixed.viewer.layers.events.inserted.connect(lambda _: seen.append(units(mixed)))
    other = Movie.from_array(np.zeros((4, 32, 40), np.uint8), name="other")
    mixed.session.add_movie(other)
    mixed.session.go_to(0, "other")
    mark_event(mixed.session, "crack")
    mixed.session.add_movie(make_movie("third", 10))
    assert seen == ["nanometer", "pixel", "pixel"]
    assert movie_layer_data(other, "nm")[1]["units"][-1] == "nm"


def test_the_scale_bar_has_the_unit_of_the_movie_that_is_shown(mixed):
    assert units(mixed) == "nanometer"
    mixed.session.go_to(0, "plain")
    assert units(mixed) == "pixel"
    mark_event(mixed.session, "crack")
    assert units(mixed) == "pixel"
    mixed.session.go_to(0, "scaled")
    assert units(mixed) == "nanometer"
    assert tuple(mixed.movie_layer("scaled").scale) == (1, 0.5, 0.5)


def test_a_movie_that_comes_up_fills_what_the_other_filled(mixed):
    camera = mixed.viewer.scene.camera
    mixed.viewer.reset_view()
    zoom = camera.zoom
    mixed.session.go_to(0, "plain")
    np.testing.assert_allclose(camera.center[-2:], (16, 20), atol=1)
    assert camera.zoom == pytest.approx(zoom * np.sqrt(48 * 64 / (32 * 40)))
    mixed.session.go_to(0, "scaled")
    assert camera.zoom == pytest.approx(zoom)
