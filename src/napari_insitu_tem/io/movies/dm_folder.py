"""Folders of DM3 and DM4 files, a frame a file: also the trees of in-situ cameras."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.dm import dm_facts, read_dm
from napari_insitu_tem.io.movies.dm_image import choose_image
from napari_insitu_tem.io.movies.dm_series import DmSeries, Layout, layout_of
from napari_insitu_tem.io.movies.dm_tags import Way, byte_order, read_tags
from napari_insitu_tem.io.movies.dm_times import from_epoch, from_filetime
from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.image_times import times_from_names
from napari_insitu_tem.io.movies.insitu_tree import (
    DM_SUFFIXES,
    clock_of,
    frames_below,
    has_parts,
    is_frame,
    place_in_time,
    tree_suffixes,
    without_directors,
)
from napari_insitu_tem.io.movies.name_series import left_out, main_series
from napari_insitu_tem.io.movies.part_frames import raw_parts, recorded_frames
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes

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
        is_dm = bool(byte_order(looked.head))
        return 0.0 if not is_dm else 0.97 if _is_director(looked.path) else 0.5
    if has_parts(looked.path):
        return 0.9 if tree_suffixes(looked.path) == DM_SUFFIXES else 0.0
    with os.scandir(looked.path) as entries:
        seen = [entry for _, entry in zip(range(_LOOK_AT), entries, strict=False)]
    return 0.7 if any(is_frame(entry, DM_SUFFIXES) for entry in seen) else 0.0


def read_folder(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    """The movie in a folder, a tree, a list of files, or the tree beside a director.

    Raises
    ------
    ReadError
        There is no file, none can be read, or they are stacks.
    """
    first = paths[0]
    is_director = len(paths) == 1 and first.is_file()
    folder = first.parent if is_director else first
    is_folder = folder.is_dir()
    found = list(frames_below(folder, DM_SUFFIXES)) if is_folder else list(paths)
    frames = sorted(without_directors(found), key=place_in_time)
    files, beside = main_series(frames) if is_folder and frames else (frames, [])
    files = sorted(files, key=place_in_time)
    if not files:
        raise ReadError(
            f"There is no DM3 or DM4 file in {folder.name}.",
            hint="Choose the folder that holds the frames, or the one with Hour_00.",
            path=folder,
        )
    directors = _directors(frames) if is_folder else []
    if is_folder and len(frames) == 1 and math.isfinite(_claimed(frames[0])):
        directors = frames
    if directors:
        return _recording(directors, frames, progress)
    model, layout = _usual_layout(files)
    series = DmSeries(files, layout)
    facts = dm_facts(layout.image)
    if beside:
        facts.warn(left_out(files, beside))
    for director in [first] if is_director else sorted(set(found) - set(frames)):
        _compare(director, len(files), facts)
    numbers = _numbers(series, files, facts, progress)
    _take_times(files, numbers, facts)
    _take_sizes(files, numbers[:, 3:], facts)
    return build_movie(
        series,
        facts,
        files,
        name=first.stem if is_director else folder.name if is_folder else model.stem,
        form=f"Gatan {model.suffix[1:].upper()} series",
        reader="dm_folder",
    )


def _is_director(path: Path) -> bool:
    """Whether a file is the image in front of the tree of a recording beside it."""
    if clock_of(path) or not has_parts(path.parent) or raw_parts(path):
        return False
    return math.isfinite(_claimed(path))


def _directors(files: Sequence[Path]) -> list[Path]:
    """Those with their recording in raw files beside them."""
    return [path for path in files if raw_parts(path) and _claimed(path) > 0]


def _recording(
    directors: Sequence[Path], files: Sequence[Path], progress: Progress
) -> Movie:
    """The recording of a folder, whose other files are no frames of it."""
    if len(directors) > 1:
        raise ReadError(
            f"{directors[0].parent.name} holds {len(directors)} recordings.",
            hint=f"Open one of them by its own file, such as {directors[0].name}.",
            path=directors[0].parent,
        )
    movie = read_dm(directors, progress=progress)
    if len(files) == 1:
        return movie
    others = [path for path in files if path not in directors]
    said = (
        f"The folder holds {len(others)} DM files beside the recording of "
        f"{directors[0].name}, the first is {others[0].name}; they were left out."
    )
    return replace(movie, warnings=(*movie.warnings, said))


def _claimed(director: Path) -> float:
    """How many frames a director counts; NaN where the file is none."""
    try:
        image = choose_image(read_tags(director), director)
    except ReadError:
        return math.nan
    return recorded_frames(image.tags)


def _compare(director: Path, frames: int, facts: Facts) -> None:
    """Say it where a director counts other frames than there are files."""
    claimed = _claimed(director)
    if math.isfinite(claimed) and claimed != frames:
        facts.warn(
            f"{director.name} counts {claimed:.0f} frames, there are {frames} files; "
            "those were opened."
        )


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
        "Hour_, Minute_ and Second_ folders, also by the director image beside it; "
        "times from the tags of each file, else from the clock in the names"
    ),
    missing="frames of different size in one series",
    sniff=_sniff,
    read=read_folder,
    many=True,
)
