"""Short questions with two or three answers."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from qtpy.QtWidgets import QInputDialog, QMessageBox, QWidget

Fate = Literal["save", "discard", "cancel"]


def ask_fate_of_edits(parent: QWidget | None, name: str) -> Fate:
    """What to do with unsaved edits before something takes their place."""
    box = _box(
        parent,
        "Unsaved edits",
        f"{name} has edits that are not saved.",
        "Save them before it is closed?",
    )
    save = box.addButton("Save", QMessageBox.ButtonRole.AcceptRole)
    drop = box.addButton("Don't save", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    answers: dict[object, Fate] = {save: "save", drop: "discard"}
    return answers.get(box.clickedButton(), "cancel")


def ask_replace_folder(parent: QWidget | None, folder: Path) -> bool:
    """Whether a saved experiment of the same name is replaced."""
    box = _box(
        parent,
        "Replace",
        f"{folder.name} is there already.",
        "Replace it? Its present content goes to its folder “backups”.",
    )
    replace = box.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    return bool(box.clickedButton() is replace)


def ask_replace_movie(parent: QWidget | None, path: Path) -> bool:
    """Whether a file or folder is replaced by an exported movie."""
    box = _box(
        parent,
        "Replace",
        f"{path.name} is there already.",
        "Replace it? What it holds now is lost once the new one is complete.",
    )
    replace = box.addButton("Replace", QMessageBox.ButtonRole.AcceptRole)
    box.addButton(QMessageBox.StandardButton.Cancel)
    box.exec()
    return bool(box.clickedButton() is replace)


def ask_to_locate(parent: QWidget | None, path: Path) -> bool:
    """Whether the user can show a file that is not where it was."""
    box = _box(
        parent,
        "File not found",
        f"{path.name} is not where it was:\n{path}",
        "Without it the experiment opens with its measurements, but without this "
        "file's frames or signals.",
    )
    locate = box.addButton("Locate…", QMessageBox.ButtonRole.AcceptRole)
    box.addButton("Go on without it", QMessageBox.ButtonRole.RejectRole)
    box.exec()
    return bool(box.clickedButton() is locate)


def ask_to_accept(parent: QWidget | None, expected: Path, found: Path) -> bool:
    """Whether a file with other content than the measured one is taken."""
    box = _box(
        parent,
        "Another file",
        f"{found.name} is not the file that was measured: its content differs.",
        f"Measured: {expected}\nFound: {found}\nMeasurements may not fit it.",
    )
    use = box.addButton("Use it all the same", QMessageBox.ButtonRole.AcceptRole)
    box.addButton("Don't use it", QMessageBox.ButtonRole.RejectRole)
    box.exec()
    return bool(box.clickedButton() is use)


def ask_interval(parent: QWidget | None, movie: str, frames: int) -> float | None:
    """The frame interval, in s, of a movie whose file has no times; None for later."""
    value, is_given = QInputDialog.getDouble(
        parent,
        "Frame interval",
        f"{movie} ({frames} frames) has no frame times.\n"
        "Time from one frame to the next, in s (Cancel: later, in the list of files):",
        1.0,
        1e-9,
        1e6,
        6,
    )
    return float(value) if is_given else None


def _box(parent: QWidget | None, title: str, text: str, more: str) -> QMessageBox:
    box = QMessageBox(parent)
    box.setIcon(QMessageBox.Icon.Question)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(more)
    return box
