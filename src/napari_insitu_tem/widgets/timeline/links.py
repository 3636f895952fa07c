"""Links: connections to a session that end with the widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import WeakMethod

from psygnal import SignalInstance


class Links:
    """Remembers what a widget is connected to, without keeping the widget alive."""

    def __init__(self) -> None:
        self._made: list[tuple[SignalInstance, WeakMethod[Callable[..., Any]]]] = []

    @property
    def are_made(self) -> bool:
        """Whether anything is connected."""
        return bool(self._made)

    def connect(self, signal: SignalInstance, slot: Callable[..., Any]) -> None:
        """Call a method of the widget whenever the signal is emitted."""
        signal.connect(slot)
        self._made.append((signal, WeakMethod(slot)))

    def disconnect(self, *_: object) -> None:
        """Stop calling; may be called twice."""
        made, self._made = self._made, []
        for signal, reference in made:
            slot = reference()
            if slot is not None:
                signal.disconnect(slot, missing_ok=True)
