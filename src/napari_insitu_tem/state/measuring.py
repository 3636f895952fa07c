"""Making and changing rows: what a pen, a key or a script asks for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from napari_insitu_tem.measure.paths import position_along
from napari_insitu_tem.measure.snapping import snap
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import MeasurementError
from napari_insitu_tem.model.geometry import Geometry
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.counting import CountedMovie, with_placing
from napari_insitu_tem.state.lattices import (
    found_in,
    guess_of,
    is_lattice,
    with_guess,
)
from napari_insitu_tem.state.on_frame import is_measured, measured, unmeasured
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tool import Tool
from napari_insitu_tem.state.wires import is_wire

#: A click farther from the path than this many pixels does not place a front.
REACH_PX = 40.0


def new_record(session: Session, tool: Tool, geometry: Geometry) -> Record:
    """A row at the playhead, as the tool is set; not yet in the document.

    Raises
    ------
    MeasurementError
        There is no movie, or the tool lacks an object or a path.
    """
    playhead = session.playhead
    if playhead is None:
        raise MeasurementError("Open a movie before measuring.")
    name = tool.object.strip()
    if not name and tool.kind != "event":
        raise MeasurementError("Name the object that is measured.")
    attributes = dict(tool.attributes)
    if tool.kind == "path":
        attributes = {}
    if tool.kind == "front":
        attributes["path"] = path_record(session, tool).object
    record = Record.new(
        tool.kind,
        object=name,
        movie=playhead.movie,
        frame=playhead.frame,
        geometry=geometry,
        observer=session.document.settings.observer,
        attributes=attributes,
    )
    if is_wire(record):
        # The core is seen in the profile itself.
        return record.changed(core="")
    if not is_lattice(record):
        return record
    return with_guess(record.changed(volume_model=""), tool.guess)


def path_record(session: Session, tool: Tool) -> Record:
    """The path that a front tool picks along.

    Raises
    ------
    MeasurementError
        No path was drawn on this movie.
    """
    paths = session.document.of_kind("path", _movie_name(session))
    wanted = tool.get("path")
    for record in paths:
        if record.object == wanted:
            return record
    if wanted == "" and paths:
        return paths[-1]
    raise MeasurementError(
        f"There is no path {wanted!r} on this movie."
        if wanted
        else "There is no path.",
        hint="Draw the path along which the front moves first.",
    )


def path_names(session: Session) -> tuple[str, ...]:
    """Names of the paths on the movie under the playhead."""
    records = session.document.of_kind("path", _movie_name(session))
    return tuple(dict.fromkeys(record.object for record in records))


def free_path_name(session: Session) -> str:
    """A name no path has yet."""
    taken = {record.object for record in session.document.of_kind("path")}
    number = 1
    while f"path {number}" in taken:
        number += 1
    return f"path {number}"


def placed(session: Session, record: Record) -> Record:
    """The record with its point put on its path, for a front; else unchanged.

    Raises
    ------
    MeasurementError
        The point is too far from the path.
    """
    if record.kind != "front":
        return record
    path = path_of(session.document, record)
    if path is None:
        return record
    points = session.document.path_points(path, record.frame)
    nearest = position_along(points, record.geometry.array()[0])
    if nearest.distance > REACH_PX:
        raise MeasurementError(
            f"The click is {nearest.distance:.0f} px from the path.",
            hint="Click nearer to it.",
        )
    return record.changed(geometry=Geometry.of("point", nearest.point))


def snapped(session: Session, record: Record) -> Record:
    """The record moved to the nearest edges of its frame; flagged where it cannot.

    Raises
    ------
    ReadError
        The frame cannot be read.
    """
    if record.kind in ("path", "event") or is_measured(record):
        return record
    counted = CountedMovie.of(session, record.movie)
    width = session.toolbox[record.kind].width
    along = None
    if record.kind == "front":
        path = path_of(session.document, record)
        if path is None:
            return record
        along = session.document.path_points(path, record.frame)
    result = snap(
        counted.frame(record.frame),
        record.geometry,
        width_px=width,
        gain=counted.gain,
        along=along,
    )
    if not result.is_snapped:
        stays = with_placing(record)
        return stays.changed(flag=result.flag, method="manual", u_pick_px=None)
    names_body = record.kind == "expansion" and result.body
    return with_placing(record, width=width, gain=counted.gain).changed(
        geometry=result.geometry,
        u_pick_px=float(result.u_pick_px),
        method="snapped",
        flag=result.flag,
        **({"body": result.body} if names_body else {}),
    )


def touched(record: Record, geometry: Geometry) -> Record:
    """The record with a shape that the user moved: manual, unflagged, not measured."""
    moved = record.changed(geometry=geometry, method="manual", flag="", u_pick_px=None)
    return unmeasured(moved) if is_measured(moved) else with_placing(moved)


def path_of(document: Document, record: Record) -> Record | None:
    """The path of a front; None where it is not there."""
    paths = document.of_kind("path", record.movie)
    return next((p for p in paths if p.object == record.get("path")), None)


def _movie_name(session: Session) -> str | None:
    return None if session.playhead is None else session.playhead.movie


# -- edits ---------------------------------------------------------------------------


def add_record(session: Session, record: Record, *, snap_it: bool) -> Record:
    """Put a finished row in the document as one step, and select it.

    A tracked row of the same thing in the same frame gives way to it. The lattice in a
    box and the wire under a line are measured.

    Raises
    ------
    MeasurementError
        The row has no place, see `placed`.
    ReadError
        The frame cannot be read.
    """
    record = measured(session, placed(session, record), snap_it=snap_it)
    if snap_it:
        record = snapped(session, record)
    document = session.document
    followed = [
        row.id
        for row in document.rows_alike(record)
        if row.frame == record.frame and row.method == "tracked"
    ]
    session.edit(
        f"draw {label_of(record)}",
        document.without_records(followed).with_records([record]),
        ends_preview=True,
    )
    session.select([record.id])
    return record


def delete_records(session: Session, ids: Iterable[str]) -> None:
    """Delete rows as one step; unknown ids are ignored."""
    known = [key for key in ids if key in session.document.records]
    if known:
        what = f"{len(known)} rows" if len(known) > 1 else "row"
        session.edit(f"delete {what}", session.document.without_records(known))


def change_records(
    session: Session, ids: Iterable[str], label: str, **fields: Any
) -> None:
    """Change fields of rows as one step."""
    records = session.document.records
    changed = [records[key].changed(**fields) for key in ids if key in records]
    changed = [record for record in changed if record != records[record.id]]
    if changed:
        session.edit(label, session.document.with_records(changed))


def set_reference(session: Session, name: str, frames: Sequence[int]) -> None:
    """Take the mean of these frames as an object's reference."""
    settings = replace(
        session.document.object_settings(name), reference_frames=tuple(frames)
    )
    shown = ", ".join(str(frame) for frame in frames) or "first measured frame"
    session.edit(
        f"set reference of {name} to {shown}",
        session.document.with_object(name, settings),
    )


