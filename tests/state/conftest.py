"""Fixtures: a small open experiment and pens to draw on it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hands import make_movie, make_trace
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.pen import Pen
from napari_insitu_tem.state.session import Session


@pytest.fixture
def session() -> Session:
    """One movie and one trace, aligned without an offset."""
    experiment = Experiment(make_movie(), make_trace()).align(offset_s=0.0)
    return Session(experiment)


@pytest.fixture
def pen_of(session: Session) -> Callable[[str], Pen]:
    """A pen for a kind, with snapping off."""

    def make(kind: str) -> Pen:
        session.toolbox.change(kind, snap=False)
        session.toolbox.activate(kind)
        return Pen(session, kind)

    return make
