"""A mouse over a plotting area: real Qt events, at places given in its units."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QEvent, QPoint, QPointF, Qt
from qtpy.QtGui import QMouseEvent, QWheelEvent
from qtpy.QtWidgets import QApplication

LEFT, MIDDLE = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
NONE = Qt.MouseButton.NoButton
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
PLAIN = Qt.KeyboardModifier.NoModifier

Place = tuple[float, float]


class Mouse:
    """Moves over a view; y is in pixels from its top."""

    def __init__(self, view: Any) -> None:
        self.view = view

    def at(self, x: float, y: float = 10.0) -> QPointF:
        """Pixels of a place (x in units of the axis, y in pixels)."""
        rect = self.view.plot_rect()
        low, high = self.view.box.viewRange()[0]
        part = (x - low) / (high - low)
        return QPointF(rect.left() + part * rect.width(), rect.top() + y)

    def at_value(self, x: float, value: float) -> QPointF:
        """Pixels of a place (both in units of the axes)."""
        rect = self.view.plot_rect()
        low, high = self.view.box.viewRange()[1]
        return self.at(x, (high - value) / (high - low) * rect.height())

    def send(
        self,
        kind: QEvent.Type,
        place: QPointF,
        button: Qt.MouseButton,
        held: Qt.MouseButton,
        modifiers: Qt.KeyboardModifier = PLAIN,
    ) -> None:
        port = self.view.viewport()
        globally = QPointF(port.mapToGlobal(place.toPoint()))
        event = QMouseEvent(kind, place, globally, button, held, modifiers)
        QApplication.sendEvent(port, event)

    def press(self, place: QPointF, button=LEFT, modifiers=PLAIN) -> None:
        self.send(QEvent.Type.MouseButtonPress, place, button, button, modifiers)

    def drag_to(self, place: QPointF, button=LEFT, modifiers=PLAIN) -> None:
        self.send(QEvent.Type.MouseMove, place, NONE, button, modifiers)

    def release(self, place: QPointF, button=LEFT, modifiers=PLAIN) -> None:
        self.send(QEvent.Type.MouseButtonRelease, place, button, NONE, modifiers)

    def hover(self, place: QPointF) -> None:
        self.send(QEvent.Type.MouseMove, place, NONE, NONE)

    def click(self, place: QPointF, button=LEFT, modifiers=PLAIN) -> None:
        self.press(place, button, modifiers)
        self.release(place, button, modifiers)

    def double_click(self, place: QPointF) -> None:
        self.click(place)
        self.send(QEvent.Type.MouseButtonDblClick, place, LEFT, LEFT)
        self.release(place)

    def drag(self, *places: QPointF, button=LEFT, modifiers=PLAIN) -> None:
        self.press(places[0], button, modifiers)
        for place in places[1:]:
            self.drag_to(place, button, modifiers)
        self.release(places[-1], button, modifiers)

    def wheel(self, place: QPointF, notches: float, modifiers=PLAIN) -> None:
        port = self.view.viewport()
        event = QWheelEvent(
            place,
            QPointF(port.mapToGlobal(place.toPoint())),
            QPoint(),
            QPoint(0, round(120 * notches)),
            NONE,
            modifiers,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(port, event)
