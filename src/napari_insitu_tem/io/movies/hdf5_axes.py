"""What an HDF5 file says of the axes of a dataset, by whichever convention it keeps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from napari_insitu_tem.io.movies.hdf5_file import attribute, child, children
from napari_insitu_tem.io.movies.units import seconds_per

_MAX_AXIS = 10_000_000


class Axis:
    """Name, unit and positions of an axis; positions None where it has none."""

    def __init__(self, name: str, unit: str, positions: Any) -> None:
        self.name, self.unit = name.lower(), unit
        self.positions = positions

    @property
    def step(self) -> float:
        """Mean distance between neighbours; NaN where unknown."""
        if self.positions is None or len(self.positions) < 2:
            return math.nan
        span = float(self.positions[-1]) - float(self.positions[0])
        return abs(span) / (len(self.positions) - 1)

    @property
    def is_time(self) -> bool:
        """Whether its unit is one of time."""
        return seconds_per(self.unit) is not None


def axis_of(parent: Any, dataset: Any, index: int) -> Axis:
    """An axis of a dataset in a group.

    By Berkeley EMD's dim1, dim2, ... (from dim0 in version 1.0), HyperSpy's groups
    axis-0, axis-1, ..., NeXus's attribute axes, or as the only dimension scale beside
    the dataset that is as long as this axis and no other.
    """
    described = child(parent, f"axis-{index}")
    if described is not None and attribute(described, "scale") is not None:
        return _from_scale(described, dataset.shape[index])
    first = 1 if child(parent, "dim0") is None else 0
    vector = child(parent, f"dim{index + first}")
    if vector is None:
        vector = child(parent, _told_name(parent, dataset, index))
    if not _is_vector(vector):
        vector = _dimension_scale(parent, dataset, index)
    if vector is None:
        return Axis("", "", None)
    unit = str(attribute(vector, "units") or "").strip("[]").replace("_", "")
    values = vector[()] if vector.dtype.kind in "iuf" else None
    name = str(vector.name).rpartition("/")[2]
    return Axis(str(attribute(vector, "name") or name), unit, values)


def _told_name(parent: Any, dataset: Any, index: int) -> str:
    """The name that NeXus's attribute gives an axis; "" where it gives none."""
    names = attribute(parent, "axes") or attribute(dataset, "axes") or []
    if isinstance(names, str):
        names = names.strip("[]").replace(",", ":").split(":")
    name = str(names[index]).strip() if index < len(names) else ""
    return "" if "/" in name else name


def _from_scale(described: Any, count: int) -> Axis:
    """Offset and step of an axis, as HyperSpy writes them."""
    step, start = attribute(described, "scale"), attribute(described, "offset")
    name = str(attribute(described, "name") or "")
    unit = str(attribute(described, "units") or "")
    is_number = isinstance(step, (int, float)) and math.isfinite(step)
    if not is_number or count > _MAX_AXIS:
        return Axis(name, unit, None)
    zero = start if isinstance(start, (int, float)) and math.isfinite(start) else 0.0
    return Axis(name, unit, zero + step * np.arange(count))


def _dimension_scale(parent: Any, dataset: Any, index: int) -> Any:
    """The dimension scale in the group that can only be that of this axis."""
    length = dataset.shape[index]
    if list(dataset.shape).count(length) > 1:
        return None
    fitting = [
        item
        for _, item in children(parent)
        if _is_vector(item)
        and item.size == length
        and attribute(item, "CLASS") == "DIMENSION_SCALE"
    ]
    return fitting[0] if len(fitting) == 1 else None


def _is_vector(item: Any) -> bool:
    return getattr(item, "ndim", 0) == 1 and 0 < item.size <= _MAX_AXIS
