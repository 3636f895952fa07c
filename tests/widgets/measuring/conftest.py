"""A window with one movie and a dock to measure it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hands import make_movie, make_trace
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment


@pytest.fixture
def opened(make_napari_viewer: Callable[..., Any]) -> Any:
    """The link of a viewer that shows one movie with its trace."""
    viewer = make_napari_viewer()
    link = link_of(viewer)
    link.session.open(Experiment(make_movie(), make_trace()).align(offset_s=0.0))
    for kind in ("expansion", "front", "sei", "path"):
        link.session.toolbox.change(kind, snap=False)
    yield link
    link.close()
