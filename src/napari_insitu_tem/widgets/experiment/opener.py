"""Opening from the dock: choose, read in a thread, show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from napari_insitu_tem.layers.asking import asker_of
from napari_insitu_tem.layers.opening import (
    Opened,
    opening_title,
    read_paths,
    show_opened,
)
from napari_insitu_tem.layers.viewer_link import link_of
from napari_insitu_tem.model.errors import InsituTemError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.state.datasets import (
    choose_dataset,
    dataset_name,
    read_dataset,
)
from napari_insitu_tem.widgets.dialogs.files import (
    ask_experiment,
    ask_files,
    ask_folder,
)
from napari_insitu_tem.widgets.dialogs.questions import ask_interval
from napari_insitu_tem.widgets.experiment.busy import BusyBar
from napari_insitu_tem.widgets.reporting import report, reporting


class Opener:
    """Opens files into a viewer.

    Parameters
    ----------
    viewer
        A function that gives the viewer (it may outlive the dock, or not).
    bar
        Runs the reading.
    """

    def __init__(self, viewer: Callable[[], Any], bar: BusyBar) -> None:
        self._viewer = viewer
        self._bar = bar

    def choose_files(self) -> None:
        """Ask for files and open them."""
        self.open(ask_files(self._bar.window()))

    def choose_folder(self) -> None:
        """Ask for a folder and open what is in it as one movie or experiment."""
        folder = ask_folder(self._bar.window(), "Open a folder of images, or a Zarr")
        self.open([] if folder is None else [folder])

    def choose_experiment(self) -> None:
        """Ask for a saved experiment and open it."""
        folder = ask_experiment(self._bar.window())
        self.open([] if folder is None else [folder])

    def open(
        self,
        paths: Sequence[Path],
        then: Callable[[Opened], None] | None = None,
        *,
        dataset: str = "",
    ) -> None:
        """Open files; nothing happens without any.

        Parameters
        ----------
        paths
            Files, a folder of images, or a saved experiment.
        then
            Called with what was opened once it is shown.
        dataset
            Which image or stack of a file that holds several.
        """
        if not paths:
            return
        session = link_of(self._viewer()).session
        if self._bar.is_busy:
            session.say(self._bar.wait_sentence)
            return
        find_asker = partial(asker_of, self._viewer())
        read = partial(read_paths, list(paths), find_asker=find_asker)
        refused: list[InsituTemError] = []
        if len(paths) > 1:
            read = partial(read, on_refused=refused.append)
        if dataset:
            read = partial(read, dataset=dataset)
        self._bar.run(
            opening_title(paths),
            read,
            partial(self._show, then, refused),
            lambda error: report(error, session),
            may_be_left=True,
        )

    def choose_dataset(self, name: str, key: str) -> None:
        """Let a movie be another dataset of its file, which is read first."""
        session = link_of(self._viewer()).session
        if self._bar.is_busy:
            session.say(self._bar.wait_sentence)
            return
        self._bar.run(
            f"Opening {key} of {name}",
            partial(read_dataset, session.experiment, name, key),
            partial(self._take_dataset, session.experiment, name),
            lambda error: report(error, session),
            may_be_left=True,
        )

    def _take_dataset(self, experiment: Experiment, name: str, movie: Movie) -> None:
        session = link_of(self._viewer()).session
        if session.experiment is not experiment:
            return
        with reporting(session):
            choose_dataset(session, name, movie)
            chosen = session.experiment.movie(name)
            told = f"{name} is {dataset_name(chosen)} now."
            rows = session.document.records.values()
            if any(record.movie == name for record in rows):
                told += " Its rows were kept as they are; look whether they fit."
            session.say(told)

    def _show(
        self,
        then: Callable[[Opened], None] | None,
        refused: Sequence[InsituTemError],
        opened: Opened,
    ) -> None:
        viewer = self._viewer()
        session = link_of(viewer).session
        known = {movie.name for movie in session.experiment.movies}
        with reporting(session):
            for error in refused:
                report(error)
            show_opened(viewer, opened, refused)
            if not isinstance(opened, Experiment):
                self._ask_intervals(known)
            if then is not None:
                then(opened)

    def _ask_intervals(self, known: set[str]) -> None:
        """Ask for the frame interval of new movies that have no times."""
        session = link_of(self._viewer()).session
        new = [m for m in session.experiment.movies if m.name not in known]
        for movie in new:
            if movie.times is None and len(movie) > 1:
                self._ask_interval(movie)

    def _ask_interval(self, movie: Movie) -> None:
        session = link_of(self._viewer()).session
        interval = ask_interval(self._bar.window(), movie.name, len(movie))
        if interval is not None:
            document = session.document.with_interval(movie.name, interval)
            session.edit(f"type frame interval of {movie.name}", document)
