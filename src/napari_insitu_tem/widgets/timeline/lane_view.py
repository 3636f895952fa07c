"""LaneView: the drawing area of one lane, with its axis; it reports the mouse."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QPoint, QPointF, QRectF, Qt, Signal
from qtpy.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QPainter, QWheelEvent
from qtpy.QtWidgets import QGraphicsGridLayout, QGraphicsWidget, QWidget

from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.axis import TimeAxis, ValueAxis, dress
from napari_insitu_tem.widgets.timeline.gestures import Mouse

AXIS_PX = 50
RIGHT_MARGIN_PX = 10


class LaneView(pg.GraphicsView):
    """A view box with a value axis on its left, or with the time axis below.

    Parameters
    ----------
    time_axis
        Shown below, instead of the labels of the value axis.

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

    def __init__(
        self, *, time_axis: TimeAxis | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0)
        self.box.disableAutoRange()
        self.value_axis = ValueAxis(AXIS_PX)
        self.time_axis = time_axis
        self._show_values = time_axis is None
        self.setCentralItem(self._content())

    def _content(self) -> QGraphicsWidget:
        content = QGraphicsWidget()
        grid = QGraphicsGridLayout(content)
        grid.setContentsMargins(0, 0, RIGHT_MARGIN_PX, 0)
        grid.setSpacing(0)
        grid.addItem(self.value_axis, 0, 0)
        grid.addItem(self.box, 0, 1)
        self.box.setZValue(-1)
        if self.time_axis is None:
            self.value_axis.linkToView(self.box)
        else:
            self.value_axis.setStyle(showValues=False, tickLength=0)
            self.time_axis.linkToView(self.box)
            self.time_axis.setHeight(20)
            grid.addItem(self.time_axis, 1, 1)
        return content

    def show_time(self, start: float, stop: float) -> None:
        """Show a stretch of time."""
        self.box.setXRange(start, stop, padding=0)

    def show_values(self, low: float, high: float) -> None:
        """Show a range of the value axis, with a margin."""
        span = high - low
        margin = 0.08 * span if span > 0 else max(abs(high) * 0.05, 1e-12)
        self.box.setYRange(low - margin, high + margin, padding=0)

    def hide_values(self) -> None:
        """Leave the value axis empty: the lane has no values."""
        self.value_axis.setStyle(showValues=False, tickLength=0)
        self._show_values = False

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.setBackground(theme.background)
        self.box.setBackgroundColor(theme.lane)
        dress(self.value_axis, theme)
        if not self._show_values:
            self.value_axis.setPen(None)
        if self.time_axis is not None:
            dress(self.time_axis, theme)
            self.time_axis.setTextPen(theme.text)

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
        return Mouse(
            time_s=x0 + x * s_per_px,
            value=y1 - y * value_per_px,
            x=x,
            y=y,
            s_per_px=s_per_px,
            value_per_px=value_per_px,
            button=event.button() if isinstance(event, QMouseEvent) else _NO_BUTTON,
            modifiers=_NO_MODIFIER if event is None else event.modifiers(),
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Report a press."""
        if event.button() == Qt.MouseButton.RightButton:
            event.accept()
            return
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


class PixelItem(pg.GraphicsObject):
    """Something painted in pixels over the lane instead of in its units.

    Parameters
    ----------
    view
        The lane's view.
    """

    def __init__(self, view: LaneView) -> None:
        super().__init__(view.box)
        self._view = view
        view.box.sigRangeChanged.connect(self._refresh)
        view.box.sigResized.connect(self._resize)

    def boundingRect(self) -> QRectF:
        """The whole lane."""
        return self._view.box.rect()

    def x_of(self, time_s: Any) -> Any:
        """Pixels from the left of one or many times."""
        (start, stop), _ = self._view.box.viewRange()
        return (time_s - start) * (self.boundingRect().width() / (stop - start))

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Paint; to be done by the kind of item."""
        raise TypeError(f"{type(self).__name__} does not say what it looks like")

    def _refresh(self, *_: Any) -> None:
        self.update()

    def _resize(self, *_: Any) -> None:
        self.prepareGeometryChange()
        self.update()


_NO_BUTTON = Qt.MouseButton.NoButton
_NO_MODIFIER = Qt.KeyboardModifier.NoModifier
