"""CyclicPlot: two labelled axes, the trail of the record and the playhead's dot."""

from __future__ import annotations

import pyqtgraph as pg
from qtpy.QtCore import QRectF
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QWidget

from napari_insitu_tem.widgets.cyclic.trail import Trail
from napari_insitu_tem.widgets.cyclic.trail_item import TrailItem
from napari_insitu_tem.widgets.theme import DARK, Theme
from napari_insitu_tem.widgets.timeline.axis import ValueAxis, dress
from napari_insitu_tem.widgets.timeline.mouse_view import MouseView

_MARGIN = 0.06
_DOT_PX = 12
_LEFT_AXIS_PX, _BOTTOM_AXIS_PX = 58, 38
_TOP_PX, _RIGHT_PX, _LEFT_PX, _BELOW_PX = 6, 12, 4, 6
_ZOOM_LIMIT = 1e-6

#: Number of colours that cycles are told apart by.
COLOURS = 16


class CyclicPlot(MouseView):
    """Draws; what is drawn is for `CyclicView` to say."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bottom = ValueAxis("bottom", _BOTTOM_AXIS_PX, label_px=80)
        self.left_axis = ValueAxis("left", _LEFT_AXIS_PX, label_px=36)
        self.trail = TrailItem()
        self.selected = TrailItem(2.0)
        self.dot = pg.ScatterPlotItem(size=_DOT_PX, pxMode=True)
        self._theme: Theme = DARK
        self._extent: tuple[tuple[float, float], tuple[float, float]] | None = None
        self._is_dimmed = False
        self._is_single = True
        for depth, item in enumerate((self.trail, self.selected, self.dot)):
            item.setZValue(depth)
            self.box.addItem(item, ignoreBounds=True)
        for axis in (self.bottom, self.left_axis):
            axis.linkToView(self.box)
            self.addItem(axis)

    def place_items(self, width: float, height: float) -> None:
        """The axes on the left and below."""
        left, below = _LEFT_PX + _LEFT_AXIS_PX, _BOTTOM_AXIS_PX
        used = below + _BELOW_PX + _TOP_PX
        inside = max(width - left - _RIGHT_PX, 1), max(height - used, 1)
        self.box.setGeometry(QRectF(left, _TOP_PX, *inside))
        self.left_axis.setGeometry(QRectF(_LEFT_PX, _TOP_PX, _LEFT_AXIS_PX, inside[1]))
        self.bottom.setGeometry(QRectF(left, _TOP_PX + inside[1], inside[0], below))

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        self._theme = theme
        self.setBackground(theme.background)
        self.box.setBackgroundColor(theme.lane)
        for axis in (self.bottom, self.left_axis):
            dress(axis, theme)
            axis.setLabel(axis.labelText, color=theme.text)
        self.dot.setBrush(pg.mkBrush(theme.playhead))
        self.dot.setPen(pg.mkPen(theme.lane, width=2))
        self.selected.set_colours([QColor(theme.text)])
        self._colour_trail()

    def cycle_colours(self) -> list[QColor]:
        """From early to late, all readable on the theme's background."""
        map_ = pg.colormap.get("viridis")
        first, last = (0.4, 1.0) if self._theme.is_dark else (0.0, 0.75)
        steps = [first + (last - first) * i / (COLOURS - 1) for i in range(COLOURS)]
        return [map_.map(step, mode="qcolor") for step in steps]

    def dim(self, is_dimmed: bool) -> None:
        """Let the trail step back, so that a part of it stands out."""
        if is_dimmed != self._is_dimmed:
            self._is_dimmed = is_dimmed
            self._colour_trail()

    def _colour_trail(self) -> None:
        colours = self.cycle_colours()
        if self._is_single:
            colours = [QColor(self._theme.potential)]
        for colour in colours:
            colour.setAlpha(80 if self._is_dimmed else 255)
        self.trail.set_colours(colours)

    def label(self, x: tuple[str, float], y: tuple[str, float]) -> None:
        """Name the axes and scale their numbers: (text, factor) of each."""
        for axis, (text, factor) in ((self.bottom, x), (self.left_axis, y)):
            axis.setScale(factor)
            axis.setLabel(text, color=self._theme.text)
            axis.showLabel(bool(text))

    def show_trail(self, trail: Trail) -> None:
        """Draw another trail."""
        self._extent = trail.bounds
        self._is_single = not trail.colour.any()
        self._colour_trail()
        self.trail.set_trail(trail)

    def show_dot(self, x: float, y: float) -> None:
        """Put the playhead there; nowhere for a NaN."""
        is_known = x == x and y == y
        self.dot.setData([x] if is_known else [], [y] if is_known else [])

    def fit(self) -> None:
        """Show all of the trail."""
        if self._extent is None:
            return
        ranges = []
        for low, high in self._extent:
            margin = _MARGIN * (high - low) or abs(high) * 0.05 or 1e-12
            ranges.append((low - margin, high + margin))
        self.box.setRange(xRange=ranges[0], yRange=ranges[1], padding=0)
        self.box.updateMatrix()

    def zoom(self, factor: float, x: float, y: float) -> None:
        """Show `factor` times as much; the place (x, y) stays where it is."""
        if self._extent is None:
            return
        ranges = []
        for (a, b), about, (low, high) in zip(
            self.box.viewRange(), (x, y), self._extent, strict=True
        ):
            span = (high - low) or 1e-12
            least, most = _ZOOM_LIMIT * span / (b - a), 4 * span / (b - a)
            step = min(max(factor, least), max(most, 1.0))
            ranges.append((about + (a - about) * step, about + (b - about) * step))
        self.box.setRange(xRange=ranges[0], yRange=ranges[1], padding=0)
        self.box.updateMatrix()

    def pan(self, dx: float, dy: float) -> None:
        """Move the view."""
        (x0, x1), (y0, y1) = self.box.viewRange()
        self.box.setRange(
            xRange=(x0 + dx, x1 + dx), yRange=(y0 + dy, y1 + dy), padding=0
        )
        self.box.updateMatrix()
