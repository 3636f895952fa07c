"""TIFF movies: stacks of ImageJ, OME, DigitalMicrograph, plain and compressed pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_insitu_tem.io.movies.facts import Facts, build_movie
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


def _read(
    paths: Sequence[Path], *, dataset: str = "", progress: Progress = no_progress
) -> Movie:
    from napari_insitu_tem.io.movies.tiff_choice import choose_stack
    from napari_insitu_tem.io.movies.tiff_layout import check_ends, find_stacks
    from napari_insitu_tem.io.movies.tiff_metadata import tiff_facts

    path = paths[0]
    tif = open_tiff(path)
    try:
        facts = Facts()
        layout = choose_stack(find_stacks(tif, path, progress), dataset, path, facts)
        check_ends(layout, tif.filehandle.size, path)
        tiff_facts(tif, len(layout), facts, layout=layout)
        facts.warnings += layout.warnings
        if layout.kind.samples == 2:
            facts.warn("The second value of each pixel (alpha) is left out.")
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
        "DigitalMicrograph, TVIPS, JEOL, FEI and Olympus tags; of several series, "
        "channels and slices one, the first or the one that is chosen"
    ),
    missing="the smaller copies of a pyramid",
    sniff=_sniff,
    read=_read,
    chooses=True,
)
