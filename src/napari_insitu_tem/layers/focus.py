"""Tells a click that draws from a click that only brings the window to the front."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QElapsedTimer, QEvent, QObject

#: A press this soon after the window became active came with it.
_TOGETHER_MS = 150


class FocusGuard(QObject):
    """Watches when a window becomes active.

    Parameters
    ----------
    window
        The top-level window.
    """

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._since = QElapsedTimer()
        window.installEventFilter(self)

    def eventFilter(self, watched: Any, event: Any) -> bool:
        """Remember when the window was activated; nothing is held back."""
        if event.type() == QEvent.Type.WindowActivate:
            self._since.start()
        return False

    def press_was_for_focus(self) -> bool:
        """Whether the mouse press being handled also activated the window."""
        return self._since.isValid() and self._since.elapsed() < _TOGETHER_MS


class NoGuard:
    """For viewers without a window: every press draws."""

    def press_was_for_focus(self) -> bool:
        """Never."""
        return False
