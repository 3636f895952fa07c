"""Norpix SEQ: a header, then images of one size, each followed by its stamp.

Offsets, codes and the stamps of each version as the readers of pims and LiberTEM,
`Norpix2MATLAB` and headers of StreamPix's own kit for C agree on them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.raw_frames import MAX_FRAME_BYTES, MAX_SIDE, RawFrames
from napari_insitu_tem.io.probe import Probe, probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import FrameTimes, StartStamp

_MAGIC = b"\xed\xfe\x00\x00"
_NAME = "Norpix seq".encode("utf-16-le")
_HEADER = np.dtype(
    {
        "names": [
            "version", "description", "columns", "rows", "bits", "real_bits", "bytes",
            "format", "frames", "step", "rate", "text_form", "compression",
        ],
        "formats": [
            "<i4", "V512", "<u4", "<u4", "<u4", "<u4", "<u4", "<u4", "<u4", "<u4",
            "<f8", "<i4", "<u4",
        ],
        "offsets": [28, 36, 548, 552, 556, 560, 564, 568, 572, 580, 584, 592, 620],
        "itemsize": 1024,
    }
)  # fmt: skip
_LONG_HEADER = 5  # from this version on the images begin later, stamps have µs
_STAMP = np.dtype([("seconds", "<u4"), ("ms", "<u2"), ("us", "<u2")])
_GREY = (100, 101)  # monochrome, and the raw mosaic of a colour camera
_MOSAIC = 101
#: Codes of packed colours: channels in the file, and those of red, green and blue.
_COLOURS = {200: (3, [2, 1, 0]), 400: (3, [0, 1, 2]), 500: (4, [2, 1, 0])}
#: How the description is written, by its code; bytes of any other kind are no text.
_ENCODINGS = {0: "utf-16-le", 1: "cp1252"}
_REPORT_EVERY = 2000
_DAY_US = 86_400_000_000


def _sniff(looked: Probe) -> float:
    is_named = looked.head[4 : 4 + len(_NAME)] == _NAME
    return 0.95 if looked.head.startswith(_MAGIC) and is_named else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    path = paths[0]
    facts = Facts()
    looked = probe(path)
    header = _header(looked)
    shape, dtype, finish = _layout(header, path)
    room = _offsets(header, looked)
    stamps = _stamps(path, room, header, progress)
    used = _recorded(stamps, int(header["frames"]), facts)
    is_plain = np.array_equal(used, np.arange(len(used)))
    offsets = room[: len(used)] if is_plain else [room[i] for i in used]
    source = RawFrames(path, offsets, shape, dtype, finish=finish)
    _take_times(stamps[used], facts)
    _describe(header, facts)
    return build_movie(
        source, facts, paths, name=path.stem, form="Norpix SEQ", reader="seq"
    )


def _header(looked: Probe) -> Any:
    if len(looked.head) < _HEADER.itemsize:
        raise ReadError(
            f"{looked.path.name} is cut off within its header.",
            hint="Copy the file again.",
            path=looked.path,
        )
    return np.frombuffer(looked.head, _HEADER, 1)[0]


def _layout(
    header: Any, path: Path
) -> tuple[
    tuple[int, ...], np.dtype[Any], Callable[[NDArray[Any]], NDArray[Any]] | None
]:
    """Shape and type of an image as it lies in the file, and how it becomes upright."""
    code, bits = int(header["format"]), int(header["bits"])
    rows, columns = int(header["rows"]), int(header["columns"])
    channels, order = _COLOURS.get(code, (1, []))
    if header["compression"] or not (code in _GREY or code in _COLOURS):
        raise ReadError(
            f"The images of {path.name} are compressed or packed (format {code}), "
            "which is not read.",
            hint="Export it from StreamPix without compression, or as TIFF.",
            path=path,
        )
    depth = bits // channels
    shape = (rows, columns) if channels == 1 else (rows, columns, channels)
    is_possible = 0 < rows <= MAX_SIDE and 0 < columns <= MAX_SIDE
    if channels == 1 and 8 < depth < 16:
        depth = bits = 16  # 10, 12 or 14 bits, each in two bytes or refused below
    size = rows * columns * bits // 8
    is_known = depth in (8, 16, 32) and depth * channels == bits
    if not (is_possible and is_known and 0 < size <= MAX_FRAME_BYTES):
        raise ReadError(
            f"{path.name} is damaged: it promises images of {rows} x {columns} pixels "
            f"of {bits} bits.",
            hint="Copy the file again.",
            path=path,
        )
    if int(header["bytes"]) != size or int(header["step"]) < size:
        raise ReadError(
            f"{path.name} is damaged, or its rows are padded: an image takes "
            f"{int(header['bytes'])} bytes instead of {size}.",
            hint="Copy the file again, or export it as TIFF.",
            path=path,
        )
    return shape, np.dtype(f"<u{depth // 8}"), _picker(order) if order else None


def _picker(order: Sequence[int]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """Red, green and blue from the channels of the file."""

    def pick(frame: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(frame[..., order])

    return pick


def _offsets(header: Any, looked: Probe) -> range:
    """Where there is room for images in the file."""
    first = 8192 if int(header["version"]) >= _LONG_HEADER else 1024
    size, step = int(header["bytes"]), int(header["step"])
    there = max(0, (looked.size - first - size) // step + 1)
    if there == 0:
        raise ReadError(
            f"{looked.path.name} is cut off: not one image is complete.",
            hint="Copy the file again.",
            path=looked.path,
        )
    return range(first, first + there * step, step)


def _recorded(
    stamps: NDArray[np.int64], claimed: int, facts: Facts
) -> NDArray[np.int64]:
    """Places of the images in the order of time.

    The header counts too few where the program was ended while it recorded, and too
    many where room was kept for images that were never taken.
    """
    there = len(stamps)
    count = there if claimed == 0 else min(claimed, there)
    more = _following(stamps, count)
    if there < claimed:
        facts.warn(f"{there} of {claimed} frames are there; the file is cut off.")
    elif more:
        count += more
        facts.warn(
            f"The header counts {claimed} frames; {count} with time stamps are there "
            "and were opened."
        )
    stamped = np.flatnonzero(stamps[:count])
    if len(stamped) and stamped[-1] + 1 < count:
        facts.warn(
            f"{count - 1 - int(stamped[-1])} frames at the end have no time stamp: "
            "they were cut off or never recorded, and are left out."
        )
        count = int(stamped[-1]) + 1
    return _unrolled(stamps[:count], facts)


def _following(stamps: NDArray[np.int64], count: int) -> int:
    """How many images behind those that are counted go on in time."""
    rise = np.diff(stamps[count - 1 :])
    breaks = np.flatnonzero((rise <= 0) | (rise > _DAY_US))
    return int(breaks[0]) if len(breaks) else len(rise)


def _unrolled(stamps: NDArray[np.int64], facts: Facts) -> NDArray[np.int64]:
    """Places in the order of time, where a ring of images was written over."""
    places = np.arange(len(stamps))
    falls = np.flatnonzero(np.diff(stamps) < 0)
    if len(falls) != 1 or not stamps.all() or stamps[-1] > stamps[0]:
        return places
    facts.warn(
        "It was recorded in a loop that was written over; its frames are put in the "
        "order of their time stamps."
    )
    return np.roll(places, -int(falls[0]) - 1)


def _stamps(
    path: Path, offsets: range, header: Any, progress: Progress
) -> NDArray[np.int64]:
    """(T,) stamps in µs since 1970, behind each image; 0 where there is none."""
    size = int(header["bytes"])
    has_us = int(header["version"]) >= _LONG_HEADER
    wanted = _STAMP.itemsize if has_us else _STAMP.itemsize - 2
    raw = bytearray()
    with path.open("rb", buffering=0) as file:
        for i, offset in enumerate(offsets):
            if i % _REPORT_EVERY == 0:
                progress(i, len(offsets), f"Looking at {path.name}")
            file.seek(offset + size)
            has_room = int(header["step"]) >= size + wanted
            raw += (file.read(wanted) if has_room else b"").ljust(8, b"\0")
    found = np.frombuffer(raw, _STAMP)
    ms = found["seconds"].astype(np.int64) * 1000 + found["ms"]
    return np.asarray(ms * 1000 + found["us"], dtype=np.int64)


def _take_times(stamps: NDArray[np.int64], facts: Facts) -> None:
    """Stamps that rise are the times; the rate that StreamPix suggests is none."""
    if not np.all(stamps >= 1_000_000):
        if np.any(stamps):
            facts.warn("Some of its images have no stamp, so the frames have no times.")
        return
    when = datetime.fromtimestamp(int(stamps[0]) / 1e6, UTC)
    facts.stamp = StartStamp(when, 1e-3, "stamp of the first image")
    steps = np.diff(stamps)
    if len(steps) and np.all(steps >= 0) and steps.any():
        times = (stamps - stamps[0]) * 1000
        facts.times = FrameTimes(times, source="stamp of each image")
    elif np.any(steps < 0):
        facts.warn("Its stamps run backwards, so the frames have no times.")


def _describe(header: Any, facts: Facts) -> None:
    encoding = _ENCODINGS.get(int(header["text_form"]))
    raw = bytes(header["description"]) if encoding else b""
    text = raw.decode(encoding or "ascii", "replace")
    facts.note(
        description=text.partition("\0")[0].strip(),
        bits=int(header["real_bits"]),
        nominal_frames_per_second=float(header["rate"]),
    )
    if int(header["format"]) == _MOSAIC:
        facts.warn("Its pixels are the mosaic of a colour camera, shown as grey.")


FORMAT = Format(
    name="Norpix SEQ",
    kind="movie",
    maker="Norpix StreamPix (Direct Electron, cameras of environmental microscopes)",
    extensions=(".seq",),
    library="",
    reads=(
        "uncompressed grey and colour images; the stamp of each image to the "
        "microsecond (older versions: millisecond)"
    ),
    missing="compressed and packed images; scale, which the file does not have",
    sniff=_sniff,
    read=_read,
)
