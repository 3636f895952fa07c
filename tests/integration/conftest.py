"""A window with the plugin installed, a mouse on its canvas, and time to react."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import npe2
import pytest
from napari.components import ViewerModel

from hands import Canvas, drag, make_movie, make_trace
from napari_insitu_tem.layers.viewer_link import ViewerLink, link_of
from napari_insitu_tem.model.experiment import Experiment


@pytest.fixture
def plugin(npe2pm: Any) -> Any:
    """The plugin as npe2 finds it when it is installed."""
    manifest = npe2.PluginManifest.from_distribution("napari-insitu-tem")
    npe2pm.register(manifest)
    return npe2pm


@pytest.fixture
def window(plugin: Any, make_napari_viewer: Callable[..., Any]) -> Any:
    """A visible viewer of the size of a small laptop's screen."""
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(1366, 768)
    return viewer


@pytest.fixture
def canvas(window: Any, qtbot: Any) -> Canvas:
    """The mouse and the keys over the canvas."""
    return Canvas(window, qtbot)


@pytest.fixture
def link() -> Iterator[ViewerLink]:
    """A viewer without a window in which something is open and measured."""
    viewer = ViewerModel()  # held here: the link does not keep it alive
    link = link_of(viewer)
    link.session.open(Experiment(make_movie(), make_trace()).align(offset_s=0.0))
    link.session.toolbox.change("expansion", snap=False)
    link.session.toolbox.activate("expansion")
    drag(link.pen(), (20.0, 10.0), (60.0, 10.0))
    yield link
    link.close()
