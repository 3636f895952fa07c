"""Several files of a folder change together, or none of them does.

The new files are written to a hidden folder beside the old ones; a marker file then
declares them valid, they are renamed into place one by one, and the marker goes. When
the program is killed at any moment, the folder holds either all the old files or (the
marker is there) all the new ones, some of them still under their hidden names. Readers
look through the marker and never write; the next save tidies up.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from napari_insitu_tem.io.saving.atomic import (
    TEMPORARY,
    put_bytes,
    saving,
    sync_folder,
    write_synced,
)
from napari_insitu_tem.model.errors import ReadError

BACKUPS = "backups"
KEPT_BACKUPS = 5
_MARKER = ".saving.json"
_STAGE = ".saving-"

#: Name inside the folder, with "/", to the new content; None removes the file.
Files = Mapping[str, bytes | None]


def write_together(folder: Path, files: Files, *, backups: int = KEPT_BACKUPS) -> None:
    """Replace files of a folder as one step; the order given is the order of renaming.

    What was there before goes to `backups/1`, earlier backups move up.

    Parameters
    ----------
    folder
        Made when it is not there; its parent must be.
    files
        What to write and to remove. Files that are not named stay.
    backups
        How many replaced states are kept.

    Raises
    ------
    SaveError
        Something cannot be written; all files are as they were.
    """
    folder = Path(folder)
    is_new = not folder.exists()
    with saving(folder):
        folder.mkdir(exist_ok=True)
        try:
            _finish_interrupted(folder)
            stage = folder / f"{_STAGE}{secrets.token_hex(6)}"
            _stage_and_place(folder, stage, files)
        except BaseException:
            if is_new:
                shutil.rmtree(folder, ignore_errors=True)
            raise
        _rotate_backups(folder, stage / "old", backups)
        shutil.rmtree(stage, ignore_errors=True)


def _stage_and_place(folder: Path, stage: Path, files: Files) -> None:
    """Write everything, declare it valid, rename it; or leave no trace."""
    present = {name: data is not None for name, data in files.items()}
    try:
        _write_stage(folder, stage, files)
        _mark(folder, stage / "new", present)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    try:
        _put_in_place(folder)
    except BaseException:
        _go_back(folder, stage, files)
        raise


def find_together(folder: Path, name: str) -> Path | None:
    """Where the valid content of a file of the folder is now; None if it is not there.

    Parameters
    ----------
    folder
        A folder that `write_together` writes.
    name
        Name inside the folder, with "/".

    Raises
    ------
    ReadError
        The folder's marker of an interrupted save cannot be read.
    """
    plain = folder / name
    marker = _read_marker(folder)
    if marker is not None and name in marker[1]:
        source, present = marker[0], marker[1]
        if not present[name]:
            return None
        if (source / name).is_file():
            return source / name
    return plain if plain.is_file() else None


def _write_stage(folder: Path, stage: Path, files: Files) -> None:
    """Put the new files, and copies of the old ones, where they can be renamed from."""
    for name, data in files.items():
        if data is not None:
            _make_parent(stage / "new" / name)
            _make_parent(folder / name)
            write_synced(stage / "new" / name, data)
        if (folder / name).exists():
            _make_parent(stage / "old" / name)
            _copy(folder / name, stage / "old" / name)
    for inside in _folders_of(stage):
        sync_folder(inside)


def _copy(source: Path, target: Path) -> None:
    """A second name for the same bytes, where the file system has such a thing."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _mark(folder: Path, source: Path, present: Mapping[str, bool]) -> None:
    text = json.dumps({"from": f"{source.parent.name}/{source.name}", "files": present})
    put_bytes(folder / _MARKER, text.encode())


def _read_marker(folder: Path) -> tuple[Path, dict[str, bool]] | None:
    path = folder / _MARKER
    try:
        values = json.loads(path.read_bytes())
        source, files = PurePosixPath(values["from"]), dict(values["files"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise ReadError(
            f"{folder.name} was left in the middle of a save and its file {_MARKER} "
            "cannot be read.",
            hint=f"Open the copy in {folder.name}/{BACKUPS}/1 instead.",
            path=path,
        ) from error
    return folder / source, files


def _put_in_place(folder: Path) -> None:
    """Rename what the marker names, then take the marker away. Can be repeated."""
    marker = _read_marker(folder)
    if marker is None:
        return
    source, present = marker
    for name, is_there in present.items():
        if not is_there:
            (folder / name).unlink(missing_ok=True)
        elif (source / name).exists():
            os.replace(source / name, folder / name)
    for parent in {(folder / name).parent for name in present}:
        sync_folder(parent)
    (folder / _MARKER).unlink()
    sync_folder(folder)


def _go_back(folder: Path, stage: Path, files: Files) -> None:
    """Undo a half-done renaming.

    Where even that fails the marker stays, and readers go through it.
    """
    had = {name: (stage / "old" / name).exists() for name in files}
    with suppress(OSError):
        if (folder / _MARKER).exists():
            _mark(folder, stage / "old", had)
        _put_in_place(folder)
        shutil.rmtree(stage, ignore_errors=True)


def _finish_interrupted(folder: Path) -> None:
    """Complete a save that was killed, and remove what others left behind."""
    _put_in_place(folder)
    for left in folder.glob(f"{_STAGE}*"):
        shutil.rmtree(left, ignore_errors=True)
    for stray in folder.glob(f".*{TEMPORARY}"):
        stray.unlink(missing_ok=True)


def _rotate_backups(folder: Path, old: Path, kept: int) -> None:
    """Keep the last replaced states; a failure here does not undo the save."""
    if not old.is_dir() or kept < 1:
        return
    backups = folder / BACKUPS
    with suppress(OSError):
        backups.mkdir(exist_ok=True)
        shutil.rmtree(backups / str(kept), ignore_errors=True)
        for number in range(kept - 1, 0, -1):
            if (backups / str(number)).exists():
                os.replace(backups / str(number), backups / str(number + 1))
        os.replace(old, backups / "1")


def _make_parent(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)


def _folders_of(stage: Path) -> Iterable[Path]:
    return (Path(where) for where, _, _ in os.walk(stage))
