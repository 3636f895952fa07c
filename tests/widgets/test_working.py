"""Long work in a thread: result, error, cancel, progress."""

from __future__ import annotations

import threading

import pytest
from napari.utils.notifications import notification_manager

from napari_insitu_tem.layers.working import Task, napari_progress
from napari_insitu_tem.model.errors import CancelledError, ReadError


class Heard:
    """What a task called back with."""

    def __init__(self) -> None:
        self.results, self.errors, self.steps = [], [], []

    def start(self, task: Task) -> None:
        task.start(
            self.results.append, self.errors.append, lambda *s: self.steps.append(s)
        )


@pytest.fixture
def heard(qapp):
    notification_manager.records.clear()
    return Heard()


def test_result_comes_back_in_the_main_thread(qtbot, heard):
    threads = []

    def work(progress):
        threads.append(threading.current_thread())
        return 42

    task = Task("Opening wire.tif", work)
    task.start(
        lambda result: threads.append(threading.current_thread()), heard.errors.append
    )
    qtbot.waitUntil(lambda: len(threads) == 2)
    assert threads[0] is not threading.main_thread()
    assert threads[1] is threading.main_thread()
    assert not task.is_running
    assert not heard.errors


def test_progress_is_passed_on(qtbot, heard):
    seen = threading.Event()

    def work(progress):
        progress(3, 7, "page 3")
        seen.wait(10)

    heard.start(Task("Opening wire.tif", work))
    qtbot.waitUntil(lambda: bool(heard.steps))
    seen.set()
    qtbot.waitUntil(lambda: bool(heard.results))
    assert set(heard.steps) == {(3, 7, "page 3")}


def test_error_for_the_user_goes_to_the_caller_only(qtbot, heard):
    def work(progress):
        raise ReadError("wire.tif is empty.")

    heard.start(Task("Opening wire.tif", work))
    qtbot.waitUntil(lambda: bool(heard.errors))
    assert str(heard.errors[0]) == "wire.tif is empty."
    assert not heard.results
    assert not notification_manager.records


def test_cancelled_task_gives_no_result(qtbot, heard):
    started, go_on = threading.Event(), threading.Event()

    def work(progress):
        started.set()
        go_on.wait(10)
        progress(1, 2)
        return "never"

    task = Task("Opening wire.tif", work)
    heard.start(task)
    assert started.wait(10)
    task.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: bool(heard.errors))
    assert isinstance(heard.errors[0], CancelledError)
    assert not heard.results


def test_a_bug_is_raised_in_the_main_thread(qtbot, heard):
    def work(progress):
        raise ZeroDivisionError

    with qtbot.captureExceptions() as caught:
        task = Task("Opening wire.tif", work)
        heard.start(task)
        qtbot.waitUntil(lambda: bool(caught))
    assert caught[0][0] is ZeroDivisionError
    assert not heard.errors
    assert not task.is_running


def test_nothing_is_called_back_when_napari_quits_the_worker(qtbot, heard):
    started, go_on = threading.Event(), threading.Event()

    def work(progress):
        started.set()
        go_on.wait(10)
        progress(1, 2)

    task = Task("Opening wire.tif", work)
    heard.start(task)
    assert started.wait(10)
    task._worker.quit()  # as the window does when it is closed
    go_on.set()
    qtbot.waitUntil(lambda: not task.is_running)
    assert not heard.errors
    assert not heard.results


def test_bar_in_the_main_thread_opens_with_the_first_step_and_closes(qapp):
    from napari.utils import progress

    with napari_progress("Opening wire.tif") as report:
        assert not progress._all_instances
        report(1, 4, "page 1")
        (bar,) = progress._all_instances
        assert (bar.n, bar.total) == (1, 4)
        report(4, 4)
        assert bar.n == 4
    assert not progress._all_instances


def test_work_in_the_main_thread_is_cancelled_from_napari_s_bar(qapp):
    from napari.utils import progress

    with pytest.raises(CancelledError), napari_progress("Opening wire.tif") as report:
        report(1, 4)
        (bar,) = progress._all_instances
        bar.cancel()
        report(2, 4)
    assert not progress._all_instances
