"""A clock for what napari does not tell about."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

#: How long an edit in napari's own table may wait.
_EVERY_MS = 400


def look_now_and_then(window: Any, look: Callable[[], None]) -> Callable[[], None]:
    """Call a bound method again and again while its window lives.

    Parameters
    ----------
    window
        The Qt window; without one nothing is called.
    look
        A bound method; its object is not kept alive.

    Returns
    -------
    Stops the clock.
    """
    if window is None:
        return _nothing
    from qtpy.QtCore import QTimer

    method = weakref.WeakMethod(look)
    timer = QTimer(window)

    def tick() -> None:
        present = method()
        if present is None:
            timer.stop()
        else:
            present()

    timer.timeout.connect(tick)
    timer.start(_EVERY_MS)
    return timer.stop


def _nothing() -> None:
    """There is no clock to stop."""
