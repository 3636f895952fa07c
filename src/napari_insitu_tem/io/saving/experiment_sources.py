"""The movies and traces of a saved experiment: stored, found and read again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from napari_insitu_tem.io.registry import read_movie, read_trace
from napari_insitu_tem.io.saving.source_files import (
    Finder,
    SourceFile,
    describe_files,
    glance_at_files,
)
from napari_insitu_tem.model.column_mapping import ColumnMapping
from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.model.experiment import Experiment
from napari_insitu_tem.model.movie import Movie
from napari_insitu_tem.model.progress import Progress, no_progress
from napari_insitu_tem.model.timebase import StartStamp
from napari_insitu_tem.model.trace import Trace

Item = TypeVar("Item", Movie, Trace)

#: Key of a trace's metadata under which its reader leaves the column mapping it used.
MAPPING = "mapping"


class Stamp(BaseModel):
    """A start stamp; keeps the clock of a trace whose file is missing."""

    when: datetime
    resolution_s: float = 1.0
    source: str = ""


class SourceEntry(BaseModel):
    """One movie or trace, as stored in a saved experiment.

    Attributes
    ----------
    name
        As the rows call it.
    files
        What it was read from, in order; none for one that was only in memory.
    format
        For people.
    stamp
        Start of its clock.
    mapping
        Which column of a text table is what, where the user had to say so.
    dataset
        Which image or stack of its file a movie is; "" where there is no choice.
    """

    model_config = ConfigDict(extra="allow")

    name: str
    files: list[SourceFile] = Field(default_factory=list)
    format: str = ""
    stamp: Stamp | None = None
    mapping: dict[str, Any] | None = None
    dataset: str = ""

    @property
    def label(self) -> str:
        """Its name, and that of its file where it differs."""
        first = self.files[0].name if self.files else ""
        same = not first or Path(first).stem == self.name
        return self.name if same else f"{self.name} ({first})"


def entries_of(
    experiment: Experiment, folder: Path, *, progress: Progress = no_progress
) -> tuple[list[SourceEntry], list[SourceEntry]]:
    """Movies and traces of an experiment, as they are stored.

    Those that could not be opened from the saved experiment stay in it.

    Raises
    ------
    CancelledError
        `progress` asked to stop while files were hashed.
    """
    paths = [path for item in _items(experiment) for path in item.paths]
    return _entries(experiment, describe_files(paths, folder, progress=progress))


def glance_at_entries(
    experiment: Experiment, folder: Path
) -> tuple[list[SourceEntry], list[SourceEntry]]:
    """As `entries_of`, but no file is read: hashes only where they are known."""
    paths = [path for item in _items(experiment) for path in item.paths]
    return _entries(experiment, glance_at_files(paths, folder))


def _items(experiment: Experiment) -> list[Movie | Trace]:
    return [*experiment.movies, *experiment.traces]


def _entries(
    experiment: Experiment, described: Iterable[SourceFile]
) -> tuple[list[SourceEntry], list[SourceEntry]]:
    files = iter(described)
    entries = [
        _entry(item, [next(files) for _ in item.paths]) for item in _items(experiment)
    ]
    count = len(experiment.movies)
    return (
        _with_carried(entries[:count], experiment.carried.get("movies", ())),
        _with_carried(entries[count:], experiment.carried.get("traces", ())),
    )


def _entry(item: Movie | Trace, files: list[SourceFile]) -> SourceEntry:
    mapping = item.metadata.get(MAPPING)
    stamp = item.stamp
    return SourceEntry(
        name=item.name,
        files=files,
        format=item.format,
        dataset=item.dataset if isinstance(item, Movie) else "",
        mapping=dict(mapping) if isinstance(mapping, dict) else None,
        stamp=None
        if stamp is None
        else Stamp(
            when=stamp.when, resolution_s=stamp.resolution_s, source=stamp.source
        ),
    )


def _with_carried(
    entries: list[SourceEntry], carried: Iterable[SourceEntry]
) -> list[SourceEntry]:
    """Add entries that were not opened; one of the same name with files replaces it."""
    missing = {entry.name: entry for entry in carried}
    filled = [
        missing.get(entry.name, entry) if not entry.files else entry
        for entry in entries
    ]
    names = {entry.name for entry in entries}
    return [*filled, *(e for e in missing.values() if e.name not in names)]


class Reopened:
    """Movies and traces that were found, and what has to be said about the others.

    Parameters
    ----------
    movies, traces
        As stored.
    finder
        Knows where to look.
    progress
        Handed to the readers.

    Attributes
    ----------
    movies, traces
        Read again, under their old names.
    missing_movies, missing_traces
        Entries that could not be opened.
    warnings
        A sentence for each of those.

    Raises
    ------
    ReadError
        A file with other content is in the place of one of them.
    CancelledError
        `progress` asked to stop.
    """

    def __init__(
        self,
        movies: Sequence[SourceEntry],
        traces: Sequence[SourceEntry],
        finder: Finder,
        progress: Progress,
    ) -> None:
        self.warnings: list[str] = []
        self._finder = finder
        self._progress = progress
        self.movies, self.missing_movies = self._read(movies, self._movie)
        found, self.missing_traces = self._read(traces, self._trace)
        self.traces = self._with_clock(traces, found)

    def _read(
        self,
        entries: Sequence[SourceEntry],
        read: Callable[[SourceEntry, list[Path]], Item],
    ) -> tuple[list[Item], list[SourceEntry]]:
        opened: list[Item] = []
        missing: list[SourceEntry] = []
        for entry in entries:
            item = self._try(entry, read)
            if item is None:
                missing.append(entry)
            else:
                opened.append(item.renamed(entry.name))
        return opened, missing

    def _try(
        self,
        entry: SourceEntry,
        read: Callable[[SourceEntry, list[Path]], Item],
    ) -> Item | None:
        """Find and read one; say why not."""
        if not entry.files:
            self._miss(f"{entry.name} was never in a file, so it is not here.")
            return None
        paths = self._finder.find(entry.files)
        if paths is None:
            self._miss(f"The file of {entry.label} was not found.")
            return None
        try:
            return read(entry, paths)
        except CancelledError:
            raise
        except InsituTemError as error:
            self._miss(f"{entry.label} could not be opened: {error}")
            return None

    def _miss(self, why: str) -> None:
        self.warnings.append(f"{why} What was measured on it is kept.")

    def _movie(self, entry: SourceEntry, paths: list[Path]) -> Movie:
        source = paths if len(paths) > 1 else paths[0]
        return read_movie(source, dataset=entry.dataset, progress=self._progress)

    def _trace(self, entry: SourceEntry, paths: list[Path]) -> Trace:
        mapping = None if entry.mapping is None else _mapping(entry.mapping)
        source = paths if len(paths) > 1 else paths[0]
        return read_trace(source, mapping=mapping, progress=self._progress)

    def _with_clock(
        self, entries: Sequence[SourceEntry], found: list[Trace]
    ) -> list[Trace]:
        """Let a missing first trace keep the clock: one without samples stands in."""
        first = entries[0] if entries else None
        if first is None or not found or found[0].name == first.name:
            return found
        stamp = None
        if first.stamp is not None:
            said = first.stamp
            stamp = StartStamp(said.when, said.resolution_s, said.source)
        empty: dict[str, list[float]] = {"time_s": [], "potential_V": []}
        return [Trace.from_columns(empty, name=first.name, stamp=stamp), *found]


def _mapping(values: dict[str, Any]) -> ColumnMapping | None:
    """The stored answer; None (the reader asks again) where it makes no sense."""
    try:
        return ColumnMapping.from_dict(values)
    except ValueError:
        return None
