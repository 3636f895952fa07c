"""Scrubbing a movie in napari, without the plugin and with all of it.

Each time is one step of the slider until the canvas has painted the frame. With the
plugin, the timeline shows a record of a million rows and 200 rows are drawn. In
brackets: how many times napari alone (`alone`), in a canvas of the same size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from qtpy.QtWidgets import QApplication, QWidget

from napari_insitu_tem.layers.docks import BOTTOM_SHARE
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.widgets.docks import TimelineDock
from napari_insitu_tem.widgets.experiment.dock import ExperimentDock
from napari_insitu_tem.widgets.measuring.expansion import ExpansionDock

FRAMES, SIDE, ROWS, DRAWN = 200, 512, 1_000_000, 200
WINDOW = (1600, 950)
COLUMN_PX = 330


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.integers(0, 4000, (FRAMES, SIDE, SIDE), dtype=np.uint16)


@pytest.fixture(scope="module")
def trace() -> Trace:
    """Twenty cycles in 1000 s."""
    time = np.linspace(0, 1000, ROWS)
    part = (time / 50) % 1
    return Trace.from_columns(
        {
            "time_s": time,
            "potential_V": 3 * np.abs(2 * part - 1),
            "current_A": np.where(part < 0.5, 1e-9, -1e-9),
        }
    )


def diameters(movie: str) -> list[Record]:
    """One line a frame."""
    return [
        Record.new(
            "expansion",
            object=f"wire {i % 2}",
            movie=movie,
            frame=i % FRAMES,
            geometry=Geometry.of("line", [[100, 100], [100, 200 + i]]),
            attributes={"quantity": "diameter"},
        )
        for i in range(DRAWN)
    ]


class Scrubber:
    """Steps through a viewer and waits until the canvas has painted."""

    def __init__(self, viewer: Any) -> None:
        self.viewer = viewer
        self.painted = 0
        self.frame = 0
        canvas = viewer.window._qt_viewer.canvas.native
        canvas.frameSwapped.connect(self._on_painted)
        for _ in range(5):
            self.step()

    def _on_painted(self) -> None:
        self.painted += 1

    def step(self) -> None:
        self.frame = (self.frame + 7) % FRAMES
        before = self.painted
        self.viewer.dims.set_current_step(0, self.frame)
        while self.painted == before:
            QApplication.processEvents()
        QApplication.processEvents()


def docked(viewer: Any, *widgets: tuple[QWidget, str]) -> None:
    for widget, area in widgets:
        viewer.window.add_dock_widget(widget, area=area, tabify=area == "right")
    QApplication.processEvents()


@pytest.fixture
def alone(make_napari_viewer: Callable[..., Any], frames: np.ndarray) -> Scrubber:
    """napari with empty docks where the plugin's would be."""
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(*WINDOW)
    viewer.add_image(frames, contrast_limits=(0, 4000))
    side, below = QWidget(), QWidget()
    side.setMinimumWidth(COLUMN_PX)
    below.setMinimumHeight(int(BOTTOM_SHARE * WINDOW[1]))
    docked(viewer, (side, "right"), (below, "bottom"))
    return Scrubber(viewer)


@pytest.fixture
def plugin(
    make_napari_viewer: Callable[..., Any], frames: np.ndarray, trace: Trace
) -> Iterator[Scrubber]:
    """napari with the whole plugin."""
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(*WINDOW)
    times = 5.0 * np.arange(FRAMES)
    movie = Movie.from_array(
        frames, name="movie", pixel_size_nm=0.5, times_s=times, exposures_s=4.9
    )
    experiment = Experiment(movie, trace).align(offset_s=0.0)
    experiment.document = experiment.document.with_records(diameters("movie"))
    link = link_of(viewer)
    link.session.open(experiment)
    timeline = TimelineDock(viewer)
    timeline.setMinimumHeight(int(BOTTOM_SHARE * WINDOW[1]))
    docked(
        viewer,
        (ExperimentDock(viewer), "right"),
        (ExpansionDock(viewer), "right"),
        (timeline, "bottom"),
    )
    yield Scrubber(viewer)
    link.close()


@pytest.mark.benchmark(group="scrub 512 x 512, a million rows, 200 shapes")
@pytest.mark.parametrize("scrubber", ["alone", "plugin"])
def test_step(scrubber: str, request: pytest.FixtureRequest, benchmark: Any) -> None:
    """One step to another frame, painted."""
    benchmark.pedantic(request.getfixturevalue(scrubber).step, rounds=60)
