"""Widgets that follow a session or a viewer for as long as they live."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import QWidget

from napari_insitu_tem.layers.ending import when_destroyed


def follow(widget: QWidget, *pairs: tuple[Any, Callable[..., Any]]) -> None:
    """Connect signals to slots until the widget is destroyed.

    napari destroys a dock's widget without closing it, and a signal that reaches a
    destroyed widget raises.

    Parameters
    ----------
    widget
        What the slots belong to.
    pairs
        (signal, slot): signals of psygnal or of napari.
    """
    for signal, slot in pairs:
        signal.connect(slot)

    def let_go() -> None:
        for signal, slot in pairs:
            signal.disconnect(slot)

    when_destroyed(widget, let_go)
