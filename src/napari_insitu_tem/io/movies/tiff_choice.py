"""Which stack of a TIFF file is the movie: its series, sizes, channels and slices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_insitu_tem.io.movies.facts import Facts
from napari_insitu_tem.io.movies.tiff_layout import Layout
from napari_insitu_tem.model.dataset import Dataset, find_dataset
from napari_insitu_tem.model.errors import ReadError

_NAMES = {"T": "time", "Z": "slice", "C": "channel", "P": "position", "R": "tile"}
#: Along these axes frames lie rather than along others, the first rather than the next.
_FRAME_AXES = "TIQZ"
_MAX_CHOICE = 200


def choose_stack(
    stacks: Sequence[Layout], wanted: str, path: Path, facts: Facts
) -> Layout:
    """The wanted stack of a file, else the first.

    Parameters
    ----------
    stacks
        The one to take first. One with further axes is several: a channel and a slice
        each.
    wanted
        Key or name of one, "" for the first.
    path
        The file.
    facts
        Told which there are.

    Raises
    ------
    ReadError
        One has further axes that are too long, or not said to be channels or slices;
        or there is none of that name.
    """
    single = [one for stack in stacks for one in _split(stack, path)]
    if len(single) == 1:
        if wanted:
            find_dataset((), wanted, path)
        return single[0]
    datasets = [_dataset(layout) for layout in single]
    what = "stacks" if len(stacks) == 1 else "image series"
    which = f"the largest, {single[0].name}," if len(stacks) > 1 else single[0].name
    why = f"The file holds {len(single)} {what}; {which} was taken."
    return single[facts.choose(datasets, wanted, path, best=0, why=why)]


def _dataset(layout: Layout) -> Dataset:
    shape, dtype = layout.kind.frame
    return Dataset(layout.key, layout.name, (len(layout), *shape), str(dtype))


def _split(layout: Layout, path: Path) -> Iterator[Layout]:
    """One layout for each place along the axes beside that of the frames.

    Raises
    ------
    ReadError
        There are too many, or it is not said what they are.
    """
    long = {axis: n for axis, n in layout.stack.items() if n > 1}
    if len(long) < 2:
        yield layout
        return
    ranked = sorted(long, key=lambda a: (_FRAME_AXES + a).index(a))
    others = [axis for axis in long if axis != ranked[0]]
    count = math.prod(long[axis] for axis in others)
    if count > _MAX_CHOICE or not set(others) <= set(_NAMES):
        parts = [f"{n} {_NAMES.get(axis, 'place')}s" for axis, n in long.items()]
        raise ReadError(
            f"{path.name} has more axes than time: {' x '.join(parts)}.",
            hint="Save one channel and one slice of it as a movie of its own.",
            path=path,
        )
    frames = np.arange(len(layout)).reshape(tuple(long.values()))
    for place in itertools.product(*(range(long[axis]) for axis in others)):
        fixed = dict(zip(others, place, strict=True))
        key = tuple(fixed.get(axis, slice(None)) for axis in long)
        yield _part(layout, frames[key].tolist(), ranked[0], fixed)


def _part(
    layout: Layout, frames: list[int], axis: str, fixed: dict[str, int]
) -> Layout:
    told = ", ".join(f"{_NAMES.get(a, a)} {n + 1}" for a, n in fixed.items())
    offsets, pages = layout.offsets, layout.pages
    return replace(
        layout,
        offsets=None if offsets is None else [offsets[i] for i in frames],
        pages=[pages[i] for i in frames] if offsets is None else (),
        stack={axis: len(frames)},
        warnings=list(layout.warnings),
        key=f"{layout.key}, {told}" if layout.key else told,
        name=f"{layout.name}, {told}" if layout.name else told,
        fixed=fixed,
    )
