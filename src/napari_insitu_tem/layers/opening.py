"""Opening files into a viewer: the one way in for menus, docks, drops and scripts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from napari_insitu_tem.io.movies.image_groups import group_images
from napari_insitu_tem.io.registry import read_any, read_trace
from napari_insitu_tem.io.saving.annotation_csv import sniff_annotations
from napari_insitu_tem.io.saving.experiment_folder import is_experiment, load_experiment
from napari_insitu_tem.io.traces.trace_groups import join_sequences
from napari_insitu_tem.layers.asking import FindAsker, asker_of, nobody
from napari_insitu_tem.layers.docks import show_dock
from napari_insitu_tem.layers.view_state import restore_view
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.measure.rows import records_from_table
from napari_insitu_tem.model.errors import (
    CancelledError,
    InsituTemError,
    NeedsMappingError,
    ReadError,
)
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace
from napari_insitu_tem.state.unsaved import has_work_at_risk

Opened = Experiment | list[Movie | Trace]

#: Told of a file that is not opened while others are.
OnRefused = Callable[[InsituTemError], None]

#: What describes a Zarr folder lies inside it, where a file dialog shows it.
_ZARR_NOTES = {"zarr.json", ".zattrs", ".zgroup", ".zarray", ".zmetadata"}


def is_experiment_folder(path: str | Path) -> bool:
    """Whether a path is a saved experiment."""
    return is_experiment(path)


def opening_title(paths: Sequence[str | Path]) -> str:
    """What is being done: "Opening wire.tif and 3 more"."""
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"Opening {Path(paths[0]).name}{more}" if paths else "Opening"


def read_paths(
    paths: Sequence[str | Path],
    *,
    progress: Progress = no_progress,
    find_asker: FindAsker = nobody,
    dataset: str = "",
    on_refused: OnRefused | None = None,
) -> Opened:
    """Read files of any kind; a saved experiment stands alone.

    May run in a thread: nothing of napari is touched.

    Parameters
    ----------
    paths
        Files, folders of numbered images, or one saved experiment.
    progress
        Told how far it is; may cancel it.
    find_asker
        Called when something is not certain.
    dataset
        Which image or stack of a file that holds several; the best by default.
    on_refused
        Called for each file that cannot be read while others can, and for one about
        which the user gave no answer; without it the first of them ends it all.

    Raises
    ------
    ReadError
        A file cannot be read, or with `on_refused` none of them; or an experiment was
        chosen together with other files.
    CancelledError
        The user gave no answer, or stopped it.
    """
    meant = [_folder_of_zarr(Path(path).expanduser()) for path in paths]
    experiments = [path for path in meant if is_experiment(path)]
    if experiments and len(paths) > 1:
        raise ReadError(
            f"{experiments[0].name} is a saved experiment and is opened alone.",
            hint="Open it first, then add the other files.",
            path=experiments[0],
        )
    if experiments:
        return _read_experiment(experiments[0], progress, find_asker)
    opened: list[Movie | Trace] = []
    refused: list[InsituTemError] = []
    for group in group_images(meant):
        try:
            opened += _read_group(group, progress, find_asker, dataset)
        except (ReadError, UnansweredError) as error:
            if on_refused is None:
                raise
            refused.append(error)
    # A reader may have been too busy to ask whether to stop.
    progress(1, 1)
    if refused and not opened:
        raise refused[0]
    if on_refused is not None:
        for one in refused:
            on_refused(one)
    return join_sequences(opened)


class UnansweredError(CancelledError):
    """The user did not say what the columns of a table are."""


def _folder_of_zarr(path: Path) -> Path:
    """The folder that a file of Zarr's own describes, else the path as it is."""
    return path.parent if path.name in _ZARR_NOTES and path.is_file() else path


def _read_experiment(
    folder: Path, progress: Progress, find_asker: FindAsker
) -> Experiment:
    """A saved experiment; what moved is asked for."""

    def locate(path: Path, sha256: str) -> Path | None:
        asker = find_asker()
        return None if asker is None else asker.locate(path, sha256)

    def accept(expected: Path, found: Path) -> bool:
        asker = find_asker()
        return asker is not None and asker.accept(expected, found)

    return load_experiment(
        folder,
        locate=locate,
        accept_changed=accept,
        records_from_table=records_from_table,
        progress=progress,
    )


