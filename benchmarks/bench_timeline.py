"""The timeline with a million rows, beside a plain pyqtgraph curve of the same rows.

Each time is one redraw: the change, and everything painted that it makes necessary.
In brackets: how many times the fastest of the group, which should not be `plain`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from qtpy.QtWidgets import QApplication, QVBoxLayout, QWidget

from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.cyclic import CyclicView
from napari_insitu_tem.widgets.timeline import TimelineWidget

ROWS, FRAMES, SIZE = 1_000_000, 1000, (1400, 320)
PAN_S, ZOOM_S = 20.0, 40.0


@pytest.fixture(scope="module")
def trace() -> Trace:
    """Twenty cycles in 1000 s, with noise."""
    rng = np.random.default_rng(0)
    time = np.linspace(0, 1000, ROWS)
    part = (time / 50) % 1
    current = np.where(part < 0.5, 1e-9, -1e-9) + 1e-10 * rng.standard_normal(ROWS)
    return Trace.from_columns(
        {
            "time_s": time,
            "potential_V": 3 * np.abs(2 * part - 1),
            "current_A": current,
            "cycle": time // 50 + 1,
        }
    )


@pytest.fixture
def session(trace: Trace) -> Session:
    frames = np.zeros((FRAMES, 4, 4), np.uint8)
    movie = Movie.from_array(frames, times_s=np.arange(float(FRAMES)), exposures_s=0.5)
    return Session(Experiment(movie, trace))


class Plain(QWidget):
    """Potential and current as pyqtgraph draws them by itself."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        self.plots = [pg.PlotWidget(), pg.PlotWidget()]
        self.lines = []
        for plot, name in zip(self.plots, ("potential_V", "current_A"), strict=True):
            plot.addItem(pg.PlotCurveItem(trace.time_ns / 1e9, trace.values(name)))
            self.lines.append(plot.addLine(x=0.0))
            plot.setXRange(0, 1000, padding=0)
            column.addWidget(plot)

    def show_time(self, start: float, stop: float) -> None:
        for plot in self.plots:
            plot.setXRange(start, stop, padding=0)

    def seek(self, time_s: float) -> None:
        for line in self.lines:
            line.setValue(time_s)


class Ours:
    """The timeline, moved about in the same way."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.timeline = TimelineWidget(session)
        self.show_time = self.timeline.time_window.show

    def seek(self, time_s: float) -> None:
        self.session.seek(round(time_s * 1e9))


@pytest.fixture(params=["plain", "timeline"])
def shown(request: Any, qapp: QApplication, session: Session, trace: Trace) -> Iterator:
    """One of the two on the screen."""
    subject = Plain(trace) if request.param == "plain" else Ours(session)
    window = subject if request.param == "plain" else subject.timeline
    window.resize(*SIZE)
    window.show()
    for _ in range(5):
        qapp.processEvents()
    yield subject
    window.close()
    window.deleteLater()


def redraws(benchmark: Any, qapp: QApplication, step: Callable[[int], None]) -> None:
    """Time a step and the painting that follows it."""
    count = iter(range(10**6))

    def once() -> None:
        step(next(count))
        qapp.processEvents()

    benchmark.pedantic(once, rounds=40, warmup_rounds=3)


@pytest.mark.benchmark(group="pan, all rows in sight")
def test_pan(benchmark, qapp, shown) -> None:
    redraws(benchmark, qapp, lambda i: shown.show_time(i % 2, 1000 + i % 2))


@pytest.mark.benchmark(group="pan, 40 s in sight")
def test_pan_zoomed(benchmark, qapp, shown) -> None:
    redraws(benchmark, qapp, lambda i: shown.show_time(500 + i, 500 + i + ZOOM_S))


@pytest.mark.benchmark(group="zoom")
def test_zoom(benchmark, qapp, shown) -> None:
    def zoom(i: int) -> None:
        half = 500 * 0.9 ** (i % 30)
        shown.show_time(500 - half, 500 + half)

    redraws(benchmark, qapp, zoom)


@pytest.mark.benchmark(group="scrub")
def test_scrub(benchmark, qapp, shown) -> None:
    redraws(benchmark, qapp, lambda i: shown.seek(5.0 * i % 1000))


@pytest.mark.benchmark(group="cyclic view")
@pytest.mark.parametrize("what", ["scrub", "zoom"])
def test_cyclic_view(benchmark, qapp, session, what) -> None:
    view = CyclicView(session)
    view.resize(500, 400)
    view.show()
    for _ in range(5):
        qapp.processEvents()
    if what == "scrub":
        redraws(benchmark, qapp, lambda i: session.go_to(5 * i % FRAMES))
    else:
        factors = (0.9, 1 / 0.9)
        redraws(benchmark, qapp, lambda i: view.plot.zoom(factors[i % 2], 1.0, 0.0))
    view.close()
    view.deleteLater()
