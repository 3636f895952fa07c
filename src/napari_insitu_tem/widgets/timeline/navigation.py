"""Navigation: turns the mouse over any lane into gestures."""

from __future__ import annotations

from functools import partial

from qtpy.QtCore import QObject, QPoint, Qt, Signal
from qtpy.QtGui import QCursor
from qtpy.QtWidgets import QToolTip

from napari_insitu_tem.model.timebase import NS_PER_S
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.gestures import (
    Coalescer,
    Gesture,
    Mouse,
    Pan,
    Scrub,
    SelectRange,
)
from napari_insitu_tem.widgets.timeline.lane_view import LaneView
from napari_insitu_tem.widgets.timeline.lanes.base import Lane
from napari_insitu_tem.widgets.timeline.marks import edge_near
from napari_insitu_tem.widgets.timeline.time_window import TimeWindow

_ZOOM_A_NOTCH = 1.25
_PAN_A_NOTCH = 0.1


class Navigation(QObject):
    """Seeks, scrubs, pans, zooms, selects; lanes may take a press for themselves.

    Left button: a lane's own gesture, an edge of the selected stretch, else the
    playhead. Shift and drag: a stretch of time. Middle button, or Ctrl and drag: pan.
    Wheel: zoom about the mouse; Shift or a sideways wheel: pan. Double click: show all.

    Parameters
    ----------
    session, window
        What the mouse changes.

    Signals
    -------
    hovered(object)
        Seconds under the mouse, None when it left.
    gesture_changed(str)
        What the present gesture has to say; "" when it ended.
    menu_wanted(object, QPoint)
        A context menu for a lane (None: for the axis).
    """

    hovered = Signal(object)
    gesture_changed = Signal(str)
    menu_wanted = Signal(object, QPoint)

    def __init__(
        self, session: Session, window: TimeWindow, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._window = window
        self._seek = Coalescer(session.seek, self)
        self._gesture: Gesture | None = None
        self.selects_range = False

    def attach(self, view: LaneView, lane: Lane | None = None) -> None:
        """Listen to the mouse over a view; `lane` may handle some of it."""
        view.pressed.connect(partial(self._on_press, view, lane))
        view.moved.connect(self._on_move)
        view.released.connect(partial(self._on_release, view))
        view.hovered.connect(partial(self._on_hover, view, lane))
        view.double_clicked.connect(self._on_double_click)
        view.left.connect(partial(self.hovered.emit, None))
        view.wheeled.connect(self._on_wheel)
        view.menu_wanted.connect(partial(self.menu_wanted.emit, lane))

    @property
    def is_busy(self) -> bool:
        """Whether a button is held."""
        return self._gesture is not None

    def cancel(self) -> bool:
        """Take the present gesture back; whether there was one."""
        gesture, self._gesture = self._gesture, None
        if gesture is None:
            return False
        gesture.cancel()
        self.gesture_changed.emit("")
        return True

    def _begin(self, lane: Lane | None, mouse: Mouse) -> Gesture | None:
        """What a press does here."""
        session = self._session
        if mouse.button == Qt.MouseButton.MiddleButton:
            return Pan(self._window, mouse)
        if mouse.button != Qt.MouseButton.LeftButton:
            return None
        if session.is_marking:
            session.mark_moment(mouse.time_ns)
            return Gesture()
        if mouse.has(Qt.KeyboardModifier.ShiftModifier):
            return SelectRange(session, mouse, None)
        own = lane.gesture_at(mouse) if lane is not None else None
        if own is not None:
            return own
        if mouse.has(Qt.KeyboardModifier.ControlModifier):
            return Pan(self._window, mouse)
        edge = edge_near(self._range_s(), mouse.time_s, mouse.s_per_px)
        if edge is not None and session.range_ns is not None:
            return SelectRange(session, mouse, session.range_ns[1 - edge])
        if self.selects_range:
            return SelectRange(session, mouse, None)
        return Scrub(self._seek, mouse)

    def _range_s(self) -> tuple[float, float] | None:
        chosen = self._session.range_ns
        return None if chosen is None else (chosen[0] / NS_PER_S, chosen[1] / NS_PER_S)

    def _on_press(self, view: LaneView, lane: Lane | None, mouse: Mouse) -> None:
        if self._gesture is not None:
            return
        self._gesture = self._begin(lane, mouse)
        if self._gesture is not None and self._gesture.cursor is not None:
            view.viewport().setCursor(self._gesture.cursor)

    def _on_move(self, mouse: Mouse) -> None:
        if self._gesture is not None:
            self._gesture.move(mouse)
            self.gesture_changed.emit(self._gesture.text())
        self.hovered.emit(mouse.time_s)

    def _on_release(self, view: LaneView, mouse: Mouse) -> None:
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.finish(mouse)
            self.gesture_changed.emit("")
        view.viewport().unsetCursor()

    def _on_hover(self, view: LaneView, lane: Lane | None, mouse: Mouse) -> None:
        self.hovered.emit(mouse.time_s)
        cursor = self._cursor(lane, mouse)
        if cursor is None:
            view.viewport().unsetCursor()
        elif view.viewport().cursor().shape() != cursor:
            view.viewport().setCursor(cursor)
        tip = lane.tip_at(mouse) if lane is not None else ""
        if tip:
            QToolTip.showText(QCursor.pos(), tip, view)
        else:
            QToolTip.hideText()

    def _cursor(self, lane: Lane | None, mouse: Mouse) -> Qt.CursorShape | None:
        if self._session.is_marking:
            return Qt.CursorShape.CrossCursor
        own = lane.cursor_at(mouse) if lane is not None else None
        if own is not None:
            return own
        if edge_near(self._range_s(), mouse.time_s, mouse.s_per_px) is not None:
            return Qt.CursorShape.SizeHorCursor
        return Qt.CursorShape.IBeamCursor if self.selects_range else None

    def _on_double_click(self, mouse: Mouse) -> None:
        if mouse.button == Qt.MouseButton.LeftButton:
            self._window.fit()

    def _on_wheel(self, mouse: Mouse, sideways: float, turns: float) -> None:
        if sideways or mouse.has(Qt.KeyboardModifier.ShiftModifier):
            notches = sideways or turns
            self._window.pan(-notches * _PAN_A_NOTCH * self._window.span)
        elif turns:
            self._window.zoom(_ZOOM_A_NOTCH**-turns, mouse.time_s)
