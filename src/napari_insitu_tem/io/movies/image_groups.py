"""Which of several paths belong together as the frames of one movie."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """Order in which people number: frame2 before frame10, case ignored."""
    parts = re.findall(r"\d+|\D+", name.lower())
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts)


def group_images(paths: Sequence[Path]) -> list[list[Path]]:
    """Group numbered single images; every other path stays alone.

    Files belong together when they lie in one folder, differ in nothing but the digits
    of their names, and hold one image each.

    Returns
    -------
    list of lists
        In the order of the first member; members in natural order.
    """
    groups: dict[tuple[Path, str, str], list[Path]] = {}
    for path in paths:
        pattern = re.sub(r"\d+", "#", path.stem.lower())
        groups.setdefault((path.parent, pattern, path.suffix.lower()), []).append(path)
    result: list[list[Path]] = []
    for members in groups.values():
        members = sorted(members, key=lambda p: natural_key(p.name))
        if len(members) > 1 and _are_single_images(members):
            result.append(members)
        else:
            result.extend([member] for member in members)
    return result


def _are_single_images(members: Sequence[Path]) -> bool:
    """Whether the first and the last file hold one image each."""
    from napari_insitu_tem.io.movies.image_files import is_single_image

    return all(is_single_image(path) for path in (members[0], members[-1]))
