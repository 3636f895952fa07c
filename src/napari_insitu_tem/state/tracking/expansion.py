"""Expansion is followed by its shape: boxes by their lattice, outlines as regions.

Outlines of bodies that fade towards their rim are followed by their rim.
"""

from __future__ import annotations

from napari_insitu_tem.measure.outlines.bodies import BALL, ROUNDED, WIRE
from napari_insitu_tem.measure.snapping import snap
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.counting import CountedMovie
from napari_insitu_tem.state.lattices import is_lattice
from napari_insitu_tem.state.measuring import row_to_copy
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tracking.lattice import LatticeTracker
from napari_insitu_tem.state.tracking.plan import Direction, Plan, Tracker
from napari_insitu_tem.state.tracking.regions import RegionTracker
from napari_insitu_tem.state.tracking.shapes import ShapeTracker


class ExpansionTracker:
    """Follows lines, ellipses, outlines and boxes with a lattice."""

    def __init__(self) -> None:
        self._outlines, self._others = RegionTracker(), ShapeTracker("expansion")
        self._lattices = LatticeTracker()

    def plan(self, session: Session, direction: Direction) -> Plan:
        """See `Tracker`. It goes from the selected row, or the last one before now."""
        seed = None
        if session.playhead is not None:
            seed = row_to_copy(session, session.toolbox["expansion"])
        return self._of(session, seed).plan(session, direction)

    def correction(self, session: Session, record: Record) -> Plan | None:
        """See `Tracker`."""
        return self._of(session, record).correction(session, record)

    def _of(self, session: Session, record: Record | None) -> Tracker:
        if record is not None and is_lattice(record):
            return self._lattices
        if record is None or record.geometry.shape != "polygon":
            return self._others
        fades = body_of_outline(session, record) in (WIRE, BALL, ROUNDED)
        return self._others if fades else self._outlines


def body_of_outline(session: Session, record: Record) -> str:
    """What an outline is the rim of: as its row says, else as its frame shows.

    Raises
    ------
    ReadError
        The frame cannot be read.
    """
    said = str(record.get("body"))
    if said:
        return said
    counted = CountedMovie.of(session, record.movie)
    found = snap(counted.frame(record.frame), record.geometry, gain=counted.gain)
    return found.body if found.is_snapped else ""
