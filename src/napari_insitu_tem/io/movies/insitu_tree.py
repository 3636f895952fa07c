"""The tree of Hour_, Minute_ and Second_ folders that Gatan's in-situ cameras write.

Its layout is that of DigitalMicrograph's "H-m-s" recordings, and of the hybrid ones
that have a director image beside the tree, as Gatan's own scripts walk them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from napari_insitu_tem.io.movies.image_groups import natural_key

DM_SUFFIXES = (".dm3", ".dm4")
IMAGE_SUFFIXES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")
#: Levels of the tree below its folder.
DEPTH = 3
_PART = re.compile(r"(hour|minute|second)_(\d+)", re.IGNORECASE)
_CLOCK = re.compile(r"Hour_(\d+)_Minute_(\d+)_Second_(\d+)_Frame_(\d+)", re.IGNORECASE)
_LOOK_AT = 1000


def has_parts(folder: Path) -> bool:
    """Whether there are folders of the tree among the first thousand entries."""
    with os.scandir(folder) as entries:
        seen = zip(range(_LOOK_AT), entries, strict=False)
        return any(_is_part(entry) for _, entry in seen)


def frames_below(
    folder: Path, suffixes: Sequence[str], levels: int = DEPTH
) -> Iterator[Path]:
    """The files of a folder and of the tree below it; no link is followed.

    The files of a folder come after those of the folders in it.
    """
    with os.scandir(folder) as found:
        entries = list(found)
    if levels:
        for entry in sorted(filter(_is_part, entries), key=_number):
            yield from frames_below(folder / entry.name, suffixes, levels - 1)
    for entry in entries:
        if is_frame(entry, suffixes):
            yield folder / entry.name


def is_frame(entry: os.DirEntry[str], suffixes: Sequence[str]) -> bool:
    """Whether an entry is a file of the folder itself: links may lead outside."""
    named = entry.name.lower().endswith(tuple(suffixes)) and entry.name[0] != "."
    return named and entry.is_file(follow_symlinks=False)


def tree_suffixes(folder: Path) -> tuple[str, ...]:
    """What the frames of a tree are, by the first folder that holds any."""
    first: Path | None = None
    seen: set[str] = set()
    for path in frames_below(folder, (*DM_SUFFIXES, *IMAGE_SUFFIXES)):
        if first is not None and path.parent != first:
            break
        first = path.parent
        seen.add(path.suffix.lower())
    if not seen or seen & set(DM_SUFFIXES):
        return DM_SUFFIXES
    return IMAGE_SUFFIXES


def without_directors(files: Sequence[Path]) -> list[Path]:
    """The files of the tree: those beside it are no frames where it has any."""
    clocked = [path for path in files if _CLOCK.search(path.stem)]
    if not clocked:
        return list(files)
    return [
        path
        for path in files
        if _CLOCK.search(path.stem) or _PART.fullmatch(path.parent.name)
    ]


def clock_of(path: Path) -> tuple[int, ...]:
    """Hour, minute, second and frame in a name; () where there is none."""
    match = _CLOCK.search(path.stem)
    return tuple(int(part) for part in match.groups()) if match else ()


def place_in_time(path: Path) -> tuple[object, ...]:
    """Order of the frames: by their clock where the name has one, else by number."""
    return clock_of(path), natural_key(path.name)


def _is_part(entry: os.DirEntry[str]) -> bool:
    return bool(_PART.fullmatch(entry.name)) and entry.is_dir(follow_symlinks=False)


def _number(entry: os.DirEntry[str]) -> int:
    return int(entry.name.rpartition("_")[2])
