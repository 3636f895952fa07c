"""A window with the plugin installed, a mouse on its canvas, and time to react."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import npe2
import pytest

from hands import Canvas


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
