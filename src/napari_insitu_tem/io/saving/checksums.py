"""SHA-256 of source files: streamed, with progress, computed once a file."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.model.errors import CancelledError, ReadError
from napari_insitu_tem.model.progress import Progress, no_progress

_CHUNK = 4 * 2**20


@dataclass(frozen=True)
class Fingerprint:
    """What tells a file from others.

    Attributes
    ----------
    sha256
        Hex digits; empty where it is not known.
    bytes
        Size; -1 where it is not known.
    modified_ns
        Time of the last change, ns since 1970; 0 where it is not known.
    """

    sha256: str = ""
    bytes: int = -1
    modified_ns: int = 0


_known: dict[str, Fingerprint] = {}


def fingerprint(path: Path, *, progress: Progress = no_progress) -> Fingerprint:
    """Hash of a file; of a file that did not change since, the one known already.

    Raises
    ------
    ReadError
        The file is not there or cannot be read.
    CancelledError
        `progress` asked to stop.
    """
    return fingerprints([path], progress=progress)[0]


def fingerprints(
    paths: Sequence[Path], *, progress: Progress = no_progress
) -> list[Fingerprint]:
    """Hashes of several files; progress counts the bytes of all that must be read.

    Raises
    ------
    ReadError
        A file is not there or cannot be read.
    CancelledError
        `progress` asked to stop.
    """
    looks = [_look(path) for path in paths]
    found = [known(path, look) for path, look in zip(paths, looks, strict=True)]
    total = sum(
        look.bytes for look, old in zip(looks, found, strict=True) if old is None
    )
    done = 0
    result = []
    for path, look, old in zip(paths, looks, found, strict=True):
        if old is None:
            old = remember(path, _hash(path, look, done, total, progress))
            done += look.bytes
        result.append(old)
    return result


def look_alike(path: Path, recorded: Fingerprint) -> bool:
    """Whether a file has the size and the time of change that were recorded."""
    look = _look(path)
    return (look.bytes, look.modified_ns) == (recorded.bytes, recorded.modified_ns)


def known(path: Path, look: Fingerprint | None = None) -> Fingerprint | None:
    """The hash computed or remembered before, if the file did not change since.

    Of a file that cannot be looked at (an unplugged drive) the last known one.
    """
    old = _known.get(_key(path))
    if old is None:
        return None
    if look is None:
        return old
    same = (old.bytes, old.modified_ns) == (look.bytes, look.modified_ns)
    return old if same else None


def glance(path: Path) -> Fingerprint:
    """What is known of a file without reading it."""
    try:
        look = _look(path)
    except ReadError:
        return known(path) or Fingerprint()
    return known(path, look) or look


def remember(path: Path, found: Fingerprint) -> Fingerprint:
    """Take a hash for known, until the file changes."""
    _known[_key(path)] = found
    return found


def _key(path: Path) -> str:
    return str(path.absolute())


def _look(path: Path) -> Fingerprint:
    with reading(path):
        status = path.stat()
    return Fingerprint("", status.st_size, status.st_mtime_ns)


def _hash(
    path: Path, look: Fingerprint, done: int, total: int, progress: Progress
) -> Fingerprint:
    """Read the whole file; lets the wish to stop pass."""
    digest = hashlib.sha256()
    try:
        with reading(path), path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                progress(min(done, total), total, f"Checking {path.name}")
                digest.update(chunk)
                done += len(chunk)
    except CancelledError:
        raise CancelledError("Checking the source files") from None
    return Fingerprint(digest.hexdigest(), look.bytes, look.modified_ns)
