"""TVIPS recordings: one header, then frames with their own; several files in a row.

Fields as LiberTEM, HyperSpy and TVIPSconverter have them; the 12 bytes in front of a
frame of version 1 are the first three of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.joined_frames import JoinedFrames
from napari_insitu_tem.io.movies.raw_frames import (
    MAX_FRAME_BYTES,
    MAX_SIDE,
    RawFrames,
    whole_frames,
)
from napari_insitu_tem.io.probe import Probe, probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp

_HEADER = np.dtype(
    [
        ("size", "<u4"),
        ("version", "<u4"),
        ("columns", "<u4"),
        ("rows", "<u4"),
        ("bits", "<u4"),
        ("offset", "<u4", 2),
        ("binning", "<u4", 2),
        ("pixel_nm", "<u4"),
        ("tension", "<u4"),
        ("magnification", "<u4"),
        ("frame_header", "<u4"),
    ]
)
#: The beginning of a frame's header that is used here.
_FRAME = np.dtype(
    [
        ("number", "<u4"),
        ("seconds", "<u4"),
        ("milliseconds", "<u4"),
        ("table", "<u4"),
        ("screen_current", "<f4"),
        ("magnification", "<u4"),
        ("mode", "<u4"),
    ]
)
_YEAR_1990 = 631_152_000
_SHORT_BYTES = 12  # the whole frame header of version 1
_DIFFRACTION = 2
_CAMERA_PIXEL_NM = 1000
_PART = re.compile(r"(.*_)(\d{3})", re.DOTALL)
_REPORT_EVERY = 1000


def _sniff(looked: Probe) -> float:
    if _header(looked.head) is not None:
        return 0.9 if b"TVIPS" in looked.head[48:256] else 0.8
    return 0.6 if _first_part(looked.path) != looked.path else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    path = _first_part(paths[0])
    looked = probe(path)
    header = _header(looked.head)
    if header is None:
        raise ReadError(
            f"The TVIPS header of {path.name} makes no sense.",
            hint="Copy the file again.",
            path=path,
        )
    facts = Facts()
    parts = _parts(path)
    sources, records = _sources(parts, header, facts)
    frames = _records(parts, records, progress)
    _take_scale(header, frames, facts)
    _take_times(frames, facts)
    facts.note(
        magnification=int(header["magnification"]),
        high_tension_V=_volts(int(header["tension"])),
        binning=int(header["binning"][0]),
    )
    return build_movie(
        JoinedFrames(sources),
        facts,
        parts,
        name=path.stem.removesuffix("_000"),
        form="TVIPS",
        reader="tvips",
    )


def _header(head: bytes) -> Any:
    """The main header; None where it is none."""
    if len(head) < 256:
        return None
    header = np.frombuffer(head, _HEADER, 1)[0]
    is_header = (
        header["size"] == 256
        and header["version"] in (1, 2)
        and 0 < header["columns"] <= MAX_SIDE
        and 0 < header["rows"] <= MAX_SIDE
        and header["bits"] in (8, 16)
        and (header["version"] == 1 or header["frame_header"] >= _FRAME.itemsize)
        and header["frame_header"] < 2**16
    )
    return header if is_header else None


def _first_part(path: Path) -> Path:
    """The part with the header, where a path is a later one and that is beside it."""
    match = _PART.fullmatch(path.stem)
    if match is None or match[2] == "000" or path.suffix.lower() != ".tvips":
        return path
    first = path.with_name(f"{match[1]}000{path.suffix}")
    return first if first.is_file() else path


def _parts(first: Path) -> list[Path]:
    """The file and those that continue it without a gap in their numbers."""
    parts = [first]
    if first.stem.endswith("_000"):
        for number in range(1, 1000):
            part = first.with_name(f"{first.stem[:-3]}{number:03d}{first.suffix}")
            if not part.is_file():
                break
            parts.append(part)
    return parts


def _later_parts(path: Path) -> list[Path]:
    """The files that continue a first one."""
    is_first = path.suffix.lower() == ".tvips" and path.stem.endswith("_000")
    return _parts(path)[1:] if is_first else []


def _sources(
    parts: Sequence[Path], header: Any, facts: Facts
) -> tuple[list[RawFrames], list[range]]:
    """The frames of each part, and where their headers are."""
    shape = int(header["rows"]), int(header["columns"])
    dtype = np.dtype(f"<u{int(header['bits']) // 8}")
    extra = int(header["frame_header"]) if header["version"] == 2 else _SHORT_BYTES
    size = shape[0] * shape[1] * dtype.itemsize
    step = extra + size
    sources: list[RawFrames] = []
    records: list[range] = []
    for part in parts:
        start = 0 if sources else int(header["size"])
        room = part.stat().st_size - start
        count = whole_frames(room, 0, step, 2**40) if size <= MAX_FRAME_BYTES else 0
        if room > count * step:
            facts.warn(f"{part.name} ends in the midst of a frame, which is left out.")
        places = range(start, start + count * step, step)
        records.append(places)
        frames = range(start + extra, start + extra + count * step, step)
        sources.append(RawFrames(part, frames, shape, dtype))
    if not any(source.shape[0] for source in sources):
        raise ReadError(
            f"{parts[0].name} is cut off: not one frame of {shape[0]} x {shape[1]} "
            "pixels is complete.",
            hint="Copy the file again.",
            path=parts[0],
        )
    return sources, records


def _records(
    parts: Sequence[Path], records: Sequence[range], progress: Progress
) -> NDArray[Any]:
    """The beginning of the header of each frame."""
    raw = bytearray()
    total = sum(len(places) for places in records)
    for part, places in zip(parts, records, strict=True):
        with part.open("rb") as file:
            for i, place in enumerate(places):
                if i % _REPORT_EVERY == 0:
                    progress(
                        len(raw) // _FRAME.itemsize, total, f"Looking at {part.name}"
                    )
                file.seek(place)
                raw += file.read(_FRAME.itemsize).ljust(_FRAME.itemsize, b"\0")
    return np.frombuffer(raw, _FRAME, len(raw) // _FRAME.itemsize)


def _take_scale(header: Any, frames: NDArray[Any], facts: Facts) -> None:
    """Pixel size of images, where it is not that of the camera's own pixels."""
    size = int(header["pixel_nm"])
    if int(header["version"]) == 2 and int(frames["mode"][0]) == _DIFFRACTION:
        facts.calibrate(size, size, "1/nm", "TVIPS header")
    elif size >= _CAMERA_PIXEL_NM:
        facts.note(camera_pixel_nm=size)
        facts.warn(
            f"Its header gives the camera's own pixel ({size} nm), not that of the "
            "specimen, so lengths stay in pixels."
        )
    elif size > 0:
        facts.calibrate(size, size, "nm", "TVIPS header")
    if int(header["version"]) == 2 and np.ptp(frames["magnification"]) > 0:
        facts.calibration = None
        facts.warn(
            "The magnification was changed during the recording, so lengths stay in "
            "pixels."
        )


