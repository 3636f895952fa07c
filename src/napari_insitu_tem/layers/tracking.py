"""Following rows in the background: one piece of work at a time for a session."""

from __future__ import annotations

import weakref

from psygnal import Signal

from napari_insitu_tem.layers.working import Task
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.state.tracking import (
    plan_correction,
    plan_tracking,
    put_tracked,
)
from napari_insitu_tem.state.tracking.plan import Direction, Outcome, Plan


class Tracking:
    """Follows rows when asked to, and again after a correction.

    A correction of what was tracked is followed up at once; both are one step of undo
    unless something else was done meanwhile.

    Signals
    -------
    started(str)
        Work began: its title.
    stepped(int, int)
        It did so many of so many steps.
    ended(str)
        It is over: what came of it, in a sentence.
    """

    started = Signal(str)
    stepped = Signal(int, int)
    ended = Signal(str)

    def __init__(self, session: Session) -> None:
        self._reference = weakref.ref(session)
        self._task: Task | None = None
        session.document_changed.connect(self._on_document)

    @property
    def _session(self) -> Session:
        """The session; what calls here holds it."""
        session = self._reference()
        assert session is not None
        return session

    @property
    def is_busy(self) -> bool:
        """Whether something is being followed."""
        return self._task is not None

    def track(
        self, kind: str, direction: Direction, *, onto: Document | None = None
    ) -> None:
        """Follow rows of a kind from the user's own.

        Parameters
        ----------
        kind, direction
            See `plan_tracking`.
        onto
            See `put_tracked`.

        Raises
        ------
        MeasurementError
            There is nothing to follow, or nowhere to.
        """
        self._run(plan_tracking(self._session, kind, direction), onto)

    def cancel(self) -> None:
        """Stop; the rows stay as they are."""
        if self._task is not None:
            self._task.cancel()

    def _on_document(self, change: Change) -> None:
        if not _can_work():
            return
        plan = plan_correction(self._session, change)
        if plan is not None:
            self._run(plan, change.after)

    def _run(self, plan: Plan, onto: Document | None) -> None:
        """Follow in a thread; what was being followed before is of no use any more."""
        if self._task is not None:
            self._task.abandon()
        task = Task(plan.title, lambda progress: plan.follow(progress))
        self._task = task
        task.start(
            lambda outcome: self._finished(task, plan, outcome, onto),
            lambda error: self._failed(task, error),
            lambda done, total, _: self.stepped.emit(done, total),
        )
        self.started.emit(plan.title)

    def _finished(
        self, task: Task, plan: Plan, outcome: Outcome, onto: Document | None
    ) -> None:
        if task is not self._task or self._reference() is None:
            return
        self._task = None
        plan.done()
        if put_tracked(self._session, plan, outcome, onto=onto):
            self._end(outcome.note)
        else:
            self._end("The rows were changed meanwhile: nothing was followed.")

    def _failed(self, task: Task, error: InsituTemError) -> None:
        if task is not self._task or self._reference() is None:
            return
        self._task = None
        is_wanted = isinstance(error, CancelledError)
        self._end("Stopped: the rows are as they were." if is_wanted else str(error))

    def _end(self, sentence: str) -> None:
        self.ended.emit(sentence)
        self._session.say(sentence)


def _can_work() -> bool:
    """Whether there is a program that waits for what is done in the background."""
    from qtpy.QtWidgets import QApplication

    return QApplication.instance() is not None


_TRACKING: weakref.WeakKeyDictionary[Session, Tracking] = weakref.WeakKeyDictionary()


def tracking_of(session: Session) -> Tracking:
    """What follows rows for all widgets of a session."""
    if session not in _TRACKING:
        _TRACKING[session] = Tracking(session)
    return _TRACKING[session]
