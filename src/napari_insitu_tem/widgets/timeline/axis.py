"""The axes of the timeline: time in seconds or h:mm:ss, values in prefixed units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import pyqtgraph as pg
from qtpy.QtGui import QFont

from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.formatting import LONG_S, clock_text

TimeStyle = Literal["auto", "seconds", "clock"]

#: Steps between labels that suit h:mm:ss, in seconds.
_CLOCK_STEPS = (
    *(1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, 86400),
)
_LABEL_PX = 90
_EDGE_PX = 7

#: Labels above one another are legible from this distance on.
_LEGIBLE_PX = 13


class TimeAxis(pg.AxisItem):
    """Time below the lanes."""

    def __init__(self) -> None:
        super().__init__("bottom", maxTickLength=4)
        self.enableAutoSIPrefix(False)
        self.setStyle(tickTextOffset=2, autoExpandTextSpace=False, maxTextLevel=0)
        self.time_style: TimeStyle = "auto"

    @property
    def is_clock(self) -> bool:
        """Whether labels are h:mm:ss."""
        if self.time_style != "auto":
            return self.time_style == "clock"
        return max(abs(self.range[0]), abs(self.range[1])) >= LONG_S

    def set_time_style(self, style: TimeStyle) -> None:
        """Choose how times are written."""
        self.time_style = style
        self.picture = None
        self.update()

    def tickSpacing(
        self,
        minVal: float,
        maxVal: float,
        size: float,
    ) -> list[tuple[float, float]]:
        """Labels at steps that people count in, with room between them."""
        span = maxVal - minVal
        if not (span > 0 and size > 0):
            return []
        wanted = span * _LABEL_PX / size
        return [(step, 0.0) for step in _steps(wanted, clock=self.is_clock)]

    def tickStrings(
        self, values: Sequence[float], scale: float, spacing: float
    ) -> list[str]:
        """The labels."""
        digits = 0 if spacing >= 1 else min(math.ceil(-math.log10(spacing) - 1e-9), 9)
        if self.is_clock:
            return [clock_text(value, digits) for value in values]
        return [_plain(value, digits) for value in values]


def _steps(wanted: float, *, clock: bool) -> list[float]:
    """The smallest round step of at least `wanted` s, and one between its labels."""
    if clock and wanted > 0.5:
        for i, step in enumerate(_CLOCK_STEPS):
            if step >= wanted:
                return [step, _CLOCK_STEPS[max(i - 2, 0)]]
        days = 86400 * _round_step(wanted / 86400)[0]
        return [days, days / 2]
    return _round_step(wanted)


def _round_step(wanted: float) -> list[float]:
    ten = 10.0 ** math.floor(math.log10(wanted))
    for step, minor in ((1, 0.2), (2, 0.5), (5, 1), (10, 2)):
        if step * ten >= wanted * (1 - 1e-9):
            return [step * ten, minor * ten]
    return [10 * ten, 2 * ten]


class ValueAxis(pg.AxisItem):
    """Values of one quantity; a few labels with the same digits, never cut off.

    Parameters
    ----------
    side
        "left" or "bottom".
    size_px
        Width of a left axis, height of a bottom one.
    label_px
        Pixels between labels.
    """

    def __init__(self, side: str, size_px: int, label_px: int = 24) -> None:
        super().__init__(side, maxTickLength=4)
        self._label_px = label_px
        self.enableAutoSIPrefix(False)
        self.setStyle(
            tickTextOffset=2,
            autoExpandTextSpace=False,
            maxTextLevel=0,
            hideOverlappingLabels=2,
        )
        (self.setWidth if side == "left" else self.setHeight)(size_px)

    def tickSpacing(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, float]]:
        """Labels with room between them, at least two where they fit."""
        span = abs(maxVal - minVal)
        if not (span > 0 and size > 0):
            return []
        wanted = span / min(max(size / self._label_px, 2.1), 8)
        # A label needs some pixels of the axis on either side.
        edge = span * min(_EDGE_PX / size, 0.4)
        low, high = min(minVal, maxVal) + edge, max(minVal, maxVal) - edge
        for part in (1, 2, 4):
            steps = _round_step(wanted / part)
            if math.floor(high / steps[0]) > math.ceil(low / steps[0]):
                break
        return [(step, 0.0) for step in steps]

    def tickValues(
        self, minVal: float, maxVal: float, size: float
    ) -> list[tuple[float, list[float]]]:
        """No label beyond the lane's ends; in a low lane the outermost two only."""
        levels: list[tuple[float, list[float]]] = super().tickValues(
            minVal, maxVal, size
        )
        span = abs(maxVal - minVal)
        if self.orientation != "left" or not levels or not (span > 0 and size > 0):
            return levels
        step, values = levels[0]
        edge = span * min(_EDGE_PX / size, 0.4)
        low, high = min(minVal, maxVal) + edge, max(minVal, maxVal) - edge
        kept = sorted(value for value in values if low <= value <= high)
        if step * size / span < _LEGIBLE_PX:
            is_roomy = kept and (kept[-1] - kept[0]) * size / span >= _LEGIBLE_PX
            kept = [kept[0], kept[-1]] if is_roomy else kept[:1]
        rest = [value for value in values if value not in kept]
        return [(step, kept), (step, rest), *levels[1:]]

    def tickStrings(
        self, values: Sequence[float], scale: float, spacing: float
    ) -> list[str]:
        """The labels."""
        step = abs(spacing * scale) or 1.0
        digits = min(max(0, math.ceil(-math.log10(step) - 1e-9)), 9)
        if step >= 1e6 or step < 1e-6:
            return [f"{value * scale:.3g}" for value in values]
        return [_plain(value * scale, digits) for value in values]


def _plain(value: float, digits: int) -> str:
    """A number with a true minus sign and no negative zero."""
    text = f"{value:.{digits}f}"
    return text.replace("-", "−") if float(text) else text.lstrip("-")


def dress(axis: pg.AxisItem, theme: Theme) -> None:
    """Give an axis the colours and the font of the theme."""
    axis.setPen(theme.line)
    axis.setTickPen(theme.line)
    axis.setTextPen(theme.faint_text)
    font = QFont()
    font.setPointSizeF(max(theme.font_pt - 1, 6))
    axis.setStyle(tickFont=font)
