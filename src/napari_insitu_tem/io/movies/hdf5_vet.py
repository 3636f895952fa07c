"""A trial of an HDF5 file in a process of its own: damage can crash or hang HDF5."""

from __future__ import annotations

import atexit
import json
import queue
import subprocess
import sys
import threading
from functools import lru_cache
from pathlib import Path
from typing import IO

from napari_insitu_tem.model.errors import ReadError

_PATIENCE_S = 1.5  # for one file, from when the library is there

#: What the process says after a file, and what its pipe does without it.
_ALIVE, _DEAD = "survived\n", ""

#: Touches what the readers touch. Exceptions are of no concern here: the reader that
#: follows meets them again and turns them into sentences. It ends by itself when nobody
#: asks any more.
_TRIAL = """
import json
import os
import sys
import threading
import h5py
from h5py import h5a, h5t
SIMPLE = (h5t.INTEGER, h5t.FLOAT, h5t.STRING, h5t.ENUM)
IDLE_S = 60

def attempt(action, *values):
    try:
        return action(*values)
    except Exception:
        return None

def attributes(item):
    for name in list(item.attrs):
        kind = h5a.open(item.id, name.encode()).get_type().get_class()
        if kind in SIMPLE:
            attempt(item.attrs.__getitem__, name)

def data(item):
    if item.dtype.kind not in "iuf" or item.is_virtual or item.external:
        return
    item.id.get_offset()
    last = tuple(n - 1 for n in item.shape)
    if item.ndim == 1 and item.size < 10**7:
        attempt(item.__getitem__, ())
    elif item.size:
        attempt(item.__getitem__, (0,) * item.ndim)
        attempt(item.__getitem__, last)
        if item.chunks:
            attempt(item.id.get_chunk_info_by_coord, (0,) * item.ndim)

def visit(todo, seen):
    while todo and len(seen) < 20000:
        here = todo.pop()
        attempt(attributes, here)
        if isinstance(here, h5py.Dataset):
            attempt(data, here)
            continue
        for name in attempt(list, here) or ():
            link = attempt(lambda: here.get(name, getlink=True))
            found = attempt(here.__getitem__, name)  \
                if isinstance(link, h5py.HardLink) else None
            if found is not None and hash(found.id) not in seen:
                seen.add(hash(found.id))
                todo.append(found)

def end_of_idling():
    timer = threading.Timer(IDLE_S, os._exit, (0,))
    timer.daemon = True
    timer.start()
    return timer

print("ready", flush=True)
timer = end_of_idling()
for line in sys.stdin:
    timer.cancel()
    file = attempt(h5py.File, json.loads(line), "r")
    if file is not None:
        attempt(visit, [file], set())
        attempt(file.close)
    del file
    print("survived", flush=True)
    timer = end_of_idling()
"""


def vet_hdf5(path: Path) -> None:
    """Read the structure of a file in another process first.

    Raises
    ------
    ReadError
        The HDF5 library crashed or went on for ever.
    """
    status = path.stat()
    if not _survives(str(path.absolute()), status.st_size, status.st_mtime_ns):
        raise ReadError(
            f"{path.name} is damaged: the HDF5 library cannot read its structure.",
            hint="Copy or export it again, onto a disk of this computer.",
            path=path,
        )


@lru_cache(maxsize=64)
def _survives(path: str, size: int, changed_ns: int) -> bool:
    """Whether the trial came to its end; size and date are part of the cache's key."""
    return _VETTER.survives(path)


class _Vetter:
    """A process that tries files; another one takes its place when it died of one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[str] = queue.Queue()

    def survives(self, path: str) -> bool:
        """Whether a process that tries this file lives on.

        One that has seen other files may have died of them: a new one then tries again.
        """
        with self._lock:
            is_used = self._process is not None
            answer = self._ask(path)
            if answer == _DEAD and is_used:
                self.stop()
                answer = self._ask(path)
            if answer != _ALIVE:
                self.stop()
            return answer == _ALIVE

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # what it was still to be told
                    continue

    def _ask(self, path: str) -> str:
        """What the process says; that it is dead, or nothing for too long."""
        try:
            process = self._process or self._start()
        except OSError:  # no process may be started here
            return _ALIVE
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(path) + "\n")
            process.stdin.flush()
            return self._answers.get(timeout=_PATIENCE_S)
        except queue.Empty:
            return "it hangs"
        except OSError:
            return _DEAD

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-P", "-c", _TRIAL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="ascii",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        assert process.stdout is not None
        process.stdout.readline()
        self._process, self._answers = process, queue.Queue()
        listen = threading.Thread(
            target=_listen, args=(process.stdout, self._answers), daemon=True
        )
        listen.start()
        return process


def _listen(pipe: IO[str], answers: queue.Queue[str]) -> None:
    """Pass on what is said; the end of the pipe is an answer as well."""
    try:
        for line in pipe:
            answers.put(line)
    except ValueError:  # closed meanwhile
        pass
    answers.put(_DEAD)


_VETTER = _Vetter()
atexit.register(_VETTER.stop)
