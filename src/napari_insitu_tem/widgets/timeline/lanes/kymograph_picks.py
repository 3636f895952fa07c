"""Placing and correcting a front on a kymograph."""

from __future__ import annotations

from qtpy.QtCore import Qt

from napari_insitu_tem.layers.tracking import tracking_of
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.record import Record
from napari_insitu_tem.state.kymographs import (
    moved_pick,
    pick_front,
    take_front_near,
)
from napari_insitu_tem.state.measuring import add_record, snapped
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.gestures import Gesture, Mouse
from napari_insitu_tem.widgets.timeline.moments import Moments


class MovePick(Gesture):
    """Drags a pick along its path."""

    cursor = Qt.CursorShape.SizeVerCursor

    def __init__(
        self, session: Session, path: Record, pick: Record, per_px: float
    ) -> None:
        self._session, self._path, self._pick = session, path, pick
        self._per_px = per_px
        self._moved: Record | None = None
        session.select([pick.id], follow=True)

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse."""
        position = mouse.value / self._per_px
        self._moved = moved_pick(self._session, self._path, self._pick, position)
        self._session.preview(self._session.document.with_records([self._moved]))

    def finish(self, mouse: Mouse) -> None:
        """Keep it there as one step; a click alone only selects."""
        if self._moved is None:
            return
        moved, session = self._moved, self._session
        if session.toolbox["front"].snap:
            try:
                moved = snapped(session, moved)
            except InsituTemError as error:
                session.say(str(error))
        document = session.document.with_records([moved])
        session.edit("move front", document, ends_preview=True)

    def cancel(self) -> None:
        """Put it back."""
        self._session.cancel_preview()


class PlacePick(Gesture):
    """Places a front on the frame under the mouse."""

    cursor = Qt.CursorShape.CrossCursor

    def __init__(
        self, session: Session, path: Record, mouse: Mouse, per_px: float
    ) -> None:
        self._session, self._path, self._per_px = session, path, per_px
        self._record: Record | None = None
        self._begin(mouse)

    def _begin(self, mouse: Mouse) -> None:
        session = self._session
        times = Moments(session.experiment).of(self._path.movie)
        if times is None:
            return
        frame = times.frame_at(mouse.time_ns)
        session.go_to(frame, self._path.movie)
        position = mouse.value / self._per_px
        self._choose_front(frame, position)
        try:
            self._record = pick_front(session, self._path, frame, position)
        except InsituTemError as error:
            session.say(str(error))
            return
        session.preview(session.document.with_records([self._record]))

    def _choose_front(self, frame: int, position: float) -> None:
        """Place the front that the tool is set to."""

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse along the path; the frame stays."""
        if self._record is None:
            return
        position = mouse.value / self._per_px
        self._record = moved_pick(self._session, self._path, self._record, position)
        self._session.preview(self._session.document.with_records([self._record]))

    def finish(self, mouse: Mouse) -> None:
        """Keep it as one step."""
        if self._record is None:
            return
        try:
            snap_it = self._session.toolbox["front"].snap
            add_record(self._session, self._record, snap_it=snap_it)
        except InsituTemError as error:
            self._session.cancel_preview()
            self._session.say(str(error))

    def cancel(self) -> None:
        """Take it away."""
        self._session.cancel_preview()


class TraceFront(PlacePick):
    """Places a front under the mouse and follows it from there, both ways."""

    def _choose_front(self, frame: int, position: float) -> None:
        """Another front than those that are there gets a name of its own."""
        take_front_near(self._session, self._path, frame, position)

    def finish(self, mouse: Mouse) -> None:
        """Keep the pick and follow it: one step for both."""
        if self._record is None:
            return
        session, tool = self._session, self._session.toolbox["front"]
        try:
            add_record(session, self._record, snap_it=tool.snap)
            session.toolbox.change("front", path=self._path.object)
            tracking_of(session).track("front", "all", onto=session.document)
        except InsituTemError as error:
            session.cancel_preview()
            session.say(str(error))
