"""What is to be done when a widget is gone, safely."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class _Ending:
    """Does something once, when its signal comes."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action

    def act(self, *_: object) -> None:
        """Do it."""
        self._action()


def when_destroyed(widget: Any, action: Callable[[], object]) -> None:
    """Call something when a Qt widget is destroyed, as napari does without closing it.

    Parameters
    ----------
    widget
        A QWidget.
    action
        Called without arguments; it must not touch the widget.

    Notes
    -----
    A function that is connected itself may be taken apart by the garbage collector
    together with the widget's Python side, and is then called by Qt: the program ends.
    Of a bound method PyQt keeps a weak reference and looks whether it is still there.
    """
    ending = _Ending(action)
    widget.destroyed.connect(ending.act)
    endings = getattr(widget, "_insitu_endings", None)
    if endings is None:
        endings = widget._insitu_endings = []
    endings.append(ending)
