"""Which files of a folder are one series by their names, and which numbers lack."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_insitu_tem.io.movies.image_groups import natural_key

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d+)?")
_NOON = re.compile(r"(?<![a-z])[ap]\.?m(?![a-z])")


def main_series(files: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """The series of a folder, and the images beside it that are none of its frames.

    Names that differ in nothing but their numbers are one series. Several of them are
    one movie where no number is in two of them, or where most files have a name of
    their own kind; else the longest is the movie, the one with the shortest
    names if several are as long.

    Returns
    -------
    kept, left out
    """
    series: dict[str, list[Path]] = {}
    for path in files:
        series.setdefault(_kind(path), []).append(path)
    longest = max(len(members) for members in series.values())
    is_one = len(series) == 1 or longest == 1
    # Names with letters of their own, as of random identifiers, are of no series.
    if is_one or (2 * len(series) > len(files) and 2 * longest <= len(files)):
        return list(files), []
    order = sorted(
        series, key=lambda kind: (-len(series[kind]), len(kind), natural_key(kind))
    )
    kept, *others = (series[kind] for kind in order)
    numbers = {_last_number(path) for path in kept}
    for members in others:
        theirs = {_last_number(path) for path in members}
        if None in theirs or theirs & numbers or len(theirs) < len(members):
            continue
        kept, numbers = [*kept, *members], numbers | theirs
    taken = set(kept)
    return kept, [path for path in files if path not in taken]


def left_out(kept: Sequence[Path], beside: Sequence[Path]) -> str:
    """What to say of images beside a series."""
    return (
        f"{len(beside)} images whose names are not of the series were left out, the "
        f"first is {beside[0].name}; the movie is made of the {len(kept)} like "
        f"{kept[0].name}."
    )


def missing_numbers(names: Sequence[str]) -> list[int]:
    """Numbers that lack between those of the names; [] where they are no counter.

    A counter is the only number that varies, and rises by one step almost always.
    """
    rows = [[int(n) for n in re.findall(r"\d+", name)] for name in names]
    if len(rows) < 3 or len({len(row) for row in rows}) > 1:
        return []
    table = np.array(rows, dtype=object)
    varying = [c for c in table.T if len(set(c)) > 1]
    if len(varying) != 1:
        return []
    steps = [b - a for a, b in zip(varying[0][:-1], varying[0][1:], strict=True)]
    usual = max(set(steps), key=steps.count)
    if usual < 1 or min(steps) < 1 or 2 * steps.count(usual) <= len(steps):
        return []
    if any(step % usual for step in steps) or sum(steps) > 10 * usual * len(steps):
        return []
    present = set(varying[0])
    every = range(varying[0][0], varying[0][-1], usual)
    return [number for number in every if number not in present]


def _kind(path: Path) -> str:
    """A name without its numbers and halves of the day."""
    return _NOON.sub("~", _NUMBER.sub("#", path.stem.lower()))


def _last_number(path: Path) -> int | None:
    digits = re.findall(r"\d+", path.stem)
    return int(digits[-1]) if digits else None
