"""Long work: napari's progress bar, a thread, and a way to cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.model.progress import Progress

#: How often the bar is moved while a thread works.
_LOOK_EVERY_MS = 50


class Bar:
    """napari's progress bar, which appears with the first step. Main thread only.

    Parameters
    ----------
    title
        What is being done.
    cancel
        Called by the button beside the bar; without it there is no button.
    """

    def __init__(self, title: str, cancel: Callable[[], None] | None = None) -> None:
        self._title = title
        self._cancel = cancel
        self._bar: Any = None

    def show(self, done: int, total: int, text: str = "") -> None:
        """Move the bar to `done` of `total` steps."""
        if self._bar is None:
            self._bar = self._made(total)
        bar = self._bar
        bar.total = total
        # napari lets the window work here: the bar may be closed when this returns.
        bar.update(done - bar.n)
        if self._bar is None:
            return
        if self._cancel is not None and bar.is_canceled:
            self._cancel()
        if text:
            bar.set_description(f"{self._title}: {text}")

    def _made(self, total: int) -> Any:
        from napari.utils import cancelable_progress, progress

        if self._cancel is None:
            return progress(total=total, desc=self._title)
        return cancelable_progress(
            total=total, desc=self._title, cancel_callback=self._cancel
        )

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


@contextmanager
def napari_progress(title: str) -> Iterator[Progress]:
    """A progress callback that draws napari's bar, for work in the main thread.

    napari lets the window work while it draws the bar, so that its Cancel is heard.
    """
    stop = threading.Event()
    bar = Bar(title, stop.set)

    def report(done: int, total: int, text: str = "") -> None:
        bar.show(done, total, text)
        if stop.is_set():
            raise CancelledError(title)

    try:
        yield report
    finally:
        bar.close()


class Task:
    """A function running in a thread, with napari's progress bar.

    Parameters
    ----------
    title
        What is being done: "Opening wire.tif".
    function
        Called with a progress callback as keyword `progress`.
    """

    def __init__(self, title: str, function: Callable[..., Any]) -> None:
        self.title = title
        self._function = function
        self._stop = threading.Event()
        self._step: tuple[int, int, str] | None = None
        self._worker: Any = None

    def __repr__(self) -> str:
        """The title: napari lists running work by this."""
        return self.title

    def __call__(self) -> Any:
        """Do the work; called in the thread."""
        return self._function(progress=self._report)

    def _report(self, done: int, total: int, text: str = "") -> None:
        """Take a step from the function; called in the thread."""
        if self._stop.is_set() or self._worker.abort_requested:
            raise CancelledError(self.title)
        self._step = (done, total, text)

    @property
    def is_running(self) -> bool:
        """Whether it has started and not ended."""
        return self._worker is not None

    def start(
        self,
        on_done: Callable[[Any], None],
        on_error: Callable[[InsituTemError], None],
        on_progress: Callable[[int, int, str], None] | None = None,
    ) -> None:
        """Run; the callbacks come in the main thread.

        None of them comes once the window is closed. An error that is not meant for
        the user is raised there, where napari shows it with its traceback.
        """
        from napari.qt.threading import create_worker
        from qtpy.QtCore import QTimer

        bar, timer = Bar(self.title, self.cancel), QTimer()

        def look() -> None:
            step = self._step
            if step is None:
                return
            if on_progress is not None:
                on_progress(*step)
            bar.show(*step)

        def end() -> bool:
            """Tidy up; whether anybody still waits for the result."""
            timer.stop()
            self._step = None
            bar.close()
            worker, self._worker = self._worker, None
            return worker is not None and not worker.abort_requested

        def succeed(result: Any) -> None:
            if end():
                on_done(result)

        def fail(error: Exception) -> None:
            if not end():
                return
            if not isinstance(error, InsituTemError):
                raise error
            on_error(error)

        self._worker = create_worker(self, _ignore_errors=True)
        self._worker.returned.connect(succeed)
        self._worker.errored.connect(fail)
        self._worker.finished.connect(end)
        timer.timeout.connect(look)
        timer.start(_LOOK_EVERY_MS)
        self._worker.start()

    def cancel(self) -> None:
        """Ask the function to stop; `on_error` gets a CancelledError.

        A function that finishes before it asks how far it is still succeeds.
        """
        self._stop.set()

    def abandon(self) -> None:
        """Stop, and call nobody back: whoever waited is gone."""
        self._stop.set()
        if self._worker is not None:
            self._worker.quit()
