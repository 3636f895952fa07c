"""Which image or stack of its file a movie is: another one chosen, as one step."""

from __future__ import annotations

from pathlib import Path

from napari_insitu_tem.io.registry import read_movie
from napari_insitu_tem.model.document import Document
from napari_insitu_tem.model.errors import ExperimentError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.state.session import Session


def read_dataset(
    experiment: Experiment, name: str, key: str, *, progress: Progress = no_progress
) -> Movie:
    """A movie in another dataset of its file; one that was read before is kept.

    May run in a thread: nothing is changed.

    Raises
    ------
    ReadError
        The file cannot be read any more, or has no such dataset.
    CancelledError
        `progress` asked to stop.
    """
    known = experiment.dataset(name, key)
    if known is not None:
        return known
    paths: list[str | Path] = list(experiment.movie(name).paths)
    source = paths if len(paths) > 1 else paths[0]
    return read_movie(source, dataset=key, progress=progress)


def choose_dataset(session: Session, name: str, movie: Movie) -> None:
    """Let a movie be another dataset of its file, as one step that can be undone.

    Where the frames are others in size or number, what was typed of them (pixel size,
    interval, drift, beam) is forgotten with the same step. An alignment by start times
    is made anew.

    Parameters
    ----------
    session
        The open experiment.
    name
        The movie.
    movie
        As `read_dataset` gave it.

    Raises
    ------
    ExperimentError
        Rows are drawn on frames of another size or number.
    """
    experiment = session.experiment
    before = experiment.movie(name)
    if before.dataset == movie.dataset:
        return
    document = session.document
    if before.shape[:3] != movie.shape[:3]:
        _refuse_rows(document, name, movie)
        document = document.without_typed(name)
    if experiment.dataset(name, movie.dataset) is None:
        experiment.add_dataset(name, movie)
    document = document.with_dataset(name, movie.dataset)
    document = _aligned_anew(experiment, document, name)
    session.edit(f"choose dataset {dataset_name(movie)} of {name}", document)


def dataset_name(movie: Movie) -> str:
    """What the file calls the dataset that a movie is; its key where it has no name."""
    names = {one.key: one.name for one in movie.datasets}
    return names.get(movie.dataset) or movie.dataset


def _refuse_rows(document: Document, name: str, movie: Movie) -> None:
    rows = sum(record.movie == name for record in document.records.values())
    if rows:
        are = "row is" if rows == 1 else "rows are"
        raise ExperimentError(
            f"{rows} {are} drawn on {name}, and the frames of "
            f"{dataset_name(movie)} are others in size or number.",
            hint="Open the file once more and choose the dataset there.",
        )


def _aligned_anew(experiment: Experiment, document: Document, name: str) -> Document:
    """Another dataset may have begun at another time than the one before."""
    history = document.alignments.get(name, ())
    if not history or history[-1].method != "stamps":
        return document
    trial = Experiment(
        movies=[_chosen(experiment, document, name)], traces=experiment.traces
    )
    stamps = trial.suggest_alignment(name)
    if stamps is None or stamps.offset_s == history[-1].offset_s:
        return document
    return document.with_alignment(name, stamps)


def _chosen(experiment: Experiment, document: Document, name: str) -> Movie:
    chosen = experiment.dataset(name, document.datasets[name])
    assert chosen is not None
    return chosen
