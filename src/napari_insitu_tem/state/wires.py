"""Lines across coated wires: rows of kind `sei` whose shape is a line.

What was measured is kept in the row, in pixels, so that a table needs no movie and a
calibration may come last.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.measure import flags
from napari_insitu_tem.measure.kinds.planes import number_of
from napari_insitu_tem.measure.thickness.across import squared, wire_across
from napari_insitu_tem.measure.thickness.coated import CoatedWire
from napari_insitu_tem.model.errors import InsituTemError, MeasurementError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Attributes, Record, pairs
from napari_insitu_tem.state.counting import CountedMovie, with_placing
from napari_insitu_tem.state.session import Session

#: Attributes that follow from the frame.
_MEASURED = (
    "core_radius_px",
    "u_core_radius_px",
    "shell_px",
    "u_shell_px",
    "u_shell_over_core",
    "axis_px",
)


def is_wire(record: Record) -> bool:
    """Whether the row is a line across a coated wire."""
    return record.kind == "sei" and record.geometry.shape == "line"


def without_values(record: Record) -> Record:
    """The row without what was measured in another place."""
    return _with(record, {}).changed(flag="")


def _with(record: Record, new: dict[str, Any]) -> Record:
    kept = {name: v for name, v in record.attributes if name not in _MEASURED}
    return record.changed(attributes=pairs({**kept, **new}))


def measured_wire(session: Session, record: Record, *, snap_it: bool = False) -> Record:
    """The row with the wire under its line measured on its frame.

    Parameters
    ----------
    session, record
        A row for which `is_wire` holds.
    snap_it
        Put the line at right angles to the wire, its ends on the outer edges, first.

    Raises
    ------
    ReadError
        The frame cannot be read.
    """
    counted = CountedMovie.of(session, record.movie)
    width = session.toolbox["sei"].width
    image = counted.frame(record.frame)
    return measured_on(image, record, width, counted.gain, snap_it=snap_it)


def measured_on(
    image: NDArray[Any],
    record: Record,
    width: float,
    gain: float | None,
    *,
    snap_it: bool,
) -> Record:
    """See `measured_wire`; on an image that was read."""
    line = record.geometry.array()
    try:
        found = wire_across(image, line, width=width, gain=gain)
        if snap_it and is_seen(found):
            line = squared(image, line, found, width=width, gain=gain)
            record = record.changed(
                geometry=Geometry.of("line", line), method="snapped"
            )
            found = wire_across(image, line, width=width, gain=gain)
    except MeasurementError:
        return without_values(record).changed(flag=flags.TOO_SHORT)
    return with_placing(with_found(record, found), width=width, gain=gain)


def is_seen(found: CoatedWire) -> bool:
    """Whether there is a wire with a core and a shell, sure or not so sure."""
    values = [found.u_core_radius, found.u_shell_thickness, found.u_t_over_r]
    return found.flag in ("", flags.UNRESOLVED) and bool(np.isfinite(values).all())


def found_values(found: CoatedWire) -> Attributes:
    """What a row says of a wire that was found."""
    values = (
        found.core_radius,
        found.u_core_radius,
        found.shell_thickness,
        found.u_shell_thickness,
        found.u_t_over_r,
        found.centre,
    )
    return pairs(dict(zip(_MEASURED, map(float, values), strict=True)))


def with_found(record: Record, found: CoatedWire) -> Record:
    """The row with what was found; without values where nothing can be said."""
    if not is_seen(found):
        return without_values(record).changed(flag=found.flag)
    return _with(record, dict(found_values(found))).changed(flag=str(found.flag))


def wire_live(session: Session, record: Record) -> Record:
    """As `measured_wire` while the line is drawn; without values where it cannot be."""
    try:
        return measured_wire(session, record)
    except InsituTemError:
        return without_values(record)


def edges_px(record: Record) -> tuple[float, ...]:
    """Places along a line, from its first end, of outer and inner edges; or none."""
    names = ("axis_px", "core_radius_px", "shell_px")
    axis, core, shell = (number_of(record, name) for name in names)
    if not (is_wire(record) and np.isfinite([axis, core, shell]).all()):
        return ()
    outer = core + shell
    return (axis - outer, axis - core, axis + core, axis + outer)