def _take_times(frames: NDArray[Any], facts: Facts) -> None:
    """Stamps of each frame in milliseconds since 1970; all equal ones are no times."""
    ns = frames["seconds"].astype(np.int64) * 1_000_000_000
    ns = ns + frames["milliseconds"].astype(np.int64) * 1_000_000
    if np.any(frames["seconds"] < _YEAR_1990) or np.any(frames["milliseconds"] > 999):
        return
    when = datetime.fromtimestamp(int(ns[0]) / 1e9, UTC)
    facts.stamp = StartStamp(when, 1e-3, "header of the first frame")
    if len(ns) > 1 and np.all(np.diff(ns) >= 0) and ns[-1] > ns[0]:
        facts.times = FrameTimes(ns - ns[0], source="header of each frame")
    elif len(ns) > 1 and np.any(np.diff(ns) < 0):
        facts.warn("Its frame times run backwards, so the frames have no times.")


def _volts(tension: int) -> int:
    """The high tension in V; small numbers are kV."""
    return tension * 1000 if tension < 2000 else tension


FORMAT = Format(
    name="TVIPS",
    kind="movie",
    maker="TVIPS (EMMENU, EM-RECORDER)",
    extensions=(".tvips",),
    library="",
    reads=(
        "recordings of one or several files; times of each frame to the millisecond; "
        "scale, magnification and start"
    ),
    missing="scan positions",
    sniff=_sniff,
    read=_read,
    beside=_later_parts,
)
