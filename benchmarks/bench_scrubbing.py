"""Scrubbing a movie in napari, without the plugin and with all of it.

Each time is one step of the slider until the canvas has painted the frame. With the
plugin, the timeline shows a record of a million rows, 200 rows of every kind are drawn,
and four more docks are open. Beside it: napari alone (`alone`), and napari with the
same layers but nothing of the plugin that follows (`layers`), all in a canvas of the
same size; and the plugin with the drift corrected (`steadied`). In brackets: how many
times the fastest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from qtpy.QtWidgets import QApplication, QWidget

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.layers.docks import BOTTOM_SHARE
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.model.drift import MovieDrift
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.model.timebase import FrameTimes
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.drifts import set_drift
from napari_insitu_tem.widgets.docks import TimelineDock
from napari_insitu_tem.widgets.experiment.dock import ExperimentDock
from napari_insitu_tem.widgets.measuring.expansion import ExpansionDock
from napari_insitu_tem.widgets.measuring.front import FrontDock
from napari_insitu_tem.widgets.measuring.sei import SeiDock

FRAMES, SIDE, ROWS = 200, 512, 1_000_000
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


def row(kind: str, frame: int, shape: str, *parts: Any, **more: Any) -> Record:
    geometry = Geometry.of(shape, *parts)
    return Record.new(
        kind,
        object=more.pop("object", f"wire {frame % 2}"),
        movie="movie",
        frame=frame % FRAMES,
        geometry=geometry,
        attributes=more,
    )


def drawn() -> list[Record]:
    """A hundred diameters, fifty fronts on a path, thirty layers, twenty events."""
    along = [(50.0, float(x)) for x in range(50, 450, 50)]
    path = [(250.0, 20.0), (250.0, 480.0)]
    width = {"quantity": "diameter"}
    front = {"front": "front 1", "path": "path 1"}
    return [
        *(
            row("expansion", 2 * i, "line", [(100, 100), (100, 200 + i)], **width)
            for i in range(100)
        ),
        row("path", 0, "path", path, object="path 1"),
        *(row("front", 4 * i, "point", (250, 30 + 9 * i), **front) for i in range(49)),
        *(
            row("sei", 6 * i, "band", along, [(60 + i, x) for _, x in along])
            for i in range(30)
        ),
        *(row("event", 9 * i, "point", (20, 20), label="note") for i in range(20)),
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
def movie(request: Any, frames: np.ndarray, tmp_path: Path) -> Movie:
    """The frames in memory, or read from a file as they are asked for."""
    times = 5.0 * np.arange(FRAMES)
    if request.param == "tiff":
        path = tmp_path / "movie.tif"
        tifffile.imwrite(path, frames, photometric="minisblack")
        opened = read_movie(path)
        size = Calibration.square(0.5)
        frame_times = FrameTimes.from_seconds(times, 4.9 + 0 * times)
        return opened.with_calibration(size).with_times(frame_times)
    return Movie.from_array(
        frames, name="movie", pixel_size_nm=0.5, times_s=times, exposures_s=4.9
    )


@pytest.fixture
def viewer(make_napari_viewer: Callable[..., Any]) -> Any:
    viewer = make_napari_viewer(show=True)
    viewer.window._qt_window.resize(*WINDOW)
    return viewer


def empty_docks(viewer: Any) -> None:
    """Nothing where the plugin's docks would be: the canvas has the same size."""
    side, below = QWidget(), QWidget()
    side.setMinimumWidth(COLUMN_PX)
    below.setMinimumHeight(int(BOTTOM_SHARE * WINDOW[1]))
    docked(viewer, (side, "right"), (below, "bottom"))


def measured(movie: Movie, trace: Trace) -> Experiment:
    experiment = Experiment(movie, trace).align(offset_s=0.0)
    experiment.document = experiment.document.with_records(drawn())
    return experiment


@pytest.fixture
def alone(viewer: Any, movie: Movie, frames: np.ndarray) -> Scrubber:
    """napari with the movie."""
    source = movie.paths[0] if movie.paths else None
    data = frames if source is None else tifffile.memmap(source)
    viewer.add_image(data, contrast_limits=(0, 4000))
    empty_docks(viewer)
    return Scrubber(viewer)


@pytest.fixture
def layers(viewer: Any, movie: Movie, trace: Trace) -> Scrubber:
    """napari with the movie and the layers of all rows, nobody listening."""
    link = link_of(viewer)
    link.session.open(measured(movie, trace))
    link.close()
    empty_docks(viewer)
    return Scrubber(viewer)


@pytest.fixture
def plugin(viewer: Any, movie: Movie, trace: Trace) -> Iterator[Scrubber]:
    """napari with the whole plugin."""
    link = link_of(viewer)
    link.session.open(measured(movie, trace))
    timeline = TimelineDock(viewer)
    timeline.setMinimumHeight(int(BOTTOM_SHARE * WINDOW[1]))
    columns = (ExperimentDock, FrontDock, SeiDock, ExpansionDock)
    docked(viewer, *((dock(viewer), "right") for dock in columns))
    docked(viewer, (timeline, "bottom"))
    yield Scrubber(viewer)
    link.close()


@pytest.fixture
def steadied(plugin: Scrubber) -> Scrubber:
    """The whole plugin, the drift corrected."""
    session = link_of(plugin.viewer).session
    walk = np.random.default_rng(1).normal(0, 0.5, (FRAMES, 2)).cumsum(axis=0)
    drift = MovieDrift.of(walk, np.full((FRAMES, 2), 0.1), [""] * FRAMES)
    assert session.movie is not None
    set_drift(session, session.movie.name, drift)
    return plugin


@pytest.mark.benchmark(group="scrub 512 x 512, a million rows, 200 shapes")
@pytest.mark.parametrize("movie", ["memory", "tiff"], indirect=True)
@pytest.mark.parametrize("scrubber", ["alone", "layers", "plugin", "steadied"])
def test_step(scrubber: str, movie: Movie, request: Any, benchmark: Any) -> None:
    """One step to another frame, painted."""
    benchmark.pedantic(request.getfixturevalue(scrubber).step, rounds=60)


@pytest.mark.benchmark(group="drag a vertex, a million rows, 200 shapes")
@pytest.mark.parametrize("movie", ["memory"], indirect=True)
def test_drag_a_vertex(plugin: Scrubber, benchmark: Any) -> None:
    """One move of the mouse: value, table, shape, label and lanes follow."""
    session = link_of(plugin.viewer).session
    session.toolbox.activate("expansion")
    pen = link_of(plugin.viewer).pen()
    record = session.document.of_kind("expansion")[0]
    session.go_to(record.frame)
    y, x = record.geometry.parts[0][1]
    pen.press((y, x), 5.0)
    count = iter(range(10**6))

    def move() -> None:
        pen.move((y + next(count) % 40, x + 5), 5.0, is_pressed=True)
        QApplication.processEvents()

    benchmark.pedantic(move, rounds=60, warmup_rounds=3)
    pen.cancel()
