"""The system's file dialogs; a cancelled one gives nothing."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtWidgets import QFileDialog, QWidget

from napari_insitu_tem.io.formats import formats
from napari_insitu_tem.io.saving.experiment_folder import SUFFIX
from napari_insitu_tem.state.exporting_movies import ENDINGS

#: The folder in which the user was last; the home folder at first.
_last: list[Path] = []


def ask_files(parent: QWidget) -> list[Path]:
    """Movies and traces to open."""
    chosen, _ = QFileDialog.getOpenFileNames(
        parent, "Open movies and traces", _start(), _filters()
    )
    return _remembered([Path(name) for name in chosen])


def ask_experiment(parent: QWidget) -> Path | None:
    """The folder of a saved experiment."""
    name = QFileDialog.getExistingDirectory(
        parent, f"Open an experiment (a folder NAME{SUFFIX})", _start()
    )
    chosen = _remembered([Path(name)] if name else [])
    return chosen[0] if chosen else None


def ask_experiment_name(parent: QWidget, suggestion: str) -> Path | None:
    """Where to save an experiment."""
    name, _ = QFileDialog.getSaveFileName(
        parent,
        "Save the experiment as",
        str(Path(_start()) / suggestion),
        f"Experiments (*{SUFFIX})",
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    chosen = _remembered([Path(name)] if name else [])
    return chosen[0] if chosen else None


def ask_table_name(parent: QWidget, suggestion: str) -> Path | None:
    """Where to save a table."""
    name, _ = QFileDialog.getSaveFileName(
        parent,
        "Save the table as",
        str(Path(_start()) / suggestion),
        "Tables (*.csv)",
    )
    chosen = _remembered([Path(name)] if name else [])
    return chosen[0] if chosen else None


def ask_movie_name(parent: QWidget, suggestion: str) -> tuple[Path, str] | None:
    """Where to write a movie, and the name of the format that was chosen there.

    The dialog does not ask about files that are there; whoever writes does.
    """
    filters = [f"{form} (*{ending})" for form, ending in ENDINGS.items()]
    name, chosen = QFileDialog.getSaveFileName(
        parent,
        "Export the movie as",
        str(Path(_start()) / suggestion),
        ";;".join(filters),
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    paths = _remembered([Path(name)] if name else [])
    form = next((f for f in ENDINGS if chosen.startswith(f)), next(iter(ENDINGS)))
    return (paths[0], form) if paths else None


def ask_folder(parent: QWidget, title: str) -> Path | None:
    """Any folder."""
    name = QFileDialog.getExistingDirectory(parent, title, _start())
    chosen = _remembered([Path(name)] if name else [])
    return chosen[0] if chosen else None


def ask_moved_file(parent: QWidget | None, name: str) -> Path | None:
    """Where a file is that is not where it was."""
    suffix = Path(name).suffix
    chosen, _ = QFileDialog.getOpenFileName(
        parent, f"Where is {name} now?", _start(), f"*{suffix};;All files (*)"
    )
    paths = _remembered([Path(chosen)] if chosen else [])
    return paths[0] if paths else None


def start_in(folder: Path) -> None:
    """Open the next dialog in a folder."""
    _last[:] = [folder]


def _start() -> str:
    return str(_last[0] if _last and _last[0].is_dir() else Path.home())


def _remembered(paths: list[Path]) -> list[Path]:
    if paths:
        start_in(paths[0].parent)
    return paths


def _filters() -> str:
    """All readable files, then movies and traces, then everything."""
    groups = {"movie": "Movies", "trace": "Traces"}
    known = {kind: _patterns(kind) for kind in groups}
    every = " ".join(sorted({*known["movie"], *known["trace"]}))
    lines = [f"Movies and traces ({every})"]
    lines += [f"{title} ({' '.join(known[kind])})" for kind, title in groups.items()]
    return ";;".join([*lines, "All files (*)"])


def _patterns(kind: str) -> list[str]:
    """File name patterns of the formats of a kind."""
    extensions = {e for f in formats() if f.kind == kind for e in f.extensions}
    return sorted(f"*{extension}" for extension in extensions)
