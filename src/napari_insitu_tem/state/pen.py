"""Pen: turns presses, moves and releases on the canvas into rows.

No screen here: points come as (y, x) in pixels of the movie, reach in the same unit.
While the user draws or drags, the document is previewed, so every number follows live;
when the shape is finished it becomes one undoable step.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from napari_insitu_tem.model.errors import InsituTemError, MeasurementError
from napari_insitu_tem.model.geometry import Geometry, Point, ellipse_from_corners
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.lattices import box, is_lattice, with_corner
from napari_insitu_tem.state.measuring import (
    add_record,
    label_of,
    new_record,
    placed,
    snapped,
    touched,
)
from napari_insitu_tem.state.on_frame import is_measured, measured, measured_live
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.state.tool import Tool

#: Shapes whose vertices are set one by one.
_BY_VERTEX = ("path", "polygon", "band")

#: Said until the second boundary is drawn, or given up.
_OUTER = "Now draw the outer boundary."

#: Kinds that are measured more than once on a frame to know how sure they are.
_REPEATED = ("expansion", "front", "sei")


@dataclass
class _Stroke:
    """A shape being drawn: finished parts, then the vertices of the present one."""

    record: Record | None = None
    parts: list[list[Point]] = field(default_factory=list)
    vertices: list[Point] = field(default_factory=list)
    hover: Point | None = None
    pressed_at: Point | None = None


@dataclass(frozen=True)
class _Grip:
    """A vertex of an existing row being dragged."""

    record: Record
    part: int
    vertex: int


class Pen:
    """Draws and corrects rows of one kind.

    Parameters
    ----------
    session
        The open experiment.
    kind
        Which tool of the session's toolbox it follows.
    """

    def __init__(self, session: Session, kind: str) -> None:
        self._session = session
        self._kind = kind
        self._stroke: _Stroke | None = None
        self._grip: _Grip | None = None

    @property
    def tool(self) -> Tool:
        """The tool as it is set now."""
        return self._session.toolbox[self._kind]

    @property
    def is_busy(self) -> bool:
        """Whether a shape is unfinished or a vertex is being dragged."""
        return self._stroke is not None or self._grip is not None

    @property
    def hint(self) -> str:
        """What the next click does, for the user."""
        shape = self.tool.drawn_shape
        if shape == "point":
            return "Click the front on the path."
        if shape in ("line", "ellipse"):
            return "Drag from one end to the other."
        if shape == "box":
            return "Drag from one corner of the box to the opposite one."
        if shape == "band":
            drawn = len(self._stroke.parts) if self._stroke else 0
            which = "outer" if drawn else "inner"
            return f"Click along the {which} boundary; double-click or Enter ends it."
        return "Click along it; double-click or Enter ends it, Esc cancels."

    # -- the mouse ------------------------------------------------------------------

    def press(self, point: Point, reach: float, *, is_new: bool = False) -> None:
        """The button went down.

        Near a vertex of a row that is there it takes hold of that vertex; with
        `is_new` another shape begins, so that a repeat may have the same ends.
        """
        self._leave_other_frame()
        if self._stroke is None:
            self._grip = None if is_new else self._vertex_near(point, reach)
            if self._grip is not None:
                self._session.select([self._grip.record.id])
                return
            self._stroke = _Stroke()
        stroke, shape = self._stroke, self.tool.drawn_shape
        stroke.pressed_at = stroke.hover = point
        if shape in _BY_VERTEX:
            if self._closes(point, reach):
                self.finish()
                return
            if not stroke.vertices or stroke.vertices[-1] != point:
                stroke.vertices.append(point)
        elif shape == "point" or not stroke.vertices:
            stroke.vertices = [point]
        self._preview()

    def move(self, point: Point, reach: float, *, is_pressed: bool) -> None:
        """The mouse moved; with the button down it drags or traces freehand."""
        if self._grip is not None:
            self._preview_grip(point)
            return
        if self._stroke is None:
            return
        stroke, shape = self._stroke, self.tool.drawn_shape
        stroke.hover = point
        if shape == "point":
            stroke.vertices = [point]
        elif (
            shape in _BY_VERTEX
            and is_pressed
            and stroke.vertices
            and _distance(stroke.vertices[-1], point) > 2 * reach
        ):
            stroke.vertices.append(point)
        self._preview()

    def release(self, point: Point, reach: float) -> None:
        """The button went up."""
        if self._grip is not None:
            self._finish_grip(point)
            return
        stroke = self._stroke
        if stroke is None:
            return
        shape = self.tool.drawn_shape
        stroke.hover = point
        if shape in _BY_VERTEX:
            return
        if shape == "point" or _distance(stroke.vertices[0], point) > reach:
            self.finish()

    # -- the end of a shape -----------------------------------------------------------

    def finish(self) -> Record | None:
        """End the present polyline or shape; the new row if one was made."""
        stroke = self._stroke
        if stroke is None:
            return None
        shape = self.tool.drawn_shape
        if shape == "band" and not stroke.parts:
            if len(stroke.vertices) >= 2:
                stroke.parts.append(stroke.vertices)
                stroke.vertices, stroke.hover = [], None
                self._session.say(_OUTER)
            return None
        if stroke.parts:
            self._session.say("")
        stroke.hover = None if shape in _BY_VERTEX else stroke.hover
        geometry = self._geometry(stroke)
        self._stroke = None
        if geometry is None:
            self._session.cancel_preview()
            return None
        try:
            record = stroke.record or new_record(self._session, self.tool, geometry)
            record = record.changed(geometry=geometry)
            return add_record(self._session, record, snap_it=self.tool.snap)
        except InsituTemError as error:
            self._session.cancel_preview()
            self._session.say(str(error))
            return None

    def cancel(self) -> bool:
        """Drop the unfinished shape or drag; whether there was one."""
        was_busy = self.is_busy
        if self._stroke is not None and self._stroke.parts:
            self._session.say("")
        self._stroke = self._grip = None
        self._session.cancel_preview()
        return was_busy

    def put_down(self) -> None:
        """Stop drawing."""
        self.cancel()
        self._session.toolbox.activate("")

    def _leave_other_frame(self) -> None:
        """A shape begun on another frame is dropped rather than mixed."""
        stroke, playhead = self._stroke, self._session.playhead
        if stroke is None or stroke.record is None or playhead is None:
            return
        if (stroke.record.movie, stroke.record.frame) != (
            playhead.movie,
            playhead.frame,
        ):
            self.cancel()

    # -- drawing ----------------------------------------------------------------------

    def _closes(self, point: Point, reach: float) -> bool:
        """A press on the first vertex closes a polygon, on the last one ends a line."""
        stroke, shape = self._stroke, self.tool.drawn_shape
        assert stroke is not None
        least = 3 if shape == "polygon" else 2
        if len(stroke.vertices) < least:
            return False
        target = stroke.vertices[0] if shape == "polygon" else stroke.vertices[-1]
        return _distance(target, point) <= reach

    def _geometry(self, stroke: _Stroke) -> Geometry | None:
        """The shape as drawn so far, None while it has too few points."""
        shape = self.tool.drawn_shape
        vertices = list(stroke.vertices)
        if stroke.hover is not None and shape != "point":
            vertices.append(stroke.hover)
        try:
            if shape == "box":
                return box(vertices[0], vertices[-1])
            if shape == "ellipse":
                return _ellipse_in_box(vertices[0], vertices[-1])
            if shape == "band":
                if not stroke.parts:
                    return None
                return Geometry.of("band", stroke.parts[0], vertices)
            if shape == "line":
                return Geometry.of("line", [vertices[0], vertices[-1]])
            return Geometry.of(shape, vertices)
        except (MeasurementError, IndexError):
            return None

    def _preview(self) -> None:
        stroke = self._stroke
        if stroke is None:
            return
        geometry = self._geometry(stroke) or self._pending(stroke)
        if geometry is None:
            return
        try:
            if stroke.record is None:
                stroke.record = new_record(self._session, self.tool, geometry)
            stroke.record = stroke.record.changed(geometry=geometry)
            shown = placed(self._session, stroke.record)
            shown = measured_live(self._session, shown)
        except MeasurementError as error:
            self._session.say(str(error))
            if stroke.record is None:
                self._stroke = None
            return
        self._session.preview(self._session.document.with_records([shown]))

    def _pending(self, stroke: _Stroke) -> Geometry | None:
        """The inner boundary alone, shown as a band of no width."""
        if self.tool.drawn_shape != "band":
            return None
        vertices = [*stroke.vertices, *([stroke.hover] if stroke.hover else [])]
        line = stroke.parts[0] if stroke.parts else vertices
        return Geometry.of("band", line, line) if len(line) >= 2 else None

    # -- dragging a vertex ----------------------------------------------------------

    def _vertex_near(self, point: Point, reach: float) -> _Grip | None:
        playhead = self._session.playhead
        if playhead is None:
            return None
        best: tuple[float, _Grip] | None = None
        for record in self._session.document.of_kind(self._kind, playhead.movie):
            if self._kind != "path" and record.frame != playhead.frame:
                continue
            for p, part in enumerate(self._here(record).parts):
                away = np.hypot(*(np.asarray(part) - np.asarray(point)).T)
                nearest = int(np.argmin(away))
                if away[nearest] <= reach and (best is None or away[nearest] < best[0]):
                    best = (float(away[nearest]), _Grip(record, p, nearest))
        return None if best is None else best[1]

    def _here(self, record: Record) -> Geometry:
        """The shape where it lies in the present frame: a path follows the drift."""
        playhead = self._session.playhead
        if playhead is None:
            return record.geometry
        return self._session.document.carried(
            record.geometry, record.movie, record.frame, playhead.frame
        )

    def _there(self, point: Point, record: Record) -> Point:
        """A point of the present frame in the frame on which a row was drawn."""
        playhead = self._session.playhead
        if playhead is None:
            return point
        return self._session.document.carried(
            Geometry.of("point", [point]), record.movie, playhead.frame, record.frame
        ).parts[0][0]

    def _preview_grip(self, point: Point) -> None:
        moved = self._moved(point)
        if moved is not None:
            moved = measured_live(self._session, moved)
            self._session.preview(self._session.document.with_records([moved]))

    def _moved(self, point: Point) -> Record | None:
        assert self._grip is not None
        record = self._grip.record
        point = self._there(point, record)
        vertex = self._grip.vertex
        if is_lattice(record):
            geometry = with_corner(record.geometry, vertex, point)
        else:
            geometry = move_vertex(record.geometry, self._grip.part, vertex, point)
        try:
            return placed(self._session, touched(record, geometry))
        except MeasurementError as error:
            self._session.say(str(error))
            return None

    def _finish_grip(self, point: Point) -> None:
        grip = self._grip
        assert grip is not None
        start = self._here(grip.record).parts[grip.part][grip.vertex]
        moved = self._moved(point) if start != point else None
        self._grip = None
        if moved is None:
            self._session.cancel_preview()
            return
        if self._kind in _REPEATED:
            self._session.say(
                f"Moved a point of this {label_of(moved)}. To draw it once more "
                "instead, hold Ctrl as you press."
            )
        try:
            if is_measured(moved):
                moved = measured(self._session, moved, snap_it=self.tool.snap)
            elif self.tool.snap:
                moved = snapped(self._session, moved)
        except InsituTemError as error:
            self._session.say(str(error))
        self._session.edit(
            f"move {label_of(moved)}",
            self._session.document.with_records([moved]),
            ends_preview=True,
        )


def move_vertex(geometry: Geometry, part: int, vertex: int, to: Point) -> Geometry:
    """The shape with one vertex elsewhere; an ellipse stays one about its centre."""
    parts = [list(p) for p in geometry.parts]
    if geometry.shape != "ellipse":
        parts[part][vertex] = (float(to[0]), float(to[1]))
        return Geometry.of(geometry.shape, *parts)
    centre = (geometry.array(part)[0] + geometry.array(part)[1]) / 2
    arm = np.asarray(to, dtype=float) - centre
    other = geometry.array(1 - part)
    half = float(np.hypot(*(other[1] - other[0]))) / 2
    across = np.array([-arm[1], arm[0]]) / max(float(np.hypot(*arm)), 1e-9) * half
    if vertex == 0:
        arm = -arm
    if float(across @ (other[1] - other[0])) < 0:
        across = -across
    axes = [[centre - arm, centre + arm], [centre - across, centre + across]]
    return Geometry.of("ellipse", *(axes if part == 0 else axes[::-1]))


def _ellipse_in_box(a: Point, b: Point) -> Geometry | None:
    if abs(a[0] - b[0]) < 1e-6 or abs(a[1] - b[1]) < 1e-6:
        return None
    return ellipse_from_corners(
        [(a[0], a[1]), (a[0], b[1]), (b[0], b[1]), (b[0], a[1])]
    )


def _distance(a: Point, b: Point) -> float:
    return float(np.hypot(a[0] - b[0], a[1] - b[1]))
