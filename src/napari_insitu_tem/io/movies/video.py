"""Videos (MP4, MOV, AVI, MKV, WMV, MPEG, ...) and animated GIF and PNG files."""

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
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf", "WMV"),
    (0, b"\x00\x00\x01\xba", "mpeg", "MPEG"),
)
#: Where the marks of a transport stream's packets are: offset of the first, their step.
_TRANSPORT = ((0, 188), (4, 192), (0, 204))
_PNG = b"\x89PNG\r\n\x1a\n"


def _container(head: bytes) -> tuple[str, str] | None:
    for offset, magic, form, name in _CONTAINERS:
        if head[offset : offset + len(magic)] == magic:
            is_mov = form == "mov" and head[8:10] == b"qt"
            return form, "MOV" if is_mov else name
    for offset, step in _TRANSPORT:
        marks = head[offset : offset + 8 * step : step]
        if len(marks) == 8 and set(marks) == {0x47}:
            return "mpegts", "MPEG-TS"
    return ("apng", "APNG") if _is_animated_png(head) else None


def _is_animated_png(head: bytes) -> bool:
    """Whether a PNG announces several frames in front of its pixels."""
    at = len(_PNG) if head.startswith(_PNG) else len(head)
    while at + 12 <= len(head):
        length, kind = int.from_bytes(head[at : at + 4], "big"), head[at + 4 : at + 8]
        if kind == b"acTL":
            return int.from_bytes(head[at + 8 : at + 12], "big") > 1
        if kind == b"IDAT":
            return False
        at += length + 12
    return False


def _sniff(looked: Probe) -> float:
    found = _container(looked.head)
    # An animated PNG begins like any other.
    return 0.0 if found is None else 0.95 if found[0] == "apng" else 0.9


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    path = paths[0]
    form, name = _container(probe(path).head) or ("mov", "MP4")
    index = index_video(path, form, progress)
    source = VideoFrames(path, form, index)
    facts = Facts()
    _take_times(index, facts)
    if source.pixel_aspect > 0 and abs(source.pixel_aspect - 1) > 1e-3:
        facts.warn(
            f"Its pixels are {source.pixel_aspect:.4g} times as wide as high, so that "
            "lengths across and along differ in scale."
        )
    _say_if_cut(index, facts)
    if index.untimed:
        facts.warn(f"{index.untimed} frames have no time and are left out.")
    if source.lost_bits:
        facts.warn(
            f"Its levels have {8 + source.lost_bits} bits, of which the upper 8 are "
            "read."
        )
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


def _say_if_cut(index: VideoIndex, facts: Facts) -> None:
    """Where the frames end long before the track, which a cut copy still promises."""
    if len(index.pts) < 2:
        return
    step = float(np.median(np.diff(index.pts)))
    ends = float(index.pts[-1] - index.pts[0]) + step
    if index.claimed > 1.02 * ends + 2 * step:
        facts.warn(
            f"The file promises {index.claimed * index.tick_s:.4g} s, its frames end "
            f"after {ends * index.tick_s:.4g} s: it is cut off, or the last one stays."
        )


FORMAT = Format(
    name="Video",
    kind="movie",
    maker="any camera, screen recorder or program",
    extensions=(
        *(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".wmv", ".asf"),
        *(".mpg", ".mpeg", ".ts", ".mts", ".m2ts", ".gif", ".apng"),
    ),
    library="av",
    extra="video",
    reads=(
        "the first picture track, grey or colour, turned as players show it, with the "
        "time at which each frame is shown; any frame from the key frame before it; "
        "animated GIF and PNG"
    ),
    missing="scale and date (they have none); sound; colour beyond 8 bits",
    sniff=_sniff,
    read=_read,
)
