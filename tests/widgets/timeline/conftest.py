"""A session with a movie and a trace, and its timeline on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mouse import Mouse
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline import TimelineWidget
from timeline_scene import make_movie, make_trace


@pytest.fixture
def session() -> Session:
    """The movie begins 10 s after the trace."""
    session = Session(Experiment(make_movie(), make_trace()).align(offset_s=10.0))
    return session


@pytest.fixture
def show(qtbot: Any) -> Callable[[Session], TimelineWidget]:
    """Show the timeline of a session."""

    def shown(session: Session, width: int = 1100, height: int = 420) -> TimelineWidget:
        timeline = TimelineWidget(session)
        qtbot.addWidget(timeline)
        timeline.resize(width, height)
        timeline.show()
        qtbot.waitExposed(timeline)
        qtbot.wait(1)
        return timeline

    return shown


@pytest.fixture
def timeline(session: Session, show: Any) -> TimelineWidget:
    return show(session)


@pytest.fixture
def lane(timeline: TimelineWidget) -> Callable[[str], Any]:
    """A lane's row by its key."""

    def find(key: str) -> Any:
        return next(row for row in timeline.stack.rows if row.key == key)

    return find


@pytest.fixture
def mouse(lane: Any) -> Mouse:
    """The mouse over the potential lane."""
    return Mouse(lane("potential").view)