def _read_group(
    group: list[Path], progress: Progress, find_asker: FindAsker, dataset: str
) -> list[Movie | Trace]:
    """One movie or trace; which column is what is asked where it is not certain."""
    first = group[0]
    if first.is_file() and sniff_annotations(first):
        raise ReadError(
            f"{first.name} is a table of measurements, neither a movie nor a record.",
            hint="Open its movie, then this table with napari's File > Open.",
            path=first,
        )
    try:
        return read_any(group, dataset=dataset, progress=progress)
    except NeedsMappingError as error:
        asker = find_asker()
        if asker is None:
            raise
        # Who stopped it meanwhile is asked nothing any more.
        progress(0, 0)
        preview = error.preview
        mapping = asker.columns(preview)
        if mapping is None:
            raise UnansweredError(f"Opening {preview.path.name}") from error
        return [read_trace(preview.path, mapping=mapping, progress=progress)]


def show_opened(
    viewer: Any, opened: Opened, refused: Sequence[InsituTemError] = ()
) -> None:
    """Put what was read into the viewer's session and show the docks for it.

    Parameters
    ----------
    viewer
        The napari viewer.
    opened
        As `read_paths` gave it.
    refused
        What `read_paths` told of files beside them, which is said once more.

    Raises
    ------
    CancelledError
        An experiment would have replaced unsaved edits, and the user said no.
    """
    link = link_of(viewer)
    was_empty = isinstance(opened, Experiment) or not link.session.experiment.movies
    if isinstance(opened, Experiment):
        _replace(viewer, opened)
    else:
        for item in opened:
            if isinstance(item, Trace):
                link.session.add_trace(item)
            else:
                link.session.add_movie(item)
    show_docks(viewer)
    has_camera = isinstance(opened, Experiment) and "camera" in opened.view
    if was_empty and link.session.experiment.movies and not has_camera:
        fit_view(viewer)
    if isinstance(opened, Experiment):
        restore_view(viewer, opened.view)
    _say_what_opened(viewer, opened, refused)


def _replace(viewer: Any, experiment: Experiment) -> None:
    session = link_of(viewer).session
    asker = asker_of(viewer) if has_work_at_risk(session) else None
    if asker is not None and not asker.may_replace():
        raise CancelledError(f"Opening {experiment.name}")
    session.open(experiment)


def _say_what_opened(
    viewer: Any, opened: Opened, refused: Sequence[InsituTemError]
) -> None:
    session = link_of(viewer).session
    if isinstance(opened, Experiment):
        session.say(" ".join(opened.warnings) or f"Opened {opened.name}.")
        return
    names = ", ".join(item.name for item in opened)
    count = sum(len(item.warnings) for item in opened)
    notes = f" {count} warning{'s' * (count != 1)}: see the list of files."
    said = [f"Opened {names}.{notes if count else ''}"]
    if any(isinstance(item, Trace) for item in opened):
        said += session.experiment.record_notes
    said += [str(error) for error in refused]
    session.say(" ".join(said))


def show_docks(viewer: Any) -> None:
    """Show the docks that everybody needs."""
    show_dock(viewer, "Timeline")
    show_dock(viewer, "Experiment")


def fit_view(viewer: Any) -> None:
    """Show the whole frame in the room that new docks leave, once they have it."""
    viewer = getattr(viewer, "__wrapped__", viewer)
    window = getattr(getattr(viewer, "window", None), "_qt_window", None)
    if window is None:
        viewer.reset_view()
        return
    from qtpy.QtCore import QTimer

    timer = QTimer(window)
    timer.setSingleShot(True)
    timer.timeout.connect(viewer.reset_view)
    timer.start(0)


def open_paths(
    viewer: Any, paths: Sequence[str | Path], *, progress: Progress = no_progress
) -> None:
    """Read files and show them.

    Raises
    ------
    ReadError
        A file cannot be read; what was open stays as it was.
    CancelledError
        The user gave no answer, or stopped it.
    """
    find_asker = partial(asker_of, viewer)
    show_opened(viewer, read_paths(paths, progress=progress, find_asker=find_asker))
