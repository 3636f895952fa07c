"""Answers to what opening has to ask, from the user, in a window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from qtpy.QtWidgets import QDialog, QWidget
from superqt.utils import ensure_main_thread

from napari_insitu_tem.io.tables.mapping import remember_mapping
from napari_insitu_tem.model.column_mapping import ColumnMapping, TablePreview
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dialogs.files import ask_moved_file
from napari_insitu_tem.widgets.dialogs.mapping import MappingDialog
from napari_insitu_tem.widgets.dialogs.questions import (
    ask_fate_of_edits,
    ask_to_accept,
    ask_to_locate,
)
from napari_insitu_tem.widgets.experiment.words import experiment_name
from napari_insitu_tem.widgets.reporting import reporting

T = TypeVar("T")

#: As long as a user may think about an answer.
_DAYS_MS = 7 * 24 * 3600 * 1000


class DialogAsker:
    """Asks with dialogs; the questions may come from any thread.

    Parameters
    ----------
    parent
        The dialogs appear above it.
    session
        The open experiment.
    save
        Saves it at once; whether that worked.
    """

    def __init__(
        self, parent: QWidget, session: Session, save: Callable[[], bool]
    ) -> None:
        self._parent = parent
        self._session = session
        self._save = save

    def columns(self, preview: TablePreview) -> ColumnMapping | None:
        """Ask which column is what; remember the answer if the user wants that."""
        return _in_main_thread(self._columns, preview)

    def _columns(self, preview: TablePreview) -> ColumnMapping | None:
        dialog = MappingDialog(preview, self._parent)
        is_answered = dialog.exec() == QDialog.DialogCode.Accepted
        mapping = dialog.mapping if is_answered else None
        if mapping is not None and dialog.remember.isChecked():
            with reporting(self._session):
                remember_mapping(preview.signature, mapping)
        dialog.deleteLater()
        return mapping

    def locate(self, path: Path, sha256: str) -> Path | None:
        """Ask where a file is now."""
        return _in_main_thread(self._locate, path)

    def _locate(self, path: Path) -> Path | None:
        if not ask_to_locate(self._parent, path):
            return None
        return ask_moved_file(self._parent, path.name)

    def accept(self, expected: Path, found: Path) -> bool:
        """Ask whether a file with other content is taken."""
        return _in_main_thread(ask_to_accept, self._parent, expected, found)

    def may_replace(self) -> bool:
        """Ask what becomes of unsaved edits; save them if so wanted."""
        return _in_main_thread(self._may_replace)

    def _may_replace(self) -> bool:
        fate = ask_fate_of_edits(
            self._parent, experiment_name(self._session.experiment)
        )
        return self._save() if fate == "save" else fate == "discard"


def _in_main_thread(function: Callable[..., T], *args: Any) -> T:
    """Call a function in the thread of the window and wait for what it returns."""
    call = ensure_main_thread(function, await_return=True, timeout=_DAYS_MS)
    return call(*args)
