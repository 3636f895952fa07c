"""One way in which a widget tells that something cannot be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from napari_insitu_tem.model.errors import CancelledError, InsituTemError
from napari_insitu_tem.state.session import Session


@contextmanager
def reporting(session: Session | None = None) -> Iterator[None]:
    """Show errors that are meant for the user; let all others through.

    Works around a block and as a decorator: `with reporting(session):` or
    `@reporting()`.

    Parameters
    ----------
    session
        Its status line gets the sentence too.
    """
    try:
        yield
    except InsituTemError as error:
        report(error, session)


def report(error: InsituTemError, session: Session | None = None) -> None:
    """Show an error as napari shows errors, and in the session's status line.

    What the user stopped is no error; that goes to the status line alone.
    """
    from napari.utils.notifications import show_error

    if session is not None:
        session.say(str(error))
    if not isinstance(error, CancelledError):
        show_error(str(error))
