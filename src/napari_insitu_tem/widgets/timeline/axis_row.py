"""AxisRow: the time axis below the lanes, in line with them."""

from __future__ import annotations

from qtpy.QtGui import QResizeEvent
from qtpy.QtWidgets import QHBoxLayout, QWidget

from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.axis import TimeAxis, TimeStyle
from napari_insitu_tem.widgets.timeline.gutter import GutterLabel
from napari_insitu_tem.widgets.timeline.lane_view import LaneView
from napari_insitu_tem.widgets.timeline.marks import Marks

_HEIGHT_PX = 30


class AxisRow(QWidget):
    """Labels of the time axis and a strip to grab the playhead on."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.labels = GutterLabel(self)
        self.axis = TimeAxis()
        self.view = LaneView(time_axis=self.axis, parent=self)
        self.marks = Marks(self.view, has_handle=True)
        self._theme: Theme = DARK
        self._lanes_width = 10_000
        self.setFixedHeight(_HEIGHT_PX)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.labels)
        self._row.addWidget(self.view, 1)

    def set_width(self, width: int) -> None:
        """Be as wide as the lanes, whose scroll bar takes some room."""
        self._lanes_width = width
        self._row.setContentsMargins(0, 0, max(self.width() - width, 0), 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep in line: the lanes may have been told their width before."""
        super().resizeEvent(event)
        self.set_width(self._lanes_width)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.view.set_theme(theme)
        self.marks.set_theme(theme)
        self._write_label()

    def show_time(self, start: float, stop: float) -> None:
        """Show a stretch of time."""
        self.view.show_time(start, stop)
        self._write_label()

    def set_time_style(self, style: TimeStyle) -> None:
        """Choose how times are written."""
        self.axis.set_time_style(style)
        self._write_label()

    def _write_label(self) -> None:
        unit = "h:mm:ss" if self.axis.is_clock else "s"
        self.labels.write("Time", unit, self._theme.text, (), self._theme)
