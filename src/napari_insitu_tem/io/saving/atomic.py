"""Files appear whole or not at all; whatever goes wrong becomes one sentence."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from napari_insitu_tem.io.failures import explain
from napari_insitu_tem.model.errors import InsituTemError, SaveError

#: How the hidden names end under which files are written; a kill may leave one.
TEMPORARY = ".insitu-tmp"


def write_text(path: Path, text: str) -> Path:
    """Write a text file as UTF-8, whole or not at all.

    What UTF-8 cannot hold (half of a surrogate pair, as in file names of unknown
    encoding) is written as a backslash escape.

    Raises
    ------
    SaveError
        It cannot be written; what was there is untouched.
    """
    return write_bytes(path, encoded(text))


def encoded(text: str) -> bytes:
    """UTF-8 of a text, with escapes for what UTF-8 cannot hold."""
    return text.encode("utf-8", "backslashreplace")


def write_bytes(path: Path, data: bytes) -> Path:
    """Write a file, whole or not at all; returns its path.

    The bytes go to a temporary file in the same folder, to the disk, and only then take
    the name. A link is followed, the permissions of an existing file are kept.

    Raises
    ------
    SaveError
        It cannot be written; what was there is untouched.
    """
    path = Path(path)
    with saving(path):
        put_bytes(path, data)
    return path


def put_bytes(path: Path, data: bytes) -> None:
    """Do what `write_bytes` does, with the errors of the system as they are."""
    target = path.resolve() if path.is_symlink() else path
    temporary = target.parent / f".{secrets.token_hex(6)}{TEMPORARY}"
    try:
        write_synced(temporary, data)
        _keep_mode(target, temporary)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(target.parent)


def write_synced(path: Path, data: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Ask the disk to keep the names in a folder; some systems cannot be asked."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _keep_mode(target: Path, temporary: Path) -> None:
    with suppress(FileNotFoundError):
        os.chmod(temporary, target.stat().st_mode & 0o7777)


@contextmanager
def saving(path: Path) -> Iterator[None]:
    """Turn what the system says inside the block into a SaveError about `path`.

    Raises
    ------
    SaveError
        Chained to the original. Errors that are already meant for the user pass.
    """
    try:
        yield
    except InsituTemError:
        raise
    except OSError as error:
        what, hint = _in_words(path, error)
        raise SaveError(what, hint=hint, path=path) from error


_FULL = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_GONE = {errno.ENOENT, errno.ENOTDIR}
_IN_THE_WAY = {errno.EEXIST, errno.EISDIR, errno.ENOTEMPTY}
_UNTOUCHED = "What was saved before is untouched"


def _in_words(path: Path, error: OSError) -> tuple[str, str]:
    """What went wrong, and the way out."""
    # numpy says "4 requested and 2 written" and nothing of the reason.
    if error.errno in _FULL or (error.errno is None and "written" in str(error)):
        return (
            f"{path.name} was not saved: the disk is full, or a limit on the size of "
            "files is reached.",
            f"{_UNTOUCHED}; free some space, or save elsewhere.",
        )
    if error.errno in _GONE:
        missing = path if path.parent.is_dir() else path.parent
        return (
            f"{path.name} was not saved: {missing} is not there (any more).",
            "Connect the drive again, or save elsewhere.",
        )
    if error.errno in _FORBIDDEN:
        return (
            f"{path.name} was not saved: it may not be written to, or another program "
            "has it open.",
            f"{_UNTOUCHED}; close the other program, or save elsewhere.",
        )
    if error.errno in _IN_THE_WAY:
        return (
            f"{path.name} was not saved: something else of that name is in the way.",
            "Choose another name.",
        )
    reason = explain(OSError(error.strerror or str(error)))
    return (f"{path.name} was not saved: {reason}", f"{_UNTOUCHED}; save elsewhere.")
