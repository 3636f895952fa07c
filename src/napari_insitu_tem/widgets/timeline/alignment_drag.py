"""AlignDrag: aligns a movie by dragging its bar along the trace."""

from __future__ import annotations

import math

from qtpy.QtCore import Qt

from napari_insitu_tem.model.alignment import align_by_offset
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.timebase import NS_PER_S
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.gestures import (
    DRAG_PX,
    Coalescer,
    Gesture,
    Mouse,
)

EDIT_LABEL = "drag alignment"


class AlignDrag(Gesture):
    """Shows the new offset while the bar is dragged, keeps it at the release.

    The moment of the movie that was grabbed stays under the mouse. The offset is
    rounded to the power of ten below a pixel: the screen says no more than that.

    Parameters
    ----------
    session
        The open experiment.
    movie
        Name of the movie whose bar was grabbed.
    mouse
        Where it was grabbed.
    """

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, session: Session, movie: str, mouse: Mouse) -> None:
        self._session = session
        self._movie = movie
        self._base: Document = session.document
        held = session.experiment.alignment(movie)
        self._before_s = held.offset_s
        self._offset_s = held.offset_s
        self._grabbed_ns = int(held.to_movie_ns(mouse.time_ns))
        self._pressed_at = mouse.x
        self._is_drag = False
        self._previews = Coalescer(self._preview)

    def move(self, mouse: Mouse) -> None:
        """Show the movie where the mouse is."""
        self._is_drag |= abs(mouse.x - self._pressed_at) >= DRAG_PX
        if not self._is_drag:
            return
        offset = (mouse.time_ns - self._grabbed_ns) / NS_PER_S
        self._offset_s = _rounded(offset, mouse.s_per_px)
        self._previews.put(0)

    def finish(self, mouse: Mouse) -> None:
        """Keep the alignment as one undoable step; a mere click changes nothing."""
        self.move(mouse)
        self._previews.drop()
        if not self._is_drag or self._offset_s == self._before_s:
            self._session.cancel_preview()
            return
        self._session.edit(EDIT_LABEL, self._aligned(), ends_preview=True)

    def cancel(self) -> None:
        """Put the alignment back."""
        self._previews.drop()
        self._session.cancel_preview()

    def text(self) -> str:
        """The offset, and how far it was moved."""
        moved = self._offset_s - self._before_s
        return (
            f"{self._movie}: offset {self._offset_s:+.6g} s "
            f"(moved {moved:+.6g} s). Esc puts it back."
        )

    def _preview(self, _: int) -> None:
        self._session.preview(self._aligned())

    def _aligned(self) -> Document:
        alignment = align_by_offset(self._offset_s, method="dragged")
        return self._base.with_alignment(self._movie, alignment)


def _rounded(offset_s: float, s_per_px: float) -> float:
    """The offset, without digits finer than a pixel."""
    digits = max(0, min(9, -math.floor(math.log10(max(s_per_px, 1e-9)))))
    return round(offset_s, digits)
