"""A movie of the experiment as a file: which frames, and under which name."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_insitu_tem.io.saving.movie_file import export_movie
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.movie_part import movie_part
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.state.session import Session

#: Name of a format to how its files end.
ENDINGS = {"OME-TIFF": ".ome.tif", "OME-Zarr": ".ome.zarr"}


def suggested_name(movie: Movie, stretch: tuple[int, int] | None = None) -> str:
    """Name of the movie and of the stretch: "wire-frames-12-40.ome.tif"."""
    part = "" if stretch is None else f"-frames-{stretch[0]}-{stretch[1]}"
    return f"{movie.name}{part}{ENDINGS['OME-TIFF']}"


def with_ending(path: Path, form: str) -> Path:
    """A name with an ending of its format, where it was typed without one."""
    return path if path.suffix else path.with_name(f"{path.name}{ENDINGS[form]}")


def frames_in_range(session: Session) -> tuple[int, int] | None:
    """First and last frame that start in the stretch selected on the timeline."""
    movie, selected = session.movie, session.range_ns
    if movie is None or selected is None or movie.times is None:
        return None
    starts = session.experiment.frame_times(movie.name).start_ns
    inside = np.flatnonzero((starts >= selected[0]) & (starts <= selected[1]))
    return (int(inside[0]), int(inside[-1])) if inside.size else None


def export_frames(
    movie: Movie,
    path: Path,
    *,
    stretch: tuple[int, int] | None = None,
    overwrite: bool = False,
    progress: Progress = no_progress,
) -> Path:
    """Write a movie, or a stretch of it.

    Parameters
    ----------
    movie
        As the experiment gives it.
    path
        `NAME.ome.tif` or `NAME.ome.zarr`.
    stretch
        First and last frame; all by default.
    overwrite
        Whether to replace what is there.
    progress
        Told of each frame; may cancel.

    Raises
    ------
    SaveError, ReadError, CancelledError
        As of `export_movie`.
    """
    part = movie if stretch is None else movie_part(movie, *stretch)
    return export_movie(part, path, overwrite=overwrite, progress=progress)
