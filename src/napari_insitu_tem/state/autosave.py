"""Autosave: a session's edits go into a journal as they happen."""

from __future__ import annotations

from pathlib import Path

from napari_insitu_tem.io.saving.source_files import Locate
from napari_insitu_tem.model.errors import SaveError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.state.journal import Journal, Problem
from napari_insitu_tem.state.recovery import Recovery
from napari_insitu_tem.state.session import Change, Session


class Autosave:
    """Follows a session and keeps what is not saved yet safe from a crash.

    Opening another experiment gives the edits of the one before up (the user was asked
    before); ending the program with unsaved edits leaves them to be offered again.

    Parameters
    ----------
    session
        What to follow.
    folder
        Where the journal is kept; the user's own by default.
    on_problem
        Told once when edits cannot be kept; by default the session says it.
    """

    def __init__(
        self,
        session: Session,
        *,
        folder: Path | None = None,
        on_problem: Problem | None = None,
    ) -> None:
        self._session = session
        self._folder = folder
        self._on_problem = on_problem or self._say
        self._experiment = session.experiment
        self._journal = self._start()
        session.experiment_changed.connect(self._on_experiment)
        session.document_changed.connect(self._on_document)
        session.saved_changed.connect(self._on_saved)

    @property
    def journal(self) -> Journal:
        """The journal of the open experiment."""
        return self._journal

    def restore(
        self,
        recovery: Recovery,
        *,
        locate: Locate | None = None,
        progress: Progress = no_progress,
    ) -> Experiment:
        """Open a recovered session in place of the present one; it counts as unsaved.

        The old journal goes once this session's own holds its edits.

        Parameters
        ----------
        recovery
            From `recoverable`.
        locate, progress
            See `Recovery.restore`.

        Raises
        ------
        CancelledError
            `progress` asked to stop; everything is as before.
        """
        experiment = recovery.restore(locate=locate, progress=progress)
        self.take_up(recovery, experiment)
        return experiment

    def take_up(self, recovery: Recovery, experiment: Experiment) -> None:
        """The second half of `restore`, for a window that reads in a thread."""
        self._session.open(experiment, is_saved=False)
        if self._journal.is_kept:
            recovery.discard()
        else:
            recovery.leave()

    def stop(self) -> None:
        """End: unsaved edits stay to be offered at the next start."""
        self._session.experiment_changed.disconnect(self._on_experiment)
        self._session.document_changed.disconnect(self._on_document)
        self._session.saved_changed.disconnect(self._on_saved)
        if self._journal.has_unsaved:
            self._journal.leave()
        else:
            self._journal.close()

    def _start(self) -> Journal:
        return Journal.start(
            self._experiment,
            folder=self._folder,
            is_saved=not self._session.has_unsaved_edits,
            on_problem=self._on_problem,
        )

    def _on_experiment(self) -> None:
        if self._session.experiment is self._experiment:
            self._journal.note_sources()
            return
        self._journal.close()
        self._experiment = self._session.experiment
        self._journal = self._start()

    def _on_document(self, change: Change) -> None:
        if not change.is_preview:
            self._journal.write(change.label, change.after)

    def _on_saved(self, is_saved: bool) -> None:
        if is_saved and self._journal.has_unsaved:
            self._journal.saved()

    def _say(self, error: SaveError) -> None:
        self._session.say(str(error))
