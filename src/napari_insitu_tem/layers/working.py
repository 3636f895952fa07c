"""Long work: napari's progress bar, a thread, and a way to cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.model.progress import Progress


@contextmanager
def napari_progress(title: str) -> Iterator[Progress]:
    """A progress callback that draws napari's bar, for work in the main thread."""
    from napari.utils import progress

    bar: Any = None

    def report(done: int, total: int, text: str = "") -> None:
        nonlocal bar
        if bar is None:
            bar = progress(total=total, desc=title)
        bar.total = total
        bar.update(done - bar.n)

    try:
        yield report
    finally:
        if bar is not None:
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
        self._worker: Any = None

    def start(
        self,
        on_done: Callable[[Any], None],
        on_error: Callable[[InsituTemError], None],
        on_progress: Callable[[int, int, str], None] | None = None,
    ) -> None:
        """Run; the callbacks come in the main thread.

        An error that is not meant for the user is raised there, where napari shows it
        with its traceback.
        """
        from napari.qt.threading import create_worker

        worker = create_worker(
            self._steps,
            _progress={"desc": self.title, "total": 100},
            _ignore_errors=True,
        )

        def show(step: tuple[int, int, str]) -> None:
            if on_progress is not None:
                on_progress(*step)

        def fail(error: Exception) -> None:
            if not isinstance(error, InsituTemError):
                raise error
            on_error(error)

        worker.yielded.connect(show)
        worker.returned.connect(on_done)
        worker.errored.connect(fail)
        self._worker = worker
        worker.start()

    def cancel(self) -> None:
        """Ask the function to stop; `on_error` gets a CancelledError."""
        self._stop.set()

    def _steps(self) -> Any:
        """Run the function in a further thread, yielding how far it is."""
        import queue

        steps: queue.Queue[tuple[str, Any]] = queue.Queue()

        def report(done: int, total: int, text: str = "") -> None:
            if self._stop.is_set():
                raise CancelledError(self.title)
            steps.put(("step", (done, total, text)))

        def run() -> None:
            try:
                steps.put(("result", self._function(progress=report)))
            except Exception as error:  # noqa: BLE001 - handed to the caller
                steps.put(("error", error))

        threading.Thread(target=run, daemon=True).start()
        percent = 0
        while True:
            what, value = steps.get()
            if what == "error":
                raise value
            if what == "result":
                return value
            done, total, _ = value
            reached = int(100 * done / total) if total else 0
            while percent < reached:
                percent += 1
                yield value
