"""The drift of each frame as columns beside the record at every frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.model.columns import Column
from napari_insitu_tem.model.drift import MovieDrift

_AXES = (("y", "down"), ("x", "to the right"))


def drift_columns(unit: str) -> tuple[Column, ...]:
    """The columns of a drift in nm, or in px where a movie is not calibrated."""
    moves = [
        Column(
            f"drift_{axis}_{unit}",
            "number",
            f"Where the content has moved to, {way}, since the first usable frame.",
            unit,
        )
        for axis, way in _AXES
    ]
    sure = [
        Column(f"u_drift_{axis}_{unit}", "number", "Its standard uncertainty.", unit)
        for axis, _ in _AXES
    ]
    flag = Column("drift_flag", "string", "Why the drift of the frame is doubted.")
    return (*moves, *sure, flag)


def drift_cells(
    drift: MovieDrift, scale_nm: tuple[float, float] | None
) -> dict[str, NDArray[Any]]:
    """The cells of these columns, a row a frame.

    Parameters
    ----------
    drift
        The drift.
    scale_nm
        (y, x) size of a pixel; None where it is not known.
    """
    unit, scale = ("px", (1.0, 1.0)) if scale_nm is None else ("nm", scale_nm)
    shift = drift.known * scale
    u = np.array(drift.u_shift, dtype=np.float64).reshape(-1, 2) * scale
    flag = np.array(drift.flag, dtype=object)
    names = [column.name for column in drift_columns(unit)]
    return dict(zip(names, (*shift.T, *u.T, flag), strict=True))
