"""The cyclic view follows the session and takes clicks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QLabel, QWidget

from mouse import CTRL, Mouse
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.cyclic import CyclicView, trail_item
from napari_insitu_tem.widgets.cyclic.trail import Trail
from napari_insitu_tem.widgets.theme import LIGHT

S = 10**9


def voltammogram(cycles: int = 3, rows: int = 3000) -> Trace:
    """A triangle of 0 to 1 V in 100 s a cycle; -1 nA going down, 1 nA going up."""
    time = np.linspace(0, 100.0 * cycles, rows, endpoint=False)
    part = time % 100
    rises = part < 50
    return Trace.from_columns(
        {
            "time_s": time,
            "potential_V": np.where(rises, part, 100 - part) / 50,
            "current_A": np.where(rises, 1e-9, -1e-9),
            "cycle": time // 100 + 1,
        }
    )


@pytest.fixture
def session() -> Session:
    frames = np.zeros((300, 4, 4), np.uint8)
    movie = Movie.from_array(frames, name="a", times_s=np.arange(300.0))
    return Session(Experiment(movie, voltammogram()))


@pytest.fixture
def view(session: Session, qtbot: Any) -> CyclicView:
    view = CyclicView(session)
    qtbot.addWidget(view)
    view.resize(460, 400)
    view.show()
    qtbot.waitExposed(view)
    return view


@pytest.fixture
def mouse(view: CyclicView) -> Mouse:
    return Mouse(view.plot)


def dot(view: CyclicView) -> list[float]:
    return [float(v[0]) for v in view.plot.dot.getData() if len(v)]


def test_dot_is_the_record_at_the_frame(view, session) -> None:
    session.go_to(20)
    row = session.signals("a").iloc[20]
    assert dot(view) == [row["potential_V"], row["current_A"]]
    view.x_choice.setCurrentIndex(1)
    assert dot(view) == [row["charge_C"], row["current_A"]]


def test_step_moves_the_dot_only(view, session, monkeypatch) -> None:
    view.grab()
    calls = []
    monkeypatch.setattr(Trail, "draw", lambda *args: calls.append(args))
    for frame in (5, 50, 250):
        session.go_to(frame)
        view.grab()
    assert calls == []


def test_frame_beside_the_record_has_no_dot(view, session) -> None:
    far = Experiment(session.experiment.movie(), voltammogram()).align(offset_s=9e3)
    session.open(far)
    assert dot(view) == []


def test_axes_are_named_with_their_units(view) -> None:
    def labels() -> tuple[str, str]:
        return view.plot.bottom.labelText, view.plot.left_axis.labelText

    assert labels() == ("Potential (V)", "Current (nA)")
    view.y_choice.setCurrentIndex(1)
    # Potential on both axes makes no sense: the other one gives way.
    assert labels() == ("Charge (nC)", "Potential (V)")
    view.x_choice.setCurrentIndex(0)
    assert labels() == ("Potential (V)", "Current (nA)")


def test_click_goes_to_the_sample_of_the_cycle_at_the_playhead(
    view, session, mouse
) -> None:
    for start, frame in ((10, 25), (110, 125), (290, 225)):
        session.go_to(start)
        mouse.click(mouse.at_value(0.502, 1e-9))
        assert session.playhead.frame == frame


def test_dragging_along_the_curve_scrubs_to_the_end(view, session, mouse) -> None:
    session.go_to(5)
    steps = []
    session.playhead_changed.connect(steps.append)
    places = [mouse.at_value(v, 1e-9) for v in np.linspace(0.1, 0.806, 60)]
    mouse.drag(*places)
    assert session.playhead.frame == 40
    assert len(steps) < 10


def test_wheel_pan_and_double_click(view, session, mouse) -> None:
    whole = view.plot.box.viewRange()
    place = mouse.at_value(0.5, 0.0)
    mouse.wheel(place, 3)
    (x0, x1), (y0, y1) = view.plot.box.viewRange()
    assert x1 - x0 == pytest.approx((whole[0][1] - whole[0][0]) / 1.25**3)
    assert y1 - y0 == pytest.approx((whole[1][1] - whole[1][0]) / 1.25**3)
    assert view.plot.mouse_at(place).time_s == pytest.approx(0.5, abs=0.01)
    before = session.playhead
    mouse.drag(place, mouse.at_value(0.6, 0.0), modifiers=CTRL)
    assert view.plot.box.viewRange()[0][0] < x0
    assert session.playhead == before
    mouse.double_click(place)
    assert view.plot.box.viewRange()[0] == pytest.approx(whole[0])


def test_selected_stretch_stands_out(view, session) -> None:
    session.set_range((10 * S, 20 * S))
    part = view.plot.selected._trail
    times = session.experiment.record.time_ns[part.rows]
    assert times.min() == 10 * S
    assert times.max() == 20 * S
    session.set_range(None)
    assert view.plot.selected._trail is None


def test_cycles_are_named(view, session) -> None:
    assert "cycle 1" in view.legend.text()
    assert "3</span>" in view.legend.text()
    session.open(Experiment(trace=voltammogram(cycles=1)))
    assert not view.legend.isVisible()


def test_what_is_missing_is_said(view, session) -> None:
    session.open(Experiment())
    assert "No trace yet" in view.note.text()
    time = np.arange(5.0)
    session.add_trace(Trace.from_columns({"time_s": time, "potential_V": time}))
    assert "no samples with current and potential" in view.note.text()
    session.open(Experiment(trace=voltammogram()))
    assert not view.note.isVisible()
    view.grab()


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_short_records(view, session, rows) -> None:
    time = np.arange(rows, dtype=float)
    short = Trace.from_columns(
        {"time_s": time, "potential_V": time, "current_A": time, "cycle": time}
    )
    session.open(Experiment(session.experiment.movie(), short))
    view.grab()
    session.go_to(1)
    view.plot.zoom(0.5, 0, 0)
    view.grab()


def test_heavy_record_is_drawn_when_the_view_rests(
    view, session, mouse, monkeypatch, qtbot
) -> None:
    monkeypatch.setattr(trail_item, "HEAVY", 100)
    view.grab()
    calls = []
    draw = Trail.draw
    monkeypatch.setattr(
        Trail, "draw", lambda trail, port: calls.append(port) or draw(trail, port)
    )
    for _ in range(5):
        mouse.wheel(mouse.at_value(0.5, 0.0), 1)
        view.grab()
    assert calls == []
    qtbot.waitUntil(lambda: len(calls) == 1)
    assert calls[0].x == tuple(view.plot.box.viewRange()[0])


def test_arrow_keys_are_left_to_the_slider(view) -> None:
    takers = [
        widget
        for widget in view.findChildren(QWidget)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and widget.isVisible()
    ]
    assert takers == []


def test_theme_and_closing(view, session, qtbot) -> None:
    view.set_theme(LIGHT)
    picture = view.grab().toImage()
    assert picture.pixelColor(2, 2).name() == LIGHT.background
    view.close()
    for signal in (session.playhead_changed, session.range_changed):
        assert len(signal) == 0
    session.go_to(33)
    view.show()
    assert dot(view)[0] == session.signals("a")["potential_V"].iat[33]


def test_destroyed_view_is_not_called(session, qtbot) -> None:
    view = CyclicView(session)
    view.deleteLater()
    qtbot.waitUntil(lambda: len(session.playhead_changed) == 0)
    session.go_to(1)
    assert not [w for w in QApplication.topLevelWidgets() if w.isVisible()]


def test_nothing_overlaps_in_the_narrowest_view(view) -> None:
    view.resize(view.minimumSize())
    QApplication.processEvents()
    between = [x for x in view.findChildren(QLabel) if x.text() == "vs"]
    rects = [x.geometry() for x in (view.y_choice, *between, view.x_choice)]
    for place, rect in enumerate(rects):
        assert view.rect().contains(rect)
        assert not any(rect.intersects(other) for other in rects[place + 1 :])
