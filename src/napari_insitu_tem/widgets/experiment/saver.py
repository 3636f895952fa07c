"""Saving the open experiment from the dock."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from napari_insitu_tem.io.saving.experiment_folder import SUFFIX, save_experiment
from napari_insitu_tem.layers.view_state import view_of
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.session import Session
from napari_insitu_tem.widgets.dialogs.files import ask_experiment_name
from napari_insitu_tem.widgets.dialogs.questions import ask_replace_folder
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.experiment.words import experiment_name
from napari_insitu_tem.widgets.reporting import report, reporting


class Saver:
    """Saves the experiment of a viewer.

    Parameters
    ----------
    viewer
        Gives the viewer.
    bar
        Runs the saving: hashing a large movie takes a while.
    """

    def __init__(self, viewer: Callable[[], Any], bar: BusyBar) -> None:
        self._viewer = viewer
        self._bar = bar

    @property
    def _session(self) -> Session:
        return link_of(self._viewer()).session

    def save(self) -> None:
        """Save where it was saved before; ask where, the first time."""
        folder = self._session.experiment.folder
        if folder is None:
            self.save_as()
        else:
            self._start(folder)

    def save_as(self) -> None:
        """Ask where, and save there."""
        folder = self._ask_folder()
        if folder is not None:
            self._start(folder)

    def save_now(self) -> bool:
        """Save and wait for it; whether everything is on disk then."""
        session = self._session
        folder = session.experiment.folder or self._ask_folder()
        if folder is None:
            return False
        with reporting(session):
            snapshot = self._snapshot()
            save_experiment(snapshot, folder, session.tables())
            self._finish(snapshot)
            return True
        return False

    def _ask_folder(self) -> Path | None:
        suggestion = f"{experiment_name(self._session.experiment)}{SUFFIX}"
        window = self._bar.window()
        chosen = ask_experiment_name(window, suggestion)
        if chosen is None:
            return None
        folder = (
            chosen
            if chosen.suffix == SUFFIX
            else chosen.with_name(f"{chosen.name}{SUFFIX}")
        )
        is_own = folder == self._session.experiment.folder
        if folder.exists() and not is_own and not ask_replace_folder(window, folder):
            return None
        return folder

    def _start(self, folder: Path) -> None:
        session = self._session
        if self._bar.is_busy:
            session.say(self._bar.wait_sentence)
            return
        with reporting(session):
            snapshot = self._snapshot()
            write = partial(save_experiment, snapshot, folder, session.tables())
            self._bar.run(
                f"Saving {folder.name}",
                write,
                lambda _: self._finish(snapshot),
                lambda error: report(error, session),
            )

    def _snapshot(self) -> Experiment:
        """The experiment as it is now: edits made while it is written are not in it.

        Nor is what is still being drawn.
        """
        self._session.cancel_preview()
        snapshot = copy.copy(self._session.experiment)
        snapshot.view = view_of(self._viewer())
        return snapshot

    def _finish(self, saved: Experiment) -> None:
        """Take over name and folder; edits made meanwhile stay unsaved."""
        session = self._session
        experiment = session.experiment
        experiment.folder, experiment.name = saved.folder, saved.name
        experiment.view = saved.view
        if session.document is saved.document:
            session.mark_saved()
        else:
            session.saved_changed.emit(False)
        session.say(f"Saved as {saved.folder}.")