def copy_forward(session: Session, tool: Tool, direction: int = 1) -> Record | None:
    """Step by the tool's stride and take the last shape along, snapped.

    Where the frame has such a row already, it is selected and nothing is added.

    Returns
    -------
    The row that is now selected, or None where there is nothing to copy.

    Raises
    ------
    MeasurementError
        There is no movie.
    """
    if session.playhead is None:
        raise MeasurementError("Open a movie before measuring.")
    session.cancel_preview()
    source = row_to_copy(session, tool)
    if source is None:
        return None
    last = len(session.experiment.movie(source.movie)) - 1
    target = source.frame + direction * max(tool.stride, 1)
    if not 0 <= target <= last:
        raise MeasurementError(
            "That was the last frame." if direction > 0 else "That was the first frame."
        )
    present = [
        row for row in session.document.rows_alike(source) if row.frame == target
    ]
    session.go_to(target, source.movie)
    if present:
        session.select([present[-1].id])
        return present[-1]
    copy = Record.new(
        source.kind,
        object=source.object,
        movie=source.movie,
        frame=target,
        geometry=session.document.carried(
            source.geometry, source.movie, source.frame, target
        ),
        observer=session.document.settings.observer,
        attributes=dict(with_placing(source).attributes),
    )
    if is_lattice(copy):
        copy = with_guess(copy, found_in(source) or guess_of(source))
    return add_record(session, copy, snap_it=tool.snap)


def row_to_copy(session: Session, tool: Tool) -> Record | None:
    """The selected row of the tool's kind, else its last one at or before now."""
    records = session.document.records
    chosen = [records[key] for key in session.selection if key in records]
    chosen = [record for record in chosen if record.kind == tool.kind]
    if len(chosen) == 1:
        return chosen[0]
    assert session.playhead is not None
    rows = [
        record
        for record in session.document.of_kind(tool.kind, session.playhead.movie)
        if record.object == tool.object and record.frame <= session.playhead.frame
    ]
    if tool.kind == "front":
        rows = [row for row in rows if row.get("front") == tool.get("front")]
    if tool.kind == "expansion":
        rows = [row for row in rows if row.get("quantity") == tool.get("quantity")]
    if tool.kind == "sei":
        rows = [row for row in rows if row.geometry.shape == tool.drawn_shape]
    return max(rows, key=lambda record: record.frame, default=None)


def label_of(record: Record) -> str:
    """What a row is, in a word or two, for the undo menu."""
    if record.kind == "expansion":
        if is_lattice(record):
            return "lattice spacing"
        return str(record.get("quantity") or "expansion")
    if record.kind == "event":
        return f"event {record.get('label')}".strip()
    if is_wire(record):
        return "coated wire"
    return {"front": "front", "sei": "SEI", "path": "path"}[record.kind]
