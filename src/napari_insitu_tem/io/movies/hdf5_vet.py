"""A trial of an HDF5 file in a process of its own: damage can crash or hang HDF5."""

from __future__ import annotations

import subprocess
import sys
from functools import lru_cache
from pathlib import Path

from napari_insitu_tem.model.errors import ReadError

_PATIENCE_S = 1.5  # from when the library is there

#: Touches what the readers touch. Exceptions are of no concern here: the reader that
#: follows meets them again and turns them into sentences.
_TRIAL = """
import sys
import h5py
from h5py import h5a, h5t
SIMPLE = (h5t.INTEGER, h5t.FLOAT, h5t.STRING, h5t.ENUM)

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

print("ready", flush=True)
file = attempt(h5py.File, sys.argv[1], "r")
if file is not None:
    attempt(visit, [file], set())
sys.stdout.write("survived")
sys.stdout.flush()
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
    command = [sys.executable, "-P", "-c", _TRIAL, path]
    quiet = getattr(subprocess, "CREATE_NO_WINDOW", 0)
    try:
        trial = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,  # or the first line would take the second with it
            creationflags=quiet,
        )
    except OSError:  # no process may be started here
        return True
    with trial:
        assert trial.stdout is not None
        trial.stdout.readline()
        try:
            said, _ = trial.communicate(timeout=_PATIENCE_S)
        except subprocess.TimeoutExpired:
            trial.kill()
            return False
    return said.endswith(b"survived")
