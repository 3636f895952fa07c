"""Offers what a program that did not end well left unsaved."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_insitu_tem.state.recovery import Recovery
from napari_insitu_tem.widgets.section import sentence


class RecoveryDialog(QDialog):
    """Lists sessions that ended without saving: recover, discard, or decide later.

    Parameters
    ----------
    recoveries
        The newest first; at least one.
    parent
        The Qt parent.

    Signals
    -------
    recover(Recovery)
        The user wants this one opened.
    """

    recover = Signal(object)

    def __init__(
        self, recoveries: Sequence[Recovery], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Measurements that were not saved")
        self._recoveries = list(recoveries)
        self.list = QListWidget()
        self.list.setWordWrap(True)
        self.list.setSpacing(2)
        self.list.addItems([in_words(recovery) for recovery in recoveries])
        self.list.setCurrentRow(0)
        self.recover_button = QPushButton("Recover")
        self.recover_button.setDefault(True)
        self.discard_button = QPushButton("Discard")
        self.later_button = QPushButton("Later")
        self.later_button.setToolTip("Keep them, and ask again at the next start")
        column = QVBoxLayout(self)
        column.addWidget(
            sentence(
                "napari ended before these measurements were saved. Each edit up to "
                "the last finished one is there."
            )
        )
        column.addWidget(self.list, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.recover_button)
        buttons.addWidget(self.discard_button)
        buttons.addStretch()
        buttons.addWidget(self.later_button)
        column.addLayout(buttons)
        self.resize(520, 240)
        self.recover_button.clicked.connect(self._on_recover)
        self.discard_button.clicked.connect(self._on_discard)
        self.later_button.clicked.connect(self.reject)
        self.finished.connect(self._leave_the_rest)

    def _on_recover(self) -> None:
        recovery = self._take()
        self.accept()
        self.recover.emit(recovery)

    def _on_discard(self) -> None:
        self._take().discard()
        if not self._recoveries:
            self.accept()

    def _take(self) -> Recovery:
        """The chosen one, off the list."""
        place = max(self.list.currentRow(), 0)
        self.list.takeItem(place)
        self.list.setCurrentRow(0)
        return self._recoveries.pop(place)

    def _leave_the_rest(self) -> None:
        for recovery in self._recoveries:
            recovery.leave()
        self._recoveries.clear()


def in_words(recovery: Recovery) -> str:
    """What was done, and on which files."""
    files = [entry.name for entry in (*recovery.movies, *recovery.traces)]
    return f"{recovery.describe()}\n{', '.join(files)}".rstrip()
