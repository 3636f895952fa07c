"""What programs that were killed left behind, and how it is taken up again."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.json_text import check_format, from_json
from napari_insitu_tem.io.saving.document_json import damaged, document_from_values
from napari_insitu_tem.io.saving.experiment_sources import Reopened, SourceEntry
from napari_insitu_tem.io.saving.source_files import Finder, Locate
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.state.journal import journals_folder, lock_path
from napari_insitu_tem.state.journal_lines import FORMAT, VERSION, apply_edit
from napari_insitu_tem.state.process_lock import LockBusyError, ProcessLock


@dataclass
class Recovery:
    """One session that ended without saving.

    While this object lives no other program is offered the same session.

    Attributes
    ----------
    path
        The journal.
    name
        Of the experiment.
    folder
        Where it was saved before, None if it never was.
    document
        As it was after the last finished edit.
    movies, traces
        What was open.
    edits
        Number of edits since the last save.
    last_label, last_utc
        What the last edit was, and when.
    view, carried
        See `Experiment`.
    """

    path: Path
    name: str
    folder: Path | None
    document: Document
    movies: list[SourceEntry]
    traces: list[SourceEntry]
    edits: int
    last_label: str
    last_utc: str
    view: dict[str, Any] = field(default_factory=dict)
    carried: dict[str, Any] = field(default_factory=dict)
    _lock: ProcessLock | None = field(default=None, repr=False)

    def describe(self) -> str:
        """One sentence for the user."""
        count = f"{self.edits} unsaved edit{'s' * (self.edits != 1)}"
        last = f", the last: {self.last_label}" if self.last_label else ""
        when = self.last_utc[:16].replace("T", " ")
        return f"{self.name}: {count}{last} ({when} UTC)"

    def restore(
        self, *, locate: Locate | None = None, progress: Progress = no_progress
    ) -> Experiment:
        """The experiment as it was; the journal stays until `discard`.

        Start the journal of the restored experiment (as not saved) before discarding
        this one, as `Autosave.restore` does. Files that have other content by now are
        taken, and the experiment's warnings say so.

        Parameters
        ----------
        locate
            Asked for a file that is not where it was.
        progress
            Told how far long work is.

        Raises
        ------
        CancelledError
            `progress` asked to stop.
        """
        changed: list[str] = []

        def accept(old: Path, found: Path) -> bool:
            changed.append(f"{found.name} has changed since it was measured.")
            return True

        base = self.folder or Path.cwd()
        finder = Finder(base, locate=locate, accept=accept, progress=progress)
        sources = Reopened(self.movies, self.traces, finder, progress)
        experiment = Experiment(
            movies=sources.movies,
            traces=sources.traces,
            document=self.document,
            name=self.name,
        )
        experiment.folder = self.folder
        experiment.view = self.view
        experiment.warnings = (*sources.warnings, *changed)
        experiment.carried = {
            **self.carried,
            "movies": sources.missing_movies,
            "traces": sources.missing_traces,
        }
        return experiment

    def discard(self) -> None:
        """Remove the journal: it was taken up again, or is not wanted."""
        with suppress(OSError):
            self.path.unlink(missing_ok=True)
        if self._lock is not None:
            with suppress(OSError):
                self._lock.release(remove=True)

    def leave(self) -> None:
        """Let it be offered again, here or by another program."""
        if self._lock is not None:
            self._lock.release()


def recoverable(folder: Path | None = None) -> list[Recovery]:
    """Sessions that ended without saving, the newest first; never raises.

    Journals of running programs are left alone, those that hold nothing unsaved are
    removed, those that cannot be read (of a newer version) stay.

    Parameters
    ----------
    folder
        Where the journals are; the user's own by default.
    """
    found = []
    with suppress(OSError):
        paths = sorted((folder or journals_folder()).glob("*.jsonl"), reverse=True)
        for path in paths:
            recovery = _look_at(path)
            if recovery is None:
                continue
            if recovery.edits:
                found.append(recovery)
            else:
                recovery.discard()
    return found


def _look_at(path: Path) -> Recovery | None:
    """What a journal holds; None where a program is still writing it, or who knows."""
    lock: ProcessLock | None = None
    try:
        lock = ProcessLock(lock_path(path))
    except LockBusyError:
        return None
    except OSError:
        if _may_be_running(path):
            return None
    try:
        recovery = _read(path)
    except ReadError:
        if lock is not None:
            lock.release()
        return None
    recovery._lock = lock
    return recovery


def _read(path: Path) -> Recovery:
    """A journal up to its last whole line."""
    with reading(path):
        lines = path.read_bytes().split(b"\n")[:-1]  # what follows the last is torn
    if not lines:
        raise ReadError(f"{path.name} is empty.", path=path)
    header = check_format(from_json(lines[0], path), path, form=FORMAT, version=VERSION)
    movies, traces = _entries(header["sources"], path)
    folder = header.get("folder")
    recovery = Recovery(
        path=path,
        name=str(header.get("name", "experiment")),
        folder=None if folder is None else Path(folder),
        document=document_from_values(header["document"], path),
        movies=movies,
        traces=traces,
        edits=int(header.get("edits", 0)),
        last_label=str(header.get("last", "")),
        last_utc=str(header.get("at", "")),
        view=dict(header.get("view", {})),
        carried=dict(header.get("carried", {})),
    )
    for line in lines[1:]:
        try:
            _replay(recovery, from_json(line, path))
        except (ReadError, KeyError, TypeError, AttributeError):
            break  # damaged; what follows builds on it
    return recovery


def _replay(recovery: Recovery, values: dict[str, Any]) -> None:
    """Let one line of the journal happen again."""
    if "sources" in values:
        recovery.movies, recovery.traces = _entries(values["sources"], recovery.path)
    if "edit" in values:
        recovery.document = apply_edit(recovery.document, values, recovery.path)
        recovery.edits += 1
        recovery.last_label = str(values["edit"])
        recovery.last_utc = str(values.get("at", ""))


def _entries(
    values: dict[str, Any], path: Path
) -> tuple[list[SourceEntry], list[SourceEntry]]:
    try:
        movies = [SourceEntry.model_validate(entry) for entry in values["movies"]]
        traces = [SourceEntry.model_validate(entry) for entry in values["traces"]]
    except ValidationError as error:
        raise damaged(path, "sources", error) from error
    return movies, traces


def _may_be_running(path: Path) -> bool:
    """Where files cannot be locked: whether the writer may still be there."""
    try:
        header = from_json(path.read_bytes().split(b"\n")[0], path)
        process, computer = int(header["process"]), header["computer"]
    except (OSError, ReadError, KeyError, TypeError, ValueError):
        return True
    if os.name == "nt" or computer != platform.node():
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass
    return True
