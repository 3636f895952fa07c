"""LaneRow: a lane with its labels on the left and its marks."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent
from qtpy.QtWidgets import QHBoxLayout, QWidget

from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.gutter import GutterLabel
from napari_insitu_tem.widgets.timeline.heights import Room
from napari_insitu_tem.widgets.timeline.lane_view import LaneView
from napari_insitu_tem.widgets.timeline.lanes.base import Lane, Options
from napari_insitu_tem.widgets.timeline.marks import Marks

GRIP_PX = 5


class LaneRow(QWidget):
    """One lane on the screen.

    Parameters
    ----------
    lane_class, variant
        Which lane.
    session, options
        See `Lane`.

    Signals
    -------
    room_changed()
        The lane asks for another height.
    """

    room_changed = Signal()

    def __init__(
        self,
        lane_class: type[Lane],
        variant: str,
        session: Session,
        options: Options,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.labels = GutterLabel(self)
        self.view = LaneView(parent=self)
        self.marks = Marks(self.view)
        self.lane = lane_class(session, self.view, options, variant)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.labels)
        row.addWidget(self.view, 1)
        self.lane.labels_changed.connect(self._on_labels_changed)

    @property
    def key(self) -> str:
        """Name of the lane among all."""
        return self.lane.key

    def room(self, chosen: int | None = None) -> Room:
        """The height that the lane asks for, or that the user chose."""
        lane = self.lane
        return Room(lane.preferred_height, lane.least_height, lane.stretches, chosen)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self.view.set_theme(theme)
        self.marks.set_theme(theme)
        self.lane.set_theme(theme)
        self._write_labels()

    def fit_values(self, window: tuple[float, float]) -> None:
        """Scale the value axis to all there is, or to what is visible."""
        follow = self.lane.options.values_follow_view
        bounds = self.lane.value_bounds(window if follow else None)
        self.view.label_values(bounds is not None)
        if bounds is not None:
            self.view.show_values(*bounds)

    def _on_labels_changed(self) -> None:
        self._write_labels()
        self.room_changed.emit()

    def _write_labels(self) -> None:
        lane = self.lane
        self.labels.write(lane.title, lane.unit, lane.colour, lane.legend, lane.theme)

    def close_lane(self) -> None:
        """Let go of the session."""
        self.lane.labels_changed.disconnect(self._on_labels_changed)
        self.lane.close()


class Grip(QWidget):
    """The line below a lane; dragging it changes the lane's height.

    Signals
    -------
    dragged(int)
        Wanted height of the lane above.
    reset()
        Double click: back to a shared height.
    """

    dragged = Signal(int)
    reset = Signal()

    def __init__(self, row: LaneRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = row
        self._colour = QColor(DARK.line)
        self.setCursor(Qt.CursorShape.SplitVCursor)
        self.setToolTip("Drag to change the height, double-click to share it again")

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._colour = QColor(theme.line)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A thin line."""
        painter = QPainter(self)
        painter.fillRect(0, self.height() // 2, self.width(), 1, self._colour)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold."""
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Ask for the height that puts the line under the mouse."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            below = self.mapToParent(event.position().toPoint()).y()
            self.dragged.emit(below - self._row.y() - GRIP_PX // 2)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Give the height back."""
        self.reset.emit()
