"""The fitted rate laws of fronts, drawn over a lane."""

from __future__ import annotations

from collections.abc import Callable

import pyqtgraph as pg
from qtpy.QtCore import Qt

from napari_insitu_tem.state.laws import laws_of
from napari_insitu_tem.state.laws.report import LawReport
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.lane_view import LaneView


class LawCurves:
    """One line a report; a thin dark one below keeps it visible on an image.

    Parameters
    ----------
    session
        Has the reports.
    view
        Where they are drawn.
    is_mine
        Which of them belong on this lane.
    """

    def __init__(
        self, session: Session, view: LaneView, is_mine: Callable[[LawReport], bool]
    ) -> None:
        self._laws = laws_of(session)
        self._view = view
        self._is_mine = is_mine
        self._theme: Theme | None = None
        self._lines: list[pg.PlotCurveItem] = []
        self._laws.changed.connect(self.draw)

    def close(self) -> None:
        """Stop following the reports."""
        self._laws.changed.disconnect(self.draw)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.draw()

    def draw(self) -> None:
        """Draw the reports as they are now."""
        for line in self._lines:
            self._view.box.removeItem(line)
        self._lines.clear()
        for report in self._laws.every():
            if report.is_current and self._is_mine(report):
                self._draw(report)

    def _draw(self, report: LawReport) -> None:
        time_s, value = report.curve()
        colour = "#ffffff" if self._theme is None else self._theme.text
        back = "#000000" if self._theme is None else self._theme.lane
        dash = Qt.PenStyle.DashLine if report.law.flag else Qt.PenStyle.SolidLine
        for pen in (
            pg.mkPen(back, width=4),
            pg.mkPen(colour, width=1.8, style=dash),
        ):
            line = pg.PlotCurveItem(time_s, value, pen=pen, antialias=True)
            line.setZValue(1)
            self._view.box.addItem(line, ignoreBounds=True)
            self._lines.append(line)
