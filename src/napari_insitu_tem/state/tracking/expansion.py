"""Expansion is followed by its shape: outlines as regions, boxes by their lattice."""

from __future__ import annotations

from napari_insitu_tem.model.record import Record
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
        return self._of(seed).plan(session, direction)

    def correction(self, session: Session, record: Record) -> Plan | None:
        """See `Tracker`."""
        return self._of(record).correction(session, record)

    def _of(self, record: Record | None) -> Tracker:
        if record is not None and is_lattice(record):
            return self._lattices
        is_outline = record is not None and record.geometry.shape == "polygon"
        return self._outlines if is_outline else self._others
