"""The spacing of lattice planes, from what was measured in the row's box."""

from __future__ import annotations

from typing import Any

import numpy as np

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.bodies import Body
from napari_insitu_tem.measure.sizes import Scale, Size
from napari_insitu_tem.model.record import Record

_NAN = float("nan")


def planes_of(record: Record, scale: Scale) -> Body:
    """The spacing in the unit of the scale; its `sensitivity` is its uncertainty.

    Parameters
    ----------
    record
        A row with `spacing_px`, `u_spacing_px`, `orientation_deg` and
        `u_orientation_deg`, see `measure.lattice_spacing`.
    scale
        (y, x) size of a pixel.

    Notes
    -----
    The planes repeat with the frequency ``(sin(o), cos(o)) / d_px`` cycles a pixel
    along (y, x), hence ``d = 1 / hypot(f_y / s_y, f_x / s_x)``, which is ``d_px s`` for
    square pixels; ``u(d) / d`` follows to first order from those of `d_px` and `o`.
    """
    spacing, turn = number_of(record, "spacing_px"), _angle(record, "orientation_deg")
    u_spacing = number_of(record, "u_spacing_px")
    if not (spacing > 0 and np.isfinite(u_spacing)):
        return Body(Size(_NAN, _NAN), "d_spacing", flag=flags.NOT_MEASURED)
    if scale[0] == scale[1]:
        return Body(Size(spacing * scale[0], u_spacing * scale[0]), "d_spacing")
    along_y, along_x = np.sin(turn) / scale[0], np.cos(turn) / scale[1]
    value = spacing / float(np.hypot(along_y, along_x))
    slope = np.sin(turn) * np.cos(turn) * (scale[0] ** -2 - scale[1] ** -2)
    by_turn = slope * value**2 / spacing**2 * _angle(record, "u_orientation_deg")
    relative = float(np.hypot(u_spacing / spacing, by_turn))
    return Body(Size(value, value * relative), "d_spacing")


def number_of(record: Record, name: str) -> float:
    """An attribute as a number, NaN where it is not one."""
    value: Any = record.get(name, None)
    return float(value) if isinstance(value, (int, float)) else _NAN


def _angle(record: Record, name: str) -> float:
    return float(np.deg2rad(number_of(record, name)))
