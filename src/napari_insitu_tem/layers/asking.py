"""What opening and saving may have to ask, and who asks it in a viewer's window."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from napari_insitu_tem.model.column_mapping import ColumnMapping, TablePreview


class Asker(Protocol):
    """Puts questions to the user. Every method may be called from any thread."""

    def columns(self, preview: TablePreview) -> ColumnMapping | None:
        """Which column of a table is what; None to give up."""

    def locate(self, path: Path, sha256: str) -> Path | None:
        """Where a file that is not at `path` is now; None to go on without it."""

    def accept(self, expected: Path, found: Path) -> bool:
        """Whether to take a file whose content is not that of the expected one."""

    def may_replace(self) -> bool:
        """Whether the open experiment may go; its unsaved edits are asked about."""


#: Gives the asker of a window when there is a question, None where nobody can answer.
FindAsker = Callable[[], Asker | None]

_ASKERS: weakref.WeakKeyDictionary[Any, Asker] = weakref.WeakKeyDictionary()


def nobody() -> Asker | None:
    """There is nobody to ask: in a script, or without a window."""
    return None


def set_asker(viewer: Any, asker: Asker) -> None:
    """Let somebody answer for a viewer; the viewer's proxy counts as the viewer."""
    _ASKERS[getattr(viewer, "__wrapped__", viewer)] = asker


def forget_asker(asker: Asker) -> None:
    """Let somebody answer no more: the dock is gone."""
    for viewer, present in list(_ASKERS.items()):
        if present is asker:
            del _ASKERS[viewer]


def asker_of(viewer: Any) -> Asker | None:
    """Who answers for a viewer; brings up the dock that does. Main thread only."""
    from napari_insitu_tem.layers.docks import show_dock

    viewer = getattr(viewer, "__wrapped__", viewer)
    if viewer not in _ASKERS:
        show_dock(viewer, "Experiment")
    return _ASKERS.get(viewer)
