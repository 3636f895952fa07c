"""Folders of DM3 and DM4 files, a frame a file: also the trees of in-situ cameras."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.dm import dm_facts
from napari_insitu_tem.io.movies.dm_series import DmSeries, Layout, layout_of
from napari_insitu_tem.io.movies.dm_tags import Way, byte_order
from napari_insitu_tem.io.movies.dm_times import from_epoch, from_filetime
from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.image_groups import natural_key
from napari_insitu_tem.io.movies.image_times import times_from_names
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes

_SUFFIXES = (".dm3", ".dm4")
_PART = re.compile(r"(hour|minute|second)_(\d+)", re.IGNORECASE)
_LEVELS = {"hour": 2, "minute": 1, "second": 0}
_CLOCK = re.compile(r"Hour_(\d+)_Minute_(\d+)_Second_(\d+)_Frame_(\d+)", re.IGNORECASE)
_LOOK_AT = 1000
_REPORT_EVERY = 100

_OWN = "ImageTags"
_EPOCH = (_OWN, "Acquisition", "Frame", "Sequence", "Acquisition Start Time (epoch)")
_FRAME_START = (_OWN, "Acquisition", "Frame", "Sequence", "Frame Start (ns)")
_MADE = (_OWN, "DataBar", "Acquisition Time (OS)")
_AXES = ("ImageData", "Calibrations", "Dimension")
#: What tells files of different pixel sizes apart.
_SCALES = tuple((*_AXES, axis, name) for axis in "01" for name in ("Scale", "Units"))
_WAYS: tuple[Way, ...] = (_EPOCH, _FRAME_START, _MADE, *_SCALES)


def _sniff(looked: Probe) -> float:
    if not looked.is_dir:
        return 0.5 if byte_order(looked.head) else 0.0
    with os.scandir(looked.path) as entries:
        seen = [entry for _, entry in zip(range(_LOOK_AT), entries, strict=False)]
    if any(_PART.fullmatch(e.name) and e.is_dir(follow_symlinks=False) for e in seen):
        return 0.9
    return 0.7 if any(_is_frame(entry) for entry in seen) else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    is_folder = len(paths) == 1 and paths[0].is_dir()
    files = list(_frames_below(paths[0], 3)) if is_folder else list(paths)
    files.sort(key=_place_in_time)
    if not files:
        raise ReadError(
            f"There is no DM3 or DM4 file in {paths[0].name}.",
            hint="Choose the folder that holds the frames, or the one with Hour_00.",
            path=paths[0],
        )
    model, layout = _usual_layout(files)
    series = DmSeries(files, layout)
    facts = dm_facts(layout.image)
    numbers = _numbers(series, files, facts, progress)
    _take_times(files, numbers, facts)
    _take_sizes(files, numbers[:, 3:], facts)
    return build_movie(
        series,
        facts,
        files,
        name=paths[0].name if is_folder else model.stem,
        form=f"Gatan {model.suffix[1:].upper()} series",
        reader="dm_folder",
    )


def _frames_below(folder: Path, levels: int) -> Iterator[Path]:
    """The files of a folder and of its Hour_, Minute_ and Second_ folders."""
    with os.scandir(folder) as found:
        entries = list(found)
    for entry in entries:
        part = _PART.fullmatch(entry.name)
        if part and levels and entry.is_dir(follow_symlinks=False):
            yield from _frames_below(folder / entry.name, levels - 1)
        elif _is_frame(entry):
            yield folder / entry.name


def _is_frame(entry: os.DirEntry[str]) -> bool:
    """Whether an entry is a file of the folder itself: links may lead outside."""
    named = entry.name.lower().endswith(_SUFFIXES) and not entry.name.startswith(".")
    return named and entry.is_file(follow_symlinks=False)


def _place_in_time(path: Path) -> tuple[object, ...]:
    """Order of the frames: by their clock where the name has one, else by number."""
    match = _CLOCK.search(path.stem)
    clock = tuple(int(part) for part in match.groups()) if match else ()
    return clock, natural_key(path.name)


def _usual_layout(files: Sequence[Path]) -> tuple[Path, Layout]:
    """The layout of the first readable file of the most common size."""
    sizes = [path.stat().st_size for path in files]
    usual = Counter(sizes).most_common(1)[0][0]
    failure: ReadError | None = None
    for path in [f for f, size in zip(files, sizes, strict=True) if size == usual][:9]:
        try:
            return path, layout_of(path, _WAYS)
        except ReadError as error:
            failure = failure or error
    assert failure is not None
    raise failure


def _numbers(
    series: DmSeries, files: Sequence[Path], facts: Facts, progress: Progress
) -> NDArray[np.float64]:
    """(T, 7) start of recording and frame, date, scales of each file; NaN if unread."""
    found = np.full((len(files), len(_WAYS)), np.nan)
    bad: list[str] = []
    for i, path in enumerate(files):
        if i % _REPORT_EVERY == 0:
            progress(i, len(files), f"Looking at {path.name}")
        try:
            found[i] = series.numbers(i, _WAYS)
        except ReadError:
            bad.append(path.name)
    if bad:
        facts.warn(f"{len(bad)} files cannot be read, the first is {bad[0]}.")
    return found


def _take_sizes(
    files: Sequence[Path], marks: NDArray[np.float64], facts: Facts
) -> None:
    """A pixel size for each file where they differ, from one file of each size."""
    rows = [tuple(row) for row in np.nan_to_num(marks, nan=-1).tolist()]
    firsts = {row: i for i, row in reversed(list(enumerate(rows)))}
    if len(firsts) > 1:
        sizes = {row: _size_nm(files[i]) for row, i in firsts.items()}
        facts.calibrate_each([sizes[row] for row in rows])


def _size_nm(path: Path) -> tuple[float, float]:
    """(y, x) size of a pixel of a file in nm; NaN where it has none."""
    try:
        found = dm_facts(layout_of(path).image).calibration
    except ReadError:
        found = None
    return (np.nan, np.nan) if found is None else found.scale_nm


def _take_times(
    files: Sequence[Path], numbers: NDArray[np.float64], facts: Facts
) -> None:
    """The camera's own stamps, then the clock in the names, then the dates of files."""
    epoch, start, made = numbers.T[:3]
    names = times_from_names([path.stem for path in files], "file names")
    named = None if names is None else names[0]
    if _is_rising(start) and np.ptp(epoch) == 0:
        facts.times = FrameTimes(_since_first(start), source="tags (Frame Start)")
        _move_start(facts, from_epoch(float(epoch[0])), float(start[0]))
        return
    ticks = _since_first(made) * 100 if _is_rising(made) else None
    if ticks is not None and named is not None and not _agree(ticks, named.start_ns):
        facts.warn("The dates in the files contradict the clock in their names.")
        ticks = None
    began = from_filetime(float(made[0]))
    if ticks is not None:
        facts.times = FrameTimes(ticks, source="tags (Acquisition Time (OS))")
        _move_start(facts, began, 0.0)
    elif named is not None:
        facts.times = named
        if from_epoch(float(epoch[0])) is None:
            _move_start(facts, began, -float(named.start_ns[0]))


