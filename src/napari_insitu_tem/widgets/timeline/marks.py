"""Marks: the playhead, the selected stretch and the mouse's moment, in one view."""

from __future__ import annotations

import pyqtgraph as pg
from qtpy.QtCore import Qt

from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.lane_view import LaneView

_EDGE_REACH_PX = 5.0


class Marks:
    """Vertical marks over a lane. Moving them draws nothing else anew.

    Parameters
    ----------
    view
        The lane's view.
    """

    def __init__(self, view: LaneView) -> None:
        self.region = pg.LinearRegionItem(movable=False)
        self.exposure = pg.LinearRegionItem(movable=False)
        self.hover = pg.InfiniteLine(angle=90)
        self.playhead = pg.InfiniteLine(angle=90)
        for depth, item in enumerate(
            (self.region, self.exposure, self.hover, self.playhead)
        ):
            item.setZValue(-20 if item is self.region else 10 + depth)
            item.setVisible(False)
            view.box.addItem(item, ignoreBounds=True)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        edge = pg.mkPen(theme.selection, width=1)
        fill = pg.mkColor(theme.selection)
        fill.setAlpha(60 if theme.is_dark else 75)
        self.region.setBrush(fill)
        window = pg.mkColor(theme.playhead)
        window.setAlpha(45)
        self.exposure.setBrush(window)
        for line in self.region.lines:
            line.setPen(edge)
        for line in self.exposure.lines:
            line.setPen(None)
        self.hover.setPen(pg.mkPen(theme.faint_text, style=Qt.PenStyle.DotLine))
        self.playhead.setPen(pg.mkPen(theme.playhead, width=2))

    def set_playhead(self, window_s: tuple[float, float] | None) -> None:
        """Show the frame's start as a line and its exposure as a band behind it."""
        self.playhead.setVisible(window_s is not None)
        is_wide = window_s is not None and window_s[1] > window_s[0]
        self.exposure.setVisible(is_wide)
        if window_s is not None:
            self.playhead.setValue(window_s[0])
        if is_wide:
            self.exposure.setRegion(window_s)

    def set_range(self, range_s: tuple[float, float] | None) -> None:
        """Show the selected stretch of time."""
        self.region.setVisible(range_s is not None)
        if range_s is not None:
            self.region.setRegion(range_s)

    def set_hover(self, time_s: float | None) -> None:
        """Show the moment under the mouse."""
        self.hover.setVisible(time_s is not None)
        if time_s is not None:
            self.hover.setValue(time_s)


def edge_near(
    range_s: tuple[float, float] | None, time_s: float, s_per_px: float
) -> int | None:
    """The edge of the selected stretch under the mouse: 0 left, 1 right, or None."""
    if range_s is None:
        return None
    away = [abs(edge - time_s) / s_per_px for edge in range_s]
    near = 0 if away[0] <= away[1] else 1
    return near if away[near] <= _EDGE_REACH_PX else None
