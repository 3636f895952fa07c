"""The movie and trace files of an experiment: what is kept of them, where they are."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PurePosixPath, PureWindowsPath

from pydantic import BaseModel, ConfigDict

from napari_insitu_tem.io.saving.checksums import (
    Fingerprint,
    fingerprint,
    fingerprints,
    glance,
    known,
    look_alike,
    remember,
)
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.progress import Progress, no_progress

#: Asked for a file that is not where it was: (old path, sha256) -> new path or None.
Locate = Callable[[Path, str], Path | None]

#: Asked about other content in place of a file: (old path, path found) -> take it.
Accept = Callable[[Path, Path], bool]


class SourceFile(BaseModel):
    """One file, as stored in a saved experiment.

    Attributes
    ----------
    path
        Relative to the experiment's folder, with "/"; empty where that is impossible
        (another drive).
    absolute
        Where it was when it was saved.
    sha256, bytes, modified_ns
        See `Fingerprint`.
    """

    model_config = ConfigDict(extra="allow")

    path: str = ""
    absolute: str = ""
    sha256: str = ""
    bytes: int = -1
    modified_ns: int = 0

    @property
    def name(self) -> str:
        """Its name without the folder."""
        return PurePosixPath(self.path).name or PureWindowsPath(self.absolute).name

    @property
    def fingerprint(self) -> Fingerprint:
        """What tells it from other files."""
        return Fingerprint(self.sha256, self.bytes, self.modified_ns)

    @classmethod
    def of(cls, path: Path, found: Fingerprint, folder: Path) -> SourceFile:
        """Describe a file as seen from the experiment's folder."""
        return cls(
            path=relative(path, folder),
            absolute=str(path.absolute()),
            sha256=found.sha256,
            bytes=found.bytes,
            modified_ns=found.modified_ns,
        )


def relative(path: Path, folder: Path) -> str:
    """A path as seen from a folder, with "/"; empty where there is no such path."""
    try:
        return Path(os.path.relpath(path.absolute(), folder.absolute())).as_posix()
    except ValueError:
        return ""


def describe_files(
    paths: Iterable[Path], folder: Path, *, progress: Progress = no_progress
) -> list[SourceFile]:
    """Paths, sizes and hashes for a saved experiment.

    A file that cannot be read now (an unplugged drive) does not stop a save: it keeps
    the hash it had, or gets none.

    Raises
    ------
    CancelledError
        `progress` asked to stop.
    """
    paths = [Path(path).absolute() for path in paths]
    readable = [path for path in paths if _can_be_read(path)]
    found = dict(zip(readable, fingerprints(readable, progress=progress), strict=True))
    return [
        SourceFile.of(path, found.get(path) or known(path) or Fingerprint(), folder)
        for path in paths
    ]


def glance_at_files(paths: Iterable[Path], folder: Path) -> list[SourceFile]:
    """As `describe_files`, but nothing is read: hashes only where they are known."""
    return [
        SourceFile.of(path, glance(path), folder)
        for path in (Path(path).absolute() for path in paths)
    ]


class Finder:
    """Finds the files of a saved experiment, also when some were moved.

    Parameters
    ----------
    folder
        The experiment's folder, from which relative paths start.
    locate
        Asked for what is nowhere; None leaves it missing.
    accept
        Asked before a file with other content than the recorded one is taken.
    progress
        Told how far the hashing is.
    """

    def __init__(
        self,
        folder: Path,
        *,
        locate: Locate | None = None,
        accept: Accept | None = None,
        progress: Progress = no_progress,
    ) -> None:
        self._folder = folder.absolute()
        self._locate = locate
        self._accept = accept
        self._progress = progress
        self._moved_to: list[Path] = []

    def find(self, sources: Sequence[SourceFile]) -> list[Path] | None:
        """Where the files of one movie or trace are; None when one is missing.

        Raises
        ------
        ReadError
            A file with other content is in its place and was not accepted; names both.
        CancelledError
            `progress` asked to stop.
        """
        found = []
        for source in sources:
            path = self._find_one(source)
            if path is None:
                return None
            found.append(path)
        return found

    def _find_one(self, source: SourceFile) -> Path | None:
        places = [path for path in self._places(source) if _can_be_read(path)]
        for path in places:
            if self._is_it(path, source):
                return path
        if places:
            return self._take_other(places[0], source)
        if self._locate is None:
            return None
        answer = self._locate(_expected(source, self._folder), source.sha256)
        if answer is None:
            return None
        path = Path(answer).absolute()
        path = path / source.name if path.is_dir() else path
        self._moved_to.append(path.parent)
        if not _can_be_read(path):
            return None
        return path if self._is_it(path, source) else self._take_other(path, source)

    def _places(self, source: SourceFile) -> list[Path]:
        """Where to look: beside the folder, where it was, where others were found."""
        places = []
        if source.path:
            places.append(Path(os.path.normpath(self._folder / source.path)))
        if source.absolute:
            places.append(Path(source.absolute))
        places += [folder / source.name for folder in self._moved_to]
        return list(dict.fromkeys(places))

    def _is_it(self, path: Path, source: SourceFile) -> bool:
        """Same size and time of change, or same content."""
        recorded = source.fingerprint
        if not recorded.sha256:
            return recorded.bytes in (-1, path.stat().st_size)
        if look_alike(path, recorded):
            remember(path, recorded)
            return True
        if path.stat().st_size != recorded.bytes:
            return False
        return fingerprint(path, progress=self._progress).sha256 == recorded.sha256

    def _take_other(self, path: Path, source: SourceFile) -> Path:
        """Take a file with other content if the user says so."""
        expected = _expected(source, self._folder)
        if self._accept is not None and self._accept(expected, path):
            return path
        size = path.stat().st_size
        what = (
            f"{size} bytes instead of {source.bytes}"
            if size != source.bytes
            else "its SHA-256 differs"
        )
        raise ReadError(
            f"{path} is not the file that was measured, {expected} ({what}).",
            hint="Choose the right file, or accept the other one: the rows are then "
            "measured anew on it.",
            path=path,
        )


def _expected(source: SourceFile, folder: Path) -> Path:
    return Path(source.absolute) if source.absolute else folder / source.path


def _can_be_read(path: Path) -> bool:
    """Whether a file can be opened now."""
    try:
        with path.open("rb"):
            return True
    except (OSError, ValueError):
        return False
