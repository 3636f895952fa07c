"""Rows that are measured on the frame: a lattice in a box, a wire under a line."""

from __future__ import annotations

from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state import lattices, wires
from napari_insitu_tem.state.lattices import is_lattice
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.wires import is_wire


def is_measured(record: Record) -> bool:
    """Whether the value of the row does not follow from its shape alone."""
    return is_lattice(record) or is_wire(record)


def measured(session: Session, record: Record, *, snap_it: bool = False) -> Record:
    """The row with its value measured on its frame; others unchanged.

    Parameters
    ----------
    session, record
        A row of the open experiment.
    snap_it
        Place a line across a wire on the wire first.

    Raises
    ------
    ReadError
        The frame cannot be read.
    """
    if is_wire(record):
        return wires.measured_wire(session, record, snap_it=snap_it)
    return lattices.measured(session, record)


def measured_live(session: Session, record: Record) -> Record:
    """As `measured`, while the shape is being drawn."""
    if is_wire(record):
        return wires.wire_live(session, record)
    return lattices.measured_live(session, record)


def unmeasured(record: Record) -> Record:
    """The row without what was measured in another place; others unchanged."""
    if is_wire(record):
        return wires.without_values(record)
    return lattices.unmeasured(record) if is_lattice(record) else record
