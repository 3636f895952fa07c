"""A viewer without a window, linked to a small experiment."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from napari.components import ViewerModel

from hands import make_movie, make_trace
from napari_insitu_tem.layers.viewer_link import ViewerLink, link_of
from napari_insitu_tem.model.experiment import Experiment


@pytest.fixture
def link() -> Iterator[ViewerLink]:
    """The link of a viewer that shows one movie."""
    viewer = ViewerModel()
    link = link_of(viewer)
    link.session.open(Experiment(make_movie(), make_trace()).align(offset_s=0.0))
    for kind in ("expansion", "front", "sei", "path"):
        link.session.toolbox.change(kind, snap=False)
    yield link
    link.close()
