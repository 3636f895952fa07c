"""Measured values as points with error bars: one lane a kind and quantity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pandas as pd
import pyqtgraph as pg
from qtpy.QtCore import Qt

from napari_insitu_tem.model.columns import empty_table
from napari_insitu_tem.model.rounding import rounded, unit_text
from napari_insitu_tem.state.laws.report import LawReport
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.widgets.theme import Theme
from napari_insitu_tem.widgets.timeline.formatting import time_text
from napari_insitu_tem.widgets.timeline.gestures import Gesture, Mouse
from napari_insitu_tem.widgets.timeline.lanes.base import (
    Choice,
    Lane,
    finite_bounds,
    touches,
    touches_rows,
)
from napari_insitu_tem.widgets.timeline.lanes.law_curves import LawCurves
from napari_insitu_tem.widgets.timeline.lanes.points import (
    PLOTS,
    Points,
    cells,
    quantities,
)
from napari_insitu_tem.widgets.timeline.lanes.rows import PickRow

_KINDS = ("expansion", "front", "sei")
_TITLES = {
    "length": "Length",
    "diameter": "Diameter",
    "area": "Area",
    "volume": "Volume",
    "d_spacing": "Lattice spacing",
    "front": "Front position",
    "sei": "SEI thickness",
}
#: Other kinds whose rows go into the values of a kind.
_ALSO_OF = {"front": ("path",), "sei": ("expansion",)}
_POINT_PX, _TRACKED_PX = 8, 5
_REACH_PX = 8.0


class ValuesLane(Lane):
    """Points of one quantity in one unit, coloured by object or front."""

    kind: ClassVar[str] = "values"
    wanted_by: ClassVar[tuple[str, ...]] = ("records", "calibrations")

    @classmethod
    def variants(cls, session: Session) -> tuple[str, ...]:
        """One a kind, quantity and unit that has rows: "expansion|length|nm"."""
        found: list[str] = []
        for kind in _KINDS:
            if session.document.of_kind(kind):
                table = session.table(kind)
                pairs = zip(quantities(table, kind), table["unit"], strict=True)
                found += [f"{kind}|{q}|{unit}" for q, unit in dict.fromkeys(pairs)]
        return tuple(found)

    def build(self) -> None:
        """Add points and error bars."""
        self._of_kind, self._quantity, self._row_unit = self.variant.split("|")
        self._wanted_plot = "change" if self._of_kind == "expansion" else "value"
        self._plot = "value"
        nothing = empty_table(self._of_kind)
        self.points = Points.of(self.session, nothing, self._of_kind, self._plot)
        self._bars: list[pg.PlotCurveItem] = []
        self._scatter = pg.ScatterPlotItem(size=_POINT_PX, pxMode=True)
        self._ring = pg.ScatterPlotItem(size=_POINT_PX + 6, pxMode=True, brush=None)
        for item in (self._scatter, self._ring):
            self.view.box.addItem(item, ignoreBounds=True)
        self._laws = LawCurves(self.session, self.view, self._shows_law)

    def _shows_law(self, report: LawReport) -> bool:
        return self._of_kind == "front" and self._row_unit == report.law.length

    def close(self) -> None:
        """Stop following the rate laws."""
        self._laws.close()

    # -- labels ---------------------------------------------------------------------

    @property
    def title(self) -> str:
        """The quantity, and whether its change is shown."""
        if self._plot == "volume":
            return "Volume change"
        name = _TITLES.get(self._quantity, self._quantity or self._of_kind)
        return f"{name} change" if self._plot == "change" else name

    @property
    def unit(self) -> str:
        """Per cent for a change, else the unit of the rows."""
        if self._plot != "value":
            return "%"
        return unit_text(self._row_unit)

    @property
    def legend(self) -> Sequence[tuple[str, str]]:
        """Objects, or fronts, and their colours."""
        return [
            (self.theme.series_colour(number), name or "(no name)")
            for name, number in self.points.names.items()
        ]

    def choices(self) -> Sequence[Choice]:
        """What can be plotted of these rows."""
        if self._of_kind != "expansion":
            return ()
        return [
            Choice(PLOTS[key][2], key, key == self._plot)
            for key in _plottable(self.points.table)
        ]

    def choose(self, key: str) -> None:
        """Plot another column."""
        self._wanted_plot = key
        self._read()

    # -- drawing --------------------------------------------------------------------

    def update(self, change: Change | None) -> None:
        """Read the rows anew, or only their times where only the clocks changed."""
        parts = ("calibrations", "objects", "settings", "intervals", "drifts")
        kinds = (self._of_kind, *_ALSO_OF.get(self._of_kind, ()))
        if touches(change, *parts) or touches_rows(change, *kinds):
            self._read()
        elif touches(change, "alignments"):
            self._place(self.points.table)

    def _read(self) -> None:
        table = self.session.table(self._of_kind)
        mine = quantities(table, self._of_kind) == self._quantity
        mine &= table["unit"].to_numpy(object) == self._row_unit
        table = table[mine].reset_index(drop=True)
        known = _plottable(table)
        wanted = self._wanted_plot
        self._plot = wanted if wanted in known else next(iter(known), "value")
        self._place(table)
        self.labels_changed.emit()

    def _place(self, table: pd.DataFrame) -> None:
        self.points = Points.of(self.session, table, self._of_kind, self._plot)
        self._draw()

    def _draw(self) -> None:
        """Hand the points to the items, with a hollow face where a row is doubted."""
        points, drawn = self.points, self.points.is_drawn
        colours = self.theme.series
        faces = [pg.mkBrush(colour) for colour in colours]
        edges = [pg.mkPen(colour, width=1.5) for colour in colours]
        hollow = pg.mkBrush(None)
        numbers = points.series[drawn] % len(colours)
        doubted = points.is_flagged[drawn]
        brushes = [
            hollow if is_doubted else faces[number]
            for number, is_doubted in zip(numbers, doubted, strict=True)
        ]
        pens = [edges[number] for number in numbers]
        self._scatter.setData(
            points.time_s[drawn],
            points.value[drawn],
            size=np.where(points.is_followed[drawn] & ~doubted, _TRACKED_PX, _POINT_PX),
            brush=brushes,
            pen=pens,
        )
        self._draw_error_bars()
        self.selection_changed()

    def _draw_error_bars(self) -> None:
        """One item a colour, each a set of separate vertical lines."""
        for bar in self._bars:
            self.view.box.removeItem(bar)
        self._bars.clear()
        points = self.points
        known = points.is_drawn & (points.u_value > 0)
        number = points.series % len(self.theme.series)
        for one in np.unique(number[known]):
            some = known & (number == one)
            x = np.repeat(points.time_s[some], 2)
            ends = np.stack([-points.u_value[some], points.u_value[some]], axis=1)
            y = (points.value[some][:, None] + ends).ravel()
            pen = pg.mkPen(self.theme.series[one], width=1)
            bar = pg.PlotCurveItem(x, y, connect="pairs", pen=pen)
            bar.setZValue(-1)
            self.view.box.addItem(bar, ignoreBounds=True)
            self._bars.append(bar)

    def selection_changed(self) -> None:
        """Put a ring around the selected points."""
        points, selected = self.points, self.session.selection
        chosen = points.is_drawn & np.isin(points.ids, list(selected))
        pen = pg.mkPen(self.theme.text, width=2)
        self._ring.setData(points.time_s[chosen], points.value[chosen], pen=pen)

    def set_theme(self, theme: Theme) -> None:
        """Take the colours of a theme."""
        super().set_theme(theme)
        self._laws.set_theme(theme)
        self._draw()

    def value_bounds(
        self, window: tuple[float, float] | None
    ) -> tuple[float, float] | None:
        """Ends of the error bars."""
        points = self.points
        shown = points.is_drawn
        if window is not None:
            inside = (points.time_s >= window[0]) & (points.time_s <= window[1])
            shown = shown & inside if (shown & inside).any() else shown
        value = points.value[shown]
        u = np.nan_to_num(points.u_value[shown], nan=0.0, posinf=0.0)
        return finite_bounds(value - u, value + u)

    # -- mouse ----------------------------------------------------------------------

    def row_at(self, mouse: Mouse) -> int | None:
        """The row whose point is under the mouse."""
        row, away = self.points.nearest(
            mouse.time_s, mouse.value, mouse.s_per_px, mouse.value_per_px
        )
        return row if away <= _REACH_PX else None

    def tip_at(self, mouse: Mouse) -> str:
        """The row under the mouse in words."""
        row = self.row_at(mouse)
        if row is None:
            return ""
        points = self.points
        cell = points.table.iloc[row]
        value, spread = rounded(points.value[row], points.u_value[row], 4)
        text = f"{self.title} {value}" + (f" ± {spread}" if spread else "")
        name = {number: name for name, number in points.names.items()}
        lines = [
            name[int(points.series[row])],
            f"{text} {self.unit}",
            f"{time_text(points.time_s[row])}, frame {cell['frame']}, {cell['movie']}",
        ]
        if cell["flag"]:
            lines.append(f"doubted: {cell['flag']}")
        return "\n".join(line for line in lines if line)

    def cursor_at(self, mouse: Mouse) -> Qt.CursorShape | None:
        """A pointing hand over a point."""
        found = self.row_at(mouse)
        return None if found is None else Qt.CursorShape.PointingHandCursor

    def gesture_at(self, mouse: Mouse) -> Gesture | None:
        """A click on a point selects its row and goes to its frame."""
        row = self.row_at(mouse)
        if row is None:
            return None
        return PickRow(self.session, str(self.points.ids[row]), mouse)


def _plottable(table: pd.DataFrame) -> list[str]:
    """Keys of the plots that have a number to show."""
    return [
        key
        for key, (column, *_) in PLOTS.items()
        if np.isfinite(cells(table, column)).any()
    ]
