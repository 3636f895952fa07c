"""Points: the rows of one quantity as arrays that a lane can draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.moments import Moments

FloatArray = NDArray[np.float64]

#: What may be plotted: key to (column, its uncertainty, words of the menu).
PLOTS = {
    "change": ("change_percent", "u_change_percent", "Change (%)"),
    "value": ("value", "u_value", "Value"),
    "volume": ("volume_change_percent", "u_volume_change_percent", "Volume change (%)"),
}


@dataclass(frozen=True)
class Points:
    """N rows.

    Attributes
    ----------
    table
        The rows.
    time_s, value, u_value
        (N,) position and standard uncertainty; NaN where unknown.
    names
        Object, or object and front, to the number that gives its colour.
    series
        (N,) those numbers.
    """

    table: pd.DataFrame
    time_s: FloatArray
    value: FloatArray
    u_value: FloatArray
    names: dict[str, int]
    series: NDArray[np.int64]

    @classmethod
    def of(cls, session: Session, table: pd.DataFrame, kind: str, plot: str) -> Points:
        """Place the rows of a table on the present clock.

        Parameters
        ----------
        session
            The open experiment.
        table
            Rows of `kind`.
        kind
            Kind of the rows.
        plot
            A key of `PLOTS`.
        """
        column, u_column, _ = PLOTS[plot]
        moments = Moments(session.experiment)
        labels = series_labels(table, kind)
        names = _numbered(labels, session, kind)
        return cls(
            table,
            moments.start_s(list(table["movie"]), list(table["frame"])),
            cells(table, column),
            cells(table, u_column),
            names,
            np.array([names[label] for label in labels], dtype=np.int64),
        )

    @property
    def is_drawn(self) -> NDArray[np.bool_]:
        """(N,) whether a row has a place."""
        return np.isfinite(self.time_s) & np.isfinite(self.value)

    @property
    def is_flagged(self) -> NDArray[np.bool_]:
        """(N,) whether a row is doubted."""
        return self.table["flag"].to_numpy(object) != ""

    @property
    def is_followed(self) -> NDArray[np.bool_]:
        """(N,) whether a row was tracked, not placed by the user."""
        return self.table["method"].to_numpy(object) == "tracked"

    @property
    def ids(self) -> NDArray[np.object_]:
        """(N,) ids of the rows."""
        return self.table["id"].to_numpy(object)

    def nearest(
        self, time_s: float, value: float, s_per_px: float, value_per_px: float
    ) -> tuple[int, float]:
        """Row whose point is nearest on the screen, and its distance in pixels."""
        away = np.hypot(
            (self.time_s - time_s) / s_per_px, (self.value - value) / value_per_px
        )
        away[~self.is_drawn] = np.inf
        if not away.size:
            return -1, float("inf")
        row = int(np.argmin(away))
        return row, float(away[row])


def quantities(table: pd.DataFrame, kind: str) -> NDArray[np.object_]:
    """(N,) what each row measures; the kind itself where there is but one."""
    if kind == "expansion":
        return table["quantity"].to_numpy(object)
    return np.full(len(table), kind, dtype=object)


def cells(table: pd.DataFrame, column: str) -> FloatArray:
    """(N,) numbers of a column, NaN where it is absent."""
    if column not in table:
        return np.full(len(table), np.nan)
    return table[column].to_numpy(dtype=np.float64, na_value=np.nan)


def series_labels(table: pd.DataFrame, kind: str) -> list[str]:
    """(N) the object of each row; of a front also the front's name."""
    objects = [str(name) for name in table["object"]]
    if kind != "front":
        return objects
    pairs = zip(objects, table["front"], strict=True)
    return [" · ".join(part for part in pair if part) for pair in pairs]


def _numbered(labels: list[str], session: Session, kind: str) -> dict[str, int]:
    """Objects have the same number, and so the same colour, in every lane."""
    present = list(dict.fromkeys(labels))
    if kind == "front":
        return {name: number for number, name in enumerate(present)}
    order = list(session.document.object_names())
    order += [name for name in present if name not in order]
    return {name: order.index(name) for name in present}
