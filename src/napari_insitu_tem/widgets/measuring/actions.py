"""Draw, copy forward, delete, undo: the buttons every measuring dock has."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QGridLayout, QPushButton, QWidget

from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.state.measuring import copy_forward, delete_records
from napari_insitu_tem.state.session import Session


class ActionBar(QWidget):
    """The buttons, each with its key in the tooltip.

    Parameters
    ----------
    session
        The open experiment.
    kind
        The kind that is drawn.
    draw_text
        What the first button says.
    """

    def __init__(
        self,
        session: Session,
        kind: str,
        draw_text: str,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._kind = kind
        self.draw = _button(
            draw_text, "Draw on the canvas (M); Shift-drag moves the view"
        )
        self.draw.setCheckable(True)
        self.back = _button("◀ Copy back", "Copy to the previous frame (Shift+N)")
        self.forward = _button("Copy forward ▶", "Copy to the next frame (N)")
        self.delete = _button("Delete", "Delete the selected rows (Delete)")
        self.undo = _button("Undo", "Ctrl+Z")
        self.redo = _button("Redo", "Ctrl+Shift+Z")
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(self.draw, 0, 0, 1, 6)
        grid.addWidget(self.back, 1, 0, 1, 3)
        grid.addWidget(self.forward, 1, 3, 1, 3)
        for place, button in enumerate((self.undo, self.redo, self.delete)):
            grid.addWidget(button, 2, 2 * place, 1, 2)
        self.draw.clicked.connect(self._on_draw)
        self.back.clicked.connect(lambda: self._copy(-1))
        self.forward.clicked.connect(lambda: self._copy(1))
        self.delete.clicked.connect(self._on_delete)
        self.undo.clicked.connect(lambda: session.undo())
        self.redo.clicked.connect(lambda: session.redo())

    def add_shortcuts(self, dock: QWidget) -> None:
        """Undo and redo also while the dock has the focus."""
        for keys, action in (
            (QKeySequence.StandardKey.Undo, self._session.undo),
            (QKeySequence("Ctrl+Shift+Z"), self._session.redo),
        ):
            shortcut = QShortcut(QKeySequence(keys), dock)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(action)

    def refresh(self) -> None:
        """Show what can be done now."""
        history, kind = self._session.history, self._kind
        has_movie = self._session.playhead is not None
        self.draw.setEnabled(has_movie)
        self.draw.setChecked(self._session.toolbox.active == kind)
        has_rows = bool(self._session.document.of_kind(kind))
        self.back.setEnabled(has_rows)
        self.forward.setEnabled(has_rows)
        mine = {record.id for record in self._session.document.of_kind(kind)}
        self.delete.setEnabled(bool(mine & self._session.selection))
        for button, word, label, keys in (
            (self.undo, "Undo", history.undo_label, "Ctrl+Z"),
            (self.redo, "Redo", history.redo_label, "Ctrl+Shift+Z"),
        ):
            button.setEnabled(bool(label))
            button.setToolTip(
                f"{word} {label} ({keys})" if label else f"{word} ({keys})"
            )

    def _on_draw(self, is_on: bool) -> None:
        self._session.toolbox.activate(self._kind if is_on else "")

    def _copy(self, direction: int) -> None:
        try:
            copy_forward(self._session, self._session.toolbox[self._kind], direction)
        except InsituTemError as error:
            self._session.say(str(error))

    def _on_delete(self) -> None:
        delete_records(self._session, self._session.selection)


def _button(text: str, tooltip: str) -> Any:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    # With the focus it would keep the arrow keys from the slider.
    button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    return button
