"""A box to choose a name or type a new one."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox, QWidget


class NameBox(QComboBox):
    """Editable combo box; the name counts when it is chosen or Enter is pressed.

    Signals
    -------
    name_changed(str)
        The user chose or typed another name.
    """

    name_changed = Signal(str)

    def __init__(self, tooltip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setToolTip(tooltip)
        self.setSizePolicy(
            self.sizePolicy().Policy.Expanding, self.sizePolicy().Policy.Fixed
        )
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self._name = ""
        self.activated.connect(self._announce)
        edit = self.lineEdit()
        if edit is not None:
            edit.editingFinished.connect(self._announce)

    @property
    def name(self) -> str:
        """The name that holds now."""
        return self._name

    def show_names(self, names: Iterable[str], current: str) -> None:
        """Offer names and show the one that holds; nothing is announced."""
        wanted = list(dict.fromkeys([*names, *([current] if current else [])]))
        with QSignalBlocker(self):
            if [self.itemText(i) for i in range(self.count())] != wanted:
                self.clear()
                self.addItems(wanted)
            self.setCurrentIndex(wanted.index(current) if current else -1)
            self.setEditText(current)
        self._name = current

    def _announce(self, *_: object) -> None:
        name = self.currentText().strip()
        if not name:
            self.setEditText(self._name)
        elif name != self._name:
            self._name = name
            self.name_changed.emit(name)