def _is_rising(values: NDArray[np.float64]) -> bool:
    """Whether every frame has a later value than the one before."""
    return bool(len(values) > 1 and np.all(np.diff(values) > 0))


def _since_first(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.asarray(np.rint(values - values[0]), dtype=np.int64)


def _agree(a: NDArray[np.int64], b: NDArray[np.int64]) -> bool:
    """Whether two time axes last as long, to a second at each end and 1 %."""
    long, other = int(np.ptp(a)), int(np.ptp(b))
    return abs(long - other) < 2_000_000_000 + long // 100


def _move_start(facts: Facts, began: datetime | None, by_ns: float) -> None:
    """Set the start to another moment, in the zone that the tags gave."""
    if began is None or facts.stamp is None or facts.stamp.is_naive:
        return
    when = began + timedelta(microseconds=by_ns / 1e3)
    facts.stamp = replace(facts.stamp, when=when.astimezone(facts.stamp.when.tzinfo))


FORMAT = Format(
    name="Gatan DM series",
    kind="movie",
    maker="Gatan (in-situ recordings of OneView, Rio, K2 and K3; DigitalMicrograph)",
    extensions=(".dm3", ".dm4"),
    library="",
    reads=(
        "folders and lists of DM3 or DM4 files, a frame a file; the in-situ tree of "
        "Hour_, Minute_ and Second_ folders; times from the tags of each file, else "
        "from the clock in the names"
    ),
    missing="frames of different size in one series",
    sniff=_sniff,
    read=_read,
    many=True,
)
