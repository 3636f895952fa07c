"""Following rows through frames: one tracker a kind, registered here."""

from __future__ import annotations

from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.state.tracking.expansion import ExpansionTracker
from napari_insitu_tem.state.tracking.fronts import FrontTracker
from napari_insitu_tem.state.tracking.plan import Direction, Outcome, Plan, Tracker
from napari_insitu_tem.state.tracking.shapes import ShapeTracker

#: Kind to what follows its rows. A new one: a class with the methods of `Tracker`, and
#: a line here or a call of `register_tracker`.
TRACKERS: dict[str, Tracker] = {
    "expansion": ExpansionTracker(),
    "front": FrontTracker(),
    "sei": ShapeTracker("sei"),
}


def register_tracker(kind: str, tracker: Tracker) -> None:
    """Follow the rows of a kind by this tracker from now on."""
    TRACKERS[kind] = tracker


def plan_tracking(session: Session, kind: str, direction: Direction) -> Plan:
    """What "track forward", "track backward" or "track all" means now.

    Raises
    ------
    MeasurementError
        The kind is not followed, there is nothing to follow, or nowhere to.
    """
    if kind not in TRACKERS:
        raise MeasurementError("Rows of this kind are not followed.")
    session.cancel_preview()
    return TRACKERS[kind].plan(session, direction)


def plan_correction(session: Session, record: Record) -> Plan | None:
    """What has to be followed again for a row that the user placed or moved.

    The row is an anchor; only what was tracked and depends on it is followed again.
    None where nothing was, or the row is no longer the user's own.
    """
    if record.method == "tracked" or record.kind not in TRACKERS:
        return None
    return TRACKERS[record.kind].correction(session, record)


def placed_rows(change: Change) -> list[Record]:
    """Rows of followed kinds that the user placed or moved by an edit.

    None for what is undone or done again, which brings its own rows along.
    """
    if change.is_preview or change.is_restored:
        return []
    before, after = change.before.records, change.after.records
    if before is after:
        return []
    return [
        record
        for key, record in after.items()
        if before.get(key) is not record
        and record.method != "tracked"
        and record.kind in TRACKERS
        and (key not in before or before[key].geometry != record.geometry)
    ]


def put_tracked(
    session: Session, plan: Plan, outcome: Outcome, *, onto: Document | None = None
) -> bool:
    """Put what was followed in place as one step.

    Parameters
    ----------
    session
        The open experiment.
    plan, outcome
        What was planned, and what came of it.
    onto
        The document of a step that this one completes: one undo takes both back, if
        nothing else was done since.

    Returns
    -------
    False where the rows on which it rests are others by now, or its movie was closed:
    nothing is changed.
    """
    if not (plan.is_open(session) and plan.is_current(session.document)):
        return False
    gone = outcome.gone & frozenset(session.document.records)
    if outcome.records or gone:
        document = session.document.without_records(gone)
        session.edit(plan.label, document.with_records(outcome.records), onto=onto)
    return True
