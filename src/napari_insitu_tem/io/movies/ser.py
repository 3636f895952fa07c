"""FEI TIA series: SER files, with the EMI file beside them where it is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.emi import Emi, emi_beside, find_emi
from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.raw_frames import MAX_FRAME_BYTES, MAX_SIDE, RawFrames
from napari_insitu_tem.io.movies.zones import zone_between
from napari_insitu_tem.io.probe import Probe, probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp, to_ns

_MAGIC = b"II\x97\x01"
_IMAGES = 0x4122
_LONG_OFFSETS = 0x220
_PIXELS = {1: "u1", 2: "u2", 3: "u4", 4: "i1", 5: "i2", 6: "i4", 7: "f4", 8: "f8"}
_MAX_FRAMES = 5_000_000
_ELEMENT = np.dtype(
    [
        ("offset_x", "<f8"),
        ("delta_x", "<f8"),
        ("element_x", "<i4"),
        ("offset_y", "<f8"),
        ("delta_y", "<f8"),
        ("element_y", "<i4"),
        ("kind", "<i2"),
        ("columns", "<i4"),
        ("rows", "<i4"),
    ]
)


def _sniff(looked: Probe) -> float:
    return 0.95 if looked.head.startswith(_MAGIC) else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    path = paths[0]
    facts = Facts()
    data_at, tags_at = _tables(probe(path), facts)
    elements = _elements(path, data_at)
    source = _frames(path, data_at, elements, facts)
    emi = find_emi(path)
    _take_scale(elements, emi, facts)
    _take_times(_stamps(path, tags_at), emi, facts)
    if emi is not None:
        emi.describe(facts)
    return build_movie(
        source, facts, paths, name=path.stem, form="FEI SER", reader="ser"
    )


def _tables(looked: Probe, facts: Facts) -> tuple[NDArray[Any], NDArray[Any]]:
    """Byte offset of each element and of its tag."""
    head, path = looked.head.ljust(34, b"\0"), looked.path
    version = int.from_bytes(head[4:6], "little")
    is_long = version >= _LONG_OFFSETS
    kind = int.from_bytes(head[6:10], "little")
    total, valid = (int(n) for n in np.frombuffer(head, "<u4", 2, 14))
    item = np.dtype("<i8" if is_long else "<i4")
    table = int(np.frombuffer(head, item, 1, 22)[0])
    if kind != _IMAGES:
        raise ReadError(
            f"{path.name} holds spectra or profiles, not images.",
            hint="Open the series of the images.",
            path=path,
        )
    room = max(0, looked.size - table) // item.itemsize if table > 0 else 0
    frames = min(valid, total, room, _MAX_FRAMES)
    if frames == 0:
        raise ReadError(
            f"{path.name} is cut off or was never finished: not one of its {total} "
            "images is there.",
            hint="Copy the file again.",
            path=path,
        )
    if valid < total:
        facts.warn(f"{valid} of {total} frames were recorded.")
    with path.open("rb") as file:
        file.seek(table)
        data_at = np.frombuffer(file.read(frames * item.itemsize), item)
        file.seek(table + total * item.itemsize)
        tags = file.read(frames * item.itemsize)
    whole = len(tags) // item.itemsize * item.itemsize
    return data_at, np.frombuffer(tags[:whole], item)


def _elements(path: Path, offsets: NDArray[Any]) -> NDArray[Any]:
    """The header of each image; zeros for one that is not in the file."""
    found = np.zeros(len(offsets), _ELEMENT)
    with path.open("rb") as file:
        for i, offset in enumerate(offsets):
            if offset > 0:
                file.seek(int(offset))
                raw = file.read(_ELEMENT.itemsize)
                if len(raw) == _ELEMENT.itemsize:
                    found[i] = np.frombuffer(raw, _ELEMENT)[0]
    return found


def _frames(
    path: Path, offsets: NDArray[Any], elements: NDArray[Any], facts: Facts
) -> RawFrames:
    first = elements[0]
    rows, columns = int(first["rows"]), int(first["columns"])
    kind = _PIXELS.get(int(first["kind"]))
    if kind is None and int(first["kind"]) in (9, 10):
        raise ReadError(
            f"{path.name} holds complex numbers, which are no grey levels.",
            hint="Convert it to real numbers first.",
            path=path,
        )
    dtype = np.dtype("<" + (kind or "u1"))
    is_possible = 0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE
    size = rows * columns * dtype.itemsize
    room = path.stat().st_size - int(offsets[0]) - _ELEMENT.itemsize
    if kind is None or not is_possible or size > MAX_FRAME_BYTES or size > room:
        raise ReadError(
            f"The first image of {path.name} is damaged or cut off: {rows} x {columns} "
            f"pixels of type {int(first['kind'])}.",
            hint="Copy the file again.",
            path=path,
        )
    alike = np.all(
        [elements[name] == first[name] for name in ("rows", "columns", "kind")], axis=0
    )
    if not alike.all():
        facts.warn(
            f"{int((~alike).sum())} frames are damaged or not of the size of the first."
        )
    starts = np.where(alike, offsets.astype(np.int64) + _ELEMENT.itemsize, -1)
    return RawFrames(path, starts.tolist(), (rows, columns), dtype, finish=_upright)


def _upright(frame: NDArray[Any]) -> NDArray[Any]:
    """TIA writes the lowest row first; turned without moving a byte."""
    return frame[::-1]


def _take_scale(elements: NDArray[Any], emi: Emi | None, facts: Facts) -> None:
    """Metres a pixel; in diffraction the same fields hold one over metres."""
    sizes = np.abs(np.stack([elements["delta_y"], elements["delta_x"]], axis=1))
    is_reciprocal = sizes[0].max() > 1 or (emi is not None and emi.is_diffraction)
    y, x = sizes[0].tolist()
    facts.calibrate(y, x, "1/m" if is_reciprocal else "m", "SER calibration")
    if not is_reciprocal:
        is_length = (sizes > 0) & (sizes <= 1)
        facts.calibrate_each(np.where(is_length, sizes, np.nan) * 1e9)


def _stamps(path: Path, tags_at: NDArray[Any]) -> list[int]:
    """Seconds since 1970 of each image, 0 where it has none."""
    stamps = []
    with path.open("rb") as file:
        for offset in tags_at:
            file.seek(max(0, int(offset)))
            raw = file.read(8)
            is_tag = offset > 0 and raw[:2] in (b"\x52\x41", b"\x42\x41")
            stamps.append(int.from_bytes(raw[4:8], "little") if is_tag else 0)
    return stamps


def _take_times(stamps: Sequence[int], emi: Emi | None, facts: Facts) -> None:
    """Start in the zone of the local date in the EMI file; times if they differ."""
    began = stamps[0] if stamps else 0
    local = None if emi is None else emi.acquired
    if began > 0:
        when = datetime.fromtimestamp(began, UTC)
        zone = zone_between(when, [local])
        facts.stamp = StartStamp(when.astimezone(zone), 1.0, "SER tag of the image")
    elif local is not None:
        facts.stamp = StartStamp(local, 1.0, "EMI file (AcquireDate)")
    steps = np.diff(stamps)
    if not len(steps) or not all(stamps) or np.any(steps < 0) or not steps.any():
        return
    if np.all(steps > 0):
        start_ns = to_ns(np.array(stamps) - began)
        facts.times = FrameTimes(start_ns, source="SER tag of each image")
    else:
        facts.warn(
            f"Its stamps are whole seconds, too coarse for its frames: {len(stamps)} "
            f"frames in {stamps[-1] - began} s. Type the frame interval instead."
        )


def _described_beside(path: Path) -> list[Path]:
    """The EMI file of a series."""
    emi = emi_beside(path) if path.suffix.lower() == ".ser" else None
    return [] if emi is None else [emi]


FORMAT = Format(
    name="FEI SER",
    kind="movie",
    maker="FEI / Thermo Fisher (TIA)",
    extensions=(".ser",),
    library="",
    reads=(
        "series of images of integers or real numbers; scale; times and start from "
        "tags (whole seconds); exposure, zone and microscope from the EMI file beside"
    ),
    missing="spectra, complex images, EMI files without their SER file",
    sniff=_sniff,
    read=_read,
    beside=_described_beside,
)
