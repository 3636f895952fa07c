"""Taking up what a program that was killed left unsaved."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QWidget

from napari_insitu_tem.layers.asking import asker_of
from napari_insitu_tem.layers.opening import show_docks
from napari_insitu_tem.layers.view_state import restore_view
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.recovery import Recovery, recoverable
from napari_insitu_tem.state.unsaved import has_work_at_risk, is_automatic
from napari_insitu_tem.widgets.dialogs.recovery import RecoveryDialog
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.reporting import report, reporting

#: Gives a viewer, which questions must not keep alive.
FindViewer = Callable[[], Any]

#: How long a recovery waits for something else that is being opened.
_LOOK_AGAIN_MS = 200

_offered = False


def offer_recovery(viewer: Any, bar: BusyBar) -> None:
    """Ask once a program whether to take up unsaved sessions, if there are any.

    The question comes when the window is ready, and keeps nobody from working.

    Parameters
    ----------
    viewer
        Where a recovered session is opened.
    bar
        Runs the reading of its files.
    """
    global _offered
    if _offered or link_of(viewer).autosave is None:
        return
    _offered = True
    found = worth_offering()
    if found:
        # Once the window shows what was opened.
        _later(bar, 0, partial(_ask, weakref.ref(viewer), bar, found))


def worth_offering() -> list[Recovery]:
    """Sessions that ended without saving, the newest first.

    Those that hold only what came by itself when files were opened are cleared away.
    """
    worth = []
    for recovery in recoverable():
        if recovery.folder is None and is_automatic(recovery.document):
            recovery.discard()
        else:
            worth.append(recovery)
    return worth


def _ask(viewer: FindViewer, bar: BusyBar, found: list[Recovery]) -> None:
    dialog = RecoveryDialog(found, _window_of(bar))
    dialog.recover.connect(partial(_recover, viewer, bar))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()


def _later(bar: BusyBar, wait_ms: int, action: Callable[[], None]) -> None:
    """Do something soon; not at all if the bar is gone by then."""
    timer = QTimer(bar)
    timer.setSingleShot(True)
    timer.timeout.connect(action)
    timer.timeout.connect(timer.deleteLater)
    timer.start(wait_ms)


def _window_of(bar: BusyBar) -> QWidget:
    window: QWidget = bar.window()
    return window


def _recover(viewer: FindViewer, bar: BusyBar, recovery: Recovery) -> None:
    """Read the files of a session in a thread and open it."""
    if bar.is_busy:
        _later(bar, _LOOK_AGAIN_MS, partial(_recover, viewer, bar, recovery))
        return
    link = link_of(viewer())
    asker = asker_of(viewer())
    risky = has_work_at_risk(link.session)
    if risky and asker is not None and not asker.may_replace():
        recovery.leave()
        return
    locate = None if asker is None else asker.locate

    def fail(error: Any) -> None:
        recovery.leave()
        report(error, link.session)

    bar.run(
        f"Recovering {recovery.name}",
        partial(recovery.restore, locate=locate),
        partial(_take_up, viewer, recovery),
        fail,
    )


def _take_up(viewer: FindViewer, recovery: Recovery, experiment: Experiment) -> None:
    link = link_of(viewer())
    with reporting(link.session):
        if link.autosave is not None:
            link.autosave.take_up(recovery, experiment)
        show_docks(viewer())
        restore_view(viewer(), experiment.view)
    notes = " ".join(experiment.warnings)
    link.session.say(f"Recovered {experiment.name}: save it. {notes}".strip())
