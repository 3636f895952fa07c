"""Whatever a library throws at a bad file becomes one sentence that names the file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from napari_insitu_tem.model.errors import InsituTemError, ReadError


@contextmanager
def reading(path: Path, what: str = "") -> Iterator[None]:
    """Turn any unexpected exception inside the block into a ReadError.

    Parameters
    ----------
    path
        The file being read.
    what
        The part of it, for the sentence: "frame 12".

    Raises
    ------
    ReadError
        Chained to the original. Errors that are already meant for the user pass.
    """
    try:
        yield
    except (InsituTemError, ModuleNotFoundError):
        raise
    except Exception as error:
        part = f"{what} of " if what else ""
        raise ReadError(
            f"{_capital(part)}{path.name} cannot be read: {explain(error)}",
            hint=_way_out(error),
            path=path,
        ) from error


def explain(error: BaseException) -> str:
    """Say in words what an exception means, ending with a full stop."""
    if isinstance(error, FileNotFoundError):
        return "the file is not there any more."
    if isinstance(error, PermissionError):
        return "it may not be read, or another program has locked it."
    if isinstance(error, MemoryError):
        return "it asks for more memory than there is."
    if isinstance(error, RecursionError):
        return "its structure refers to itself."
    text = str(error).strip().splitlines()[0].strip() if str(error).strip() else ""
    text = text[:200] or type(error).__name__
    return f"{text.rstrip('.')}."


def _way_out(error: BaseException) -> str:
    if isinstance(error, FileNotFoundError):
        return "Put it back, or open it from where it is now."
    if isinstance(error, PermissionError):
        return "Close the other program, or change the permissions of the file."
    return "The file is damaged or unfinished; copy or export it again."


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
