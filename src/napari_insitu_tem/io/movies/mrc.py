"""MRC movies: MRC, MRCS, MAP and ST files, with the headers of FEI and DE cameras."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_insitu_tem.io.movies.direct_electron import (
    described_beside,
    take_direct_electron,
)
from napari_insitu_tem.io.movies.facts import Facts, build_movie
from napari_insitu_tem.io.movies.mrc_extended import take_fei
from napari_insitu_tem.io.movies.mrc_header import (
    REFUSED,
    Header,
    is_marked,
    parse_header,
)
from napari_insitu_tem.io.movies.raw_frames import (
    MAX_FRAME_BYTES,
    RawFrames,
    whole_frames,
)
from napari_insitu_tem.io.probe import Probe, probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

_EXTENSIONS = (".mrc", ".mrcs", ".map", ".st", ".ali", ".rec")


def _sniff(looked: Probe) -> float:
    if is_marked(looked.head):
        return 0.95
    # Files from before the standard of 2000 have no mark of their own.
    if looked.extension not in _EXTENSIONS:
        return 0.0
    header = parse_header(looked.head)
    return 0.6 if header is not None and header.data_offset < looked.size else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    path = paths[0]
    looked = probe(path)
    header = parse_header(looked.head)
    if header is None:
        raise ReadError(
            f"The MRC header of {path.name} makes no sense in either byte order.",
            hint="The file is damaged; copy or export it again.",
            path=path,
        )
    facts = Facts()
    source = _frames(header, looked, facts)
    _take_cell(header, facts)
    take_fei(path, header, source.shape[0], facts)
    take_direct_electron(path, source.shape[0], facts)
    facts.note(mode=header.mode, labels=header.labels)
    return build_movie(
        source, facts, paths, name=path.stem, form="MRC", reader="mrcfile"
    )


def _frames(header: Header, looked: Probe, facts: Facts) -> RawFrames:
    """The sections that are completely in the file."""
    path, (claimed, rows, columns) = looked.path, header.shape
    dtype = _accepted_type(header, path)
    step = rows * columns * dtype.itemsize
    room = whole_frames(looked.size, header.data_offset, step, 2**62)
    frames = min(claimed, room) or (room if claimed == 0 else 0)
    if frames == 0 or step > MAX_FRAME_BYTES:
        raise ReadError(
            f"{path.name} is cut off: its header promises {claimed} frames of "
            f"{rows} x {columns} pixels, of which not one is complete.",
            hint="Copy the file again.",
            path=path,
        )
    facts.warnings += _size_remarks(claimed, frames, room)
    start = header.data_offset
    return RawFrames(
        path,
        range(start, start + frames * step, step),
        (rows, columns),
        dtype,
        finish=_as_single if dtype.itemsize == 2 and dtype.kind == "f" else None,
    )


def _size_remarks(claimed: int, frames: int, room: int) -> list[str]:
    if claimed == 0:
        return [f"The header counts no frames; the file has room for {frames}."]
    if frames < claimed:
        return [f"The file is cut off: {frames} of {claimed} frames are there."]
    if room > claimed:
        return [
            f"The file is longer than its header says: room for {room} frames, "
            f"{claimed} promised and read."
        ]
    return []


def _accepted_type(header: Header, path: Path) -> np.dtype[Any]:
    if header.dtype is None:
        raise ReadError(
            f"{path.name} holds {REFUSED[header.mode]} (MRC mode {header.mode}), which "
            "are no grey levels.",
            hint="Convert it to real numbers or integers first.",
            path=path,
        )
    return header.dtype


def _take_cell(header: Header, facts: Facts) -> None:
    """Pixel size from the cell; exactly one ångström is what many programs write."""
    y, x = header.pixel_size_angstrom
    facts.calibrate(y, x, "Å", "MRC header")
    if x == y == 1.0:
        facts.warn(
            "Its header gives exactly 1 Å a pixel, which many programs write when they "
            "do not know the scale."
        )


def _as_single(frame: NDArray[Any]) -> NDArray[Any]:
    """Half precision to single: nothing downstream computes in half."""
    return frame.astype(np.float32)


FORMAT = Format(
    name="MRC",
    kind="movie",
    maker="Thermo Fisher (EPU), Direct Electron, SerialEM, IMOD, ...",
    extensions=_EXTENSIONS,
    library="mrcfile",
    reads=(
        "bytes, 16-bit integers, single and half precision, both byte orders; scale "
        "from the cell; scale, frame times and exposure from FEI extended headers; "
        "frame times, exposure and start from the info file and the table of time "
        "stamps of Direct Electron"
    ),
    missing="complex and 4-bit data; compressed files (unpack them first)",
    sniff=_sniff,
    read=_read,
    beside=described_beside,
)
