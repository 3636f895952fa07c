"""Records from a table: the inverse of `tables`, for the authored columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from napari_insitu_tem.measure import flags
from napari_insitu_tem.model.columns import (
    COMMON,
    DOSE_COLUMNS,
    KINDS,
    U_PICK,
    Column,
)
from napari_insitu_tem.model.document import ObjectSettings
from napari_insitu_tem.model.errors import ExperimentError, MeasurementError, ReadError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Attributes, Record, new_id, pairs

#: Authored common columns that go into the record under their own name, as text.
_TEXTS = ("object", "movie", "observer", "comment", "created_utc")

_NEEDED = ("frame", "geometry")


def records_from_table(
    table: pd.DataFrame,
    kind: str,
    *,
    objects: Mapping[str, ObjectSettings] | None = None,
) -> list[Record]:
    """The authored part of each row, in order.

    Derived columns are left behind: they follow again from the shape, the clock and
    the trace. So are the flags of `measure.flags.DERIVED`. Unknown columns are kept.

    Parameters
    ----------
    table
        With the columns of the kind; only `frame` and `geometry` must be there.
    kind
        The kind of the rows.
    objects
        Settings of the objects; a row's volume model that only repeats that of its
        object is left to the object.

    Raises
    ------
    ReadError
        A needed column is missing, or a row cannot be read; the message names it,
        counting from 1.
    """
    for name in _NEEDED:
        if name not in table:
            raise ReadError(f"The table of kind {kind} has no column {name!r}.")
    known = {column.name for column in _described(kind)}
    extra = [str(name) for name in table.columns if name not in known]
    records = []
    taken: set[str] = set()
    for number, row in enumerate(table.to_dict("records"), start=1):
        cells = {str(name): _plain(value) for name, value in row.items()}
        try:
            record = _record(cells, kind, extra, objects or {})
        except (ExperimentError, MeasurementError, ValueError) as error:
            raise ReadError(
                f"Row {number} of the table of kind {kind}: {error}",
                hint="Correct or remove that row.",
            ) from error
        if record.id in taken:
            raise ReadError(
                f"Row {number} of the table of kind {kind}: its id {record.id} is "
                "that of an earlier row.",
                hint="Empty the id, and the row gets a new one.",
            )
        taken.add(record.id)
        records.append(record)
    return records


def _described(kind: str) -> tuple[Column, ...]:
    of_kind = KINDS[kind]
    return (*COMMON, *of_kind.columns, *of_kind.options, U_PICK, *DOSE_COLUMNS)


def _record(
    cells: dict[str, Any],
    kind: str,
    extra: list[str],
    objects: Mapping[str, ObjectSettings],
) -> Record:
    """One record from the plain cells of a row."""
    said = cells.get("kind")
    if said not in (None, "", kind):
        raise ExperimentError(f"it is of kind {said!r}.")
    flag = _text(cells, "flag")
    texts = {name: _text(cells, name) for name in _TEXTS}
    return Record(
        id=_text(cells, "id") or new_id(),
        kind=kind,
        frame=_frame(cells["frame"], "frame"),
        geometry=Geometry.from_wkt(_text(cells, "geometry")),
        method=_text(cells, "method") or "manual",
        flag="" if flag in flags.DERIVED else flag,
        u_pick_px=_pick(cells.get(U_PICK.name)),
        attributes=_attributes(cells, kind, objects),
        extra=tuple((name, cells[name]) for name in extra),
        **texts,
    )


def _attributes(
    cells: dict[str, Any], kind: str, objects: Mapping[str, ObjectSettings]
) -> Attributes:
    """The kind's own authored columns that are filled."""
    own = {}
    types = {column.name: column.type for column in _described(kind)}
    for name in KINDS[kind].authored:
        value = cells.get(name)
        if value in (None, ""):
            continue
        own[name] = _typed(value, name, types[name])
    settings = objects.get(_text(cells, "object"))
    if settings is not None and own.get("volume_model") == settings.volume_model:
        own.pop("volume_model", None)
    return pairs(own)


def _typed(value: Any, name: str, type_: str) -> Any:
    """The value of an authored cell."""
    if type_ == "integer":
        return _frame(value, name)
    if type_ == "string":
        return str(value)
    try:
        return float(value)
    except ValueError:
        raise ExperimentError(f"its {name} is {value!r}, not a number.") from None


def _text(cells: dict[str, Any], name: str) -> str:
    value = cells.get(name)
    return "" if value is None else str(value)


def _frame(value: Any, name: str) -> int:
    """A frame index."""
    number = float("nan") if value in (None, "") else float(value)
    if not (np.isfinite(number) and number >= 0 and number == round(number)):
        raise ExperimentError(f"its {name} is {value!r}, not a whole number.")
    return int(number)


def _pick(value: Any) -> float | None:
    if value in (None, ""):
        return None
    number = float(value)
    if not (np.isfinite(number) and number >= 0):
        raise ExperimentError(f"its {U_PICK.name} is {value!r}.")
    return number


def _plain(value: Any) -> Any:
    """A cell as a plain Python value, None where it is missing."""
    if isinstance(value, (list, tuple)):
        return tuple(value)
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and np.isnan(value):
        return None
    return value
