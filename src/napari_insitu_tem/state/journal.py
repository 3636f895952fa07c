"""The journal: every finished edit reaches the disk at once, so that a kill costs none.

One file a session, lines appended and synced; a lock beside it tells a running program
from a dead one. A journal that cannot be written says so once and never stops the work.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from platformdirs import user_state_path

from napari_insitu_tem.io.saving.atomic import put_bytes, saving
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import SaveError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.state.journal_lines import edit_line, header_line, sources_line
from napari_insitu_tem.state.process_lock import LockBusyError, ProcessLock

#: Appended lines beyond this size are folded into the header.
COMPACT_BYTES = 8 * 2**20

#: Told once when the journal cannot be written.
Problem = Callable[[SaveError], None]


def journals_folder() -> Path:
    """Where journals are kept, per user; it need not exist yet."""
    return user_state_path("napari-insitu-tem", appauthor=False) / "journals"


class Journal:
    """Keeps the edits of one open experiment on disk until they are saved.

    Nothing here raises: when the journal cannot be written, `on_problem` is told once,
    and each further edit tries to write it all anew.

    Parameters
    ----------
    experiment
        Its sources, view and folder are noted; its document is where edits start from.
    folder
        Where to keep the file; the user's own by default.
    is_saved
        False where the document holds edits that are nowhere else on disk (it was just
        recovered).
    on_problem
        See above.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        folder: Path | None = None,
        is_saved: bool = True,
        on_problem: Problem | None = None,
    ) -> None:
        now = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
        name = f"{now}-{os.getpid()}-{secrets.token_hex(4)}.jsonl"
        self.path = (folder or journals_folder()) / name
        self._experiment = experiment
        self._document = experiment.document
        self._edits, self._last = (0, "") if is_saved else (1, "recovered edits")
        self._on_problem = on_problem
        self._lock: ProcessLock | None = None
        self._file: BinaryIO | None = None
        self._appended = 0
        self._told = False
        self._closed = False
        self._attempt(self._rewrite)

    @classmethod
    def start(
        cls,
        experiment: Experiment,
        *,
        folder: Path | None = None,
        is_saved: bool = True,
        on_problem: Problem | None = None,
    ) -> Journal:
        """Begin the journal of an experiment; see the class."""
        return cls(experiment, folder=folder, is_saved=is_saved, on_problem=on_problem)

    @property
    def has_unsaved(self) -> bool:
        """Whether there are edits that are nowhere else."""
        return self._edits > 0

    @property
    def is_kept(self) -> bool:
        """Whether all edits are in the file on disk."""
        return self._file is not None

    def write(self, label: str, after: Document) -> None:
        """Add a finished edit (also an undo or a redo) that led to a document."""
        before, self._document = self._document, after
        self._edits, self._last = self._edits + 1, label
        if not self._closed:
            self._attempt(lambda: self._append(edit_line(label, before, after)))

    def note_sources(self) -> None:
        """Say that movies or traces came or went."""
        if not self._closed:
            self._attempt(lambda: self._append(sources_line(self._experiment)))

    def saved(self) -> None:
        """Start over from what was just saved to the experiment's folder."""
        self._edits, self._last = 0, ""
        if not self._closed:
            self._attempt(self._rewrite)

    def close(self) -> None:
        """End the journal and remove it: its edits were saved or given up."""
        if self._closed:
            return
        self._close_file()
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.release(remove=True)
        self._closed = True

    def leave(self) -> None:
        """End the journal but leave it for the next start to offer."""
        self._close_file()
        if self._lock is not None:
            self._lock.release()
        self._closed = True

    def _attempt(self, step: Callable[[], None]) -> None:
        """Do a step; when it fails, say so once."""
        try:
            with saving(self.path):
                step()
            self._told = False
        except SaveError as error:
            self._close_file()
            if not self._told and self._on_problem is not None:
                self._on_problem(_unkept(error))
            self._told = True

    def _append(self, line: bytes) -> None:
        """Add a line and wait for the disk; fold up when there are many."""
        if self._file is None or self._appended > COMPACT_BYTES:
            self._rewrite()
            return
        end = self._file.seek(0, os.SEEK_END)
        try:
            _write_all(self._file, line)
        except OSError:
            with suppress(OSError):
                self._file.truncate(end)
            raise
        self._appended += len(line)

    def _rewrite(self) -> None:
        """Put a new header in place of all there is."""
        self._close_file()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = _try_lock(self.path)
        line = header_line(
            self._experiment, self._document, edits=self._edits, last=self._last
        )
        put_bytes(self.path, line)
        self._file = self.path.open("r+b", buffering=0)
        self._appended = 0

    def _close_file(self) -> None:
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self._file = None


def lock_path(journal: Path) -> Path:
    """The lock that belongs to a journal."""
    return journal.with_suffix(".lock")


def _try_lock(path: Path) -> ProcessLock | None:
    """The lock; None on a file system that knows none."""
    try:
        return ProcessLock(lock_path(path))
    except LockBusyError:
        raise OSError("another program holds its lock") from None
    except OSError:
        return None


def _write_all(file: BinaryIO, data: bytes) -> None:
    """Write and sync; an unbuffered file may take less than it was given."""
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]
    os.fsync(file.fileno())


def _unkept(error: SaveError) -> SaveError:
    return SaveError(
        f"Edits are not kept against a crash at the moment: {error.message}",
        hint="Save the experiment more often until this is solved.",
        path=error.path,
    )
