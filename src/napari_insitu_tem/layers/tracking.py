"""Following rows in the background: one piece of work at a time for a session."""

from __future__ import annotations

import weakref

from psygnal import Signal

from napari_insitu_tem.layers.working import Task
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.state.session import Change, Session
from napari_insitu_tem.state.tracking import (
    placed_rows,
    plan_correction,
    plan_tracking,
    put_tracked,
)
from napari_insitu_tem.state.tracking.plan import Direction, Outcome, Plan

_VOID = "The rows were changed meanwhile: nothing was followed."


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
        self._corrected: dict[str, Document] = {}
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
        plan = plan_tracking(self._session, kind, direction)
        self._corrected.clear()
        self._run(plan, onto)

    def cancel(self) -> None:
        """Stop; the rows stay as they are."""
        if self._task is not None:
            self._task.cancel()

    def _on_document(self, change: Change) -> None:
        """Remember what the user corrected, with the document of that step."""
        if not _can_work():
            return
        for record in placed_rows(change):
            self._corrected[record.id] = change.after
        if self._task is None:
            self._follow_up()

    def _follow_up(self) -> None:
        """Follow what depends on the next correction that waits, if one does."""
        session = self._session
        for key, onto in list(self._corrected.items()):
            record = session.document.records.get(key)
            plan = None if record is None else plan_correction(session, record)
            if plan is not None:
                self._run(plan, onto, key)
                return
            del self._corrected[key]

    def _run(self, plan: Plan, onto: Document | None, corrected: str = "") -> None:
        """Follow in a thread; what was being followed before is of no use any more.

        Parameters
        ----------
        plan, onto
            See `put_tracked`.
        corrected
            Id of the row that made it necessary.
        """
        if self._task is not None:
            self._task.abandon()
        task = Task(plan.title, lambda progress: plan.follow(progress))
        self._task = task

        def done(outcome: Outcome) -> None:
            if self._is_present(task):
                self._finish(plan, outcome, onto, corrected)

        def fail(error: InsituTemError) -> None:
            if self._is_present(task):
                self._fail(error, corrected)

        def step(done: int, total: int, text: str) -> None:
            self.stepped.emit(done, total)

        task.start(done, fail, step)
        self.started.emit(plan.title)

    def _is_present(self, task: Task) -> bool:
        """Whether somebody still waits for this work."""
        return task is self._task and self._reference() is not None

    def _finish(
        self, plan: Plan, outcome: Outcome, onto: Document | None, corrected: str
    ) -> None:
        """Put the rows in place; a correction that came too late is made again."""
        note = "" if corrected else _VOID
        if not plan.is_open(self._session):
            self._corrected.pop(corrected, None)
            note = f"{plan.movie.name} was closed meanwhile: nothing was followed."
        elif plan.is_current(self._session.document):
            self._corrected.pop(corrected, None)
            plan.done()
            put_tracked(self._session, plan, outcome, onto=onto)
            note = outcome.note
        self._end(note)

    def _fail(self, error: InsituTemError, corrected: str) -> None:
        """Leave the rows as they are; what the user cancels is not begun again."""
        if isinstance(error, CancelledError):
            self._corrected.clear()
            self._end("Stopped: the rows are as they were.")
        else:
            self._corrected.pop(corrected, None)
            self._end(str(error))

    def _end(self, sentence: str) -> None:
        """Say what came of it, and go on with what waits."""
        self._task = None
        self.ended.emit(sentence)
        if sentence:
            self._session.say(sentence)
        self._follow_up()


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
