"""A napari window with the plugin, and hands that use it as a person would.

Everything goes through the real window: docks are opened from the plugin's menu, the
canvas and the timeline get mouse events, buttons are pressed, fields are typed into.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import napari
import numpy as np
from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QPushButton, QScrollArea, QWidget

from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
NO_KEY = Qt.KeyboardModifier.NoModifier

Place = tuple[float, float]


class Window:
    """A viewer and its session.

    Parameters
    ----------
    width, height
        Of the window in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self.viewer = napari.Viewer(show=True)
        self.main = self.viewer.window._qt_window
        self.main.resize(width, height)
        self.link = link_of(self.viewer)
        self.wait(300)

    @property
    def session(self) -> Any:
        """What the docks share."""
        return self.link.session

    def wait(self, ms: int = 150) -> None:
        """Let the window react."""
        QTest.qWait(ms)

    def until(self, is_done: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for something that is computed in a thread."""
        for _ in range(int(seconds * 20)):
            if is_done():
                return
            self.wait(50)
        raise TimeoutError("The window did not get ready.")

    def dock(self, name: str) -> Any:
        """Open a dock of the plugin and bring it to the front."""
        widget = show_dock(self.viewer, name)
        self.wait()
        return getattr(widget, "native", widget)

    def close(self) -> None:
        """Close the window; what is not saved is given up."""
        self.session.mark_saved()
        self.viewer.close()

    # -- widgets ----------------------------------------------------------------------

    def press(self, button: QWidget) -> None:
        """Click a button."""
        self.show(button)
        QTest.mouseClick(button, LEFT)
        self.wait()

    def button(self, dock: QWidget, text: str) -> QPushButton:
        """The button of a dock that says this."""
        return next(b for b in dock.findChildren(QPushButton) if b.text() == text)

    def fill(self, field: QWidget, text: str) -> None:
        """Replace what a field holds, and press Enter."""
        self.show(field)
        line = field.lineEdit() if hasattr(field, "lineEdit") else field
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)
        self.wait()

    def choose(self, box: QWidget, name: str) -> None:
        """Type a name into a box and press Enter."""
        self.show(box)
        line = box.lineEdit()
        line.setFocus()
        line.selectAll()
        QTest.keyClicks(line, name)
        QTest.keyClick(line, Qt.Key.Key_Return)
        self.wait()

    def show(self, widget: QWidget, *, top: bool = False) -> None:
        """Scroll a dock until a widget is seen; with `top`, at its upper edge."""
        area = widget.parent()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parent()
        if isinstance(area, QScrollArea):
            if top:
                bar = area.verticalScrollBar()
                bar.setValue(widget.mapTo(area.widget(), QPoint(0, 0)).y() - 4)
            else:
                area.ensureWidgetVisible(widget)
            area.horizontalScrollBar().setValue(0)
            self.wait(50)

    # -- the canvas -------------------------------------------------------------------

    def fit(self, margin: float = 0.05) -> None:
        """Show the whole frame."""
        self.viewer.reset_view(margin=margin)
        self.wait()

    def at(self, place: Place) -> QPoint:
        """Where a pixel (y, x) of the movie is on the canvas."""
        layer = self.link.movie_layer(self.session.playhead.movie)
        _, y, x = layer.data_to_world((0, *place))
        scene = self.viewer.window._qt_viewer.canvas.view.scene
        px, py = scene.transform.map([x, y])[:2]
        return QPoint(round(float(px)), round(float(py)))

    @property
    def _canvas(self) -> QWidget:
        return self.viewer.window._qt_viewer.canvas.native

    def drag(self, start: Place, end: Place, *, hold: bool = False) -> None:
        """Press at a place, move to another, release unless held."""
        QTest.mouseMove(self._canvas, self.at(start))
        QTest.mousePress(self._canvas, LEFT, pos=self.at(start))
        for part in np.linspace(0, 1, 6)[1:]:
            point = np.asarray(start) + part * (np.asarray(end) - np.asarray(start))
            QTest.mouseMove(self._canvas, self.at((point[0], point[1])))
            self.wait(30)
        if not hold:
            QTest.mouseRelease(self._canvas, LEFT, pos=self.at(end))
            self.wait()

    def click(self, *places: Place) -> None:
        """Click places one after the other."""
        for place in places:
            QTest.mouseMove(self._canvas, self.at(place))
            self.wait(30)
            QTest.mouseClick(self._canvas, LEFT, pos=self.at(place))
            self.wait(60)

    def key(self, key: Qt.Key, modifier: Qt.KeyboardModifier = NO_KEY) -> None:
        """Press a key over the canvas."""
        QTest.keyClick(self._canvas, key, modifier)
        self.wait()

    def leave(self) -> None:
        """Move the mouse off the canvas, so that nothing follows it."""
        QTest.mouseMove(self.main, QPoint(3, 3))
        self.wait(30)

    # -- the timeline -----------------------------------------------------------------

    @property
    def timeline(self) -> Any:
        """The timeline's widget."""
        dock = self.dock("Timeline")
        return getattr(dock, "timeline", dock)

    def lane(self, kind: str, place: int = 0) -> Any:
        """The plotting area of a lane of a kind, the first by default."""
        rows = [r for r in self.timeline.stack.rows if r.lane.kind == kind]
        return rows[place].view

    def only_lanes(self, *kinds: str) -> None:
        """Hide all other lanes, as their menu does."""
        stack = self.timeline.stack
        for row in stack.rows:
            stack.show_lane(row.key, row.lane.kind in kinds)
        self.wait()

    def timeline_height(self, pixels: int) -> None:
        """Drag the splitter above the timeline."""
        docks = self.viewer.window._wrapped_dock_widgets
        dock = docks["Timeline (napari-insitu-tem)"]
        self.main.resizeDocks([dock], [pixels], Qt.Orientation.Vertical)
        self.wait(200)

    def click_lane(
        self,
        kind: str,
        time_s: float,
        value: float | None = None,
        *,
        last: bool = False,
    ) -> None:
        """Click a lane at a time, and at a value of its own axis."""
        view = self.lane(kind, -1 if last else 0)
        rect = view.plot_rect()
        (first, last), (low, high) = view.box.viewRange()
        y = 0.5 if value is None else (high - value) / (high - low)
        x = (time_s - first) / (last - first)
        place = QPointF(rect.left() + x * rect.width(), rect.top() + y * rect.height())
        for event, button, held in (
            (QEvent.Type.MouseButtonPress, LEFT, LEFT),
            (QEvent.Type.MouseButtonRelease, LEFT, NONE),
        ):
            globally = QPointF(view.viewport().mapToGlobal(place.toPoint()))
            QApplication.sendEvent(
                view.viewport(),
                QMouseEvent(event, place, globally, button, held, NO_KEY),
            )
        self.wait()
