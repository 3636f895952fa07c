"""A file that one running program holds; the system lets go of it when it dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


class LockBusyError(Exception):
    """Another holder has the file, in this program or in another one."""


class ProcessLock:
    """Holds a file until it is released, collected, or the program ends in any way.

    Parameters
    ----------
    path
        The lock file; made when it is not there.

    Raises
    ------
    LockBusyError
        Somebody else holds it.
    OSError
        The file cannot be made, or its file system knows no locks.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._handle: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._handle)
        except (BlockingIOError, PermissionError) as error:
            self.release()
            raise LockBusyError(str(path)) from error
        except OSError:
            self.release()
            raise

    def release(self, *, remove: bool = False) -> None:
        """Let go; may be called twice.

        Parameters
        ----------
        remove
            Delete the lock file as well.
        """
        handle, self._handle = self._handle, None
        if handle is None:
            return
        # Removed before letting go, so that nobody can lock what is about to vanish;
        # Windows only removes what is not open.
        if remove and sys.platform != "win32":
            self._remove()
        os.close(handle)
        if remove and sys.platform == "win32":
            self._remove()

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            self.release()

    def _remove(self) -> None:
        with suppress(OSError):
            self.path.unlink()


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
