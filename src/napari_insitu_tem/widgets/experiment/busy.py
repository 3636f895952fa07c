"""Work that takes a while: what is being done, how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_insitu_tem.layers.ending import when_destroyed
from napari_insitu_tem.layers.working import Task
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.widgets.section import sentence


class BusyBar(QWidget):
    """Runs one task at a time; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self._task: Task | None = None
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
    ) -> None:
        """Run a function in a thread; see `Task`."""
        task = Task(title, function)
        self._task = task
        self._running.append(task)
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

        task.start(done, fail, self._on_step)

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

    def _end(self) -> None:
        self._task = None
        self._running.clear()
        self.hide()


def _abandon(tasks: list[Task]) -> None:
    for task in tasks:
        task.abandon()
