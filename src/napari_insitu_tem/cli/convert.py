"""`convert`: a movie as OME-TIFF or OME-Zarr, without a window."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.io.saving.movie_file import export_movie
from napari_insitu_tem.model.calibration import Calibration


def convert(
    sources: Sequence[Path],
    out: Path,
    *,
    interval_s: float | None = None,
    pixel_size_nm: float | None = None,
    overwrite: bool = False,
    dataset: str = "",
) -> int:
    """Read a movie, write it, and say what was written.

    Raises
    ------
    InsituTemError
        It cannot be read or written, or a number is impossible.
    """
    movie = read_movie(sources if len(sources) > 1 else sources[0], dataset=dataset)
    for warning in movie.warnings:
        print(warning, file=sys.stderr)
    if pixel_size_nm is not None:
        movie = movie.with_calibration(Calibration.square(pixel_size_nm))
    if interval_s is not None and movie.times is None:
        movie = movie.with_interval(interval_s)
    elif interval_s is not None:
        print(f"{movie.name} has frame times, which are kept.", file=sys.stderr)
    print(export_movie(movie, out, overwrite=overwrite))
    return 0
