"""Work that takes a while: what is being done, how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_insitu_tem.layers.ending import when_destroyed
from napari_insitu_tem.layers.working import Task
from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.widgets.section import sentence

#: How long a task that was cancelled may go on before nobody waits for it any more.
PATIENCE_MS = 1500


class BusyBar(QWidget):
    """Runs one task at a time; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._task: Task | None = None
        self._give_up: Callable[[InsituTemError], None] | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._on_impatience)
        running: list[Task] = []
        self._running = running
        # A dock may be closed while it works; what it would do then is of no use.
        when_destroyed(self, lambda: _abandon(running))
        self.title = sentence()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.clicked.connect(self._on_cancel)
        row = QHBoxLayout()
        row.addWidget(self.title, 1)
        row.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 4, 8, 4)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        self.hide()

    @property
    def is_busy(self) -> bool:
        """Whether a task runs."""
        return self._task is not None

    @property
    def wait_sentence(self) -> str:
        """What to tell a user who wants more meanwhile."""
        title = self._task.title if self._task is not None else ""
        return f"{title}: wait until that is done, or cancel it."

    def run(
        self,
        title: str,
        function: Callable[..., Any],
        on_done: Callable[[Any], None],
        on_error: Callable[[InsituTemError], None],
        *,
        may_be_left: bool = False,
    ) -> None:
        """Run a function in a thread; see `Task`.

        Parameters
        ----------
        title, function, on_done, on_error
            As of `Task`.
        may_be_left
            The function changes nothing by itself: when it is cancelled and does not
            stop soon, it is left to end alone.
        """
        task = Task(title, function)
        self._task = task
        self._running.append(task)
        self._give_up = on_error if may_be_left else None
        self.title.setText(f"{title} …")
        self.bar.setRange(0, 0)
        self.cancel_button.setEnabled(True)
        self.show()

        def done(result: Any) -> None:
            self._end()
            on_done(result)

        def fail(error: InsituTemError) -> None:
            self._end()
            on_error(error)

        def step(at: int, total: int, text: str) -> None:
            if self._task is task:
                self._on_step(at, total, text)

        task.start(done, fail, step)

    def _on_step(self, done: int, total: int, text: str) -> None:
        if self._task is None:
            return
        self.bar.setRange(0, 1000 if total else 0)
        self.bar.setValue(int(1000 * done / total) if total else 0)
        if text and self.cancel_button.isEnabled():
            self.title.setText(f"{self._task.title}: {text}")

    def _on_cancel(self) -> None:
        if self._task is not None:
            self.cancel_button.setEnabled(False)
            self.title.setText(f"{self._task.title}: stopping …")
            self._task.cancel()
            if self._give_up is not None:
                self._patience.start(PATIENCE_MS)

    def _on_impatience(self) -> None:
        """Leave a task that was cancelled and still works."""
        task, give_up = self._task, self._give_up
        if task is None or give_up is None:
            return
        task.abandon()
        self._end()
        give_up(CancelledError(task.title))

    def _end(self) -> None:
        self._patience.stop()
        self._task = self._give_up = None
        self._running.clear()
        self.hide()


def _abandon(tasks: list[Task]) -> None:
    for task in tasks:
        task.abandon()
