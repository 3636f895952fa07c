"""Files dropped on the window: those of the plugin are opened together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtCore import QEvent, QObject, Qt
from qtpy.QtWidgets import QWidget

from napari_insitu_tem.io.registry import identify
from napari_insitu_tem.io.saving.annotation_csv import sniff_annotations
from napari_insitu_tem.layers.opening import is_experiment_folder
from napari_insitu_tem.model.errors import InsituTemError

Open = Callable[[Sequence[Path]], None]


class DropTarget(QObject):
    """Takes files that are dropped on napari's canvas, as long as the dock is there.

    napari opens dropped files one by one, asks for each ending which of the readers is
    to open it, and lets nobody stop it. Files that are of no kind the plugin reads, and
    those dropped with Shift or Alt held, are left to napari.

    Parameters
    ----------
    open_them
        Opens files; called once the drop is over.
    parent
        The dock: the target goes with it.
    """

    def __init__(self, open_them: Open, parent: QWidget) -> None:
        super().__init__(parent)
        self._open = open_them

    def watch(self, window: Any) -> None:
        """Watch the canvas of a viewer's window; nothing without one."""
        canvas = getattr(window, "_qt_viewer", None)
        if canvas is not None:
            canvas.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Keep a drop of the plugin's files from napari."""
        if event is None or event.type() != QEvent.Type.Drop:
            return False
        drop: Any = event
        held = drop.modifiers()
        if held & (Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.AltModifier):
            return False
        paths = [Path(url.toLocalFile()) for url in drop.mimeData().urls()]
        if not paths or not _are_ours(paths):
            return False
        drop.acceptProposedAction()
        self._open(paths)
        return True


def _are_ours(paths: Sequence[Path]) -> bool:
    """Whether the plugin reads one of them, and napari's table reader none."""
    if not all(path.exists() for path in paths):
        return False
    if any(path.is_file() and sniff_annotations(path) for path in paths):
        return False
    return any(map(_is_ours, paths))


def _is_ours(path: Path) -> bool:
    if is_experiment_folder(path):
        return True
    try:
        identify(path)
    except InsituTemError:
        return False
    return True
