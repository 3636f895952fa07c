"""Files of real instruments: opened, aligned, measured, exported, saved, reopened.

By script, and in the window with the mouse. Neither movie was filmed with its record:
the offset is typed. What is known of the images: the scale bar of one is 195 px long
for 50 nm.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QInputDialog

from hands import Canvas, click, drag
from napari_insitu_tem import Experiment, read_movie, read_trace
from napari_insitu_tem.io.saving.experiment_folder import (
    load_experiment,
    save_experiment,
)
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.measure.tables import tables
from napari_insitu_tem.model.calibration import Calibration
from napari_insitu_tem.report.bundle import export_bundle
from napari_insitu_tem.state.events import mark_event
from napari_insitu_tem.state.measuring import copy_forward
from napari_insitu_tem.state.pen import Pen
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.experiment import opener, saver

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
Place = tuple[float, float]


@dataclass(frozen=True)
class Case:
    """A series of images, a record, and what is measured on them.

    Attributes
    ----------
    folder, record
        Below the folder of shared data.
    frames, interval_s, offset_s
        Frames of the movie, typed interval, typed offset.
    pixel_size_nm
        Typed; None where the images say it.
    across
        The line whose length is taken on three frames.
    inner, outer
        Two boundaries of the same shape, one above the other.
    path
        Along which the front moves.
    snap
        Whether the line finds its edges: the gold was filmed at too low a dose.
    fronts
        Where the front is on three frames, as fractions of the path.
    """

    folder: str
    record: str
    frames: int
    interval_s: float
    offset_s: float
    pixel_size_nm: float | None
    across: tuple[Place, Place]
    inner: tuple[Place, ...]
    outer: tuple[Place, ...]
    path: tuple[Place, Place]
    snap: bool
    fronts: tuple[float, ...] = (0.3, 0.5, 0.65)

    def front(self, part: float) -> Place:
        """A place on the path."""
        start, end = np.asarray(self.path)
        y, x = start + part * (end - start)
        return float(y), float(x)


CASES = {
    "lines and a BioLogic CV": Case(
        "nomelabs__insitu-TEM-annealing-Ti/line_crops_1770-1786",
        "ixdat/Pt_poly_cv_CUT.mpt",
        frames=17,
        interval_s=0.991,
        offset_s=30.0,
        pixel_size_nm=50 / 195,
        across=((561.0, 66.0), (561.0, 269.0)),
        inner=((380.0, 60.0), (384.0, 200.0), (380.0, 330.0)),
        outer=((340.0, 60.0), (344.0, 200.0), (340.0, 330.0)),
        path=((120.0, 100.0), (120.0, 560.0)),
        snap=True,
    ),
    "gold and a Gamry CV": Case(
        "gabriel-ing__SimpliPyTEM",
        "nomad-chemical-energy/CVCA.DTA",
        frames=7,
        interval_s=2.0,
        offset_s=3.0,
        pixel_size_nm=None,
        across=((800.0, 530.0), (800.0, 850.0)),
        inner=((1000.0, 500.0), (1010.0, 700.0), (1000.0, 900.0)),
        outer=((900.0, 500.0), (910.0, 700.0), (900.0, 900.0)),
        path=((640.0, 300.0), (640.0, 1500.0)),
        snap=False,
    ),
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def files(case: Case, shared_data: Path) -> list[Path]:
    """The images in the order of the folder, and the record."""
    folder = shared_data / "movies" / case.folder
    images = [p for p in folder.iterdir() if p.suffix in (".png", ".tif")]
    return [*images, shared_data / "potentiostat" / case.record]


def check(
    case: Case, made: dict[str, pd.DataFrame], pixel_nm: float, reach_px: float = 0.01
) -> None:
    """The numbers are what is known of the images and the clocks.

    A shape is placed to within `reach_px` pixels of the movie.
    """
    reach_nm = reach_px * pixel_nm
    lengths, fronts, layer = made["expansion"], made["front"], made["sei"]
    times = case.offset_s + case.interval_s * lengths["frame"]
    np.testing.assert_allclose(lengths["time_s"], times, atol=1e-6)
    assert lengths["frame"].tolist() == [0, 1, 2]
    assert (lengths["unit"] == "nm").all()
    for name in ("potential_V", "current_A", "charge_C"):
        assert lengths[name].notna().all()
        assert fronts[name].notna().all()
    start, end = np.asarray(case.path)
    whole = np.hypot(*(end - start)) * pixel_nm
    places = whole * np.array(case.fronts)
    np.testing.assert_allclose(fronts["value"], places, atol=reach_nm)
    speed = np.diff(fronts["value"]) / case.interval_s
    velocity = fronts["velocity_nm_per_s"].to_numpy(float)
    assert ((velocity >= min(speed) * 0.97) & (velocity <= max(speed) * 1.03)).all()
    (thickness,) = layer["thickness_mean_nm"]
    gap = case.inner[0][0] - case.outer[0][0]
    assert thickness == pytest.approx(gap * pixel_nm, rel=0.01, abs=reach_nm)
    (event,) = made["event"].itertuples()
    assert event.label == "crack"
    assert (lengths["method"] == ("snapped" if case.snap else "manual")).all()
    if case.snap:
        # The scale bar that is burnt in; it does not grow.
        np.testing.assert_allclose(lengths["value"], 50.0, atol=0.3)
        spread = lengths["u_change_percent"].iloc[-1]
        assert abs(lengths["change_percent"].iloc[-1]) < 3 * spread
    else:
        drawn = np.hypot(*np.subtract(*case.across)) * pixel_nm
        np.testing.assert_allclose(lengths["value"], drawn, atol=reach_nm)


def choose_snapping(case: Case, session: Session) -> None:
    for kind, snap in (("expansion", case.snap), ("front", False), ("sei", False)):
        session.toolbox.change(kind, snap=snap)


# -- by script --------------------------------------------------------------------


def test_by_script(case, files, tmp_path):
    movie, trace = read_movie(files[:-1]), read_trace(files[-1])
    assert len(movie) == case.frames
    session = Session(Experiment(movie, trace))
    name = session.movie.name
    document = session.document.with_interval(name, case.interval_s)
    if case.pixel_size_nm is not None:
        assert movie.calibration is None
        size = Calibration.square(case.pixel_size_nm, source="scale bar")
        document = document.with_calibration(name, size)
    session.edit("type interval and pixel size", document)
    session.experiment.align(offset_s=case.offset_s)
    pixel_nm = float(session.movie.pixel_size_nm)

    pens = {kind: Pen(session, kind) for kind in ("expansion", "path", "front", "sei")}
    choose_snapping(case, session)
    drag(pens["expansion"], *case.across)
    for _ in range(2):
        copy_forward(session, session.toolbox["expansion"])
    session.toolbox.change("path", object="path 1")
    click(pens["path"], *case.path)
    pens["path"].finish()
    for frame, part in enumerate(case.fronts):
        session.go_to(frame)
        click(pens["front"], case.front(part))
    session.go_to(1)
    for boundary in (case.inner, case.outer):
        click(pens["sei"], *boundary)
        pens["sei"].finish()
    mark_event(session, "crack")
    made = session.tables()
    check(case, made, pixel_nm)

    written = export_bundle(session.experiment, made, tmp_path / "export")
    check_export(written, made, files)
    folder = save_experiment(session.experiment, tmp_path / "run", made)
    again = load_experiment(folder)
    assert again.warnings == ()
    assert again.document == session.document
    for kind, table in tables(again).items():
        pd.testing.assert_frame_equal(table, made[kind])


def check_export(
    written: list[Path], made: dict[str, pd.DataFrame], files: list[Path]
) -> None:
    """Any program reads the tables; the package names every source file."""
    folder = written[0].parent
    for kind in ("expansion", "front", "sei", "event"):
        plain = pd.read_csv(folder / f"{kind}.csv")
        assert plain["id"].tolist() == made[kind]["id"].tolist()
        np.testing.assert_array_equal(
            plain["value"], made[kind]["value"].to_numpy(float)
        )
    text = (folder / "datapackage.json").read_text()
    assert all(path.name in text for path in files)
    assert json.loads(text)["resources"]


# -- in the window ------------------------------------------------------------------


class Typist:
    """Types an answer into the next question for a number."""

    def __init__(self, answer: str) -> None:
        self.asked = ""
        self._answer = answer
        self._timer = QTimer()
        self._timer.timeout.connect(self._look)
        self._timer.start(30)

    def _look(self) -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QInputDialog) and dialog.isVisible():
            self._timer.stop()
            self.asked = dialog.labelText()
            focus = dialog.focusWidget()
            focus.selectAll()
            QTest.keyClicks(focus, self._answer)
            QTest.keyClick(focus, Qt.Key.Key_Return)


def type_into(field: Any, text: str) -> None:
    """Replace what a field holds, and press Enter."""
    line = field.lineEdit() if hasattr(field, "lineEdit") else field
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)
    QApplication.processEvents()


def screenshot(viewer: Any, path: Path) -> None:
    """The whole window, as it is on the screen."""
    viewer.screenshot(str(path), canvas_only=False, flash=False)
    assert path.stat().st_size > 50_000


@pytest.fixture
def waiting(qtbot: Any) -> Callable[[Any], None]:
    """Waits until a dock has done what it was told to do."""
    return lambda busy: qtbot.waitUntil(lambda: not busy.is_busy, timeout=60_000)


@pytest.mark.timeout(240)
def test_in_the_window(
    case, files, window, canvas, qtbot, waiting, tmp_path, monkeypatch
):
    session = link_of(window).session
    dock = show_dock(window, "Experiment")
    typist = Typist(str(case.interval_s))
    monkeypatch.setattr(opener, "ask_files", lambda _: files)
    dock.buttons.open_button.click()
    waiting(dock.busy)
    qtbot.waitUntil(lambda: bool(session.document.intervals), timeout=20_000)
    assert f"{case.frames} frames) has no frame times" in typist.asked
    movie = session.movie.name
    assert session.document.intervals == {movie: case.interval_s}

    if case.pixel_size_nm is not None:
        assert "Uncalibrated" in dock.scale.state.text()
        type_into(dock.scale.size, f"{case.pixel_size_nm:.6f}")
        assert "0.25641 nm/px" in dock.scale.state.text()
    type_into(dock.alignment.offset, str(case.offset_s))
    assert session.experiment.alignment().offset_s == case.offset_s
    assert session.experiment.alignment().method == "typed"
    qtbot.wait(100)
    measure(case, window, canvas, session, qtbot)
    made = session.tables()
    screen_px = (canvas.at(0, 300).x() - canvas.at(0, 0).x()) / 300
    check(case, made, float(session.movie.pixel_size_nm), reach_px=2 / screen_px)
    before = session.document
    for _ in range(4):
        canvas.key(Qt.Key.Key_Z, CTRL)
    assert len(session.document.records) == len(before.records) - 4
    for _ in range(4):
        canvas.key(Qt.Key.Key_Z, CTRL | SHIFT)
    assert session.document == before

    export = show_dock(window, "Export")
    type_into(export.folder, str(tmp_path / "export"))
    export.export_button.click()
    waiting(export.busy)
    assert "Written to" in export.result.text()
    check_export([tmp_path / "export" / "expansion.csv"], made, files)
    qtbot.wait(300)
    screenshot(window, tmp_path / "window.png")

    monkeypatch.setattr(saver, "ask_experiment_name", lambda *_: tmp_path / "run")
    dock.buttons.save_as_button.click()
    waiting(dock.busy)
    assert not session.has_unsaved_edits
    session.open(Experiment())
    dock.opener.open([tmp_path / "run.insitu"])
    waiting(dock.busy)
    assert session.document == before
    for kind, table in session.tables().items():
        pd.testing.assert_frame_equal(table, made[kind])


def measure(
    case: Case, window: Any, canvas: Canvas, session: Session, qtbot: Any
) -> None:
    """Three kinds and an event, with the mouse and the keys alone."""
    choose_snapping(case, session)
    dock = show_dock(window, "Expansion")
    dock.actions_bar.draw.click()
    canvas.drag(*case.across)
    canvas.key(Qt.Key.Key_N)
    canvas.key(Qt.Key.Key_N)
    assert session.playhead.frame == 2
    dock = show_dock(window, "Front position")
    dock.draw_path.click()
    canvas.click(*case.path)
    canvas.key(Qt.Key.Key_Return)
    dock.actions_bar.draw.click()
    session.go_to(0)
    for part in case.fronts:
        canvas.click(case.front(part))
        canvas.key(Qt.Key.Key_Right)
    dock = show_dock(window, "SEI thickness")
    session.go_to(1)
    dock.actions_bar.draw.click()
    for boundary in (case.inner, case.outer):
        canvas.click(*boundary)
        canvas.key(Qt.Key.Key_Return)
    canvas.key(Qt.Key.Key_F5)
    qtbot.wait(50)
