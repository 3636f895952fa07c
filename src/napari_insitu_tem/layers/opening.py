"""Opening files into a viewer: the one way in for menus, docks, drops and scripts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from napari_insitu_tem.io.experiment_folder import load_experiment
from napari_insitu_tem.io.registry import read_any
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace


def is_experiment_folder(path: str | Path) -> bool:
    """Whether a path is a saved experiment."""
    return (Path(path) / "experiment.json").is_file()


def read_paths(
    paths: Sequence[str | Path], *, progress: Progress = no_progress, locate: Any = None
) -> Experiment | list[Movie | Trace]:
    """Read files of any kind; a saved experiment stands alone.

    May run in a thread: nothing of napari is touched.

    Raises
    ------
    ReadError
        A file cannot be read.
    """
    folders = [Path(path) for path in paths if is_experiment_folder(path)]
    if folders:
        return load_experiment(folders[0], locate=locate, progress=progress)
    return read_any([Path(path) for path in paths], progress=progress)


def show_opened(viewer: Any, opened: Experiment | list[Movie | Trace]) -> None:
    """Put what was read into the viewer's session and show the docks for it."""
    session = link_of(viewer).session
    if isinstance(opened, Experiment):
        session.open(opened)
        for warning in opened.warnings:
            session.say(warning)
    else:
        for item in opened:
            if isinstance(item, Trace):
                session.add_trace(item)
            else:
                session.add_movie(item)
            for warning in item.warnings:
                session.say(f"{item.name}: {warning}")
    show_docks(viewer)


def show_docks(viewer: Any) -> None:
    """Show the docks that everybody needs."""
    show_dock(viewer, "Timeline")
    show_dock(viewer, "Experiment")


def open_paths(
    viewer: Any, paths: Sequence[str | Path], *, progress: Progress = no_progress
) -> None:
    """Read files and show them.

    Raises
    ------
    ReadError
        A file cannot be read; what was open stays as it was.
    """
    show_opened(viewer, read_paths(paths, progress=progress))
