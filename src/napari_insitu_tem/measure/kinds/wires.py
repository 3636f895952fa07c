"""Core and shell of a coated wire, from what was measured under the row's line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.kinds.planes import number_of
from napari_insitu_tem.measure.sizes import Scale
from napari_insitu_tem.model.record import Record

_NAN = float("nan")


@dataclass(frozen=True)
class Wire:
    """A coated wire in the unit of its scale.

    Attributes
    ----------
    core, u_core
        Radius of the core and its standard uncertainty, that of the scale left out.
    shell, u_shell
        Thickness of the shell.
    u_ratio
        Standard uncertainty of shell / core.
    flag
        `not_measured` where there are no values.
    """

    core: float = _NAN
    u_core: float = _NAN
    shell: float = _NAN
    u_shell: float = _NAN
    u_ratio: float = _NAN
    flag: str = ""


def is_line(record: Record) -> bool:
    """Whether a row of kind `sei` is a line across a coated wire."""
    return record.geometry.shape == "line"


def wire_of(record: Record, scale: Scale) -> Wire:
    """The wire under the line of a row.

    Parameters
    ----------
    record
        A row with `core_radius_px`, `shell_px` and their uncertainties, see
        `measure.thickness.across.wire_across`.
    scale
        (y, x) size of a pixel.

    Notes
    -----
    A length along the line with the direction (e_y, e_x) is ``hypot(e_y s_y, e_x s_x)``
    times as many units of the scale as it has pixels.
    """
    names = ("core_radius_px", "u_core_radius_px", "shell_px", "u_shell_px")
    values = np.array([number_of(record, name) for name in names])
    if not (np.isfinite(values).all() and values[0] > 0):
        return Wire(flag=flags.NOT_MEASURED)
    step = np.diff(record.geometry.array(), axis=0)[0]
    size = float(np.hypot(*(step * np.asarray(scale))) / np.hypot(*step))
    core, u_core, shell, u_shell = (float(value) * size for value in values)
    u_ratio = number_of(record, "u_shell_over_core")
    return Wire(core, u_core, shell, u_shell, u_ratio)
