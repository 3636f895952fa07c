"""The columns of every table, described once.

Features, table views, CSV files, data packages and the documentation all read this
description. A new measurement kind adds one `Kind` to `KINDS`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import pandas as pd

ColumnType = Literal["string", "integer", "number"]

_DTYPES: dict[ColumnType, str] = {
    "string": "str",
    "integer": "Int64",
    "number": "float64",
}


@dataclass(frozen=True)
class Column:
    """One column: name, type, unit and meaning.

    Attributes
    ----------
    name
        snake_case, the unit as suffix; `u_` in front means standard uncertainty.
    type
        `string` (empty text where unknown), `integer` (may be empty) or `number`
        (NaN where unknown).
    unit
        Symbol, "" for none.
    description
        One sentence.
    authored
        Whether the user (or a tracker) wrote it; other columns are derived from the
        shape, the clock and the trace.
    """

    name: str
    type: ColumnType
    description: str
    unit: str = ""
    authored: bool = False

    @property
    def dtype(self) -> str:
        """The pandas dtype."""
        return _DTYPES[self.type]


def _text(name: str, description: str) -> Column:
    return Column(name, "string", description, authored=True)


COMMON: tuple[Column, ...] = (
    _text("id", "Identifier of the row; never reused."),
    _text("kind", "What is measured: expansion, front, sei or event."),
    _text("object", "The thing measured."),
    _text("movie", "Name of the movie."),
    Column("frame", "integer", "Frame index, from 0.", authored=True),
    Column(
        "time_s",
        "number",
        "Start of the frame on the trace's clock (the movie's without a trace).",
        "s",
    ),
    Column("frame_duration_s", "number", "Exposure of the frame.", "s"),
    Column("u_time_s", "number", "Standard uncertainty of time_s.", "s"),
    Column("potential_V", "number", "Mean potential over the frame's exposure.", "V"),
    Column(
        "current_A",
        "number",
        "Mean current over the frame's exposure, anodic positive.",
        "A",
    ),
    Column("charge_C", "number", "Charge passed since the record began.", "C"),
    Column("cycle", "integer", "Cycle number of the record."),
    Column("step", "integer", "Step number of the record."),
    Column("value", "number", "The measured value, in the row's unit."),
    Column("unit", "string", "Unit of value: nm, nm2, nm3, px, px2, px3 or s."),
    Column("u_value", "number", "Standard uncertainty of value (1 sigma)."),
    _text("method", "How the shape was placed: manual, snapped or tracked."),
    _text("flag", "Empty when all is well, else one short word of doubt."),
    _text("observer", "Who measured."),
    _text("comment", "Free text."),
    _text("created_utc", "When the row was made, ISO 8601 in UTC."),
    Column(
        "geometry",
        "string",
        "The shape as WKT in pixels (x y), pixel centres at integers.",
        authored=True,
    ),
)

_EXPANSION: tuple[Column, ...] = (
    _text("quantity", "length, diameter, area, volume or d_spacing."),
    Column(
        "reference_frame",
        "string",
        "Frame or frames of the reference, separated by spaces.",
    ),
    Column("reference_value", "number", "Mean value in the reference frames."),
    Column("u_reference_value", "number", "Standard uncertainty of reference_value."),
    Column("ratio", "number", "value divided by reference_value."),
    Column("u_ratio", "number", "Standard uncertainty of ratio."),
    Column("change_percent", "number", "100 (ratio - 1).", "%"),
    Column(
        "u_change_percent", "number", "Standard uncertainty of change_percent.", "%"
    ),
    _text(
        "volume_model",
        "How a volume follows: sphere, cylinder, cylinder_length, ellipsoid or empty.",
    ),
    Column("volume_change_percent", "number", "Change of volume by volume_model.", "%"),
    Column(
        "u_volume_change_percent",
        "number",
        "Standard uncertainty of volume_change_percent.",
        "%",
    ),
)

_FRONT: tuple[Column, ...] = (
    _text("front", "Name of the front."),
    _text("path", "Name of the path along which the position is taken."),
    Column(
        "velocity_nm_per_s",
        "number",
        "Slope of a local line through the neighbouring frames.",
        "nm/s",
    ),
    Column(
        "u_velocity_nm_per_s",
        "number",
        "Standard uncertainty of velocity_nm_per_s.",
        "nm/s",
    ),
)

_SEI: tuple[Column, ...] = (
    Column("thickness_mean_nm", "number", "Mean thickness along the layer.", "nm"),
    Column("thickness_sd_nm", "number", "Standard deviation along the layer.", "nm"),
    Column("thickness_median_nm", "number", "Median thickness.", "nm"),
    Column("thickness_min_nm", "number", "Smallest thickness.", "nm"),
    Column("thickness_max_nm", "number", "Largest thickness.", "nm"),
    Column("n_samples", "integer", "Number of places where it was taken."),
    Column(
        "coverage",
        "number",
        "Part of the inner boundary that has an outer boundary facing it, 0 to 1.",
    ),
    Column("radius_nm", "number", "Radius of the core, where it was drawn.", "nm"),
    Column("t_over_r", "number", "Mean thickness divided by the core's radius."),
)

_EVENT: tuple[Column, ...] = (
    _text("label", "What happened, from the vocabulary."),
    Column("end_frame", "integer", "Last frame of the event.", authored=True),
    Column("end_time_s", "number", "End of the event on the trace's clock.", "s"),
    Column("duration_s", "number", "Length of the event.", "s"),
    Column("potential_mean_V", "number", "Mean potential during the event.", "V"),
    Column("current_mean_A", "number", "Mean current during the event.", "A"),
    Column("charge_passed_C", "number", "Charge passed during the event.", "C"),
)

#: May follow the columns of any kind, in tables in which some row fills it.
U_PICK = Column(
    "u_pick_px",
    "number",
    "Standard uncertainty of placing an end or vertex, where the row has its own.",
    "px",
    authored=True,
)

#: Follow last in any table whose movie's dose is known.
DOSE_COLUMNS: tuple[Column, ...] = (
    Column(
        "dose_rate_e_A2_s",
        "number",
        "Electron dose rate during the frame, in electrons per square angstrom and s.",
        "e/Å²/s",
    ),
    Column(
        "u_dose_rate_e_A2_s",
        "number",
        "Standard uncertainty of dose_rate_e_A2_s.",
        "e/Å²/s",
    ),
    Column(
        "dose_e_A2",
        "number",
        "Electron dose received by the end of the frame, what came before included.",
        "e/Å²",
    ),
    Column("u_dose_e_A2", "number", "Standard uncertainty of dose_e_A2.", "e/Å²"),
)

#: How a row was placed or measured on its frame.
_PLACING: tuple[Column, ...] = (
    Column(
        "width_px",
        "integer",
        "Width over which the frame was averaged to place or measure the row.",
        "px",
        authored=True,
    ),
    Column(
        "gain_counts",
        "number",
        "Counts per electron with which the row was placed or measured.",
        "counts",
        authored=True,
    ),
)

_EXPANSION_OPTIONS: tuple[Column, ...] = (
    Column(
        "spacing_px",
        "number",
        "Spacing of the lattice in the box, measured on the frame.",
        "px",
        authored=True,
    ),
    Column(
        "u_spacing_px",
        "number",
        "Standard uncertainty of spacing_px.",
        "px",
        authored=True,
    ),
    Column(
        "orientation_deg",
        "number",
        "Direction across the lattice planes, from +x toward +y, 0 to 180.",
        "deg",
        authored=True,
    ),
    Column(
        "u_orientation_deg",
        "number",
        "Standard uncertainty of orientation_deg.",
        "deg",
        authored=True,
    ),
    Column(
        "guess_px",
        "number",
        "Spacing near which a lattice was looked for, where one was chosen.",
        "px",
        authored=True,
    ),
    Column(
        "guess_deg",
        "number",
        "Orientation near which it was looked for, where one was chosen.",
        "deg",
        authored=True,
    ),
    *_PLACING,
    _text("body", "What its rim was taken for: flat, rounded, wire or ball."),
)

_SEI_OPTIONS: tuple[Column, ...] = (
    _text("core", "How the core's radius is found: circle, diameter or empty."),
    Column("u_radius_nm", "number", "Standard uncertainty of radius_nm.", "nm"),
    Column("u_t_over_r", "number", "Standard uncertainty of t_over_r."),
    Column(
        "core_radius_px",
        "number",
        "Radius of a coated wire's core, measured on the frame along the line.",
        "px",
        authored=True,
    ),
    Column(
        "u_core_radius_px",
        "number",
        "Standard uncertainty of core_radius_px.",
        "px",
        authored=True,
    ),
    Column(
        "shell_px",
        "number",
        "Thickness of a coated wire's shell, measured on the frame along the line.",
        "px",
        authored=True,
    ),
    Column(
        "u_shell_px",
        "number",
        "Standard uncertainty of shell_px.",
        "px",
        authored=True,
    ),
    Column(
        "u_shell_over_core",
        "number",
        "Standard uncertainty of shell_px / core_radius_px.",
        authored=True,
    ),
    Column(
        "axis_px",
        "number",
        "Where the axis of a coated wire crosses the line, from its first end.",
        "px",
        authored=True,
    ),
    *_PLACING,
)

_PATH_OPTIONS: tuple[Column, ...] = (
    Column(
        "width_px",
        "integer",
        "Width over which the path's kymograph is averaged.",
        "px",
        authored=True,
    ),
)

_FRAME_TO_STEP = slice(4, 13)

#: The columns of the record at every frame of a movie.
SIGNAL_COLUMNS: tuple[Column, ...] = (
    *COMMON[_FRAME_TO_STEP],
    Column("potential_sd_V", "number", "SD of the potential inside the frame.", "V"),
    Column("current_sd_A", "number", "SD of the current inside the frame.", "A"),
    Column("charge_sd_C", "number", "SD of the charge inside the frame.", "C"),
    Column("n_samples", "integer", "Number of samples of the record in the frame."),
)


@dataclass(frozen=True)
class Kind:
    """A kind of row.

    Attributes
    ----------
    name
        As in the column `kind`.
    title
        For the user.
    columns
        What it adds to the common columns.
    shapes
        The shapes its rows may have.
    options
        Columns that follow only in tables in which some row fills them.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    shapes: tuple[str, ...]
    options: tuple[Column, ...] = ()

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Common columns first, then the kind's own."""
        return (*COMMON, *self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns in order."""
        return tuple(column.name for column in self.all_columns)

    @property
    def authored(self) -> tuple[str, ...]:
        """Names of the kind's own columns that a row carries itself."""
        own = (*self.columns, *self.options)
        return tuple(column.name for column in own if column.authored)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            "expansion",
            "Expansion",
            _EXPANSION,
            ("line", "path", "polygon", "ellipse"),
            _EXPANSION_OPTIONS,
        ),
        Kind("front", "Front position", _FRONT, ("point",), _PLACING),
        Kind("sei", "SEI thickness", _SEI, ("band", "line"), _SEI_OPTIONS),
        Kind("event", "Events", _EVENT, ("none", "point")),
        Kind("path", "Paths", (), ("line", "path"), _PATH_OPTIONS),
    )
}


