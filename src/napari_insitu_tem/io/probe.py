"""The first look at a path: is it there, may it be read, how does it begin."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from napari_insitu_tem.model.errors import ReadError

HEAD_BYTES = 64 * 1024


@dataclass(frozen=True)
class Probe:
    """What a format needs to see to say whether a file is its own.

    Attributes
    ----------
    path
        File or folder.
    head
        The first 64 KiB; empty for a folder.
    size
        Bytes in the file; 0 for a folder.
    is_dir
        Whether it is a folder.
    """

    path: Path
    head: bytes
    size: int
    is_dir: bool

    @property
    def extension(self) -> str:
        """In lower case, with the dot; empty where there is none."""
        return self.path.suffix.lower()


def probe(path: str | Path) -> Probe:
    """Look at a path.

    Raises
    ------
    ReadError
        Missing, empty, not readable, locked, or neither a file nor a folder.
    """
    path = Path(path).expanduser()
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            with os.scandir(path):
                return Probe(path, b"", 0, is_dir=True)
        if not stat.S_ISREG(status.st_mode):
            raise ReadError(f"{path} is neither a file nor a folder.", path=path)
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except (OSError, ValueError) as error:
        raise _not_readable(path, error) from error
    if not head:
        raise ReadError(
            f"{path.name} is empty (0 bytes).",
            hint="The recording or the copy did not finish; fetch it again.",
            path=path,
        )
    return Probe(path, head, status.st_size, is_dir=False)


def _not_readable(path: Path, error: OSError | ValueError) -> ReadError:
    if isinstance(error, PermissionError):
        return ReadError(
            f"{path.name} may not be read, or another program has locked it.",
            hint="Close the other program, or change the permissions of the file.",
            path=path,
        )
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return ReadError(
            f"{path} does not exist.",
            hint="It may have been moved or renamed; open it from where it is now.",
            path=path,
        )
    return ReadError(f"{path.name!r} cannot be opened: {error}.", path=path)
