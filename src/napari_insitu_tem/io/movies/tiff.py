"""TIFF movies: stacks of ImageJ, OME, DigitalMicrograph, plain and compressed pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_insitu_tem.io.movies.facts import build_movie
from napari_insitu_tem.io.probe import Probe
from napari_insitu_tem.io.registry import Format
from napari_insitu_tem.model.errors import ReadError
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress

if TYPE_CHECKING:
    from tifffile import TiffFile

_MAGIC = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")


def is_tiff(head: bytes) -> bool:
    """Whether a file begins as a TIFF or BigTIFF of either byte order."""
    return head[:4] in _MAGIC


def open_tiff(path: Path) -> TiffFile:
    """Open a file with tifffile.

    Raises
    ------
    ReadError
        It is no TIFF, or its first page is damaged.
    """
    import logging

    import tifffile

    # tifffile logs what it finds odd; without a handler that would land on stderr.
    logger = logging.getLogger("tifffile")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    try:
        tif = tifffile.TiffFile(path)
    except (tifffile.TiffFileError, KeyError) as error:
        raise ReadError(
            f"{path.name} begins like a TIFF file but is damaged: {error}.",
            hint="Copy or export it again.",
            path=path,
        ) from error
    tif.filehandle.set_lock(True)
    return tif


def _sniff(looked: Probe) -> float:
    return 0.9 if is_tiff(looked.head) else 0.0


def _read(paths: Sequence[Path], *, progress: Progress = no_progress) -> Movie:
    from napari_insitu_tem.io.movies.tiff_layout import find_frames
    from napari_insitu_tem.io.movies.tiff_metadata import tiff_facts

    path = paths[0]
    tif = open_tiff(path)
    try:
        layout = find_frames(tif, path, progress)
        facts = tiff_facts(tif, len(layout))
        facts.warnings += layout.warnings
        source = layout.open(tif, path)
    except BaseException:
        tif.close()
        raise
    return build_movie(
        source,
        facts,
        paths,
        name=path.stem.removesuffix(".ome"),
        form="TIFF",
        reader="tifffile",
    )


FORMAT = Format(
    name="TIFF",
    kind="movie",
    maker="ImageJ, Fiji, DigitalMicrograph, OME, TVIPS, FEI, JEOL, Olympus, ...",
    extensions=(".tif", ".tiff", ".btf", ".tf8"),
    library="tifffile",
    reads=(
        "single images and stacks, BigTIFF, compressed pages, colour; scale, frame "
        "interval, plane times, exposures and start from ImageJ, OME, "
        "DigitalMicrograph, TVIPS, JEOL, FEI and Olympus tags"
    ),
    missing="stacks with further axes (slices and channels at once); pyramids",
    sniff=_sniff,
    read=_read,
)
