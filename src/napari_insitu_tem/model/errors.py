"""The errors a user may meet: one sentence on what is wrong, one on what to do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_insitu_tem.model.column_mapping import TablePreview


class InsituTemError(Exception):
    """Base of every error that is meant to be read by a user.

    Parameters
    ----------
    message
        One sentence: what is wrong, with the name of the file or object.
    hint
        One sentence: the way out. May be empty.
    path
        The file concerned, if there is one.
    """

    def __init__(
        self, message: str, *, hint: str = "", path: str | Path | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = None if path is None else Path(path)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ReadError(InsituTemError):
    """A file cannot be read as what it was opened for."""


class UnsupportedFormatError(ReadError):
    """No reader recognises the content of the file."""


class MissingExtraError(ReadError):
    """The reader exists, the library that it needs is not installed."""

    def __init__(self, path: str | Path, library: str, extra: str) -> None:
        super().__init__(
            f"{Path(path).name} needs the package {library}, which is not installed.",
            hint=f'Install it with: pip install "napari-insitu-tem[{extra}]"',
            path=path,
        )
        self.library = library
        self.extra = extra


class NeedsMappingError(ReadError):
    """A table was found, but which column is what is for the user to say.

    Parameters
    ----------
    message
        One sentence: what is not certain.
    preview
        The table as it was understood, with a suggestion and the doubts.
    """

    def __init__(
        self,
        message: str,
        *,
        preview: TablePreview,
        hint: str = "Choose the columns by hand.",
        path: str | Path | None = None,
    ) -> None:
        super().__init__(message, hint=hint, path=path)
        self.preview = preview


class TimeBaseError(InsituTemError):
    """Frame or trace times are missing or contradict each other."""


class AlignmentError(InsituTemError):
    """Two clocks cannot be tied with what was given."""


class CalibrationError(InsituTemError):
    """A pixel size is missing or impossible."""


class MeasurementError(InsituTemError, ValueError):
    """A quantity cannot be measured from what was given.

    It is a ValueError, too, as scripts expect of a function of arrays.
    """


class ExperimentError(InsituTemError):
    """An experiment cannot be changed as asked: unknown movie, object or row."""


class SaveError(InsituTemError):
    """A file or folder could not be written; what was there is untouched."""


class CancelledError(InsituTemError):
    """The user stopped a long task; nothing was changed."""

    def __init__(self, task: str) -> None:
        super().__init__(f"{task} was cancelled.")