def empty_table(kind: str) -> pd.DataFrame:
    """A table of a kind with typed columns and no row."""
    return pd.DataFrame(
        {
            column.name: pd.Series(dtype=column.dtype)
            for column in KINDS[kind].all_columns
        }
    )


def typed(table: pd.DataFrame, columns: Iterable[Column]) -> pd.DataFrame:
    """The table with every described column present, typed and in order.

    Columns that are not described follow unchanged.
    """
    described = list(columns)
    out = {
        column.name: (
            as_typed(table[column.name], column)
            if column.name in table
            else _blank(column, len(table), table.index)
        )
        for column in described
    }
    known = {column.name for column in described}
    rest = {name: table[name] for name in table.columns if name not in known}
    return pd.DataFrame({**out, **rest}, index=table.index)


def as_typed(values: pd.Series, column: Column) -> pd.Series:
    """The values of a column in its dtype; blanks are '' or missing numbers."""
    if values.dtype == column.dtype and (column.type != "string" or not values.hasnans):
        return values
    if column.type == "string":
        text = values.astype(object).where(values.notna(), "")
        return text.map(str).astype("str")
    numbers = pd.to_numeric(values, errors="coerce")
    if column.type == "integer":
        return numbers.round().astype("Int64")
    return numbers.astype("float64")


def _blank(column: Column, rows: int, index: pd.Index) -> pd.Series:
    blank: object = "" if column.type == "string" else pd.NA
    if column.type == "number":
        blank = float("nan")
    return pd.Series([blank] * rows, index=index, dtype=column.dtype)
