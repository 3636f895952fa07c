"""How long work reports where it is and learns that it should stop."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called now and then by anything that may take over half a second."""

    def __call__(self, done: int, total: int, text: str = "") -> None:
        """Report `done` of `total` steps.

        Raises
        ------
        CancelledError
            The user asked to stop; the caller lets it pass through.
        """


def no_progress(done: int, total: int, text: str = "") -> None:
    """Report to nobody."""
