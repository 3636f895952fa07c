"""MouseView: a plotting area that reports the mouse and leaves the keys alone."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QWheelEvent,
)
from qtpy.QtWidgets import QWidget

from napari_insitu_tem.widgets.timeline.gestures import Mouse


class MouseView(pg.GraphicsView):
    """A view box; what the mouse does is for others to decide.

    Signals
    -------
    pressed, moved, released, double_clicked, hovered (Mouse)
        The mouse; `moved` with a button held, `hovered` without.
    left()
        The mouse went away.
    wheeled(Mouse, float, float)
        Turns of the wheel (1.0 a notch), horizontal and vertical.
    menu_wanted(QPoint)
        A context menu is asked for at this place of the screen.
    """

    pressed = Signal(object)
    moved = Signal(object)
    released = Signal(object)
    double_clicked = Signal(object)
    hovered = Signal(object)
    left = Signal()
    wheeled = Signal(object, float, float)
    menu_wanted = Signal(QPoint)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Neither it nor its viewport takes the focus, and with it the arrow keys.
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        # Without its own menu, which would be a window of its own for ever.
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0)
        self.box.disableAutoRange()
        self.addItem(self.box)

    def place_items(self, width: float, height: float) -> None:
        """Give the box and the axes their places in an area of this size.

        By hand: a layout would keep a window of its own, unseen.
        """
        self.box.setGeometry(QRectF(0, 0, width, height))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Place box and axes anew; without an event the view is not ready yet."""
        super().resizeEvent(event)
        if event is not None:
            self.place_items(self.width(), self.height())

    def plot_rect(self) -> QRectF:
        """The area of the curves, in pixels of this widget."""
        return self.box.sceneBoundingRect()

    def mouse_at(
        self, position: QPointF, event: QMouseEvent | QWheelEvent | None = None
    ) -> Mouse:
        """What lies under a position of this widget."""
        rect = self.plot_rect()
        (x0, x1), (y0, y1) = self.box.viewRange()
        s_per_px = (x1 - x0) / max(rect.width(), 1.0)
        value_per_px = (y1 - y0) / max(rect.height(), 1.0)
        x, y = position.x() - rect.left(), position.y() - rect.top()
        button = event.button() if isinstance(event, QMouseEvent) else None
        return Mouse(
            time_s=x0 + x * s_per_px,
            value=y1 - y * value_per_px,
            x=x,
            y=y,
            s_per_px=s_per_px,
            value_per_px=value_per_px,
            button=Qt.MouseButton.NoButton if button is None else button,
            modifiers=Qt.KeyboardModifier.NoModifier
            if event is None
            else event.modifiers(),
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Report a press."""
        if event.button() != Qt.MouseButton.RightButton:
            self.pressed.emit(self.mouse_at(event.position(), event))
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Report a move."""
        mouse = self.mouse_at(event.position(), event)
        (self.moved if event.buttons() else self.hovered).emit(mouse)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Report a release."""
        self.released.emit(self.mouse_at(event.position(), event))
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Report a double click."""
        self.double_clicked.emit(self.mouse_at(event.position(), event))
        event.accept()

    def leaveEvent(self, event: Any) -> None:
        """Report that the mouse left."""
        self.left.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Report the wheel, also of a touch pad."""
        turn = event.angleDelta()
        mouse = self.mouse_at(event.position(), event)
        self.wheeled.emit(mouse, turn.x() / 120, turn.y() / 120)
        event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu."""
        self.menu_wanted.emit(event.globalPos())
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave every key to others: a view would scroll with the arrow keys."""
        event.ignore()
