"""What the mouse does from a press to its release."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from qtpy.QtCore import QObject, Qt
from superqt.utils import QSignalThrottler

from napari_insitu_tem.model.timebase import NS_PER_S
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.timeline.time_window import TimeWindow

#: Mouse positions are applied this often while a button is held.
EVERY_MS = 15

#: The mouse has to move this far for a press to be a drag.
DRAG_PX = 3.0


@dataclass(frozen=True)
class Mouse:
    """The mouse over a lane.

    Attributes
    ----------
    time_s
        Time under it: position on the horizontal axis.
    value
        Position on the lane's own axis.
    x, y
        Pixels from the lane's left and top.
    s_per_px, value_per_px
        Size of a pixel on both axes.
    button, modifiers
        As Qt gives them.
    """

    time_s: float
    value: float = 0.0
    x: float = 0.0
    y: float = 0.0
    s_per_px: float = 1.0
    value_per_px: float = 1.0
    button: Qt.MouseButton = Qt.MouseButton.LeftButton
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    @property
    def time_ns(self) -> int:
        """Time under the mouse in nanoseconds."""
        return round(self.time_s * NS_PER_S)

    def has(self, modifier: Qt.KeyboardModifier) -> bool:
        """Whether a modifier key is held."""
        return bool(self.modifiers & modifier)


class Gesture:
    """One press of a button until its release. This one does nothing.

    Attributes
    ----------
    cursor
        Shape of the mouse meanwhile, None for no change.
    """

    cursor: Qt.CursorShape | None = None

    def move(self, mouse: Mouse) -> None:
        """The mouse moved with the button held."""

    def finish(self, mouse: Mouse) -> None:
        """The button was released."""

    def cancel(self) -> None:
        """The user pressed Escape: put back what was."""

    def text(self) -> str:
        """What to tell the user meanwhile, "" for nothing."""
        return ""


class Coalescer(QObject):
    """Calls a function with the latest value, at most once in 15 ms.

    Parameters
    ----------
    apply
        Called at once for the first value, then with the latest one.
    """

    def __init__(
        self, apply: Callable[[int], None], parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._apply = apply
        self._latest: int | None = None
        self._throttle = QSignalThrottler(parent=self)
        self._throttle.setTimeout(EVERY_MS)
        self._throttle.triggered.connect(self._pass_on)

    def put(self, value: int) -> None:
        """Ask for a value; it replaces one that still waits."""
        self._latest = value
        self._throttle.throttle()

    def flush(self) -> None:
        """Apply what waits, now."""
        self._throttle.flush()

    def drop(self) -> None:
        """Forget what waits."""
        self._latest = None
        self._throttle.cancel()

    def _pass_on(self) -> None:
        value, self._latest = self._latest, None
        if value is not None:
            self._apply(value)


class Scrub(Gesture):
    """Moves the playhead along with the mouse."""

    cursor = Qt.CursorShape.SplitHCursor

    def __init__(self, seek: Coalescer, mouse: Mouse) -> None:
        self._seek = seek
        seek.put(mouse.time_ns)

    def move(self, mouse: Mouse) -> None:
        """Follow the mouse."""
        self._seek.put(mouse.time_ns)

    def finish(self, mouse: Mouse) -> None:
        """Stay where the button was released."""
        self._seek.put(mouse.time_ns)
        self._seek.flush()

    def cancel(self) -> None:
        """Stay where the playhead is."""
        self._seek.drop()


class Pan(Gesture):
    """Drags the time axis."""

    cursor = Qt.CursorShape.ClosedHandCursor

    def __init__(self, window: TimeWindow, mouse: Mouse) -> None:
        self._window = window
        self._x = mouse.x

    def move(self, mouse: Mouse) -> None:
        """Keep the grabbed moment under the mouse."""
        self._window.pan((self._x - mouse.x) * mouse.s_per_px)
        self._x = mouse.x


class SelectRange(Gesture):
    """Selects the stretch of time between an anchor and the mouse."""

    cursor = Qt.CursorShape.SizeHorCursor

    def __init__(self, session: Session, mouse: Mouse, anchor_ns: int | None) -> None:
        self._session = session
        self._before = session.range_ns
        self._anchor = mouse.time_ns if anchor_ns is None else anchor_ns
        self._pressed_at = mouse.x
        self._is_drag = anchor_ns is not None

    def move(self, mouse: Mouse) -> None:
        """Select up to the mouse."""
        self._is_drag |= abs(mouse.x - self._pressed_at) >= DRAG_PX
        if self._is_drag and mouse.time_ns != self._anchor:
            self._session.set_range((self._anchor, mouse.time_ns))

    def finish(self, mouse: Mouse) -> None:
        """Keep the stretch; a click without a drag selects nothing."""
        self.move(mouse)
        if not self._is_drag:
            self._session.set_range(None)

    def cancel(self) -> None:
        """Put the earlier stretch back."""
        self._session.set_range(self._before)
