"""Videos (MP4, MOV, AVI, MKV, WebM) and GIF animations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.video_frames import (
    VideoFrames,
    VideoIndex,
    index_video,
)
from napari_insitu_tem.io.probe import Probe, probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes

#: (offset, bytes, FFmpeg's name of the container, name for users)
_CONTAINERS = (
    (4, b"ftyp", "mov", "MP4"),
    (8, b"AVI ", "avi", "AVI"),
    (0, b"\x1aE\xdf\xa3", "matroska", "MKV"),
    (0, b"GIF8", "gif", "GIF"),
)


def _container(head: bytes) -> tuple[str, str] | None:
    for offset, magic, form, name in _CONTAINERS:
        if head[offset : offset + len(magic)] == magic:
            is_mov = form == "mov" and head[8:10] == b"qt"
            return form, "MOV" if is_mov else name
    return None


def _sniff(looked: Probe) -> float:
    return 0.9 if _container(looked.head) is not None else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    path = paths[0]
    form, name = _container(probe(path).head) or ("mov", "MP4")
    index = index_video(path, form, progress)
    source = VideoFrames(path, form, index)
    facts = Facts()
    _take_times(index, facts)
    return build_movie(
        source, facts, paths, name=path.stem, form=f"{name} video", reader="PyAV"
    )


def _take_times(index: VideoIndex, facts: Facts) -> None:
    """When the frames are shown, said to be nothing more than that."""
    if len(index.pts) < 2 or not index.tick_s > 0:
        return
    seconds = (index.pts - index.pts[0]) * index.tick_s
    if not np.isfinite(seconds).all() or seconds[-1] > 9e9:
        return
    facts.times = FrameTimes.from_seconds(
        seconds, source="playback of the video, not the camera"
    )
    facts.warn(
        "The frame times are those at which the video shows its frames; where it was "
        "made faster or slower than the recording, type the frame interval instead."
    )


FORMAT = Format(
    name="Video",
    kind="movie",
    maker="any camera, screen recorder or program",
    extensions=(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".gif"),
    library="av",
    extra="video",
    reads=(
        "the first picture track, grey or colour, with the time at which each frame is "
        "shown; any frame from the key frame before it"
    ),
    missing="scale and date (they have none); sound",
    sniff=_sniff,
    read=_read,
)
