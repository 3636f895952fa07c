"""npe2 reader: File > Open, drag and drop, `viewer.open`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from napari.utils.notifications import show_error

from napari_insitu_tem.model.errors import CancelledError, InsituTemError

LayerData = tuple[Any, ...]
ReaderFunction = Callable[[Any], list[LayerData]]

#: Handled, but there is no layer to add.
NOTHING: list[LayerData] = [(None,)]


def get_reader(path: str | Sequence[str]) -> ReaderFunction | None:
    """Return a reader where the content is a movie, a trace or an experiment.

    In a window also where it is not: napari asks the one plugin that was chosen for a
    file, and would say no more than that the plugin refused it.
    """
    from napari_insitu_tem.io.registry import identify
    from napari_insitu_tem.layers.opening import is_experiment_folder

    first = path if isinstance(path, str) else path[0]
    if is_experiment_folder(first):
        return _read
    # Its columns of numbers and times would do for a record as well.
    if get_annotation_reader(path) is not None:
        return None
    try:
        identify(first)
    except InsituTemError as error:
        return None if _viewer() is None else partial(_refuse, error)
    return _read


def _refuse(error: InsituTemError, _: Any) -> list[LayerData]:
    """Say in the window why a file is not opened."""
    from napari_insitu_tem.layers.viewer_link import link_of

    link_of(_viewer()).session.say(str(error))
    if not isinstance(error, CancelledError):
        show_error(str(error))
    return NOTHING


def _read(path: str | Sequence[str]) -> list[LayerData]:
    """Read one file, or a list of images as one movie.

    In a window, what goes wrong is shown as a sentence; without one it is raised.
    """
    paths = [path] if isinstance(path, str) else list(path)
    viewer = _viewer()
    if viewer is None:
        return _read_without_window(paths)
    try:
        return _read_into(viewer, paths)
    except InsituTemError as error:
        return _refuse(error, path)


def _read_without_window(paths: list[str]) -> list[LayerData]:
    """The movies alone: there is no session that could take a trace."""
    from napari_insitu_tem.layers.movie_layer import movie_layer_data
    from napari_insitu_tem.layers.opening import read_paths
    from napari_insitu_tem.model.experiment import Experiment
    from napari_insitu_tem.model.movie import Movie

    opened = read_paths(paths)
    if isinstance(opened, Experiment):
        movies = list(opened.movies)
    else:
        movies = [item for item in opened if isinstance(item, Movie)]
    return [movie_layer_data(movie) for movie in movies] or NOTHING


def _read_into(viewer: Any, paths: list[str]) -> list[LayerData]:
    """Movies go through napari's own hands, all else to the session."""
    from napari_insitu_tem.layers.asking import asker_of
    from napari_insitu_tem.layers.movie_layer import movie_layer_data
    from napari_insitu_tem.layers.opening import (
        fit_view,
        opening_title,
        read_paths,
        show_docks,
        show_opened,
    )
    from napari_insitu_tem.layers.viewer_link import link_of
    from napari_insitu_tem.layers.working import napari_progress
    from napari_insitu_tem.model.movie import Movie

    link_of(viewer)
    with napari_progress(opening_title(paths)) as progress:
        find_asker = partial(asker_of, viewer)
        opened = read_paths(paths, progress=progress, find_asker=find_asker)
    if isinstance(opened, list):
        movies = [item for item in opened if isinstance(item, Movie)]
        if len(movies) == len(opened):
            show_docks(viewer)
            if not link_of(viewer).session.experiment.movies:
                fit_view(viewer)
            unit = link_of(viewer).unit
            return [movie_layer_data(movie, unit) for movie in movies]
    show_opened(viewer, opened)
    return NOTHING


def _viewer() -> Any:
    """The window's viewer that napari is opening into, None without a window."""
    import napari

    return napari.current_viewer()


def get_annotation_reader(path: str | Sequence[str]) -> ReaderFunction | None:
    """Return a reader where the file is a table of annotations."""
    from napari_insitu_tem.io.saving.annotation_csv import sniff_annotations

    first = path if isinstance(path, str) else path[0]
    return _read_annotations if sniff_annotations(Path(first)) else None


def _read_annotations(path: str | Sequence[str]) -> list[LayerData]:
    """Read a table; in a window, what goes wrong is shown, else it is raised."""
    first = Path(path if isinstance(path, str) else path[0])
    try:
        return _take_annotations(first)
    except InsituTemError as error:
        if _viewer() is None:
            raise
        return _refuse(error, path)


def _take_annotations(path: Path) -> list[LayerData]:
    """Rows of movies that are open join the experiment; others come as a layer."""
    from napari_insitu_tem.io.saving.annotation_csv import read_annotations
    from napari_insitu_tem.layers.table_layer import table_layer_data
    from napari_insitu_tem.layers.viewer_link import link_of
    from napari_insitu_tem.measure.rows import records_from_table

    kind, table = read_annotations(path)
    viewer = _viewer()
    if viewer is not None:
        session = link_of(viewer).session
        open_movies = {movie.name for movie in session.experiment.movies}
        if len(table) and set(table["movie"]) <= open_movies:
            records = records_from_table(table, kind)
            document = session.document.with_records(records)
            session.edit(f"open {path.name}", document)
            return NOTHING
    return [table_layer_data(kind, table, path.stem)]
