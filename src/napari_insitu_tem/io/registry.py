"""Which format a file is, by its content, and the one door through which it is read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from napari_insitu_tem.io.failures import reading
from napari_insitu_tem.io.formats import formats
from napari_insitu_tem.io.probe import Probe, probe
from napari_insitu_tem.io.signatures import recognise
from napari_insitu_tem.io.traces.inferred_cycles import with_cycles
from napari_insitu_tem.io.traces.inferred_steps import with_steps
from napari_insitu_tem.io.traces.record_copies import without_copies
from napari_insitu_tem.io.traces.trace_groups import group_traces, join, join_sequences
from napari_insitu_tem.model.dataset import find_dataset
from napari_insitu_tem.model.errors import (
    CalibrationError,
    MissingExtraError,
    ReadError,
    TimeBaseError,
    UnsupportedFormatError,
)
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.trace import Trace

Source = str | Path | Sequence[str | Path]


@dataclass(frozen=True, kw_only=True)
class Format:
    """A file format and how to read it.

    Attributes
    ----------
    name
        As users call it: "TIFF".
    kind
        What a file of it becomes.
    maker
        Whose instruments or programs write it.
    extensions
        In lower case with the dot, for file dialogs; never the reason to read a file.
    library
        The package that does the reading; empty where it is the plugin's own code.
    reads, missing
        In words, for the documentation: what is read, what is left out.
    extra
        The extra that installs `library`; empty where it comes with the plugin.
    sniff
        0.0 (not mine) to 1.0 (certain), from the content.
    read
        Movie: `read(paths, *, progress) -> Movie`. Trace:
        `read(path, *, mapping, progress) -> Trace`.
    many
        Whether `read` takes a folder or a list of files as one movie.
    chooses
        Whether `read` takes the keyword `dataset`: which image or stack of a file.
    beside
        The further files in which the movie of a file goes on or is described; None
        where it has none.
    """

    name: str
    kind: Literal["movie", "trace"]
    maker: str
    extensions: tuple[str, ...]
    library: str
    reads: str
    missing: str
    sniff: Callable[[Probe], float]
    read: Callable[..., Movie | Trace]
    extra: str = ""
    many: bool = False
    chooses: bool = False
    beside: Callable[[Path], list[Path]] | None = None


def identify(path: str | Path) -> Format:
    """Find the format of a file or folder.

    Raises
    ------
    UnsupportedFormatError
        No format claims it; the message says what it looks like.
    ReadError
        It cannot be looked at.
    """
    return _best(probe(path), formats())


def read_movie(
    source: Source, *, dataset: str = "", progress: Progress = no_progress
) -> Movie:
    """Open a movie lazily.

    Parameters
    ----------
    source
        A file, a folder of numbered images, or a list of images; images are taken in
        the natural order of their names. A file and all those in which its movie goes
        on or is described count as that file.
    dataset
        Which image or stack of a file that holds several: a key or a name in the
        `datasets` of the movie that is read without it.
    progress
        Told how far a long scan is; may cancel it.

    Raises
    ------
    ReadError
        The source is not a readable movie, or has no such dataset.
    CancelledError
        `progress` asked to stop.
    """
    paths = _as_paths(source)
    paths = paths[:1] if paths[1:] == _beside(paths[0]) else paths
    first = probe(paths[0])
    known = formats() if len(paths) == 1 else [f for f in formats() if f.many]
    found = _best(first, known)
    if found.kind != "movie":
        raise ReadError(
            f"{first.path.name} is a record ({found.name}), not a movie.",
            hint="Open it as a trace.",
            path=first.path,
        )
    wish = {"dataset": dataset} if dataset and found.chooses else {}
    movie = _run(found, first.path, paths, progress=progress, **wish)
    assert isinstance(movie, Movie)
    if dataset and not found.chooses:
        find_dataset(movie.datasets, dataset, first.path)
    return movie


def read_trace(
    source: Source, *, mapping: Any = None, progress: Progress = no_progress
) -> Trace:
    """Read a potentiostat's record.

    Parameters
    ----------
    source
        The file, or the files of one sequence of techniques.
    mapping
        Which column is what, for text files that do not say so themselves.
    progress
        Told how far it is; may cancel it.

    Raises
    ------
    ReadError
        The file is not a readable record, or the files are no sequence.
    """
    paths = _as_paths(source)
    if len(paths) > 1:
        return _read_sequence(paths, mapping=mapping, progress=progress)
    looked = probe(paths[0])
    found = _best(looked, formats())
    if found.kind != "trace":
        raise ReadError(
            f"{looked.path.name} is a movie ({found.name}), not a record.",
            hint="Open it as a movie.",
            path=looked.path,
        )
    trace = _run(found, looked.path, looked.path, mapping=mapping, progress=progress)
    assert isinstance(trace, Trace)
    return with_steps(with_cycles(_told_if_empty(trace, looked.path)))


def read_any(
    source: Source, *, dataset: str = "", progress: Progress = no_progress
) -> list[Movie | Trace]:
    """Read movies and traces together, each path by its content.

    Numbered single images of one kind in the list become one movie, the files of one
    sequence of techniques one trace. `dataset` is for every movie, see `read_movie`.

    Raises
    ------
    ReadError
        One of the paths cannot be read.
    """
    from napari_insitu_tem.io.movies.image_groups import group_images

    opened: list[Movie | Trace] = []
    for group in group_images(_without_parts(_as_paths(source))):
        if len(group) > 1:
            opened.append(read_movie(group, dataset=dataset, progress=progress))
        elif identify(group[0]).kind == "movie":
            opened.append(read_movie(group[0], dataset=dataset, progress=progress))
        else:
            opened.append(read_trace(group[0], progress=progress))
    return join_sequences(opened)


def _told_if_empty(trace: Trace, path: Path) -> Trace:
    """A record without rows says so first, whatever else its reader found."""
    if len(trace):
        return trace
    note = (
        f"{path.name} holds no rows: the measurement never began or was not saved, or "
        "the file was cut off. If rows are missing, copy or export it again."
    )
    return replace(trace, warnings=(note, *trace.warnings))


def _beside(path: Path) -> list[Path]:
    """The further files in which the movie of a file goes on or is described."""
    parts = [one.beside(path) for one in formats() if one.beside is not None]
    return max(parts, key=len, default=[])


def _without_parts(paths: list[Path]) -> list[Path]:
    """Paths without those in which the movie of another one goes on or is described."""
    if len(paths) < 2:
        return paths
    parts = {part for path in paths for part in _beside(path)}
    return [path for path in paths if path not in parts]


def _read_sequence(paths: Sequence[Path], **options: Any) -> Trace:
    """One trace from the files of one sequence."""
    traces = without_copies([read_trace(path, **options) for path in paths])
    groups = group_traces([trace for trace in traces if trace is not None])
    if len(groups) > 1:
        raise ReadError(
            f"{groups[1][0].name} is not part of the same sequence as "
            f"{groups[0][0].name}: format, folder or start differ.",
            hint="Open them as traces of their own.",
            path=groups[1][0].paths[0],
        )
    return join(groups[0])


def _best(looked: Probe, known: Sequence[Format]) -> Format:
    """The format that is surest of a path."""
    best, surest = None, 0.0
    for candidate in known:
        with reading(looked.path):
            score = candidate.sniff(looked)
        if score > surest:
            best, surest = candidate, score
    if best is None:
        what, hint = recognise(looked)
        raise UnsupportedFormatError(
            f"{looked.path.name} {what}.", hint=hint, path=looked.path
        )
    return best


def _run(found: Format, path: Path, what: object, **options: Any) -> Movie | Trace:
    """Call a reader; libraries' exceptions become sentences here."""
    try:
        with reading(path):
            return found.read(what, **options)
    except (TimeBaseError, CalibrationError) as error:
        raise ReadError(
            f"{path.name} is damaged: {error.message}",
            hint="Copy or export it again.",
            path=path,
        ) from error
    except ModuleNotFoundError as error:
        if not found.extra:
            raise
        raise MissingExtraError(path, found.library, found.extra) from error


def _as_paths(source: Source) -> list[Path]:
    items = [source] if isinstance(source, (str, Path)) else list(source)
    if not items:
        raise ReadError("There is no file to open.", hint="Choose at least one file.")
    return [Path(item).expanduser() for item in items]
